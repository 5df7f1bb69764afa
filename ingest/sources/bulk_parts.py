"""One share of a bulk dump: read, parsed and kept, in whichever process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.graph.claim_tables import ClaimTables, to_tables
from headwater.graph.claims import ClaimBatch
from headwater.ingest.kept_import import PartWriter
from headwater.ingest.parse.bulk_columns import COLUMNS, dump_rows
from headwater.ingest.parse.bulk_tables import parse_rows
from headwater.ingest.report import ParseReport

BATCH_ROWS: Final = 65_536
_MOMENT: Final = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d"


@dataclass(frozen=True, slots=True)
class Part:
    """Some row groups of one file, and the folder for what they say.

    Attributes
    ----------
    route : str
        What the rows are.
    file : pathlib.Path
        The Parquet file.
    groups : tuple of int
        Its row groups.
    dropped : tuple of int, ascending
        Rows that a later row replaces, counted from the first of these groups.
    endpoint, day : str
        Address of the Hub, and day of the dump.
    folder : pathlib.Path
        Where the tables go; it is made.
    """

    route: str
    file: Path
    groups: tuple[int, ...]
    dropped: tuple[int, ...]
    endpoint: str
    day: str
    folder: Path


@dataclass(slots=True)
class PartResult:
    """What one share said: counts, and the last change it knows of.

    `problem` says why it could not be read to its end, if so.
    """

    report: ParseReport = field(default_factory=ParseReport)
    n_rows: int = 0
    n_records: int = 0
    n_claims: int = 0
    newest: str | None = None
    problem: str | None = None


class _DamagedError(Exception):
    """A file cannot be read on; unlike a Parquet error it is never one of the disk."""


def parse_part(part: Part) -> PartResult:
    """Parse some row groups and keep what they say in the folder of the part.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    found = PartResult(n_rows=len(part.dropped))
    try:
        with PartWriter(part.folder) as writer, _no_collection():
            others = ClaimBatch()
            for batch in _batches(part):
                rows = dump_rows(part.route, batch)
                ordinary, more = parse_rows(
                    part.route, rows, part.endpoint, part.day, found.report
                )
                _keep(writer, found, ordinary)
                others.extend(more)
                if len(others.records) + len(others.claims) > BATCH_ROWS:
                    _keep(writer, found, to_tables([others]))
                    others = ClaimBatch()
                found.n_rows += batch.num_rows
            _keep(writer, found, to_tables([others]))
    except _DamagedError as error:
        found.problem = str(error)
    return found


def _keep(writer: PartWriter, found: PartResult, tables: ClaimTables) -> None:
    writer.write(tables)
    found.n_records += tables.records.num_rows
    found.n_claims += tables.claims.num_rows
    newest = _newest_change(tables.records)
    found.newest = max(filter(None, (found.newest, newest)), default=None)


def _newest_change(records: pa.Table) -> str | None:
    """Return the last change that records know of; what lies ahead is nobody's word."""
    column = records["modified"]
    sound = pc.and_(
        pc.match_substring_regex(column, _MOMENT),
        pc.less_equal(column, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")),
    )
    newest: str | None = pc.max(column.filter(sound)).as_py()
    return newest


def _batches(part: Part) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a part, without the rows that a later row replaces."""
    dropped = np.array(part.dropped, np.int64)
    start = 0
    try:
        file = pq.ParquetFile(part.file)
        names = [
            name for name in COLUMNS[part.route] if name in file.schema_arrow.names
        ]
        batches = file.iter_batches(
            BATCH_ROWS, row_groups=part.groups, columns=names, use_threads=False
        )
        for batch in batches:
            low, high = np.searchsorted(dropped, (start, start + batch.num_rows))
            kept = np.ones(batch.num_rows, np.bool_)
            kept[dropped[low:high] - start] = False
            start += batch.num_rows
            yield batch if high == low else batch.filter(pa.array(kept))
    except (pa.ArrowException, OSError) as error:
        said = str(error).split("\n", 1)[0][:200]
        raise _DamagedError(f"damaged Parquet file {part.file}: {said}") from error


@contextmanager
def _no_collection() -> Iterator[Any]:
    """Pause the search for cycles: there are none, and it looks at every list."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
