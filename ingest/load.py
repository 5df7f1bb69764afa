"""Load: everything that was read -> one snapshot, published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from headwater.graph.claim_tables import ClaimTables, put_together, to_tables
from headwater.graph.claims import ClaimBatch
from headwater.graph.compile import compile_snapshot
from headwater.graph.snapshot import Manifest
from headwater.graph.store import SnapshotStore
from headwater.ingest.documents import RunDirectory, find_runs
from headwater.ingest.history import is_full_pass
from headwater.ingest.imports import read_imports
from headwater.ingest.kept_import import describe
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.merge import Merged, Reading, merge_readings
from headwater.ingest.parse.hub_records import ROUTE_KINDS
from headwater.ingest.report import ParseReport
from headwater.ingest.run_claims import RunClaims, read_claims
from headwater.ingest.sources import hub
from headwater.ingest.sources.catalog import (
    CatalogDocument,
    load_catalog,
    read_packaged,
    read_private,
)
from headwater.ingest.sources.hub_details import route_of


def build(
    data_dir: Path,
    *,
    catalogs: Iterable[Path] = (),
    packaged: bool = True,
    created: datetime | None = None,
) -> Manifest:
    """Compile the catalogue, all crawls and all imports into a snapshot; publish it.

    Nothing is fetched. Of a document that several crawls read, the newest version
    counts; its claims keep the day on which they were first seen. What the newest
    complete pass over a list no longer shows is kept, with the state ``gone``.

    Parameters
    ----------
    data_dir : pathlib.Path
        Where runs are read and the snapshot is published.
    catalogs : iterable of pathlib.Path
        Catalogue files of the user's own.
    packaged : bool
        Whether to include the packaged catalogue.
    created : datetime, optional
        Date of the snapshot; now by default.

    Raises
    ------
    CatalogError
        When a catalogue file breaks a rule.
    StoreLockedError, StorageError
        When the directory is in use or cannot be written.
    """
    with exclusive_lock(data_dir / "build.lock"):
        parts: list[ClaimTables] = []
        sources: list[dict[str, Any]] = []
        documents = [*(read_packaged() if packaged else ()), *read_private(catalogs)]
        if documents:
            batch = load_catalog(documents)
            parts.append(to_tables([batch]))
            sources.append(_catalog_source(batch, documents))
        merged, read = _readings(data_dir)
        sources += read
        parts.append(merged.tables)
        del merged  # or its columns could not be let go of one by one
        content = compile_snapshot(put_together(parts))
        store = SnapshotStore(data_dir)
        return store.publish(content, sources, created or datetime.now(UTC))


def _readings(data_dir: Path) -> tuple[Merged, list[dict[str, Any]]]:
    """Return what crawls and imports say together, and an account of each."""
    readings: list[Reading] = []
    sources: list[dict[str, Any]] = []
    for run in find_runs(data_dir / "runs", hub.SOURCE):
        own = read_claims(run)
        readings.append(reading_of(run, own))
        sources.append(run_source(run, own.report))
    for kept, tables in read_imports(data_dir):
        readings.append(Reading(partial(_given, tables), kept.moment))
        sources.append(describe(kept))
    merged = merge_readings(sorted(readings, key=lambda reading: reading.moment))
    if merged.gone or merged.doubted or merged.renamed:
        sources.append(_absence(merged))
    return merged, sources


def _given(tables: ClaimTables) -> ClaimTables:
    return tables


def _listed(run: RunDirectory, report: ParseReport) -> dict[str, int]:
    """Return the kinds of which a run read the whole list, and how many these were."""
    return {
        kind: report.records[kind]
        for route, kind in ROUTE_KINDS.items()
        if is_full_pass(run, route)
    }


def reading_of(run: RunDirectory, claims: RunClaims) -> Reading:
    """Return a run as something to be merged with others."""
    asked = run.state.asked
    looks = asked and run.state.options.get("files") is True
    return Reading(
        claims.tables,
        run.state.started,
        "" if asked else run.state.endpoint,
        _listed(run, claims.report),
        frozenset(item.id for item in asked) if looks else frozenset(),
    )


def _absence(merged: Merged) -> dict[str, Any]:
    """Return what the comparison of several crawls brought to light."""
    gone = sum(merged.gone.values())
    doubted = sum(merged.doubted.values())
    texts = [
        f"{gone:,} gone" if gone else "",
        f"{merged.renamed:,} renamed" if merged.renamed else "",
        f"{doubted:,} no longer listed, too many to be believed" if doubted else "",
    ]
    return {
        "source": "comparison",
        "gone": dict(sorted(merged.gone.items())),
        "doubted": dict(sorted(merged.doubted.items())),
        "renamed": merged.renamed,
        "summary": "crawls compared: " + ", ".join(text for text in texts if text),
    }


def digest_of(documents: Sequence[CatalogDocument]) -> str:
    """Return what changes with the name or the text of any catalogue file."""
    digest = hashlib.sha256()
    for item in documents:
        digest.update(f"{item.name}\0{len(item.text)}\0{item.text}".encode())
    return digest.hexdigest()


def _catalog_source(
    batch: ClaimBatch, files: Sequence[CatalogDocument]
) -> dict[str, Any]:
    n_files = len(files)
    artefacts = {
        record.id
        for record in batch.records
        if record.kind not in ("namespace", "developer")
    }
    developers = {record.id for record in batch.records if record.kind == "developer"}
    documents = {record.document for record in batch.records}
    documents |= {claim.document for claim in batch.claims}
    return {
        "source": "catalog",
        "files": n_files,
        "sha256": digest_of(files),
        "artefacts": len(artefacts),
        "developers": len(developers),
        "documents": len(documents),
        "summary": f"catalogue: {n_files} files, {len(artefacts):,} artefacts, "
        f"{len(developers):,} developers, {len(documents):,} documents cited",
    }


def run_source(run: RunDirectory, report: ParseReport) -> dict[str, Any]:
    """Return the account of a run that a snapshot keeps."""
    state = run.state
    records = ", ".join(
        f"{number:,} {kind}{'s' if number != 1 else ''}"
        for kind, number in sorted(report.records.items())
    )
    if state.asked:
        what = route_of(run)
        records = f"{len(state.asked):,} asked for {what}, {records or 'no record'}"
    return {
        "source": "hub",
        "run": state.run_id,
        "endpoint": state.endpoint,
        "started": state.started,
        "status": state.status,
        "options": state.options,
        "records": dict(report.records),
        "listed": _listed(run, report),
        "claims": {name: dict(count) for name, count in sorted(report.claims.items())},
        "skipped": dict(sorted(report.skipped.items())),
        "skipped_examples": dict(sorted(report.skipped_examples.items())),
        "notes": dict(sorted(report.notes.items())),
        "summary": f"crawl {state.run_id} of {state.endpoint}: "
        f"{records or 'no record'}, {state.status}",
    }
