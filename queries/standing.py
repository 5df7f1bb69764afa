"""How many artefacts stand on a node: asked of each row drawn, and remembered."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from headwater.graph.kernels.csr import BoolArray
from headwater.graph.kernels.reach import reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph

_MOST: Final = 100_000
"""Answers that are kept for a graph; whoever opens a picture further asks them again."""
_KEPT: Final[WeakKeyDictionary[LineageGraph, dict[int, int]]] = WeakKeyDictionary()


def n_descendants(graph: LineageGraph, node: int, alive: BoolArray | None) -> int:
    """Return the number of artefacts that stand on a node.

    Parameters
    ----------
    alive : bool array, shape (V,), optional
        Restricts everything to these nodes; such an answer is not kept.

    Notes
    -----
    O(V) to clear marks and O(edges met), the first time.
    """
    rows = graph.children
    if rows.offsets[node] == rows.offsets[node + 1]:
        return 0
    kept = _KEPT.setdefault(graph, {}) if alive is None else {}
    count = kept.get(node)
    if count is None:
        start = np.array([node], np.int32)
        found = reach(rows, start, LINEAGE_RELATIONS, graph.shared, alive)
        if len(kept) >= _MOST:
            kept.clear()
        count = kept[node] = len(found.nodes)
    return count
