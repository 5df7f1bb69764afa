"""Compressed sparse rows: the adjacency of one direction.

Notation: V nodes, E edges. ``offsets`` has V + 1 entries; the neighbours of node v are
``targets[offsets[v]:offsets[v + 1]]``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
ByteArray = NDArray[np.int8]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Csr:
    """Adjacency of one direction with the relation and the row of each edge.

    Attributes
    ----------
    offsets : int32 array, shape (V + 1,)
        Where each node's neighbours begin.
    targets : int32 array, shape (E,)
        Neighbours, ascending within a node.
    relations : int8 array, shape (E,)
        Relation code of each edge.
    edges : int32 array, shape (E,)
        Row of each edge in the ``edges`` table.
    """

    offsets: IntArray
    targets: IntArray
    relations: ByteArray
    edges: IntArray

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.offsets) - 1

    def slice(self, node: int) -> slice:
        """Return the positions of a node's edges."""
        return slice(int(self.offsets[node]), int(self.offsets[node + 1]))


def build_csr(
    sources: IntArray,
    targets: IntArray,
    relations: ByteArray,
    edges: IntArray,
    n_nodes: int,
) -> Csr:
    """Return the rows of a list of edges, sorted by source, then target, then row.

    Complexity: O(V + E log E).

    Examples
    --------
    >>> a = np.array([1, 0, 1], np.int32); b = np.array([2, 1, 0], np.int32)
    >>> build_csr(a, b, np.zeros(3, np.int8), np.arange(3, dtype=np.int32), 3).targets
    array([1, 0, 2], dtype=int32)
    """
    order = np.lexsort((edges, targets, sources))
    offsets = np.zeros(n_nodes + 1, np.int32)
    np.cumsum(np.bincount(sources, minlength=n_nodes), out=offsets[1:])
    return Csr(
        offsets,
        targets[order].astype(np.int32, copy=False),
        relations[order].astype(np.int8, copy=False),
        edges[order].astype(np.int32, copy=False),
    )


def edge_positions(offsets: IntArray, frontier: IntArray) -> NDArray[np.int64]:
    """Return the positions of all edges that leave `frontier`, in frontier order.

    Complexity: O(length of the answer). The cumulative sum over steps avoids a Python
    loop over nodes: within a node the position grows by one, between nodes it jumps.
    """
    starts = offsets[frontier].astype(np.int64)
    counts = offsets[frontier + 1] - offsets[frontier]
    occupied = np.flatnonzero(counts)
    if occupied.size == 0:
        return np.empty(0, np.int64)
    starts, counts = starts[occupied], counts[occupied].astype(np.int64)
    ends = np.cumsum(counts)
    steps = np.ones(int(ends[-1]), np.int64)
    steps[0] = starts[0]
    steps[ends[:-1]] = starts[1:] - (starts[:-1] + counts[:-1]) + 1
    return np.cumsum(steps)


def edge_sources(offsets: IntArray, positions: NDArray[np.int64]) -> IntArray:
    """Return the node that each edge position belongs to.

    Complexity: O(k log V) for k positions.
    """
    found = np.searchsorted(offsets, positions, side="right") - 1
    return found.astype(np.int32)
