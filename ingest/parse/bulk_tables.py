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
from headwater.ingest.parse.bulk_columns import DumpRows, as_mask, text_matches
from headwater.ingest.parse.bulk_references import SUCCESSOR_OF, UNSPECIFIED, WIDTH
from headwater.ingest.parse.bulk_rows import OrdinaryRows, read_ordinary
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
    found = read_ordinary(rows)
    context = Context(endpoint, day)
    odd = np.flatnonzero(~found.is_ordinary).tolist()
    for fields in rows.records(odd) if odd else ():
        parse_record(context, route, fields)
    report.add(context.batch, context.notes)
    if not found.is_ordinary.any():
        return to_tables([]), context.batch
    ordinary = _ordinary_tables(route, rows, found, endpoint, day)
    _count(report, ROUTE_KINDS[route], found, ordinary)
    return ordinary, context.batch


def _count(
    report: ParseReport, kind: str, found: OrdinaryRows, tables: ClaimTables
) -> None:
    report.records[kind] += tables.records.num_rows
    report.add(ClaimBatch(), found.notes)
    for code, number in Counter(found.claims.codes.tolist()).items():
        source, relation = _SOURCES[code // WIDTH][0], _RELATIONS[code % WIDTH]
        report.claims.setdefault(source, Counter())[relation] += number


def _ordinary_tables(
    route: str, rows: DumpRows, found: OrdinaryRows, endpoint: str, day: str
) -> ClaimTables:
    kind = ROUTE_KINDS[route]
    prefix = "" if kind == "model" else f"{route}/"
    ids = _prefixed(prefix, rows.get("id"))
    documents = _prefixed(f"{endpoint}/", ids)
    at = pa.array(np.flatnonzero(found.is_ordinary))
    records = _records(kind, rows, found, (ids, documents), day)
    return ClaimTables(
        records=_table("records", {n: c.take(at) for n, c in records.items()}, len(at)),
        claims=_claims(kind, rows, found, (ids, documents), day),
        aliases=SCHEMAS["aliases"].empty_table(),
        ownership=SCHEMAS["ownership"].empty_table(),
        families=SCHEMAS["families"].empty_table(),
    )


def _prefixed(prefix: str, column: Any) -> Any:
    return pc.binary_join_element_wise(prefix, column, "") if prefix else column


def _table(name: str, columns: dict[str, Any], n_rows: int) -> pa.Table:
    """Return a table of the schema `name`; what is not given is null or empty."""
    arrays = []
    for item in SCHEMAS[name]:
        column = columns.get(item.name)
        if column is None and pa.types.is_list(item.type):
            column = _lists(np.zeros(n_rows, np.int64), [()], item.type)
        elif column is None:
            column = pa.nulls(n_rows, item.type)
        arrays.append(column if column.type == item.type else column.cast(item.type))
    return pa.Table.from_arrays(arrays, schema=SCHEMAS[name])


def _lists(codes: Any, values: list[Any], kind: Any = None) -> Any:
    """Return `values` by code: a column of lists out of a few different ones."""
    words = pa.array([list(value) for value in values], kind or pa.list_(pa.string()))
    return words.take(pa.array(codes))


def _constant(value: Any, n_rows: int) -> Any:
    return pa.repeat(pa.scalar(value), n_rows)


def _records(
    kind: str, rows: DumpRows, found: OrdinaryRows, names: tuple[Any, Any], day: str
) -> dict[str, Any]:
    n = rows.n_rows
    created, modified = rows.get("createdAt"), rows.get("lastModified")
    columns: dict[str, Any] = {
        "id": names[0],
        "kind": _constant(kind, n),
        "source": _constant("hub", n),
        "document": names[1],
        "seen": _constant(day, n),
        "hub_id": rows.get("_id"),
        "state": _constant("present", n),
        "created": None if created is None else _days(created),
        "modified": modified,
        "licence": pa.array(found.licences, pa.string()),
        "language": _lists(found.languages, list(found.language_sets)),
        "downloads": rows.get("downloads"),
        "downloads_all_time": rows.get("downloadsAllTime"),
        "likes": rows.get("likes"),
    }
    if kind == "model":
        columns["task"] = pa.array(found.tasks, pa.string())
        columns["library"] = pa.array(found.libraries, pa.string())
        columns["parameters"] = _parameters(rows)
    columns = {name: column for name, column in columns.items() if column is not None}
    columns["absent"] = _absent(kind, rows, columns)
    return columns


def _days(column: Any) -> Any:
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string())
    return pc.utf8_slice_codeunits(column, 0, 10)


