import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import GraphError
from headwater.graph.kernels.csr import (
    MAX_COUNT,
    build_csr,
    check_counts,
    edge_positions,
    edge_sources,
    ranges,
    row_sources,
)
from tests.graph.kernels.shapes import ANY, Graph, ints

NONE = np.empty(0, np.int32)


@given(ANY)
def test_rows_are_the_edges_by_source_target_and_row(graph: Graph) -> None:
    rows = graph.parents
    wanted = sorted((a, b, row, r) for row, (a, b, r) in enumerate(graph.edges))
    assert row_sources(rows.offsets).tolist() == [a for a, _, _, _ in wanted]
    assert rows.targets.tolist() == [b for _, b, _, _ in wanted]
    assert rows.edges.tolist() == [row for _, _, row, _ in wanted]
    assert rows.relations.tolist() == [r for _, _, _, r in wanted]
    assert rows.n_nodes == graph.n_nodes
    assert {str(rows.offsets.dtype), str(rows.targets.dtype)} == {"int32"}


@given(ANY, st.randoms())
def test_rows_do_not_depend_on_the_order_of_the_edges(graph: Graph, random) -> None:
    order = list(range(len(graph.edges)))
    random.shuffle(order)
    edges = np.array([graph.edges[i] for i in order], np.int32).reshape(-1, 3)
    numbers = np.array(order, np.int32)
    rows = build_csr(
        edges[:, 0], edges[:, 1], edges[:, 2].astype(np.int8), numbers, graph.n_nodes
    )
    wanted = graph.parents
    assert rows.targets.tolist() == wanted.targets.tolist()
    assert rows.edges.tolist() == wanted.edges.tolist()
    assert rows.relations.tolist() == wanted.relations.tolist()


@given(ANY, st.data())
def test_edge_positions_follow_the_frontier(graph: Graph, data: st.DataObject) -> None:
    rows = graph.children
    nodes = st.integers(0, graph.n_nodes - 1) if graph.n_nodes else st.nothing()
    frontier = data.draw(st.lists(nodes))
    wanted = [
        at for v in frontier for at in range(rows.slice(v).start, rows.slice(v).stop)
    ]
    found = edge_positions(rows.offsets, ints(*frontier))
    assert found.tolist() == wanted
    sources = edge_sources(rows.offsets, found)
    assert sources.tolist() == [v for v in frontier for _ in range(*_span(rows, v))]


def _span(rows, node):
    return rows.offsets[node], rows.offsets[node + 1]


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 5))))
def test_ranges(spans: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in spans], np.int64)
    counts = np.array([count for _, count in spans], np.int64)
    wanted = [start + i for start, count in spans for i in range(count)]
    assert ranges(starts, counts).tolist() == wanted


def test_positions_next_to_the_int32_limit_do_not_wrap() -> None:
    top = MAX_COUNT
    offsets = ints(0, top - 3, top - 1, top)
    assert edge_positions(offsets, ints(1, 2)).tolist() == [top - 3, top - 2, top - 1]
    assert edge_sources(offsets, np.array([top - 1])).tolist() == [2]


@pytest.mark.parametrize(("nodes", "edges"), [(MAX_COUNT + 1, 0), (1, MAX_COUNT + 1)])
def test_more_than_int32_can_count_is_refused(nodes: int, edges: int) -> None:
    with pytest.raises(GraphError, match="too large: at most 2147483647"):
        check_counts(nodes, edges)
    check_counts(MAX_COUNT, MAX_COUNT)


def test_too_many_edges_are_refused_before_anything_is_sorted() -> None:
    # A broadcast array has any length without taking memory.
    many = np.broadcast_to(np.int32(0), (MAX_COUNT + 1,))
    codes = np.broadcast_to(np.int8(0), (MAX_COUNT + 1,))
    with pytest.raises(GraphError, match="2147483648 edges"):
        build_csr(many, many, codes, many, 1)


@pytest.mark.parametrize("node", [-1, 2])
def test_an_edge_to_no_node_is_refused(node: int) -> None:
    for a, b in ((0, node), (node, 0)):
        with pytest.raises(GraphError, match="nodes are numbered 0 to 1"):
            build_csr(ints(a), ints(b), np.zeros(1, np.int8), ints(0), 2)


def test_no_nodes() -> None:
    rows = build_csr(NONE, NONE, np.empty(0, np.int8), NONE, 0)
    assert rows.offsets.tolist() == [0]
    assert edge_positions(rows.offsets, NONE).tolist() == []
