"""Compressed sparse rows: the adjacency of one direction.

Notation: V nodes, E edges. ``offsets`` has V + 1 entries; the neighbours of node v are
``targets[offsets[v]:offsets[v + 1]]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import GraphError
from headwater.graph.kernels.order import stable_order

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
ByteArray = NDArray[np.int8]
BoolArray = NDArray[np.bool_]

MAX_COUNT: Final = int(np.iinfo(np.int32).max)
"""Most nodes, and most edges, that the int32 rows can count."""


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

    Parameters
    ----------
    sources, targets : int32 arrays, shape (E,)
        Ends of each edge, 0 .. `n_nodes` - 1.
    relations : int8 array, shape (E,)
        Relation code of each edge.
    edges : int32 array, shape (E,)
        Row of each edge in the ``edges`` table.
    n_nodes : int
        Number of nodes V.

    Raises
    ------
    GraphError
        When V or E is over :data:`MAX_COUNT`, or an end is no node.

    Notes
    -----
    O(V + E log E); O(V + E) for edges that are in order already.

    Examples
    --------
    >>> a = np.array([1, 0, 1], np.int32); b = np.array([2, 1, 0], np.int32)
    >>> build_csr(a, b, np.zeros(3, np.int8), np.arange(3, dtype=np.int32), 3).targets
    array([1, 0, 2], dtype=int32)
    """
    check_counts(n_nodes, len(sources))
    for ends in (sources, targets):
        if ends.size and not 0 <= int(ends.min()) <= int(ends.max()) < n_nodes:
            raise GraphError(
                f"an edge ends at node {int(ends.min())} or {int(ends.max())}; nodes "
                f"are numbered 0 to {n_nodes - 1}"
            )
    order = _sorted_order(sources, targets, edges)
    return Csr(
        row_offsets(sources, n_nodes),
        targets[order].astype(np.int32, copy=False),
        relations[order].astype(np.int8, copy=False),
        edges[order].astype(np.int32, copy=False),
    )


def check_counts(n_nodes: int, n_edges: int) -> None:
    """Raise GraphError where int32 offsets would wrap around."""
    for count, what in ((n_nodes, "nodes"), (n_edges, "edges")):
        if count > MAX_COUNT:
            raise GraphError(
                f"a graph of {count} {what} is too large: at most {MAX_COUNT} can be "
                "counted; build a snapshot of a part of it"
            )


def row_offsets(sources: IntArray, n_nodes: int) -> IntArray:
    """Return where each node's edges begin once they are sorted by source. O(V + E)."""
    offsets = np.zeros(n_nodes + 1, np.int32)
    np.cumsum(np.bincount(sources, minlength=n_nodes), out=offsets[1:])
    return offsets


def _sorted_order(*keys: IntArray) -> LongArray:
    """Return the order that sorts by the first key, then the second, and so on.

    One stable pass a key, the last key first; skipped when it has nothing to do.
    """
    order = np.arange(len(keys[0]), dtype=np.int64)
    for key in reversed(keys):
        values = key[order]
        if not bool((values[1:] >= values[:-1]).all()):
            order = order[stable_order(values)]
    return order


def edge_positions(offsets: IntArray, frontier: IntArray) -> LongArray:
    """Return the positions of all edges that leave `frontier`, in frontier order.

    Complexity: O(frontier + length of the answer).
    """
    starts = offsets.take(frontier)
    # The row after the last node ends at offsets[V], so the shift is always valid.
    return ranges(starts, offsets[1:].take(frontier) - starts)


def ranges(starts: IntArray | LongArray, counts: IntArray | LongArray) -> LongArray:
    """Return start, start + 1, ... , start + count - 1 of every range, one after another.

    Complexity: O(length of the answer). One cumulative sum over steps replaces a loop:
    within a range the position grows by one, between ranges it jumps.

    Examples
    --------
    >>> ranges(np.array([7, 0, 3]), np.array([2, 0, 3]))
    array([7, 8, 3, 4, 5])
    """
    occupied = np.flatnonzero(counts)
    if occupied.size == 0:
        return np.empty(0, np.int64)
    if occupied.size < len(counts):
        starts, counts = starts.take(occupied), counts.take(occupied)
    ends = np.cumsum(counts, dtype=np.int64)
    steps = np.ones(int(ends[-1]), np.int64)
    steps[0] = starts[0]
    steps[ends[:-1]] = starts[1:] - (starts[:-1] + counts[:-1]) + 1
    return np.cumsum(steps, out=steps)


def run_starts(values: IntArray | LongArray) -> BoolArray:
    """Return where a run of equal values begins. O(length)."""
    starts = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=starts[1:])
    return starts


def edge_sources(offsets: IntArray, positions: LongArray) -> IntArray:
    """Return the node that each edge position belongs to.

    Complexity: O(k log V) for k positions.
    """
    found = np.searchsorted(offsets, positions, side="right") - 1
    return found.astype(np.int32)


def row_sources(offsets: IntArray) -> IntArray:
    """Return the node that every edge belongs to, in order. O(V + E)."""
    nodes = np.arange(len(offsets) - 1, dtype=np.int32)
    return np.repeat(nodes, np.diff(offsets))
