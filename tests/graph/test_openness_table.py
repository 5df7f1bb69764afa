"""The table of openness: what an index said, under the names that the graph uses."""

from __future__ import annotations

from pathlib import Path

from headwater.graph.claim_tables import concat, to_tables
from headwater.graph.claims import Alias, ClaimBatch, Judgement, Record
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore


def judged(
    criterion: str, openness: str, *, end: str = "o/chat", day: str = "2026-01-01"
) -> Judgement:
    return Judgement(
        "Pet", end, "O/Base", criterion, openness, ("https://x.org/a",), "osai-index",
        "https://index/pet", day,
    )  # fmt: skip


def batch_of(*judgements: Judgement) -> ClaimBatch:
    batch = ClaimBatch(openness=list(judgements))
    for name in ("o/chat-2", "o/base"):
        batch.records.append(
            Record(name, "model", "hub", f"https://hub/{name}", "2026-01-01")
        )
    batch.aliases.append(
        Alias("o/chat", "o/chat-2", "rename", "hub", "https://hub/o/chat", "2026-01-01")
    )
    return batch


def test_models_bear_the_names_of_their_nodes(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    batch = batch_of(judged("licenses", "partial"), judged("weights_endmodel", "open"))
    store.publish(compile_snapshot(to_tables([batch])), [])
    rows = LineageGraph(store.current()).rows("openness")
    assert [(row["criterion"], row["openness"]) for row in rows] == [
        ("weights_endmodel", "open"), ("licenses", "partial"),
    ]  # fmt: skip
    assert {(row["end_model"], row["base_model"]) for row in rows} == {
        ("o/chat-2", "o/base")
    }
    assert rows[0]["links"] == ["https://x.org/a"]


def test_a_model_without_a_node_keeps_the_name_it_was_given() -> None:
    batch = ClaimBatch(openness=[judged("paper", "closed", end="no/where")])
    (row,) = compile_snapshot(to_tables([batch])).tables["openness"].to_pylist()
    assert (row["end_model"], row["base_model"]) == ("no/where", "O/Base")


def test_the_newest_reading_of_a_document_counts() -> None:
    old = batch_of(judged("paper", "closed"), judged("code", "open"))
    new = batch_of(judged("paper", "open", day="2026-02-01"))
    for order in ([old, new], [new, old]):
        tables = concat([to_tables([batch]) for batch in order])
        rows = compile_snapshot(tables).tables["openness"].to_pylist()
        assert [(row["criterion"], row["openness"]) for row in rows] == [
            ("paper", "open")
        ]


def test_a_snapshot_without_an_index_has_an_empty_table() -> None:
    assert compile_snapshot(to_tables([])).tables["openness"].num_rows == 0
