"""Pairs of labels at nodes with several parents, from what the parents have.

A parent is *covered* by a label that it has, and by a pair that it has or one of whose
labels it has. The pairs of a node are those that cover all its parents, less those with
a label that covers all of them alone. Which parents a label covers is kept as a bit set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import (
    BoolArray,
    IntArray,
    LongArray,
    ranges,
    run_starts,
)
from headwater.graph.kernels.pair_sets import split

_WIDE: Final = 62
"""More parents than this do not fit in the bits of one integer."""


@dataclass(frozen=True, slots=True)
class Parents:
    """What the parents of some nodes have; one entry a parent, node after node.

    Attributes
    ----------
    counts : int array, shape (R,)
        Number of parents of each node.
    own : int32 array, shape (R,), or None
        Label of each node, -1 for none.
    sizes, labels : arrays
        Number of labels of each parent, and the labels one after another.
    pair_sizes, pairs : int64 arrays
        The same for pairs: the lower label in the high half.
    fits : bool array, shape (R,)
        False for nodes whose pairs are not sought.
    """

    counts: IntArray
    own: IntArray | None
    sizes: LongArray
    labels: IntArray
    pair_sizes: LongArray
    pairs: LongArray
    fits: BoolArray


def pairs_at_merges(parents: Parents, most: int) -> tuple[LongArray, LongArray]:
    """Return the number of pairs of each node (-1: left out), and the pairs.

    Notes
    -----
    A pair covers the first parent with a label or as a pair of it. With a label: the
    other label has to cover the first parent that this one does not, unless the pair
    covers that parent as a pair. So the pairs of the parents, and those joins, are all
    that there can be. O(candidates log candidates).
    """
    table = _Table(parents)
    first, second, few = table.joins(most)
    fits = parents.fits & few
    row = np.concatenate([table.pair_row, table.row.take(first)])
    pair = np.concatenate(
        [table.pair, _joined(table.label.take(first), table.label.take(second))]
    )
    mask = np.concatenate([table.pair_mask, np.zeros(len(first), np.int64)])
    row, pair, mask = _united(row, pair, mask)
    good = table.covers(row, pair, mask) & fits.take(row)
    row, pair = row[good], pair[good]
    wide = np.flatnonzero(fits & (parents.counts > _WIDE))
    if wide.size:
        more_row, more_pair = _wide_pairs(parents, wide, most, fits)
        row = np.concatenate([row, more_row])
        order = np.argsort(row, kind="stable")
        row, pair = row[order], np.concatenate([pair, more_pair])[order]
    sizes = np.bincount(row, minlength=len(fits)).astype(np.int64)
    sizes[~fits] = -1
    return sizes, pair


def _united(
    row: LongArray, pair: LongArray, mask: LongArray
) -> tuple[LongArray, LongArray, LongArray]:
    """Return distinct (row, pair) in order, with the union of their masks."""
    order = np.lexsort((pair, row))
    row, pair, mask = row[order], pair[order], mask[order]
    starts = np.flatnonzero(run_starts(row) | run_starts(pair))
    if len(starts):
        mask = np.bitwise_or.reduceat(mask, starts)
    return row[starts], pair[starts], mask


def _joined(one: IntArray, two: IntArray) -> LongArray:
    low, high = np.minimum(one, two), np.maximum(one, two)
    return (low.astype(np.int64) << 32) | high


class _Table:
    """The distinct (node, label) and (node, pair) entries with the parents they cover."""

    def __init__(self, parents: Parents) -> None:
        counts = parents.counts.astype(np.int64)
        self.own = parents.own
        self.n_rows = len(counts)
        self.first = np.cumsum(counts) - counts
        narrow = parents.fits & (counts <= _WIDE)
        self.full = (np.int64(1) << np.minimum(counts, _WIDE)) - 1
        slot_row = np.repeat(np.arange(self.n_rows), counts)
        bit = np.int64(1) << np.minimum(
            np.arange(len(slot_row)) - self.first.take(slot_row), _WIDE
        )
        usable = narrow.take(slot_row)
        slot = np.repeat(np.arange(len(slot_row)), parents.sizes)
        keep = usable.take(slot)
        slot, label = slot[keep], parents.labels[keep]
        self._group_labels(slot_row, bit, slot, label)
        pair_slot = np.repeat(np.arange(len(slot_row)), parents.pair_sizes)
        keep = usable.take(pair_slot)
        pair_slot = pair_slot[keep]
        self.pair_row, self.pair, self.pair_mask = _united(
            slot_row.take(pair_slot), parents.pairs[keep], bit.take(pair_slot)
        )

    def _group_labels(
        self,
        slot_row: LongArray,
        bit: LongArray,
        slot: LongArray,
        label: IntArray,
    ) -> None:
        """Find which parents each label covers, and which labels cover all alone."""
        key = (slot_row.take(slot) << 32) | label
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(run_starts(key[order]))
        self.key = key[order[starts]]
        self.row, self.label = self.key >> 32, (self.key & 0xFFFF_FFFF).astype(np.int32)
        bits = bit.take(slot[order])
        self.mask = np.add.reduceat(bits, starts) if len(starts) else bits
        self.alone = self.mask == self.full.take(self.row)
        if self.own is not None:
            self.alone |= self.label == self.own.take(self.row)
        group = np.empty(len(slot), np.int64)
        group[order] = np.cumsum(run_starts(key[order])) - 1
        # Entries parent by parent, without the labels that no pair needs.
        kept = ~self.alone.take(group)
        self.entries = group[kept]
        self.slot_size = np.bincount(slot[kept], minlength=len(slot_row))
        self.slot_end = np.cumsum(self.slot_size)

    def joins(self, most: int) -> tuple[LongArray, LongArray, BoolArray]:
        """Return entries that together may cover all, and which nodes have few of them.

        The first covers the first parent; the second covers the first parent that the
        first does not. Nodes with more than `most` get none.
        """
        starts = np.flatnonzero((self.mask & 1).astype(np.bool_) & ~self.alone)
        lacking = ~self.mask[starts]
        # The lowest parent that is not covered, as a power of two: exact as a float.
        place = np.log2((lacking & -lacking).astype(np.float64)).astype(np.int64)
        row = self.row.take(starts)
        slot = self.first.take(row) + place
        size = self.slot_size.take(slot)
        few: BoolArray = np.bincount(row, size, self.n_rows) <= most
        keep = few.take(row)
        starts, slot, size = starts[keep], slot[keep], size[keep]
        other = self.entries.take(ranges(self.slot_end.take(slot) - size, size))
        return np.repeat(starts, size), other, few

    def covers(self, row: LongArray, pair: LongArray, mask: LongArray) -> BoolArray:
        """Return which pairs cover all parents, no label of theirs doing so alone.

        `mask` holds the parents that each covers as a pair.
        """
        covered = mask.copy()
        alone = np.zeros(len(pair), np.bool_)
        for label in split(pair):
            if self.own is not None:
                alone |= label == self.own.take(row)
            if not len(self.key):
                continue
            wanted = (row << 32) | label
            at = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
            found = self.key.take(at) == wanted
            covered[found] |= self.mask.take(at[found])
            alone |= found & self.alone.take(at)
        good: BoolArray = (covered == self.full.take(row)) & ~alone
        return good


def _wide_pairs(
    parents: Parents, wide: LongArray, most: int, fits: BoolArray
) -> tuple[LongArray, LongArray]:
    """Return the pairs of nodes with very many parents; clear `fits` of the hopeless."""
    ends = np.cumsum(parents.counts)
    label_ends, pair_ends = np.cumsum(parents.sizes), np.cumsum(parents.pair_sizes)
    rows: list[LongArray] = []
    pairs: list[LongArray] = []
    for row in wide.tolist():
        slots = range(int(ends[row] - parents.counts[row]), int(ends[row]))
        labels = [
            parents.labels[label_ends[at] - parents.sizes[at] : label_ends[at]].tolist()
            for at in slots
        ]
        own = [
            parents.pairs[pair_ends[at] - parents.pair_sizes[at] : pair_ends[at]]
            for at in slots
        ]
        label = -1 if parents.own is None else int(parents.own[row])
        found = _pairs_of(labels, [item.tolist() for item in own], label, most)
        if found is None:
            fits[row] = False
            continue
        rows.append(np.full(len(found), row))
        pairs.append(np.array(found, np.int64))
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(rows), np.concatenate(pairs)


def _pairs_of(
    labels: list[list[int]], pairs: list[list[int]], own: int, most: int
) -> list[int] | None:
    """Return the pairs of one node, as :func:`pairs_at_merges`; None: too many."""
    every = (1 << len(labels)) - 1
    mask = _masks(labels)
    pair_mask = _masks(pairs)
    alone = {label for label, bits in mask.items() if bits == every} | {own}
    candidates = set(pair_mask)
    for label in set(labels[0]) - alone:
        lacking = ~mask[label]
        first = (lacking & -lacking).bit_length() - 1
        for other in labels[first]:
            candidates.add(min(label, other) << 32 | max(label, other))
        if len(candidates) > most:
            return None
    found = []
    for pair in sorted(candidates):
        low, high = pair >> 32, pair & 0xFFFF_FFFF
        covered = mask.get(low, 0) | mask.get(high, 0) | pair_mask.get(pair, 0)
        if covered == every and low not in alone and high not in alone:
            found.append(pair)
    return found


def _masks(items: list[list[int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, values in enumerate(items):
        for value in values:
            found[value] = found.get(value, 0) | 1 << place
    return found


def pairs_in_component(
    rows: Mapping[int, list[int]],
    own: Mapping[int, int],
    singles: Mapping[int, set[int]],
    pairs: Mapping[int, set[int]],
    most: int,
) -> dict[int, set[int]] | None:
    """Return the pairs that dominate each member of a component, or None: too many.

    Parameters
    ----------
    rows : mapping of int to list of int
        Parents of each member.
    own : mapping of int to int
        Label of each member, -1 for none.
    singles, pairs : mappings of int to set of int
        What each parent outside the component has.
    most : int
        Bound on the candidates.

    Notes
    -----
    Pairs with a label that dominates alone are among the answer. A member is free of a
    pair when its label is not in it and a parent outside has neither, or a parent
    inside is free.
    """
    labels = sorted({*own.values(), *set().union(*singles.values())} - {-1})
    if len(labels) * (len(labels) - 1) // 2 > most:
        return None
    candidates = {low << 32 | high for low, high in combinations(labels, 2)}
    candidates |= set().union(*pairs.values())
    found: dict[int, set[int]] = {member: set() for member in rows}
    for pair in candidates:
        both = {pair >> 32, pair & 0xFFFF_FFFF}
        free = {
            parent
            for parent in singles
            if not both & singles[parent] and pair not in pairs[parent]
        }
        _spread_freedom(free, rows, {m for m in rows if own[m] not in both})
        for member in rows.keys() - free:
            found[member].add(pair)
    return found


def _spread_freedom(
    free: set[int], rows: Mapping[int, list[int]], open_: Iterable[int]
) -> None:
    """Add to `free` the open members that a free parent leads to."""
    waiting = set(open_)
    while True:
        freed = {member for member in waiting if not free.isdisjoint(rows[member])}
        if not freed:
            return
        free |= freed
        waiting -= freed
