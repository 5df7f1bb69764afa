"""Which part of a lineage is drawn: a tree, a choice best first, counts of the rest.

Notation: item 0 of a tree is the focus, items 1 .. k are its k relatives, nearest
first. Every relative hangs on the neighbour by which a breadth-first search met it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray, edge_sources
from headwater.graph.kernels.reach import reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph

NODES_PER_ROW = 2
"""A chain needs one row however long it is; so nodes are bounded as well."""


@dataclass(frozen=True, slots=True)
class Tree:
    """All relatives of a node in one direction, each once.

    Attributes
    ----------
    nodes : int32 array, shape (k + 1,)
        Node of the graph behind each item.
    depth : int32 array
        Edges to the focus; ascending.
    towards : int32 array
        Item of the neighbour towards the focus; the focus has itself.
    relations : int8 array
        Relation of the edge to it; meaningless at the focus.
    edges : int32 array
        Row of that edge in the edges table; -1 at the focus.
    size : int64 array
        Items in the branch, its first one included.
    popularity : int64 array
        Downloads of 30 days, -1 unknown.
    """

    nodes: IntArray
    depth: IntArray
    towards: IntArray
    relations: ByteArray
    edges: IntArray
    size: NDArray[np.int64]
    popularity: NDArray[np.int64]


def grow(graph: LineageGraph, focus: int, alive: BoolArray | None, *, up: bool) -> Tree:
    """Return the ancestors or descendants of a node as a tree.

    Complexity: O(V) to clear marks, O(edges met + k log k).
    """
    rows = graph.parents if up else graph.children
    # Upwards any node may be met twice: its children are what converges on it.
    shared = np.ones(graph.n_nodes, np.bool_) if up else graph.shared
    start = np.array([focus], np.int32)
    found = reach(rows, start, LINEAGE_RELATIONS, shared, alive)
    nodes = np.concatenate([start, found.nodes])
    # Only the pages of this array on which something was met are ever touched.
    item = np.zeros(graph.n_nodes, np.int32)
    item[nodes] = np.arange(len(nodes), dtype=np.int32)
    towards = np.zeros(len(nodes), np.int32)
    towards[1:] = item.take(edge_sources(rows.offsets, found.via))
    depth = np.concatenate([np.zeros(1, np.int32), found.depth])
    return Tree(
        nodes=nodes,
        depth=depth,
        towards=towards,
        relations=np.concatenate([np.zeros(1, np.int8), rows.relations[found.via]]),
        edges=np.concatenate([np.full(1, -1, np.int32), rows.edges[found.via]]),
        size=_branch_sizes(towards, depth),
        popularity=graph.columns.downloads[nodes],
    )


def _branch_sizes(towards: IntArray, depth: IntArray) -> NDArray[np.int64]:
    size = np.ones(len(towards), np.int64)
    for level in reversed(_levels(depth)[1:]):
        np.add.at(size, towards[level], size[level])
    return size


def _levels(depth: IntArray) -> list[slice]:
    ends = np.cumsum(np.bincount(depth)).tolist()
    return [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)]


class _Branches:
    """The neighbours behind each item, weightiest first; sorted when asked for."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        # Item 0 is its own neighbour and sorts first: leave it out.
        self._order = np.argsort(tree.towards[1:], kind="stable").astype(np.int32) + 1
        counts = np.bincount(tree.towards[1:], minlength=len(tree.nodes))
        self._ends = np.cumsum(counts)

    def __call__(self, item: int) -> list[int]:
        start = int(self._ends[item - 1]) if item else 0
        behind = self._order[start : int(self._ends[item])]
        tree = self._tree
        ranked = np.lexsort(
            (tree.nodes[behind], -tree.popularity[behind], -tree.size[behind])
        )
        return behind[ranked].tolist()  # type: ignore[no-any-return]


