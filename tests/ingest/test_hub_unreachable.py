"""Nothing answers: told within seconds at first, borne with patience later."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.errors import IncompleteCrawlError, UnreachableError
from headwater.ingest.client import HubClient, Limits
from headwater.ingest.clock import SystemClock
from headwater.ingest.details import crawl_details
from headwater.ingest.documents import Asked, find_runs
from headwater.ingest.transport import contact_problem
from tests.cli.conftest import Run, run
from tests.ingest.conftest import FAST, FakeClock, last_run, run_crawl
from tests.ingest.test_hub_resume import Act

__all__ = ["run"]


@pytest.fixture
def refused() -> Iterator[str]:
    """An address of this machine at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # bound, so that nobody else gets it, and never listened on
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_refused_connection_is_told_within_seconds(refused: str, tmp_path: Path):
    started = time.monotonic()
    with pytest.raises(UnreachableError) as told:
        run_crawl(tmp_path, refused, SystemClock(), limits=Limits())

    assert time.monotonic() - started < 5
    assert str(told.value) == (
        f"{refused}: the connection is refused; check --endpoint (or HF_ENDPOINT) and "
        "the network"
    )
    assert find_runs(tmp_path) == [], "a mistyped address leaves no run behind"


def test_a_name_that_nobody_bears(tmp_path: Path):
    clock = FakeClock()
    with pytest.raises(
        UnreachableError, match=r"no-such-host.invalid: there is no such"
    ):
        run_crawl(tmp_path, "http://no-such-host.invalid", clock)

    assert len(clock.slept) == 2
    assert sum(clock.slept) <= 3


def test_a_server_that_speaks_no_tls(serve, catalogue, tmp_path: Path):
    hub, clock = serve(catalogue), FakeClock()
    with pytest.raises(UnreachableError, match="no secure connection"):
        run_crawl(tmp_path, hub.endpoint.replace("http:", "https:"), clock)

    assert len(clock.slept) == 2


def test_the_command_says_it_in_one_line(run: Run, refused: str, tmp_path: Path):
    started = time.monotonic()
    ran = run("crawl", "--endpoint", refused, "--data-dir", str(tmp_path / "data"))

    assert time.monotonic() - started < 6
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "--endpoint (or HF_ENDPOINT)" in ran.err


def test_a_server_that_goes_away_in_the_middle_is_waited_for(
    catalogue, serve, clock, tmp_path
):
    hub = serve(catalogue)

    def stop() -> None:
        hub.server.shutdown()
        hub.server.socket.close()
        hub.fault({"do": "reset"})  # ends the connection that is still open

    with pytest.raises(IncompleteCrawlError, match="connection") as stopped:
        run_crawl(tmp_path, hub.endpoint, clock, progress=Act(100, stop))

    assert stopped.value.seen == 100
    assert len(clock.slept) == 6, "as patient as with any other fault"
    assert last_run(tmp_path).state.status == "interrupted"


def test_a_run_with_pages_is_kept_when_it_is_resumed_without_a_server(
    catalogue, serve, clock, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "after": 2, "do": "status", "status": 404})
    with pytest.raises(IncompleteCrawlError):
        run_crawl(tmp_path, hub.endpoint)
    hub.server.shutdown()
    hub.server.socket.close()

    with pytest.raises(IncompleteCrawlError, match="refused"):
        run_crawl(tmp_path, hub.endpoint, clock)

    assert last_run(tmp_path).page_count("models") == 2
    assert len(clock.slept) == 2


def test_whether_anybody_is_there(refused: str, serve, monkeypatch):
    assert contact_problem(refused) == "the connection is refused"
    assert contact_problem("https://no-such-host.invalid") == "there is no such host"
    assert contact_problem(serve([]).endpoint) is None
    monkeypatch.setenv("http_proxy", refused)
    assert contact_problem(refused) is None, "behind a proxy nobody can tell"


def test_details_of_an_unreachable_hub_leave_no_run(refused: str, tmp_path: Path):
    asked = [Asked(id="a/b", kind="model")]
    with (
        HubClient(refused, token=False, limits=FAST, clock=FakeClock()) as client,
        pytest.raises(UnreachableError),
    ):
        crawl_details(tmp_path, asked, client)

    assert find_runs(tmp_path) == []
