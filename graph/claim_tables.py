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
    """Return several sets of tables as one."""
    listed = list(tables)
    return ClaimTables(
        **{
            name: pa.concat_tables(
                [getattr(item, name) for item in listed]
                or [SCHEMAS[name].empty_table()]
            )
            for name in SCHEMAS
        }
    )
