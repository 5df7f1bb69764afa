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
from typing import TYPE_CHECKING, Any, Final

from headwater.errors import DamagedSnapshotError, SnapshotVersionError

if TYPE_CHECKING:
    from headwater.graph.compile import SnapshotContent

FORMAT_VERSION: Final = 2
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
    base : str or None
        The compiled snapshot that this one is a layer over, see
        :mod:`headwater.graph.layers`; None for a compiled one.
    """

    id: str
    format_version: int
    created: str
    content_sha256: str
    counts: dict[str, Any]
    sources: list[dict[str, Any]]
    files: dict[str, dict[str, Any]]
    tables: dict[str, Any]
    base: str | None = None


def write_snapshot(
    content: SnapshotContent,
    directory: Path,
    created: datetime,
    sources: list[dict[str, Any]],
) -> Manifest:
    """Write all files of a snapshot into an empty directory and sync them to disk."""
    # Whoever only reads a snapshot shall not wait for the import of Arrow.
    from headwater.graph.snapshot_writer import write_files

    return write_files(content, directory, created, sources)


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON with sorted keys."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def describe_file(path: Path) -> dict[str, Any]:
    """Return what a manifest says of a file."""
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def snapshot_id(created: datetime, content_sha256: str) -> str:
    """Return the name of a snapshot: names are in the order of creation."""
    return f"{created:%Y%m%dT%H%M%SZ}-{content_sha256[:8]}"


def complete(directory: Path, manifest: Manifest) -> None:
    """Write the manifest beside the files that it lists, and sync all to the disk."""
    value = {key: getattr(manifest, key) for key in Manifest.__slots__}
    write_json(directory / MANIFEST, value)
    for path in directory.rglob("*"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    seal(directory, manifest.files)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        known = {key: value[key] for key in Manifest.__slots__ if key != "base"}
        return Manifest(**known, base=_base_of(value, path))
    except KeyError as error:
        raise DamagedSnapshotError(path, f"lacks {error}") from error


def _base_of(value: dict[str, Any], path: Path) -> str | None:
    base = value.get("base")
    if base is None:
        return None
    if not isinstance(base, str) or "/" in base or base.startswith("."):
        raise DamagedSnapshotError(path, f"names no snapshot as its base: {base!r:.80}")
    return base


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
            sha256_of(path) != expected["sha256"]
        ):
            raise DamagedSnapshotError(path, "does not match its checksum")
    if not sealed:
        seal(directory, manifest.files)


def seal(directory: Path, files: Mapping[str, dict[str, Any]]) -> None:
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
