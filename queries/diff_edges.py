"""Edges that came, went or changed between two snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import (
    BoolArray,
    ByteArray,
    IntArray,
    LongArray,
    row_sources,
)
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATION_CODE, RELATIONS
from headwater.queries.diff_match import Matching

_SUCCESSION: Final = RELATION_CODE["successor_of"]
_FLOWS: Final = sorted({relation.flow for relation in RELATIONS})
_FLOW: Final = np.array(
    [_FLOWS.index(relation.flow) for relation in RELATIONS], np.int64
)


@dataclass(frozen=True, slots=True)
class EdgeList:
    """Accepted edges of one snapshot: node numbers and relation codes."""

    child: IntArray
    parent: IntArray
    relation: ByteArray

    def __len__(self) -> int:
        return len(self.child)

    def take(self, rows: LongArray) -> EdgeList:
        """Return some of the edges."""
        return EdgeList(self.child[rows], self.parent[rows], self.relation[rows])


@dataclass(frozen=True, slots=True)
class EdgeChanges:
    """What became of the edges.

    Attributes
    ----------
    went, came : EdgeList
        Edges that only one of the snapshots has, by child and parent.
    stayed : bool arrays, for `went` and for `came`
        Whether the other snapshot knows the child as well as this one: it has a record
        of it in both, or in neither. Else the edge came or went with its child.
    moved : pair of EdgeList
        Edges of children that lost exactly one parent and gained exactly one from
        which the same flows: before and after. They are not among the others.
    related : pair of EdgeList
        Edges that both have with different relations: before and after.
    """

    went: EdgeList
    came: EdgeList
    stayed: tuple[BoolArray, BoolArray]
    moved: tuple[EdgeList, EdgeList]
    related: tuple[EdgeList, EdgeList]


def compare_edges(
    old: LineageGraph, new: LineageGraph, matching: Matching
) -> EdgeChanges:
    """Return how the edges of two snapshots differ.

    Complexity: O(E log E) for the sorting of what is not in order yet.
    """
    lists = [_edges(graph) for graph in (old, new)]
    entities = matching.old, matching.new
    keys, rows = [], []
    for edges, entity in zip(lists, entities, strict=True):
        own, at = _keys(edges, entity, matching.n_entities)
        keys.append(own)
        rows.append(at)
    place = np.searchsorted(keys[1], keys[0])
    both = place < len(keys[1])
    both[both] = keys[1][place[both]] == keys[0][both]
    kept = np.zeros(len(keys[1]), np.bool_)
    kept[place[both]] = True
    before, after = rows[0][both], rows[1][place[both]]
    differs = lists[0].relation[before] != lists[1].relation[after]
    gone, fresh = rows[0][~both], rows[1][~kept]
    there = _in_both(old, new, matching)
    stays = [
        there[entity[edges.child[at]]]
        for edges, entity, at in zip(lists, entities, (gone, fresh), strict=True)
    ]
    pair = _moves(lists, entities, (gone, fresh), stays)
    left = [
        np.setdiff1d(np.arange(len(at)), own)
        for at, own in zip((gone, fresh), pair, strict=True)
    ]
    return EdgeChanges(
        went=lists[0].take(gone[left[0]]),
        came=lists[1].take(fresh[left[1]]),
        stayed=(stays[0][left[0]], stays[1][left[1]]),
        moved=(lists[0].take(gone[pair[0]]), lists[1].take(fresh[pair[1]])),
        related=(lists[0].take(before[differs]), lists[1].take(after[differs])),
    )


def _edges(graph: LineageGraph) -> EdgeList:
    rows = graph.parents
    return EdgeList(row_sources(rows.offsets), rows.targets, rows.relations)


def _keys(
    edges: EdgeList, entity: IntArray, n_entities: int
) -> tuple[LongArray, LongArray]:
    """Return one ascending number for each different edge, and the row of each.

    Edges whose ends are one artefact now, and second ones of a pair, are left out.
    """
    child = entity[edges.child].astype(np.int64)
    parent = entity[edges.parent].astype(np.int64)
    succession = edges.relation == _SUCCESSION
    keys = (child * n_entities + parent) * 2 + succession
    rows = np.flatnonzero(child != parent)
    keys = keys[rows]
    if len(keys) and not (keys[1:] > keys[:-1]).all():
        # Equal keys: the lowest relation code comes first and counts.
        order = np.lexsort((edges.relation[rows], keys))
        rows, keys = rows[order], keys[order]
        first = np.append(True, keys[1:] != keys[:-1])
        rows, keys = rows[first], keys[first]
    return keys, rows


def _in_both(old: LineageGraph, new: LineageGraph, matching: Matching) -> BoolArray:
    """Return which entities both snapshots have, recorded or only named in both."""
    before, after = matching.pairs
    alike = old.columns.phantom[before] == new.columns.phantom[after]
    found = np.zeros(matching.n_entities, np.bool_)
    found[after[alike]] = True
    return found


def _moves(
    lists: list[EdgeList],
    entities: tuple[IntArray, IntArray],
    changed: tuple[LongArray, LongArray],
    stays: list[BoolArray],
) -> tuple[LongArray, LongArray]:
    """Return places of edges by which a child changed its one parent for another."""
    alone = []
    for edges, entity, at, stay in zip(lists, entities, changed, stays, strict=True):
        fits = np.flatnonzero(stay & (edges.relation[at] != _SUCCESSION))
        # A base model is not exchanged for a dataset.
        slot = (
            entity[edges.child[at[fits]]] * len(_FLOWS)
            + _FLOW[edges.relation[at[fits]]]
        )
        found, first, count = np.unique(slot, return_index=True, return_counts=True)
        alone.append((found[count == 1], fits[first[count == 1]]))
    _, ours, theirs = np.intersect1d(
        alone[0][0], alone[1][0], assume_unique=True, return_indices=True
    )
    return alone[0][1][ours], alone[1][1][theirs]
