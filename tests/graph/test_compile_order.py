"""Stable orders and preorder numbers against the plain way to say them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headwater.graph.kernels.order import inverse, stable_order
from headwater.graph.kernels.preorder import preorder

NUMBERS = st.lists(
    st.one_of(st.integers(-5, 5), st.integers(-(2**62), 2**62)), max_size=60
)


@given(NUMBERS)
def test_stable_order_is_the_stable_argsort(values: list[int]) -> None:
    array = np.array(values, np.int64)
    assert stable_order(array).tolist() == np.argsort(array, kind="stable").tolist()


@given(st.permutations(range(20)))
def test_inverse_undoes_a_permutation(order: list[int]) -> None:
    array = np.array(order, np.int32)
    assert array[inverse(array)].tolist() == list(range(20))


@st.composite
def parents(draw: st.DrawFn) -> list[int]:
    size = draw(st.integers(0, 30))
    return [draw(st.integers(-1, size - 1)) for _ in range(size)]


def numbers_by_walking(parent: list[int]) -> list[int]:
    parent = list(parent)
    for start in range(len(parent)):
        trail, node = [start], parent[start]
        while node >= 0 and node not in trail:
            trail.append(node)
            node = parent[node]
        if node >= 0:
            parent[min(trail[trail.index(node) :])] = -1
    number: dict[int, int] = {}

    def visit(node: int) -> None:
        number[node] = len(number)
        for child in range(len(parent)):
            if parent[child] == node:
                visit(child)

    for root in range(len(parent)):
        if parent[root] < 0:
            visit(root)
    return [number[node] for node in range(len(parent))]


@given(parents())
def test_preorder_is_that_of_a_walk_with_cycles_cut(parent: list[int]) -> None:
    got = preorder(np.array(parent, np.int32))
    assert got.tolist() == numbers_by_walking(parent)


def test_preorder_of_a_long_chain() -> None:
    parent = np.arange(-1, 20_000 - 1, dtype=np.int32)
    assert (preorder(parent) == np.arange(20_000)).all()
