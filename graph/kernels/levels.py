"""Topological levels: every node after everything that points at it.

References
----------
A. B. Kahn, "Topological sorting of large networks", Comm. ACM 5 (1962), 558-562.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import (
    IntArray,
    LongArray,
    edge_positions,
    row_sources,
    run_starts,
)

NARROW: Final = 64
"""Up to so many edges a level is walked one by one, which makes long chains cheap."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Nodes by the length of the longest path that leads to them.

    Attributes
    ----------
    order : int32 array, shape (k,)
        Nodes, level after level. Nodes on a cycle, and what can only be reached through
        one, are left out.
    starts : int64 array, shape (number of levels + 1,)
        Where each level begins in `order`.
    """

    order: IntArray
    starts: LongArray

    def __len__(self) -> int:
        """Return the number of levels."""
        return len(self.starts) - 1

    def __getitem__(self, level: int) -> IntArray:
        """Return the nodes of one level."""
        return self.order[int(self.starts[level]) : int(self.starts[level + 1])]


def topological_levels(offsets: IntArray, targets: IntArray) -> Levels:
    """Return the nodes level by level, sources first; what hangs on a cycle is missing.

    Parameters
    ----------
    offsets, targets : int32 arrays, shapes (V + 1,), (E,)
        Adjacency along the direction of the levels. Self-loops are ignored, several
        edges between two nodes are welcome.

    Notes
    -----
    O(V + E). Within a level the order is arbitrary but the same each time.

    Examples
    --------
    A fork 0 -> 1, 0 -> 2, 1 -> 2, and a node 3 that points at itself:

    >>> offsets = np.array([0, 2, 3, 3, 4], np.int32)
    >>> levels = topological_levels(offsets, np.array([1, 2, 2, 3], np.int32))
    >>> [levels[i].tolist() for i in range(len(levels))]
    [[0, 3], [1], [2]]
    """
    waiting = np.bincount(targets, minlength=len(offsets) - 1).astype(np.int32)
    several = waiting > 1
    loops = targets[row_sources(offsets) == targets]
    if loops.size:
        np.subtract.at(waiting, loops, 1)
        # Its own edge will reach the node again: that must not count as its last one.
        several[loops] = True
    walk = _Walk(offsets, targets, waiting)
    frontier = np.flatnonzero(waiting == 0).astype(np.int32)
    walk.add(frontier)
    while frontier.size:
        at = edge_positions(offsets, frontier)
        if at.size <= NARROW:
            frontier = walk.narrow(frontier)
            continue
        met = targets.take(at)
        again = several.take(met)
        if again.any():
            met = np.concatenate([met[~again], walk.count_down(met[again])])
        walk.add(met)
        frontier = met
    return walk.levels()


@dataclass(slots=True)
class _Walk:
    """Kahn's algorithm under way."""

    offsets: IntArray
    targets: IntArray
    waiting: IntArray
    """Edges into each node that have not been walked. Not kept for nodes that only one
    edge enters: those are ready when they are met."""
    pieces: list[IntArray] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def add(self, level: IntArray) -> None:
        if level.size:
            self.pieces.append(level)
            self.sizes.append(len(level))

    def count_down(self, met: IntArray) -> IntArray:
        """Take off one edge a mention, and return the nodes that got ready."""
        met = np.sort(met)
        first = np.flatnonzero(run_starts(met))
        nodes = met[first]
        self.waiting[nodes] -= np.diff(first, append=len(met)).astype(np.int32)
        ready: IntArray = nodes[self.waiting[nodes] == 0]
        return ready

    def narrow(self, frontier: IntArray) -> IntArray:
        """Walk one by one until a level has many edges; return that level."""
        offsets, targets = self.offsets.data, self.targets.data
        waiting = self.waiting.data
        found: list[int] = []
        nodes = frontier.tolist()
        while nodes:
            spans = [(offsets[node], offsets[node + 1]) for node in nodes]
            if sum(end - begin for begin, end in spans) > NARROW:
                break
            ready = []
            for begin, end in spans:
                for node in targets[begin:end]:
                    waiting[node] -= 1
                    if waiting[node] == 0:
                        ready.append(node)
            if ready:
                self.sizes.append(len(ready))
                found += ready
            nodes = ready
        self.pieces.append(np.array(found, np.int32))
        return np.array(nodes, np.int32)

    def levels(self) -> Levels:
        starts = np.zeros(len(self.sizes) + 1, np.int64)
        np.cumsum(np.array(self.sizes, np.int64), out=starts[1:])
        order = np.concatenate([np.empty(0, np.int32), *self.pieces])
        return Levels(order, starts)
