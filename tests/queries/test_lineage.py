"""Ancestors and descendants against networkx, and the drawn edge cases."""

from __future__ import annotations

from pathlib import Path
from random import Random

import networkx as nx
import pytest

from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.queries.lineage import lineage
from headwater.queries.show import show
from tests.drawing import draw

RELATIONS = ["finetune", "adapter", "merge", "distilled_from", "mirror_of", "method"]


@pytest.mark.parametrize("seed", range(4))
def test_ancestors_and_descendants_agree_with_networkx(
    tmp_path: Path, seed: int
) -> None:
    chance = Random(seed)
    names = [f"m{number}" for number in range(40)]
    edges = {
        (chance.choice(names), chance.choice(names)): chance.choice(RELATIONS)
        for _ in range(90)
    }
    graph = draw(
        tmp_path, *(f"{c} {r} {p}" for (c, p), r in edges.items()), nodes=tuple(names)
    )
    oracle: nx.DiGraph[str] = nx.DiGraph()
    oracle.add_nodes_from(f"o/{name}" for name in names)
    oracle.add_edges_from(
        (f"o/{p}", f"o/{c}") for (c, p), r in edges.items() if r != "method" and c != p
    )
    for name in oracle:
        answer = lineage(graph, name)
        below = nx.single_source_shortest_path_length(oracle, name)
        above = nx.single_source_shortest_path_length(oracle.reverse(copy=False), name)
        assert {k: v for k, v in below.items() if v} == {
            item.id: item.depth for item in answer.descendants
        }
        assert {k: v for k, v in above.items() if v} == {
            item.id: item.depth for item in answer.ancestors
        }
        listed = {name, *below, *above}
        among = {(c, p) for p, c in oracle.subgraph(listed).edges}
        assert among == {
            (edge.child, edge.parent)
            for edge in answer.edges
            if edge.relation != "method"
        }


def test_an_artefact_on_a_cycle_is_not_its_own_relative(tmp_path: Path) -> None:
    answer = lineage(draw(tmp_path, "a finetune b", "b finetune a"), "o/a")
    assert (
        [item.id for item in answer.ancestors], [item.id for item in answer.descendants],
    ) == (["o/b"], ["o/b"])  # fmt: skip


def test_depth_and_limit_say_what_they_left_out(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a", "c finetune b", "d finetune b", "e finetune d"
    )
    answer = lineage(graph, "o/a", depth=2)
    assert [item.id for item in answer.descendants] == ["o/b", "o/d", "o/c"]
    answer = lineage(graph, "o/a", limit=1)
    assert (
        [item.id for item in answer.descendants],
        answer.n_descendants,
    ) == (["o/b"], 4)


def test_phantoms_are_shown_as_such(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b finetune gone", phantoms=("gone",))
    (parent,) = lineage(graph, "o/b").ancestors
    assert (
        parent.phantom,
        parent.state,
        parent.root_status,
    ) == (True, "unknown", "presumed")


@pytest.mark.parametrize("bad", [{"depth": -1}, {"limit": -1}])
def test_negative_bounds(tmp_path: Path, bad: dict[str, int]) -> None:
    with pytest.raises(InvalidArgumentError):
        lineage(
            draw(tmp_path, "b finetune a"),
            "o/a",
            depth=bad.get("depth"),
            limit=bad.get("limit"),
        )


def test_unknown_and_wrong_kind(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b finetune a")
    with pytest.raises(NodeNotFoundError):
        lineage(graph, "o/zzz")
    with pytest.raises(InvalidArgumentError):
        lineage(graph, "@o")


def test_show_keeps_unknown_absent_and_not_applicable_apart(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "data-d generated_by a", phantoms=("a",), downloads={"data-d": 0}
    )
    dataset = {item.name: item for item in show(graph, "datasets/o/data-d").fields}
    assert (dataset["downloads"].value, dataset["downloads"].status) == (0, "known")
    assert dataset["parameters"].status == "not_applicable"
    phantom = {item.name: item.status for item in show(graph, "o/a").fields}
    assert phantom["downloads"] == "unknown"
