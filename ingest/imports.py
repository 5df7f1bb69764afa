"""Imports: claims of sources that are read once, kept until they are read again.

::

    DATA_DIR/imports/<source>-<digest of where it was read>/
        import.json            source, where, day, counts, what was left out
        <part>/*.parquet       the claim tables
    DATA_DIR/downloads/        dumps that are being fetched; gone once they are read

A second import from the same place replaces the first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import orjson

from headwater.config import DEFAULT_MAX_DOWNLOAD_BYTES
from headwater.errors import ConfigError, ParseError
from headwater.graph.claim_tables import SCHEMAS, ClaimTables, concat
from headwater.ingest.durable import storage_errors, sync_directory, write_durably
from headwater.ingest.history import ListedDump
from headwater.ingest.import_readers import READERS
from headwater.ingest.kept_import import Import, Job
from headwater.ingest.kept_tables import read_kept
from headwater.ingest.links import HUB_ENDPOINT
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.progress import NullProgress, Progress

_NOTE: Final = "import.json"


def import_source(
    data_dir: Path,
    source: str,
    where: Sequence[str] = (),
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    endpoint: str = HUB_ENDPOINT,
    max_download_bytes: int = DEFAULT_MAX_DOWNLOAD_BYTES,
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
    endpoint : str
        Address of the Hub that a dump was made from.
    max_download_bytes : int
        A larger dump is not downloaded.

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
            kept = reader(
                Job(
                    partial, places, workers or os.cpu_count() or 1,
                    progress or NullProgress(), endpoint.rstrip("/"),
                    data_dir / "downloads", max_download_bytes,
                )
            )  # fmt: skip
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
    for folder in _kept(data_dir):
        with _damage(folder):
            tables = concat(_read_part(part) for part in sorted(folder.glob("*/")))
        found.append((_read_note(folder), tables))
    return sorted(found, key=lambda item: (item[0].day, item[0].source, item[0].where))


def list_imports(data_dir: Path) -> list[Import]:
    """Return what is known of each import, without its claims.

    Raises
    ------
    ParseError
        When an import is damaged.
    """
    return [_read_note(folder) for folder in _kept(data_dir)]


def listed_dumps(data_dir: Path) -> list[ListedDump]:
    """Return the lists that imported dumps hold, for an update to build on.

    Raises
    ------
    ParseError
        When an import is damaged.
    """
    return [
        ListedDump(kept.origin, route, kept.newest[route], number)
        for kept in list_imports(data_dir)
        for route, number in sorted(kept.listed.items())
        if route in kept.newest
    ]


def _kept(data_dir: Path) -> list[Path]:
    return sorted((data_dir / "imports").glob("[!.]*/"))


def _read_note(folder: Path) -> Import:
    with _damage(folder):
        value = orjson.loads((folder / _NOTE).read_bytes())
        return Import(**{**value, "where": tuple(value["where"])})


@contextmanager
def _damage(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ParseError(
            str(folder),
            f"a damaged import ({error}); import it again, or remove it",
        ) from error


def _read_part(part: Path) -> ClaimTables:
    return ClaimTables(**{name: read_kept(part, name) for name in SCHEMAS})
