"""Numbering in preorder of a forest, so that a subtree is (nearly) contiguous."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray


def preorder(parent: IntArray) -> IntArray:
    """Return the preorder number of each node of a forest.

    Parameters
    ----------
    parent : int32 array, shape (V,)
        Parent of each node, -1 for roots. Cycles are cut at their lowest-numbered
        node, which is treated as a root.

    Returns
    -------
    int32 array, shape (V,)
        A permutation of 0..V-1; roots and siblings keep their order.

    Notes
    -----
    O(V) work in O(height) vectorised steps: levels from the roots down, subtree sizes
    from the leaves up, then positions from the roots down.

    Examples
    --------
    >>> preorder(np.array([-1, 0, -1, 0, 1], np.int32))
    array([0, 1, 4, 3, 2], dtype=int32)
    """
    parent = _cut_cycles(parent)
    n_nodes = len(parent)
    child_order = np.argsort(parent, kind="stable").astype(np.int32)
    n_roots = int((parent < 0).sum())
    offsets = np.zeros(n_nodes + 1, np.int64)
    np.cumsum(np.bincount(parent[parent >= 0], minlength=n_nodes), out=offsets[1:])
    offsets += n_roots
    levels = _levels(child_order[:n_roots], child_order, offsets)
    size = np.ones(n_nodes, np.int64)
    for level in reversed(levels[1:]):
        np.add.at(size, parent[level], size[level])
    number = np.zeros(n_nodes, np.int64)
    for depth, level in enumerate(levels):
        before = np.cumsum(size[level]) - size[level]
        if depth == 0:
            number[level] = before
            continue
        # Siblings stand together in a level: subtract what lies before the first one.
        above = parent[level]
        first = np.ones(len(level), np.bool_)
        first[1:] = above[1:] != above[:-1]
        base = np.maximum.accumulate(np.where(first, before, 0))
        number[level] = number[above] + 1 + before - base
    return number.astype(np.int32)


def _levels(
    roots: IntArray, child_order: IntArray, offsets: NDArray[np.int64]
) -> list[IntArray]:
    levels = [roots]
    while levels[-1].size:
        above = levels[-1]
        counts = offsets[above + 1] - offsets[above]
        total = int(counts.sum())
        if total == 0:
            break
        ends = np.cumsum(counts)
        inside = np.arange(total) - np.repeat(ends - counts, counts)
        levels.append(child_order[np.repeat(offsets[above], counts) + inside])
    return levels


def _cut_cycles(parent: IntArray) -> IntArray:
    """Return `parent` with one link of every cycle removed (pointer doubling)."""
    parent = parent.astype(np.int32, copy=True)
    n_nodes = len(parent)
    jump = np.where(parent < 0, np.arange(n_nodes, dtype=np.int32), parent)
    for _ in range(max(1, n_nodes.bit_length())):
        jump = jump[jump]
    # After 2^k >= V steps every node stands on its root or somewhere on its cycle.
    on_cycle = np.unique(jump[parent[jump] >= 0])
    seen: set[int] = set()
    for start in on_cycle.tolist():
        if start in seen:
            continue
        cycle = [start]
        node = int(parent[start])
        while node != start:
            cycle.append(node)
            node = int(parent[node])
        seen.update(cycle)
        parent[min(cycle)] = -1
    return parent
