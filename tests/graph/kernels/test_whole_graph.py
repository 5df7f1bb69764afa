"""Every kernel against networkx, in full, on thirty thousand nodes."""

import networkx as nx
import numpy as np
import pytest

from headwater.graph.kernels.components import component_representatives
from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.dominators import dominator_tree
from headwater.graph.kernels.label_sets import (
    dominating_labels,
    reached_labels,
    root_sets,
)
from headwater.graph.kernels.mass import push_mass
from headwater.graph.kernels.reach import reach
from tests.graph.kernels.shapes import ALL, Graph, hub_like, ints, source_components

N_NODES, N_LABELS = 30_000, 400


@pytest.fixture(scope="module")
def graph() -> Graph:
    return hub_like(N_NODES, seed=7)


@pytest.fixture(scope="module")
def down(graph: Graph) -> nx.DiGraph:
    return graph.downwards()


@pytest.fixture(scope="module")
def own() -> np.ndarray:
    random = np.random.default_rng(8)
    return (random.random(N_NODES) ** 3 * N_LABELS).astype(np.int32)


def test_reach(graph: Graph, down: nx.DiGraph) -> None:
    random = np.random.default_rng(9)
    children, shared = graph.children, np.diff(graph.parents.offsets) > 1
    widest = int(np.diff(children.offsets).argmax())
    questions = [[widest], random.choice(N_NODES, 500).tolist()]
    questions += [[int(node)] for node in random.choice(N_NODES, 200)]
    for sources in questions:
        found = reach(children, ints(*sources), ALL, shared)
        wanted = nx.multi_source_dijkstra_path_length(down, set(sources))
        got = dict(zip(found.nodes.tolist(), found.depth.tolist(), strict=True))
        assert got == {v: d for v, d in wanted.items() if v not in set(sources)}
    assert len(reach(children, ints(widest), ALL, shared).nodes) > 1_000


def test_components(graph: Graph, down: nx.DiGraph) -> None:
    wanted = np.arange(N_NODES)
    for part in nx.strongly_connected_components(down):
        wanted[list(part)] = min(part)
    up, children = graph.parents, graph.children
    found = component_representatives(
        up.offsets, up.targets, children.offsets, children.targets
    )
    assert (found == wanted).all()
    assert (wanted != np.arange(N_NODES)).sum() > 10


def test_label_sets(graph: Graph, down: nx.DiGraph, own: np.ndarray) -> None:
    dag = condense(graph.parents, ALL)
    roots, reached = root_sets(dag), reached_labels(dag, own)
    sources = {v: min(part) for part in source_components(down) for v in part}
    for node in range(N_NODES):
        above = nx.ancestors(down, node) | {node}
        assert roots.of(node).tolist() == sorted(
            {sources[v] for v in above if v in sources}
        )
        assert reached.of(node).tolist() == sorted({int(own[v]) for v in above})


def test_dominating_labels(graph: Graph, down: nx.DiGraph, own: np.ndarray) -> None:
    sets = dominating_labels(condense(graph.parents, ALL), own)
    held = sets.sum_by_label(np.ones(N_NODES, np.int64), N_LABELS)
    parts = source_components(down)
    for label in range(0, N_LABELS, 4):
        gone = set(np.flatnonzero(own == label).tolist())
        left = [v for part in parts if not part & gone for v in part]
        alive = set(left)
        while left:
            fresh = set(down.successors(left.pop())) - alive - gone
            alive |= fresh
            left += fresh
        assert held[label] == N_NODES - len(alive)


def test_dominator_tree(graph: Graph, down: nx.DiGraph) -> None:
    rooted = down.copy()
    rooted.add_edges_from((-1, v) for part in source_components(down) for v in part)
    wanted = nx.immediate_dominators(rooted, -1)
    tree = dominator_tree(condense(graph.parents, ALL))
    assert tree.parent.tolist() == [wanted[node] for node in range(N_NODES)]


def test_mass(graph: Graph) -> None:
    dag = condense(graph.parents, ALL)
    found = push_mass(dag, np.ones(N_NODES))
    assert found.sum() == pytest.approx(N_NODES)
    assert set(np.flatnonzero(found).tolist()) == set(dag.levels[0].tolist())
