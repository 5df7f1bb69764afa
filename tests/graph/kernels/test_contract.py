"""Chains drawn together, against a walk from parent to parent in plain Python."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels.contract import Core, contract
from headwater.graph.kernels.csr import IntArray
from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.mass import push_mass
from tests.graph.kernels.shapes import (
    ALL,
    ANY,
    Graph,
    chain,
    clique,
    hub_like,
    ints,
    node_sets,
)


def representatives(graph: Graph) -> IntArray:
    found = np.arange(graph.n_nodes, dtype=np.int32)
    for members in nx.strongly_connected_components(graph.downwards()):
        found[list(members)] = min(members)
    return found


def split(
    graph: Graph, kept: set[tuple[int, int]], mass: list[int]
) -> dict[int, Fraction]:
    """Return where mass ends when components of the whole graph split it by `kept`."""
    head = representatives(graph).tolist()
    parents: dict[int, set[int]] = {item: set() for item in head}
    for child, parent in kept:
        if head[child] != head[parent]:
            parents[head[child]].add(head[parent])
    order = nx.DiGraph()
    order.add_nodes_from(parents)
    order.add_edges_from((a, b) for a, above in parents.items() for b in above)
    held = {item: Fraction(0) for item in parents}
    for node, amount in enumerate(mass):
        held[head[node]] += amount
    for node in nx.topological_sort(order):
        for parent in parents[node]:
            held[parent] += held[node] / len(parents[node])
        if parents[node]:
            held[node] = Fraction(0)
    return held


def rests(core: Core, mass: list[int], active: np.ndarray | None = None) -> list[float]:
    at_anchor = np.bincount(core.anchor, mass, minlength=len(core.anchor)).astype(float)
    at_anchor[core.nodes] = core.push(at_anchor[core.nodes], active)
    return list(at_anchor)


@settings(max_examples=300)
@given(ANY, st.data())
def test_what_rests_on_roots_is_what_walks_end_with(graph: Graph, data) -> None:
    n = graph.n_nodes
    mass = data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    core = contract(graph.parents, ALL, representatives(graph))
    wanted = split(graph, {(a, b) for a, b, _ in graph.edges}, mass)
    found = rests(core, mass) if n else []
    assert found == pytest.approx([float(wanted.get(node, 0)) for node in range(n)])


@settings(max_examples=200)
@given(ANY, st.data())
def test_only_edges_within_count(graph: Graph, data) -> None:
    n = graph.n_nodes
    inside = data.draw(node_sets(graph, n))
    mass = [int(node in inside) for node in range(n)]
    within = np.array(mass, np.bool_)
    core = contract(graph.parents, ALL, representatives(graph), within)
    kept = {(a, b) for a, b, _ in graph.edges if a in inside and b in inside}
    wanted = split(graph, kept, mass)
    found = rests(core, mass) if n else []
    assert found == pytest.approx([float(wanted.get(node, 0)) for node in range(n)])


@settings(max_examples=300)
@given(ANY, st.data())
def test_each_period_is_the_graph_of_its_time(graph: Graph, data) -> None:
    """What exists by a period, and edges among it, whatever is younger than what."""
    n = graph.n_nodes
    since = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    core = contract(
        graph.parents, ALL, representatives(graph), since=np.array(since, np.int32)
    )
    for now in range(4):
        mass = [int(start <= now) for start in since]
        kept = {(a, b) for a, b, _ in graph.edges if max(since[a], since[b]) <= now}
        wanted = split(graph, kept, mass)
        found = rests(core, mass, core.start <= now) if n else []
        assert found == pytest.approx([float(wanted.get(i, 0)) for i in range(n)])


@settings(max_examples=200)
@given(ANY, st.data())
def test_what_reaches_a_node(graph: Graph, data) -> None:
    wanted_nodes = data.draw(node_sets(graph))
    head = representatives(graph)
    core = contract(graph.parents, ALL, head)
    wanted = np.isin(core.nodes, head[list(wanted_nodes)])
    found = core.reaches(wanted)
    below = nx.DiGraph(
        (int(core.nodes[a]), int(core.nodes[b]))
        for a, b in zip(core.child.tolist(), core.parent.tolist(), strict=True)
    )
    goals = set(core.nodes[wanted].tolist())
    for node, is_found in zip(core.nodes.tolist(), found.tolist(), strict=True):
        assert is_found == bool(goals & ({node} | nx.descendants(below, node)))


def test_equal_on_a_large_graph_of_many_shapes() -> None:
    graph = hub_like(20_000, 5)
    rows, head = graph.parents, representatives(graph)
    mass = np.random.default_rng(0).integers(0, 50, graph.n_nodes)
    wanted = push_mass(condense(rows, ALL, head), mass.astype(float))
    assert rests(contract(rows, ALL, head), mass.tolist()) == pytest.approx(
        wanted.tolist()
    )


def test_empty_graph_chain_and_clique() -> None:
    empty = contract(Graph(0, ()).parents, ALL, ints())
    assert (len(empty.anchor), len(empty.nodes), len(empty.child)) == (0, 0, 0)
    assert empty.push(np.zeros(0)).tolist() == []
    assert empty.reaches(np.zeros(0, np.bool_)).tolist() == []
    long = contract(chain(100_000).parents, ALL, np.arange(100_000, dtype=np.int32))
    assert not long.anchor.any()
    assert len(long.nodes) == 0
    crowd = contract(clique(40).parents, ALL, np.arange(40, dtype=np.int32))
    assert rests(crowd, [1] * 40)[0] == pytest.approx(40)
