"""Pairs that dominate: every pair taken away in turn, on random and extreme graphs."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels import pairs as kernel
from headwater.graph.kernels.dag import Dag, condense
from headwater.graph.kernels.dominators import dominator_tree
from headwater.graph.kernels.label_sets import dominating_labels
from headwater.graph.kernels.pair_singles import DEEPEST
from headwater.graph.kernels.pairs import PairSets, pairs_of_labels, pairs_of_nodes
from tests.graph.kernels.shapes import (
    ALL,
    ANY,
    Graph,
    chain,
    clique,
    graphs,
    hub_like,
    lineages,
    source_components,
)

LARGER = st.one_of(ANY, lineages(max_nodes=25), graphs(max_nodes=25, max_edges=60))


def fallen(graph: Graph, own: list[int], taken: set[int]) -> set[int]:
    """Return the nodes that no root reaches once all of some labels are taken away.

    A component that nothing enters is one root: it goes with any of its members.
    """
    down = graph.downwards()
    roots = {
        node
        for part in source_components(down)
        if not any(own[item] in taken for item in part)
        for node in part
    }
    down.remove_nodes_from([v for v in range(graph.n_nodes) if own[v] in taken])
    alive = set(roots)
    for root in roots:
        alive |= nx.descendants(down, root)
    return set(range(graph.n_nodes)) - alive


def brute(graph: Graph, own: list[int]) -> list[list[tuple[int, int]]]:
    labels = sorted(set(own) - {-1})
    alone = {label: fallen(graph, own, {label}) for label in labels}
    found: list[list[tuple[int, int]]] = [[] for _ in range(graph.n_nodes)]
    for pair in combinations(labels, 2):
        both = fallen(graph, own, set(pair))
        assert alone[pair[0]] | alone[pair[1]] <= both
        for node in both - alone[pair[0]] - alone[pair[1]]:
            found[node].append(pair)
    return found


def by_label(graph: Graph, own: list[int], **bounds: int) -> PairSets:
    dag, labels = condense(graph.parents, ALL), np.array(own, np.int32)
    return pairs_of_labels(dag, labels, dominating_labels(dag, labels), **bounds)


def by_node(graph: Graph) -> tuple[Dag, PairSets]:
    """Return the pairs of nodes of a graph without cycles."""
    dag = condense(graph.parents, ALL)
    assert not dag.components()
    return dag, pairs_of_nodes(dag, dominator_tree(dag))


def downhill(graph: Graph) -> Graph:
    """Return the graph without edges to a higher number: no cycles."""
    return Graph(graph.n_nodes, tuple(e for e in graph.edges if e[0] > e[1]))


@settings(max_examples=600)
@given(LARGER, st.data())
def test_pairs_of_labels_are_those_found_by_taking_away(
    graph: Graph, data: st.DataObject
) -> None:
    n = graph.n_nodes
    own = data.draw(st.lists(st.integers(-1, 6), min_size=n, max_size=n))
    found = by_label(graph, own)
    assert [found.of(node) for node in range(n)] == brute(graph, own)
    assert found.left_out.tolist() == []


@settings(max_examples=300)
@given(LARGER)
def test_pairs_of_nodes_are_those_found_by_taking_away(graph: Graph) -> None:
    graph = downhill(graph)
    _, found = by_node(graph)
    wanted = brute(graph, list(range(graph.n_nodes)))
    assert [found.of(node) for node in range(graph.n_nodes)] == wanted


@settings(max_examples=100)
@given(LARGER, st.data())
def test_sums_are_those_of_the_nodes(graph: Graph, data: st.DataObject) -> None:
    n = graph.n_nodes
    own = data.draw(st.lists(st.integers(-1, 6), min_size=n, max_size=n))
    weights = np.array(
        data.draw(st.lists(st.integers(0, 2**54), min_size=n, max_size=n)), np.int64
    )
    found = by_label(graph, own)
    pairs = found.distinct()
    sums = found.sum_by_pair(pairs, weights)
    assert sums.dtype == np.int64
    wanted: dict[int, int] = {}
    for node in range(n):
        for low, high in found.of(node):
            wanted[low << 32 | high] = wanted.get(low << 32 | high, 0) + int(
                weights[node]
            )
    assert dict(zip(pairs.tolist(), sums.tolist(), strict=True)) == wanted


@settings(max_examples=200)
@given(LARGER, st.data(), st.integers(0, 12))
def test_a_bound_hides_pairs_and_says_where(
    graph: Graph, data: st.DataObject, most: int
) -> None:
    """What is found under a bound is right, and complete above what was left out."""
    n = graph.n_nodes
    own = data.draw(st.lists(st.integers(-1, 6), min_size=n, max_size=n))
    full, some = by_label(graph, own), by_label(graph, own, most=most)
    left = set(some.left_out.tolist())
    below = left.union(*(nx.descendants(graph.downwards(), node) for node in left))
    for node in range(n):
        assert set(some.of(node)) <= set(full.of(node))
        if node not in below:
            assert some.of(node) == full.of(node)


@pytest.mark.parametrize("name", ["_ROWS", "_CHUNK"])
@settings(max_examples=60)
@given(graph=LARGER)
def test_small_pieces_of_work_change_nothing(name: str, graph: Graph) -> None:
    own = [node % 5 for node in range(graph.n_nodes)]
    whole = by_label(graph, own)
    before = getattr(kernel, name)
    setattr(kernel, name, 1)
    try:
        pieces = by_label(graph, own)
    finally:
        setattr(kernel, name, before)
    for node in range(graph.n_nodes):
        assert whole.of(node) == pieces.of(node)


def test_a_full_pool_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph(5, ((2, 0, 0), (2, 1, 0), (3, 0, 0), (3, 1, 0), (4, 2, 0)))
    monkeypatch.setattr(kernel, "POOL", 1)
    found = by_label(graph, list(range(5)))
    assert found.left_out.tolist() == [2, 3]
    assert found.of(4) == []


def test_many_parents() -> None:
    """Of 65 parents 64 stand on one label and one on another; then on three."""

    def crowd(owner: Callable[[int], int]) -> PairSets:
        edges = [(65, node, 0) for node in range(65)] + [(66, 65, 0)]
        return by_label(Graph(67, tuple(edges)), [*map(owner, range(65)), 8, 9])

    assert crowd(lambda node: int(node == 40)).of(66) == [(0, 1)]
    assert crowd(lambda node: node % 3).of(66) == []
    assert crowd(lambda node: 0).of(66) == []
    assert crowd(lambda node: int(node == 40)).left_out.tolist() == []


def test_what_is_too_deep_is_left_out() -> None:
    length = DEEPEST
    edges = list(chain(length + 1).edges)
    top = length + 1
    edges += [(top + 1, length, 0), (top + 1, top, 0)]
    _, found = by_node(Graph(top + 2, tuple(edges)))
    assert found.left_out.tolist() == [top + 1]
    edges = [(a, b, r) for a, b, r in edges if a != 1]
    _, found = by_node(Graph(top + 2, tuple(edges)))
    assert found.left_out.tolist() == []
    assert len(found.of(top + 1)) == length


def test_extreme_shapes() -> None:
    began = time.perf_counter()
    assert by_label(Graph(0, ()), []).offsets.tolist() == [0, 0]
    assert by_label(clique(200), list(range(200))).pairs.tolist() == []
    # A ladder: two nodes a level, each a merge of both before it.
    edges = [
        (2 * k + a, 2 * k - 2 + b, 0)
        for k in range(1, 300)
        for a in (0, 1)
        for b in (0, 1)
    ]
    _, found = by_node(Graph(600, tuple(edges)))
    assert found.of(599) == [(2 * k, 2 * k + 1) for k in range(299)]
    graph = hub_like(20_000, 5)
    own = [node % 977 for node in range(graph.n_nodes)]
    assert len(by_label(graph, own).pairs) > 100
    assert time.perf_counter() - began < 30
