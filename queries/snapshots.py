"""Which snapshots a data directory holds."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.errors import InvalidArgumentError, NoSnapshotError
from headwater.graph.layers import open_graph
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS
from headwater.graph.snapshot_names import CURRENT, PREVIOUS, find_snapshot
from headwater.graph.snapshot_use import is_in_use
from headwater.graph.store import SnapshotStore
from headwater.queries.results import Results


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


def named_snapshot(
    store: SnapshotStore, name: str, current: LineageGraph
) -> LineageGraph:
    """Return the graph of a snapshot of this data directory, and of no other place.

    Parameters
    ----------
    name : str
        ``current``, ``previous``, an id or its beginning.
    current : LineageGraph
        What is open already; it is not opened twice.

    Raises
    ------
    InvalidArgumentError, AmbiguousTargetError
        When there is none, or several begin so.
    """
    if name == CURRENT:
        return current
    if name != PREVIOUS and not any(
        path.name.startswith(name) for path in store.snapshots.glob("[!.]*")
    ):
        raise InvalidArgumentError(f"no snapshot is called {name[:120]!r}")
    folder = find_snapshot(store, name)
    if folder.name == current.manifest.id:
        return current
    return open_graph(folder)


def list_snapshots(store: SnapshotStore) -> Results[SnapshotEntry]:
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
    entries = (
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
    return Results(entries, SnapshotEntry)
