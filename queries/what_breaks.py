"""What breaks if a set of artefacts is frozen, gated, deleted or relicensed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import EVENT_NAMES, RELATION_CODE
from headwater.graph.verdicts import (
    Verdicts,
    event_named,
    find_mirrors,
    judge,
    known_origins,
)
from headwater.queries.proofs import Step, proof_path
from headwater.queries.splits import Split, split_victims
from headwater.queries.targets import Target, resolve_target

_MERGE: Final = RELATION_CODE["merge"]


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a verdict weighs.

    Attributes
    ----------
    artefacts : int
        Number of artefacts.
    captive : int
        How many of them have no origin left without the target.
    downloads, downloads_all_time, likes, parameters : int
        Sums over the artefacts for which the figure is known.
    downloads_unknown : int
        Artefacts whose downloads nobody has told.
    """

    artefacts: int
    captive: int
    downloads: int
    downloads_all_time: int
    likes: int
    parameters: int
    downloads_unknown: int


@dataclass(frozen=True, slots=True)
class Victim:
    """An artefact that stands on the target.

    Attributes
    ----------
    id, name, kind : str
        The artefact.
    verdict : str
        What the event does to it.
    captive : bool
        Whether nothing of its origin is left without the target.
    depth : int
        Edges of the proof.
    downloads : int or None
        Downloads of the last 30 days; None is unknown.
    mirror : str or None
        The mirror that makes it recoverable.
    merge_lost, merge_of : int or None
        A merge loses so many of so many parents.
    proof : tuple of Step
        Shortest path of edges to the target, nearest first.
    """

    id: str
    name: str
    kind: str
    verdict: str
    captive: bool
    depth: int
    downloads: int | None
    mirror: str | None
    merge_lost: int | None
    merge_of: int | None
    proof: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event does.

    Attributes
    ----------
    event : str
        The event.
    counts : dict of str to int
        Artefacts outside the target by verdict, worst first; they sum to `outside`.
    weights : dict of str to Weight
        The same by what they weigh, for verdicts that stand on the target.
    known_share : float or None
        Share of victims among artefacts of known lineage; None when none is known.
    victims : tuple of Victim
        Worst first, then by popularity.
    truncated : int
        Victims left out by a limit.
    splits : dict of str to tuple of Split
        Victims by dimension, largest first.
    """

    event: str
    counts: dict[str, int]
    weights: dict[str, Weight]
    known_share: float | None
    victims: tuple[Victim, ...]
    truncated: int
    splits: dict[str, tuple[Split, ...]]


@dataclass(frozen=True, slots=True)
class WhatBreaks:
    """The answer: one outcome an event, and what nobody has said.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    as_of : date or None
        Day as of which it was asked.
    targets : tuple of Target
        What the target names were taken to mean.
    members : int
        Artefacts in the target.
    mirrored : int
        How many of them have a mirror outside.
    outside : int
        Artefacts outside the target.
    unknown : int
        How many of those have an origin that nobody has declared.
    outcomes : tuple of Outcome
        In the order of the events asked.
    """

    snapshot: str
    as_of: date | None
    targets: tuple[Target, ...]
    members: int
    mirrored: int
    outside: int
    unknown: int
    outcomes: tuple[Outcome, ...]


def what_breaks(
    graph: LineageGraph,
    targets: Sequence[str],
    events: Sequence[str] = EVENT_NAMES,
    *,
    as_of: date | None = None,
    limit: int | None = None,
    splits: Sequence[str] = (),
) -> WhatBreaks:
    """Return what events do to everything that stands on the targets.

    Parameters
    ----------
    graph : LineageGraph
        The snapshot to ask.
    targets : sequence of str
        Ids, names, families or filters; together they are one set.
    events : sequence of str
        Events of the schema; "closes" is all four.
    as_of : date, optional
        Only what existed on that day.
    limit : int, optional
        At most so many victims an event get a proof; None means all.
    splits : sequence of str
        Dimensions, see :data:`headwater.queries.splits.DIMENSIONS`.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError, InvalidArgumentError
        When a target or an event cannot be used.

    Notes
    -----
    O(V) to clear marks, then O(edges reached) an event.
    """
    if not targets or any(name not in EVENT_NAMES for name in events):
        raise InvalidArgumentError(
            f"give a target and events among {', '.join(EVENT_NAMES)}"
        )
    resolved = [resolve_target(graph, text) for text in targets]
    alive = graph.alive(as_of)
    members = np.unique(np.concatenate([found for _, found in resolved]))
    if alive is not None:
        members = members[alive[members]]
    mirrors = find_mirrors(graph, members, alive)
    known = known_origins(graph, alive)
    asked = _Asked(graph, members, mirrors, alive, known, limit, tuple(splits))
    outcomes = tuple(_outcome(asked, name) for name in dict.fromkeys(events))
    return WhatBreaks(
        snapshot=graph.manifest.id,
        as_of=as_of,
        targets=tuple(target for target, _ in resolved),
        members=len(members),
        mirrored=int((mirrors >= 0).sum()),
        outside=asked.outside,
        unknown=outcomes[0].counts["unknown"],
        outcomes=outcomes,
    )


@dataclass(frozen=True)
class _Asked:
    graph: LineageGraph
    members: IntArray
    mirrors: IntArray
    alive: BoolArray | None
    known: BoolArray
    limit: int | None
    splits: tuple[str, ...]

    @property
    def outside(self) -> int:
        """Artefacts outside the target that existed."""
        living = (
            self.graph.n_artefacts
            if self.alive is None
            else int(self.alive[: self.graph.n_artefacts].sum())
        )
        return living - len(self.members)


def _outcome(asked: _Asked, name: str) -> Outcome:
    graph = asked.graph
    found = judge(graph, asked.members, event_named(name), asked.mirrors, asked.alive)
    counts = _counts(asked, found)
    weights = {
        verdict: _weight(graph, found, found.verdict == code)
        for code, verdict in enumerate(found.event.verdicts[:-2])
    }
    n_known = len(found.nodes) + counts["unaffected"]
    order = _worst_first(graph, found)
    shown = order if asked.limit is None else order[: asked.limit]
    return Outcome(
        event=name,
        counts=counts,
        weights=weights,
        known_share=len(found.nodes) / n_known if n_known else None,
        victims=tuple(_victim(asked, found, int(at)) for at in shown),
        truncated=len(order) - len(shown),
        splits={item: split_victims(graph, found, item) for item in asked.splits},
    )


def _counts(asked: _Asked, found: Verdicts) -> dict[str, int]:
    """Count verdicts; what is not reached is unaffected where its origin is known."""
    graph, event = asked.graph, found.event
    tally = np.bincount(found.verdict, minlength=len(event.verdicts)).tolist()
    artefacts = slice(0, graph.n_artefacts)
    known = asked.known[artefacts].copy()
    if asked.alive is not None:
        known &= asked.alive[artefacts]
    known[asked.members] = False
    known[found.nodes] = False
    unaffected = int(known.sum())
    tally[-2] = unaffected
    tally[-1] = asked.outside - len(found.nodes) - unaffected
    return dict(zip(event.verdicts, tally, strict=True))


def _weight(graph: LineageGraph, found: Verdicts, chosen: BoolArray) -> Weight:
    nodes, columns = found.nodes[chosen], graph.columns

    def total(values: NDArray[np.int64]) -> int:
        taken = values[nodes]
        return int(taken[taken > 0].sum())

    return Weight(
        artefacts=len(nodes),
        captive=int(found.captive[chosen].sum()),
        downloads=total(columns.downloads),
        downloads_all_time=total(columns.downloads_all_time),
        likes=total(columns.likes),
        parameters=total(columns.parameters),
        downloads_unknown=int((columns.downloads[nodes] < 0).sum()),
    )


def _worst_first(graph: LineageGraph, found: Verdicts) -> NDArray[Any]:
    """Return victims by verdict, then downloads, likes, children, number."""
    nodes, columns = found.nodes, graph.columns
    offsets = graph.children.offsets
    built_on = offsets[nodes + 1] - offsets[nodes]
    return np.lexsort(
        (
            nodes,
            -built_on,
            -columns.likes[nodes],
            -columns.downloads[nodes],
            found.verdict,
        )
    )


def _victim(asked: _Asked, found: Verdicts, at: int) -> Victim:
    graph, node = asked.graph, int(found.nodes[at])
    proof, end = proof_path(graph, found.trees[found.tree[at]], node)
    verdict = found.event.verdicts[found.verdict[at]]
    mirror = None
    if verdict == "recoverable":
        place = int(np.searchsorted(asked.members, end))
        mirror = graph.ids[int(asked.mirrors[place])]
    downloads = int(graph.columns.downloads[node])
    lost, parents = _merge_parents(asked, found, node)
    return Victim(
        graph.ids[node], graph.name(node), graph.kind(node), verdict,
        bool(found.captive[at]), int(found.depth[at]),
        None if downloads < 0 else downloads, mirror, lost, parents, proof,
    )  # fmt: skip


def _merge_parents(
    asked: _Asked, found: Verdicts, node: int
) -> tuple[int | None, int | None]:
    """Return how many of a merge's parents the event takes, and how many it has."""
    rows = asked.graph.parents
    at = rows.slice(node)
    parents = rows.targets[at][rows.relations[at] == _MERGE]
    if not len(parents) or found.event.name not in ("deleted", "gated"):
        return None, None
    lost = asked.members[asked.mirrors < 0]
    broken = found.nodes[found.verdict == 0]
    return int((np.isin(parents, lost) | np.isin(parents, broken)).sum()), len(parents)
