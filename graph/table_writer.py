"""Write a public table: the same rows give the same bytes, wherever they come from.

A Parquet file keeps the words of a column in a dictionary. What is in it, and in which
order, depends here on the rows of its part alone: only the words that occur, in the order
in which they do. So a table that was read back from a server is the file that it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.graph.columns import one_chunk, plain

# The fastest level: the tables are a third larger than at the default, and written in
# half the time.
_LEVEL: Final = 1
# A dictionary pays where words repeat; for the rest making one is wasted work.
_WIDE: Final = frozenset(
    {"id", "hub_id", "document", "modified", "child", "parent", "revision", "raw",
     "child_as_given", "parent_as_given", "alias", "note", "edge", "node",
     "child_node", "parent_node", "namespace"}
)  # fmt: skip
# Wide columns in which each text stands many times all the same.
_REPEATED: Final = {
    "nodes": frozenset({"namespace"}),
    "edges": frozenset({"child", "parent"}),
    "claims": frozenset(
        {"child", "parent", "document", "revision", "raw", "note", "child_as_given",
         "parent_as_given"}
    ),
}  # fmt: skip
_NUMBERS: Final = frozenset({"edge", "node", "child_node", "parent_node"})
_DICTIONARY_BYTES: Final = 1 << 27
"""Room for the texts of a part: the default of 1 MiB would write them out row by row."""


def write_table(
    path: Path, name: str, schema: pa.Schema, parts: Iterable[pa.Table]
) -> int:
    """Write the parts of a public table, each as a group of rows; return the rows.

    Parameters
    ----------
    path : pathlib.Path
        File to write.
    name : str
        Name of the table.
    schema : pyarrow.Schema
        Its columns, text as plain text.
    parts : iterable of pyarrow.Table
        Columns in the order of the schema; text may be dictionary-encoded.
    """
    repeated = _REPEATED.get(name, frozenset())
    words = {item for item in schema.names if item not in _WIDE or item in repeated}
    # Least and greatest of an unsorted text help no reader to skip anything.
    ranged = [item for item in schema.names if item not in _WIDE or item in _NUMBERS]
    stored = pa.schema([_stored(item, coded=item.name in words) for item in schema])
    n_rows = 0
    with pq.ParquetWriter(
        path, stored, compression="zstd", compression_level=_LEVEL,
        use_dictionary=[*words, *(f"{item}.list.element" for item in words)],
        dictionary_pagesize_limit=_DICTIONARY_BYTES, write_statistics=ranged,
        store_schema=False,
    ) as writer:  # fmt: skip
        for part in parts:
            columns = [
                _column(column, item.type)
                for column, item in zip(part.columns, stored, strict=True)
            ]
            writer.write_table(
                pa.Table.from_arrays(columns, schema=stored),
                row_group_size=max(1, part.num_rows),
            )
            n_rows += part.num_rows
    return n_rows


_CODED: Final = pa.dictionary(pa.int32(), pa.string())


def _stored(item: pa.Field, *, coded: bool) -> pa.Field:
    """Return a column as it is handed to Parquet."""
    if not coded:
        return item
    if item.type == pa.string():
        return item.with_type(_CODED)
    if pa.types.is_list(item.type) and item.type.value_type == pa.string():
        inner = item.type.value_field
        return item.with_type(pa.list_(inner.with_type(_CODED)))
    return item


def _column(column: Any, kind: pa.DataType) -> Any:
    column = one_chunk(column)
    if pa.types.is_dictionary(kind):
        return _in_order(column)
    if pa.types.is_list(kind) and pa.types.is_dictionary(kind.value_type):
        words = _in_order(column.flatten())
        lengths = pc.fill_null(pc.list_value_length(column), 0)
        ends = np.zeros(len(column) + 1, np.int32)
        np.cumsum(lengths.to_numpy(zero_copy_only=False), out=ends[1:])
        absent = pc.is_null(column) if column.null_count else None
        return pa.ListArray.from_arrays(pa.array(ends), words, kind, mask=absent)
    return plain(column) if kind == pa.string() else column.cast(kind)


def _in_order(column: Any) -> Any:
    """Return a text column with the words that occur, in the order in which they do."""
    if not pa.types.is_dictionary(column.type):
        return plain(column).dictionary_encode()
    indices = column.indices
    codes = pc.fill_null(indices, pa.scalar(-1, indices.type)).to_numpy()
    n_words = len(column.dictionary)
    # The last write wins, so the rows are written backwards; null is the last place.
    first = np.full(n_words + 1, len(codes), np.int32)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1, dtype=np.int32)
    first[-1] = len(codes)
    used = np.flatnonzero(first[:-1] < len(codes))
    used = used[np.argsort(first[used])]
    # Two codes of one word, if a source wrote it so, become one.
    words = plain(column.dictionary.take(pa.array(used))).dictionary_encode()
    place = np.full(n_words + 1, -1, np.int32)
    place[used] = words.indices.to_numpy()
    found = place[codes]
    return pa.DictionaryArray.from_arrays(
        pa.array(found, mask=found < 0), words.dictionary
    )
