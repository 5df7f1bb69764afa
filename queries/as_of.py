"""The graph as of a day: which nodes take part, and which of them are dated."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.arrays import NO_DAY
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.lineage_graph import LineageGraph

EPOCH: Final = date(1970, 1, 1)
"""Days are counted from here."""


def read_day(day: date | str | None) -> date | None:
    """Return a day that is given as a date, as text, or not at all.

    Raises
    ------
    InvalidArgumentError
        When the text is no day of the form YYYY-MM-DD.
    """
    if not isinstance(day, str):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise InvalidArgumentError(f"{day!r} is no day; write YYYY-MM-DD") from None


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


def there_by(graph: LineageGraph, nodes: IntArray, day: date | None) -> IntArray:
    """Return those of some nodes that take part as of a day; None takes all.

    Raises
    ------
    InvalidArgumentError
        When none of them does: an empty answer would read as if nothing stood on them.
    """
    if day is None:
        return nodes
    found: IntArray = nodes[nodes_as_of(graph, day)[nodes]]
    if not len(found):
        first = EPOCH + timedelta(days=int(graph.columns.day[nodes].min()))
        what = graph.ids[int(nodes[0])] if len(nodes) == 1 else "what was asked for"
        raise InvalidArgumentError(
            f"{what} was not there on {day}: the first release was on {first}"
        )
    return found


def released_by(graph: LineageGraph, day: date) -> BoolArray:
    """Return which nodes are known to have been released by a day.

    Returns
    -------
    bool array, shape (V,)
        Nodes without a date are left out; :func:`undated` tells which these are, so
        that they can be counted apart.
    """
    days = graph.columns.day
    mask: BoolArray = (days != NO_DAY) & (days <= (day - EPOCH).days)
    return mask


def undated(graph: LineageGraph) -> BoolArray:
    """Return which nodes have no day of release, shape (V,)."""
    mask: BoolArray = np.equal(graph.columns.day, NO_DAY)
    return mask
