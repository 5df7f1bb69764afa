import time

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.dominators import DominatorTree, dominator_tree
from tests.graph.kernels.shapes import (
    ALL,
    ANY,
    Graph,
    chain,
    clique,
    graphs,
    source_components,
    star,
)

LARGER = st.one_of(ANY, graphs(max_nodes=25, max_edges=70))


def tree_of(graph: Graph) -> DominatorTree:
    return dominator_tree(condense(graph.parents, ALL))


@settings(deadline=None, max_examples=500)
@given(LARGER)
def test_dominators_are_those_of_networkx(graph: Graph) -> None:
    down = graph.downwards()
    for part in source_components(graph.downwards()):
        down.add_edges_from((-1, node) for node in part)
    down.add_node(-1)
    wanted = nx.immediate_dominators(down, -1)
    tree = tree_of(graph)
    assert tree.parent.tolist() == [wanted[node] for node in range(graph.n_nodes)]
    for node in range(graph.n_nodes):
        chain_of_dominators = tree.dominators(node)
        assert chain_of_dominators[0] == node
        assert len(chain_of_dominators) == tree.depth[node]


@settings(deadline=None, max_examples=200)
@given(LARGER, st.data())
def test_a_subtree_is_what_falls_with_its_top(graph: Graph, data) -> None:
    n = graph.n_nodes
    weights = np.array(
        data.draw(st.lists(st.integers(0, 2**54), min_size=n, max_size=n)), np.int64
    )
    sums = tree_of(graph).subtree_sums(weights)
    assert sums.dtype == np.int64
    roots = {v for part in source_components(graph.downwards()) for v in part}
    for node in range(n):
        down = graph.downwards()
        down.remove_node(node)
        alive = roots - {node}
        for root in roots - {node}:
            alive |= nx.descendants(down, root)
        fallen = set(range(n)) - alive
        assert sums[node] == sum(int(weights[item]) for item in fallen)


def test_extreme_shapes() -> None:
    began = time.perf_counter()
    assert tree_of(Graph(0, ())).parent.tolist() == []
    assert tree_of(Graph(1, ((0, 0, 0),))).parent.tolist() == [-1]
    length = 100_000
    tree = tree_of(chain(length))
    assert tree.parent.tolist() == list(range(-1, length - 1))
    assert tree.subtree_sums(np.ones(length, np.int64)).tolist() == list(
        range(length, 0, -1)
    )
    tree = tree_of(star(length))
    assert tree.subtree_sums(np.ones(length + 1))[0] == length + 1
    tree = tree_of(clique(300))
    assert tree.parent.tolist() == [-1, *[0] * 299]
    assert time.perf_counter() - began < 30


def test_merges_far_below_their_common_ancestor() -> None:
    # Two legs of 3,000 nodes from 0, merged at the end, and a merge with a short cut.
    leg = 3_000
    edges = [(i + 1, i, 0) for i in range(leg)]
    edges += [(leg + 1, 0, 0)] + [(leg + i + 1, leg + i, 0) for i in range(1, leg)]
    end = 2 * leg + 1
    edges += [(end, leg, 0), (end, 2 * leg, 0), (end + 1, end, 0), (end + 1, 7, 0)]
    edges += [(end + 2, leg, 0), (end + 2, 1_234, 0)]
    tree = tree_of(Graph(end + 3, tuple(edges)))
    assert tree.parent[end] == 0
    assert tree.parent[end + 1] == 0
    assert tree.parent[end + 2] == 1_234


def test_common_ancestors_far_up_are_found_in_leaps() -> None:
    # A long leg, and a ladder of merges whose common ancestor with its tip is the root:
    # step by step each would cost the length of the leg.
    leg, n_merges = 20_000, 200
    edges = list(chain(leg).edges)
    edges += [(leg, 0, 0), (leg, leg - 1, 0)]
    for merge in range(leg + 1, leg + n_merges):
        edges += [(merge, merge - 1, 0), (merge, leg - 1, 0)]
    graph = Graph(leg + n_merges, tuple(edges))
    began = time.perf_counter()
    tree = tree_of(graph)
    assert time.perf_counter() - began < 15
    assert tree.parent[leg:].tolist() == [0, *[0] * (n_merges - 1)]
