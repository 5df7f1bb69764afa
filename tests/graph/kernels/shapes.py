"""Random and extreme graphs for the kernel tests, and plain-Python oracles."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from headwater.graph.kernels.csr import BoolArray, Csr, IntArray, build_csr

N_RELATIONS = 4


@dataclass(frozen=True)
class Graph:
    """Edges child -> parent with a relation each, and both directions as rows."""

    n_nodes: int
    edges: tuple[tuple[int, int, int], ...]

    @property
    def parents(self) -> Csr:
        return rows([(a, b, r) for a, b, r in self.edges], self.n_nodes)

    @property
    def children(self) -> Csr:
        return rows([(b, a, r) for a, b, r in self.edges], self.n_nodes)

    def downwards(self, relations: BoolArray | None = None) -> nx.DiGraph:
        """Return the graph parent -> child for networkx."""
        graph = nx.DiGraph()
        graph.add_nodes_from(range(self.n_nodes))
        graph.add_edges_from(
            (b, a) for a, b, r in self.edges if relations is None or relations[r]
        )
        return graph


def rows(edges: list[tuple[int, int, int]], n_nodes: int) -> Csr:
    array = np.array(edges, np.int32).reshape(-1, 3)
    return build_csr(
        array[:, 0],
        array[:, 1],
        array[:, 2].astype(np.int8),
        np.arange(len(array), dtype=np.int32),
        n_nodes,
    )


ALL = np.ones(N_RELATIONS, np.bool_)


def ints(*values: int) -> IntArray:
    return np.array(values, np.int32)


@st.composite
def graphs(draw: st.DrawFn, max_nodes: int = 12, max_edges: int = 30) -> Graph:
    """Draw a typed multigraph: cycles, self-loops, repeated edges, lone nodes."""
    n_nodes = draw(st.integers(0, max_nodes))
    if n_nodes == 0:
        return Graph(0, ())
    node = st.integers(0, n_nodes - 1)
    edge = st.tuples(node, node, st.integers(0, N_RELATIONS - 1))
    return Graph(n_nodes, tuple(draw(st.lists(edge, max_size=max_edges))))


@st.composite
def lineages(draw: st.DrawFn, max_nodes: int = 14) -> Graph:
    """Draw what lineage looks like: mostly downwards, merges, an odd edge back."""
    n_nodes = draw(st.integers(1, max_nodes))
    edges = []
    for child in range(1, n_nodes):
        for parent in draw(st.lists(st.integers(0, child - 1), max_size=4)):
            edges.append((child, parent, draw(st.integers(0, N_RELATIONS - 1))))
    node = st.integers(0, n_nodes - 1)
    for child, parent in draw(st.lists(st.tuples(node, node), max_size=2)):
        edges.append((child, parent, 0))
    numbers = draw(st.permutations(range(n_nodes)))
    return Graph(n_nodes, tuple((numbers[a], numbers[b], r) for a, b, r in edges))


ANY = st.one_of(graphs(), lineages())


def chain(length: int) -> Graph:
    return Graph(length, tuple((i + 1, i, 0) for i in range(length - 1)))


def star(width: int) -> Graph:
    return Graph(width + 1, tuple((i, 0, 0) for i in range(1, width + 1)))


def clique(size: int) -> Graph:
    """Every node merges all before it."""
    return Graph(size, tuple((i, j, 0) for i in range(size) for j in range(i)))


def source_components(graph: nx.DiGraph) -> list[set[int]]:
    """Return the components that no edge enters from outside."""
    condensed = nx.condensation(graph)
    return [
        set(condensed.nodes[item]["members"])
        for item in condensed
        if condensed.in_degree(item) == 0
    ]


def node_sets(graph: Graph, max_size: int = 4) -> st.SearchStrategy[set[int]]:
    if graph.n_nodes == 0:
        return st.just(set())
    return st.sets(st.integers(0, graph.n_nodes - 1), max_size=max_size)


def hub_like(n_nodes: int, seed: int) -> Graph:
    """Return heavy-tailed families with merges, cycles, self-loops, shuffled numbers."""
    random = np.random.default_rng(seed)
    nodes = np.arange(1, n_nodes)
    child = np.concatenate([nodes, random.choice(nodes, n_nodes // 10)])
    # Squared twice, the first nodes collect most of the children.
    parent = (random.random(len(child)) ** 4 * child).astype(np.int64)
    keep = random.random(len(child)) < 0.7
    child, parent = child[keep], parent[keep]
    back = random.choice(len(child), 20)
    loops = random.choice(nodes, 20)
    crowd = np.full(65, n_nodes - 1)
    ends = np.concatenate([child, parent[back], loops, crowd])
    starts = np.concatenate([parent, child[back], loops, random.choice(nodes, 65)])
    numbers = random.permutation(n_nodes)
    codes = random.integers(0, N_RELATIONS, len(ends))
    columns = (numbers[ends].tolist(), numbers[starts].tolist(), codes.tolist())
    return Graph(n_nodes, tuple(zip(*columns, strict=True)))
