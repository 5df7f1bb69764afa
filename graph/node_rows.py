"""Which nodes there are, in the order of their keys, and where their fields come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.backends.duckdb_compile import merge_records, sorted_order
from headwater.graph.claim_tables import SCHEMAS, ClaimTables
from headwater.graph.columns import codes_of, encode, one_chunk, rows_or_null
from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray
from headwater.graph.schema import KINDS
from headwater.graph.spellings import Spellings, claimed_kinds, unrecorded_ids

_KIND: Final = {name: np.int8(code) for code, name in enumerate(KINDS)}
_FORMS: Final = (
    ("datasets/", "dataset"), ("spaces/", "application"), ("@", "namespace"),
    ("developer:", "developer"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeRows:
    """V nodes in the order of their keys, namespaces and developers after artefacts.

    Attributes
    ----------
    ids : pyarrow.Array, length V
        Id to show.
    kind : int8 array, shape (V,)
        Kind codes.
    record, merged : int32 arrays, shape (V,)
        Row of the only record, or of the row in `merged_records`; else -1.
    merged_records : pyarrow.Table
        One row for each node of which there are several records.
    namespace : int32 array, shape (V,)
        Node of the namespace, -1 none.
    by_key : int32 array, shape (V,)
        Nodes in the order of their keys, all kinds together.
    odd : int32 array
        Nodes whose id is not their key in another case.
    of_key : int32 array, shape (K,)
        Node of each key of the spellings.
    """

    ids: Any
    kind: ByteArray
    record: IntArray
    merged: IntArray
    merged_records: pa.Table
    namespace: IntArray
    by_key: IntArray
    odd: IntArray
    of_key: IntArray

    @property
    def is_recorded(self) -> BoolArray:
        """Whether some document describes the node."""
        flags: BoolArray = (self.record >= 0) | (self.merged >= 0)
        return flags


def read_nodes(tables: ClaimTables, spellings: Spellings) -> NodeRows:
    """Return the nodes: recorded ones, those only named, and their namespaces.

    Complexity: O(V log V) for sorting the keys.
    """
    n_keys = len(spellings.keys)
    record, merged, merged_records = _records(tables, spellings)
    ids = _ids(spellings, record, merged, merged_records)
    kind = _kinds(tables, spellings, record, merged, merged_records)
    namespace, new_ids = _namespaces(ids, kind, spellings.keys)
    n_new = len(new_ids)
    ids = pa.concat_arrays([ids, new_ids.cast(ids.type)])
    lower = pc.utf8_lower(new_ids).cast(spellings.keys.type)
    keys = pa.concat_arrays([spellings.keys, lower])
    kind = np.append(kind, np.full(n_new, _KIND["namespace"], np.int8))
    own = np.arange(n_keys, n_keys + n_new, dtype=np.int32)
    namespace = np.append(namespace, own)
    none = np.full(n_new, -1, np.int32)
    by_key = sorted_order(keys)
    is_owner = kind[by_key] >= _KIND["namespace"]
    order = np.concatenate([by_key[~is_owner], by_key[is_owner]])
    place = np.empty(len(order) + 1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    place[-1] = -1
    ids = ids.take(pa.array(order))
    keys = keys.take(pa.array(order))
    same = pc.equal(pc.utf8_lower(ids), keys).to_numpy(zero_copy_only=False)
    return NodeRows(
        ids=ids,
        kind=kind[order],
        record=np.append(record, none)[order],
        merged=np.append(merged, none)[order],
        merged_records=merged_records,
        namespace=place[namespace[order]],
        by_key=place[by_key],
        odd=np.flatnonzero(~same).astype(np.int32),
        of_key=place[:n_keys],
    )


def _records(
    tables: ClaimTables, spellings: Spellings
) -> tuple[IntArray, IntArray, pa.Table]:
    """Return for each key its only record, or else its row of merged records."""
    n_keys = len(spellings.keys)
    key = spellings.key[spellings.record]
    several = np.bincount(key, minlength=n_keys) > 1
    # Friendly names are put in order there as well; few records have any.
    lengths = pc.list_value_length(one_chunk(tables.records["names"]))
    named = pc.fill_null(pc.greater(lengths, 0), fill_value=False)
    several[key[named.to_numpy(zero_copy_only=False)]] = True
    rows = np.flatnonzero(several[key]).astype(np.int32)
    part = tables.records.take(pa.array(rows)).cast(SCHEMAS["records"])
    for name, values in (
        ("node", key[rows]),
        ("spelling", spellings.record[rows]),
        ("by_alias", ~spellings.is_own[spellings.record[rows]]),
    ):
        part = part.append_column(name, pa.array(values))
    merged_records = merge_records(part)
    record = np.full(n_keys, -1, np.int32)
    record[key] = np.arange(len(key), dtype=np.int32)
    record[several] = -1
    merged = np.full(n_keys, -1, np.int32)
    merged[merged_records["node"].to_numpy()] = np.arange(len(merged_records))
    return record, merged, merged_records


def _ids(
    spellings: Spellings, record: IntArray, merged: IntArray, merged_records: pa.Table
) -> Any:
    phantom = (record < 0) & (merged < 0)
    chosen = np.full(len(record), -1, np.int32)
    single = np.flatnonzero(record >= 0)
    chosen[single] = spellings.record[record[single]]
    several = np.flatnonzero(merged >= 0)
    chosen[several] = merged_records["spelling"].to_numpy()[merged[several]]
    if not phantom.any():
        return spellings.ids.take(pa.array(chosen))
    recorded = spellings.ids.take(rows_or_null(chosen))
    return pc.coalesce(recorded, unrecorded_ids(spellings, phantom))


def _kinds(
    tables: ClaimTables,
    spellings: Spellings,
    record: IntArray,
    merged: IntArray,
    merged_records: pa.Table,
) -> ByteArray:
    kind = np.full(len(record), -1, np.int8)
    single, several = np.flatnonzero(record >= 0), np.flatnonzero(merged >= 0)
    kind[single] = codes_of(tables.records["kind"], KINDS)[record[single]]
    kind[several] = codes_of(merged_records["kind"], KINDS)[merged[several]]
    phantom = np.flatnonzero((record < 0) & (merged < 0))
    keys = spellings.keys.take(pa.array(phantom.astype(np.int32)))
    form = np.full(len(phantom), _KIND["model"], np.int8)
    for prefix, name in _FORMS:
        form[_starts_with(keys, prefix)] = _KIND[name]
    kind[phantom] = form
    off_hub = np.zeros(len(record), np.bool_)
    off_hub[phantom[_starts_with(keys, "off-hub/")]] = True
    for key, name in claimed_kinds(tables, spellings, off_hub).items():
        kind[key] = _KIND[name]
    return kind


def _starts_with(texts: Any, prefix: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.starts_with(texts, prefix).to_numpy(
        zero_copy_only=False
    )
    return found


def _namespaces(ids: Any, kind: ByteArray, keys: Any) -> tuple[IntArray, Any]:
    """Return the namespace of each key, and the ids of namespaces without a key.

    A namespace is a key's number, or the number of keys plus its place among the new
    ones.
    """
    parts = pc.split_pattern(ids, "/")
    begin = parts.offsets.to_numpy()
    n_parts = np.diff(begin)
    place = np.where(kind == _KIND["model"], 0, 1)
    on_hub = (kind < _KIND["namespace"]) & (n_parts >= place + 2)
    on_hub &= ~_starts_with(ids, "off-hub/")
    nodes = np.flatnonzero(on_hub)
    owner_parts = parts.values.take(pa.array(begin[nodes] + place[nodes]))
    spelled, ids_of = encode(owner_parts)
    ids_of = pc.binary_join_element_wise(pa.scalar("@", ids_of.type), ids_of, "")
    lower, owner_keys = encode(pc.utf8_lower(ids_of))
    # Of several spellings the first by its bytes; the last write wins.
    first = np.empty(len(owner_keys), np.int32)
    backwards = sorted_order(ids_of)[::-1]
    first[lower[backwards]] = backwards
    known = np.flatnonzero(kind == _KIND["namespace"]).astype(np.int32)
    found = pc.index_in(owner_keys, keys.take(pa.array(known)).cast(owner_keys.type))
    number = np.append(known, -1)[pc.fill_null(found, -1).to_numpy()].astype(np.int32)
    new = np.flatnonzero(number < 0)
    number[new] = len(keys) + np.arange(len(new), dtype=np.int32)
    namespace = np.full(len(keys), -1, np.int32)
    namespace[nodes] = number[lower[spelled]]
    used = number[number < len(keys)]
    namespace[used] = used
    return namespace, ids_of.take(pa.array(first[new]))
