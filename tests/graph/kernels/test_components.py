import time

import networkx as nx
import numpy as np
from hypothesis import given, settings

from headwater.graph.kernels import levels as module
from headwater.graph.kernels.components import component_representatives
from headwater.graph.kernels.levels import Levels, topological_levels
from tests.graph.kernels.shapes import ANY, Graph, chain, clique, star


def representatives(graph: Graph) -> list[int]:
    up, down = graph.parents, graph.children
    found = component_representatives(
        up.offsets, up.targets, down.offsets, down.targets
    )
    assert found.dtype == np.int32
    return found.tolist()


def as_sets(levels: Levels) -> list[set[int]]:
    return [set(levels[i].tolist()) for i in range(len(levels))]


def wanted_levels(graph: Graph) -> list[set[int]]:
    down = graph.downwards()
    down.remove_edges_from(list(nx.selfloop_edges(down)))
    stuck = set()
    for part in nx.strongly_connected_components(down):
        if len(part) > 1:
            stuck |= part | nx.descendants(down, next(iter(part)))
    down.remove_nodes_from(stuck)
    return [set(level) for level in nx.topological_generations(down)]


@settings(deadline=None, max_examples=300)
@given(ANY)
def test_components_are_those_of_networkx(graph: Graph) -> None:
    wanted = list(range(graph.n_nodes))
    for part in nx.strongly_connected_components(graph.downwards()):
        for node in part:
            wanted[node] = min(part)
    assert representatives(graph) == wanted


@settings(deadline=None, max_examples=300)
@given(ANY)
def test_levels_are_the_generations_of_networkx(graph: Graph) -> None:
    rows = graph.children
    levels = topological_levels(rows.offsets, rows.targets)
    assert as_sets(levels) == wanted_levels(graph)
    assert len(levels.order) == len(set(levels.order.tolist()))


@settings(deadline=None, max_examples=200)
@given(ANY)
def test_levels_do_not_depend_on_how_they_were_walked(graph: Graph) -> None:
    rows = graph.children
    wanted = wanted_levels(graph)
    for narrow in (0, 2):
        before = module.NARROW
        module.NARROW = narrow
        try:
            levels = topological_levels(rows.offsets, rows.targets)
        finally:
            module.NARROW = before
        assert as_sets(levels) == wanted


def test_small_shapes() -> None:
    assert representatives(Graph(0, ())) == []
    assert representatives(Graph(1, ())) == [0]
    assert representatives(Graph(1, ((0, 0, 0),))) == [0]
    assert representatives(Graph(3, ((2, 1, 0), (1, 2, 0)))) == [0, 1, 1]
    empty = Graph(0, ()).children
    assert as_sets(topological_levels(empty.offsets, empty.targets)) == []


def test_large_shapes() -> None:
    began = time.perf_counter()
    length = 100_000
    for graph in (chain(length), star(length), clique(300)):
        assert representatives(graph) == list(range(graph.n_nodes))
    rows = chain(length).children
    assert len(topological_levels(rows.offsets, rows.targets)) == length
    ring = Graph(length, (*chain(length).edges, (0, length - 1, 0)))
    assert representatives(ring) == [0] * length
    assert time.perf_counter() - began < 60


def test_a_node_between_two_cycles_is_on_neither() -> None:
    edges = ((0, 1, 0), (1, 0, 0), (2, 1, 0), (3, 2, 0), (3, 4, 0), (4, 3, 0))
    assert representatives(Graph(6, (*edges, (5, 4, 0)))) == [0, 0, 2, 3, 3, 5]


def test_the_lowest_number_represents_however_a_cycle_is_entered() -> None:
    # The search enters the cycle of 1 and 2 at 2.
    edges = ((0, 3, 0), (3, 0, 0), (0, 2, 0), (2, 1, 0), (1, 2, 0))
    assert representatives(Graph(4, edges)) == [0, 1, 1, 0]
