"""A small update of a large snapshot: published as a layer instead of compiled anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from headwater.errors import NoSnapshotError
from headwater.graph.snapshot import Manifest, read_manifest
from headwater.graph.store import SnapshotStore
from headwater.ingest.documents import RunDirectory, find_runs
from headwater.ingest.history import is_update
from headwater.ingest.imports import list_imports
from headwater.ingest.kept_import import describe
from headwater.ingest.load import digest_of, reading_of, run_source
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.merge import merge_readings
from headwater.ingest.run_claims import read_claims
from headwater.ingest.sources import hub
from headwater.ingest.sources.catalog import read_packaged, read_private

LEAST_ARTEFACTS: Final = 500_000
"""A smaller snapshot is compiled in a few seconds, and then answers without a layer."""
MOST_RECORDS: Final = 100_000
"""A larger update takes longer to lay over, with every opening, than it saves."""


def lay_over(
    data_dir: Path,
    *,
    catalogs: Iterable[Path] = (),
    packaged: bool = True,
    created: datetime | None = None,
    least: int = LEAST_ARTEFACTS,
) -> Manifest | None:
    """Publish what was read since the last compile as a layer over it.

    Of what is in the data directory only updates and details may be new: a pass over a
    whole list can show that things are gone, and an import or another catalogue can say
    anything about everything, which takes a compile.

    Parameters
    ----------
    data_dir : pathlib.Path
        Where runs are read and the snapshot is published.
    catalogs : iterable of pathlib.Path
        Catalogue files of the user's own.
    packaged : bool
        Whether the packaged catalogue is included.
    created : datetime, optional
        Date of the snapshot; now by default.
    least : int
        Artefacts that the compiled snapshot must have.

    Returns
    -------
    Manifest or None
        None when everything has to be compiled, or nothing is new.

    Raises
    ------
    StoreLockedError, StorageError
        When the directory is in use or cannot be written.

    Notes
    -----
    O(rows of the runs since the last compile).
    """
    with exclusive_lock(data_dir / "build.lock"):
        store = SnapshotStore(data_dir)
        base = _compiled(store)
        if base is None or _artefacts(base) < least:
            return None
        documents = [*(read_packaged() if packaged else ()), *read_private(catalogs)]
        if not _holds_the_rest(base, data_dir, digest_of(documents)):
            return None
        new = _new_runs(base, find_runs(data_dir / "runs", hub.SOURCE))
        if not new:
            return None
        claims = [(run, read_claims(run)) for run in new]
        if sum(sum(own.report.records.values()) for _, own in claims) > MOST_RECORDS:
            return None
        merged = merge_readings([reading_of(run, own) for run, own in claims])
        sources = [*base.sources, *(run_source(run, own.report) for run, own in claims)]
        moment = created or datetime.now(UTC)
        return store.publish_layer(merged.tables, base, sources, moment)


def _compiled(store: SnapshotStore) -> Manifest | None:
    try:
        current = store.current()
    except NoSnapshotError:
        return None
    manifest = read_manifest(current)
    if manifest.base is None:
        return manifest
    return read_manifest(current.parent / manifest.base)


def _artefacts(manifest: Manifest) -> int:
    kinds = ("model", "dataset", "application")
    return sum(manifest.counts["nodes"].get(kind, 0) for kind in kinds)


def _holds_the_rest(base: Manifest, data_dir: Path, catalogue: str) -> bool:
    """Return whether the catalogue and all imports are those that were compiled."""
    digests = [item.get("sha256") for item in _from(base, "catalog")]
    if digests != [catalogue]:
        return False
    compiled = {_as_stored(item) for item in base.sources if "where" in item}
    return compiled == {_as_stored(describe(kept)) for kept in list_imports(data_dir)}


def _from(manifest: Manifest, source: str) -> list[dict[str, Any]]:
    return [item for item in manifest.sources if item["source"] == source]


def _as_stored(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _new_runs(
    base: Manifest, runs: Sequence[RunDirectory]
) -> list[RunDirectory] | None:
    """Return the runs since the base was compiled; None when some need a compile."""
    compiled = {item["run"]: item["status"] for item in base.sources if "run" in item}
    found = {run.state.run_id: run.state.status for run in runs}
    # One that was gone on with since, or is gone, was compiled as it is no longer.
    if any(found.get(name) != status for name, status in compiled.items()):
        return None
    new = [run for run in runs if run.state.run_id not in compiled]
    return new if all(is_update(run) or run.state.asked for run in new) else None
