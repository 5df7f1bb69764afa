"""Files for ``neo4j-admin database import``: the way in for a whole Hub.

The same graph as :mod:`headwater.graph.backends.neo4j_push` makes, property by property.
An import needs an empty database that is not running, and is many times faster; the
indexes are built by the push that follows it, which finds all there and says so.
"""

from __future__ import annotations

import gzip
import shlex
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from headwater.errors import InvalidArgumentError, StorageError
from headwater.graph.backends.neo4j_marker import IMPORTED, describe
from headwater.graph.backends.neo4j_rows import VARIANT, SnapshotRows
from headwater.graph.backends.neo4j_schema import MARKER, PARTS, Part
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.progress import NullProgress, Progress

ARGUMENTS: Final = "import.args"
"""File that holds the options of the import."""
_ID_SPACES: Final = {
    "nodes": ("Node", "node"), "aliases": ("Alias", "row"), "families": ("Family", "family"),
}  # fmt: skip
"""Parts that relationships point at: name of the ids, and the column that gives them."""
_SEPARATORS: Final = ("\x1f", "\x1e", "\x1d", "\x1c", "\x01", "\x02", "\x03")
_LIST_FIELDS: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class CsvReport:
    """What was written.

    Attributes
    ----------
    directory : pathlib.Path
        Where.
    nodes, relationships : int
        How many, the marker included.
    n_bytes : int
        Size of all files.
    command : str
        What imports them into the database ``neo4j``, run where the server's
        ``neo4j-admin`` is.
    """

    directory: Path
    nodes: int
    relationships: int
    n_bytes: int
    command: str


def write_csv(
    graph: LineageGraph,
    directory: Path,
    progress: Progress | None = None,
    *,
    database: str = "neo4j",
    final: Path | None = None,
) -> CsvReport:
    """Write a snapshot as files that ``neo4j-admin database import full`` reads.

    Parameters
    ----------
    graph : LineageGraph
        A compiled snapshot; of a layer, the one below it.
    directory : pathlib.Path
        An empty folder, or one that is made.
    progress : Progress, optional
        Told of nodes and relationships as they are written.
    database : str
        Name of the database in the command.
    final : pathlib.Path, optional
        Where the folder will be when it is read, if it gets another name.

    Raises
    ------
    InvalidArgumentError
        When the folder holds something already.
    StorageError
        When the disk refuses.

    Notes
    -----
    O(rows) time, the memory of some batches. Files are compressed as they are written.
    """
    if graph.manifest.base is not None:
        graph = LineageGraph(graph.directory)
    if directory.exists() and any(directory.iterdir()):
        raise InvalidArgumentError(f"{directory} is not empty; give another folder")
    rows = SnapshotRows(graph)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        made = _Export(graph, rows, directory, progress or NullProgress())
        made.final = (final or directory).resolve()
        return made.run(database)
    except OSError as error:
        raise StorageError(directory, error.strerror or str(error)) from error
    finally:
        rows.close()


