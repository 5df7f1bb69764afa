"""Over HTTP: what two data directories, each with a crawl of its own, prove gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.load import build
from headwater.queries.diff import diff
from tests.ingest.conftest import LoopbackHub, run_crawl
from tests.ingest.fakehub import synth
from tests.ingest.test_hub_gone import drop

ROUTES = ("models",)


def built(data: Path, hub: LoopbackHub, **options: Any) -> LineageGraph:
    run_crawl(data / "runs", hub.endpoint, routes=ROUTES, **options)
    build(data, packaged=False)
    return LineageGraph(SnapshotStore(data).current())


def absent(old: LineageGraph, new: LineageGraph) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"deleted": set(), "not_seen": set()}
    for item in diff(old, new).changes:
        if item.change in found:
            found[item.change].add(item.id)
    return found


@pytest.fixture
def records() -> list[dict[str, Any]]:
    return list(synth(120, 0, 0, seed=31, dirt=0.0, card_extra=0))


def test_only_a_whole_list_proves_a_deletion(
    records: list[dict[str, Any]], serve: Any, tmp_path: Path
) -> None:
    hub = serve([dict(record) for record in records])
    old = built(tmp_path / "a", hub)
    name = str(records[3]["id"])
    drop(hub, name)
    # One directory: the artefact stays, with another state.
    again = built(tmp_path / "a", hub)
    assert absent(old, again) == {"deleted": {name}, "not_seen": set()}
    assert diff(old, again).transitions["deleted"] == {"present → gone": 1}
    # Another directory: it is missing, and a complete crawl looked.
    assert absent(old, built(tmp_path / "b", hub)) == {
        "deleted": {name}, "not_seen": set(),
    }  # fmt: skip
    # A crawl that stopped early, or one that lost records on the way, proves nothing.
    found = absent(old, built(tmp_path / "c", hub, limit=60))
    assert found["deleted"] == set()
    assert name in found["not_seen"]
    hub.fault({"match": "/api/models", "after": 0, "do": "short_page"})
    found = absent(old, built(tmp_path / "d", hub))
    assert found["deleted"] == set()
    assert name in found["not_seen"]
