"""Claim tables as Parquet files, read back with repeated text as codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.errors import SchemaError
from headwater.graph.claim_tables import SCHEMAS

_WORDS: Final = frozenset(
    {"kind", "source", "seen", "state", "created", "released", "task", "library",
     "licence", "family", "developer", "access", "first_seen"}
)  # fmt: skip


def read_kept(folder: Path, table: str, **options: Any) -> pa.Table:
    """Return a claim table that was kept in a folder; none is an empty one.

    All text of claims, and what is a word in records, is dictionary-encoded: a tenth of
    the memory, and text that repeats is looked at once.

    Parameters
    ----------
    folder : pathlib.Path
        Where ``<table>.parquet`` is.
    table : str
        A key of :data:`SCHEMAS`.
    **options
        For :func:`pyarrow.parquet.read_table`.

    Raises
    ------
    SchemaError
        When the columns are not those of the table.
    OSError, pyarrow.ArrowException
        When the file cannot be read.
    """
    schema, path = SCHEMAS[table], folder / f"{table}.parquet"
    if not path.exists():
        return schema.empty_table()
    coded = [
        item.name
        for item in schema
        if item.type == pa.string()
        and (table == "claims" or (table == "records" and item.name in _WORDS))
    ]
    found = pq.read_table(path, read_dictionary=coded, **options)
    if found.schema.names != schema.names:
        raise SchemaError(f"{path} has other columns than claims have today")
    columns = [
        column if _is_coded_text(column.type, item.type) else column.cast(item.type)
        for column, item in zip(found.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, names=schema.names)


def _is_coded_text(kind: pa.DataType, wanted: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind) and kind.value_type == wanted)
