"""Where the bytes of a set live on when the set is lost."""

from __future__ import annotations

from typing import Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, IntArray, edge_positions
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATION_CODE, STATES

_MIRROR: Final = RELATION_CODE["mirror_of"]


def find_mirrors(
    graph: LineageGraph, members: IntArray, alive: BoolArray | None = None
) -> IntArray:
    """Return for each member of the set its mirror outside the set, or -1.

    A mirror is joined by a ``mirror_of`` edge in either direction and is present. Of
    several the most downloaded, liked and built-on counts, then the lowest number.
    """
    inside = np.zeros(graph.n_nodes, np.bool_)
    inside[members] = True
    best = np.full(len(members), -1, np.int32)
    for rows in (graph.children, graph.parents):
        at = edge_positions(rows.offsets, members)
        at = at[rows.relations.take(at) == _MIRROR]
        other = rows.targets[at]
        good = ~inside[other] & (graph.columns.state[other] == STATES.index("present"))
        if alive is not None:
            good &= alive[other]
        at, other = at[good], other[good]
        # Positions of the rows' own type, or all offsets are copied to another first.
        place = np.searchsorted(rows.offsets[members], at.astype(np.int32), "right") - 1
        for member, mirror in zip(place.tolist(), other.tolist(), strict=True):
            held = int(best[member])
            if held < 0 or _mirror_rank(graph, mirror) < _mirror_rank(graph, held):
                best[member] = mirror
    return best


def _mirror_rank(graph: LineageGraph, node: int) -> tuple[int, int, int, int]:
    columns, offsets = graph.columns, graph.children.offsets
    built_on = int(offsets[node + 1] - offsets[node])
    return -int(columns.downloads[node]), -int(columns.likes[node]), -built_on, node
