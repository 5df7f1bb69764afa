"""The fields of nodes: the ``nodes`` table part by part, and their columns as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.arrays import NO_DAY, UNKNOWN
from headwater.graph.claim_tables import ClaimTables
from headwater.graph.columns import (
    Repeated,
    TableParts,
    codes_of,
    encode,
    lookup,
    one_chunk,
    plain,
    word_column,
)
from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray
from headwater.graph.node_rows import NodeRows
from headwater.graph.record_fields import (
    Words,
    one_word_lists,
    read_lists,
    read_words,
    take_field,
)
from headwater.graph.schema import (
    KINDS,
    LICENCE_STATUSES,
    LOOKUP_SOURCE,
    ROOT_STATUSES,
    STATES,
)

_EPOCH: Final = date(1970, 1, 1).toordinal()
_TEXT: Final = ("hub_id", "modified", "note", "document", "name")
_WORDS: Final = (
    "access",
    "released",
    "created",
    "task",
    "library",
    "licence",
    "family",
)
ROWS: Final = 4_096
"""Rows of a part: an artefact's page reads one row, and decodes a part for it."""
_LISTS: Final = ("names", "language", "absent")
COUNTS: Final = ("downloads", "downloads_all_time", "likes", "parameters")
_LIST: Final = pa.list_(pa.field("l", pa.string()))
_STATE: Final = {name: np.int8(code) for code, name in enumerate(STATES)}
_LICENCE: Final = {name: np.int8(code) for code, name in enumerate(LICENCE_STATUSES)}