class _Export:
    def __init__(
        self,
        graph: LineageGraph,
        rows: SnapshotRows,
        directory: Path,
        progress: Progress,
    ) -> None:
        self._graph = graph
        self._rows = rows
        self._directory = directory
        self.final = directory.resolve()
        self._progress = progress
        self._options: list[str] = []
        self._longest = 0

    def run(self, database: str) -> CsvReport:
        counts = {part.name: self._rows.count(part) for part in PARTS}
        self._progress.start("export", sum(counts.values()), unit="rows")
        separator = self._separator()
        for part in PARTS:
            self._write_part(part, separator)
        self._write_marker()
        self._progress.finish()
        links = sum(counts[part.name] for part in PARTS if part.ends is not None)
        return CsvReport(
            directory=self.final,
            nodes=sum(counts.values()) - links + 1,
            relationships=links,
            command=self._write_arguments(separator, database),
            n_bytes=sum(item.stat().st_size for item in self._directory.iterdir()),
        )

    def _write_part(self, part: Part, separator: str) -> None:
        with ExitStack() as files:
            writers: dict[str, Any] = {}
            for table in self._rows.batches(part):
                for variant in sorted(pc.unique(table[VARIANT]).to_pylist()):
                    own = table.filter(pc.equal(table[VARIANT], variant))
                    cells = self._cells(part, own, separator)
                    if variant not in writers:
                        path = self._begin(part, variant, own)
                        writers[variant] = files.enter_context(
                            _GzipCsv(path, cells.schema)
                        )
                    writers[variant].write_table(cells)
                self._progress.advance(table.num_rows)

    def _begin(self, part: Part, variant: str, table: pa.Table) -> Path:
        """Write the header of a label or type and return where its rows go."""
        kind = "nodes" if part.ends is None else "relationships"
        stem = f"{part.name}-{variant.rpartition(':')[2].lower()}"
        header = [
            f"{name}:{_type(table.schema.field(name).type)}" for name in part.properties
        ]
        if part.name in _ID_SPACES:
            header.append(f":ID({_ID_SPACES[part.name][0]})")
        if part.ends is not None:
            header += [
                f":{side}_ID({end.label})"
                for side, end in zip(("START", "END"), part.ends, strict=True)
            ]
        self._add(f"--{kind}={variant}", stem, header)
        return self._directory / f"{stem}.csv.gz"

    def _add(self, option: str, stem: str, header: list[str]) -> None:
        first = self._directory / f"{stem}-header.csv"
        first.write_text(",".join(header) + "\n", encoding="utf-8")
        data = self.final / f"{stem}.csv.gz"
        self._options.append(f"{option}={self.final / first.name},{data}")

    def _cells(self, part: Part, table: pa.Table, separator: str) -> pa.Table:
        names = list(part.properties)
        if part.name in _ID_SPACES:
            names.append(_ID_SPACES[part.name][1])
        if part.ends is not None:
            names += [end.column for end in part.ends]
        cells = [_text(table[name], separator) for name in names]
        for column in cells:
            length = pc.max(pc.binary_length(column)).as_py() or 0
            self._longest = max(self._longest, length)
        # A column may occur twice: as a property and as an id.
        return pa.Table.from_arrays(cells, names=[str(at) for at in range(len(names))])

    def _write_marker(self) -> None:
        said = describe(self._graph) | {"state": IMPORTED}
        header = [
            f"{name}:{'long' if isinstance(value, int) else 'string'}"
            for name, value in said.items()
        ]
        self._add(f"--nodes={MARKER}", "snapshot", header)
        cells = pa.table({name: pa.array([str(value)]) for name, value in said.items()})
        self._longest = max(self._longest, *(len(str(item)) for item in said.values()))
        with _GzipCsv(self._directory / "snapshot.csv.gz", cells.schema) as writer:
            writer.write_table(cells)

    def _separator(self) -> str:
        """Return a character that stands in no element of a list."""
        used: set[str] = set()
        for part in PARTS:
            for table in self._rows.plain(part):
                lists = [
                    pc.list_flatten(table[name])
                    for name in part.properties
                    if name in table.column_names
                    and pa.types.is_list(table.schema.field(name).type)
                    and pa.types.is_string(table.schema.field(name).type.value_type)
                ]
                if not lists:
                    break
                used |= {
                    item
                    for item in _SEPARATORS
                    if any(pc.any(pc.match_substring(x, item)).as_py() for x in lists)
                }
        free = [item for item in _SEPARATORS if item not in used]
        if not free:
            raise InvalidArgumentError("no control character is free to separate lists")
        return free[0]

    def _write_arguments(self, separator: str, database: str) -> str:
        """Write the options into a file; return the command that reads it."""
        # A field has to fit into the buffer twice.
        buffer = max(_LIST_FIELDS, 1 << (8 * self._longest).bit_length())
        options = [
            "--multiline-fields=true",
            f"--array-delimiter=U+{ord(separator):04X}",
            f"--read-buffer-size={buffer}",
            *self._options,
        ]
        path = self._directory / ARGUMENTS
        lines = (item.replace("\\", "\\\\") for item in options)
        path.write_text("".join(f'"{line}"\n' for line in lines), encoding="utf-8")
        where = shlex.quote(f"@{self.final / path.name}")
        return f"neo4j-admin database import full {shlex.quote(database)} {where}"


class _GzipCsv:
    """Writes CSV into a gzip file; every value is quoted, null is nothing."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        # Files that are read once: the fastest level.
        self._file = gzip.GzipFile(path, "wb", compresslevel=1, mtime=0)
        self._stream = pa.PythonFile(self._file, "w")
        options = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")
        self._csv = pacsv.CSVWriter(self._stream, schema, write_options=options)

    def __enter__(self) -> Any:
        return self._csv

    def __exit__(self, *_: object) -> None:
        self._csv.close()
        self._stream.close()
        self._file.close()


def _type(kind: Any) -> str:
    if pa.types.is_list(kind):
        return f"{_type(kind.value_type)}[]"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "long"
    return "double" if pa.types.is_floating(kind) else "string"


def _text(column: Any, separator: str) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_list(column.type):
        strings = pa.list_(pa.string())
        return pc.binary_join(column.cast(strings), separator)
    return column.cast(pa.string())
