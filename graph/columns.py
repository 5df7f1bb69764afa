"""Arrow columns as numbers, and back: the small change of the compile step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray

_MAX_BYTES: Final = 2**31 - 1
ROWS_PER_PART: Final = 262_144
"""Rows that are made and written at a time, which bounds the memory of a big table."""


@dataclass(frozen=True, slots=True)
class TableParts:
    """A table that is made part by part, so that it need never be whole in memory.

    Attributes
    ----------
    schema : pyarrow.Schema
        Names and types of the columns.
    n_rows : int
        Length of the table.
    make : callable
        Returns the columns of the rows from a start up to a stop.
    """

    schema: pa.Schema
    n_rows: int
    make: Callable[[int, int], list[Any]]

    def parts(self) -> Iterator[pa.Table]:
        """Yield the table in parts of :data:`ROWS_PER_PART` rows."""
        for start in range(0, self.n_rows, ROWS_PER_PART):
            columns = self.make(start, min(start + ROWS_PER_PART, self.n_rows))
            yield pa.Table.from_arrays(columns, schema=self.schema)

    def whole(self) -> pa.Table:
        """Return the whole table."""
        return pa.concat_tables([self.schema.empty_table(), *self.parts()])


class LazyTables(Mapping[str, pa.Table]):
    """Tables by name, each made when it is asked for."""

    def __init__(self, sources: Mapping[str, TableParts]) -> None:
        self.sources = dict(sources)

    def __getitem__(self, name: str) -> pa.Table:
        return self.sources[name].whole()

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)


def whole_table(table: pa.Table) -> TableParts:
    """Return a table that exists already as one that is made part by part."""
    return TableParts(
        table.schema,
        table.num_rows,
        lambda start, stop: [
            one_chunk(item) for item in table.slice(start, stop - start).columns
        ],
    )


def one_chunk(column: Any) -> Any:
    """Return a column as one Arrow array, with 64-bit offsets if it is that long."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    elif column.type == pa.string() and column.nbytes > _MAX_BYTES:
        column = column.cast(pa.large_string())
    return column.combine_chunks()


def take_text(column: Any, rows: Any) -> Any:
    """Return rows of a text column as plain text."""
    taken = column.take(rows)
    return taken if taken.type == pa.string() else taken.cast(pa.string())


def encode(column: Any) -> tuple[IntArray, Any]:
    """Return the code of each value and the different values; null is -1."""
    column = one_chunk(column)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    filled = pc.fill_null(column.indices.cast(pa.int32()), -1)
    return filled.to_numpy(), column.dictionary


def codes_of(column: Any, words: Sequence[str]) -> IntArray:
    """Return where each value stands in `words`; -1 for null and unknown ones."""
    codes, values = encode(column)
    found = pc.fill_null(pc.index_in(values, pa.array(words, values.type)), -1)
    return lookup(found.to_numpy().astype(np.int32), codes)


def lookup(table: NDArray[Any], codes: IntArray) -> NDArray[Any]:
    """Return ``table[codes]``, with -1 for a code of -1."""
    return np.append(table, table.dtype.type(-1))[codes]


def word_column(codes: NDArray[Any], words: Sequence[str]) -> Any:
    """Return the words behind codes as text; -1 is null."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.array(words, pa.string()).take(indices)


def rows_or_null(rows: NDArray[Any]) -> Any:
    """Return row numbers for an Arrow ``take``; negative ones take null."""
    return pa.array(rows, mask=rows < 0)


def flags(column: Any) -> NDArray[np.bool_]:
    """Return a column of truth values; null is False."""
    filled = pc.fill_null(one_chunk(column), fill_value=False)
    values: NDArray[np.bool_] = filled.to_numpy(zero_copy_only=False)
    return values
