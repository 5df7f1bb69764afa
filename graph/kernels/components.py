"""Strongly connected components: leave out what cannot be on a cycle, then Tarjan.

In a lineage graph almost nothing lies on a cycle. Every cycle has an edge to a higher
number and one to a lower number: only what is reached from the rarer kind matters, and
with nodes numbered from ancestors to descendants that kind is rare. Of that the peeling
(vectorised) removes nearly everything, so the sequential algorithm sees a small core.

References
----------
R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972),
146-160. W. McLendon III et al., "Finding strongly connected components in distributed
graphs", JPDC 65 (2005), 901-910 (the trimming step).
"""

from __future__ import annotations

import numpy as np

from headwater.graph.kernels.csr import (
    BoolArray,
    Csr,
    IntArray,
    edge_positions,
    row_offsets,
)
from headwater.graph.kernels.levels import topological_levels
from headwater.graph.kernels.reach import reach


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
        Adjacency of one direction, neighbours ascending; fastest in the one that
        reaches fewer nodes, from descendants to ancestors.
    back_offsets, back_targets : int32 arrays
        The same edges the other way round.

    Returns
    -------
    int32 array, shape (V,)
        ``r[v] == v`` for each node that is on no cycle.

    Notes
    -----
    O(V + E). Self-loops do not matter.

    Examples
    --------
    0 and 2 on a cycle, 1 beside it:

    >>> offsets, targets = np.array([0, 1, 1, 2], np.int32), np.array([2, 0], np.int32)
    >>> component_representatives(offsets, targets, offsets, targets)
    array([0, 1, 0], dtype=int32)
    """
    n_nodes = len(offsets) - 1
    representatives = np.arange(n_nodes, dtype=np.int32)
    nodes = _suspects(offsets, targets)
    if nodes.size == 0:
        return representatives
    number = np.zeros(n_nodes, np.int32)
    nodes = nodes[_unpeeled(*_among(offsets, targets, nodes, number))]
    # What is left stands below cycles. Peeled from the other end, cycles remain, and
    # what lies between two of them.
    nodes = nodes[_unpeeled(*_among(back_offsets, back_targets, nodes, number))]
    sub_offsets, sub_targets = _among(offsets, targets, nodes, number)
    for component in _tarjan(sub_offsets.tolist(), sub_targets.tolist()):
        members = nodes[component]
        representatives[members] = members.min()
    return representatives


def _suspects(offsets: IntArray, targets: IntArray) -> IntArray:
    """Return a set of nodes, ascending, that holds all that are on a cycle."""
    if len(targets) == 0:
        return np.empty(0, np.int32)
    own = np.arange(len(offsets) - 1, dtype=np.int32)
    # Neighbours ascend, so the end of a row tells whether it goes up at all. Before an
    # empty row stands another one's end, which makes it a tail without edges at worst.
    rising = targets.take(offsets[1:] - np.int32(1)) > own
    upwards = 2 * np.count_nonzero(rising) <= len(targets)
    if not upwards:
        rising = targets.take(offsets[:-1], mode="clip") < own
    tails = np.flatnonzero(rising).astype(np.int32)
    heads = targets.take(edge_positions(offsets, tails))
    own = np.repeat(tails, offsets.take(tails + 1) - offsets.take(tails))
    heads = heads[heads > own if upwards else heads < own]
    graph = Csr(offsets, targets, np.zeros(len(targets), np.int8), targets)
    found = np.zeros(len(offsets) - 1, np.bool_)
    found[heads] = True
    found[reach(graph, heads, np.ones(1, np.bool_), None).nodes] = True
    return np.flatnonzero(found).astype(np.int32)


def _unpeeled(offsets: IntArray, targets: IntArray) -> IntArray:
    """Return the nodes left after repeatedly removing those that no edge enters."""
    left: BoolArray = np.ones(len(offsets) - 1, np.bool_)
    left[topological_levels(offsets, targets).order] = False
    return np.flatnonzero(left).astype(np.int32)


def _among(
    offsets: IntArray, targets: IntArray, nodes: IntArray, number: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the adjacency among ascending `nodes`, renumbered 0, 1, ...

    `number` (V zeros) is for use in between, and is left as it was.
    """
    number[nodes] = np.arange(1, len(nodes) + 1, dtype=np.int32)
    ends = number.take(targets.take(edge_positions(offsets, nodes)))
    number[nodes] = 0
    counts = offsets.take(nodes + 1) - offsets.take(nodes)
    own = np.repeat(np.arange(len(nodes), dtype=np.int32), counts)
    inside = np.flatnonzero(ends)
    return row_offsets(own.take(inside), len(nodes)), ends.take(inside) - np.int32(1)


def _tarjan(offsets: list[int], targets: list[int]) -> list[list[int]]:
    """Return the components of two or more nodes (iterative)."""
    n_nodes = len(offsets) - 1
    index = [-1] * n_nodes
    low = [0] * n_nodes
    on_stack = [False] * n_nodes
    stack: list[int] = []
    found: list[list[int]] = []
    n_seen = 0
    for root in range(n_nodes):
        if index[root] >= 0:
            continue
        work = [(root, offsets[root])]
        while work:
            node, position = work.pop()
            if index[node] < 0:
                index[node] = low[node] = n_seen
                n_seen += 1
                stack.append(node)
                on_stack[node] = True
            if position < offsets[node + 1]:
                work.append((node, position + 1))
                other = targets[position]
                if index[other] < 0:
                    work.append((other, offsets[other]))
                elif on_stack[other]:
                    low[node] = min(low[node], index[other])
                continue
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == index[node]:
                cut = _place_from_end(stack, node)
                component = stack[cut:]
                del stack[cut:]
                for member in component:
                    on_stack[member] = False
                if len(component) > 1:
                    found.append(component)
    return found


def _place_from_end(stack: list[int], node: int) -> int:
    place = len(stack) - 1
    while stack[place] != node:
        place -= 1
    return place
