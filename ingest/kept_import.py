"""What an import is made from, and what it becomes on disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.graph.claim_tables import SCHEMAS, ClaimTables
from headwater.ingest.progress import Progress

FORMAT_VERSION: Final = 1
_ROWS_PER_GROUP: Final = 1 << 18
_MAX_DICTIONARY: Final = 1 << 28
_DIFFERENT: Final = frozenset({"id", "document", "hub_id", "modified"})
"""Text columns of records that are another in each row."""


def _stored_schema(name: str) -> pa.Schema:
    """Return a schema in which text that repeats itself is dictionary-encoded."""
    code = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            (item.name, code)
            if item.type == pa.string()
            and not (name == "records" and item.name in _DIFFERENT)
            else item
            for item in SCHEMAS[name]
        ]
    )


_STORED: Final = {name: _stored_schema(name) for name in SCHEMAS}


@dataclass(frozen=True, slots=True)
class Import:
    """What one import read.

    Attributes
    ----------
    source : str
        ``bulk``, ``local``, ``ecosystem-graphs``, ``osai-index`` or ``mteb``.
    where : tuple of str
        Paths or addresses it was read from.
    day : str
        Day of the data; of two versions of one document the later counts.
    records, claims : int
        What it said.
    skipped : dict of str to int
        What was left out, by reason; `examples` beside it.
    origin : str
        Address of the Hub that a dump was made from; empty for other sources.
    listed : dict of str to int
        Records of each list that a dump holds.
    newest : dict of str to str
        The last change that a dump knows of in each list, ISO 8601 in UTC.
    downloads : tuple of dict
        Files that were fetched for it: address, bytes, sha256, what the server said.
    unresolved : tuple of str
        Names that stand for a stub, at most a thousand.
    """

    source: str
    where: tuple[str, ...]
    day: str
    records: int
    claims: int
    skipped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    unresolved: tuple[str, ...] = ()
    origin: str = ""
    listed: dict[str, int] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    downloads: tuple[dict[str, Any], ...] = ()
    version: int = FORMAT_VERSION

    @property
    def moment(self) -> str:
        """How old what it says is: its last change, else its day."""
        return max(self.newest.values(), default=self.day)


@dataclass(frozen=True, slots=True)
class Job:
    """What a reader is given: `folder` for the claims, `downloads` for whole files."""

    folder: Path
    where: tuple[str, ...]
    workers: int
    progress: Progress
    endpoint: str
    downloads: Path
    max_bytes: int


class PartWriter:
    """Writes the claim tables of one part of an import, piece by piece.

    Each piece is a row group of its own, so that its dictionaries are stored as they
    are; read back, columns have the plain types of :data:`SCHEMAS`.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def write(self, tables: ClaimTables) -> None:
        """Append tables; text columns may be dictionary-encoded."""
        for name in SCHEMAS:
            rows = getattr(tables, name)
            if rows.num_rows:
                self._writer(name).write_table(_stored(name, rows), _ROWS_PER_GROUP)

    def _writer(self, name: str) -> pq.ParquetWriter:
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(
                self._folder / f"{name}.parquet",
                _STORED[name],
                compression="zstd",
                compression_level=1,
                use_dictionary=_coded_paths(name),
                dictionary_pagesize_limit=_MAX_DICTIONARY,
                # The types of the file, not those of the pieces, are read back.
                store_schema=False,
                write_statistics=False,
            )
        return self._writers[name]


def _stored(name: str, rows: pa.Table) -> pa.Table:
    columns = []
    for item, column in zip(_STORED[name], rows.columns, strict=True):
        is_coded = pa.types.is_dictionary(item.type)
        if is_coded and not pa.types.is_dictionary(column.type):
            column = column.combine_chunks().dictionary_encode()
        columns.append(column.cast(item.type) if column.type != item.type else column)
    return pa.Table.from_arrays(columns, schema=_STORED[name])


def _coded_paths(name: str) -> list[str]:
    """Return the columns of a file that repeat themselves, lists by their items."""
    return [
        f"{item.name}.list.element" if pa.types.is_list(item.type) else item.name
        for item in _STORED[name]
        if pa.types.is_list(item.type) or pa.types.is_dictionary(item.type)
    ]


def write_part(folder: Path, name: str, tables: ClaimTables) -> None:
    """Write the claim tables of one part of an import."""
    with PartWriter(folder / name) as part:
        part.write(tables)


def describe(kept: Import) -> dict[str, Any]:
    """Return an import as an entry of a snapshot's list of sources."""
    place = ", ".join(kept.where) or "its usual place"
    values = asdict(kept)
    # As a crawl calls them: the report on quality reads both.
    values["skipped_examples"] = values.pop("examples")
    return {
        **values,
        "summary": f"{kept.source} from {place}: {kept.records:,} records, "
        f"{kept.claims:,} claims, of {kept.day}",
    }
