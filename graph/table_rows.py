"""Rows of the public tables by number, without reading all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.graph.columns import encode
from headwater.graph.kernels.csr import IntArray
from headwater.graph.schema import ROOT_STATUSES

if TYPE_CHECKING:
    from headwater.graph.lineage_graph import LineageGraph

_ORDERED_BY: Final = {
    "nodes": ("node",),
    "edges": ("edge", "child_node"),
    "claims": ("edge",),
}
"""Table -> columns of whole numbers that ascend in it."""
_NOT_IN_ARRAYS: Final = (
    "node", "names", "hub_id", "family", "access", "released", "created", "modified",
    "licence_status", "language", "absent", "sources", "document", "note",
    "first_seen", "last_seen",
)  # fmt: skip
_KEPT_BYTES: Final = 16 << 20
"""Tables up to this size, as Parquet, are kept whole once a row of them was asked for."""


@dataclass(frozen=True, slots=True)
class _File:
    """A table's file with what readers of single rows ask for again and again."""

    path: str
    metadata: Any
    bounds: dict[str, tuple[list[int], list[int]]]

    def open(self) -> pq.ParquetFile:
        """Return a reader of one's own: one reader serves one thread at a time."""
        return pq.ParquetFile(
            self.path, metadata=self.metadata, memory_map=True, pre_buffer=False
        )

    def groups(self, column: str, numbers: Sequence[int]) -> list[int]:
        """Return the row groups that can hold one of some ascending numbers."""
        if column not in self.bounds:
            self.bounds[column] = _bounds(self.metadata, column)
        lows, highs = self.bounds[column]
        first = bisect_left(highs, numbers[0])
        last = bisect_right(lows, numbers[-1])
        if last - first <= 1:
            return list(range(first, last))
        return [
            group
            for group in range(first, last)
            if bisect_left(numbers, lows[group]) < bisect_right(numbers, highs[group])
        ]


def read_node(graph: LineageGraph, node: int) -> dict[str, Any]:
    """Return a node's row of the ``nodes`` table, mostly from the arrays.

    Notes
    -----
    A dozen columns of one part of the file are decoded, instead of all.
    """
    (row,) = find_rows(graph.directory, "nodes", "node", [node], _NOT_IN_ARRAYS)
    values = graph.columns
    told: dict[str, Any] = {
        "id": graph.ids[node],
        "kind": graph.kind(node),
        "state": graph.state(node),
        "name": graph.names[node] or None,
        "phantom": bool(values.phantom[node]),
        "root_status": ROOT_STATUSES[values.root_status[node]],
    }
    for name in ("namespace", "developer"):
        owner = int(getattr(values, name)[node])
        told[name] = graph.ids[owner] if owner >= 0 else None
    for name in ("downloads", "downloads_all_time", "likes", "parameters"):
        number = int(getattr(values, name)[node])
        told[name] = number if number >= 0 else None
    for name in ("task", "library", "licence"):
        told[name] = graph.word(name, node)
    scratch = int(values.scratch[node])
    told["scratch"] = None if scratch < 0 else bool(scratch)
    return row | told


def find_rows(
    directory: Path,
    table: str,
    column: str,
    numbers: Sequence[int],
    columns: Sequence[str] | None = None,
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
    columns : sequence of str, optional
        What to read; everything by default.

    Notes
    -----
    Only the parts of the file that can hold one of them are read.
    """
    found: list[dict[str, Any]] = []
    file = _file(directory, table)
    groups = file.groups(column, numbers) if numbers else []
    if not groups:
        return found
    wanted = pa.array(numbers, pa.int64())
    with file.open() as reader:
        for group in groups:
            # One thread: what takes a few milliseconds is not worth waking others.
            part = reader.read_row_group(group, columns, use_threads=False)
            values = wanted.cast(part[column].type)
            hits = pc.indices_nonzero(pc.is_in(part[column], value_set=values))
            found += part.take(hits).to_pylist()
    return found


def select_rows(
    directory: Path, table: str, wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows in which each wanted column has the value, or one of a list."""
    for name in _ORDERED_BY.get(table, ()):
        if name in wanted:
            value = wanted[name]
            numbers = sorted(value) if isinstance(value, list) else [value]
            rows = find_rows(directory, table, name, numbers)
            return [row for row in rows if _fits(row, wanted)]
    path = directory / "tables" / f"{table}.parquet"
    if path.stat().st_size > _KEPT_BYTES:
        selected = pq.read_table(path, filters=_condition(wanted))
    else:
        selected = _whole(*_key(path))
        for name, value in wanted.items():
            values = value if isinstance(value, list) else [value]
            kept = pa.array(values, selected.schema.field(name).type)
            selected = selected.filter(pc.is_in(selected[name], value_set=kept))
    found: list[dict[str, Any]] = selected.to_pylist()
    return found


def _condition(wanted: Mapping[str, Any]) -> Any:
    fits = None
    for name, value in wanted.items():
        field = pc.field(name)
        own = field.isin(value) if isinstance(value, list) else field == value
        fits = own if fits is None else fits & own
    return fits


def _fits(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(
        row[name] in value if isinstance(value, list) else row[name] == value
        for name, value in wanted.items()
    )


def _file(directory: Path, table: str) -> _File:
    return _opened(*_key(directory / "tables" / f"{table}.parquet"))


def _key(path: Path) -> tuple[str, int, int]:
    """Return what tells a file from another that is there under its name later."""
    told = path.stat()
    return str(path), told.st_ino, told.st_mtime_ns


@lru_cache(maxsize=8)
def _opened(path: str, inode: int, changed_ns: int) -> _File:
    return _File(path, pq.read_metadata(path), {})


@lru_cache(maxsize=8)
def _whole(path: str, inode: int, changed_ns: int) -> pa.Table:
    return pq.read_table(path, use_threads=False)


def _bounds(metadata: Any, column: str) -> tuple[list[int], list[int]]:
    """Return the least and the greatest value of each row group."""
    place = metadata.schema.names.index(column)
    told = [
        metadata.row_group(group).column(place).statistics
        for group in range(metadata.num_row_groups)
        if metadata.row_group(group).num_rows
    ]
    return [item.min for item in told], [item.max for item in told]


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
