"""Read a pushed snapshot back: a copy on disk, for what the engine answers.

::

    CACHE/<content_sha256, 16 digits>/<id>/    as under snapshots/ of a data directory

Tables are streamed in the order of their rows, arrays are made of them again, and the
copy is taken only if every file has the checksum that the marker gives. A copy that is
there is opened; the marker before and after tells whether a push came in between.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from headwater.errors import (
    DamagedSnapshotError,
    DamagedStoreError,
    OtherLayoutError,
    SnapshotVersionError,
    StoreChangedError,
)
from headwater.graph.backends.neo4j_connection import Connection, Run
from headwater.graph.backends.neo4j_marker import (
    Marker,
    find_marker,
    manifest_of,
    whole_marker,
)
from headwater.graph.backends.neo4j_schema import EDGE_TYPES, quoted
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.progress import NullProgress, Progress
from headwater.graph.public_tables import PARTS, SCHEMAS, writing
from headwater.graph.rebuild import rebuild_arrays
from headwater.graph.snapshot import (
    FORMAT_VERSION,
    VOCABULARY,
    Manifest,
    complete,
    read_manifest,
    write_json,
)
from headwater.graph.snapshot_use import unless_in_use
from headwater.graph.snapshot_writer import describe_files, write_arrays
from headwater.graph.store import disk_errors, sweep
from headwater.graph.table_writer import write_table

_ATTEMPTS: Final = 3
_KEPT: Final = 3
"""Copies that are kept; servers take turns, and older snapshots are not asked again."""
_RANGE: Final = 16_384
"""Node and edge numbers that one transaction reads."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a table is read.

    Attributes
    ----------
    match : str
        Cypher that finds its rows as ``x``, within ``$low`` and ``$high`` if ranged.
    number : str
        Property that is the number of the row.
    ranged : str or None
        Which numbers a range is of: ``nodes``, ``edges``; None reads all at once.
    """

    match: str
    number: str
    ranged: str | None = None


_EDGES: Final = "|".join(quoted(name) for name in EDGE_TYPES)
_READINGS: Final = {
    "nodes": _Reading(
        "MATCH (x:Node) WHERE x.node >= $low AND x.node < $high", "node", "nodes"
    ),
    # Edges stand in the order of their children: a range of these is a run of rows.
    "edges": _Reading(
        f"MATCH (c:Node)-[x:{_EDGES}]->() WHERE c.node >= $low AND c.node < $high",
        "edge", "nodes",
    ),
    "claims": _Reading(
        "MATCH (x:Claim) WHERE x.edge >= $low AND x.edge < $high", "row", "edges"
    ),
    "aliases": _Reading("MATCH (x:Alias)", "row"),
    "ownership": _Reading("MATCH ()-[x:OWNED_BY]->()", "row"),
    "families": _Reading("MATCH (x:Family)", "row"),
    "openness": _Reading("MATCH (x:Openness)", "row"),
}  # fmt: skip


def mirror(
    connection: Connection, directory: Path, progress: Progress | None = None
) -> LineageGraph:
    """Return the snapshot that a server holds as a graph on disk.

    Parameters
    ----------
    connection : Connection
        To the server.
    directory : pathlib.Path
        Where copies are kept; it is made when it is needed.
    progress : Progress, optional
        Is told of the rows as they come.

    Raises
    ------
    NothingPushedError, HalfPushedError, OtherLayoutError
        When the server holds no whole snapshot that can be read.
    StoreChangedError
        When pushes come in between, time and again.
    DamagedStoreError
        When what it holds is not what was pushed.
    StorageError
        When the copy cannot be written.

    Notes
    -----
    Time and disk grow with the snapshot. In memory is one part of a table, then the
    columns of which arrays are made.
    """
    address = str(connection.address)
    first = marker = _marker(connection)
    for _ in range(_ATTEMPTS):
        folder = directory / marker.content_sha256[:16] / marker.id
        found = _open(folder, marker)
        if found is not None:
            return found
        with disk_errors(directory):
            made = _Copy(connection, marker, folder, progress or NullProgress()).make()
        if made is not None:
            _prune(directory)
            return made
        marker = _marker(connection)
    raise StoreChangedError(address, first.id, marker.id)


def _marker(connection: Connection) -> Marker:
    """Return the marker of a snapshot that is whole and that this version can make."""
    address = str(connection.address)
    marker = whole_marker(address, find_marker(connection))
    found = marker.properties["format_version"]
    if found != FORMAT_VERSION:
        raise OtherLayoutError(address, found, FORMAT_VERSION)
    return marker


def _open(folder: Path, marker: Marker) -> LineageGraph | None:
    """Return a copy that is there and as it was made; another is removed."""
    try:
        manifest = read_manifest(folder)
        if manifest.content_sha256 == marker.content_sha256:
            return LineageGraph(folder)
    except (DamagedSnapshotError, SnapshotVersionError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    return None


class _Copy:
    def __init__(
        self, connection: Connection, marker: Marker, folder: Path, progress: Progress
    ) -> None:
        self.connection = connection
        self.address = str(connection.address)
        self.marker = marker
        self.manifest: Manifest = manifest_of(marker.properties)
        self.writing: dict[str, Any] = json.loads(
            marker.properties.get("writing", "{}")
        )
        self.folder = folder
        self.partial = folder.with_name(f".partial-{os.getpid()}")
        self.progress = progress

    def make(self) -> LineageGraph | None:
        """Return the copy, or None when the server changed while it was made."""
        sweep(self.folder.parent)
        try:
            (self.partial / "tables").mkdir(parents=True)
            (self.partial / "arrays").mkdir()
            try:
                files = self._read()
            except DamagedStoreError:
                if self._has_changed():
                    return None
                raise
            if self._has_changed():
                return None
            complete(self.partial, replace(self.manifest, files=files))
            return self._take()
        finally:
            shutil.rmtree(self.partial, ignore_errors=True)

    def _has_changed(self) -> bool:
        return _marker(self.connection).properties != self.marker.properties

    def _take(self) -> LineageGraph:
        """Give the copy its name; who was faster with the same one is believed."""
        try:
            self.partial.rename(self.folder)
        except OSError:
            found = _open(self.folder, self.marker)
            if found is not None:
                return found
            self.partial.rename(self.folder)
        return LineageGraph(self.folder)

    def _read(self) -> dict[str, dict[str, Any]]:
        """Write all files but the manifest, and return what it says of them."""
        for name, schema in SCHEMAS.items():
            path = self.partial / "tables" / f"{name}.parquet"
            expected = int(self.manifest.tables[name]["rows"])
            self.progress.start(name, expected, unit="rows")
            size = self.writing.get("parts", {}).get(name) or PARTS[name]
            parts = _parts(self._tables(name, schema), size)
            rows = write_table(path, name, schema, parts)
            self.progress.finish()
            if rows != expected:
                raise self._damaged(f"{rows:,} of {expected:,} {name}")
        # Arrays are only made of tables that are right.
        self._check("tables/")
        aliases = self.connection.rows("MATCH (x:Name) RETURN x.key, x.node")
        write_arrays(self.partial, rebuild_arrays(self.partial, aliases))
        vocabulary = json.loads(self.marker.properties["vocabulary"])
        write_json(self.partial / VOCABULARY, vocabulary)
        return self._check("")

    def _tables(self, name: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """Yield the rows of a table in order, a transaction's worth at a time."""
        reading = _READINGS[name]
        columns = ", ".join(f"x.{quoted(column)}" for column in schema.names)
        number = f"x.{quoted(reading.number)}"
        text = f"{reading.match} RETURN {number} AS number, {columns} ORDER BY number"
        expected = 0
        for low in self._lows(reading):
            try:
                table, numbers = self.connection.read(
                    _ranged(text, schema, {"low": low, "high": low + _RANGE})
                )
            except pa.ArrowException as error:
                raise self._damaged(f"{name}: {error}") from error
            if numbers != list(range(expected, expected + len(numbers))):
                raise self._damaged(f"{name} are not numbered one by one")
            expected += len(numbers)
            self.progress.advance(len(numbers))
            if numbers:
                yield table

    def _lows(self, reading: _Reading) -> range:
        if reading.ranged is None:
            return range(1)
        return range(0, int(self.manifest.tables[reading.ranged]["rows"]), _RANGE)

    def _check(self, beginning: str) -> dict[str, dict[str, Any]]:
        """Compare files with the marker's checksums; return what a manifest says of them.

        Another version of the library may spell the same rows in other bytes, which is
        no damage: then the arrays, which follow from the rows, have to agree.
        """
        files = describe_files(self.partial)
        same_library = self.writing.get("by") == writing(self.partial)["by"]
        for name, expected in self.manifest.files.items():
            of_table = name.startswith("tables/")
            if (
                name.startswith(beginning)
                and files.get(name) != expected
                and (same_library or not of_table)
            ):
                raise self._damaged(f"{name} differs")
        return files

    def _damaged(self, problem: str) -> DamagedStoreError:
        return DamagedStoreError(self.address, self.marker.id, problem)


