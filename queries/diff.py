"""What changed between two snapshots, and what it did to the concentration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS, RELATIONS
from headwater.queries.diff_coverage import reasons_of_absence
from headwater.queries.diff_edges import EdgeChanges, EdgeList, compare_edges
from headwater.queries.diff_fields import (
    FieldChanges,
    Words,
    compare_fields,
    count_transitions,
    only_named_now,
)
from headwater.queries.diff_figures import Bounded as Bounded
from headwater.queries.diff_figures import (
    FigureChange,
    ShareChange,
    compare_concentration,
)
from headwater.queries.diff_match import Matching, match_artefacts
from headwater.queries.results import Result

CHANGES: Final = {
    "deleted": "it was there and is gone: somebody looked",
    "not_seen": "not in the newer snapshot and nobody looked: whether it exists is unknown",
    "replaced": "the id stands for another artefact now",
    "state": "another state: gated, disabled, seen for the first time, back again",
    "access": "another access by the curated record",
    "licence": "another licence",
    "developer": "another developer behind it",
    "parent": "it stands on another parent than before",
    "relation": "the same two artefacts, another relation",
    "edge_went": "an edge that is no longer there",
    "edge_came": "a new edge",
    "renamed": "the same artefact under another id",
    "unnamed": "was only named as a parent, and no longer is",
    "came": "an artefact that the older snapshot does not have",
}
"""Kinds of change in the order in which they are listed."""

_RELATIONS: Final = tuple(relation.name for relation in RELATIONS)
_Row = tuple[str | None, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes
    ----------
    change : str
        One of :data:`CHANGES`.
    id, kind : str
        The artefact; of an edge the child. As the newer snapshot calls it if it has it.
    parent : str or None
        Parent of an edge; of a ``parent`` change the new one.
    before, after : str or None
        Value in each snapshot: a state, a licence, a relation, an id.
    reason : str or None
        Of an edge: ``child`` when the child is in one snapshot only, else ``claims``.
    downloads : int or None
        Of the artefact, 30 days; None: unknown.
    """

    change: str
    id: str
    kind: str
    parent: str | None
    before: str | None
    after: str | None
    reason: str | None
    downloads: int | None


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """Which snapshot was compared, and how many artefacts and edges it has."""

    id: str
    created: str
    artefacts: int
    edges: int


@dataclass(frozen=True, slots=True)
class Diff(Result):
    """Two snapshots side by side.

    Attributes
    ----------
    old, new : SnapshotName
        What was compared.
    counts : dict of str to int
        Changes by kind, in the order of :data:`CHANGES`.
    transitions : dict of str to dict
        Of states, accesses, licences and relations: how often ``before → after``, most
        frequent first.
    changes : tuple of Change
        In the order of :data:`CHANGES`, the most used artefact first.
    truncated : dict of str to int
        Changes left out by the limit.
    figures : tuple of FigureChange
        Every interval of the concentration; empty when one snapshot has no model.
    shares : tuple of ShareChange
        Of the developers that are the largest in either snapshot, at most
        :data:`headwater.queries.diff_figures.SHARES`.
    """

    old: SnapshotName
    new: SnapshotName
    counts: dict[str, int]
    transitions: dict[str, dict[str, int]]
    changes: tuple[Change, ...]
    truncated: dict[str, int]
    figures: tuple[FigureChange, ...]
    shares: tuple[ShareChange, ...]


