import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels.preorder import preorder


def walked(parent: list[int]) -> list[int]:
    """Return the preorder numbers by a plain depth-first walk."""
    parent = list(parent)
    for start in range(len(parent)):
        path = [start]
        while parent[path[-1]] >= 0 and parent[path[-1]] not in path:
            path.append(parent[path[-1]])
        if parent[path[-1]] >= 0:
            cycle = path[path.index(parent[path[-1]]) :]
            parent[min(cycle)] = -1
    children: dict[int, list[int]] = {}
    for node, above in enumerate(parent):
        children.setdefault(above, []).append(node)
    numbers = [-1] * len(parent)
    stack = children.get(-1, [])[::-1]
    for number in range(len(parent)):
        node = stack.pop()
        numbers[node] = number
        stack += children.get(node, [])[::-1]
    return numbers


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 14), st.data())
def test_preorder_is_the_order_of_a_depth_first_walk(n: int, data) -> None:
    parent = data.draw(st.lists(st.integers(-1, n - 1), min_size=n, max_size=n))
    found = preorder(np.array(parent, np.int32))
    assert found.dtype == np.int32
    assert found.tolist() == walked(parent)


def test_a_wide_star_and_a_chain_backwards() -> None:
    width = 100_000
    star = np.zeros(width, np.int32)
    star[0] = -1
    assert preorder(star).tolist() == list(range(width))
    length = 100_000
    backwards = np.arange(1, length + 1, dtype=np.int32)
    backwards[-1] = -1
    assert preorder(backwards).tolist() == list(range(length))[::-1]
