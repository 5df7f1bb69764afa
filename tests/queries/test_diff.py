"""Two snapshots side by side: each kind of change by hand, and random pairs."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.queries.concentration import concentration
from headwater.queries.diff import CHANGES, Change, Diff, diff
from headwater.queries.diff_figures import SHARES
from tests.drawing import draw, draw_batch
from tests.queries.diff_oracle import Drawn, World, draw_world, expected_diff

Sets = dict[str, set[tuple[str | None, ...]]]


def facts(item: Change) -> tuple[str | None, ...]:
    """Return of a change what the oracle says of it."""
    if item.change in ("came", "not_seen", "unnamed"):
        return (item.id,)
    if item.change in ("renamed", "replaced"):
        return item.before, item.after
    if item.change == "relation":
        return item.id, item.parent, item.before, item.after
    if item.change in ("edge_went", "edge_came"):
        return item.id, item.parent, item.before or item.after, item.reason
    return item.id, item.before, item.after


def sets(answer: Diff) -> Sets:
    found: Sets = defaultdict(set)
    for item in answer.changes:
        found[item.change].add(facts(item))
    assert answer.counts == {name: len(found[name]) for name in CHANGES}
    return {name: items for name, items in found.items() if items}


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_random_pairs_against_plain_python(seed: int) -> None:
    rng = random.Random(seed)
    worlds = draw_world(rng), draw_world(rng)
    with tempfile.TemporaryDirectory() as folder:
        old, new = (
            world.publish(Path(folder) / str(at)) for at, world in enumerate(worlds)
        )
        there, back = diff(old, new), diff(new, old)
        assert sets(there) == {k: v for k, v in expected_diff(*worlds).items() if v}
        assert sets(diff(old, old)) == {}
        went = there.counts["unnamed"] + sum(
            item.id not in worlds[1].names for item in there.changes
            if item.change == "not_seen"
        )  # fmt: skip
        if not there.counts["renamed"] + there.counts["replaced"]:
            assert back.counts["came"] == went
        assert sets(back).get("renamed", set()) == {
            (after, before) for before, after in sets(there).get("renamed", set())
        }
        assert back.counts["replaced"] == there.counts["replaced"]
        assert back.counts["relation"] == there.counts["relation"]
        assert back.counts["parent"] == there.counts["parent"]
        assert back.counts["edge_came"] == there.counts["edge_went"]


def pair(tmp_path: Path, old: World, new: World) -> Sets:
    return sets(diff(old.publish(tmp_path / "a"), new.publish(tmp_path / "b")))


A, B = "o/a", "o/b"


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ({A: Drawn("1")}, {A: Drawn("1"), B: Drawn("2")}, {"came": {(B,)}}),
        ({A: Drawn("1"), B: Drawn("2")}, {A: Drawn("1")}, {"not_seen": {(B,)}}),
        ({A: Drawn("1")}, {A: Drawn("1", "gone")}, {"deleted": {(A, "present", "gone")}}),
        ({A: Drawn("1")}, {A: Drawn("1", "gated")}, {"state": {(A, "present", "gated")}}),
        ({A: Drawn("1", "gone")}, {A: Drawn("1")}, {"state": {(A, "gone", "present")}}),
        ({A: Drawn("1")}, {B: Drawn("1")}, {"renamed": {(A, B)}}),
        ({A: Drawn("1")}, {A: Drawn("2")}, {"replaced": {(A, A)}}),
        ({A: Drawn(None)}, {A: Drawn("2")}, {}),
        (
            {A: Drawn("1")}, {B: Drawn("1"), A: Drawn("2")},
            {"renamed": {(A, B)}, "replaced": {(A, A)}},
        ),
        (
            {A: Drawn("1", licence="mit")}, {A: Drawn("1", licence="apache-2.0")},
            {"licence": {(A, "mit", "apache-2.0")}},
        ),
        (
            {A: Drawn("1", licence="mit")}, {A: Drawn("1", licence="absent")},
            {"licence": {(A, "mit", "none")}},
        ),
        ({A: Drawn("1")}, {A: Drawn("1", licence="absent")}, {}),
        ({"O/A": Drawn(None)}, {A: Drawn(None)}, {}),
    ],
)  # fmt: skip
def test_each_change_of_an_artefact(
    tmp_path: Path, old: dict[str, Drawn], new: dict[str, Drawn], wanted: Sets
) -> None:
    assert pair(tmp_path, World(old), World(new)) == wanted


RECORDS = {name: Drawn(name) for name in ("o/c", "o/p", "o/q")}
EDGE = ("o/c", "o/p")


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ({}, {EDGE: "merge"}, {"edge_came": {(*EDGE, "merge", "claims")}}),
        ({EDGE: "merge"}, {}, {"edge_went": {(*EDGE, "merge", "claims")}}),
        ({EDGE: "merge"}, {EDGE: "adapter"}, {"relation": {(*EDGE, "merge", "adapter")}}),
        (
            {EDGE: "merge"}, {("o/c", "o/q"): "adapter"},
            {"parent": {("o/c", "merge o/p", "adapter o/q")}},
        ),
        # What the outputs come from is no other base model.
        (
            {EDGE: "merge"}, {("o/c", "o/q"): "distilled_from"},
            {
                "edge_went": {(*EDGE, "merge", "claims")},
                "edge_came": {("o/c", "o/q", "distilled_from", "claims")},
            },
        ),
    ],
)  # fmt: skip
def test_each_change_of_an_edge(
    tmp_path: Path, old: dict[Any, str], new: dict[Any, str], wanted: Sets
) -> None:
    assert pair(tmp_path, World(RECORDS, old), World(RECORDS, new)) == wanted


def test_an_edge_goes_with_a_child_that_nobody_saw(tmp_path: Path) -> None:
    old = World(RECORDS, {EDGE: "merge"})
    new = World({name: RECORDS[name] for name in ("o/p", "o/q")})
    assert pair(tmp_path, old, new) == {
        "not_seen": {("o/c",)}, "edge_went": {(*EDGE, "merge", "child")},
    }  # fmt: skip


def test_what_is_only_named_now_was_not_seen(tmp_path: Path) -> None:
    """It is no change of its state or licence: a partial crawl proves nothing."""
    old = World({A: Drawn("1", licence="mit"), B: Drawn("2")}, {(B, A): "merge"})
    new = World({B: Drawn("2")}, {(B, A): "merge"})
    assert pair(tmp_path, old, new) == {"not_seen": {(A,)}}


def test_an_alias_is_a_rename_in_both_directions(tmp_path: Path) -> None:
    old = World({A: Drawn(None), "o/c": Drawn("3")}, {("o/c", A): "merge"})
    new = World({B: Drawn("1"), "o/c": Drawn("3")}, {("o/c", B): "merge"}, {A: B})
    graphs = old.publish(tmp_path / "a"), new.publish(tmp_path / "b")
    assert sets(diff(*graphs)) == {"renamed": {(A, B)}}
    assert sets(diff(*reversed(graphs))) == {"renamed": {(B, A)}}


def test_two_names_that_turn_out_to_be_one(tmp_path: Path) -> None:
    """The edge to the second name is the edge to the first."""
    old = World(
        {A: Drawn(None), B: Drawn("1"), "o/c": Drawn("3")}, {("o/c", A): "merge"}
    )
    new = World({B: Drawn("1"), "o/c": Drawn("3")}, {("o/c", B): "merge"}, {A: B})
    assert pair(tmp_path, old, new) == {"renamed": {(A, B)}}


def crawled(path: Path, names: tuple[str, ...], **source: Any) -> LineageGraph:
    """Publish models as a crawl of the Hub that says of itself what `source` says."""
    about = {
        "source": "hub", "started": "2026-01-02T00:00:00Z", "endpoint": "https://hub",
        "listed": {"model": len(names)},
    }  # fmt: skip
    store = SnapshotStore(path)
    store.publish(
        compile_snapshot(to_tables([draw_batch(nodes=names)])), [{**about, **source}]
    )
    return LineageGraph(store.current())


LATER = {"started": "2099-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (LATER, "deleted"),
        ({}, "not_seen"),  # begun before the older snapshot was made
        ({**LATER, "endpoint": "https://mirror"}, "not_seen"),
        ({**LATER, "listed": {}}, "not_seen"),
        ({**LATER, "listed": None}, "not_seen"),
        ({**LATER, "listed": {"model": 1}}, "not_seen"),  # less than half
        ({**LATER, "listed": {"dataset": 9}}, "not_seen"),
        ({**LATER, "source": "bulk"}, "not_seen"),
    ],
)
def test_absent_means_deleted_only_where_a_whole_list_was_read(
    tmp_path: Path, source: dict[str, Any], wanted: str
) -> None:
    old = crawled(tmp_path / "a", ("a", "b", "c"))
    new = crawled(tmp_path / "b", ("a", "b"), **source)
    assert sets(diff(old, new)).keys() == {wanted}


def test_figures_are_those_of_each_snapshot(tmp_path: Path) -> None:
    old = draw(
        tmp_path / "a", "a finetune p/r", "b finetune q/s", scratch=("p/r", "q/s")
    )
    new = draw(
        tmp_path / "b", "a finetune p/r", "b finetune p/r", scratch=("p/r", "q/s")
    )
    found = {item.name: item for item in diff(old, new).figures}
    assert {"hhi", "effective_number", "cr1", "cr4", "cr10"} <= found.keys()
    assert found["hhi"].before == concentration(old).hhi
    assert found["hhi"].after == concentration(new).hhi
    assert found["cr1"].after.point == pytest.approx(0.75)
    shares = {item.id: (item.before, item.after) for item in diff(old, new).shares}
    assert shares == {
        "@p": (pytest.approx(0.5), pytest.approx(0.75)),
        "@q": (pytest.approx(0.5), pytest.approx(0.25)),
    }


def test_whose_models_came_or_went_has_a_share_of_none(tmp_path: Path) -> None:
    old = draw(tmp_path / "a", "a finetune p/r", scratch=("p/r",))
    new = draw(
        tmp_path / "b", *(f"m{place} finetune q{place}/s" for place in range(30)),
        scratch=tuple(f"q{place}/s" for place in range(30)),
    )  # fmt: skip
    shares = diff(old, new).shares
    assert len(shares) == SHARES
    assert (shares[0].id, shares[0].before, shares[0].after) == ("@p", 1.0, 0.0)
    assert shares[1].before == 0.0
    assert shares[1].after == pytest.approx(1 / 30)
    assert diff(old, old).shares[0].after == 1.0


def test_a_snapshot_without_models_has_no_figures(tmp_path: Path) -> None:
    old = draw(tmp_path / "a", nodes=("data-x",))
    new = draw(tmp_path / "b", nodes=("a",))
    assert diff(old, new).figures == diff(old, new).shares == ()


def test_the_most_used_come_first_and_the_limit_counts_the_rest(tmp_path: Path) -> None:
    names = tuple(f"m{number}" for number in range(6))
    used = {"m3": 9, "m5": 9, "m1": 50}
    old = draw(tmp_path / "a", nodes=("z",))
    new = draw(tmp_path / "b", nodes=("z", *names), downloads=used)
    answer = diff(old, new, limit=3)
    assert [item.id for item in answer.changes] == ["o/m1", "o/m3", "o/m5"]
    assert (answer.truncated["came"], answer.counts["came"]) == (3, 6)
    assert diff(old, new, limit=0).changes == ()
    assert [item.id for item in diff(old, new).changes][3:] == ["o/m0", "o/m2", "o/m4"]
    assert diff(old, new, only=["licence"]).changes == ()
    with pytest.raises(InvalidArgumentError, match="0 is the least"):
        diff(old, new, limit=-1)
    with pytest.raises(InvalidArgumentError, match="there are deleted"):
        diff(old, new, only=["lost"])


def test_transitions_are_counted(tmp_path: Path) -> None:
    old = World({f"o/m{at}": Drawn(f"{at}") for at in range(4)})
    new = World(
        {f"o/m{at}": Drawn(f"{at}", "gated" if at else "gone") for at in range(4)}
    )
    answer = diff(old.publish(tmp_path / "a"), new.publish(tmp_path / "b"))
    assert answer.transitions["state"] == {"present → gated": 3}
    assert answer.transitions["deleted"] == {"present → gone": 1}
