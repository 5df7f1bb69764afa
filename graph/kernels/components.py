"""Strongly connected components: peel off what cannot be on a cycle, then Tarjan.

In a lineage graph almost nothing lies on a cycle, so the peeling (vectorised) removes
nearly everything and the sequential algorithm sees only the small core.

References
----------
R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972),
146-160. W. McLendon III et al., "Finding strongly connected components in distributed
graphs", JPDC 65 (2005), 901-910 (the trimming step).
"""

from __future__ import annotations

import numpy as np

from headwater.graph.kernels.csr import BoolArray, IntArray, edge_positions


def component_representatives(
    offsets: IntArray,
    targets: IntArray,
    back_offsets: IntArray,
    back_targets: IntArray,
) -> IntArray:
    """Return for each node the lowest-numbered node of its component.

    Parameters
    ----------
    offsets, targets : int32 arrays, shapes (V + 1,), (E,)
        Adjacency of one direction.
    back_offsets, back_targets : int32 arrays
        The same edges the other way round.

    Returns
    -------
    int32 array, shape (V,)
        ``r[v] == v`` for each node that is on no cycle.

    Notes
    -----
    O(V + E). Self-loops do not matter.
    """
    n_nodes = len(offsets) - 1
    core = _core(offsets, targets, back_offsets, back_targets)
    representatives = np.arange(n_nodes, dtype=np.int32)
    for component in _tarjan(offsets, targets, core):
        representatives[component] = min(component)
    return representatives


def _core(
    offsets: IntArray, targets: IntArray, back_offsets: IntArray, back_targets: IntArray
) -> BoolArray:
    """Return the nodes left after repeatedly removing those without in- or out-edges."""
    left = np.ones(len(offsets) - 1, np.bool_)
    for starts, ends, others in (
        (back_offsets, offsets, targets),
        (offsets, back_offsets, back_targets),
    ):
        degree = np.diff(starts).astype(np.int32)
        frontier = np.flatnonzero(degree == 0).astype(np.int32)
        while frontier.size:
            left[frontier] = False
            met = others[edge_positions(ends, frontier)]
            np.subtract.at(degree, met, 1)
            met = np.unique(met)
            frontier = met[(degree[met] == 0) & left[met]]
    return left


def _tarjan(offsets: IntArray, targets: IntArray, core: BoolArray) -> list[list[int]]:
    """Return the components of two or more nodes within `core` (iterative)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    found: list[list[int]] = []
    for root in np.flatnonzero(core).tolist():
        if root in index:
            continue
        work = [(root, int(offsets[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, position = work.pop()
            if position < offsets[node + 1]:
                work.append((node, position + 1))
                other = int(targets[position])
                if not core[other]:
                    continue
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, int(offsets[other])))
                elif other in on_stack:
                    low[node] = min(low[node], index[other])
                continue
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == index[node]:
                component = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    component.append(member)
                    if member == node:
                        break
                if len(component) > 1:
                    found.append(component)
    return found
