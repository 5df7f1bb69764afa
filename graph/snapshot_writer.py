"""Write the files of a snapshot: tables and arrays side by side, hashed as they land."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.arrays import ARRAYS, ArraySpec
from headwater.graph.columns import TableParts
from headwater.graph.data_dictionary import TABLES
from headwater.graph.snapshot import (
    FORMAT_VERSION,
    VOCABULARY,
    Manifest,
    complete,
    describe_file,
    snapshot_id,
    write_json,
)
from headwater.graph.table_writer import write_table

if TYPE_CHECKING:
    from headwater.graph.compile import SnapshotContent

_WORKERS: Final = 2


def write_files(
    content: SnapshotContent,
    directory: Path,
    created: datetime,
    sources: list[dict[str, Any]],
) -> Manifest:
    """Write all files of a snapshot into an empty directory and sync them to disk."""
    (directory / "tables").mkdir(parents=True)
    (directory / "arrays").mkdir()
    write_json(directory / VOCABULARY, content.vocabulary)
    with ThreadPoolExecutor(_WORKERS) as pool:
        running = [pool.submit(job) for job in _jobs(content, directory)]
        for future in running:
            future.result()
    files = describe_files(directory)
    content_hash = hash_of(files)
    manifest = Manifest(
        id=snapshot_id(created, content_hash),
        format_version=FORMAT_VERSION,
        created=created.isoformat(timespec="seconds"),
        content_sha256=content_hash,
        counts=content.counts,
        sources=sources,
        files=files,
        tables={
            name: _describe(name, source)
            for name, source in content.tables.sources.items()
        },
    )
    complete(directory, manifest)
    return manifest


def describe_files(directory: Path) -> dict[str, dict[str, Any]]:
    """Return what a manifest says of the files in a directory, by name."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    with ThreadPoolExecutor(_WORKERS) as pool:
        described = list(pool.map(describe_file, paths))
    names = [path.relative_to(directory).as_posix() for path in paths]
    return dict(zip(names, described, strict=True))


def hash_of(files: Mapping[str, dict[str, Any]]) -> str:
    """Return the hash of the content that files with these checksums are."""
    lines = [f"{name} {item['sha256']}" for name, item in files.items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def write_arrays(directory: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays of a snapshot."""
    for spec in ARRAYS:
        _write_array(directory / "arrays" / f"{spec.name}.npy", arrays[spec.name], spec)


def _jobs(content: SnapshotContent, directory: Path) -> Iterator[Callable[[], object]]:
    """Yield what has to be written, the longest first."""
    sources = content.tables.sources
    for name in sorted(sources, key=lambda name: -sources[name].n_rows):
        path = directory / "tables" / f"{name}.parquet"
        source = sources[name]
        yield partial(write_table, path, name, source.schema, source.parts())
    for spec in ARRAYS:
        path = directory / "arrays" / f"{spec.name}.npy"
        yield partial(_write_array, path, content.arrays[spec.name], spec)


def _write_array(path: Path, array: NDArray[Any], spec: ArraySpec) -> None:
    stored = np.ascontiguousarray(array, np.dtype(spec.dtype))
    np.save(path, stored, allow_pickle=False)


def _describe(name: str, source: TableParts) -> dict[str, Any]:
    meanings = TABLES[name]
    return {
        "rows": source.n_rows,
        "columns": [
            {"name": item.name, "type": str(item.type), "meaning": meanings[item.name]}
            for item in source.schema
        ],
    }
