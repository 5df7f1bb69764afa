"""The engine behind label sets: one vectorised step a level, sets stored as additions.

A set is stored as another set and one label more, so a node whose set is that of its
parent and its own label costs two numbers however large the set is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import (
    BoolArray,
    IntArray,
    LongArray,
    edge_positions,
    run_starts,
)
from headwater.graph.kernels.dag import Dag
from headwater.graph.kernels.order import stable_order

T = TypeVar("T", np.int32, np.int64)

WALK: Final = 64
"""Longest way down a set that is walked to see whether it holds a label; sets that are
larger are settled at the end, in one pass."""
NARROW: Final = 8
"""So few sets are walked one by one."""


class SetTree:
    """Numbered sets, each another set and at most one label. Set 0 is empty."""

    def __init__(self) -> None:
        self.n_sets = 1
        self._base = np.zeros(1 << 10, np.int32)
        self._label = np.full(1 << 10, -1, np.int32)
        self._stages = [1]

    @property
    def base(self) -> IntArray:
        """The set that each set extends."""
        return self._base[: self.n_sets]

    @property
    def label(self) -> IntArray:
        """The label that each set adds, -1 for none."""
        return self._label[: self.n_sets]

    @property
    def stages(self) -> LongArray:
        """First set of each stage, and the end: a stage extends only earlier ones."""
        return np.array(self._stages, np.int64)

    def add(self, base: IntArray, label: IntArray) -> IntArray:
        """Store a stage of new sets and return their numbers."""
        first, self.n_sets = self.n_sets, self.n_sets + len(base)
        if not len(base):
            return np.empty(0, np.int32)
        self._base = _with_room(self._base, self.n_sets)
        self._label = _with_room(self._label, self.n_sets)
        self._base[first : self.n_sets] = base
        self._label[first : self.n_sets] = label
        self._stages.append(self.n_sets)
        return np.arange(first, self.n_sets, dtype=np.int32)

    def grow(self, base: IntArray, row: LongArray, labels: IntArray) -> IntArray:
        """Return `base` with labels added to some rows, given row by row ascending."""
        found = base.copy()
        starts = np.flatnonzero(run_starts(row))
        counts = np.diff(starts, append=len(row))
        step = 0
        while starts.size:
            rows = row.take(starts)
            found[rows] = self.add(found.take(rows), labels.take(starts + step))
            step += 1
            longer = counts > step
            starts, counts = starts[longer], counts[longer]
        return found

    def expand(self, sets: IntArray) -> tuple[LongArray, IntArray]:
        """Return (place in `sets`, label) of every label that they hold, unsorted.

        A label that was added twice comes twice.
        """
        place = np.arange(len(sets), dtype=np.int64)
        places, labels = [], []
        while place.size:
            inside = sets > 0
            if not inside.all():
                place, sets = place[inside], sets[inside]
            label = self._label.take(sets)
            real = label >= 0
            places.append(place[real])
            labels.append(label[real])
            sets = self._base.take(sets)
        return np.concatenate([np.empty(0, np.int64), *places]), np.concatenate(
            [np.empty(0, np.int32), *labels]
        )

    def holds(self, sets: IntArray, labels: IntArray) -> tuple[BoolArray, LongArray]:
        """Return where a set holds a label, and places too deep to be told."""
        held = np.zeros(len(sets), np.bool_)
        if len(sets) <= NARROW:
            return held, self._holds_singly(held, sets, labels)
        place = np.arange(len(sets), dtype=np.int64)
        for _ in range(WALK):
            same = self._label.take(sets) == labels
            if same.any():
                held[place[same]] = True
            sets = self._base.take(sets)
            on = sets > 0
            on &= ~same
            if not on.all():
                place, sets, labels = place[on], sets[on], labels[on]
            if not place.size:
                break
        return held, place

    def _holds_singly(
        self, held: BoolArray, sets: IntArray, labels: IntArray
    ) -> LongArray:
        """Fill `held` set by set, which makes long chains cheap."""
        bases, added = self._base.data, self._label.data
        deep = []
        for place, (at, label) in enumerate(
            zip(sets.tolist(), labels.tolist(), strict=True)
        ):
            steps = 0
            while at and steps < WALK and added[at] != label:
                at, steps = bases[at], steps + 1
            if steps == WALK:
                deep.append(place)
            else:
                held[place] = at > 0
        return np.array(deep, np.int64)

    def drop_repeated(self, doubtful: IntArray) -> None:
        """Take its label away from each doubtful set whose base holds it already.

        One walk over the sets that the doubtful ones stand on, counting the labels met
        on the way down. O(number of those sets).
        """
        wanted = np.zeros(self.n_sets, np.bool_)
        wanted[doubtful] = True
        on = wanted.copy()
        stages = self._stages
        for begin, end in zip(stages[-2::-1], stages[:0:-1], strict=True):
            on[self._base[begin:end][on[begin:end]]] = True
        on[0] = False
        nodes = np.flatnonzero(on)
        nodes = nodes[stable_order(self._base.take(nodes))]
        children: dict[int, list[int]] = {}
        for node, base in zip(
            nodes.tolist(), self._base.take(nodes).tolist(), strict=True
        ):
            children.setdefault(base, []).append(node)
        met: dict[int, int] = {}
        work = [(node, True) for node in children.get(0, ())]
        while work:
            node, entering = work.pop()
            label = int(self._label[node])
            if not entering:
                met[label] -= 1
                continue
            if wanted[node] and met.get(label, 0):
                self._label[node] = label = -1
            met[label] = met.get(label, 0) + 1
            if label >= 0:
                work.append((node, False))
            work += [(child, True) for child in children.get(node, ())]


def _with_room(array: NDArray[T], size: int) -> NDArray[T]:
    if size <= len(array):
        return array
    grown = np.empty(max(size, 2 * len(array)), array.dtype)
    grown[: len(array)] = array
    return grown


class Spread:
    """Sets of labels under way from the roots down.

    Parameters
    ----------
    dag : Dag
        The graph; heads of components stand for all members.
    own : int32 array, shape (V,)
        Label of each node, -1 for none.
    intersect : bool
        Whether several parents hand on what all have, instead of what any has. Members
        of a component then have sets of their own.
    heads : int32 array
        Heads of components that `settle` gives their sets.

    Notes
    -----
    O(V + E + total log total), total being the labels of the sets that merges hold.
    """

    def __init__(
        self, dag: Dag, own: IntArray, heads: IntArray, *, intersect: bool = False
    ) -> None:
        self.dag, self.own, self.intersect = dag, own, intersect
        self.offsets = dag.offsets if intersect else dag.dag_offsets
        self.parents = dag.parents if intersect else dag.dag_parents
        self.tree = SetTree()
        self.position = dag.position
        self.heads = np.sort(dag.position.take(heads))
        n_places = len(dag.levels.order)
        if intersect and heads.size:
            others = np.flatnonzero(
                dag.representatives != np.arange(dag.n_nodes, dtype=np.int32)
            )
            self.position = dag.position.copy()
            self.position[others] = np.arange(
                n_places, n_places + len(others), dtype=np.int32
            )
            n_places += len(others)
        self.set_at: IntArray = np.zeros(n_places, np.int32)
        self._doubtful: list[IntArray] = []

    def labels_of(self, node: int) -> set[int]:
        """Return the finished set of a node."""
        place = self.position[node : node + 1]
        return set(self.tree.expand(self.set_at.take(place))[1].tolist())

    def give(self, node: int, labels: set[int]) -> None:
        """Set the labels of one node."""
        ordered = np.array(sorted(labels), np.int32)
        row = np.zeros(len(ordered), np.int64)
        empty = np.zeros(1, np.int32)
        self.set_at[self.position[node]] = self.tree.grow(empty, row, ordered)[0]

    def run(self, settle: Callable[[int], None] | None = None) -> IntArray:
        """Give every node its set, and return them by node."""
        dag = self.dag
        if len(dag.levels):
            self._spread(settle)
        if self._doubtful:
            self.tree.drop_repeated(np.concatenate(self._doubtful))
        return self.set_at.take(self.position)

    def _spread(self, settle: Callable[[int], None] | None) -> None:
        starts, order, above = (
            self.dag.levels.starts,
            self.dag.levels.order,
            self.dag.above,
        )
        label = self.own.take(order)
        first = int(starts[1])
        self.set_at[:first] = self._single(label[:first])
        merges = self._merges()
        # A label that the parent has too is in the parent's set already.
        adds = (label >= 0) & (label != label.take(above))
        adds[merges] = False
        adds[:first] = False
        adds[self.heads] = False
        extended = np.flatnonzero(adds).astype(np.int32)
        cuts = [
            np.searchsorted(places, starts).tolist()
            for places in (extended, merges, self.heads)
        ]
        for level in range(len(starts) - 1):
            begin, end = int(starts[level]), int(starts[level + 1])
            if level:
                self.set_at[begin:end] = self.set_at.take(above[begin:end])
            some, several, heads = (
                places[cut[level] : cut[level + 1]]
                for places, cut in zip(
                    (extended, merges, self.heads), cuts, strict=True
                )
            )
            if some.size:
                self.set_at[some] = self._extended(
                    self.set_at.take(some), label.take(some)
                )
            if several.size:
                self.set_at[several] = self._merged(order.take(several))
            if settle is not None:
                for place in heads.tolist():
                    settle(int(order[place]))

    def _merges(self) -> IntArray:
        """Return the places of nodes whose set is not that of one place above."""
        merges = self.dag.merges
        if self.intersect and self.heads.size:
            # What stands on a component stands on some of its members.
            in_component = np.zeros(len(self.dag.above), np.bool_)
            in_component[self.heads] = True
            on = in_component.take(self.dag.above)
            on[self.heads] = False
            merges = np.union1d(merges, np.flatnonzero(on)).astype(np.int32)
        return np.setdiff1d(merges, self.heads, assume_unique=True).astype(np.int32)

    def _single(self, labels: IntArray) -> IntArray:
        """Return the sets of one label each; equal labels share theirs."""
        has = np.zeros(int(labels.max(initial=-1)) + 2, np.bool_)
        has[labels] = True  # -1 is the last place
        has[-1] = False
        number = np.cumsum(has, dtype=np.int32)
        number[-1] = 0
        distinct = np.flatnonzero(has).astype(np.int32)
        self.tree.add(np.zeros(len(distinct), np.int32), distinct)
        return number.take(labels, mode="wrap")

    def _extended(self, base: IntArray, own: IntArray) -> IntArray:
        """Return the numbers of the sets `base` with a label added to each."""
        held, deep = self.tree.holds(base, own)
        found = base
        fresh = np.flatnonzero(~held)
        sets, labels = base.take(fresh), own.take(fresh)
        # Siblings of one owner often stand side by side: they share a set.
        first = run_starts(sets)
        first |= run_starts(labels)
        added = self.tree.add(sets[first], labels[first])
        found[fresh] = added.take(np.cumsum(first) - 1)
        if deep.size:
            self._doubtful.append(np.unique(found.take(deep)))
        return found

    def _merged(self, nodes: IntArray) -> IntArray:
        """Return the numbers of the sets of nodes with several parents."""
        row, sets = self._distinct_sets(nodes)
        begin = np.flatnonzero(run_starts(row))
        n_sets = np.diff(begin, append=len(row))
        found = sets.take(begin)
        differ = n_sets > 1
        if differ.any():
            number = np.cumsum(differ) - 1
            of_differing = differ.take(row)
            found[differ] = self._combined(
                number.take(row[of_differing]), sets[of_differing], n_sets[differ]
            )
        own = self.own.take(nodes)
        labelled = own >= 0
        found[labelled] = self._extended(found[labelled], own[labelled])
        return found

    def _distinct_sets(self, nodes: IntArray) -> tuple[LongArray, IntArray]:
        """Return the distinct sets of each node's parents, as (place, set) pairs."""
        offsets = self.offsets
        counts = offsets[1:].take(nodes) - offsets.take(nodes)
        pairs = np.repeat(np.arange(len(nodes), dtype=np.int64) << 32, counts)
        parents = self.parents.take(edge_positions(offsets, nodes))
        pairs |= self.set_at.take(self.position.take(parents))
        pairs.sort()
        pairs = pairs[run_starts(pairs)]
        return pairs >> 32, (pairs & 0xFFFF_FFFF).astype(np.int32)

    def _combined(self, row: LongArray, sets: IntArray, n_sets: LongArray) -> IntArray:
        """Return the union or the intersection of each row's sets."""
        width = int(self.own.max(initial=-1)) + 1
        place, labels = self.tree.expand(sets)
        held = place * width + labels
        held.sort()
        held = held[run_starts(held)]
        place, label = held // width, held % width
        sizes = np.bincount(place, minlength=len(sets))
        keys = row.take(place) * width + label
        order = stable_order(keys)
        keys = keys.take(order)
        first = np.flatnonzero(run_starts(keys))
        times = np.diff(first, append=len(keys))
        keys = keys.take(first)
        of_row = keys // width
        begin = np.flatnonzero(run_starts(row))
        by_size = np.lexsort((sizes, row))
        if self.intersect:
            common = times == n_sets.take(of_row)
            keys, of_row = keys[common], of_row[common]
            counts = np.bincount(of_row, minlength=len(n_sets))
            smallest = by_size[begin]
            # As large as the smallest set: it is that set.
            whole = counts == sizes.take(smallest)
            base = np.where(whole, sets.take(smallest), 0).astype(np.int32)
            rest = ~whole.take(of_row)
        else:
            largest = by_size[np.append(begin[1:], len(row)) - 1]
            base = sets.take(largest)
            in_base = np.zeros(len(sets), np.bool_)
            in_base[largest] = True
            # A label of the base is one of its own, so it is among the merged ones.
            inside = np.zeros(len(order), np.bool_)
            inside[:] = in_base.take(place).take(order)
            rest = ~np.logical_or.reduceat(inside, first)
        return self.tree.grow(base, of_row[rest], (keys[rest] % width).astype(np.int32))
