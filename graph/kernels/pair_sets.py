"""Sets of pairs of labels, stored once and shared by the nodes that have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray, LongArray, ranges, run_starts

W = TypeVar("W", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class PairSets:
    """A set of pairs of labels for each node.

    Attributes
    ----------
    set_of : int32 array, shape (V,)
        Number of each node's set.
    offsets : int64 array, shape (S + 1,)
        Where each set begins. Set 0 is empty.
    pairs : int64 array, shape (total,)
        The lower label in the high half, the other one in the low half; each pair once
        in a set, in no order.
    left_out : int32 array
        Nodes whose pairs were not sought, ascending. What stands on them may lack
        pairs; no node has a pair that it should not have.
    """

    set_of: IntArray
    offsets: LongArray
    pairs: LongArray
    left_out: IntArray

    def of(self, node: int) -> list[tuple[int, int]]:
        """Return the pairs of a node, ascending."""
        number = int(self.set_of[node])
        found = np.sort(self.pairs[self.offsets[number] : self.offsets[number + 1]])
        return list(zip(*(half.tolist() for half in split(found)), strict=True))

    def distinct(self) -> LongArray:
        """Return the pairs that some set holds, ascending."""
        found = np.sort(self.pairs)
        return found[run_starts(found)]

    def sum_by_pair(self, pairs: LongArray, weights: NDArray[W]) -> NDArray[W]:
        """Return for each of some ascending pairs the weight of the nodes that have it.

        Every pair of the pool has to be among them. O(V + pool log pool).
        """
        by_set: NDArray[W] = np.zeros(len(self.offsets) - 1, weights.dtype)
        np.add.at(by_set, self.set_of, weights)
        totals: NDArray[W] = np.zeros(len(pairs), weights.dtype)
        place = np.searchsorted(pairs, self.pairs)
        np.add.at(totals, place, np.repeat(by_set, np.diff(self.offsets)))
        return totals


def split(pairs: LongArray) -> tuple[IntArray, IntArray]:
    """Return the lower and the higher label of each pair."""
    return (pairs >> 32).astype(np.int32), (pairs & 0xFFFF_FFFF).astype(np.int32)


class PairPool:
    """Numbered sets of pairs, one after another in a growing array. Set 0 is empty."""

    def __init__(self) -> None:
        self.n_sets = 1
        self._offsets = np.zeros(1 << 10, np.int64)
        self._pairs = np.empty(1 << 12, np.int64)

    @property
    def offsets(self) -> LongArray:
        """Where each set begins, and where the last one ends."""
        return self._offsets[: self.n_sets + 1]

    @property
    def pairs(self) -> LongArray:
        """The pairs of all sets."""
        return self._pairs[: int(self._offsets[self.n_sets])]

    def sizes_of(self, sets: IntArray) -> LongArray:
        """Return the number of pairs in each of some sets."""
        sizes: LongArray = self._offsets[1:].take(sets) - self._offsets.take(sets)
        return sizes

    def gather(self, sets: IntArray) -> tuple[LongArray, LongArray]:
        """Return the sizes of some sets, and their pairs one after another."""
        sizes = self.sizes_of(sets)
        return sizes, self._pairs.take(ranges(self._offsets.take(sets), sizes))

    def add(self, sizes: LongArray, pairs: LongArray) -> IntArray:
        """Store sets, given one after another, and return their numbers; 0 if empty."""
        numbers = np.zeros(len(sizes), np.int32)
        filled = np.flatnonzero(sizes)
        first, used = self.n_sets, int(self._offsets[self.n_sets])
        numbers[filled] = np.arange(first, first + len(filled), dtype=np.int32)
        self._offsets = _with_room(self._offsets, first + 1 + len(filled))
        self._pairs = _with_room(self._pairs, used + len(pairs))
        self.n_sets += len(filled)
        self._offsets[first + 1 : self.n_sets + 1] = used + np.cumsum(sizes[filled])
        self._pairs[used : used + len(pairs)] = pairs
        return numbers

    def finished(self, set_of: IntArray, left_out: IntArray) -> PairSets:
        """Return all sets, without the room for more."""
        return PairSets(set_of, self.offsets.copy(), self.pairs.copy(), left_out)


def _with_room(array: LongArray, size: int) -> LongArray:
    if size <= len(array):
        return array
    grown = np.zeros(max(size, 2 * len(array)), np.int64)
    grown[: len(array)] = array
    return grown
