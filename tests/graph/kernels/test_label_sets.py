import time

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels.csr import IntArray
from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.label_sets import (
    LabelSets,
    dominating_labels,
    reached_labels,
    root_sets,
)
from tests.graph.kernels.shapes import (
    ALL,
    ANY,
    Graph,
    chain,
    clique,
    ints,
    source_components,
    star,
)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Graph, IntArray]:
    """Draw a graph with few labels, so that they meet again; -1 is none."""
    graph = draw(ANY)
    n = graph.n_nodes
    top = draw(st.integers(0, 5))
    own = draw(st.lists(st.integers(-1, top), min_size=n, max_size=n))
    return graph, ints(*own)


def every_set(sets: LabelSets) -> list[set[int]]:
    offsets, labels = sets.pool()
    assert np.diff(offsets).tolist() == sets.sizes().tolist()
    assert len(labels) == offsets[-1]
    assert sets.sizes()[0] == 0
    for number, size in enumerate(sets.sizes().tolist()):
        held = labels[offsets[number] : offsets[number + 1]]
        assert len(set(held.tolist())) == size
    for node, number in enumerate(sets.set_of.tolist()):
        held = labels[offsets[number] : offsets[number + 1]]
        assert sorted(held.tolist()) == sets.of(node).tolist()
    return [set(sets.of(node).tolist()) for node in range(len(sets.set_of))]


@settings(deadline=None, max_examples=300)
@given(ANY)
def test_root_sets_are_the_sources_above_in_networkx(graph: Graph) -> None:
    down = graph.downwards()
    wanted: list[set[int]] = [set() for _ in range(graph.n_nodes)]
    for part in source_components(down):
        for node in part | nx.descendants(down, min(part)):
            wanted[node].add(min(part))
    assert every_set(root_sets(condense(graph.parents, ALL))) == wanted


@settings(deadline=None, max_examples=300)
@given(labelled())
def test_reached_labels_are_those_of_all_ancestors(case) -> None:
    graph, own = case
    down = graph.downwards()
    wanted = [
        {int(own[other]) for other in nx.ancestors(down, node) | {node}} - {-1}
        for node in range(graph.n_nodes)
    ]
    assert every_set(reached_labels(condense(graph.parents, ALL), own)) == wanted


def removed(graph: Graph, own: IntArray, label: int) -> set[int]:
    """Return what cannot be reached from a root once a label's nodes are taken away.

    A component without a parent outside it is one root, which falls with any member.
    """
    down = graph.downwards()
    sources = {
        node
        for part in source_components(down)
        if not any(own[item] == label for item in part)
        for node in part
    }
    down.remove_nodes_from([node for node in list(down) if own[node] == label])
    alive = set(sources)
    for node in sources:
        alive |= nx.descendants(down, node)
    return set(range(graph.n_nodes)) - alive


@settings(deadline=None, max_examples=400)
@given(labelled())
def test_dominating_labels_are_those_without_which_nothing_is_left(case) -> None:
    graph, own = case
    found = every_set(dominating_labels(condense(graph.parents, ALL), own))
    for label in range(int(own.max(initial=-1)) + 1):
        held = {node for node, labels in enumerate(found) if label in labels}
        assert held == removed(graph, own, label)


@settings(deadline=None)
@given(labelled(), st.data())
def test_sums_by_label(case, data) -> None:
    graph, own = case
    n = graph.n_nodes
    weights = np.array(
        data.draw(st.lists(st.integers(0, 2**55), min_size=n, max_size=n)), np.int64
    )
    sets = reached_labels(condense(graph.parents, ALL), own)
    each = every_set(sets)
    wanted = [
        sum(int(weights[node]) for node in range(n) if label in each[node])
        for label in range(6)
    ]
    assert sets.sum_by_label(weights, 6).tolist() == wanted
    split = [
        sum(float(weights[v]) / len(each[v]) for v in range(n) if label in each[v])
        for label in range(6)
    ]
    assert sets.split_by_label(weights, 6).tolist() == pytest.approx(split)


