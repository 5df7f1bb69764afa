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
    part : int
        Rows of a part, which is also what a reader of one row has to decode.
    """

    schema: pa.Schema
    n_rows: int
    make: Callable[[int, int], list[Any]]
    part: int = ROWS_PER_PART

    def parts(self) -> Iterator[pa.Table]:
        """Yield the table part by part.

        Text may be dictionary-encoded, the same columns in each part.
        """
        for start in range(0, self.n_rows, self.part):
            columns = self.make(start, min(start + self.part, self.n_rows))
            yield pa.Table.from_arrays(columns, names=self.schema.names)

    def whole(self) -> pa.Table:
        """Return the whole table, text as plain text."""
        parts = [_plain_part(part, self.schema) for part in self.parts()]
        return pa.concat_tables([self.schema.empty_table(), *parts])


def _plain_part(part: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = []
    for column, item in zip(part.columns, schema, strict=True):
        values = one_chunk(column)
        if pa.types.is_list(values.type) and values.type != item.type:
            values = pa.ListArray.from_arrays(
                values.offsets, plain(values.values), item.type
            )
        columns.append(values.cast(item.type))
    return pa.Table.from_arrays(columns, schema=schema)


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


def coded(column: Any) -> Any:
    """Return a text column as one dictionary array, its codes as narrow as they can be.

    A word of a few bytes then costs one or two bytes a row, and text that repeats is
    there once: what is taken, compared and written is numbers.
    """
    column = one_chunk(column)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    words = column.dictionary
    width = next(
        kind
        for kind, most in ((pa.int8(), 1 << 7), (pa.int16(), 1 << 15), (pa.int32(), 0))
        if len(words) < most or not most
    )
    return pa.DictionaryArray.from_arrays(column.indices.cast(width), words)


def plain(column: Any) -> Any:
    """Return a text column as plain text."""
    return column if column.type == pa.string() else column.cast(pa.string())


class Repeated:
    """A column of texts that stand many times each: a code a row, -1 for null.

    Parameters
    ----------
    codes : int array, shape (N,)
        Places in `texts`.
    texts : pyarrow.Array
        The texts.
    """

    def __init__(self, codes: NDArray[Any], texts: Any) -> None:
        self.codes, self.texts = codes, texts

    @classmethod
    def of(cls, column: Any) -> Repeated:
        """Return a text column in this form."""
        column = coded(column)
        indices = column.indices
        codes = pc.fill_null(indices, pa.scalar(-1, indices.type)).to_numpy()
        return cls(codes, column.dictionary)

    def part(self, rows: Any) -> Any:
        """Return some rows as a dictionary array that holds only their own texts.

        O(rows), besides memory for a number for each text that is touched in part.
        """
        codes = self.codes[rows]
        if len(self.texts) <= len(codes) >> 4:
            return _dictionary(codes, plain(self.texts))
        # Each text is numbered by the last row that bears it.
        place = np.empty(len(self.texts) + 1, np.int32)
        own = np.arange(len(codes), dtype=np.int32)
        place[codes] = own
        last = place.take(codes, mode="wrap")
        is_last = last == own
        is_last &= codes >= 0
        number = np.cumsum(is_last, dtype=np.int32) - np.int32(1)
        number = np.where(codes >= 0, number.take(last), -1)
        return _dictionary(number, plain(self.texts.take(pa.array(codes[is_last]))))


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
    """Return the words behind codes as a dictionary array; -1 is null."""
    return _dictionary(codes, pa.array(words, pa.string()))


def _dictionary(codes: NDArray[Any], words: Any) -> Any:
    """Return a dictionary array; the width of codes must not differ between parts."""
    indices = pa.array(codes.astype(np.int32, copy=False), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, words)


def rows_or_null(rows: NDArray[Any]) -> Any:
    """Return row numbers for an Arrow ``take``; negative ones take null."""
    return pa.array(rows, mask=rows < 0)


def flags(column: Any) -> NDArray[np.bool_]:
    """Return a column of truth values; null is False."""
    filled = pc.fill_null(one_chunk(column), fill_value=False)
    values: NDArray[np.bool_] = filled.to_numpy(zero_copy_only=False)
    return values
