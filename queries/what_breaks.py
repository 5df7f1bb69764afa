"""What breaks if a set of artefacts is frozen, gated, deleted or relicensed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.mirrors import find_mirrors
from headwater.graph.schema import EVENT_NAMES, RELATION_CODE
from headwater.graph.verdicts import (
    Among,
    Judge,
    Verdicts,
    event_named,
    known_origins,
)
from headwater.queries.as_of import there_by
from headwater.queries.proofs import proof_path
from headwater.queries.splits import BY_PROOF, Splits, split_victims
from headwater.queries.tallies import Tallies
from headwater.queries.targets import check_question, resolve_targets
from headwater.queries.what_breaks_values import Outcome, Victim, Weight, WhatBreaks
from headwater.queries.worst_first import worst_first

__all__ = ["Outcome", "Victim", "Weight", "WhatBreaks", "what_breaks"]
_MERGE: Final = RELATION_CODE["merge"]


def what_breaks(
    graph: LineageGraph,
    targets: Sequence[str],
    events: Sequence[str] = EVENT_NAMES,
    *,
    as_of: date | None = None,
    limit: int | None = None,
    splits: Sequence[str] = (),
    skip: int = 0,
    among: IntArray | None = None,
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
    skip : int
        Pass over so many victims first; they do not count as truncated.
    among : int32 array, optional
        Tell of these artefacts alone, as of an inventory: victims, counts, weights and
        splits are theirs; `outside` and `unknown` count them. Verdicts, proofs and the
        parents that a merge loses are those of the whole graph.
    splits : sequence of str
        Dimensions, see :data:`headwater.queries.splits.DIMENSIONS`.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError, InvalidArgumentError
        When a target or an event cannot be used, or nothing of it existed that day.

    Notes
    -----
    O(V) to clear marks, then O(edges reached) an event.
    """
    check_question(targets, events)
    resolved, members = resolve_targets(graph, targets)
    alive = graph.alive(as_of)
    members = there_by(graph, members, as_of)
    mirrors = find_mirrors(graph, members, alive)
    judge = Judge(graph, members, mirrors, alive)
    asked = _Asked(
        judge,
        mirrors,
        known_origins(graph, alive),
        (skip, limit),
        tuple(splits),
        among,
        tuple(dict.fromkeys(events)),
    )
    outcomes = tuple(asked.outcome(name) for name in asked.events)
    return WhatBreaks(
        snapshot=graph.manifest.id,
        as_of=as_of,
        targets=resolved,
        members=len(members),
        mirrored=int((mirrors >= 0).sum()),
        outside=asked.outside,
        unknown=outcomes[0].counts["unknown"],
        outcomes=outcomes,
    )


