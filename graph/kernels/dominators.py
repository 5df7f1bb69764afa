"""The dominator tree: what every path from the roots to a node passes through.

In a lineage graph all but a few nodes have one parent, which is their immediate
dominator. Of a node with several parents it is the nearest common ancestor of those in
the dominator tree so far, and level by level these are found for all such nodes at once.

References
----------
K. D. Cooper, T. J. Harvey, K. Kennedy, "A simple, fast dominance algorithm", Rice
University TR-06-33870 (2001): dominators as common ancestors in the tree under way.
E. W. Myers, "An applicative random-access stack", Inf. Process. Lett. 17 (1983),
241-248: jump pointers, which bound each of these searches by O(log V).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray, edge_positions, run_starts
from headwater.graph.kernels.dag import Dag

W = TypeVar("W", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class DominatorTree:
    """Immediate dominators under a virtual source above all roots.

    Attributes
    ----------
    parent : int32 array, shape (V,)
        Immediate dominator of each node; -1 is the virtual source.
    depth : int32 array, shape (V,)
        Number of dominators of each node, itself included.
    """

    parent: IntArray
    depth: IntArray

    def subtree_sums(self, weights: NDArray[W]) -> NDArray[W]:
        """Return for each node the weight of all that it dominates, itself included.

        Integers stay integers, so their sums are exact. O(V), one step a depth.

        Examples
        --------
        >>> parent, depth = np.array([-1, 0, 0], np.int32), np.array([1, 2, 2], np.int32)
        >>> DominatorTree(parent, depth).subtree_sums(np.array([5, 3, 1])).tolist()
        [9, 3, 1]
        """
        totals = weights.copy()
        deepest = int(self.depth.max(initial=0))
        # Sorting 16-bit integers is a counting sort; deeper trees are chains.
        small = self.depth.astype(np.uint16) if deepest < 1 << 16 else self.depth
        order = np.argsort(small, kind="stable")
        starts = np.searchsorted(small, np.arange(deepest + 2), sorter=order)
        for depth in range(deepest, 1, -1):
            nodes = order[starts[depth] : starts[depth + 1]]
            np.add.at(totals, self.parent.take(nodes), totals.take(nodes))
        return totals

    def dominators(self, node: int) -> list[int]:
        """Return what dominates a node: itself first, its root or first merge last."""
        found = []
        while node >= 0:
            found.append(node)
            node = int(self.parent[node])
        return found


def dominator_tree(dag: Dag) -> DominatorTree:
    """Return the dominator tree of a graph, cycles as they are.

    The virtual source points at every root, and at every member of a component without
    a parent outside it.

    Notes
    -----
    O(V + E log V) in one step a level; a component costs a pass over its edges for
    every time that a dominator in it moves up.

    Examples
    --------
    3 merges 1 and 2, which both stand on 0:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> from headwater.graph.kernels.dag import condense
    >>> a, b = np.array([1, 2, 3, 3], np.int32), np.array([0, 0, 1, 2], np.int32)
    >>> rows = build_csr(a, b, np.zeros(4, np.int8), np.arange(4, dtype=np.int32), 4)
    >>> dominator_tree(condense(rows, np.array([True]))).parent.tolist()
    [-1, 0, 0, 0]
    """
    tree = _Tree(dag.n_nodes)
    components = dag.components()
    is_head = np.zeros(dag.n_nodes, np.bool_)
    is_head[list(components)] = True
    for level in range(len(dag.levels)):
        nodes = dag.levels[level]
        if components:
            heads = is_head.take(nodes)
            if heads.any():
                for head in nodes[heads].tolist():
                    _place_component(tree, dag, components[head])
                nodes = nodes[~heads]
        if level == 0:
            tree.place(nodes, np.full(len(nodes), tree.source, np.int32))
            continue
        starts = dag.offsets.take(nodes)
        merges = dag.offsets[1:].take(nodes) - starts > 1
        parents = dag.parents.take(starts)
        if merges.any():
            parents[merges] = _common_parents(tree, dag, nodes[merges])
        tree.place(nodes, parents)
    parent = tree.parent[:-1]
    parent[parent == tree.source] = -1
    return DominatorTree(parent, tree.depth[:-1])


class _Tree:
    """A tree under way; each node has a jump pointer to some ancestor."""

    def __init__(self, n_nodes: int) -> None:
        self.source = n_nodes
        self.parent: IntArray = np.full(n_nodes + 1, n_nodes, np.int32)
        self.jump: IntArray = np.full(n_nodes + 1, n_nodes, np.int32)
        self.depth: IntArray = np.zeros(n_nodes + 1, np.int32)

    def place(self, nodes: IntArray, parents: IntArray) -> None:
        """Hang `nodes` below `parents`, which are in the tree."""
        depth, near = self.depth.take(parents), self.jump.take(parents)
        far = self.jump.take(near)
        middle = self.depth.take(near)
        # Two jumps of equal length become one: lengths are those of skew binary numbers.
        double = depth - middle == middle - self.depth.take(far)
        self.parent[nodes] = parents
        self.depth[nodes] = depth + 1
        self.jump[nodes] = np.where(double, far, parents)

    def common(self, one: IntArray, two: IntArray) -> IntArray:
        """Return the deepest common ancestor of each pair."""
        found = one.copy()
        place = np.flatnonzero(one != two)
        a, b = one[place], two[place]
        while place.size:
            deep = self.depth.take(a)
            swap = deep < self.depth.take(b)
            a, b = np.where(swap, b, a), np.where(swap, a, b)
            goal = self.depth.take(b)
            level = self.depth.take(a) == goal
            jump_a, jump_b = self.jump.take(a), self.jump.take(b)
            # Nodes of equal depth have jumps of equal length, so both go up together;
            # otherwise only the deeper one does, and not above the other.
            leap = np.where(level, jump_a != jump_b, self.depth.take(jump_a) >= goal)
            a = np.where(leap, jump_a, self.parent.take(a))
            b = np.where(level, np.where(leap, jump_b, self.parent.take(b)), b)
            met = a == b
            if met.any():
                found[place[met]] = a[met]
                going = ~met
                place, a, b = place[going], a[going], b[going]
        return found


def _common_parents(tree: _Tree, dag: Dag, nodes: IntArray) -> IntArray:
    """Return the deepest common ancestor of all parents of each node."""
    counts = dag.offsets[1:].take(nodes) - dag.offsets.take(nodes)
    row = np.repeat(np.arange(len(nodes), dtype=np.int32), counts)
    parents = dag.parents.take(edge_positions(dag.offsets, nodes))
    return _common_of_rows(tree, row, parents)


def _common_of_rows(tree: _Tree, row: IntArray, items: IntArray) -> IntArray:
    """Return the deepest common ancestor of each row's items, pairing them off."""
    while True:
        first = run_starts(row)
        if first.all():
            return items
        begin = np.flatnonzero(first)
        inside = np.arange(len(row)) - np.repeat(begin, np.diff(begin, append=len(row)))
        left = np.flatnonzero(inside % 2 == 0)
        right = left + 1
        paired = np.flatnonzero(right < len(row))
        paired = paired[row.take(right[paired]) == row.take(left[paired])]
        winners = items.take(left)
        winners[paired] = tree.common(winners[paired], items.take(right[paired]))
        row, items = row.take(left), winners


