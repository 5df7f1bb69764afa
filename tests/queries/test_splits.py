"""Victims by dimension and in order, against plain Python."""

from __future__ import annotations

from collections import Counter

import pytest

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.splits import BY_PROOF, DIMENSIONS, Split
from headwater.queries.what_breaks import Victim, what_breaks
from tests.drawing import draw

DAYS = {
    "o/a": "2020-01-01",
    "p/b": "2021-02-28",
    "q/c": "1969-12-31",
    "p/d": "2021-02-01",
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    return draw(
        tmp_path_factory.mktemp("drawn"),
        "p/b finetune o/a", "q/c merge p/b", "q/c merge o/x", "p/d adapter o/a",
        "r/e quantized q/c", "o/f finetune o/a", "p/g unspecified p/b",
        scratch=("o/a", "o/x"), days=DAYS,
        downloads={"p/b": 7, "q/c": 30, "p/d": 7, "r/e": 0},
        owners={"p": "developer:acme"},
    )  # fmt: skip


def key(graph: LineageGraph, dimension: str, victim: Victim) -> str:
    node = graph.find(victim.id)
    day = graph.day(node)
    owner = {"namespace": graph.columns.namespace, "developer": graph.columns.developer}
    if dimension in owner:
        number = int(owner[dimension][node])
        return graph.ids[number] if number >= 0 else "unknown"
    return {
        "relation": victim.proof[0].relation,
        "depth": str(victim.depth),
        "kind": victim.kind,
        "task": graph.word("task", node) or "unknown",
        "licence": graph.word("licence", node) or "unknown",
        "month": day.isoformat()[:7] if day else "unknown",
    }[dimension]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_parts_are_those_of_a_plain_count(graph: LineageGraph, dimension: str) -> None:
    answer = what_breaks(graph, ["o/a"], splits=[dimension])
    for outcome in answer.outcomes:
        parts = outcome.splits[dimension]
        victims: Counter[str] = Counter()
        captive: Counter[str] = Counter()
        downloads: Counter[str] = Counter()
        for victim in outcome.victims:
            name = key(graph, dimension, victim)
            victims[name] += 1
            captive[name] += victim.captive
            downloads[name] += victim.downloads or 0
        assert {part.key: part.artefacts for part in parts} == victims
        assert {part.key: part.captive for part in parts} == captive
        assert {part.key: part.downloads for part in parts} == downloads
        if dimension not in ("month", "depth"):
            order = [(-part.artefacts, part.key) for part in parts]
            assert [item[0] for item in order] == sorted(item[0] for item in order)


def test_months_are_in_order_and_unknown_comes_last(graph: LineageGraph) -> None:
    parts = what_breaks(graph, ["o/a"], splits=["month"]).outcomes[0].splits["month"]
    assert [part.key for part in parts] == ["1969-12", "2021-02", "unknown"]


def test_parts_are_a_sequence(graph: LineageGraph) -> None:
    splits = what_breaks(graph, ["o/a"], splits=["namespace"]).outcomes[0].splits
    parts = splits["namespace"]
    assert parts[:2] == tuple(parts)[:2]
    assert parts[0] == Split("@p", 3, 3, 14)
    assert parts[-1] == list(parts)[-1]
    assert parts == tuple(parts)
    with pytest.raises(IndexError):
        parts[len(parts)]


def test_parts_of_nothing(graph: LineageGraph) -> None:
    outcome = what_breaks(graph, ["r/e"], splits=list(DIMENSIONS)).outcomes[0]
    assert all(len(parts) == 0 for parts in outcome.splits.values())
    assert set(BY_PROOF) < set(DIMENSIONS)


def test_a_limit_shows_the_first_of_all(graph: LineageGraph) -> None:
    every = what_breaks(graph, ["o/a"]).outcomes
    for limit in range(len(every[0].victims) + 2):
        some = what_breaks(graph, ["o/a"], limit=limit).outcomes
        for one, other in zip(some, every, strict=True):
            assert one.victims == other.victims[:limit]
            assert one.truncated == len(other.victims) - len(one.victims)


def test_there_is_no_other_dimension(graph: LineageGraph) -> None:
    with pytest.raises(InvalidArgumentError, match="no split by 'colour'"):
        what_breaks(graph, ["o/a"], splits=["colour"])