class _Asked:
    """One question; what its events have in common is found once."""

    def __init__(
        self,
        judge: Judge,
        mirrors: IntArray,
        known: BoolArray,
        wanted: tuple[int, int | None],
        splits: tuple[str, ...],
        among: IntArray | None,
        events: tuple[str, ...],
    ) -> None:
        self.events = events
        self.whole = judge
        self.judge = judge if among is None else Among(judge, among)
        self.graph = judge.graph
        self.members = judge.members
        self.mirrors = mirrors
        self.known = known
        self.counted = judge.alive
        if among is not None:
            self.counted = np.zeros(self.graph.n_nodes, np.bool_)
            self.counted[among] = True if judge.alive is None else judge.alive[among]
            self.known = known & self.counted
        self.skip, limit = wanted
        self.limit = None if limit is None else self.skip + limit
        self.splits = splits
        self._answered: list[tuple[Verdicts, Outcome]] = []
        self._parts: dict[str, Splits] = {}

    @cached_property
    def outside(self) -> int:
        """Artefacts outside the target that existed."""
        counted, count = self.counted, self.graph.n_artefacts
        if counted is None:
            return count - len(self.members)
        members = int(np.count_nonzero(counted.take(self.members)))
        return int(np.count_nonzero(counted[:count])) - members

    @cached_property
    def unaffected(self) -> int:
        """Artefacts of known origin that do not stand on the target."""
        known = self.known
        return (
            int(np.count_nonzero(known[: self.graph.n_artefacts]))
            - int(np.count_nonzero(known.take(self.members)))
            - int(np.count_nonzero(known.take(self.judge.victims)))
        )

    @cached_property
    def figures(self) -> tuple[NDArray[np.int64], ...]:
        """Downloads, downloads ever, likes and parameters of the victims; -1 unknown."""
        columns, victims = self.graph.columns, self.judge.victims
        return tuple(
            values.take(victims)
            for values in (
                columns.downloads,
                columns.downloads_all_time,
                columns.likes,
                columns.parameters,
            )
        )

    @cached_property
    def captive(self) -> NDArray[np.int64]:
        """Places of captive victims."""
        return np.flatnonzero(self.judge.captive)

    @cached_property
    def amounts(self) -> tuple[NDArray[np.int64], ...]:
        """The figures with 0 for what is unknown."""
        return tuple(np.maximum(values, 0) for values in self.figures)

    @cached_property
    def untold(self) -> IntArray:
        """Places of victims whose downloads nobody has told."""
        return np.flatnonzero(self.figures[0] < 0).astype(np.int32)

    @cached_property
    def tallies(self) -> Tallies:
        """Counts and sums of the victims, by the verdicts of all events at once."""
        found = [self.found[name].verdict for name in self.events]
        return Tallies(found, self.amounts, self.captive, self.untold)

    @cached_property
    def found(self) -> dict[str, Verdicts]:
        """The verdicts of each event."""
        return {name: self.judge.verdicts(event_named(name)) for name in self.events}

    def outcome(self, name: str) -> Outcome:
        """Return what one event does."""
        found = self.found[name]
        self.every = self.whole.verdicts(found.event)
        for other, outcome in self._answered:
            if other.verdict is found.verdict:  # two events of the same rules
                return replace(outcome, event=name)
        counts = _counts(self, found)
        n_known = len(found.nodes) + counts["unaffected"]
        shown = worst_first(
            self.graph, found.nodes, found.verdict, self.figures, self.limit
        )
        outcome = Outcome(
            event=name,
            counts=counts,
            weights=_weights(self, found),
            known_share=len(found.nodes) / n_known if n_known else None,
            victims=tuple(
                _victim(self, found, at) for at in shown[self.skip :].tolist()
            ),
            truncated=len(found.nodes) - len(shown),
            splits={item: self._split(found, item) for item in self.splits},
        )
        self._answered.append((found, outcome))
        return outcome

    def _split(self, found: Verdicts, dimension: str) -> Splits:
        if dimension in BY_PROOF:
            return split_victims(self.graph, found, dimension)
        if dimension not in self._parts:
            self._parts[dimension] = split_victims(self.graph, found, dimension)
        return self._parts[dimension]


def _counts(asked: _Asked, found: Verdicts) -> dict[str, int]:
    """Count verdicts; what is not reached is unaffected where its origin is known."""
    tally = asked.tallies.of(found.verdict).artefacts.tolist()
    tally = tally[: len(found.event.verdicts)]
    tally += [0] * (len(found.event.verdicts) - len(tally))
    tally[-2] = asked.unaffected
    tally[-1] = asked.outside - len(found.nodes) - asked.unaffected
    return dict(zip(found.event.verdicts, tally, strict=True))


def _weights(asked: _Asked, found: Verdicts) -> dict[str, Weight]:
    own = asked.tallies.of(found.verdict)
    return {
        name: Weight(
            artefacts=int(own.artefacts[code]),
            captive=int(own.captive[code]),
            downloads=int(own.sums[0][code]),
            downloads_all_time=int(own.sums[1][code]),
            likes=int(own.sums[2][code]),
            parameters=int(own.sums[3][code]),
            downloads_unknown=int(own.untold[code]),
        )
        for code, name in enumerate(found.event.verdicts[:-2])
    }


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
    gone = sum(_is_gone(asked, parent) for parent in parents.tolist())
    return gone, len(parents)


def _is_gone(asked: _Asked, node: int) -> bool:
    """Tell whether a node is lost, or breaks."""
    member = _place(asked.members, node)
    if member is not None:
        return bool(asked.mirrors[member] < 0)
    every = asked.every
    victim = _place(every.nodes, node)
    return victim is not None and bool(every.verdict[victim] == 0)


def _place(nodes: IntArray, node: int) -> int | None:
    # A number of another type would have all nodes copied to that type first.
    at = int(np.searchsorted(nodes, np.int32(node)))
    return at if at < len(nodes) and nodes[at] == node else None
