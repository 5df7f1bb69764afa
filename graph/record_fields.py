"""Fields of records as numbers: words by code, lists that share their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.columns import (
    coded,
    encode,
    lookup,
    one_chunk,
    plain,
    rows_or_null,
)
from headwater.graph.kernels.csr import IntArray


@dataclass(frozen=True, slots=True)
class Words:
    """A text field of few different words, in R records and M merged ones.

    Attributes
    ----------
    words : list of str
        The words, ascending.
    single, several : int arrays, shapes (R + 1,), (M + 1,)
        Code of each row's word, -1 none; so is the last place, that of row -1.
    """

    words: list[str]
    single: NDArray[Any]
    several: NDArray[Any]

    def of(self, record: IntArray, merged: IntArray) -> NDArray[Any]:
        """Return the code of each node, given its row in the one or the other."""
        codes = self.single.take(record, mode="wrap")
        at = np.flatnonzero(merged >= 0)
        codes[at] = self.several.take(merged[at])
        return codes


def read_words(single: Any, several: Any) -> Words:
    """Return a column of records, and that of merged ones, by the same codes."""
    encoded = encode(single), encode(several)
    words = sorted({*(word for _, own in encoded for word in own.to_pylist())})
    listed = pa.array(words, pa.string())
    width = next(
        kind for kind in (np.int8, np.int16, np.int32)
        if len(words) <= np.iinfo(kind).max
    )  # fmt: skip
    codes = []
    for numbers, own in encoded:
        place = pc.index_in(plain(own), listed).to_numpy(zero_copy_only=False)
        found = lookup(place.astype(width), numbers)
        codes.append(np.append(found, found.dtype.type(-1)))
    return Words(words, codes[0], codes[1])


@dataclass(frozen=True, slots=True)
class Lists:
    """A field of lists of words, in R records and M merged ones; null is empty.

    Attributes
    ----------
    single, several : pyarrow.ListArray, lengths R + 1, M
        Their words have one dictionary; the last row of `single` is empty.
    """

    single: Any
    several: Any

    def of(self, record: IntArray, merged: IntArray) -> Any:
        """Return the list of each node, given its row in the one or the other."""
        rows = np.where(record < 0, len(self.single) - 1, record)
        found = self.single.take(pa.array(rows))
        at = np.flatnonzero(merged >= 0)
        if not len(at):
            return found
        place = np.arange(len(rows), dtype=np.int32)
        place[at] = len(rows) + np.arange(len(at), dtype=np.int32)
        both = [found, self.several.take(pa.array(merged[at]))]
        return pa.concat_arrays(both).take(pa.array(place))


def read_lists(single: Any, several: Any) -> Lists:
    """Return a column of lists of records, and that of merged ones."""
    columns = [_without_nulls(one_chunk(column)) for column in (single, several)]
    values = [plain(column.flatten()) for column in columns]
    joint = coded(pa.concat_arrays(values))
    cut = len(values[0])
    parts = joint.slice(0, cut), joint.slice(cut)
    offsets = []
    for column in columns:
        lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
        ends = np.zeros(len(column) + 1, np.int32)
        np.cumsum(lengths, out=ends[1:])
        offsets.append(ends)
    offsets[0] = np.append(offsets[0], offsets[0][-1])
    made = [
        pa.ListArray.from_arrays(pa.array(ends), part)
        for ends, part in zip(offsets, parts, strict=True)
    ]
    return Lists(made[0], made[1])


def _without_nulls(column: Any) -> Any:
    if not column.null_count:
        return column
    return pc.coalesce(column, pa.scalar([], column.type))


def one_word_lists(words: Any) -> Any:
    """Return each word as a list of itself; null becomes an empty list."""
    known = words.is_valid().to_numpy(zero_copy_only=False)
    ends = np.zeros(len(words) + 1, np.int32)
    np.cumsum(known, out=ends[1:])
    return pa.ListArray.from_arrays(pa.array(ends), words.drop_null())


def take_field(
    single: Any, several: Any, record: IntArray, merged: IntArray, kind: pa.DataType
) -> Any:
    """Return a field of nodes, given their rows in records and merged ones."""
    column = one_chunk(single)
    if column.null_count == len(column):
        column = pa.nulls(len(record), kind)
    else:
        column = column.take(rows_or_null(record)).cast(kind)
    at = np.flatnonzero(merged >= 0)
    if not len(at):
        return column
    extra = one_chunk(several).take(pa.array(merged[at])).cast(kind)
    place = np.arange(len(record), dtype=np.int32)
    place[at] = len(record) + np.arange(len(at), dtype=np.int32)
    return pa.concat_arrays([column, extra]).take(pa.array(place))
