"""Rows of a bulk dump -> claim tables, in the schema that snapshots are compiled from."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.claim_tables import SCHEMAS, ClaimTables, to_tables
from headwater.graph.claims import ClaimBatch
from headwater.ingest.parse.bulk_claims import ReadClaims
from headwater.ingest.parse.bulk_columns import (
    DumpRows,
    as_mask,
    is_text,
    text_matches,
)
from headwater.ingest.parse.bulk_references import SUCCESSOR_OF, UNSPECIFIED, WIDTH
from headwater.ingest.parse.bulk_rows import Coded, OrdinaryRows, read_ordinary
from headwater.ingest.parse.bulk_sound import total_of
from headwater.ingest.parse.hub_context import Context
from headwater.ingest.parse.hub_models import RELATION_WORDS
from headwater.ingest.parse.hub_records import ROUTE_KINDS, parse_record
from headwater.ingest.report import ParseReport

_SOURCES: Final = (
    ("hub:baseModels", "hub"), ("hub:cardData", "author"), ("hub:tag", "hub"),
    ("hub:config", "tool"),
)  # fmt: skip
_RELATIONS: Final = (
    *RELATION_WORDS, "unspecified", "trained_on", "derived_from", "successor_of"
)  # fmt: skip
_CODE: Final = pa.dictionary(pa.int32(), pa.string())
_SHA: Final = r"^[0-9a-f]{40,64}$"
_LACKING: Final = ("licence", "task", "library", "language", "parameters")


def parse_rows(
    route: str, rows: DumpRows, endpoint: str, day: str, report: ParseReport
) -> tuple[ClaimTables, ClaimBatch]:
    """Return what some rows of a dump say: the ordinary ones, and all others.

    The records and claims are those that the Hub's list route would have given for the
    same repositories on `day`, but for their order.

    Parameters
    ----------
    route : {"models", "datasets", "spaces"}
        What the rows are.
    rows : DumpRows
        The rows.
    endpoint : str
        Address of the Hub that the dump was made from.
    day : str
        Day of the dump.
    report : ParseReport
        Counts what the rows said.
    """
    kind = ROUTE_KINDS[route]
    names = _names(route, rows, endpoint)
    context = Context(endpoint, day)
    found = read_ordinary(rows, *names, context)
    odd = np.flatnonzero(~found.is_ordinary).tolist()
    for fields in rows.records(odd) if odd else ():
        parse_record(context, route, fields)
    report.add(context.batch, context.notes)
    if not found.is_ordinary.any():
        return to_tables([]), context.batch
    ordinary = ClaimTables(
        records=_records(kind, rows, found, names, day),
        claims=_claims(kind, rows, found.claims, names, day),
        aliases=SCHEMAS["aliases"].empty_table(),
        ownership=SCHEMAS["ownership"].empty_table(),
        families=SCHEMAS["families"].empty_table(),
    )
    _count(report, kind, found, ordinary)
    return ordinary, context.batch


def _count(
    report: ParseReport, kind: str, found: OrdinaryRows, tables: ClaimTables
) -> None:
    report.records[kind] += tables.records.num_rows
    count = np.bincount(found.claims.codes, minlength=1)
    for code in np.flatnonzero(count).tolist():
        source, relation = _SOURCES[code // WIDTH][0], _RELATIONS[code % WIDTH]
        report.claims.setdefault(source, Counter())[relation] += int(count[code])


def _names(route: str, rows: DumpRows, endpoint: str) -> tuple[Any, Any]:
    """Return the node ids and addresses of rows; null where there is no text."""
    ids = rows.get("id")
    if not is_text(ids):
        return pa.nulls(rows.n_rows, pa.string()), pa.nulls(rows.n_rows, pa.string())
    own = _prefixed("" if route == "models" else f"{route}/", ids)
    return own, _prefixed(f"{endpoint}/", own)


def _prefixed(prefix: str, column: Any) -> Any:
    return pc.binary_join_element_wise(prefix, column, "") if prefix else column


def _table(name: str, columns: dict[str, Any], n_rows: int) -> pa.Table:
    """Return a table of the schema `name`; what is not given is null or empty.

    Text may be dictionary-encoded.
    """
    arrays = []
    for item in SCHEMAS[name]:
        column = columns.get(item.name)
        if column is None and pa.types.is_list(item.type):
            column = _lists(np.zeros(n_rows, np.int64), [()])
        elif column is None:
            column = pa.nulls(n_rows, item.type)
        elif column.type not in (item.type, _CODE):
            column = column.cast(item.type)
        arrays.append(column)
    return pa.Table.from_arrays(arrays, names=SCHEMAS[name].names)


def _lists(codes: Any, values: list[Any]) -> Any:
    """Return `values` by code: a column of lists out of a few different ones."""
    words = pa.array([list(value) for value in values], pa.list_(pa.string()))
    return words.take(pa.array(codes))


def _coded(codes: NDArray[np.int64], words: Any) -> Any:
    """Return texts by code; where that is negative there is none."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    listed = words if isinstance(words, pa.Array) else pa.array(words, pa.string())
    return pa.DictionaryArray.from_arrays(indices, listed)


