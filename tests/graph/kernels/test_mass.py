from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.mass import push_mass
from tests.graph.kernels.shapes import ALL, ANY, Graph, chain


@settings(deadline=None, max_examples=300)
@given(ANY, st.data())
def test_mass_is_split_equally_among_parents(graph: Graph, data) -> None:
    n = graph.n_nodes
    mass = data.draw(st.lists(st.integers(0, 100), min_size=n, max_size=n))
    parts = nx.condensation(graph.downwards().reverse())
    shares: dict[int, dict[int, Fraction]] = {}
    for part in reversed(list(nx.topological_sort(parts))):
        above = list(parts.successors(part))
        mine: dict[int, Fraction] = {}
        for other in above:
            for root, share in shares[other].items():
                mine[root] = mine.get(root, Fraction(0)) + share / len(above)
        shares[part] = mine or {min(parts.nodes[part]["members"]): Fraction(1)}
    wanted = [Fraction(0)] * n
    for part in parts:
        weight = sum(mass[node] for node in parts.nodes[part]["members"])
        for root, share in shares[part].items():
            wanted[root] += weight * share
    found = push_mass(condense(graph.parents, ALL), np.array(mass, np.float64))
    assert found.tolist() == pytest.approx([float(value) for value in wanted])
    assert float(found.sum()) == pytest.approx(sum(mass))


def test_empty_graph_own_ancestor_and_chain() -> None:
    assert push_mass(condense(Graph(0, ()).parents, ALL), np.ones(0)).tolist() == []
    loop = condense(Graph(1, ((0, 0, 0),)).parents, ALL)
    assert push_mass(loop, np.array([3.0])).tolist() == [3.0]
    long = push_mass(condense(chain(100_000).parents, ALL), np.ones(100_000))
    assert long[0] == 100_000
    assert long[1:].max() == 0
