"""The engine behind label sets: one vectorised step a level, sets stored once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import (
    BoolArray,
    ByteArray,
    IntArray,
    LongArray,
    edge_positions,
    ranges,
    run_starts,
)
from headwater.graph.kernels.levels import Levels
from headwater.graph.kernels.order import stable_order

T = TypeVar("T", np.int32, np.int64)
# What a node needs beyond the set of its parent.
_SHARE, _EXTEND, _MERGE, _COMPONENT = 0, 1, 2, 3


class LabelPool:
    """Numbered sets of labels, one after another in a growing array. Set 0 is empty."""

    def __init__(self) -> None:
        self.n_sets = 1
        self._offsets = np.zeros(1 << 10, np.int64)
        self._labels = np.empty(1 << 12, np.int32)

    @property
    def offsets(self) -> LongArray:
        """Where each set begins, and where the last one ends."""
        return self._offsets[: self.n_sets + 1]

    @property
    def labels(self) -> IntArray:
        """The labels of all sets."""
        return self._labels[: int(self._offsets[self.n_sets])]

    def sizes_of(self, sets: IntArray) -> LongArray:
        """Return the number of labels in each of some sets."""
        starts = self._offsets.take(sets)
        sizes: LongArray = self._offsets[1:].take(sets) - starts
        return sizes

    def gather(self, sets: IntArray) -> tuple[LongArray, IntArray]:
        """Return the sizes of some sets, and their labels one after another."""
        starts, sizes = self._offsets.take(sets), self.sizes_of(sets)
        return sizes, self._labels.take(ranges(starts, sizes))

    def add(self, sizes: LongArray, labels: IntArray) -> IntArray:
        """Store new sets, given one after another, and return their numbers."""
        first, used = self.n_sets, int(self._offsets[self.n_sets])
        self._offsets = _with_room(self._offsets, first + 1 + len(sizes))
        self._labels = _with_room(self._labels, used + len(labels))
        ends = self._offsets[first + 1 : first + 1 + len(sizes)]
        np.cumsum(sizes, out=ends)
        ends += used
        self._labels[used : used + len(labels)] = labels
        self.n_sets += len(sizes)
        return np.arange(first, self.n_sets, dtype=np.int32)


def _with_room(array: NDArray[T], size: int) -> NDArray[T]:
    if size <= len(array):
        return array
    grown = np.zeros(max(size, 2 * len(array)), array.dtype)
    grown[: len(array)] = array
    return grown


class Spread:
    """Sets of labels under way from the roots down.

    Parameters
    ----------
    levels : Levels
        Which nodes are next; heads of components stand for all members.
    offsets, parents : int32 arrays
        The rows from which a node takes its parents.
    own : int32 array, shape (V,)
        Label of each node, -1 for none.
    intersect : bool
        Whether several parents hand on what all have, instead of what any has.

    Notes
    -----
    O(V + E + total log total), total being the labels of the sets that are not shared.
    """

    def __init__(
        self,
        levels: Levels,
        offsets: IntArray,
        parents: IntArray,
        own: IntArray,
        *,
        intersect: bool = False,
    ) -> None:
        self.levels, self.offsets, self.parents = levels, offsets, parents
        self.own, self.intersect = own, intersect
        self.label_range = int(own.max(initial=-1)) + 1
        self.pool = LabelPool()
        self.set_of: IntArray = np.zeros(len(offsets) - 1, np.int32)

    def labels_of(self, node: int) -> set[int]:
        """Return the finished set of a node."""
        _, labels = self.pool.gather(self.set_of[node : node + 1])
        return set(labels.tolist())

    def give(self, node: int, labels: set[int]) -> None:
        """Set the labels of one node."""
        sizes = np.array([len(labels)], np.int64)
        self.set_of[node : node + 1] = self.pool.add(
            sizes, np.array(sorted(labels), np.int32)
        )

    def run(
        self,
        components: Collection[int] = (),
        settle: Callable[[int], None] | None = None,
    ) -> None:
        """Give every node its set; `settle` does so for the heads of components."""
        levels = self.levels
        if len(levels) == 0:
            return
        heads = np.zeros(len(self.set_of), np.bool_)
        heads[list(components)] = True
        needs, first_parent = self._needs(heads)
        busy = np.add.reduceat(needs != _SHARE, levels.starts[:-1]) > 0
        for level, is_busy in enumerate(busy.tolist()):
            span = slice(int(levels.starts[level]), int(levels.starts[level + 1]))
            nodes, parent = levels.order[span], first_parent[span]
            if not is_busy:
                self.set_of[nodes] = self.set_of.take(parent)
                continue
            self._step(level, nodes, parent, needs[span])
            if settle is not None:
                for head in nodes[needs[span] == _COMPONENT].tolist():
                    settle(head)

    def _needs(self, heads: BoolArray) -> tuple[ByteArray, IntArray]:
        """Return what each node in level order needs, and its first parent."""
        order, starts = self.levels.order, self.offsets.take(self.levels.order)
        count = self.offsets[1:].take(order) - starts
        first_parent = np.full(len(order), -1, np.int32)
        has_parent = count > 0
        first_parent[has_parent] = self.parents.take(starts[has_parent])
        own = self.own.take(order)
        # A label that the parent has too is in the parent's set already.
        needs = ((own >= 0) & (own != self.own.take(first_parent))).astype(np.int8)
        needs[count > 1] = _MERGE
        # At a root there is nothing to share; its parent above is a placeholder.
        needs[: int(self.levels.starts[1])] = _EXTEND
        needs[heads.take(order)] = _COMPONENT
        return needs, first_parent

    def _step(
        self, level: int, nodes: IntArray, parent: IntArray, needs: ByteArray
    ) -> None:
        for need in (_SHARE, _EXTEND):
            place = np.flatnonzero(needs == need)
            if not place.size:
                continue
            ours = nodes.take(place)
            if level == 0:
                base = np.zeros(len(place), np.int32)
            else:
                base = self.set_of.take(parent.take(place))
            self.set_of[ours] = (
                base if need == _SHARE else self._extended(base, self.own.take(ours))
            )
        ours = nodes[needs == _MERGE]
        if ours.size:
            self.set_of[ours] = self._merged(ours)

    def _extended(self, base: IntArray, own: IntArray) -> IntArray:
        """Return the numbers of the sets `base` with a label added to each."""
        groups, group_of = _grouped(
            base.astype(np.int64) * (self.label_range + 1) + own + 1
        )
        return self._with_labels(
            (groups // (self.label_range + 1)).astype(np.int32),
            (groups % (self.label_range + 1) - 1).astype(np.int32),
        ).take(group_of)

    def _with_labels(self, base: IntArray, own: IntArray) -> IntArray:
        sizes, labels = self.pool.gather(base)
        row = np.repeat(np.arange(len(base), dtype=np.int32), sizes)
        lacks = own >= 0
        lacks[row[labels == own.take(row)]] = False
        found = base.copy()
        if not lacks.any():
            return found
        new_sizes = sizes[lacks] + 1
        ends = np.cumsum(new_sizes)
        inherited = np.ones(int(ends[-1]), np.bool_)
        inherited[ends - 1] = False
        filled = np.empty(len(inherited), np.int32)
        filled[inherited] = labels[lacks.take(row)]
        filled[ends - 1] = own[lacks]
        found[lacks] = self.pool.add(new_sizes, filled)
        return found

    def _merged(self, nodes: IntArray) -> IntArray:
        """Return the numbers of the sets of nodes with several parents."""
        row, sets = self._distinct_sets(nodes)
        n_sets = np.bincount(row, minlength=len(nodes))
        own = self.own.take(nodes)
        found = np.empty(len(nodes), np.int32)
        alike = n_sets == 1
        if alike.any():
            found[alike] = self._extended(sets[alike.take(row)], own[alike])
        differ = ~alike
        if differ.any():
            number = np.cumsum(differ) - 1
            of_differing = differ.take(row)
            found[differ] = self._combined(
                number.take(row[of_differing]),
                sets[of_differing],
                n_sets[differ],
                own[differ],
            )
        return found

    def _distinct_sets(self, nodes: IntArray) -> tuple[LongArray, IntArray]:
        """Return the distinct sets of each node's parents, as (place, set) pairs."""
        counts = self.offsets[1:].take(nodes) - self.offsets.take(nodes)
        pairs = np.repeat(np.arange(len(nodes), dtype=np.int64) << 32, counts)
        at = edge_positions(self.offsets, nodes)
        pairs |= self.set_of.take(self.parents.take(at))
        pairs.sort()
        pairs = pairs[run_starts(pairs)]
        return pairs >> 32, (pairs & 0xFFFF_FFFF).astype(np.int32)

    def _combined(
        self, row: LongArray, sets: IntArray, n_sets: LongArray, own: IntArray
    ) -> IntArray:
        """Return the union or intersection of each row's sets with a label added."""
        n_rows, width = len(own), self.label_range
        sizes, labels = self.pool.gather(sets)
        keys = np.repeat(row * width, sizes) + labels
        keys.sort()
        first = np.flatnonzero(run_starts(keys))
        if self.intersect:
            times = np.diff(first, append=len(keys))
            keys = keys[first]
            keys = keys[times == n_sets.take(keys // width)]
            base_size = np.bincount(keys // width, minlength=n_rows)
        else:
            keys = keys[first]
        labelled = np.flatnonzero(own >= 0)
        keys = np.concatenate([keys, labelled * width + own[labelled]])
        keys.sort()
        keys = keys[run_starts(keys)]
        owner = keys // width
        new_size = np.bincount(owner, minlength=n_rows)
        # The result lies between the smallest and the largest set: equal size, equal set.
        begin = np.flatnonzero(run_starts(row))
        by_size = np.lexsort((sizes, row))
        if self.intersect:
            like = by_size[begin]
            same = (sizes.take(like) == new_size) & (base_size == new_size)
        else:
            like = by_size[np.append(begin[1:], len(row)) - 1]
            same = sizes.take(like) == new_size
        found = sets.take(like)
        fresh = ~same
        found[fresh] = self.pool.add(
            new_size[fresh], (keys - owner * width)[fresh.take(owner)].astype(np.int32)
        )
        return found


def _grouped(keys: LongArray) -> tuple[LongArray, LongArray]:
    """Return the distinct keys, ascending, and for each key its place among them."""
    order = stable_order(keys)
    ascending = keys.take(order)
    first = run_starts(ascending)
    group_of = np.empty(len(keys), np.int64)
    group_of[order] = np.cumsum(first) - 1
    return ascending[first], group_of