SCHEMA: Final = pa.schema(
    [("node", pa.int32()), ("id", pa.string()), ("kind", pa.string()),
     ("name", pa.string()), ("names", _LIST), ("state", pa.string()),
     ("phantom", pa.bool_()), ("hub_id", pa.string()), ("namespace", pa.string()),
     ("developer", pa.string()), ("family", pa.string()), ("access", pa.string()),
     ("released", pa.string()), ("created", pa.string()), ("modified", pa.string()),
     ("downloads", pa.int64()), ("downloads_all_time", pa.int64()),
     ("likes", pa.int64()), ("parameters", pa.int64()), ("task", pa.string()),
     ("library", pa.string()), ("licence", pa.string()),
     ("licence_status", pa.string()), ("language", _LIST), ("scratch", pa.bool_()),
     ("absent", _LIST), ("sources", _LIST), ("document", pa.string()),
     ("note", pa.string()), ("first_seen", pa.string()), ("last_seen", pa.string()),
     ("root_status", pa.string())]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeFields:
    """Nodes in their final order, and the records that their fields come from.

    Attributes
    ----------
    ids : pyarrow.Array, length V
        Ids.
    kind, state : int8 arrays, shape (V,)
        Codes of the schema.
    phantom : bool array, shape (V,)
        Named as a parent, never seen.
    namespace, developer : int32 arrays, shape (V,)
        Node of the namespace and code in `developers`; -1 none.
    developers : list of str
        Developers as they are written.
    record, merged : int32 arrays, shape (V,)
        Row in each of the two tables, -1 none.
    records, merged_records : pyarrow.Table
        Where fields come from.
    words : dict of str to Words
        The fields of few different words.
    """

    ids: Any
    kind: ByteArray
    state: ByteArray
    phantom: BoolArray
    namespace: IntArray
    developer: IntArray
    developers: list[str]
    record: IntArray
    merged: IntArray
    records: pa.Table
    merged_records: pa.Table
    words: dict[str, Words]

    def values(self, name: str, start: int, stop: int) -> Any:
        """Return one field of the nodes from `start` up to `stop`; unknown is null."""
        return take_field(
            self.records[name], self.merged_records[name],
            self.record[start:stop], self.merged[start:stop], SCHEMA.field(name).type,
        )  # fmt: skip

    def whole(self, name: str) -> Any:
        """Return one field of all nodes."""
        return self.values(name, 0, len(self.kind))


def read_fields(tables: ClaimTables, rows: NodeRows, order: IntArray) -> NodeFields:
    """Return the fields of nodes, which are put in `order` (shape (V,))."""
    place = np.empty(len(order) + 1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    place[-1] = -1
    kind = rows.kind[order]
    is_owner = kind >= KINDS.index("namespace")
    record, merged = rows.record[order], rows.merged[order]
    unrecorded = (record < 0) & (merged < 0)
    known = _codes(tables.records["state"], rows.merged_records["state"], STATES)
    state = _pick(known, record, merged)
    state[(state < 0) & unrecorded] = _STATE["unknown"]
    state[is_owner | (state < 0)] = _STATE["present"]
    ids = rows.ids.take(pa.array(order)).cast(pa.string())
    namespace = place[rows.namespace[order]]
    developer, developers = _developers(
        tables, rows.merged_records, ids, kind, (record, merged), namespace
    )
    words = {
        name: read_words(tables.records[name], rows.merged_records[name])
        for name in _WORDS
    }
    unseen = unrecorded | _is_only_looked_up(
        tables, rows.merged_records, record, merged
    )
    return NodeFields(
        ids, kind, state.astype(np.int8), unseen & ~is_owner, namespace, developer,
        developers, record, merged, tables.records, rows.merged_records, words,
    )  # fmt: skip


def _is_only_looked_up(
    tables: ClaimTables, merged_records: pa.Table, record: IntArray, merged: IntArray
) -> BoolArray:
    """Return which nodes have no other record than that the Hub did not show them."""
    single = codes_of(tables.records["source"], (LOOKUP_SOURCE,))
    sources = merged_records["sources"].to_pylist()
    several = np.array([-(names != [LOOKUP_SOURCE]) for names in sources], np.int32)
    found: BoolArray = _pick((single, several), record, merged) == 0
    return found


def _codes(column: Any, merged: Any, words: Sequence[str]) -> tuple[IntArray, IntArray]:
    return codes_of(column, words), codes_of(merged, words)


def _pick(
    values: tuple[NDArray[Any], NDArray[Any]], record: IntArray, merged: IntArray
) -> NDArray[Any]:
    """Return for each node the value of its record, -1 when it has none."""
    single, several = values
    return np.where(merged >= 0, lookup(several, merged), lookup(single, record))


def _developers(
    tables: ClaimTables,
    merged_records: pa.Table,
    ids: Any,
    kind: ByteArray,
    rows: tuple[IntArray, IntArray],
    namespace: IntArray,
) -> tuple[IntArray, list[str]]:
    """Return the developer of each node: its own word, else its namespace's owner."""
    owners = _owners(tables)
    columns = tables.records["developer"], merged_records["developer"]
    is_developer = np.flatnonzero(kind == KINDS.index("developer"))
    own = ids.take(pa.array(is_developer)).to_pylist()
    words = sorted(
        {*own, *owners.values()}.union(
            *(encode(column)[1].to_pylist() for column in columns)
        )
    )
    code = {word: place for place, word in enumerate(words)}
    said = _pick(_codes(*columns, words), *rows)
    by_node = np.full(len(kind) + 1, -1, np.int32)
    spaces = np.flatnonzero(kind == KINDS.index("namespace"))
    found = codes_of(pc.utf8_lower(ids.take(pa.array(spaces))), list(owners))
    by_node[spaces] = lookup(
        np.array([code[name] for name in owners.values()], np.int32), found
    )
    space = namespace.copy()
    space[spaces] = spaces
    developer = np.where(said >= 0, said, by_node[space]).astype(np.int32)
    developer[is_developer] = [code[word] for word in own]
    return developer, words


def _owners(tables: ClaimTables) -> dict[str, str]:
    """Return the developer of each lower-case namespace, by the first document."""
    owners: dict[str, tuple[str, str]] = {}
    for row in tables.ownership.to_pylist():
        key, claim = row["namespace"].lower(), (row["document"], row["developer"])
        owners[key] = min(owners.get(key, claim), claim)
    return {key: developer for key, (_, developer) in owners.items()}


def owner_nodes(fields: NodeFields) -> IntArray:
    """Return the node of each node's developer, -1 where there is none."""
    at = np.flatnonzero(fields.kind >= KINDS.index("namespace")).astype(np.int32)
    names = pa.array(fields.developers, pa.string())
    found = pc.index_in(names, fields.ids.take(pa.array(at)))
    places = pc.fill_null(found, -1).to_numpy().astype(np.int32)
    return lookup(lookup(at, places), fields.developer)


def node_columns(
    fields: NodeFields,
) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    """Return columns of numbers in node order, and the words behind codes."""
    columns: dict[str, NDArray[Any]] = {}
    for name in COUNTS:
        known = pc.fill_null(fields.whole(name), UNKNOWN)
        columns[name] = known.to_numpy().astype(np.int64)
    columns["day"] = _days(fields)
    words: dict[str, list[str]] = {}
    for name in ("licence", "task", "library"):
        columns[name], words[name] = vocabulary(fields, name)
    return columns, words


def vocabulary(fields: NodeFields, name: str) -> tuple[IntArray, list[str]]:
    """Return the code of each node's word, -1 for none, and the words in order.

    Only words that some node bears are kept.
    """
    known = fields.words[name].words
    codes = fields.words[name].of(fields.record, fields.merged)
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(known)))
    place = np.full(len(known), -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    return lookup(place, codes).astype(np.int32), [known[at] for at in used.tolist()]


def _days(fields: NodeFields) -> IntArray:
    """Return the day of first release: the curated date, else the Hub's."""
    found = np.full(len(fields.kind), NO_DAY, np.int32)
    for name in ("created", "released"):
        codes, words = vocabulary(fields, name)
        days = [date.fromisoformat(word).toordinal() - _EPOCH for word in words]
        known = codes >= 0
        found[known] = np.array(days, np.int32)[codes[known]]
    return found


def licence_statuses(fields: NodeFields) -> ByteArray:
    """Return for each node whether its licence is declared, absent or unknown."""
    licence, _ = vocabulary(fields, "licence")
    lacking = _pick(
        (_lacks_licence(fields.records), _lacks_licence(fields.merged_records)),
        fields.record, fields.merged,
    )  # fmt: skip
    status = np.full(len(licence), _LICENCE["unknown"], np.int8)
    status[lacking == 1] = _LICENCE["absent"]
    status[licence >= 0] = _LICENCE["declared"]
    status[fields.kind >= KINDS.index("namespace")] = _LICENCE["not_applicable"]
    return status


def _lacks_licence(records: pa.Table) -> ByteArray:
    lists = one_chunk(records["absent"])
    lacks = np.zeros(len(lists), np.int8)
    hits = np.flatnonzero(codes_of(lists.flatten(), ("licence",)) == 0)
    lacks[pc.list_parent_indices(lists).to_numpy()[hits]] = 1
    return lacks


def node_table(fields: NodeFields, root_status: ByteArray) -> TableParts:
    """Return the ``nodes`` table."""
    status = licence_statuses(fields)
    namespaces = Repeated(fields.namespace, fields.ids)
    records, merged = fields.records, fields.merged_records
    lists = {name: read_lists(records[name], merged[name]) for name in _LISTS}
    lists["sources"] = read_lists(
        one_word_lists(plain(one_chunk(records["source"]))), merged["sources"]
    )
    seen = one_chunk(records["seen"])
    first_seen = pc.coalesce(plain(one_chunk(records["first_seen"])), plain(seen))
    first = read_words(first_seen, merged["first_seen"])
    last = read_words(seen, merged["last_seen"])

    def make(start: int, stop: int) -> list[Any]:
        part = slice(start, stop)
        rows = fields.record[part], fields.merged[part]
        columns = {name: fields.values(name, start, stop) for name in (*_TEXT, *COUNTS)}
        columns |= {
            name: word_column(item.of(*rows), item.words)
            for name, item in fields.words.items()
        }
        columns |= {name: item.of(*rows) for name, item in lists.items()}
        columns |= {
            "node": pa.array(np.arange(start, stop, dtype=np.int32)),
            "id": fields.ids.slice(start, stop - start),
            "kind": word_column(fields.kind[part], KINDS),
            "state": word_column(fields.state[part], STATES),
            "phantom": pa.array(fields.phantom[part]),
            "namespace": namespaces.part(part),
            "developer": word_column(fields.developer[part], fields.developers),
            "licence_status": word_column(status[part], LICENCE_STATUSES),
            "scratch": fields.values("scratch", start, stop),
            "root_status": word_column(root_status[part], ROOT_STATUSES),
            "first_seen": word_column(first.of(*rows), first.words),
            "last_seen": word_column(last.of(*rows), last.words),
        }
        return [columns[name] for name in SCHEMA.names]

    return TableParts(SCHEMA, len(fields.kind), make, ROWS)
