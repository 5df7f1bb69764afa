"""What changed upstream of watched artefacts since they were written down."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATION_CODE, RELATIONS
from headwater.queries.diff import CHANGES
from headwater.queries.watch_lock import Lock, LockedArtefact, describe_nodes

_ORDER: Final = {name: place for place, name in enumerate(CHANGES)}
_LICENCE_WORDS: Final = {"unknown": "unknown", "absent": "none"}


@dataclass(frozen=True, slots=True)
class PathStep:
    """One edge on the way from a watched artefact to what changed."""

    child: str
    relation: str
    parent: str


@dataclass(frozen=True, slots=True)
class UpstreamChange:
    """One change that concerns a watched artefact.

    Attributes
    ----------
    change : str
        One of :data:`headwater.queries.diff.CHANGES`.
    id : str
        What changed, as it was called when the lock was written; of an edge the child.
    parent : str or None
        Parent of an edge; of a ``parent`` change the new one.
    before, after : str or None
        Value then and now.
    path : tuple of PathStep
        Shortest way to it as the lock has it, nearest first; empty for itself.
    """

    change: str
    id: str
    parent: str | None
    before: str | None
    after: str | None
    path: tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """A watched artefact.

    Attributes
    ----------
    id : str
        As the lock calls it.
    upstream : int
        Artefacts that it stood on.
    changes : tuple of UpstreamChange
        Worst first, then nearest; empty: nothing changed.
    """

    id: str
    upstream: int
    changes: tuple[UpstreamChange, ...]


@dataclass(frozen=True, slots=True)
class WatchReport:
    """What became of all that is watched.

    Attributes
    ----------
    old, new : str
        Snapshot of the lock and snapshot compared with it.
    since : str
        When the older one was compiled.
    changed : bool
        Whether anything changed.
    upstream : int
        Artefacts that the watched ones stood on, each once.
    watched : tuple of Watched
        In the order of the lock.
    """

    old: str
    new: str
    since: str
    changed: bool
    upstream: int
    watched: tuple[Watched, ...]


def watch(graph: LineageGraph, lock: Lock) -> WatchReport:
    """Return what changed upstream of the artefacts of a lock.

    Compared are the artefacts that were upstream then: whether they are still there,
    their id, state, access, licence and direct parents. An id that no longer leads
    anywhere is a change. Of what stands behind a new parent nothing is known to have
    changed: the edge to it is the change.

    Notes
    -----
    O(artefacts and edges of the lock and of its lineage now).
    """
    now = _Now(graph, lock)
    watched = tuple(_watched(lock, now, name) for name in lock.watched)
    return WatchReport(
        lock.snapshot, graph.manifest.id, lock.created,
        any(item.changes for item in watched),
        len(lock.artefacts.keys() - set(lock.watched)), watched,
    )  # fmt: skip


class _Now:
    """What the artefacts of a lock are called now, and what is known of them."""

    def __init__(self, graph: LineageGraph, lock: Lock) -> None:
        nodes = {name: graph.find(name) for name in lock.artefacts}
        rows = graph.rows("nodes", node=sorted({n for n in nodes.values() if n >= 0}))
        hub_ids = {int(row["node"]): row["hub_id"] for row in rows}
        self.replaced = {
            name for name, item in lock.artefacts.items()
            if item.hub_id and hub_ids.get(nodes[name]) not in (None, item.hub_id)
        }  # fmt: skip
        lost = {
            item.hub_id: name for name, item in lock.artefacts.items()
            if item.hub_id and (nodes[name] < 0 or name in self.replaced)
        }  # fmt: skip
        found = graph.rows("nodes", hub_id=sorted(lost)) if lost else []
        elsewhere = {lost[row["hub_id"]]: int(row["node"]) for row in found}
        for name in self.replaced:
            nodes[name] = -1
        nodes |= elsewhere
        there = {name: node for name, node in nodes.items() if node >= 0}
        every = np.array(sorted(set(there.values())), np.int32)
        self.artefacts = describe_nodes(graph, every)
        self.ids = {name: graph.ids[node] for name, node in there.items()}

    def get(self, name: str) -> LockedArtefact | None:
        """Return what a locked artefact is now, or None."""
        return self.artefacts[self.ids[name]] if name in self.ids else None


def _watched(lock: Lock, now: _Now, name: str) -> Watched:
    paths = _paths(lock, name)
    changes = [
        UpstreamChange(change, item, parent, before, after, path)
        for item, path in paths.items()
        for change, parent, before, after in _changes(lock, now, item)
    ]
    changes.sort(
        key=lambda item: (
            _ORDER[item.change], len(item.path), item.id, item.parent or "",
        )
    )  # fmt: skip
    return Watched(name, len(paths) - 1, tuple(changes))


def _paths(lock: Lock, start: str) -> dict[str, tuple[PathStep, ...]]:
    """Return everything upstream with the shortest way to it, nearest first."""
    found: dict[str, tuple[PathStep, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        for edge in lock.artefacts[name].parents:
            if edge.parent not in found:
                step = PathStep(name, edge.relation, edge.parent)
                found[edge.parent] = (*found[name], step)
                queue.append(edge.parent)
    return found


_Found = tuple[str, str | None, str | None, str | None]


def _changes(lock: Lock, now: _Now, name: str) -> Iterator[_Found]:
    """Yield (change, parent, before, after) of one artefact and its direct edges."""
    was, item = lock.artefacts[name], now.get(name)
    if name in now.replaced:
        yield "replaced", None, name, name
    if item is None:
        if name not in now.replaced:
            yield "unnamed" if was.phantom else "not_seen", None, was.state, None
        return
    if now.ids[name].lower() != name.lower():
        yield "renamed", None, name, now.ids[name]
    if item.phantom and not was.phantom and item.state == "unknown":
        yield "not_seen", None, was.state, None
        return
    if item.state != was.state:
        change = "deleted" if item.state == "gone" else "state"
        yield change, None, was.state, item.state
    if was.access and item.access and was.access != item.access:
        yield "access", None, was.access, item.access
    if was.licence != item.licence and not (was.phantom or item.phantom):
        yield "licence", None, _licence(was), _licence(item)
    yield from _edge_changes(was, item, now)


def _licence(item: LockedArtefact) -> str:
    return item.licence or _LICENCE_WORDS.get(item.licence_status, "unknown")


def _edge_changes(
    was: LockedArtefact, item: LockedArtefact, now: _Now
) -> Iterator[_Found]:
    """Yield what became of the edges of an artefact to its parents."""
    before = {
        now.ids.get(edge.parent, edge.parent): edge.relation for edge in was.parents
    }
    after = {edge.parent: edge.relation for edge in item.parents}
    lost = {parent: before[parent] for parent in sorted(before.keys() - after.keys())}
    gained = {parent: after[parent] for parent in sorted(after.keys() - before.keys())}
    for parent in sorted(before.keys() & after.keys()):
        if before[parent] != after[parent]:
            yield "relation", parent, before[parent], after[parent]
    for flow in sorted({relation.flow for relation in RELATIONS}):
        old, new = _of_flow(lost, flow), _of_flow(gained, flow)
        if len(old) == len(new) == 1:
            yield (
                "parent", new[0], f"{lost.pop(old[0])} {old[0]}",
                f"{gained.pop(new[0])} {new[0]}",
            )  # fmt: skip
    for parent, relation in lost.items():
        yield "edge_went", parent, relation, None
    for parent, relation in gained.items():
        yield "edge_came", parent, None, relation


def _of_flow(edges: dict[str, str], flow: str) -> list[str]:
    return [
        parent for parent, relation in edges.items()
        if RELATIONS[RELATION_CODE[relation]].flow == flow
    ]  # fmt: skip
