"""Breadth-first reach: what can be reached, how far away, and by which edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import BoolArray, Csr, IntArray, edge_positions


@dataclass(frozen=True, slots=True)
class Reach:
    """The nodes that a breadth-first search reached, nearest first.

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
    via: NDArray[np.int64]


def reach(
    rows: Csr,
    sources: IntArray,
    relations: BoolArray,
    shared: BoolArray,
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
    shared : bool array, shape (V,)
        True where a node may be reached twice (more than one edge enters it): only
        those need a visited check, which is what makes the search fast. Being True too
        often is safe, being False for such a node is not.
    alive : bool array, shape (V,), optional
        Nodes outside it are neither entered nor left.

    Returns
    -------
    Reach
        A source is never in its own reach, also on a cycle.

    Notes
    -----
    O(V) bytes are cleared per call, then O(edges met). Cycles end because sources and
    shared nodes are marked when met, and every cycle that can be entered from outside
    has a shared node.
    """
    n_nodes = rows.n_nodes
    start = np.unique(np.asarray(sources, np.int32))
    if alive is not None:
        start = start[alive[start]]
    checked = shared.copy()
    checked[start] = True
    visited = np.zeros(n_nodes, np.bool_)
    visited[start] = True
    everything = bool(relations.all())
    levels: list[tuple[IntArray, NDArray[np.int64]]] = []
    frontier = start
    while frontier.size:
        at = edge_positions(rows.offsets, frontier)
        if not everything and at.size:
            at = at[relations[rows.relations[at]]]
        met = rows.targets[at]
        if alive is not None:
            keep = alive[met]
            at, met = at[keep], met[keep]
        met, at = _first_visits(met, at, checked, visited)
        if met.size == 0:
            break
        levels.append((met, at))
        frontier = np.sort(met)
    if not levels:
        empty = np.empty(0, np.int32)
        return Reach(empty, empty, np.empty(0, np.int64))
    depth = np.repeat(
        np.arange(1, len(levels) + 1, dtype=np.int32), [len(met) for met, _ in levels]
    )
    return Reach(
        np.concatenate([met for met, _ in levels]),
        depth,
        np.concatenate([at for _, at in levels]),
    )


def _first_visits(
    met: IntArray, at: NDArray[np.int64], checked: BoolArray, visited: BoolArray
) -> tuple[IntArray, NDArray[np.int64]]:
    """Drop repeated and already visited nodes; mark the rest."""
    doubtful = checked[met]
    if not doubtful.any():
        return met, at
    again, again_at = met[doubtful], at[doubtful]
    fresh = ~visited[again]
    again, again_at = again[fresh], again_at[fresh]
    # Positions ascend with the sorted frontier: the stable sort keeps the lowest first.
    order = np.argsort(again, kind="stable")
    again, again_at = again[order], again_at[order]
    first = np.ones(len(again), np.bool_)
    first[1:] = again[1:] != again[:-1]
    again, again_at = again[first], again_at[first]
    visited[again] = True
    sure = ~doubtful
    return np.concatenate([met[sure], again]), np.concatenate([at[sure], again_at])
