"""Snapshots that are a layer over another one: an update that is not compiled yet.

::

    snapshots/<id>/
        manifest.json          as of any snapshot; ``base`` names the one below
        layer/*.parquet        the claim tables of what was read since

A layer always lies over a compiled snapshot, never over another layer: a later one holds
what the earlier ones held. Whoever opens it gets the compiled snapshot with an overlay.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from headwater.errors import DamagedSnapshotError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot import (
    FORMAT_VERSION,
    MANIFEST,
    Manifest,
    check_files,
    complete,
    describe_file,
    read_manifest,
    snapshot_id,
)
from headwater.graph.snapshot_use import hold_while_alive

if TYPE_CHECKING:
    from headwater.graph.claim_tables import ClaimTables

_FOLDER: Final = "layer"


def open_graph(directory: Path) -> LineageGraph:
    """Return the graph of a snapshot, be it compiled or a layer over a compiled one.

    Raises
    ------
    DamagedSnapshotError, SnapshotVersionError
        When it, or the one below it, cannot be opened.
    """
    manifest = read_manifest(directory)
    if manifest.base is None:
        return LineageGraph(directory)
    # Arrow and DuckDB, which an overlay needs, take longer to load than a snapshot.
    from headwater.graph.overlay import overlay

    base = open_compiled(directory)
    check_files(directory, manifest)
    graph = overlay(base, _read(directory, manifest))
    graph.manifest = manifest
    hold_while_alive(graph, directory)
    return graph


def open_compiled(directory: Path) -> LineageGraph:
    """Return the graph of the compiled snapshot at a directory, or below it."""
    return LineageGraph(compiled(directory))


def compiled(directory: Path) -> Path:
    """Return the folder of the compiled snapshot at a directory, or below it."""
    base = read_manifest(directory).base
    if base is None:
        return directory
    below = directory.parent / base
    if not (below / MANIFEST).is_file():
        raise DamagedSnapshotError(
            directory / MANIFEST, f"lies over the snapshot {base!r}, which is gone"
        )
    return below


def write_layer(
    tables: ClaimTables,
    base: Manifest,
    directory: Path,
    created: datetime,
    sources: list[dict[str, Any]],
) -> Manifest:
    """Write a layer into an empty directory and sync it to disk.

    Parameters
    ----------
    tables : ClaimTables
        What was read since the base was compiled.
    base : Manifest
        Of the compiled snapshot that it lies over.
    directory : pathlib.Path
        Where to write.
    created : datetime.datetime
        Date of the layer.
    sources : list of dict
        All sources, those of the base among them.
    """
    import pyarrow.parquet as pq

    from headwater.graph.claim_tables import SCHEMAS, plain_table

    (directory / _FOLDER).mkdir(parents=True)
    files: dict[str, dict[str, Any]] = {}
    for name in SCHEMAS:
        rows = getattr(tables, name)
        if not rows.num_rows:
            continue
        path = directory / _FOLDER / f"{name}.parquet"
        pq.write_table(plain_table(rows), path, compression="zstd")
        files[f"{_FOLDER}/{name}.parquet"] = describe_file(path)
    listed = [f"{name} {item['sha256']}" for name, item in sorted(files.items())]
    text = "\n".join([base.content_sha256, *listed])
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    manifest = Manifest(
        id=snapshot_id(created, content_hash),
        format_version=FORMAT_VERSION,
        created=created.isoformat(timespec="seconds"),
        content_sha256=content_hash,
        counts={
            **base.counts,
            "layer": {
                "records": tables.records.num_rows, "claims": tables.claims.num_rows,
            },
        },
        sources=sources,
        files=files,
        tables=base.tables,
        base=base.id,
    )  # fmt: skip
    complete(directory, manifest)
    return manifest


def _read(directory: Path, manifest: Manifest) -> ClaimTables:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from headwater.graph.claim_tables import SCHEMAS, ClaimTables

    tables = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
    for name in manifest.files:
        path = directory / name
        try:
            tables[path.stem] = pq.read_table(path).cast(SCHEMAS[path.stem])
        except (OSError, KeyError, ValueError, pa.ArrowException) as error:
            raise DamagedSnapshotError(path, f"cannot be read ({error})") from error
    return ClaimTables(**tables)
