"""The graph as of a day: which nodes take part, and which of them are dated."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from headwater.graph.arrays import NO_DAY
from headwater.graph.kernels.csr import BoolArray
from headwater.graph.lineage_graph import LineageGraph

_EPOCH: Final = date(1970, 1, 1)


def nodes_as_of(graph: LineageGraph, day: date) -> BoolArray:
    """Return which nodes take part in the graph as of a day.

    Nodes released by that day, and those without a date: leaving these out would hide
    the lineage of what stands on them. Edges of that graph are those between its nodes.

    Returns
    -------
    bool array, shape (V,)
        A later day has all nodes of an earlier one. Namespaces and developers, which
        have no date, are always in.

    See Also
    --------
    released_by : dated nodes only, for counting.

    Notes
    -----
    O(V).
    """
    mask = graph.alive(day)
    assert mask is not None
    return mask


def released_by(graph: LineageGraph, day: date) -> BoolArray:
    """Return which nodes are known to have been released by a day.

    Returns
    -------
    bool array, shape (V,)
        Nodes without a date are left out; :func:`undated` tells which these are, so
        that they can be counted apart.
    """
    days = graph.columns.day
    mask: BoolArray = (days != NO_DAY) & (days <= (day - _EPOCH).days)
    return mask


def undated(graph: LineageGraph) -> BoolArray:
    """Return which nodes have no day of release, shape (V,)."""
    mask: BoolArray = np.equal(graph.columns.day, NO_DAY)
    return mask
