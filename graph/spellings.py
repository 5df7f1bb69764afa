"""Every spelling of every id, and the key that each stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.claim_tables import ClaimTables
from headwater.graph.columns import codes_of, encode, one_chunk, plain, rows_or_null
from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray
from headwater.graph.schema import KINDS

_NO_RANK: Final = np.int8(9)


@dataclass(frozen=True, slots=True)
class Spellings:
    """S different spellings of K keys; keys are lower-case ids with aliases followed.

    Attributes
    ----------
    ids : pyarrow.Array, length S
        The ids as they were written.
    key : int32 array, shape (S,)
        Number of the key that a spelling stands for.
    is_own : bool array, shape (S,)
        Whether the spelling is the key in some case, not an alias of it.
    rank : int8 array, shape (S,)
        Who writes it so: the lower, the more the spelling is to be trusted.
    keys : pyarrow.Array, length K
        The keys, in no particular order.
    record, child, parent, alias, namespace, developer : int32 arrays
        Spelling in each row of the claim tables; `developer` in that of ownership.
    """

    ids: Any
    key: IntArray
    is_own: BoolArray
    rank: ByteArray
    keys: Any
    record: IntArray
    child: IntArray
    parent: IntArray
    alias: IntArray
    namespace: IntArray
    developer: IntArray


@dataclass(frozen=True, slots=True)
class NumberedIds:
    """The different ids of claim tables, and which one stands where.

    Attributes
    ----------
    ids : pyarrow.Array, length S
        The ids as they were written.
    columns : list of int32 array
        Ids of records, children, parents, aliases, owned namespaces, their developers
        and the developers that records name.
    """

    ids: Any
    columns: list[IntArray]


def number_ids(tables: ClaimTables) -> NumberedIds:
    """Return the ids of claim tables, numbered.

    Notes
    -----
    O(rows). The ends of claims come with their different texts, so only these are
    looked up.
    """
    owned = tables.ownership
    child, parent = (encode(tables.claims[name]) for name in ("child", "parent"))
    columns = [
        one_chunk(column)
        for column in (
            tables.records["id"], child[1], parent[1], tables.aliases["id"],
            owned["namespace"], owned["developer"],
            one_chunk(tables.records["developer"]).drop_null(),
        )
    ]  # fmt: skip
    numbers, ids = _number([plain(column) for column in columns])
    record, children, parents, alias, namespace, developer, own = numbers
    return NumberedIds(
        ids,
        [record, children.take(child[0]), parents.take(parent[0]), alias, namespace,
         developer, own],
    )  # fmt: skip


def read_spellings(
    tables: ClaimTables, numbered: NumberedIds, aliases: Mapping[str, str]
) -> Spellings:
    """Return what each id in claim tables stands for.

    Parameters
    ----------
    tables : ClaimTables
        What the sources said.
    numbered : NumberedIds
        Their ids.
    aliases : mapping of str to str
        Alias key -> key, chains already followed.
    """
    ids = numbered.ids
    record, child, parent, alias, namespace, developer, own = numbered.columns
    key, is_own, keys = _keys(ids, aliases)
    rank = np.full(len(ids), _NO_RANK, np.int8)
    for spelling, value in (
        (own, 8), (alias, 7), (parent, 6), (child, 5), (namespace, 3), (developer, 3),
    ):  # fmt: skip
        rank[spelling] = value
    ranks = record_ranks(tables)
    for value in (2, 1, 0):
        rank[record[ranks == value]] = value
    return Spellings(
        ids, key, is_own, rank, keys,
        record, child, parent, alias, namespace, developer,
    )  # fmt: skip


def record_ranks(tables: ClaimTables) -> ByteArray:
    """Return 0 for records of the Hub, 1 for curated ones and 2 for the rest."""
    codes, sources = encode(tables.records["source"])
    rank = np.array(
        [
            0 if name.startswith("hub") else 1 if name == "catalog" else 2
            for name in sources.to_pylist()
        ],
        np.int8,
    )
    return rank[codes]


def _number(columns: list[Any]) -> tuple[list[IntArray], Any]:
    """Return a number for each text of each column, and the different texts.

    The texts of the first column are numbered in the order in which they occur.
    """
    texts = {column.type for column in columns} - {pa.string()}
    width = pa.large_string() if pa.large_string() in texts else pa.string()
    parts = [column.cast(width) for column in columns]
    # All chunks of the result share one dictionary; empty ones are dropped.
    encoded = pc.dictionary_encode(pa.chunked_array(parts, width)).chunks
    if not encoded:
        return [np.empty(0, np.int32) for _ in columns], pa.array([], width)
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in encoded])
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return np.split(codes, ends), encoded[-1].dictionary


def _keys(ids: Any, aliases: Mapping[str, str]) -> tuple[IntArray, BoolArray, Any]:
    lower, words = encode(pc.utf8_lower(ids))
    target = np.arange(len(words), dtype=np.int32)
    meant = sorted({*aliases, *aliases.values()})
    found = pc.index_in(words, pa.array(meant, words.type))
    at = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    place = dict(
        zip(
            (meant[item] for item in found.take(pa.array(at)).to_pylist()),
            at.tolist(),
            strict=True,
        )
    )
    for alias, key in aliases.items():
        if alias in place:
            target[place[alias]] = place[key]
    used, dense = _compress(target[lower], len(words))
    return dense, target[lower] == lower, words.take(pa.array(used))


def _compress(numbers: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Return the numbers that occur, ascending, and where each stands among them."""
    occurs = np.zeros(count, np.bool_)
    occurs[numbers] = True
    used = np.flatnonzero(occurs).astype(np.int32)
    place = np.full(count, -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    return used, place[numbers]


def unrecorded_ids(spellings: Spellings, is_phantom: BoolArray) -> Any:
    """Return an id for each key: of its own spellings the best, else the key itself.

    Only the ids of phantoms (`is_phantom`, shape (K,)) are worked out; others get the
    key.
    """
    n_keys = len(spellings.keys)
    usable = np.flatnonzero(is_phantom[spellings.key] & spellings.is_own)
    counts = np.bincount(spellings.key[usable], minlength=n_keys)
    chosen = np.full(n_keys, -1, np.int32)
    alone = usable[counts[spellings.key[usable]] == 1]
    chosen[spellings.key[alone]] = alone
    several = usable[counts[spellings.key[usable]] > 1]
    table = pa.table(
        {
            "key": pa.array(spellings.key[several]),
            "rank": pa.array(spellings.rank[several]),
            "id": spellings.ids.take(pa.array(several)),
        }
    )
    order = pc.sort_indices(
        table, sort_keys=[("key", "descending"), ("rank", "descending"),
                          ("id", "descending")],
    ).to_numpy()  # fmt: skip
    # The last write wins, so the best comes last.
    chosen[spellings.key[several][order]] = several[order]
    return pc.coalesce(spellings.ids.take(rows_or_null(chosen)), spellings.keys)


def claimed_kinds(
    tables: ClaimTables, spellings: Spellings, wanted: BoolArray
) -> dict[int, str]:
    """Return the kind that claims give to keys that have no record and no kind by form.

    Of several the one by the more trusted end counts, then the first by name.
    """
    found: dict[int, tuple[int, str]] = {}
    for column, spelling, rank in (
        ("child_kind", spellings.child, 5), ("parent_kind", spellings.parent, 6),
    ):  # fmt: skip
        keys = spellings.key[spelling]
        rows = np.flatnonzero(wanted[keys])
        kinds = codes_of(one_chunk(tables.claims[column]).take(pa.array(rows)), KINDS)
        for key, kind in {*zip(keys[rows].tolist(), kinds.tolist(), strict=True)}:
            if kind >= 0:
                said = (rank, KINDS[kind])
                found[key] = min(found.get(key, said), said)
    return {key: kind for key, (_, kind) in found.items()}
