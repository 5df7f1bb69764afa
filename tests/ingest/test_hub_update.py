"""Updates: what changed since the last complete crawl, and nothing is missed."""

from __future__ import annotations

import random
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ConfigError, IncompleteCrawlError
from headwater.ingest.documents import find_runs
from headwater.ingest.history import OVERLAP, latest_incomplete, update_marks
from headwater.ingest.parse.page_changes import moment, read_changes
from headwater.ingest.sources.hub import parse
from headwater.ingest.sources.hub_routes import CrawlOptions
from tests.ingest.conftest import LoopbackHub, bodies, last_run, run_crawl
from tests.ingest.fakehub import synth
from tests.ingest.test_hub_faults import TRANSIENT
from tests.ingest.test_hub_resume import Act, finish, start_crawler

ROUTES = ("models",)


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """310 models whose last changes lie at least a day before any test."""
    made = list(synth(310, 0, 0, seed=21, dirt=0.1, card_extra=0))
    limit = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    for record in made:
        if record.get("lastModified", "") > limit:
            record["lastModified"] = "2026-01-01T00:00:00.000Z"
    return made


def touch(hub: LoopbackHub, name: str, **fields: Any) -> None:
    """Change a record on the hub, now."""
    cat = hub.catalogue
    with cat.lock:
        record = cat.recs["models"][name]
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        record.update(fields, lastModified=now.replace("+00:00", "Z"))
        for key in [key for key in cat.bytes_cache if key[1] == name]:
            del cat.bytes_cache[key]
        cat.dirty("models")


def serve_copy(serve: Any, records: list[dict[str, Any]], **options: Any) -> Any:
    return serve([dict(record) for record in records], **options)


def ids(run: Any) -> set[str]:
    return {record.id for batch in parse(run) for record in batch.records}


def test_an_update_reads_what_changed_and_stops(records, serve, tmp_path):
    hub = serve_copy(serve, records)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    changed = [record["id"] for record in records if record["kind"] == "models"][
        7:300:40
    ]
    for name in changed:
        touch(hub, name, likes=10**6)
    hub.server.reset()

    report = run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True, page_size=20)

    assert report.routes["models"].stop == "caught_up"
    assert hub.server.stats["requests"] == 1
    assert set(changed) <= ids(last_run(tmp_path))
    assert "sort=lastModified" in hub.listed("models")[0]
    assert last_run(tmp_path).state.status == "complete"


def test_nothing_new_is_one_page(records, serve, tmp_path):
    hub = serve_copy(serve, records)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    for _ in range(2):
        hub.server.reset()
        report = run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)
        assert report.routes["models"].stop == "caught_up"
        assert hub.server.stats["requests"] == 1
        assert report.routes["models"].share_of_all == pytest.approx(50 / 310)


@pytest.mark.parametrize("before", [(), ("author",), ("limit",), ("other route",)])
def test_there_must_be_something_to_update(before, records, serve, tmp_path):
    hub = serve_copy(serve, records)
    if "author" in before:
        run_crawl(tmp_path, hub.endpoint, routes=ROUTES, author="Qwen")
    if "limit" in before:
        run_crawl(tmp_path, hub.endpoint, routes=ROUTES, limit=50)
    if "other route" in before:
        run_crawl(tmp_path, hub.endpoint, routes=("datasets",))
    hub.server.reset()

    with pytest.raises(ConfigError, match="no complete crawl of the models"):
        run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)
    assert hub.server.stats["requests"] == 0


def test_an_update_takes_no_limit():
    with pytest.raises(ConfigError, match="no limit"):
        CrawlOptions(update=True, limit=5)


def test_the_mark_is_never_later_than_the_start_of_a_run(records, serve, tmp_path):
    hub = serve_copy(serve, records)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    run = last_run(tmp_path)
    options = CrawlOptions(hub.endpoint, ROUTES, update=True, page_size=50)
    newest = max(record["lastModified"] for record in records if "_id" in record)
    assert moment(update_marks(tmp_path, options)["models"]) == (
        moment(newest) - OVERLAP
    )

    run.state.started = "2024-01-01T00:00:00+00:00"
    run.save()
    assert update_marks(tmp_path, options)["models"] == "2023-12-31T23:00:00+00:00"


def test_an_update_builds_on_updates(records, serve, tmp_path):
    hub = serve_copy(serve, records)
    names = [record["id"] for record in records if record["kind"] == "models"]
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    full = last_run(tmp_path)
    touch(hub, names[3])
    time.sleep(0.01)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)
    first = last_run(tmp_path)
    touch(hub, names[4])
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)
    second = last_run(tmp_path)

    marks = [run.state.since.get("models") for run in (full, first, second)]
    assert marks[0] is None
    assert moment(marks[1]) < moment(marks[2])
    # within the overlap the first change is read again
    assert {names[3], names[4]} <= ids(second)


