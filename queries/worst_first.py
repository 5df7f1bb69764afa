"""The order in which victims are shown, found without sorting all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headwater.graph.kernels.csr import ByteArray, IntArray, LongArray
from headwater.graph.lineage_graph import LineageGraph


def worst_first(
    graph: LineageGraph,
    nodes: IntArray,
    verdict: ByteArray,
    figures: Sequence[LongArray],
    limit: int | None,
) -> LongArray:
    """Return places of victims by verdict, downloads, likes, children, number.

    Parameters
    ----------
    nodes : int32 array, shape (k,)
        Victims.
    verdict : int8 array, shape (k,)
        Verdict codes, the worst is 0.
    figures : sequence of int64 arrays, shape (k,)
        Downloads, downloads ever, likes.
    limit : int, optional
        How many are wanted; None: all.

    Notes
    -----
    O(k), and O(m log m) for those m that can come so far up.
    """
    downloads, _, likes = figures[:3]
    chosen: LongArray = np.arange(len(nodes))
    if limit is not None and limit < len(chosen):
        chosen = _candidates(verdict, downloads, limit)
    nodes, offsets = nodes[chosen], graph.children.offsets
    built_on = offsets[1:].take(nodes) - offsets.take(nodes)
    keys = (nodes, -built_on, -likes[chosen], -downloads[chosen], verdict[chosen])
    return chosen[np.lexsort(keys)][:limit]


def _candidates(verdict: ByteArray, downloads: LongArray, limit: int) -> LongArray:
    """Return places of the `limit` first by verdict and downloads, ties included."""
    upto = np.cumsum(np.bincount(verdict))
    last = int(np.searchsorted(upto, limit))
    worse = np.flatnonzero(verdict < last)
    edge = np.flatnonzero(verdict == last)
    wanted = limit - len(worse)
    if 0 < wanted < len(edge):
        values = downloads[edge]
        least = np.partition(values, len(edge) - wanted)[len(edge) - wanted]
        edge = edge[values >= least]
    return np.concatenate([worse, edge])
