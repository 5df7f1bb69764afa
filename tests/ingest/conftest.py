"""A hub on the loopback, a clock that does not wait, and ways to compare runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.ingest.client import HubClient, Limits
from headwater.ingest.crawl import crawl
from headwater.ingest.documents import RunDirectory, find_runs
from headwater.ingest.report import RunReport
from headwater.ingest.sources.hub import parse
from headwater.ingest.sources.hub_routes import CrawlOptions
from tests.ingest.fakehub import Catalogue, Faults, Hub, synth


class FakeClock:
    """Real time plus whatever was slept, so that no test waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class LoopbackHub:
    """A running fake hub."""

    def __init__(self, records: list[dict[str, Any]], **options: Any) -> None:
        self.catalogue = Catalogue()
        for record in records:
            self.catalogue.add(record)
        rules = options.pop("faults", ())
        self.server = Hub(("127.0.0.1", 0), self.catalogue, Faults(rules), **options)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def fault(self, *rules: dict[str, Any], seed: int = 1) -> None:
        self.server.faults.set(rules, seed)

    def listed(self, route: str) -> list[str]:
        """Return the list requests seen, oldest first."""
        return [path for _, path, _ in self.server.seen if f"/api/{route}" in path]

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


Serve = Callable[..., LoopbackHub]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hubs that end with the test."""
    running: list[LoopbackHub] = []

    def start(records: list[dict[str, Any]], **options: Any) -> LoopbackHub:
        running.append(LoopbackHub(records, **options))
        return running[-1]

    yield start
    for hub in running:
        hub.close()


@pytest.fixture(scope="session")
def catalogue() -> list[dict[str, Any]]:
    """230 models (5 pages of 50, the last one short) and 60 datasets, dirt included."""
    return list(synth(230, 60, 0, seed=11, dirt=0.3, card_extra=0))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


PAGE_SIZE = 50
FAST = Limits(connect_s=2.0, read_s=0.4, total_s=2.0)


def run_crawl(
    root: Path, endpoint: str, clock: FakeClock | None = None, **options: Any
) -> RunReport:
    """Crawl with small pages, short timeouts and no real pauses."""
    clock = clock or FakeClock()
    token = options.pop("token", False)
    limits = options.pop("limits", FAST)
    progress = options.pop("progress", None)
    resume = options.pop("resume", True)
    load = options.pop("load", None)
    dumps = options.pop("dumps", ())
    options.setdefault("page_size", PAGE_SIZE)
    options.setdefault("routes", ("models", "datasets"))
    with HubClient(endpoint, token=token, limits=limits, clock=clock) as client:
        return crawl(
            root,
            CrawlOptions(endpoint, **options),
            client,
            progress,
            clock,
            resume=resume,
            load=load,
            dumps=dumps,
        )


def last_run(root: Path) -> RunDirectory:
    return find_runs(root)[-1]


def bodies(run: RunDirectory) -> dict[str, list[bytes]]:
    return {
        route: [page.body for page in run.pages(route)]
        for route in ("models", "datasets")
    }


def statements(run: RunDirectory) -> tuple[list[str], list[str]]:
    """Return records and claims as sorted text without hosts and days."""
    records, claims = [], []
    for batch in parse(run):
        for record in batch.records:
            records.append(_neutral(repr(record), run))
        for claim in batch.claims:
            claims.append(_neutral(repr(claim), run))
    return sorted(records), sorted(claims)


def _neutral(text: str, run: RunDirectory) -> str:
    return text.replace(run.state.endpoint, "ENDPOINT").replace(run.started_day, "DAY")
