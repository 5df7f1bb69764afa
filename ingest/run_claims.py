"""The claims of a run as tables, kept beside its pages so that it is parsed once.

::

    <run>/claims/key                what the tables were made from, and by what
    <run>/claims/report.json        the counts of the parse
    <run>/claims/<table>.parquet    records, claims, aliases

The tables can be made again at any time: they are thrown away whenever pages or the
parser are others than those that made them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from headwater import __version__
from headwater.errors import StorageError
from headwater.graph.claim_tables import SCHEMAS, ClaimTables, to_tables
from headwater.ingest import parse as parsers
from headwater.ingest.documents import RunDirectory
from headwater.ingest.durable import storage_errors, sync_directory
from headwater.ingest.kept_tables import read_kept
from headwater.ingest.report import ParseReport, RunReport
from headwater.ingest.sources import hub

_FORMAT: Final = 1
_FOLDER: Final = "claims"
_TABLES: Final = ("records", "claims", "aliases")
_ROWS: Final = 65_536


@dataclass(frozen=True, slots=True)
class RunClaims:
    """What a run said, and what was counted when it was parsed.

    Attributes
    ----------
    run : RunDirectory
        The run.
    report : ParseReport
        The counts.
    is_kept : bool
        Whether the tables are on disk.
    """

    run: RunDirectory
    report: ParseReport
    is_kept: bool = True

    def tables(self) -> ClaimTables:
        """Return the tables, read anew with every call.

        Raises
        ------
        DamagedRunError
            When they are not kept, and a page is not what was written.
        """
        kept = _read_tables(self.run.path / _FOLDER) if self.is_kept else None
        return kept or _parsed_tables(self.run)


def read_claims(run: RunDirectory) -> RunClaims:
    """Return the claims of a run, parsed only if they are not kept already.

    A directory that cannot be written costs the next call a parse, no more.

    Raises
    ------
    DamagedRunError
        When a page is not what was written.

    Notes
    -----
    Pages are parsed one by one; what is in memory at the end is the Arrow tables.
    """
    key = _key(run)
    folder = run.path / _FOLDER
    report = _read_report(folder, key)
    if report is not None:
        return RunClaims(run, report)
    try:
        return RunClaims(run, _write(run, folder, key))
    except StorageError:
        report = ParseReport()
        for _ in hub.parse(run, report):
            pass
        return RunClaims(run, report, is_kept=False)


def _parsed_tables(run: RunDirectory) -> ClaimTables:
    parts = [to_tables([batch]) for batch in hub.parse(run)]
    tables = {
        name: pa.concat_tables(
            [schema.empty_table(), *(getattr(part, name) for part in parts)]
        )
        for name, schema in SCHEMAS.items()
    }
    return ClaimTables(**tables)


def _key(run: RunDirectory) -> str:
    """Return a digest of all that the claims of a run depend on."""
    state = run.state
    digest = hashlib.sha256(
        f"{_FORMAT} {parser_version()} {state.endpoint} {run.started_day}\n".encode()
    )
    for route in hub.PARSED_ROUTES:
        for header in run.headers(route):
            digest.update(f"{route} {header.sha256}\n".encode())
    return digest.hexdigest()


@cache
def parser_version() -> str:
    """Return what changes with the code that turns pages into claims.

    A number to be raised by hand would be forgotten; the code itself cannot be.
    """
    digest = hashlib.sha256(__version__.encode())
    digest.update(repr([(name, str(SCHEMAS[name])) for name in _TABLES]).encode())
    for place in parsers.__path__:
        for file in sorted(Path(place).glob("*.py")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _write(run: RunDirectory, folder: Path, key: str) -> ParseReport:
    """Parse a run into a folder that is there as a whole or not at all."""
    partial = folder.with_name(f".{_FOLDER}-{os.getpid()}")
    with storage_errors(folder):
        for left in run.path.glob(f".{_FOLDER}-*"):
            shutil.rmtree(left, ignore_errors=True)
        partial.mkdir()
        try:
            report = _write_tables(run, partial)
            (partial / "report.json").write_bytes(orjson.dumps(report.to_dict()))
            (partial / "key").write_text(key)
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
            sync_directory(run.path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return report


def _write_tables(run: RunDirectory, folder: Path) -> ParseReport:
    report = ParseReport()
    writers = {
        name: pq.ParquetWriter(
            folder / f"{name}.parquet",
            SCHEMAS[name],
            compression="zstd",
            write_page_checksum=True,
        )
        for name in _TABLES
    }
    waiting: dict[str, list[pa.Table]] = {name: [] for name in _TABLES}

    def flush(name: str, least: int) -> None:
        parts = waiting[name]
        if sum(part.num_rows for part in parts) >= least:
            if parts:
                writers[name].write_table(pa.concat_tables(parts))
            waiting[name] = []

    try:
        for batch in hub.parse(run, report):
            tables = to_tables([batch])
            for name in _TABLES:
                waiting[name].append(getattr(tables, name))
                flush(name, _ROWS)
        for name in _TABLES:
            flush(name, 0)
    finally:
        for writer in writers.values():
            writer.close()
    return report


def _read_report(folder: Path, key: str) -> ParseReport | None:
    """Return the counts of kept claims, None when there are none that can be used."""
    try:
        if (folder / "key").read_text() != key:
            return None
        for name in _TABLES:
            pq.read_metadata(folder / f"{name}.parquet")
        return ParseReport.from_dict(
            orjson.loads((folder / "report.json").read_bytes())
        )
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException):
        return None  # damaged, or of another format: it is made again


def _read_tables(folder: Path) -> ClaimTables | None:
    """Return kept claims, None when they cannot be read back."""
    if not all((folder / f"{name}.parquet").exists() for name in _TABLES):
        return None
    try:
        return ClaimTables(
            **{
                name: read_kept(folder, name, page_checksum_verification=True)
                for name in SCHEMAS
            }
        )
    except (OSError, ValueError, pa.ArrowException):
        return None


def add_parse(root: Path, report: RunReport) -> None:
    """Add what the pages of a run say to its report, and keep it there."""
    run = RunDirectory.open(root / report.run_id)
    report.parse = read_claims(run).report
    report.write(run.path)
