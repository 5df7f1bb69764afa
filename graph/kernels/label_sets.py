"""Sets of labels that spread from parents to children, shared wherever they are equal.

Most nodes have one parent and the very set of that parent, or that set and one label
more. So a set is stored as another set and at most one label, and each node holds the
number of its set: all sets of a graph of millions of nodes take a few dozen megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray, LongArray, ranges
from headwater.graph.kernels.dag import Dag
from headwater.graph.kernels.label_spread import SetTree, Spread

W = TypeVar("W", np.int64, np.float64)
_NO_HEADS = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class LabelSets:
    """A set of labels for each node.

    Attributes
    ----------
    set_of : int32 array, shape (V,)
        Number of each node's set. Nodes of equal number have equal sets; the reverse
        need not hold.
    base : int32 array, shape (S,)
        The set that each set extends. Set 0 is empty, and its own base.
    label : int32 array, shape (S,)
        The label that each set adds to its base, which lacks it; -1 for none.
    stages : int64 array
        First set of each stage, then S. Sets of a stage extend those of earlier ones.
    """

    set_of: IntArray
    base: IntArray
    label: IntArray
    stages: LongArray

    def sizes(self) -> LongArray:
        """Return the number of labels in each set, shape (S,). O(S)."""
        sizes = (self.label >= 0).astype(np.int64)
        for begin, end in zip(self.stages[:-1], self.stages[1:], strict=True):
            sizes[begin:end] += sizes.take(self.base[begin:end])
        return sizes

    def of(self, node: int) -> IntArray:
        """Return the labels of a node, ascending."""
        number, found = int(self.set_of[node]), []
        while number:
            found.append(int(self.label[number]))
            number = int(self.base[number])
        return np.array(sorted(set(found) - {-1}), np.int32)

    def pool(self) -> tuple[LongArray, IntArray]:
        """Return all labels of all sets, one set after another, in no order.

        Returns
        -------
        offsets : int64 array, shape (S + 1,)
            Where each set begins in the labels.
        labels : int32 array, shape (sum of sizes,)

        Notes
        -----
        O(S + sum of sizes): only here are sets written out that others extend.
        """
        sizes = self.sizes()
        offsets = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        labels = np.empty(int(offsets[-1]), np.int32)
        for begin, end in zip(self.stages[:-1], self.stages[1:], strict=True):
            base, own = self.base[begin:end], self.label[begin:end]
            inherited = sizes.take(base)
            into = ranges(offsets[begin:end], inherited)
            labels[into] = labels.take(ranges(offsets.take(base), inherited))
            adds = own >= 0
            labels[offsets[begin + 1 : end + 1][adds] - 1] = own[adds]
        return offsets, labels

    def weigh(self, weights: NDArray[W]) -> NDArray[W]:
        """Return the weight of each set: that of all nodes that have it.

        Integers stay integers, so their sums are exact. O(V).
        """
        totals: NDArray[W] = np.zeros(len(self.base), weights.dtype)
        np.add.at(totals, self.set_of, weights)
        return totals

    def sum_by_label(self, weights: NDArray[W], n_labels: int) -> NDArray[W]:
        """Return for each label the weight of the nodes whose set holds it.

        A node counts once for each of its labels. Complexity: O(V + S).
        """
        return self._by_label(self.weigh(weights), n_labels)

    def split_by_label(self, weights: NDArray[W], n_labels: int) -> NDArray[np.float64]:
        """Return for each label its part when nodes split their weight equally.

        A node without labels gives nothing away. Complexity: O(V + S).
        """
        parts = self.weigh(weights) / np.maximum(self.sizes(), 1)
        return self._by_label(parts, n_labels)

    def _by_label(self, held: NDArray[W], n_labels: int) -> NDArray[W]:
        """Return what the sets with each label hold; `held` is used up."""
        stages = self.stages
        for begin, end in zip(stages[-2::-1], stages[:0:-1], strict=True):
            # A set's labels are those of its base too, so what it holds counts there.
            # Without the copy numpy sees an overlap and copies all that is held.
            np.add.at(held, self.base[begin:end], held[begin:end].copy())
        totals: NDArray[W] = np.zeros(n_labels, held.dtype)
        adds = self.label >= 0
        np.add.at(totals, self.label[adds], held[adds])
        return totals


def root_sets(dag: Dag) -> LabelSets:
    """Return for each node the distinct roots that it stands on; a root has itself.

    Labels are node numbers. A component without a parent outside it is one root, known
    by its representative.

    Notes
    -----
    O(V + E + R log R) in one step a level, R being the labels met at nodes with
    several parents whose sets differ.

    Examples
    --------
    2 merges the roots 0 and 1; 3 stands on it:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> from headwater.graph.kernels.dag import condense
    >>> a, b = np.array([2, 2, 3], np.int32), np.array([0, 1, 2], np.int32)
    >>> rows = build_csr(a, b, np.zeros(3, np.int8), np.arange(3, dtype=np.int32), 4)
    >>> sets = root_sets(condense(rows, np.array([True])))
    >>> sets.of(3).tolist(), bool(sets.set_of[2] == sets.set_of[3])
    ([0, 1], True)
    """
    own = np.full(dag.n_nodes, -1, np.int32)
    if len(dag.levels):
        own[dag.levels[0]] = dag.levels[0]
    spread = Spread(dag, own, _NO_HEADS)
    return _finished(spread.run(), spread.tree)


def reached_labels(dag: Dag, own: IntArray) -> LabelSets:
    """Return for each node the labels met on any path from a root to it.

    Parameters
    ----------
    dag : Dag
        The graph.
    own : int32 array, shape (V,)
        Label of each node; -1 for none.

    Notes
    -----
    The union of the labels of all ancestors and the node itself. Members of a component
    are ancestors of each other. O(V + E + total log total).

    See Also
    --------
    dominating_labels : those met on every path.
    """
    components = dag.components()
    spread = Spread(dag, own, np.array(list(components), np.int32))

    def unite(head: int) -> None:
        row = slice(int(dag.dag_offsets[head]), int(dag.dag_offsets[head + 1]))
        labels = {int(own[member]) for member in components[head]} - {-1}
        for parent in dag.dag_parents[row].tolist():
            labels |= spread.labels_of(parent)
        spread.give(head, labels)

    return _finished(spread.run(unite), spread.tree)


def dominating_labels(dag: Dag, own: IntArray) -> LabelSets:
    """Return for each node the labels met on every path from a root to it.

    D(v) = {label of v} united with the intersection of D over the parents of v: the
    dominators of v, by label instead of by node. Two paths may meet a label at
    different nodes, which a dominator tree does not see.

    Parameters
    ----------
    dag : Dag
        The graph.
    own : int32 array, shape (V,)
        Label of each node; -1 for none.

    Notes
    -----
    Within a component the sets are the greatest solution of the equations. A component
    without a parent outside it is one root: each member has the labels of all of them.
    O(V + E + total log total); components cost a pass over their edges for every time
    that a set in them shrinks.

    References
    ----------
    F. E. Allen, J. Cocke, "A program data flow analysis procedure", Comm. ACM 19
    (1976), 137-147.

    See Also
    --------
    reached_labels : labels on any path.
    """
    components = dag.components()
    heads = np.array(list(components), np.int32)
    spread = Spread(dag, own, heads, intersect=True)

    def settle(head: int) -> None:
        members = components[head]
        rows = {
            member: dag.parents[dag.offsets[member] : dag.offsets[member + 1]].tolist()
            for member in members
        }
        for member, labels in _greatest_solution(rows, own, spread).items():
            spread.give(member, labels)

    return _finished(spread.run(settle), spread.tree)


def _finished(set_of: IntArray, tree: SetTree) -> LabelSets:
    return LabelSets(set_of, tree.base.copy(), tree.label.copy(), tree.stages)


def _greatest_solution(
    rows: dict[int, list[int]], own: IntArray, spread: Spread
) -> dict[int, set[int]]:
    """Return D of the members of a component, by repeated passes from "everything"."""
    labels = {member: {int(own[member])} - {-1} for member in rows}
    outside = {
        member: [spread.labels_of(parent) for parent in parents if parent not in rows]
        for member, parents in rows.items()
    }
    if not any(outside.values()):
        everything = set().union(*labels.values())
        return dict.fromkeys(rows, everything)
    solved: dict[int, set[int]] = {}
    changed = True
    while changed:
        changed = False
        for member, parents in rows.items():
            known = outside[member] + [
                solved[item] for item in parents if item in solved
            ]
            if not known:
                continue
            value = set.intersection(*known) | labels[member]
            if value != solved.get(member):
                solved[member] = value
                changed = True
    return solved
