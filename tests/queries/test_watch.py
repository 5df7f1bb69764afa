"""Watched artefacts: each change by hand with its path, locks, and the diff as oracle."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.diff import diff
from headwater.queries.lineage import lineage
from headwater.queries.watch import UpstreamChange, watch
from headwater.queries.watch_lock import lock_bytes, make_lock, parse_lock
from tests.drawing import draw
from tests.queries.diff_oracle import Drawn, World, draw_world

CHAIN = {("o/c", "o/b"): "adapter", ("o/b", "o/a"): "finetune"}
RECORDS = {name: Drawn(name) for name in ("o/a", "o/b", "o/c", "o/z")}
FIELDS = ("deleted", "state", "licence", "not_seen", "unnamed")


def changes(
    tmp_path: Path, old: World, new: World, name: str
) -> list[tuple[object, ...]]:
    """Return what `watch` says of one artefact, its paths as text."""
    lock = make_lock(old.publish(tmp_path / "a"), [name])
    # The file is all that is kept.
    lock = parse_lock(lock_bytes(lock), "x.lock")
    report = watch(new.publish(tmp_path / "b"), lock)
    (only,) = report.watched
    assert report.changed == bool(only.changes)
    return [row(item) for item in only.changes]


def row(item: UpstreamChange) -> tuple[object, ...]:
    way = "".join(f" {step.relation} {step.parent}" for step in item.path).strip()
    return item.change, item.id, item.parent, item.before, item.after, way


WAY = "adapter o/b finetune o/a"


@pytest.mark.parametrize(
    ("records", "edges", "wanted"),
    [
        ({}, {}, []),
        (
            {"o/a": Drawn("o/a", "gone")}, {},
            [("deleted", "o/a", None, "present", "gone", WAY)],
        ),
        (
            {"o/a": Drawn("o/a", "gated")}, {},
            [("state", "o/a", None, "present", "gated", WAY)],
        ),
        (
            {"o/b": Drawn("o/b", licence="mit")}, {},
            [("licence", "o/b", None, "unknown", "mit", "adapter o/b")],
        ),
        (
            {"o/a": Drawn("other")}, {},
            [
                ("replaced", "o/a", None, "o/a", "o/a", WAY),
                ("edge_went", "o/b", "o/a", "finetune", None, "adapter o/b"),
                ("edge_came", "o/b", "o/a", None, "finetune", "adapter o/b"),
            ],
        ),
        (
            {}, {("o/b", "o/a"): "merge"},
            [("relation", "o/b", "o/a", "finetune", "merge", "adapter o/b")],
        ),
        (
            {}, {("o/b", "o/a"): None, ("o/b", "o/z"): "finetune"},
            [("parent", "o/b", "o/z", "finetune o/a", "finetune o/z", "adapter o/b")],
        ),
        (
            {}, {("o/b", "o/z"): "finetune"},
            [("edge_came", "o/b", "o/z", None, "finetune", "adapter o/b")],
        ),
        (
            {"o/c": Drawn("o/c", "gone")}, {},
            [("deleted", "o/c", None, "present", "gone", "")],
        ),
        ({"o/z": Drawn("o/z", "gone")}, {}, []),  # not upstream
    ],
)  # fmt: skip
def test_each_change_with_its_path(
    tmp_path: Path,
    records: dict[str, Drawn],
    edges: dict[tuple[str, str], str | None],
    wanted: list[tuple[object, ...]],
) -> None:
    joined = {**CHAIN, **edges}
    new = World({**RECORDS, **records}, {k: v for k, v in joined.items() if v})
    found = changes(tmp_path, World(RECORDS, dict(CHAIN)), new, "o/c")
    if records.get("o/a") == Drawn("other"):
        # The name leads to another artefact now, so the edge does as well.
        assert found[0] == wanted[0]
    else:
        assert found == wanted


def test_a_vanished_id_is_a_change(tmp_path: Path) -> None:
    new = World(
        {name: RECORDS[name] for name in ("o/a", "o/b")}, {("o/b", "o/a"): "finetune"}
    )
    assert changes(tmp_path, World(RECORDS, dict(CHAIN)), new, "o/c") == [
        ("not_seen", "o/c", None, "present", None, "")
    ]


def test_a_renamed_parent_is_followed(tmp_path: Path) -> None:
    new = World(
        {"n/a": Drawn("o/a", "gated"), "o/b": Drawn("o/b"), "o/c": Drawn("o/c")},
        {("o/c", "o/b"): "adapter", ("o/b", "n/a"): "finetune"},
    )
    assert changes(tmp_path, World(RECORDS, dict(CHAIN)), new, "o/c") == [
        ("state", "o/a", None, "present", "gated", WAY),
        ("renamed", "o/a", None, "o/a", "n/a", WAY),
    ]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_changes_are_those_of_the_diff(seed: int) -> None:
    """Of what is upstream, and of nothing else."""
    rng = random.Random(seed)
    old, new = (draw_world(rng, renames=False) for _ in range(2))
    names = sorted(old.records)
    if not names:
        return
    with tempfile.TemporaryDirectory() as folder:
        graphs = old.publish(Path(folder) / "a"), new.publish(Path(folder) / "b")
        there = diff(*graphs)
        lock = make_lock(graphs[0], names)
        report = watch(graphs[1], lock)
        for item in report.watched:
            above = {one.id for one in lineage(graphs[0], item.id).ancestors} | {
                item.id
            }
            assert item.upstream == len(above) - 1
            assert {
                (one.change, one.id, one.before, one.after)
                for one in item.changes if one.change in FIELDS
            } == {
                (one.change, one.id, one.before, None if one.change == "not_seen" else one.after)
                for one in there.changes if one.id in above and one.change in FIELDS
            }  # fmt: skip
            for one in item.changes:
                ends = [item.id, *(step.parent for step in one.path)]
                assert [step.child for step in one.path] == ends[:-1]
                assert ends[-1] == one.id
                assert all(
                    old.edges[step.child, step.parent] == step.relation
                    for step in one.path
                )
        assert not watch(graphs[0], lock).changed


def test_a_lock_holds_the_whole_closure_and_nothing_else(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "c adapter b", "b merge a", "b trained_on data-d", "b method z",
        "x finetune c", "a merge b", phantoms=("a",),
    )  # fmt: skip
    lock = make_lock(graph, ["o/c", "o/c"])
    assert lock.watched == ("o/c",)
    assert list(lock.artefacts) == ["datasets/o/data-d", "o/a", "o/b", "o/c"]
    assert [(e.parent, e.relation) for e in lock.artefacts["o/b"].parents] == [
        ("datasets/o/data-d", "trained_on"), ("o/a", "merge"),
    ]  # fmt: skip
    data = lock_bytes(lock)
    assert parse_lock(data, "x") == lock
    assert lock_bytes(parse_lock(data, "x")) == data
    assert not watch(graph, lock).changed


def test_unknown_names_are_told_all_at_once(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b finetune a", owners={"o": "oo"})
    with pytest.raises(NodeNotFoundError, match="'x/y, z'"):
        make_lock(graph, ["x/y", "o/a", "z"])
    with pytest.raises(InvalidArgumentError, match="is a namespace"):
        make_lock(graph, ["@o"])
    with pytest.raises(InvalidArgumentError, match="no artefact to watch"):
        make_lock(graph, [])


def locked(graph: LineageGraph, **fields: object) -> bytes:
    return lock_bytes(replace(make_lock(graph, ["o/b"]), **fields))  # type: ignore[arg-type]


def test_a_damaged_lock_is_told(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b finetune a")
    good = msgspec.json.decode(locked(graph))
    edge = {"parent": "o/a", "relation": "cousin"}
    for data, words in (
        (b"{", "no JSON"),
        (b"[1]", "no lock file"),
        (b"\xff{}", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (locked(graph, version=2), "lock version 2"),
        (locked(graph, watched=()), "watches nothing"),
        (locked(graph, watched=("o/q",)), "holds nothing of 'o/q'"),
        (locked(graph, watched=3), "damaged"),
        (locked(graph, snapshot="\x1b[2J"), "invisible letters"),
        (locked(graph).replace(b'"present"', b'"perhaps"'), "unknown state 'perhaps'"),
        (locked(graph).replace(b'"model"', b'"person"'), "unknown kind 'person'"),
        (locked(graph).replace(b'"unknown"', b"7"), "damaged"),
        (
            msgspec.json.encode(
                {**good, "artefacts": {
                    **good["artefacts"], "o/b": {**good["artefacts"]["o/b"], "parents": [edge]}
                }}
            ),
            "unknown relation 'cousin'",
        ),
    ):  # fmt: skip
        with pytest.raises(InvalidArgumentError, match=words):
            parse_lock(data, "x.lock")
