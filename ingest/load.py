"""Load: everything that was read -> one snapshot, published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.claim_tables import ClaimTables, concat, to_tables
from headwater.graph.claims import ClaimBatch
from headwater.graph.compile import compile_snapshot
from headwater.graph.snapshot import Manifest
from headwater.graph.store import SnapshotStore
from headwater.ingest.documents import RunDirectory, find_runs
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.report import ParseReport
from headwater.ingest.sources import hub
from headwater.ingest.sources.catalog import load_catalog, read_packaged, read_private

_CLAIM_KEY = ["child", "parent", "relation", "source", "document"]


@dataclass(slots=True)
class ParsedRun:
    """The claims of one crawl as tables, gathered page by page."""

    run_id: str = ""
    report: ParseReport = field(default_factory=ParseReport)
    pages: list[ClaimTables] = field(default_factory=list)

    def add(self, batch: ClaimBatch) -> None:
        """Take the claims of a page."""
        self.pages.append(to_tables([batch]))

    @property
    def tables(self) -> ClaimTables:
        """All claims of the run."""
        return concat(self.pages)


def build(
    data_dir: Path,
    *,
    catalogs: Iterable[Path] = (),
    packaged: bool = True,
    parsed: ParsedRun | None = None,
    created: datetime | None = None,
) -> Manifest:
    """Compile the catalogue and all stored crawls into a snapshot and publish it.

    Nothing is fetched. Of a document that several crawls read, the newest version
    counts; its claims keep the day on which they were first seen.

    Parameters
    ----------
    data_dir : pathlib.Path
        Where runs are read and the snapshot is published.
    catalogs : iterable of pathlib.Path
        Catalogue files of the user's own.
    packaged : bool
        Whether to include the packaged catalogue.
    parsed : ParsedRun, optional
        A run that has just been parsed, so that it need not be parsed again.
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
            sources.append(_catalog_source(batch, len(documents)))
        runs = _parsed_runs(data_dir / "runs", parsed)
        sources += [_run_source(run, own) for run, own in runs]
        parts += _newest_versions([own.tables for _, own in runs])
        content = compile_snapshot(concat(parts))
        store = SnapshotStore(data_dir)
        return store.publish(content, sources, created or datetime.now(UTC))


def _parsed_runs(
    root: Path, parsed: ParsedRun | None
) -> list[tuple[RunDirectory, ParsedRun]]:
    """Return the runs with their claims, oldest first."""
    found = []
    for run in find_runs(root, hub.SOURCE):
        if parsed is not None and parsed.run_id == run.state.run_id:
            found.append((run, parsed))
            continue
        own = ParsedRun(run.state.run_id)
        for batch in hub.parse(run, own.report):
            own.add(batch)
        found.append((run, own))
    return found


def _newest_versions(runs: Sequence[ClaimTables]) -> list[ClaimTables]:
    """Keep of each document the newest version; `runs` are ordered by age."""
    kept: list[ClaimTables] = []
    for tables in reversed(runs):
        newer = concat(kept)
        read = pc.unique(newer.records["document"])
        outdated = pc.is_in(tables.records["document"], value_set=read)
        kept = [_with_first_seen(item, tables) for item in kept]
        kept.append(
            ClaimTables(
                records=tables.records.filter(pc.invert(outdated)),
                claims=tables.claims.filter(
                    pc.invert(pc.is_in(tables.claims["document"], value_set=read))
                ),
                aliases=tables.aliases,
                ownership=tables.ownership,
                families=tables.families,
            )
        )
    return kept[::-1]


def _with_first_seen(newer: ClaimTables, older: ClaimTables) -> ClaimTables:
    """Carry the day on which an older run first saw what a newer one still says."""
    return ClaimTables(
        records=_earliest(newer.records, older.records, ["document"], "first_seen"),
        claims=_earliest(newer.claims, older.claims, _CLAIM_KEY, "first_seen"),
        aliases=newer.aliases,
        ownership=newer.ownership,
        families=newer.families,
    )


def _earliest(
    newer: pa.Table, older: pa.Table, keys: list[str], column: str
) -> pa.Table:
    days = older[column]
    if "seen" in older.column_names:
        days = pc.coalesce(older[column], older["seen"])
    seen = older.select(keys).append_column("_day", days)
    seen = seen.group_by(keys).aggregate([("_day", "min")])
    place = newer.append_column("_row", pa.array(range(newer.num_rows), pa.int64()))
    found = place.select([*keys, "_row"]).join(seen, keys, join_type="inner")
    first = newer[column].to_pylist()
    for row, day in zip(
        found["_row"].to_pylist(), found["_day_min"].to_pylist(), strict=True
    ):
        first[row] = min(day, first[row] or day)
    at = newer.schema.get_field_index(column)
    return newer.set_column(at, newer.schema.field(at), pa.array(first, pa.string()))


def _catalog_source(batch: ClaimBatch, n_files: int) -> dict[str, Any]:
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
        "artefacts": len(artefacts),
        "developers": len(developers),
        "documents": len(documents),
        "summary": f"catalogue: {n_files} files, {len(artefacts):,} artefacts, "
        f"{len(developers):,} developers, {len(documents):,} documents cited",
    }


def _run_source(run: RunDirectory, parsed: ParsedRun) -> dict[str, Any]:
    state, report = run.state, parsed.report
    records = ", ".join(
        f"{number:,} {kind}s" for kind, number in sorted(report.records.items())
    )
    return {
        "source": "hub",
        "run": state.run_id,
        "endpoint": state.endpoint,
        "started": state.started,
        "status": state.status,
        "options": state.options,
        "records": dict(report.records),
        "claims": {name: dict(count) for name, count in sorted(report.claims.items())},
        "skipped": dict(sorted(report.skipped.items())),
        "notes": dict(sorted(report.notes.items())),
        "summary": f"crawl {state.run_id} of {state.endpoint}: "
        f"{records or 'no record'}, {state.status}",
    }
