"""A snapshot on disk: immutable, dated, checksummed, self-describing.

::

    snapshots/<id>/
        manifest.json          format, date, sources, counts, checksums, columns
        vocabulary.json        words behind codes, friendly names, families
        tables/*.parquet       the public tables
        arrays/*.npy           topology and columns, memory-mapped

Only the manifest bears the date of compilation: equal claims give equal tables and
arrays, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.errors import DamagedSnapshotError, SnapshotVersionError
from headwater.graph.arrays import ARRAYS
from headwater.graph.compile import SnapshotContent
from headwater.graph.data_dictionary import TABLES

FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
VOCABULARY: Final = "vocabulary.json"
_SEAL: Final = ".verified"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot says of itself.

    Attributes
    ----------
    id : str
        Name of the snapshot's folder.
    format_version : int
        Layout of the files; checked on open.
    created : str
        Moment of compilation, ISO 8601, UTC.
    content_sha256 : str
        Hash over the checksums of all other files: equal claims, equal hash.
    counts : dict
        Nodes, edges and claims by kind, relation and source, and what was odd.
    sources : list of dict
        Each source with its documents, dates, coverage and skips.
    files : dict
        Relative path -> ``{"sha256", "bytes"}``.
    tables : dict
        Table -> rows, and columns with type and meaning.
    """

    id: str
    format_version: int
    created: str
    content_sha256: str
    counts: dict[str, Any]
    sources: list[dict[str, Any]]
    files: dict[str, dict[str, Any]]
    tables: dict[str, Any]


def write_snapshot(
    content: SnapshotContent,
    directory: Path,
    created: datetime,
    sources: list[dict[str, Any]],
) -> Manifest:
    """Write all files of a snapshot into an empty directory and sync them to disk."""
    (directory / "tables").mkdir(parents=True)
    (directory / "arrays").mkdir()
    for name, table in content.tables.items():
        pq.write_table(
            table, directory / "tables" / f"{name}.parquet",
            compression="zstd", row_group_size=262_144, store_schema=True,
        )  # fmt: skip
    for spec in ARRAYS:
        array = np.ascontiguousarray(content.arrays[spec.name], np.dtype(spec.dtype))
        np.save(directory / "arrays" / f"{spec.name}.npy", array, allow_pickle=False)
    _write_json(directory / VOCABULARY, content.vocabulary)
    files = {
        path.relative_to(directory).as_posix(): {
            "sha256": _sha256(path), "bytes": path.stat().st_size,
        }
        for path in sorted(directory.rglob("*")) if path.is_file()
    }  # fmt: skip
    content_hash = hashlib.sha256(
        "\n".join(f"{name} {item['sha256']}" for name, item in files.items()).encode()
    ).hexdigest()
    manifest = Manifest(
        id=f"{created:%Y%m%dT%H%M%SZ}-{content_hash[:8]}",
        format_version=FORMAT_VERSION,
        created=created.isoformat(timespec="seconds"),
        content_sha256=content_hash,
        counts=content.counts,
        sources=sources,
        files=files,
        tables={name: _describe(name, table) for name, table in content.tables.items()},
    )
    _write_json(
        directory / MANIFEST,
        {key: getattr(manifest, key) for key in manifest.__slots__},
    )
    for path in directory.rglob("*"):
        _sync(path)
    _seal(directory, files)
    return manifest


def _describe(name: str, table: pa.Table) -> dict[str, Any]:
    meanings: Mapping[str, str] = TABLES[name]
    return {
        "rows": table.num_rows,
        "columns": [
            {"name": item.name, "type": str(item.type), "meaning": meanings[item.name]}
            for item in table.schema
        ],
    }


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_manifest(directory: Path) -> Manifest:
    """Return the manifest of a snapshot.

    Raises
    ------
    DamagedSnapshotError
        When it is missing or no manifest.
    SnapshotVersionError
        When its format is not the one that this version reads.
    """
    path = directory / MANIFEST
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        version = value["format_version"]
    except FileNotFoundError as error:
        raise DamagedSnapshotError(path, "is missing") from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise DamagedSnapshotError(path, f"cannot be read ({error})") from error
    if version != FORMAT_VERSION:
        raise SnapshotVersionError(directory, version, FORMAT_VERSION)
    try:
        return Manifest(**{key: value[key] for key in Manifest.__slots__})
    except KeyError as error:
        raise DamagedSnapshotError(path, f"lacks {error}") from error


def check_files(directory: Path, manifest: Manifest, *, thorough: bool = False) -> None:
    """Check the files of a snapshot against its manifest.

    Every open compares size and time of change with what was recorded when the file was
    last hashed; a file that differs is hashed again. `thorough` hashes all.

    Raises
    ------
    DamagedSnapshotError
        Names the first file that is missing or differs.
    """
    sealed = {} if thorough else _read_seal(directory)
    for name, expected in manifest.files.items():
        path = directory / name
        try:
            stat = path.stat()
        except OSError as error:
            raise DamagedSnapshotError(path, "is missing") from error
        if stat.st_size != expected["bytes"]:
            raise DamagedSnapshotError(
                path, f"has {stat.st_size} bytes instead of {expected['bytes']}"
            )
        if sealed.get(name) != [stat.st_mtime_ns, expected["sha256"]] and (
            _sha256(path) != expected["sha256"]
        ):
            raise DamagedSnapshotError(path, "does not match its checksum")
    if not sealed:
        _seal(directory, manifest.files)


def _seal(directory: Path, files: Mapping[str, dict[str, Any]]) -> None:
    """Note when each file was found to be right; a cache, so failing is harmless."""
    value = {
        name: [(directory / name).stat().st_mtime_ns, item["sha256"]]
        for name, item in files.items()
    }
    try:
        (directory / _SEAL).write_text(json.dumps(value), encoding="utf-8")
    except OSError:
        return


def _read_seal(directory: Path) -> dict[str, Any]:
    try:
        value = json.loads((directory / _SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
