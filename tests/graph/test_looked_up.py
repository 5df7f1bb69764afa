"""A node that the Hub was asked about and did not show is still a phantom."""

from __future__ import annotations

from pathlib import Path

from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import Claim, ClaimBatch, Record
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore

DAY = "2026-01-01"


def record(name: str, source: str = "hub", **fields: str) -> Record:
    return Record(name, "model", source, f"https://{source}/{name}", DAY, **fields)


def edge(child: str, parent: str) -> Claim:
    return Claim(child, "model", parent, "model", "finetune", "hub:cardData",
                 f"https://hub/{child}", DAY, DAY)  # fmt: skip


def test_a_look_up_gives_a_state_but_no_record(tmp_path: Path) -> None:
    batch = ClaimBatch(
        records=[
            record("a/kid"), record("a/known"),
            record("lost/base", "hub:lookup", state="gone"),
            record("a/known", "hub:lookup", state="gone"),
        ],
        claims=[edge("a/kid", "lost/base"), edge("a/kid", "a/known")],
    )  # fmt: skip
    store = SnapshotStore(tmp_path)
    store.publish(compile_snapshot(to_tables([batch])), [])
    graph = LineageGraph(store.current())

    found = {
        name: (graph.state(node), bool(graph.columns.phantom[node]))
        for name in ("a/kid", "a/known", "lost/base")
        for node in (graph.find(name),)
    }
    assert found == {
        "a/kid": ("present", False),
        "a/known": ("gone", False),
        "lost/base": ("gone", True),
    }
    assert graph.manifest.counts["phantoms"] == 1
