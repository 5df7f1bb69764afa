"""Ways in which lineage graphs are got wrong, each as a test.

They were met while engines were compared: an answer that looks right, on a graph with
a cycle at its root, with merges, or with dates that run backwards.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headwater.graph.kernels.csr import IntArray
from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.dominators import dominator_tree
from headwater.graph.kernels.label_sets import (
    dominating_labels,
    reached_labels,
    root_sets,
)
from headwater.graph.kernels.mass import push_mass
from headwater.graph.kernels.reach import reach
from headwater.graph.roots import BODY_RELATIONS
from headwater.queries.lineage import lineage
from tests.drawing import draw
from tests.graph.kernels.shapes import ALL, Graph, chain, ints


def reached(graph: Graph, *sources: int) -> dict[int, int]:
    shared = np.diff(graph.parents.offsets) > 1
    found = reach(graph.children, ints(*sources), ALL, shared)
    return dict(zip(found.nodes.tolist(), found.depth.tolist(), strict=True))


def captive(graph: Graph, own: IntArray, *labels: int) -> set[int]:
    """Return the nodes that hold one of some labels on every path from a root."""
    sets = dominating_labels(condense(graph.parents, ALL), own)
    nodes = range(graph.n_nodes)
    return {node for node in nodes if set(labels) & set(sets.of(node).tolist())}


def test_what_stands_on_a_cycle_has_a_root(tmp_path: Path) -> None:
    # "A root has no parent" leaves a, b and all below them without any.
    graph = draw(
        tmp_path, "a finetune b", "b finetune a", "c finetune a", "d quantized c"
    )
    dag = condense(graph.parents, BODY_RELATIONS, graph.columns.representative)
    root = min(graph.find("o/a"), graph.find("o/b"))
    sets = root_sets(dag)
    for name in ("a", "b", "c", "d"):
        assert sets.of(graph.find(f"o/{name}")).tolist() == [root]
    arrived = push_mass(dag, np.ones(graph.n_nodes))
    assert arrived[root] == 4


def test_members_of_a_cycle_are_counted_not_only_its_head() -> None:
    graph = Graph(5, ((1, 0, 0), (2, 1, 0), (3, 2, 0), (1, 3, 0), (4, 3, 0)))
    assert reached(graph, 0) == {1: 1, 2: 2, 3: 3, 4: 4}
    dag = condense(graph.parents, ALL)
    assert sorted(dag.components()[1]) == [1, 2, 3]
    weights = np.ones(5, np.int64)
    assert root_sets(dag).sum_by_label(weights, 5)[0] == 5


def test_an_owner_dominates_a_merge_of_two_of_its_models() -> None:
    graph = Graph(3, ((2, 0, 0), (2, 1, 0)))
    own = ints(7, 7, 3)
    assert dominator_tree(condense(graph.parents, ALL)).parent.tolist() == [-1, -1, -1]
    assert captive(graph, own, 7) == {0, 1, 2}


def test_a_merge_counts_once_however_many_paths_lead_to_it() -> None:
    # 0 -> 1, 2 -> 3 -> 4: two paths to 3 and to 4.
    graph = Graph(5, ((1, 0, 0), (2, 0, 0), (3, 1, 0), (3, 2, 0), (4, 3, 0)))
    assert len(reached(graph, 0)) == 4
    dag = condense(graph.parents, ALL)
    assert root_sets(dag).sum_by_label(np.ones(5, np.int64), 5)[0] == 5
    assert push_mass(dag, np.ones(5)).sum() == 5


def test_rules_of_splitting_differ_and_each_sums_to_the_models() -> None:
    # 3 merges the root 2 and a child of the merge of 0 and 1.
    graph = Graph(5, ((3, 0, 0), (3, 1, 0), (4, 3, 0), (4, 2, 0)))
    dag = condense(graph.parents, ALL)
    mass = np.array([0.0, 0, 0, 0, 1])
    by_parent = push_mass(dag, mass)
    by_root = root_sets(dag).split_by_label(mass, 5)
    assert by_parent.tolist() == [0.25, 0.25, 0.5, 0, 0]
    assert np.allclose(by_root, [1 / 3, 1 / 3, 1 / 3, 0, 0])
    assert by_parent.sum() == by_root.sum() == 1


def test_depth_is_the_shortest_way_and_cycles_end(tmp_path: Path) -> None:
    graph = Graph(4, ((1, 0, 0), (2, 1, 0), (3, 2, 0), (3, 0, 0), (1, 3, 0)))
    assert reached(graph, 0) == {1: 1, 3: 1, 2: 2}
    drawn = draw(tmp_path, "b finetune a", "c merge b", "c merge a", "b finetune c")
    depths = {item.id: item.depth for item in lineage(drawn, "o/a").descendants}
    assert depths == {"o/b": 1, "o/c": 1}


def test_two_owners_break_together_what_neither_breaks_alone() -> None:
    # So loss is not submodular: a greedy choice by it has no guarantee. Cover has.
    graph = Graph(3, ((2, 0, 0), (2, 1, 0)))
    own = ints(0, 1, 2)
    assert 2 not in captive(graph, own, 0) | captive(graph, own, 1)
    touched = reached_labels(condense(graph.parents, ALL), own)
    assert touched.of(2).tolist() == [0, 1, 2]
    # From either root that is left it is reached; without both it is not.
    assert 2 in reached(graph, 0)
    assert 2 in reached(graph, 1)
    assert reached(graph) == {}


def test_order_of_creation_is_not_an_order_of_descent(tmp_path: Path) -> None:
    days = {"a": "2026-03-01", "b": "2026-02-01", "c": "2026-01-01"}
    graph = draw(tmp_path, "b finetune a", "c finetune b", days=days)
    day = graph.columns.day
    a, b, c = (graph.find(f"o/{name}") for name in "abc")
    assert day[c] < day[b] < day[a]
    dag = condense(graph.parents, BODY_RELATIONS, graph.columns.representative)
    assert root_sets(dag).of(c).tolist() == [a]
    # And the numbers of nodes need not follow it either.
    backwards = Graph(3, ((0, 1, 0), (1, 2, 0)))
    assert root_sets(condense(backwards.parents, ALL)).of(0).tolist() == [2]


def test_case_joins_and_what_is_missing_stays_as_evidence(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune A", "c quantized a", "d finetune lost",
        nodes=("a",), phantoms=("A", "lost"),
    )  # fmt: skip
    assert graph.find("o/A") == graph.find("o/a") >= 0
    assert lineage(graph, "o/a").n_descendants == 2
    lost = graph.find("o/lost")
    assert bool(graph.columns.phantom[lost])
    assert lineage(graph, "o/lost").n_descendants == 1


def test_sums_stay_exact_beyond_what_a_float_holds() -> None:
    graph = chain(3)
    sets = root_sets(condense(graph.parents, ALL))
    weights = np.array([2**53, 1, 1], np.int64)
    assert sets.sum_by_label(weights, 3)[0] == 2**53 + 2
    assert weights.astype(np.float64).sum() == 2**53
