"""Which artefact of one snapshot is which of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.arrays import Text
from headwater.graph.columns import one_chunk
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.lineage_graph import LineageGraph

_FREE: Final = -1


@dataclass(frozen=True, slots=True)
class Matching:
    """A artefacts of the older and B of the newer snapshot as entities.

    The entity of an artefact of the newer snapshot is its node there; what only the
    older one has is numbered from B on.

    Attributes
    ----------
    old : int32 array, shape (A,)
        Entity of each artefact of the older snapshot.
    new : int32 array, shape (B,)
        Entity of each artefact of the newer one; another one's where it was split off.
    pairs : pair of int32 arrays, shapes (k,)
        Artefacts that both have, one to one: older node, newer node.
    renamed : pair of int32 arrays
        Older and newer node of one artefact under two ids.
    replaced : pair of int32 arrays
        Older and newer node of one id that stands for two artefacts.
    came, went : int32 arrays
        Nodes of the newer and of the older snapshot without a counterpart, ascending.
    """

    old: IntArray
    new: IntArray
    pairs: tuple[IntArray, IntArray]
    renamed: tuple[IntArray, IntArray]
    replaced: tuple[IntArray, IntArray]
    came: IntArray
    went: IntArray

    @property
    def n_entities(self) -> int:
        """Upper bound of all entities."""
        return len(self.old) + len(self.new)


def match_artefacts(old: LineageGraph, new: LineageGraph) -> Matching:
    """Return which artefact of `old` is which of `new`.

    The Hub's ``_id`` is the identity wherever both snapshots know it: one ``_id`` under
    two ids is a rename, one id with two ``_id`` is a replacement. Otherwise the id
    counts, whatever its case, then the aliases of either snapshot.

    Notes
    -----
    O(A + B) with hash tables of the ids.
    """
    match = _Matcher(old, new)
    match.by_name()
    match.by_identity()
    match.by_name_alone()
    match.by_alias()
    return match.result()


class _Matcher:
    """The steps of a matching; `partner` maps older to newer nodes, -1 is free."""

    def __init__(self, old: LineageGraph, new: LineageGraph) -> None:
        self.graphs = old, new
        self.ids = _ids(old), _ids(new)
        self.hub = _hub_ids(old), _hub_ids(new)
        n_old, n_new = old.n_artefacts, new.n_artefacts
        self.partner = np.full(n_old, _FREE, np.int32)
        self.taken = np.zeros(n_new, np.bool_)
        self.new_entity = np.arange(n_new, dtype=np.int32)
        self.merged = np.full(n_old, _FREE, np.int32)
        self.namesake = _namesakes(*self.ids)
        self.is_other = np.zeros(n_old, np.bool_)
        self.renamed: list[tuple[IntArray, IntArray]] = []

    def by_name(self) -> None:
        """Pair equal ids with equal ``_id``, or where neither has one."""
        named = np.flatnonzero(self.namesake >= 0)
        other = self.namesake[named]
        before = self.hub[0].take(pa.array(named))
        after = self.hub[1].take(pa.array(other))
        differs = pc.fill_null(pc.not_equal(before, after), fill_value=False)
        self.is_other[named] = _flags(differs)
        same = pc.fill_null(pc.equal(before, after), fill_value=False)
        neither = pc.and_(pc.is_null(before), pc.is_null(after))
        sure = _flags(pc.or_(same, neither))
        self._pair(named[sure], other[sure])

    def by_identity(self) -> None:
        """Pair equal ``_id`` under different ids."""
        rest = [
            np.flatnonzero(free & _flags(hub.is_valid()))
            for free, hub in zip(self._free(), self.hub, strict=True)
        ]
        if not (len(rest[0]) and len(rest[1])):
            return
        values = [
            hub.take(pa.array(at)) for hub, at in zip(self.hub, rest, strict=True)
        ]
        found = _index_in(values[0], values[1])
        at = np.flatnonzero(found >= 0)
        # Of several with one identity the first counts.
        _, first = np.unique(found[at], return_index=True)
        at = at[first]
        before, after = rest[0][at], rest[1][found[at]]
        self._pair(before, after)
        self.renamed.append((before.astype(np.int32), after.astype(np.int32)))

    def by_name_alone(self) -> None:
        """Pair equal ids of which only one has an ``_id``, or let them join a pair."""
        free_old, free_new = self._free()
        named = np.flatnonzero((self.namesake >= 0) & ~self.is_other)
        other = self.namesake[named]
        both = free_old[named] & free_new[other]
        self._pair(named[both], other[both])
        lone = free_old[named] & ~free_new[other]
        self.merged[named[lone]] = other[lone]
        split = ~free_old[named] & free_new[other]
        self.new_entity[other[split]] = self.partner[named[split]]

    def by_alias(self) -> None:
        """Pair what one snapshot knows as another name of what the other has."""
        found = self._aliased(0)
        for before, after in zip(*found, strict=True):
            if self.taken[after]:
                self.merged[before] = after
            else:
                self._pair(before, after)
        found_back = self._aliased(1)
        for after, before in zip(*found_back, strict=True):
            if self.partner[before] == _FREE and self.merged[before] == _FREE:
                self._pair(before, after)
            else:
                self.new_entity[after] = max(self.partner[before], self.merged[before])
        self.renamed += [found, (found_back[1], found_back[0])]

    def _aliased(self, side: int) -> tuple[IntArray, IntArray]:
        """Return free nodes of a side whose id is an alias on the other, and of whom."""
        other = self.graphs[1 - side]
        free = np.flatnonzero(self._free()[side])
        names = pc.ascii_lower(self.ids[side].take(pa.array(free)))
        found = _index_in(names, _arrow(other.aliases, len(other.aliases)))
        at = np.flatnonzero(found >= 0)
        target = np.asarray(other.alias_nodes)[found[at]]
        real = target < other.n_artefacts
        return free[at][real].astype(np.int32), target[real].astype(np.int32)

    def _free(self) -> tuple[BoolArray, BoolArray]:
        """Return what has no counterpart yet; a replaced artefact may find one."""
        free_old = (self.partner < 0) & (self.merged < 0)
        own = self.new_entity == np.arange(len(self.new_entity))
        return free_old, ~self.taken & own

    def _pair(self, before: Any, after: Any) -> None:
        self.partner[before] = after
        self.taken[after] = True

    def result(self) -> Matching:
        """Return the matching."""
        n_old, n_new = len(self.partner), len(self.taken)
        old_entity = np.where(self.partner >= 0, self.partner, self.merged)
        alone = old_entity < 0
        old_entity[alone] = n_new + np.flatnonzero(alone)
        seen = np.zeros(n_old + n_new, np.bool_)
        seen[old_entity] = True
        replaced = np.flatnonzero(self.is_other)
        in_new = self.namesake[replaced]
        came, went = ~seen[self.new_entity], alone
        came[in_new] = False
        went[replaced] = False
        paired = np.flatnonzero(self.partner >= 0).astype(np.int32)
        return Matching(
            old=old_entity.astype(np.int32),
            new=self.new_entity,
            pairs=(paired, self.partner[paired]),
            renamed=_joined(self.renamed),
            replaced=(replaced.astype(np.int32), in_new.astype(np.int32)),
            came=np.flatnonzero(came).astype(np.int32),
            went=np.flatnonzero(went).astype(np.int32),
        )


def _joined(parts: list[tuple[IntArray, IntArray]]) -> tuple[IntArray, IntArray]:
    none = np.empty(0, np.int32)
    before = np.concatenate([none, *(part[0] for part in parts)])
    after = np.concatenate([none, *(part[1] for part in parts)])
    return before.astype(np.int32), after.astype(np.int32)


def _namesakes(old: Any, new: Any) -> IntArray:
    """Return the newer node with the id of each older one, whatever its case; or -1."""
    found = _index_in(old, new)
    used = np.zeros(len(new), np.bool_)
    used[found[found >= 0]] = True
    # Few are left, so only they are put in lower case.
    rest, others = np.flatnonzero(found < 0), np.flatnonzero(~used)
    if len(rest) and len(others):
        again = _index_in(
            pc.ascii_lower(old.take(pa.array(rest))),
            pc.ascii_lower(new.take(pa.array(others))),
        )
        hit = again >= 0
        found[rest[hit]] = others[again[hit]]
    return found


def _index_in(values: Any, among: Any) -> IntArray:
    found: NDArray[np.int32] = pc.fill_null(pc.index_in(values, among), -1).to_numpy()
    return found.astype(np.int32)


def _flags(column: Any) -> BoolArray:
    values: BoolArray = column.to_numpy(zero_copy_only=False)
    return values


def _ids(graph: LineageGraph) -> Any:
    return _arrow(graph.ids, graph.n_artefacts)


def _arrow(text: Text, count: int) -> Any:
    """Return the first strings of a text as an Arrow array; nothing is copied."""
    offsets = np.ascontiguousarray(text.offsets[: count + 1], np.int64)
    data = np.ascontiguousarray(text.data)
    return pa.LargeStringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(data)
    )


def _hub_ids(graph: LineageGraph) -> Any:
    return one_chunk(graph.node_table(["hub_id"])["hub_id"])[: graph.n_artefacts]
