"""Bulk dumps of the Hub as Parquet files -> claim tables: the whole Hub in a minute.

A dump holds what the list routes gave for every model, dataset or Space on one day, such as
https://huggingface.co/datasets/cfahlgren1/hub-stats. Columns are read where a dump
has them: the eras differ. What a row says is what the crawl of the same record would
have said; only fields that no dump keeps are missing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.errors import ConfigError, ParseError, StorageError
from headwater.graph.claim_tables import SCHEMAS, ClaimTables
from headwater.ingest.links import HUB_ENDPOINT
from headwater.ingest.parse.bulk_columns import COLUMNS, dump_rows
from headwater.ingest.parse.bulk_tables import parse_rows
from headwater.ingest.progress import NullProgress, Progress
from headwater.ingest.report import ParseReport
from headwater.ingest.sources.bulk_survey import DumpSurvey, survey

BATCH_ROWS: Final = 16_384
_PARTS_PER_WORKER: Final = 4
_SPILLED: Final = ("records", "claims", "aliases")


@dataclass(frozen=True, slots=True)
class Dump:
    """What a dump said.

    Attributes
    ----------
    route : str
        ``models``, ``datasets`` or ``spaces``.
    tables : ClaimTables
        Its records and claims, mapped from files in the working directory: these must
        stay until the tables are no longer used.
    report : ParseReport
        What was read, left out and odd.
    day : str
        Day of the dump.
    n_rows : int
        Rows of the dump, repeated and unusable ones included.
    """

    route: str
    tables: ClaimTables
    report: ParseReport
    day: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class _Part:
    """Some row groups of one file, for one worker."""

    route: str
    file: Path
    groups: tuple[int, ...]
    dropped: tuple[int, ...]
    endpoint: str
    day: str
    spill: Path


@dataclass(frozen=True, slots=True)
class _PartResult:
    report: ParseReport
    n_rows: int
    problem: str | None


def read_dump(
    path: Path,
    route: str,
    work_dir: Path,
    *,
    workers: int = 1,
    endpoint: str = HUB_ENDPOINT,
    day: date | None = None,
    progress: Progress | None = None,
) -> Dump:
    """Return what a dump says.

    Of rows for the same repository (the same ``_id``, or the same name where there is
    none) the last usable one counts, as in a crawl.

    Parameters
    ----------
    path : pathlib.Path
        A Parquet file, or a folder with the parts of one dump.
    route : {"models", "datasets", "spaces"}
        What its rows are.
    work_dir : pathlib.Path
        An existing directory for the tables, about 700 bytes a row.
    workers : int
        Processes that parse. More than one needs row groups to share out, and a main
        module that can be imported again, as `multiprocessing` asks.
    endpoint : str
        Address of the Hub that the dump was made from.
    day : datetime.date, optional
        Day of the dump; by default the day of the last change that it knows of.
    progress : Progress, optional
        Told how far it is.

    Raises
    ------
    ConfigError
        When there is no such file, or it has no column ``id``, or the route is
        unknown.
    ParseError
        When a file is no Parquet file, or is damaged.
    StorageError
        When the working directory cannot be written.

    Notes
    -----
    Linear in the rows. Rows are read in batches; besides the survey of ids, about 150
    bytes a row, the memory does not grow with the dump.
    """
    if route not in COLUMNS:
        raise ConfigError(f"a dump is of {', '.join(COLUMNS)}; not of {route!r}")
    files = _parquet_files(path)
    today = datetime.now(UTC).date()
    with _readable(path):
        found = survey(files, route, today)
    dump_day = (day or found.day or today).isoformat()
    shares = _shares(files, found, max(1, workers))
    parts = [
        _Part(route, *share, endpoint, dump_day, work_dir / f"{route}-{at:05d}")
        for at, share in enumerate(shares)
    ]
    report = ParseReport(duplicates=len(found.dropped))
    shown = progress or NullProgress()
    shown.start(route, found.n_rows)
    try:
        for result in _run(parts, workers):
            if result.problem is not None:
                raise ParseError(str(path), result.problem)
            _merge(report, result.report)
            shown.advance(result.n_rows)
    except OSError as error:
        raise StorageError(work_dir, str(error)) from error
    finally:
        shown.finish()
    tables = _mapped([part.spill for part in parts])
    return Dump(route, tables, report, dump_day, found.n_rows)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a file that it cannot read into an error of ours."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        said = str(error).split("\n", 1)[0][:200]
        raise ParseError(str(path), f"no readable Parquet file: {said}") from error


def _parquet_files(path: Path) -> list[Path]:
    files = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    if not files:
        raise ConfigError(f"no Parquet file at {path}")
    return files


def _shares(
    files: Sequence[Path], found: DumpSurvey, workers: int
) -> Iterator[tuple[Path, tuple[int, ...], tuple[int, ...]]]:
    """Yield shares of about equal size: file, row groups, rows to be left out."""
    wanted = max(BATCH_ROWS, found.n_rows // (workers * _PARTS_PER_WORKER) + 1)
    start = 0
    for file in files:
        meta = pq.ParquetFile(file).metadata
        groups: list[int] = []
        rows = 0
        for group in range(meta.num_row_groups):
            groups.append(group)
            rows += meta.row_group(group).num_rows
            if rows >= wanted or group == meta.num_row_groups - 1:
                low, high = np.searchsorted(found.dropped, (start, start + rows))
                dropped = tuple((found.dropped[low:high] - start).tolist())
                yield file, tuple(groups), dropped
                start, groups, rows = start + rows, [], 0


def _run(parts: Sequence[_Part], workers: int) -> Iterator[_PartResult]:
    if workers <= 1 or len(parts) <= 1:
        yield from map(_parse_part, parts)
        return
    # A fork of a process that runs threads, as Arrow's do, may never wake up.
    with ProcessPoolExecutor(
        min(workers, len(parts)), mp_context=get_context("spawn")
    ) as pool:
        yield from pool.map(_parse_part, parts)


class _DamagedError(Exception):
    """A file cannot be read on; unlike a Parquet error it is never one of the disk."""


def _batches(part: _Part) -> Iterator[pa.RecordBatch]:
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


def _parse_part(part: _Part) -> _PartResult:
    """Parse some row groups into files beside `part.spill`."""
    report = ParseReport()
    n_rows = len(part.dropped)
    try:
        with _spill(part.spill) as write, _no_collection():
            for batch in _batches(part):
                rows = dump_rows(part.route, batch)
                write(parse_rows(part.route, rows, part.endpoint, part.day, report))
                n_rows += batch.num_rows
    except _DamagedError as error:
        return _PartResult(report, n_rows, str(error))
    return _PartResult(report, n_rows, None)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the search for cycles: there are none, and it looks at every list."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _spill(stem: Path) -> Iterator[Any]:
    """Give a function that appends tables to the files of a part."""
    writers = {
        name: pa.ipc.new_file(_spill_file(stem, name), SCHEMAS[name])
        for name in _SPILLED
    }

    def write(tables: ClaimTables) -> None:
        for name, writer in writers.items():
            writer.write_table(getattr(tables, name).combine_chunks())

    try:
        yield write
    finally:
        for writer in writers.values():
            writer.close()


def _spill_file(stem: Path, name: str) -> str:
    return f"{stem}.{name}.arrow"


def _mapped(stems: Sequence[Path]) -> ClaimTables:
    tables = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
    for name in _SPILLED:
        parts = [
            pa.ipc.open_file(pa.memory_map(_spill_file(stem, name))).read_all()
            for stem in stems
        ]
        tables[name] = pa.concat_tables([tables[name], *parts])
    return ClaimTables(**tables)


def _merge(report: ParseReport, other: ParseReport) -> None:
    """Add the counts of a part to those of the dump."""
    report.records.update(other.records)
    report.aliases += other.aliases
    for source, relations in other.claims.items():
        report.claims.setdefault(source, type(relations)()).update(relations)
    report.skipped.update(other.skipped)
    report.notes.update(other.notes)
    for own, more in (
        (report.skipped_examples, other.skipped_examples),
        (report.note_examples, other.note_examples),
    ):
        for reason, examples in more.items():
            have = own.setdefault(reason, [])
            have.extend(examples[: max(0, 5 - len(have))])
