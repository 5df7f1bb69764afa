"""Write the files of a snapshot: tables and arrays side by side, hashed as they land."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from headwater.graph.arrays import ARRAYS
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

if TYPE_CHECKING:
    from headwater.graph.compile import SnapshotContent

_WORKERS: Final = 2
# The fastest level: the tables are a third larger than at the default, and written in
# half the time.
_LEVEL: Final = 1
# A dictionary pays where few words repeat; for the rest making one is wasted work. Text
# that comes with one is written with it.
_WIDE: Final = frozenset(
    {"id", "hub_id", "document", "modified", "child", "parent", "revision", "raw",
     "child_as_given", "parent_as_given", "alias", "note", "edge", "node",
     "child_node", "parent_node", "namespace"}
)  # fmt: skip
_NUMBERS: Final = frozenset({"edge", "node", "child_node", "parent_node"})
_DICTIONARY_BYTES: Final = 1 << 27
"""Room for the texts of a part: the default of 1 MiB would write them out row by row."""


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
        paths = sorted(path for path in directory.rglob("*") if path.is_file())
        described = list(pool.map(describe_file, paths))
    names = [path.relative_to(directory).as_posix() for path in paths]
    files = dict(zip(names, described, strict=True))
    content_hash = hashlib.sha256(
        "\n".join(f"{name} {item['sha256']}" for name, item in files.items()).encode()
    ).hexdigest()
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


def _jobs(content: SnapshotContent, directory: Path) -> Iterator[Callable[[], None]]:
    """Yield what has to be written, the longest first."""
    sources = content.tables.sources
    for name in sorted(sources, key=lambda name: -sources[name].n_rows):
        path = directory / "tables" / f"{name}.parquet"
        yield partial(_write_table, path, sources[name])
    for spec in ARRAYS:
        array = content.arrays[spec.name]
        path = directory / "arrays" / f"{spec.name}.npy"
        yield partial(_write_array, path, array, spec.dtype)


def _write_table(path: Path, source: TableParts) -> None:
    parts = source.parts()
    first = next(parts, source.schema.empty_table())
    names = source.schema.names
    words = [
        name
        for name in names
        if name not in _WIDE or _is_coded(first.schema.field(name).type)
    ]
    # Least and greatest of an unsorted text help no reader to skip anything.
    ranged = [name for name in names if name not in _WIDE or name in _NUMBERS]
    with pq.ParquetWriter(
        path, first.schema, compression="zstd", compression_level=_LEVEL,
        use_dictionary=[*words, *(f"{name}.list.element" for name in words)],
        dictionary_pagesize_limit=_DICTIONARY_BYTES, write_statistics=ranged,
        store_schema=False,
    ) as writer:  # fmt: skip
        for part in chain([first], parts):
            writer.write_table(part, row_group_size=max(1, part.num_rows))


def _is_coded(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_list(kind) else kind
    return bool(pa.types.is_dictionary(inner))


def _write_array(path: Path, array: NDArray[Any], dtype: str) -> None:
    np.save(path, np.ascontiguousarray(array, np.dtype(dtype)), allow_pickle=False)


def _describe(name: str, source: TableParts) -> dict[str, Any]:
    meanings = TABLES[name]
    return {
        "rows": source.n_rows,
        "columns": [
            {"name": item.name, "type": str(item.type), "meaning": meanings[item.name]}
            for item in source.schema
        ],
    }
