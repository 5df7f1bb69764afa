"""A scenario tells of an inventory what what-breaks tells of everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.scenario import scenario
from headwater.queries.what_breaks import what_breaks
from tests.drawing import draw


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    lines = [f"c{number} finetune root" for number in range(5)]
    lines += [f"d{number} adapter c{number % 3}" for number in range(6)]
    return draw(
        tmp_path_factory.mktemp("scenario"), *lines, "m merge d0", "m merge other",
        "x adapter root", "m merge x", "free finetune other",
        scratch=("root", "other"), nodes=("lone",), downloads={"c3": 50, "d1": 9},
        owners={"o": "somebody"},
    )  # fmt: skip


NAMES = ["c0", "c1", "d0", "d5", "m", "x", "root", "other", "free", "lone"]


@given(st.lists(st.sampled_from(NAMES), min_size=1), st.sampled_from(["root", "other"]))
def test_an_inventory_is_a_part_of_everything(
    graph: LineageGraph, chosen: list[str], target: str
) -> None:
    ids = [f"o/{name}" for name in chosen]
    part, own = scenario(graph, [f"o/{target}"], inventory=ids, splits=["kind"])
    whole = what_breaks(graph, [f"o/{target}"])
    mine = set(ids)
    for some, every in zip(part.outcomes, whole.outcomes, strict=True):
        assert some.victims == tuple(item for item in every.victims if item.id in mine)
        assert sum(some.counts.values()) == part.outside
        hit = {}
        for victim in some.victims:
            hit[victim.verdict] = hit.get(victim.verdict, 0) + 1
        safe = ("unaffected", "unknown")
        counts = {k: n for k, n in some.counts.items() if n and k not in safe}
        assert counts == hit
        assert sum(part.artefacts for part in some.splits["kind"]) == len(some.victims)
    assert part.outside + len(own.in_target) == own.n_artefacts == len(mine)
    assert own.n_ids == len(ids)
    assert own.in_target == ((f"o/{target}",) if f"o/{target}" in mine else ())


def test_what_is_not_in_the_graph_is_told(graph: LineageGraph) -> None:
    answer, own = scenario(
        graph, ["o/root"], ["deleted"], inventory=["O/C0", "no/such", "@o", "no/such"]
    )
    assert own.unresolved == ("no/such",)
    assert own.not_artefacts == ("@o",)
    assert [victim.id for victim in answer.outcomes[0].victims] == ["o/c0"]


def test_a_merge_counts_its_lost_parents_beyond_the_inventory(
    graph: LineageGraph,
) -> None:
    answer, _ = scenario(graph, ["o/root"], ["deleted"], inventory=["o/m"])
    (victim,) = answer.outcomes[0].victims
    assert (victim.merge_lost, victim.merge_of) == (1, 3)  # x breaks; d0 does not


@pytest.mark.parametrize("inventory", [[], ["no/such"], ["@o"]])
def test_an_inventory_of_nothing(graph: LineageGraph, inventory: list[str]) -> None:
    with pytest.raises(InvalidArgumentError, match="names no artefact"):
        scenario(graph, ["o/root"], EVENT_NAMES, inventory=inventory)
