"""Over HTTP, crawl after crawl: only a list that was read whole proves an absence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.load import build
from tests.ingest.conftest import LoopbackHub, last_run, run_crawl
from tests.ingest.fakehub import synth
from tests.ingest.test_hub_resume import Act

ROUTES = ("models",)


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return list(synth(230, 0, 0, seed=31, dirt=0.05, card_extra=0))


def gone(data: Path) -> set[str]:
    build(data, packaged=False)
    graph = LineageGraph(SnapshotStore(data).current())
    return {
        row["id"] for row in graph.rows("nodes", kind="model", state="gone")
    }  # fmt: skip


def drop(hub: LoopbackHub, *names: str) -> None:
    with hub.catalogue.lock:
        for name in names:
            del hub.catalogue.recs["models"][name]
        hub.catalogue.dirty("models")


@pytest.mark.parametrize("fault", ["drop_next", "short_page", "body"])
def test_a_list_that_may_have_lost_records_proves_nothing(
    fault, records, serve, tmp_path
):
    hub = serve([dict(record) for record in records])
    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)
    names = [record["id"] for record in records if record["kind"] == "models"]
    drop(hub, names[3])
    # from the fourth list page on, always
    hub.fault({"match": "/api/models", "after": 3, "do": fault, "text": "[]"})
    report = run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)

    assert report.status == "complete"
    assert report.routes["models"].records < 229
    assert not last_run(tmp_path / "runs").state.routes["models"].is_whole
    assert gone(tmp_path) == set()

    hub.fault()
    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)
    assert gone(tmp_path) == {names[3]}


def test_a_crawl_that_was_stopped_proves_nothing(records, serve, tmp_path):
    hub = serve([dict(record) for record in records])
    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES,
                  progress=Act(100, stop))  # fmt: skip
    assert last_run(tmp_path / "runs").state.status == "interrupted"
    assert gone(tmp_path) == set()


def test_a_hub_that_changes_under_the_crawl(records, serve, tmp_path):
    """Deleted before it was read is gone; renamed, added, changed is not."""
    hub = serve([dict(record) for record in records])
    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)
    names = [record["id"] for record in records if record["kind"] == "models"]
    early, late, renamed = names[5], names[-2], names[8]

    def change() -> None:
        drop(hub, early, late)
        with hub.catalogue.lock:
            record = hub.catalogue.recs["models"].pop(renamed)
            hub.catalogue.add({**record, "id": "moved/name", "author": "moved"})
            hub.catalogue.recs["models"][names[20]]["likes"] = 10**6
            hub.catalogue.add(
                {**record, "id": "new/comer", "_id": "f" * 24,
                 "createdAt": "2027-01-01T00:00:00.000Z"}
            )  # fmt: skip
            hub.catalogue.dirty("models")

    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES, progress=Act(100, change))
    # `late` is young: it was read before it went, and shows only in the next crawl
    assert gone(tmp_path) == {early}
    graph = LineageGraph(SnapshotStore(tmp_path).current())
    assert graph.find(renamed) == graph.find("moved/name") >= 0

    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)
    assert gone(tmp_path) == {early, late}