def _place_component(tree: _Tree, dag: Dag, members: list[int]) -> None:
    """Hang the members of a component into the tree.

    All of them are reached from all ways in, so what dominates the component from
    outside is common to all; inside, dominators are found node by node.
    """
    rows = {
        node: dag.parents[dag.offsets[node] : dag.offsets[node + 1]].tolist()
        for node in members
    }
    outside = [item for row in rows.values() for item in row if item not in rows]
    if outside:
        above = np.array(outside, np.int32)
        top = int(_common_of_rows(tree, np.zeros(len(above), np.int32), above)[0])
    else:
        top = tree.source
    ways_in = {
        node
        for node, row in rows.items()
        if not outside or any(item not in rows for item in row)
    }
    inner = {node: [item for item in row if item in rows] for node, row in rows.items()}
    for node, parent in _inner_dominators(inner, ways_in):
        above_node = top if parent is None else parent
        tree.place(np.array([node], np.int32), np.array([above_node], np.int32))


def _inner_dominators(
    parents: dict[int, list[int]], ways_in: set[int]
) -> list[tuple[int, int | None]]:
    """Return (node, immediate dominator) pairs, dominators first; None is the way in."""
    order = _reverse_postorder(parents, ways_in)
    place = {node: number for number, node in enumerate(order)}
    # Number -1 is the way in; dominators have lower numbers than what they dominate.
    found: dict[int, int] = {}
    changed = True
    while changed:
        changed = False
        for number, node in enumerate(order):
            known = [place[item] for item in parents[node] if place[item] in found]
            if node in ways_in:
                known.append(-1)
            best = known[0]
            for other in known[1:]:
                while best != other:
                    if best > other:
                        best = found[best]
                    else:
                        other = found[other]
            if found.get(number) != best:
                found[number] = best
                changed = True
    return [
        (node, None if found[number] < 0 else order[found[number]])
        for number, node in enumerate(order)
    ]


def _reverse_postorder(parents: dict[int, list[int]], ways_in: set[int]) -> list[int]:
    children: dict[int, list[int]] = {node: [] for node in parents}
    for node, row in parents.items():
        for parent in row:
            children[parent].append(node)
    finished: list[int] = []
    seen: set[int] = set()
    for start in sorted(ways_in):
        if start in seen:
            continue
        seen.add(start)
        work = [(start, iter(children[start]))]
        while work:
            node, rest = work[-1]
            following = next((item for item in rest if item not in seen), None)
            if following is None:
                finished.append(node)
                work.pop()
            else:
                seen.add(following)
                work.append((following, iter(children[following])))
    return finished[::-1]
