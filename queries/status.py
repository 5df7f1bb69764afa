"""What is in the snapshot: size, sources, coverage, age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot import check_files, read_manifest
from headwater.queries.results import Result


@dataclass(frozen=True, slots=True)
class Status(Result):
    """A snapshot in figures; see :class:`headwater.graph.snapshot.Manifest`."""

    snapshot: str
    directory: str
    created: str
    format_version: int
    content_sha256: str
    n_bytes: int
    verified: bool
    counts: dict[str, Any]
    sources: list[dict[str, Any]]


def status(graph: LineageGraph, *, verify: bool = False) -> Status:
    """Return what the open snapshot holds; `verify` hashes every file first.

    Raises
    ------
    DamagedSnapshotError
        When a file does not match its checksum.
    """
    manifest = graph.manifest
    if verify:
        folders = [graph.directory]
        if manifest.base is not None:
            folders.append(graph.directory.parent / manifest.id)
        for folder in folders:
            check_files(folder, read_manifest(folder), thorough=True)
    return Status(
        snapshot=manifest.id,
        directory=str(graph.directory),
        created=manifest.created,
        format_version=manifest.format_version,
        content_sha256=manifest.content_sha256,
        n_bytes=sum(int(item["bytes"]) for item in manifest.files.values()),
        verified=verify,
        counts=manifest.counts,
        sources=manifest.sources,
    )