def diff(
    old: LineageGraph,
    new: LineageGraph,
    *,
    limit: int | None = None,
    only: Sequence[str] = (),
) -> Diff:
    """Return what changed from one snapshot to another.

    An artefact that the newer snapshot lacks counts as deleted only where a complete
    crawl would have shown it; a partial crawl proves nothing. The builds of one data
    directory keep what they once saw, so there it is the state that becomes ``gone``.

    Parameters
    ----------
    old, new : LineageGraph
        The snapshots; they may come from different data directories.
    limit : int, optional
        List at most so many changes of a kind; None lists all. Counts are whole.
    only : sequence of str
        List only these kinds of change.

    Raises
    ------
    InvalidArgumentError
        When the limit is negative or a kind of change is none of :data:`CHANGES`.

    Notes
    -----
    O(V + E log E) for V artefacts and E edges of both.
    """
    unknown = [name for name in only if name not in CHANGES]
    if unknown or (limit is not None and limit < 0):
        raise InvalidArgumentError(
            f"cannot list {', '.join(unknown)}; there are {', '.join(CHANGES)}"
            if unknown
            else f"the limit is {limit}; 0 is the least"
        )
    # The figures ask for nothing of the rest, and most of both runs without the lock.
    with ThreadPoolExecutor(1) as beside:
        concentrations = beside.submit(compare_concentration, old, new)
        matching = match_artefacts(old, new)
        values = compare_fields(old, new, matching)
        edges = compare_edges(old, new, matching)
    found = _parts(old, new, matching, values, edges)
    changes: list[Change] = []
    truncated: dict[str, int] = {}
    for name in CHANGES:
        if only and name not in only:
            continue
        parts = found[name]
        listed = _worst(parts, limit)
        changes += [part.change(name, at) for part, at in listed]
        truncated[name] = sum(map(len, parts)) - len(listed)
    return Diff(
        old=_name(old),
        new=_name(new),
        counts={name: sum(map(len, found[name])) for name in CHANGES},
        transitions=_transitions(values, edges),
        changes=tuple(changes),
        truncated=truncated,
        figures=concentrations.result()[0],
        shares=concentrations.result()[1],
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Changes of one kind about nodes of one snapshot; `values` words one of them."""

    graph: LineageGraph
    nodes: IntArray
    values: Callable[[int], _Row]

    def __len__(self) -> int:
        return len(self.nodes)

    def change(self, name: str, at: int) -> Change:
        """Return one change in words."""
        node = int(self.nodes[at])
        downloads = int(self.graph.columns.downloads[node])
        parent, before, after, reason = self.values(at)
        return Change(
            name, self.graph.ids[node], KINDS[self.graph.columns.kind[node]], parent,
            before, after, reason, None if downloads < 0 else downloads,
        )  # fmt: skip


def _worst(parts: list[_Part], limit: int | None) -> list[tuple[_Part, int]]:
    """Return the changes to list, the most downloaded artefact first, then by id."""
    best: list[tuple[int, str, int, int]] = []
    for number, part in enumerate(parts):
        downloads = part.graph.columns.downloads[part.nodes]
        if limit is not None and limit < len(downloads):
            # All that are as much downloaded as the last one shown compete by id.
            least = np.partition(-downloads, limit)[limit]
            at = np.flatnonzero(-downloads <= least)
        else:
            at = np.arange(len(downloads))
        best += [
            (
                -int(downloads[place]),
                part.graph.ids[int(part.nodes[place])],
                number,
                place,
            )
            for place in at.tolist()
        ]
    return [(parts[number], at) for _, _, number, at in sorted(best)[:limit]]


def _parts(
    old: LineageGraph,
    new: LineageGraph,
    matching: Matching,
    values: dict[str, FieldChanges],
    edges: EdgeChanges,
) -> dict[str, list[_Part]]:
    found: dict[str, list[_Part]] = {name: [] for name in CHANGES}
    for name, changes in values.items():
        found[name].append(_field_part(new, changes))
    unseen = matching.pairs[0][only_named_now(old, new, matching)]
    absent = np.concatenate([matching.went, unseen])
    for name, nodes in reasons_of_absence(old, new, absent).items():
        found[name].append(_state_part(old, nodes, came=False))
    found["came"].append(_state_part(new, matching.came, came=True))
    for name, (before, after) in (
        ("renamed", matching.renamed), ("replaced", matching.replaced),
    ):  # fmt: skip
        found[name].append(_id_part(old, new, before, after))
    for name, parts in _edge_parts(old, new, edges).items():
        found[name] += parts
    return found


def _field_part(graph: LineageGraph, changes: FieldChanges) -> _Part:
    return _Part(
        graph, changes.new,
        lambda at: (None, changes.before[at], changes.after[at], None),
    )  # fmt: skip


def _state_part(graph: LineageGraph, nodes: IntArray, *, came: bool) -> _Part:
    def values(at: int) -> _Row:
        state = graph.state(int(nodes[at]))
        return (None, None, state, None) if came else (None, state, None, None)

    return _Part(graph, nodes, values)


def _id_part(
    old: LineageGraph, new: LineageGraph, before: IntArray, after: IntArray
) -> _Part:
    return _Part(
        new, after,
        lambda at: (None, old.ids[int(before[at])], new.ids[int(after[at])], None),
    )  # fmt: skip


def _edge_parts(
    old: LineageGraph, new: LineageGraph, edges: EdgeChanges
) -> dict[str, list[_Part]]:
    def went(at: int) -> _Row:
        parent, relation = _edge(old, edges.went, at)
        return parent, relation, None, _reason(edges.stayed[0][at])

    def came(at: int) -> _Row:
        parent, relation = _edge(new, edges.came, at)
        return parent, None, relation, _reason(edges.stayed[1][at])

    def moved(at: int) -> _Row:
        before, after = _edge(old, edges.moved[0], at), _edge(new, edges.moved[1], at)
        return after[0], f"{before[1]} {before[0]}", f"{after[1]} {after[0]}", None

    def related(at: int) -> _Row:
        before = _edge(old, edges.related[0], at)[1]
        parent, after = _edge(new, edges.related[1], at)
        return parent, before, after, None

    return {
        "edge_went": [_Part(old, edges.went.child, went)],
        "edge_came": [_Part(new, edges.came.child, came)],
        "parent": [_Part(new, edges.moved[1].child, moved)],
        "relation": [_Part(new, edges.related[1].child, related)],
    }


def _edge(graph: LineageGraph, edges: EdgeList, at: int) -> tuple[str, str]:
    return graph.ids[int(edges.parent[at])], _RELATIONS[edges.relation[at]]


def _reason(stayed: np.bool_) -> str:
    return "claims" if stayed else "child"


def _transitions(
    values: dict[str, FieldChanges], edges: EdgeChanges
) -> dict[str, dict[str, int]]:
    found = {
        name: count_transitions(changes.before, changes.after)
        for name, changes in values.items()
        if name != "developer"
    }
    words = [Words(_RELATIONS, own.relation) for own in edges.related]
    return found | {"relation": count_transitions(words[0], words[1])}


def _name(graph: LineageGraph) -> SnapshotName:
    return SnapshotName(
        graph.manifest.id, graph.manifest.created, graph.n_artefacts,
        len(graph.parents.targets),
    )  # fmt: skip
