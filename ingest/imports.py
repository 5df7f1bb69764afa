"""Imports: claims of sources that are read once, kept until they are read again.

::

    DATA_DIR/imports/<source>-<digest of where it was read>/
        import.json            source, where, day, counts, what was left out
        <part>/*.parquet       the claim tables

A second import from the same place replaces the first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.errors import ConfigError, ParseError
from headwater.graph.claim_tables import SCHEMAS, ClaimTables, concat, to_tables
from headwater.graph.claims import ClaimBatch
from headwater.ingest.durable import storage_errors, sync_directory, write_durably
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.progress import NullProgress, Progress
from headwater.ingest.sources.bulk import read_dump
from headwater.ingest.sources.bulk_files import guess_route, locate_dump
from headwater.ingest.sources.ecosystem_graphs import read_ecosystem_graphs
from headwater.ingest.sources.local import default_cache, read_local
from headwater.ingest.sources.mteb import read_mteb
from headwater.ingest.sources.names import load_names
from headwater.ingest.sources.osai_index import read_osai_index

FORMAT_VERSION: Final = 1
_NOTE: Final = "import.json"


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
    version: int = FORMAT_VERSION


def import_source(
    data_dir: Path,
    source: str,
    where: Sequence[str] = (),
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Import:
    """Read a source and keep its claims in the data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
        Where claims are kept.
    source : str
        One of :data:`READERS`.
    where : sequence of str
        Paths; for ``bulk`` also addresses. ``local`` without any reads the Hub's cache.
    workers : int, optional
        Processes that parse a dump; by default one a core.
    progress : Progress, optional
        Told how far it is.

    Raises
    ------
    ConfigError
        When there is no such source or nothing at a path.
    ParseError, FetchError, StorageError, StoreLockedError
        As the sources and the disk have it.
    """
    reader = READERS.get(source)
    if reader is None:
        raise ConfigError(
            f"no source {source!r} to import; there are {', '.join(READERS)}"
        )
    places = tuple(where)
    digest = hashlib.sha256("\n".join(places).encode()).hexdigest()[:12]
    root = data_dir / "imports"
    final = root / f"{source}-{digest}"
    with exclusive_lock(root / "import.lock"), storage_errors(root):
        partial = root / f".partial-{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            kept = reader(partial, places, workers or os.cpu_count() or 1, progress)
            write_durably(partial / _NOTE, orjson.dumps(asdict(kept)))
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
            sync_directory(root)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return kept


def read_imports(data_dir: Path) -> list[tuple[Import, ClaimTables]]:
    """Return all imports with their claims, by day, then place.

    Raises
    ------
    ParseError
        When an import is damaged; the message says which to make again.
    """
    found = []
    for folder in sorted((data_dir / "imports").glob("[!.]*/")):
        note = folder / _NOTE
        try:
            value = orjson.loads(note.read_bytes())
            kept = Import(**{**value, "where": tuple(value["where"])})
            tables = concat(_read_part(part) for part in sorted(folder.glob("*/")))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ParseError(
                str(folder),
                f"a damaged import ({error}); import it again, or remove it",
            ) from error
        found.append((kept, tables))
    return sorted(found, key=lambda item: (item[0].day, item[0].source, item[0].where))


def _write_part(folder: Path, name: str, tables: ClaimTables) -> None:
    part = folder / name
    part.mkdir()
    for table in SCHEMAS:
        rows = getattr(tables, table)
        if rows.num_rows:
            pq.write_table(rows, part / f"{table}.parquet", compression="zstd")


def _read_part(part: Path) -> ClaimTables:
    tables: dict[str, pa.Table] = {}
    for name, schema in SCHEMAS.items():
        path = part / f"{name}.parquet"
        table = pq.read_table(path) if path.exists() else schema.empty_table()
        tables[name] = table.cast(schema)
    return ClaimTables(**tables)


def _keep(
    folder: Path,
    source: str,
    where: tuple[str, ...],
    batches: Iterable[ClaimBatch],
    unresolved: Iterable[str] = (),
) -> Import:
    """Write batches and count them."""
    whole = ClaimBatch()
    for batch in batches:
        whole.extend(batch)
    _write_part(folder, "claims", to_tables([whole]))
    day = max((record.seen for record in whole.records), default=_today())
    return Import(
        source, where, day, len(whole.records), len(whole.claims), dict(whole.skipped),
        whole.examples, tuple(sorted(unresolved)[:1000]),
    )  # fmt: skip


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _folders(where: Sequence[str], source: str) -> list[Path]:
    if not where:
        raise ConfigError(f"{source} needs a path; see: headwater sources")
    return [Path(place).expanduser() for place in where]


def _bulk(
    folder: Path, where: tuple[str, ...], workers: int, progress: Progress | None
) -> Import:
    records = claims = 0
    skipped: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    days = []
    if not where:
        raise ConfigError(
            "bulk needs the path or address of a dump; see: headwater sources"
        )
    for number, address in enumerate(where):
        route = guess_route(address)
        if route is None:
            raise ConfigError(
                f"{address} does not say what it holds; name the file models.parquet or "
                "datasets.parquet, or put it into a folder of that name"
            )
        work = folder / f".work-{number}"
        work.mkdir()
        dump = read_dump(
            locate_dump(address, work), route, work, workers=workers,
            progress=progress or NullProgress(),
        )  # fmt: skip
        _write_part(folder, f"{number:03d}-{route}", dump.tables)
        records += dump.tables.records.num_rows
        claims += dump.tables.claims.num_rows
        skipped.update(dump.report.skipped)
        for reason, shown in dump.report.skipped_examples.items():
            examples.setdefault(reason, []).extend(shown)
        days.append(dump.day)
        shutil.rmtree(work)
    few = {reason: listed[:5] for reason, listed in examples.items()}
    return Import("bulk", where, max(days), records, claims, dict(skipped), few)


def _local(
    folder: Path, where: tuple[str, ...], workers: int, progress: Progress | None
) -> Import:
    paths = [Path(place).expanduser() for place in where] or [default_cache()]
    return _keep(folder, "local", where, read_local(paths))


def _ecosystem_graphs(
    folder: Path, where: tuple[str, ...], workers: int, progress: Progress | None
) -> Import:
    names = load_names()
    graphs = [
        read_ecosystem_graphs(path, names)
        for path in _folders(where, "ecosystem-graphs")
    ]
    stubs = [name for graph in graphs for name in graph.unresolved]
    return _keep(
        folder, "ecosystem-graphs", where, [graph.batch for graph in graphs], stubs
    )


def _osai_index(
    folder: Path, where: tuple[str, ...], workers: int, progress: Progress | None
) -> Import:
    names = load_names()
    indices = [read_osai_index(path, names) for path in _folders(where, "osai-index")]
    stubs = [name for index in indices for name in index.unresolved]
    return _keep(folder, "osai-index", where, [index.batch for index in indices], stubs)


def _mteb(
    folder: Path, where: tuple[str, ...], workers: int, progress: Progress | None
) -> Import:
    paths = [Path(place).expanduser() for place in where]
    batches = [read_mteb(path) for path in paths] if paths else [read_mteb()]
    return _keep(folder, "mteb", where, batches)


_Reader = Callable[[Path, tuple[str, ...], int, Progress | None], Import]

READERS: Final[dict[str, _Reader]] = {
    "bulk": _bulk, "local": _local, "ecosystem-graphs": _ecosystem_graphs,
    "osai-index": _osai_index, "mteb": _mteb,
}  # fmt: skip
"""Sources that are imported; the Hub itself is crawled."""


def describe(kept: Import) -> dict[str, Any]:
    """Return an import as an entry of a snapshot's list of sources."""
    place = ", ".join(kept.where) or "its usual place"
    return {
        **asdict(kept),
        "summary": f"{kept.source} from {place}: {kept.records:,} records, "
        f"{kept.claims:,} claims, of {kept.day}",
    }