def test_a_list_in_another_order_is_refused(records, serve, tmp_path):
    hub = serve_copy(serve, records)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    real = hub.catalogue.order
    hub.catalogue.order = lambda kind, sort, desc, flt: real(
        kind, "createdAt", True, flt
    )

    with pytest.raises(IncompleteCrawlError, match="not in the order of change"):
        run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)


def test_an_unfinished_update_goes_on_unless_it_was_overtaken(records, serve, tmp_path):
    hub = serve_copy(serve, records)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    for record in records[:120]:
        touch(hub, record["id"])
    hub.fault({"match": "/api/models", "after": 2, "do": "status", "status": 404})
    with pytest.raises(IncompleteCrawlError):
        run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)
    hub.fault()
    options = CrawlOptions(hub.endpoint, ROUTES, update=True, page_size=50)
    unfinished = latest_incomplete(tmp_path, options)
    assert unfinished is not None
    assert unfinished.page_count("models") == 2

    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    assert latest_incomplete(tmp_path, options) is None


def test_a_change_during_the_update_is_read_by_it_or_by_the_next(
    records, serve, tmp_path
):
    """Records move to the top while the list is read; none may fall between."""
    hub = serve_copy(serve, records)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    names = [record["id"] for record in records if record["kind"] == "models"]
    for name in names[:200]:
        touch(hub, name)
    dice, late = random.Random(3), []

    def change() -> None:
        for name in dice.sample(names, 60):
            touch(hub, name, likes=777)
            late.append(name)

    run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True,
              progress=Act(100, change))  # fmt: skip
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)

    latest = {}
    for run in find_runs(tmp_path):
        for batch in parse(run):
            latest.update({record.id: record.likes for record in batch.records})
    assert late
    assert {latest[name] for name in late} == {777}


def wait_for_pages(root: Path, number: int) -> None:
    deadline = time.monotonic() + 60
    while len(find_runs(root)) < 2 or last_run(root).page_count("models") < number:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_kill_9_during_an_update(records, serve, tmp_path):
    hub = serve_copy(serve, records, latency=0.01)
    for root in ("killed", "whole"):
        run_crawl(tmp_path / root, hub.endpoint, routes=ROUTES, page_size=5)
    for record in records[:200]:
        touch(hub, record["id"])
    dice = random.Random(5)
    for stored in (1, 9, 18, 27):
        process = start_crawler(tmp_path / "killed", hub.endpoint, 5, update=True)
        wait_for_pages(tmp_path / "killed", stored)
        time.sleep(dice.uniform(0.0, 0.03))
        process.kill()
        finish(process)
        assert process.returncode == -signal.SIGKILL
    for root in ("killed", "whole"):
        run_crawl(
            tmp_path / root, hub.endpoint, routes=ROUTES, page_size=5, update=True
        )

    assert len(find_runs(tmp_path / "killed")) == 2
    killed, whole = (last_run(tmp_path / root) for root in ("killed", "whole"))
    assert bodies(killed) == bodies(whole)
    assert killed.state.since.keys() == {"models"}


@pytest.mark.parametrize("page", [1, 3], ids=["first", "middle"])
@pytest.mark.parametrize("fault", [*TRANSIENT, "dup_page"])
def test_an_update_stands_every_fault(fault, page, records, serve, tmp_path):
    hub = serve_copy(serve, records)
    run_crawl(tmp_path, hub.endpoint, routes=ROUTES)
    changed = [record["id"] for record in records[:140]]
    for name in changed:
        touch(hub, name)
    rule = {**TRANSIENT, "dup_page": {"do": "dup_page"}}[fault]
    hub.fault({"match": "/api/models", "on": [page], **rule})

    report = run_crawl(tmp_path, hub.endpoint, routes=ROUTES, update=True)

    assert report.routes["models"].stop == "caught_up"
    assert set(changed) <= ids(last_run(tmp_path))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", (None, None, True)),
        (b'[{"lastModified": 7}, {"lastModified": null}, 3]', (None, None, True)),
        (b'[{"lastModified": "2026-01-02"}, {}, {"lastModified": "2026-01-01"}]',
         ("2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00", True)),
        (b'[{"lastModified": "2026-01-01"}, {"lastModified": "2026-01-02"}, 1]',
         ("2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00", False)),
        (b'[{"lastModified": "0001-01-01T00:00:00+23:00"}, {}]',
         (None, None, True)),
    ],
)  # fmt: skip
def test_changes_of_a_page(body, expected):
    found = read_changes(body)

    assert (found.newest, found.oldest, found.is_descending) == expected
    assert not re.search("[A-Z]$", found.newest or "")
