"""What changed upstream of watched artefacts since they were written down."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATION_CODE, RELATIONS
from headwater.queries.diff import CHANGES
from headwater.queries.results import Result
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
class WatchReport(Result):
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


def watch(
    graph: LineageGraph, lock: Lock, most_steps: int | None = None
) -> WatchReport:
    """Return what changed upstream of the artefacts of a lock.

    Compared are the artefacts that were upstream then: whether they are still there,
    their id, state, access, licence and direct parents. An id that no longer leads
    anywhere is a change. Of what stands behind a new parent nothing is known to have
    changed: the edge to it is the change.

    Parameters
    ----------
    most_steps : int, optional
        Steps that all paths of the report may have together: a lock from strangers can
        be a long chain in which everything changed.

    Raises
    ------
    InvalidArgumentError
        When the paths have more steps.

    Notes
    -----
    O(edges of the lock) for each watched artefact, and the steps of the paths.
    """
    now = _Now(graph, lock)
    paths = _Paths(most_steps)
    watched = tuple(_watched(lock, now, name, paths) for name in lock.watched)
    return WatchReport(
        lock.snapshot, graph.manifest.id, lock.created,
        any(item.changes for item in watched),
        len(lock.artefacts.keys() - set(lock.watched)), watched,
    )  # fmt: skip


_Found = tuple[str, str | None, str | None, str | None]
"""Change, parent, before, after."""


class _Now:
    """What the artefacts of a lock are called now, and what is known of them."""

    def __init__(self, graph: LineageGraph, lock: Lock) -> None:
        self._changes: dict[str, tuple[_Found, ...]] = {}
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

    def changes(self, lock: Lock, name: str) -> tuple[_Found, ...]:
        """Return what became of one artefact and its direct edges, found once."""
        if name not in self._changes:
            self._changes[name] = tuple(_changes(lock, self, name))
        return self._changes[name]


def _watched(lock: Lock, now: _Now, name: str, paths: _Paths) -> Watched:
    above, changes = _above(lock, name), []
    for item in above:
        found = now.changes(lock, item)
        if found:
            path = paths.to(item, above)
            changes += [
                UpstreamChange(change, item, parent, before, after, path)
                for change, parent, before, after in found
            ]
    changes.sort(
        key=lambda item: (
            _ORDER[item.change], len(item.path), item.id, item.parent or "",
        )
    )  # fmt: skip
    return Watched(name, len(above) - 1, tuple(changes))


def _above(lock: Lock, start: str) -> dict[str, PathStep | None]:
    """Return everything upstream, nearest first, each with the last step to it."""
    found: dict[str, PathStep | None] = {start: None}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        for edge in lock.artefacts[name].parents:
            if edge.parent not in found:
                found[edge.parent] = PathStep(name, edge.relation, edge.parent)
                queue.append(edge.parent)
    return found


class _Paths:
    """Makes shortest ways, until they have too many steps together."""

    def __init__(self, most_steps: int | None) -> None:
        self._most = most_steps
        self._made = 0

    def to(self, name: str, above: dict[str, PathStep | None]) -> tuple[PathStep, ...]:
        """Return the way to something upstream."""
        steps, step = [], above[name]
        while step is not None:
            steps.append(step)
            step = above[step.child]
        self._made += len(steps)
        if self._most is not None and self._made > self._most:
            raise InvalidArgumentError(
                f"the ways to all that changed have over {self._most:,} steps together; "
                "watch fewer artefacts at once"
            )
        return tuple(reversed(steps))


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