def _in_use(places: NDArray[np.int64], words: Any) -> Any:
    """Return texts by place, with those texts alone that occur, each once.

    Parquet would not keep a dictionary in which a text comes twice.
    """
    used = np.zeros(len(words), np.bool_)
    used[places] = True
    own = words.filter(pa.array(used)).dictionary_encode()
    number = np.zeros(len(words), np.int64)
    number[used] = own.indices.to_numpy()
    return _coded(number[places], own.dictionary)


def _constant(text: str, n_rows: int) -> Any:
    return _coded(np.zeros(n_rows, np.int64), [text])


def _records(
    kind: str, rows: DumpRows, found: OrdinaryRows, names: tuple[Any, Any], day: str
) -> pa.Table:
    at = np.flatnonzero(found.is_ordinary)
    fields = found.fields
    columns: dict[str, Any] = {
        "id": names[0],
        "document": names[1],
        "hub_id": rows.get("_id"),
        "created": _days(rows.get("createdAt")),
        "modified": rows.get("lastModified"),
        "language": _language(fields["language"]),
        "downloads": rows.get("downloads"),
        "downloads_all_time": rows.get("downloadsAllTime"),
        "likes": rows.get("likes"),
    }
    for name in ("licence", "task", "library"):
        if name in fields:
            columns[name] = _coded(fields[name].codes - 1, fields[name].words)
    if kind == "model":
        columns["parameters"] = _parameters(rows)
    columns["absent"] = _absent(kind, rows, columns, fields)
    if len(at) < rows.n_rows:
        taken = pa.array(at)
        columns = {n: c.take(taken) for n, c in columns.items() if c is not None}
    columns |= {
        name: _constant(text, len(at))
        for name, text in (
            ("kind", kind), ("source", "hub"), ("seen", day), ("state", "present"),
        )
    }  # fmt: skip
    return _table("records", columns, len(at))


def _days(column: Any) -> Any:
    if not is_text(column):
        return None
    return pc.utf8_slice_codeunits(column, 0, 10).dictionary_encode()


def _language(found: Coded) -> Any:
    return _lists(np.maximum(found.codes, 0), [(), *found.words])


def _parameters(rows: DumpRows) -> Any:
    """Return the total of the safetensors header, else of the GGUF header."""
    found = np.zeros(rows.n_rows, np.int64)
    for name in ("gguf", "safetensors"):
        column = rows.get(name)
        if column is not None:
            total = total_of(column).to_numpy()
            found = np.where(total > 0, total, found)
    return pa.array(found, mask=found <= 0)


def _absent(
    kind: str, rows: DumpRows, columns: dict[str, Any], fields: dict[str, Coded]
) -> Any:
    """Return for each row the names of the fields that it was seen to lack."""
    is_full = np.zeros(rows.n_rows, np.bool_)
    for name in ("cardData", "tags"):
        if rows.get(name) is not None:
            is_full |= as_mask(pc.is_valid(rows.get(name)))
    names = _LACKING if kind == "model" else ("licence", "language")
    codes = np.zeros(rows.n_rows, np.int64)
    for bit, name in enumerate(names):
        lacks = (
            fields[name].codes == 0
            if name in fields
            else as_mask(pc.is_null(columns[name]))
        )
        codes |= lacks.astype(np.int64) << bit
    codes[~is_full] = 0
    sets = [
        tuple(name for bit, name in enumerate(names) if code >> bit & 1)
        for code in range(1 << len(names))
    ]
    return _lists(codes, sets)


def _claims(
    kind: str, rows: DumpRows, claims: ReadClaims, names: tuple[Any, Any], day: str
) -> pa.Table:
    n = len(claims.rows)
    source, relation = claims.codes // WIDTH, claims.codes % WIDTH
    is_data = (relation > UNSPECIFIED) & (relation < SUCCESSOR_OF)
    child, parent = _ends(claims, names[0], relation == SUCCESSOR_OF)
    columns = {
        "child": child,
        "child_kind": _constant(kind, n),
        "parent": parent,
        "parent_kind": _coded(is_data.astype(np.int64), ["model", "dataset"]),
        "relation": _coded(relation, list(_RELATIONS)),
        "source": _coded(source, [source for source, _ in _SOURCES]),
        "document": _in_use(claims.rows, names[1]),
        "first_seen": _constant(day, n),
        "last_seen": _constant(day, n),
        "stance": _constant("asserts", n),
        "primary": pa.array(np.zeros(n, np.bool_)),
        "declared_by": _coded(source, [by for _, by in _SOURCES]),
        "confidence": pa.array(np.ones(n)),
        "raw": _in_use(claims.places, claims.raw),
    }
    sha = rows.get("sha")
    if is_text(sha):
        is_commit = text_matches(sha, _SHA)
        commits = pc.if_else(pa.array(is_commit), sha, None).dictionary_encode()
        number = pc.fill_null(commits.indices, -1).to_numpy()
        columns["revision"] = _coded(number[claims.rows], commits.dictionary)
    return _table("claims", columns, n)


def _ends(claims: ReadClaims, ids: Any, turned: NDArray[np.bool_]) -> tuple[Any, Any]:
    """Return children and parents; of a new version the model is the parent."""
    own, named = claims.rows, claims.places + len(ids)
    if not turned.any():
        return _in_use(own, ids), _in_use(claims.places, claims.ids)
    both = pa.concat_arrays([ids, claims.ids])
    return (
        _in_use(np.where(turned, named, own), both),
        _in_use(np.where(turned, own, named), both),
    )