def _ranged(
    text: str, schema: pa.Schema, parameters: dict[str, int]
) -> Callable[[Run], tuple[pa.Table, list[int]]]:
    """Return what reads some rows as columns, in one transaction."""

    def work(run: Run) -> tuple[pa.Table, list[int]]:
        columns = [
            list(column) for column in zip(*run(text, **parameters), strict=True)
        ]
        numbers, *values = columns or [[] for _ in range(len(schema) + 1)]
        arrays = [
            pa.array(_lists(column), item.type)
            if pa.types.is_list(item.type)
            else pa.array(column, item.type)
            for column, item in zip(values, schema, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=schema), numbers

    return work


def _lists(column: list[Any]) -> list[Any]:
    """Return lists as they were: an empty one is absent on a server, and none is null."""
    return [[] if value is None else value for value in column]


def _parts(tables: Iterator[pa.Table], size: int) -> Iterator[pa.Table]:
    """Yield the rows of tables anew, `size` at a time."""
    waiting: list[pa.Table] = []
    n_rows = 0
    for table in tables:
        waiting.append(table)
        n_rows += table.num_rows
        if n_rows >= size:
            whole = pa.concat_tables(waiting)
            full = n_rows - n_rows % size
            for start in range(0, full, size):
                yield whole.slice(start, size).combine_chunks()
            waiting, n_rows = [whole.slice(full)], n_rows - full
    if n_rows:
        yield pa.concat_tables(waiting).combine_chunks()


def _prune(directory: Path) -> None:
    """Remove all but the newest copies, none that is open; failing is harmless."""
    with contextlib.suppress(OSError):
        copies = sorted(
            directory.glob("*/[!.]*"), key=lambda path: path.stat().st_mtime_ns
        )
        for path in copies[:-_KEPT]:
            with unless_in_use(path) as is_free:
                if is_free:
                    shutil.rmtree(path.parent)
