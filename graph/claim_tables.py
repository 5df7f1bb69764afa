"""Claims as Arrow tables: what sources hand to the compiler, and how it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Final

import pyarrow as pa

from headwater.graph.claims import (
    Alias,
    Claim,
    ClaimBatch,
    Family,
    Judgement,
    Ownership,
    Record,
)
from headwater.graph.columns import coded, one_chunk

_TYPES: Final = {
    "str": pa.string(), "str | None": pa.string(),
    "int | None": pa.int64(), "bool": pa.bool_(), "bool | None": pa.bool_(),
    "float": pa.float64(), "tuple[str, ...]": pa.list_(pa.string()),
}  # fmt: skip

_ROWS: Final[dict[str, type]] = {
    "records": Record, "claims": Claim, "aliases": Alias, "ownership": Ownership,
    "families": Family, "openness": Judgement,
}  # fmt: skip


def _schema(row: type) -> pa.Schema:
    return pa.schema([(item.name, _TYPES[str(item.type)]) for item in fields(row)])


_CODED: Final = pa.dictionary(pa.int32(), pa.string())

SCHEMAS: Final = {name: _schema(row) for name, row in _ROWS.items()}


@dataclass(frozen=True, slots=True)
class ClaimTables:
    """The tables that a snapshot is compiled from.

    Columns are those of :data:`SCHEMAS`. A text column of few different words may be
    dictionary-encoded, which saves half the memory of a large table of claims.
    """

    records: pa.Table
    claims: pa.Table
    aliases: pa.Table
    ownership: pa.Table
    families: pa.Table
    openness: pa.Table = field(default_factory=SCHEMAS["openness"].empty_table)


def to_tables(batches: Iterable[ClaimBatch]) -> ClaimTables:
    """Return batches as one set of Arrow tables, in the order given.

    A lone surrogate, which no Arrow string can hold, becomes a question mark.
    """
    parts: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
    for batch in batches:
        for name, schema in SCHEMAS.items():
            rows = getattr(batch, name)
            if rows:
                parts[name].append(_table(rows, schema))
    return ClaimTables(
        **{
            name: pa.concat_tables(tables) if tables else SCHEMAS[name].empty_table()
            for name, tables in parts.items()
        }
    )


def _table(rows: list[Any], schema: pa.Schema) -> pa.Table:
    columns = [[getattr(row, name) for row in rows] for name in schema.names]
    arrays = []
    for values, item in zip(columns, schema, strict=True):
        try:
            arrays.append(pa.array(values, item.type))
        except (UnicodeEncodeError, pa.ArrowInvalid, pa.ArrowException):
            arrays.append(pa.array([_clean(value) for value in values], item.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, tuple):
        return tuple(_clean(item) for item in value)
    return value


def concat(tables: Iterable[ClaimTables]) -> ClaimTables:
    """Return several sets of tables as one.

    A column that is dictionary-encoded in one of them is so in the result.
    """
    listed = list(tables)
    return ClaimTables(
        **{
            name: _concat([getattr(item, name) for item in listed], schema)
            for name, schema in SCHEMAS.items()
        }
    )


def _concat(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    filled = [table for table in tables if table.num_rows]
    if len({table.schema for table in filled}) < 2:
        return pa.concat_tables(filled or tables[:1] or [schema.empty_table()])
    mixed = [
        item.name
        for item in filled[0].schema
        if len({table.schema.field(item.name).type for table in filled}) > 1
    ]
    return pa.concat_tables([_with_codes(table, mixed) for table in filled])


def _with_codes(table: pa.Table, names: list[str]) -> pa.Table:
    """Return a table with some of its text columns dictionary-encoded alike."""
    for name in names:
        at, column = table.schema.get_field_index(name), table[name]
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        table = table.set_column(at, name, column.cast(_CODED))
    return table


def plain_table(table: pa.Table) -> pa.Table:
    """Return a table with all text written out, as its schema has it."""
    kinds = [
        item.with_type(item.type.value_type)
        if pa.types.is_dictionary(item.type)
        else item
        for item in table.schema
    ]
    return table.cast(pa.schema(kinds))


def put_together(parts: list[ClaimTables]) -> ClaimTables:
    """Return several sets of tables as one, in one piece; `parts` is empty afterwards.

    Column by column, each let go of when it has been put together: the whole never
    takes the memory of the parts beside its own, if nobody else holds them.
    """
    waiting = {name: [getattr(part, name) for part in parts] for name in SCHEMAS}
    parts.clear()
    whole: dict[str, pa.Table] = {}
    for name, schema in SCHEMAS.items():
        tables = waiting.pop(name)
        columns = []
        for item in schema:
            own = [table.select([item.name]) for table in tables]
            column = _concat(own, pa.schema([item])).column(0)
            del own
            tables = [table.drop_columns(item.name) for table in tables]
            is_text = name == "claims" and item.type == pa.string()
            columns.append(coded(column) if is_text else one_chunk(column))
        whole[name] = pa.Table.from_arrays(columns, names=schema.names)
    return ClaimTables(**whole)


def in_one_piece(tables: ClaimTables) -> ClaimTables:
    """Return claim tables whose columns are each one piece, text of claims as codes.

    Nothing is copied that is so already.
    """
    whole = {"claims": coded_claims(tables.claims)}
    for name in SCHEMAS:
        if name not in whole:
            table = getattr(tables, name)
            columns = [one_chunk(column) for column in table.columns]
            whole[name] = pa.Table.from_arrays(columns, names=table.schema.names)
    return ClaimTables(**whole)


def coded_claims(claims: pa.Table) -> pa.Table:
    """Return a claim table in one piece, all its text dictionary-encoded.

    A claim says little that others do not say too: thirty bytes a row are left of
    two hundred.
    """
    columns = [
        coded(column) if item.type == pa.string() else one_chunk(column)
        for item, column in zip(SCHEMAS["claims"], claims.columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, names=SCHEMAS["claims"].names)