def _parameters(rows: DumpRows) -> Any:
    """Return the total of the safetensors header, else of the GGUF header."""
    found = np.zeros(rows.n_rows, np.int64)
    for name in ("gguf", "safetensors"):
        column = rows.get(name)
        if column is not None:
            total = total_of(column).to_numpy()
            found = np.where(total > 0, total, found)
    return pa.array(found, mask=found <= 0)


def _absent(kind: str, rows: DumpRows, columns: dict[str, Any]) -> Any:
    """Return for each row the names of the fields that it was seen to lack."""
    is_full = np.zeros(rows.n_rows, np.bool_)
    for name in ("cardData", "tags"):
        if rows.get(name) is not None:
            is_full |= as_mask(pc.is_valid(rows.get(name)))
    names = _LACKING if kind == "model" else ("licence", "language")
    codes = np.zeros(rows.n_rows, np.int64)
    for bit, name in enumerate(names):
        column = columns[name]
        if name == "language":
            lacks = as_mask(pc.equal(pc.list_value_length(column), 0))
        else:
            lacks = as_mask(pc.is_null(column))
        codes |= lacks.astype(np.int64) << bit
    codes[~is_full] = 0
    sets = [
        tuple(name for bit, name in enumerate(names) if code >> bit & 1)
        for code in range(1 << len(names))
    ]
    return _lists(codes, sets)


def _claims(
    kind: str, rows: DumpRows, found: OrdinaryRows, names: tuple[Any, Any], day: str
) -> pa.Table:
    claims = found.claims
    n = len(claims.rows)
    at = pa.array(claims.rows)
    source, relation = claims.codes // WIDTH, claims.codes % WIDTH
    is_data = (relation > UNSPECIFIED) & (relation < SUCCESSOR_OF)
    parents = claims.names
    if is_data.any():
        data = _prefixed("datasets/", parents)
        parents = pc.if_else(pa.array(is_data), data, parents)
    own = names[0].take(at)
    # Of a new version the model is the parent.
    turned = pa.array(relation == SUCCESSOR_OF)

    def words(places: NDArray[np.int64], listed: list[str]) -> Any:
        return pa.array(listed, pa.string()).take(pa.array(places))

    columns = {
        "child": pc.if_else(turned, parents, own),
        "child_kind": _constant(kind, n),
        "parent": pc.if_else(turned, own, parents),
        "parent_kind": words(is_data.astype(np.int64), ["model", "dataset"]),
        "relation": words(relation, list(_RELATIONS)),
        "source": words(source, [source for source, _ in _SOURCES]),
        "document": names[1].take(at),
        "first_seen": _constant(day, n),
        "last_seen": _constant(day, n),
        "stance": _constant("asserts", n),
        "primary": _constant(value=False, n_rows=n),
        "declared_by": words(source, [by for _, by in _SOURCES]),
        "confidence": _constant(1.0, n),
        "raw": claims.names,
    }
    sha = rows.get("sha")
    if sha is not None and pa.types.is_string(sha.type):
        commit = pc.if_else(pa.array(text_matches(sha, _SHA)), sha, None)
        columns["revision"] = commit.take(at)
    return _table("claims", columns, n)