def choose(
    tree: Tree, budget: int, generations: int, opened: Mapping[int, int]
) -> dict[int, list[int]]:
    """Return the items to draw, each with those drawn right behind it.

    Parameters
    ----------
    budget : int
        At most so many rows: items with nothing behind them, and rests.
    generations : int
        No item further away than this.
    opened : mapping of int to int
        So many more are drawn right behind an item, beyond both bounds; an item that
        is not drawn is passed over. One that opening brings in comes after it.

    Notes
    -----
    Best first: of all items whose neighbour is drawn, the one with the most behind it
    comes next. Its weight is divided by one more than the siblings that came before
    it (as seats are by D'Hondt), so that one wide family does not take every row.
    Ties go to the nearer, then the more popular, then the lower-numbered.
    """
    branches = _Branches(tree)
    behind: dict[int, list[int]] = {}
    shown: dict[int, int] = {}
    heap: list[tuple[float, int, int, int, int]] = []

    def offer(item: int) -> None:
        """Queue the next neighbour behind an item, if it has one left."""
        if shown[item] < len(behind[item]):
            other = behind[item][shown[item]]
            weight = float(tree.size[other]) / (shown[item] + 1)
            key = (int(tree.depth[other]), -int(tree.popularity[other]))
            heapq.heappush(heap, (-weight, *key, int(tree.nodes[other]), item))

    def draw(item: int) -> None:
        shown[item] = 0
        near = tree.depth[item] < generations and tree.size[item] > 1
        behind[item] = branches(item) if near else []
        offer(item)

    draw(0)
    rows = 1
    while heap and len(shown) <= NODES_PER_ROW * budget:
        item = heapq.heappop(heap)[-1]
        left = len(behind[item]) - shown[item] - 1
        # The first neighbour takes over the row of its item, the last that of the rest.
        cost = int(left > 0)
        if rows + cost > budget:
            continue  # a cheaper one may still fit
        rows += cost
        shown[item] += 1
        draw(behind[item][shown[item] - 1])
        offer(item)
    for item, number in opened.items():
        if item in shown:
            behind[item] = behind[item] or branches(item)
            more = behind[item][shown[item] :][:number]
            shown[item] += len(more)
            shown |= dict.fromkeys(more, 0)
            behind |= {other: [] for other in more}
    return {item: behind[item][:number] for item, number in shown.items()}


def in_order(chosen: dict[int, list[int]], weight: dict[int, int]) -> list[int]:
    """Return the chosen items, each before what is behind it, heavy siblings first."""
    found, stack = [], [0]
    while stack:
        item = stack.pop()
        found.append(item)
        ranked = sorted(chosen[item], key=lambda other: -weight[other])
        stack.extend(reversed(ranked))
    return found


def fold(
    tree: Tree, shown: list[int], codes: ByteArray, n_codes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count what is not drawn by the last item drawn on its way to the focus.

    Parameters
    ----------
    codes : int8 array, shape (k + 1,)
        What to count by, from 0 to `n_codes` - 1 for each item.

    Returns
    -------
    counts : int64 array, shape (len(shown), n_codes)
        Items folded behind each of `shown`, by code.
    direct : int64 array, shape (len(shown),)
        Those of them that are next to it.

    Notes
    -----
    O(k) in as many vectorised steps as there are generations.
    """
    owner = np.full(len(tree.nodes), -1, np.int64)
    owner[shown] = np.arange(len(shown))
    hidden = owner < 0
    direct_owner = owner[tree.towards[hidden]]
    for level in _levels(tree.depth)[1:]:
        above = owner[tree.towards[level]]
        owner[level] = np.where(hidden[level], above, owner[level])
    cells = owner[hidden] * n_codes + codes[hidden]
    counts = np.bincount(cells, minlength=len(shown) * n_codes)
    direct = np.bincount(direct_owner[direct_owner >= 0], minlength=len(shown))
    return counts.reshape(len(shown), n_codes), direct
