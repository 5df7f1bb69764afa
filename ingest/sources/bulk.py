"""Bulk dumps of the Hub as Parquet files -> kept claims: the whole Hub in a minute.

A dump holds what the list routes gave for every model, dataset or Space on one day, such as
https://huggingface.co/datasets/cfahlgren1/hub-stats. Columns are read where a dump
has them: the eras differ. What a row says is what the crawl of the same record would
have said; only fields that no dump keeps are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.errors import ConfigError, ParseError, StorageError
from headwater.ingest.links import HUB_ENDPOINT
from headwater.ingest.parse.bulk_columns import COLUMNS
from headwater.ingest.progress import NullProgress, Progress
from headwater.ingest.report import ParseReport
from headwater.ingest.sources.bulk_parts import Part, PartResult
from headwater.ingest.sources.bulk_survey import DumpSurvey, survey
from headwater.ingest.sources.bulk_workers import Workers

MIN_ROWS: Final = 16_384
_PARTS_PER_WORKER: Final = 16  # so that no worker is long alone with the last one


@dataclass(frozen=True, slots=True)
class Dump:
    """What a dump said.

    Attributes
    ----------
    route : str
        ``models``, ``datasets`` or ``spaces``.
    report : ParseReport
        What was read, left out and odd.
    day : str
        Day of the dump.
    n_rows : int
        Rows of the dump, repeated and unusable ones included.
    n_records, n_claims : int
        Rows of the tables that are kept.
    newest : str or None
        The last change that a record knows of, as the Hub writes it.
    """

    route: str
    report: ParseReport
    day: str
    n_rows: int
    n_records: int
    n_claims: int
    newest: str | None


def read_dump(
    path: Path,
    route: str,
    folder: Path,
    *,
    stem: str = "",
    workers: Workers | None = None,
    endpoint: str = HUB_ENDPOINT,
    day: date | None = None,
    progress: Progress | None = None,
) -> Dump:
    """Read a dump and keep what it says as parts of an import.

    Of rows for the same repository (the same ``_id``, or the same name where there is
    none) the last usable one counts, as in a crawl.

    Parameters
    ----------
    path : pathlib.Path
        A Parquet file, or a folder with the parts of one dump.
    route : {"models", "datasets", "spaces"}
        What its rows are.
    folder : pathlib.Path
        An existing directory: the claim tables go to ``<stem><route>-<number>/`` in it,
        about 150 bytes a row.
    stem : str
        What the names of these begin with.
    workers : Workers, optional
        Processes that parse; by default this one. More than one need row groups to
        share out.
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
        When the directory cannot be written.
    IngestError
        When a process that parses was ended from outside.

    Notes
    -----
    Linear in the rows. Rows are read in batches and kept batch by batch; besides the
    survey of ids, about 30 bytes a row, the memory does not grow with the dump.
    """
    if route not in COLUMNS:
        raise ConfigError(f"a dump is of {', '.join(COLUMNS)}; not of {route!r}")
    files = _parquet_files(path)
    workers = workers or Workers(1)
    today = datetime.now(UTC).date()
    with _readable(path):
        if sum(pq.read_metadata(file).num_rows for file in files) > MIN_ROWS:
            workers.start()  # they load their modules in the meantime
        found = survey(files, route, today)
    dump_day = (day or found.day or today).isoformat()
    parts = [
        Part(route, *share, endpoint, dump_day, folder / f"{stem}{route}-{at:05d}")
        for at, share in enumerate(_shares(files, found, workers.number))
    ]
    whole = PartResult(ParseReport(duplicates=len(found.dropped)))
    shown = progress or NullProgress()
    shown.start(route, found.n_rows)
    try:
        for result in workers.parse(parts):
            if result.problem is not None:
                raise ParseError(str(path), result.problem)
            _merge(whole, result)
            shown.advance(result.n_rows)
    except OSError as error:
        raise StorageError(folder, str(error)) from error
    finally:
        shown.finish()
    return Dump(
        route, whole.report, dump_day, found.n_rows, whole.n_records, whole.n_claims,
        whole.newest,
    )  # fmt: skip


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
    wanted = max(MIN_ROWS, found.n_rows // (workers * _PARTS_PER_WORKER) + 1)
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


def _merge(whole: PartResult, part: PartResult) -> None:
    """Add the counts of a part to those of the dump."""
    whole.n_records += part.n_records
    whole.n_claims += part.n_claims
    whole.newest = max(filter(None, (whole.newest, part.newest)), default=None)
    report, other = whole.report, part.report
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
