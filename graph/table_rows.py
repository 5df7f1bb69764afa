"""Rows of the public tables by number, without reading all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.graph.columns import encode
from headwater.graph.kernels.csr import IntArray


def find_rows(
    directory: Path, table: str, column: str, numbers: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the rows whose `column` is one of `numbers`.

    Parameters
    ----------
    directory : pathlib.Path
        Folder of a snapshot.
    table, column : str
        A table and a column of whole numbers by which it is ordered.
    numbers : sequence of int
        Values, ascending.

    Notes
    -----
    Only the parts of the file that can hold one of them are read.
    """
    if not numbers:
        return []
    found: list[dict[str, Any]] = []
    with pq.ParquetFile(directory / "tables" / f"{table}.parquet") as file:
        place = file.schema_arrow.get_field_index(column)
        for group in range(file.metadata.num_row_groups):
            bounds = file.metadata.row_group(group).column(place).statistics
            first = bisect_left(numbers, bounds.min)
            if first == len(numbers) or numbers[first] > bounds.max:
                continue
            wanted = pa.array(numbers[first : bisect_left(numbers, bounds.max + 1)])
            keys = file.read_row_group(group, columns=[column])[column]
            hits = pc.is_in(keys, value_set=wanted.cast(keys.type))
            part = file.read_row_group(group)
            found += part.filter(hits).to_pylist()
    return found


def select_rows(
    directory: Path, table: str, wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows in which each wanted column has the value, or one of a list."""
    fits = None
    for name, value in wanted.items():
        field = pc.field(name)
        own = field.isin(value) if isinstance(value, list) else field == value
        fits = own if fits is None else fits & own
    path = directory / "tables" / f"{table}.parquet"
    rows: list[dict[str, Any]] = pq.read_table(path, filters=fits).to_pylist()
    return rows


def read_columns(directory: Path, table: str, columns: Sequence[str]) -> pa.Table:
    """Return whole columns of a table."""
    with pq.ParquetFile(directory / "tables" / f"{table}.parquet") as file:
        return file.read(columns=list(columns))


def read_codes(directory: Path, table: str, column: str) -> tuple[IntArray, list[str]]:
    """Return the code of each value of a text column and the different values.

    Notes
    -----
    Null is -1. The values are never written out: ten times faster than reading a column
    of few words as text.
    """
    path = directory / "tables" / f"{table}.parquet"
    with pq.ParquetFile(path, read_dictionary=[column]) as file:
        codes, words = encode(file.read(columns=[column])[column])
    return codes, words.to_pylist()