def test_merging_two_models_of_one_owner_is_captive_to_it() -> None:
    # 0 and 1 are roots of owner 7; 2 merges them. No node dominates 2, the owner does.
    graph = Graph(3, ((2, 0, 0), (2, 1, 0)))
    sets = dominating_labels(condense(graph.parents, ALL), ints(7, 7, 3))
    assert sets.of(2).tolist() == [3, 7]
    sets = dominating_labels(condense(graph.parents, ALL), ints(7, 8, 3))
    assert sets.of(2).tolist() == [3]


def test_a_root_on_a_cycle_is_a_root_for_all_that_stands_on_it() -> None:
    graph = Graph(4, ((0, 1, 0), (1, 0, 0), (2, 1, 0), (3, 3, 0)))
    sets = root_sets(condense(graph.parents, ALL))
    assert [sets.of(node).tolist() for node in range(4)] == [[0], [0], [0], [3]]


def test_within_and_relations_leave_edges_out() -> None:
    graph = Graph(4, ((1, 0, 0), (2, 1, 1), (3, 2, 0), (3, 1, 0)))
    only_first = np.array([True, False, False, False])
    sets = root_sets(condense(graph.parents, only_first))
    assert [sets.of(node).tolist() for node in range(4)] == [[0], [0], [2], [0, 2]]
    within = np.array([False, True, True, True])
    sets = root_sets(condense(graph.parents, ALL, within=within))
    assert [sets.of(node).tolist() for node in range(4)] == [[0], [1], [1], [1]]


def test_equal_sets_are_stored_once() -> None:
    width = 10_000
    sets = root_sets(condense(star(width).parents, ALL))
    assert len(set(sets.set_of.tolist())) == 1
    assert sets.label.tolist() == [-1, 0]
    # Many children of one owner share the set that is one larger than their parent's.
    own = np.ones(width + 1, np.int32)
    own[0] = 0
    sets = dominating_labels(condense(star(width).parents, ALL), own)
    assert sets.of(5).tolist() == [0, 1]
    assert sets.label.tolist() == [-1, 0, 1]


def test_extreme_shapes() -> None:
    began = time.perf_counter()
    for sets in (
        root_sets(condense(Graph(0, ()).parents, ALL)),
        reached_labels(condense(Graph(0, ()).parents, ALL), ints()),
        dominating_labels(condense(Graph(0, ()).parents, ALL), ints()),
    ):
        assert len(sets.set_of) == 0
    own_ancestor = condense(Graph(1, ((0, 0, 0),)).parents, ALL)
    assert dominating_labels(own_ancestor, ints(4)).of(0).tolist() == [4]
    length = 100_000
    long = condense(chain(length).parents, ALL)
    assert root_sets(long).of(length - 1).tolist() == [0]
    assert dominating_labels(long, np.zeros(length, np.int32)).of(9).tolist() == [0]
    apart = dominating_labels(long, np.arange(length, dtype=np.int32))
    assert len(apart.base) == length + 1
    assert apart.of(length - 1).tolist() == list(range(length))
    merges = condense(clique(200).parents, ALL)
    own = np.arange(200, dtype=np.int32)
    assert reached_labels(merges, own).of(199).tolist() == list(range(200))
    assert dominating_labels(merges, own).of(199).tolist() == [0, 199]
    assert time.perf_counter() - began < 30


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.integers(2, 400), st.integers(1, 300))
def test_deep_sets_hold_each_label_once(seed: int, length: int, n_labels: int) -> None:
    # Longer than what is walked to find a repeated label.
    random = np.random.default_rng(seed)
    own = random.integers(-1, n_labels, length).astype(np.int32)
    above = np.maximum(np.arange(length) - random.integers(1, 4, length), 0)
    edges = [(node, int(above[node]), 0) for node in range(1, length)]
    graph = Graph(length, tuple(edges))
    sets = every_set(dominating_labels(condense(graph.parents, ALL), own))
    wanted = [{int(own[0])} - {-1}]
    for node in range(1, length):
        wanted.append(wanted[above[node]] | ({int(own[node])} - {-1}))
    assert sets == wanted
