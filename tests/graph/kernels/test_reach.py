import time

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels import reach as module
from headwater.graph.kernels.csr import BoolArray, Csr, edge_sources
from headwater.graph.kernels.reach import Reach, reach
from tests.graph.kernels.shapes import (
    ALL,
    ANY,
    N_RELATIONS,
    Graph,
    chain,
    clique,
    graphs,
    ints,
    node_sets,
    star,
)


def plain_reach(
    rows: Csr, sources: set[int], relations: BoolArray, alive: BoolArray
) -> list[tuple[int, int, int]]:
    """Return (node, depth, via) by the book, one edge at a time."""
    level = sorted(node for node in sources if alive[node])
    met = set(level)
    found = []
    depth = 0
    while level:
        depth += 1
        following = {}
        for node in level:
            for at in range(rows.offsets[node], rows.offsets[node + 1]):
                other = int(rows.targets[at])
                if not relations[rows.relations[at]] or not alive[other]:
                    continue
                if other not in met and other not in following:
                    following[other] = at
        met |= set(following)
        found += [(node, depth, at) for node, at in following.items()]
        level = sorted(following)
    return sorted(found)


def triples(found: Reach) -> list[tuple[int, int, int]]:
    columns = (found.nodes.tolist(), found.depth.tolist(), found.via.tolist())
    return list(zip(*columns, strict=True))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Graph, set[int], BoolArray, BoolArray]:
    graph = draw(st.one_of(ANY, graphs(max_nodes=40, max_edges=120)))
    sources = draw(node_sets(graph))
    flags = st.lists(st.booleans(), min_size=N_RELATIONS, max_size=N_RELATIONS)
    relations = np.array(draw(st.one_of(st.just([True] * N_RELATIONS), flags)))
    dead = draw(node_sets(graph))
    alive = np.ones(graph.n_nodes, np.bool_)
    alive[list(dead)] = False
    return graph, sources, relations, alive


@pytest.mark.parametrize("narrow", [0, 3, 256])
@settings(deadline=None, max_examples=150)
@given(question=questions(), down=st.booleans())
def test_reach_is_breadth_first_search(narrow, question, down) -> None:
    graph, sources, relations, alive = question
    rows, other = graph.children, graph.parents
    if not down:
        rows, other = other, rows
    wanted = plain_reach(rows, sources, relations, alive)
    start = ints(*sources, *sources)
    shared = np.diff(other.offsets) > 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "NARROW", narrow)
        answers = [
            reach(rows, start, relations, flags, alive)
            for flags in (shared, np.ones_like(shared), None)
        ]
        if alive.all():
            answers.append(reach(rows, start, relations, shared))
    for found in answers:
        assert sorted(triples(found)) == wanted
        assert found.depth.tolist() == sorted(found.depth.tolist())


@pytest.mark.parametrize("narrow", [0, 3])
@settings(deadline=None, max_examples=150)
@given(question=questions())
def test_the_order_does_not_depend_on_how_it_was_walked(narrow, question) -> None:
    graph, sources, relations, alive = question
    rows, shared = graph.children, np.diff(graph.parents.offsets) > 1
    start = ints(*sources)
    one_by_one = reach(rows, start, relations, shared, alive)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "NARROW", narrow)
        by_levels = reach(rows, start, relations, shared, alive)
    assert triples(one_by_one) == triples(by_levels)


@given(graphs(), st.data())
def test_depth_is_the_shortest_path_of_networkx(graph: Graph, data) -> None:
    sources = data.draw(node_sets(graph))
    if not sources:
        return
    found = reach(graph.children, ints(*sources), ALL, None)
    wanted = nx.multi_source_dijkstra_path_length(graph.downwards(), sources)
    got = dict(zip(found.nodes.tolist(), found.depth.tolist(), strict=True))
    assert got == {node: d for node, d in wanted.items() if node not in sources}


@given(graphs(), st.data())
def test_via_leads_back_to_a_source(graph: Graph, data) -> None:
    sources = data.draw(node_sets(graph))
    rows = graph.children
    found = reach(rows, ints(*sources), ALL, None)
    depth = dict.fromkeys(sources, 0)
    for node, deep, at in triples(found):
        assert rows.targets[at] == node
        above = int(edge_sources(rows.offsets, np.array([at]))[0])
        assert depth[above] == deep - 1
        depth[node] = deep


def test_empty_graph_and_no_sources() -> None:
    for graph in (Graph(0, ()), chain(3)):
        found = reach(graph.children, ints(), ALL, None)
        assert triples(found) == []
        assert (found.nodes.dtype, found.depth.dtype) == (np.int32, np.int32)
        assert found.via.dtype == np.int64


def test_a_node_that_is_its_own_ancestor_is_not_in_its_reach() -> None:
    loop = Graph(1, ((0, 0, 0),))
    assert triples(reach(loop.children, ints(0), ALL, None)) == []
    pair = Graph(2, ((0, 1, 0), (1, 0, 0)))
    shared = np.zeros(2, np.bool_)
    assert reach(pair.children, ints(0), ALL, shared).nodes.tolist() == [1]


def test_long_chain_and_wide_star() -> None:
    length = 100_000
    began = time.perf_counter()
    graph = chain(length)
    shared = np.zeros(length, np.bool_)
    found = reach(graph.children, ints(0), ALL, shared)
    assert found.depth.tolist() == list(range(1, length))
    wide = star(length)
    found = reach(wide.children, ints(0), ALL, np.zeros(length + 1, np.bool_))
    assert found.nodes.tolist() == list(range(1, length + 1))
    assert set(found.depth.tolist()) == {1}
    up = reach(wide.parents, np.arange(1, length + 1, dtype=np.int32), ALL, None)
    assert triples(up) == [(0, 1, 0)]
    assert time.perf_counter() - began < 30


def test_a_clique_of_merges_is_one_level() -> None:
    graph = clique(60)
    rows, shared = graph.children, np.diff(graph.parents.offsets) > 1
    found = reach(rows, ints(0), ALL, shared)
    assert sorted(found.nodes.tolist()) == list(range(1, 60))
    assert set(found.depth.tolist()) == {1}


def test_many_sources_at_once() -> None:
    graph = chain(2_000)
    sources = np.arange(0, 2_000, 2, dtype=np.int32)[::-1]
    found = reach(graph.children, sources, ALL, np.zeros(2_000, np.bool_))
    assert found.nodes.tolist() == list(range(1, 2_000, 2))


def test_neither_arguments_nor_the_graph_are_changed() -> None:
    graph = clique(40)
    rows, shared = graph.children, np.zeros(40, np.bool_)
    shared[2:] = True
    for array in (rows.offsets, rows.targets, rows.relations, shared):
        array.flags.writeable = False
    before = shared.copy()
    first = reach(rows, ints(0, 1), ALL, shared)
    assert triples(first) == triples(reach(rows, ints(1, 0), ALL, shared))
    assert (shared == before).all()
