"""Claims -> edges: one edge a pair, its relation by the precedence of the sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.columns import codes_of, encode, flags, one_chunk
from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray
from headwater.graph.kernels.order import stable_order
from headwater.graph.schema import (
    PRIMARY_RANK,
    RELATION_CODE,
    RELATIONS,
    SOURCE_CODE,
    SOURCES,
)

STANDINGS: Final = ("accepted", "refuted", "self")
_NOBODY: Final = np.int32(1 << 20)
_WEIGHTS: Final = np.array([item.flow == "weights" for item in RELATIONS])
_RANKS: Final = np.array([item.rank for item in SOURCES], np.int32)
_HUB_BITS: Final = sum(
    1 << SOURCE_CODE[name] for name in ("hub:baseModels", "hub:cardData", "hub:tag")
)
# Where each source stands in the alphabet, which orders claims of one rank.
_BY_NAME: Final = np.argsort(np.argsort([item.name for item in SOURCES])).astype(
    np.int32
)


@dataclass(frozen=True, slots=True)
class EdgeRows:
    """E edges, one a pair of ends; a succession stands beside lineage.

    Attributes
    ----------
    child, parent : int32 arrays, shape (E,)
        Their ends: numbers of keys, later of nodes.
    slot : int8 array, shape (E,)
        1 for a succession.
    relation, standing : int8 arrays, shape (E,)
        Relation codes; positions in :data:`STANDINGS`.
    disputed : bool array, shape (E,)
        Whether sources disagree about the edge.
    sources : int32 array, shape (E,)
        Bit set of the sources that assert it.
    confidence : float array, shape (E,)
        Highest of its assertions; nan when there is none.
    n_claims : int64 array, shape (E,)
        Number of its claims.
    first_seen, last_seen : int32 arrays, shape (E,)
        Positions in `days`.
    days : list of str
        The days that occur, ascending.
    claims : int32 array, shape (C,)
        Rows of the claims, edge by edge.
    """

    child: IntArray
    parent: IntArray
    slot: ByteArray
    relation: ByteArray
    standing: ByteArray
    disputed: BoolArray
    sources: IntArray
    confidence: NDArray[np.float64]
    n_claims: NDArray[np.int64]
    first_seen: IntArray
    last_seen: IntArray
    days: list[str]
    claims: IntArray


@dataclass(frozen=True, slots=True)
class _Claims:
    """Claims edge by edge, as numbers; `starts` is where each edge begins."""

    starts: NDArray[np.int64]
    relation: ByteArray
    source: ByteArray
    rank: IntArray
    asserts: BoolArray
    confidence: NDArray[np.float64]


def read_edges(claims: pa.Table, child: IntArray, parent: IntArray) -> EdgeRows:
    """Return the edges that claims speak of.

    Parameters
    ----------
    claims : pyarrow.Table
        The claim table, C rows.
    child, parent : int32 arrays, shape (C,)
        Numbers of the ends that each row speaks of.

    Notes
    -----
    O(C log C). A claim whose relation or source the schema does not know is left out.
    """
    relation = codes_of(claims["relation"], tuple(RELATION_CODE)).astype(np.int8)
    source = codes_of(claims["source"], tuple(SOURCE_CODE)).astype(np.int8)
    slot = (relation == RELATION_CODE["successor_of"]).astype(np.int8)
    # Least significant key first: each order keeps what the one before it put in order.
    order = stable_order(parent.astype(np.int64) * 2 + slot)
    order = order[stable_order(child[order])]
    known = (relation[order] >= 0) & (source[order] >= 0)
    rows: IntArray = (order if known.all() else order[known]).astype(np.int32)
    child, parent, slot = child[rows], parent[rows], slot[rows]
    new = np.ones(len(rows), np.bool_)
    new[1:] = (child[1:] != child[:-1]) | (parent[1:] != parent[:-1])
    new[1:] |= slot[1:] != slot[:-1]
    starts = np.flatnonzero(new)
    ordered = _Claims(
        starts,
        relation[rows],
        source[rows],
        claim_ranks(claims)[rows],
        codes_of(claims["stance"], ("asserts",))[rows] == 0,
        one_chunk(claims["confidence"]).to_numpy()[rows],
    )
    child, parent, slot = child[starts], parent[starts], slot[starts]
    first, last, days = _days(claims, rows, starts)
    lengths = np.diff(np.append(starts, len(rows)))
    return EdgeRows(
        child, parent, slot,
        _relations(ordered), _standings(ordered, child, parent),
        _disputes(ordered, child), _bits(ordered, ordered.asserts),
        _confidence(ordered), lengths.astype(np.int64), first, last, days, rows,
    )  # fmt: skip


def claim_ranks(claims: pa.Table) -> IntArray:
    """Return the rank of each claim: the lower, the more an edge follows it.

    A curated claim that cites the developer's own word outranks all others.
    """
    source = codes_of(claims["source"], tuple(SOURCE_CODE))
    rank = np.append(_RANKS, _NOBODY).astype(np.int32)[source]
    rank[flags(claims["primary"]) & (source == SOURCE_CODE["catalog"])] = PRIMARY_RANK
    return rank


def _reduce(operation: np.ufunc, values: NDArray[Any], starts: Any) -> NDArray[Any]:
    return operation.reduceat(values, starts) if len(starts) else values[:0]


def _relations(claims: _Claims) -> ByteArray:
    """Return the relation by rank, then confidence, then code.

    Assertions of a relation come before ones that leave it open, those before denials,
    among which confidence does not count.
    """
    grade = np.where(
        claims.asserts, (claims.relation == RELATION_CODE["unspecified"]).astype(int), 2
    )
    levels, level = _levels(-claims.confidence)
    level = np.where(claims.asserts, level, 0)
    score = (grade * int(_NOBODY * 2) + claims.rank) * max(1, levels) + level
    best = _reduce(np.minimum, score * 64 + claims.relation, claims.starts)
    return (best % 64).astype(np.int8)


def _levels(values: NDArray[np.float64]) -> tuple[int, NDArray[np.int64]]:
    """Return how many different values there are, and the place of each among them."""
    codes, found = encode(pa.array(values))
    distinct = found.to_numpy(zero_copy_only=False)
    place = np.empty(len(distinct), np.int64)
    place[np.argsort(distinct)] = np.arange(len(distinct))
    return len(distinct), place[codes]


def _standings(claims: _Claims, child: IntArray, parent: IntArray) -> ByteArray:
    ranks = [
        _reduce(np.minimum, np.where(which, claims.rank, _NOBODY * 2), claims.starts)
        for which in (claims.asserts, ~claims.asserts)
    ]
    asserted, denied = ranks
    refuted = (asserted == _NOBODY * 2) | (denied < asserted)
    standing = np.where(refuted, STANDINGS.index("refuted"), 0)
    standing[child == parent] = STANDINGS.index("self")
    return standing.astype(np.int8)


def _bits(claims: _Claims, which: BoolArray) -> IntArray:
    """Return the bit set of the sources of some claims of each edge."""
    bits = np.where(which, np.int32(1) << claims.source.astype(np.int32), np.int32(0))
    return _reduce(np.bitwise_or, bits, claims.starts)


def _disputes(claims: _Claims, child: IntArray) -> BoolArray:
    """Return which edges have two relations, a denial, or not all Hub sources.

    Hub sources that name any base model of a child: one that does not name a base that
    another names disagrees about it.
    """
    specific = claims.asserts & (claims.relation != RELATION_CODE["unspecified"])
    one = np.int32(1)
    kinds = np.where(specific, one << claims.relation.astype(np.int32), np.int32(0))
    relations = _reduce(np.bitwise_or, kinds, claims.starts)
    stances = _reduce(
        np.bitwise_or, np.where(claims.asserts, 1, 2).astype(np.int8), claims.starts
    )
    here = (np.bitwise_count(relations) > 1) | (stances == 3)
    by_weights = _WEIGHTS[claims.relation]
    spoken = _bits(claims, by_weights) & np.int32(_HUB_BITS)
    new = np.ones(len(child), np.bool_)
    new[1:] = child[1:] != child[:-1]
    speaking = _reduce(np.bitwise_or, spoken, np.flatnonzero(new))[np.cumsum(new) - 1]
    named = _bits(claims, np.ones(len(by_weights), np.bool_))
    silent = (np.bitwise_count(speaking) > 1) & ((speaking & ~named) != 0)
    has_weights = _reduce(np.logical_or, by_weights, claims.starts).astype(np.bool_)
    disputed: BoolArray = here | (has_weights & silent)
    return disputed


def _confidence(claims: _Claims) -> NDArray[np.float64]:
    highest = _reduce(
        np.maximum, np.where(claims.asserts, claims.confidence, -1.0), claims.starts
    )
    return np.where(highest < 0, np.nan, highest)


def _days(
    claims: pa.Table, rows: IntArray, starts: NDArray[np.int64]
) -> tuple[IntArray, IntArray, list[str]]:
    """Return the first and the last day of each edge, as places in a calendar."""
    encoded = [encode(claims[name]) for name in ("first_seen", "last_seen")]
    calendar = sorted({day for _, days in encoded for day in days.to_pylist()})
    found = []
    for (codes, days), operation in zip(encoded, (np.minimum, np.maximum), strict=True):
        words = pa.array(calendar, days.type)
        place = pc.index_in(days, words).to_numpy().astype(np.int32)
        found.append(_reduce(operation, place[codes][rows], starts))
    return found[0], found[1], calendar


def claim_order(
    claims: pa.Table, rows: IntArray, edge: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the rows of claims by edge, rank and source, and the edge of each.

    Parameters
    ----------
    claims : pyarrow.Table
        The claim table.
    rows, edge : int32 arrays, shape (C,)
        Rows of claims, and the edges they speak of.

    Notes
    -----
    O(C log C). Only claims of one source about one edge are compared further, by
    document, relation, stance, the value as typed, note and day.
    """
    source = codes_of(claims["source"], tuple(SOURCE_CODE))[rows]
    rank = claim_ranks(claims)[rows]
    key = (edge.astype(np.int64) * 128 + rank) * 64 + _BY_NAME[source]
    order = stable_order(key)
    key = key[order]
    equal = np.zeros(len(key) + 1, np.bool_)
    equal[1:-1] = key[1:] == key[:-1]
    tied = np.flatnonzero(equal[1:] | equal[:-1])
    part = rows[order[tied]]
    columns = {"key": pa.array(key[tied])}
    for name in ("document", "relation", "stance", "raw", "note", "first_seen"):
        column = one_chunk(claims[name]).take(pa.array(part))
        columns[name] = column.cast(pa.string())
    columns["place"] = pa.array(np.arange(len(tied)))
    inner = pc.sort_indices(
        pa.table(columns), sort_keys=[(name, "ascending") for name in columns]
    )
    order[tied] = order[tied][inner.to_numpy()]
    return rows[order], edge[order]
