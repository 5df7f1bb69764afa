"""Breadth-first reach: what can be reached, how far away, and by which edge.

A search begins with Python integers, which costs what it meets, and goes over to whole
levels at once as soon as a level has many edges. Both give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import (
    BoolArray,
    Csr,
    IntArray,
    LongArray,
    edge_positions,
    run_starts,
)

NARROW: Final = 256
"""Up to so many edges (or sources) a level is walked one by one: about the number at
which that costs what the clearing and the fixed costs of whole levels cost."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The nodes that a breadth-first search reached, nearest first.

    Within a depth nodes stand in the order of the edges that led to them, those that
    several edges could have led to last, by number.

    Attributes
    ----------
    nodes : int32 array, shape (k,)
        Reached nodes; sources are left out.
    depth : int32 array, shape (k,)
        Edges on a shortest path from a source.
    via : int64 array, shape (k,)
        Position (in the rows that were walked) of the last edge of that path. Among
        equals the edge from the lowest-numbered node wins, so answers are repeatable.
    """

    nodes: IntArray
    depth: IntArray
    via: LongArray


def reach(
    rows: Csr,
    sources: IntArray,
    relations: BoolArray,
    shared: BoolArray | None,
    alive: BoolArray | None = None,
) -> Reach:
    """Return everything that `sources` reach over edges of some relations.

    Parameters
    ----------
    rows : Csr
        The direction to walk.
    sources : int32 array
        Start nodes; duplicates are allowed.
    relations : bool array, shape (number of relations,)
        Which relation codes may be walked.
    shared : bool array, shape (V,), or None
        True where a node may be reached twice (more than one edge enters it): only
        those need a visited check, which is what makes the search fast. Being True too
        often is safe, being False for such a node is not. None: every node may be.
    alive : bool array, shape (V,), optional
        Nodes outside it are neither entered nor left.

    Returns
    -------
    Reach
        A source is never in its own reach, also on a cycle.

    Notes
    -----
    O(edges met); once a level has more than :data:`NARROW` edges also O(V) bytes for
    marks. Cycles end because sources and shared nodes are marked when met, and every
    cycle that can be entered from outside has a shared node.

    Examples
    --------
    Two nodes on a cycle, and one that stands on it:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> a, b = np.array([0, 1, 1], np.int32), np.array([1, 0, 2], np.int32)
    >>> rows = build_csr(a, b, np.zeros(3, np.int8), np.arange(3, dtype=np.int32), 3)
    >>> found = reach(rows, np.array([0], np.int32), np.array([True]), None)
    >>> found.nodes.tolist(), found.depth.tolist()
    ([1, 2], [1, 2])
    """
    start = np.asarray(sources, np.int32)
    if alive is not None:
        start = start[alive[start]]
    search = _Search(rows, relations, shared, alive)
    if len(start) <= NARROW:
        met = set(start.tolist())
        frontier = _walk_narrow(search, sorted(met), met)
        if frontier:
            visited = np.fromiter(met, np.int32, len(met))
            _walk_wide(search, np.array(frontier, np.int32), visited)
    else:
        start = np.sort(start)
        start = start[run_starts(start)]
        _walk_wide(search, start, start)
    return search.answer()


@dataclass(slots=True)
class _Search:
    """What a search walks, and what it found so far, level by level."""

    rows: Csr
    relations: BoolArray
    shared: BoolArray | None
    alive: BoolArray | None
    levels: list[tuple[IntArray, LongArray]] = field(default_factory=list)

    def answer(self) -> Reach:
        sizes = [len(nodes) for nodes, _ in self.levels]
        if not sizes:
            empty = np.empty(0, np.int32)
            return Reach(empty, empty, np.empty(0, np.int64))
        return Reach(
            np.concatenate([nodes for nodes, _ in self.levels]),
            np.repeat(np.arange(1, len(sizes) + 1, dtype=np.int32), sizes),
            np.concatenate([at for _, at in self.levels]),
        )


def _walk_narrow(search: _Search, frontier: list[int], met: set[int]) -> list[int]:
    """Search one by one while levels are narrow; return the first wide frontier.

    `met` holds the sources, and gets the nodes found that may be met again.
    """
    # Single elements of a memoryview come as Python integers, twice as fast.
    offsets, targets = search.rows.offsets.data, search.rows.targets.data
    codes = search.rows.relations.data
    allowed = search.relations.tolist()
    shared = None if search.shared is None else search.shared.data
    alive = None if search.alive is None else search.alive.data
    nodes: list[int] = []
    via: list[int] = []
    ends = [0]
    while frontier:
        spans = [(offsets[node], offsets[node + 1]) for node in frontier]
        if sum(end - begin for begin, end in spans) > NARROW:
            break
        again: dict[int, int] = {}
        for begin, end in spans:
            for at in range(begin, end):
                node = targets[at]
                if not allowed[codes[at]] or (alive is not None and not alive[node]):
                    continue
                if shared is None or shared[node]:
                    if node not in met:
                        met.add(node)
                        again[node] = at
                elif node not in met:
                    nodes.append(node)
                    via.append(at)
        for node in sorted(again):
            nodes.append(node)
            via.append(again[node])
        frontier = sorted(nodes[ends[-1] :])
        if frontier:
            ends.append(len(nodes))
    all_nodes, all_via = np.array(nodes, np.int32), np.array(via, np.int64)
    search.levels += [
        (all_nodes[begin:end], all_via[begin:end]) for begin, end in pairwise(ends)
    ]
    return frontier


_SURE, _DOUBTFUL, _VISITED = 0, 1, 2


def _walk_wide(search: _Search, frontier: IntArray, visited: IntArray) -> None:
    """Search whole levels at once, from a sorted frontier."""
    rows, alive = search.rows, search.alive
    if search.shared is None:
        marks = np.full(rows.n_nodes, _DOUBTFUL, np.uint8)
    else:
        marks = search.shared.astype(np.uint8)
    marks[visited] = _VISITED
    while frontier.size:
        at = edge_positions(rows.offsets, frontier)
        walkable = search.relations.take(rows.relations.take(at))
        if not walkable.all():
            at = at[walkable]
        nodes = rows.targets.take(at)
        if alive is not None:
            living = alive.take(nodes)
            at, nodes = at[living], nodes[living]
        nodes, at = _first_visits(nodes, at, marks)
        if nodes.size == 0:
            break
        search.levels.append((nodes, at))
        # In order, so that of two edges to a node the one from the lower node is first.
        frontier = np.sort(nodes)


def _first_visits(
    nodes: IntArray, at: LongArray, marks: np.ndarray[tuple[int], np.dtype[np.uint8]]
) -> tuple[IntArray, LongArray]:
    """Drop repeated and already visited nodes; mark the rest."""
    mark = marks.take(nodes)
    if not mark.any():
        return nodes, at
    sure = mark == _SURE
    doubtful = np.flatnonzero(mark == _DOUBTFUL)
    # Nodes ascending, then positions; a place in the level stands for its position.
    packed = nodes.take(doubtful).astype(np.int64) << 32
    packed |= doubtful
    packed.sort()
    packed = packed[run_starts(packed >> 32)]
    place = packed & 0xFFFF_FFFF
    again = nodes.take(place)
    marks[again] = _VISITED
    return (
        np.concatenate([nodes[sure], again]),
        np.concatenate([at[sure], at.take(place)]),
    )
