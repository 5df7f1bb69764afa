"""Which snapshots a data directory holds."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.errors import NoSnapshotError
from headwater.graph.schema import ARTEFACT_KINDS
from headwater.graph.snapshot_use import is_in_use
from headwater.graph.store import SnapshotStore


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """One snapshot.

    Attributes
    ----------
    id, created : str
        Its name and the moment of compilation, ISO 8601, UTC.
    artefacts, edges : int
        How many it has.
    n_bytes : int
        Size of its files.
    sources : tuple of str
        What it was built from, each source once.
    current, in_use : bool
        Whether queries read it; whether some process has it open.
    """

    id: str
    created: str
    artefacts: int
    edges: int
    n_bytes: int
    sources: tuple[str, ...]
    current: bool
    in_use: bool


def list_snapshots(store: SnapshotStore) -> tuple[SnapshotEntry, ...]:
    """Return the readable snapshots of a data directory, oldest first.

    Raises
    ------
    DamagedSnapshotError
        When the pointer to the current snapshot leads nowhere.
    """
    try:
        current = store.current().name
    except NoSnapshotError:
        current = ""
    return tuple(
        SnapshotEntry(
            id=item.id,
            created=item.created,
            artefacts=sum(item.counts["nodes"].get(kind, 0) for kind in ARTEFACT_KINDS),
            edges=sum(item.counts["edges"].values()),
            n_bytes=sum(int(file["bytes"]) for file in item.files.values()),
            sources=tuple(dict.fromkeys(str(one["source"]) for one in item.sources)),
            current=item.id == current,
            in_use=is_in_use(store.snapshots / item.id),
        )
        for item in store.list()
    )
