"""Everything that stands on a target as one tree of blocks, folded to what can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.graph.kernels.csr import IntArray, LongArray, ranges
from headwater.graph.kernels.order import stable_order
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.mirrors import find_mirrors
from headwater.graph.schema import EVENT_NAMES, RELATIONS
from headwater.graph.verdicts import Judge, Verdicts, event_named
from headwater.queries.as_of import there_by
from headwater.queries.results import Result
from headwater.queries.targets import resolve_node, resolve_targets

GENERATIONS: Final = 4
"""Generations below the opened block that one answer holds."""
WAVES: Final = 6
"""The last wave holds this generation and all later ones."""
_LEAST: Final = 150
_WIDTH: Final = 20


@dataclass(frozen=True, slots=True)
class Block:
    """One artefact, or the siblings that are folded into one.

    Attributes
    ----------
    id, name : str or None
        The artefact; None when several are folded.
    relation : str or None
        Relation to the block above; None for the target, and for folded ones.
    verdict : str or None
        What the event does to it; None for what belongs to the target.
    artefacts : int
        Artefacts touched, at this block and below it. What belongs to the target is not
        counted.
    folded : int
        How many siblings the block stands for.
    has_children : bool
        Whether anything stands on it, drawn here or not.
    children : tuple of Block
        Named ones first, the largest first, then the folded ones, worst first.
    """

    id: str | None
    name: str | None
    relation: str | None
    verdict: str | None
    artefacts: int
    folded: int
    has_children: bool
    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Wave:
    """One generation below the target: artefacts by verdict, worst first."""

    generation: int
    and_later: bool
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class ImpactTree(Result):
    """What stands on a target, each artefact once, on a shortest path to it.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    as_of : date or None
        Day as of which it was asked.
    event : str
        The event that the verdicts are of.
    artefacts : int
        Artefacts that stand on the target.
    trail : tuple of str
        Ids from the target down to the opened block, without it; empty at the top.
    root : Block
        The opened block: the whole target, or the one that was asked for.
    waves : tuple of Wave
        Of the whole target, nearest first.
    """

    snapshot: str
    as_of: date | None
    event: str
    artefacts: int
    trail: tuple[str, ...]
    root: Block
    waves: tuple[Wave, ...]


def impact_tree(
    graph: LineageGraph,
    targets: Sequence[str],
    event: str = "deleted",
    *,
    below: str | None = None,
    as_of: date | None = None,
) -> ImpactTree:
    """Return what stands on the targets as a tree.

    Each artefact is in the tree once: below the first parent on a shortest path to the
    target, whatever the relation, so the tree is the same for every event. An artefact
    is a block of its own when at least 1/150 of the opened block's artefacts are at or
    below it, at most twenty below one; the rest is folded, one block a verdict.

    Parameters
    ----------
    below : str, optional
        Open the tree at this artefact, of the target or a victim.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError, InvalidArgumentError
        When a target, the event or `below` cannot be used.

    Notes
    -----
    O(k log d) for k artefacts in d generations, beyond the search for them.
    """
    if not targets or event not in EVENT_NAMES:
        raise InvalidArgumentError(
            f"give a target and an event among {', '.join(EVENT_NAMES)}"
        )
    resolved, members = resolve_targets(graph, targets)
    members = there_by(graph, members, as_of)
    alive = graph.alive(as_of)
    judge = Judge(graph, members, find_mirrors(graph, members, alive), alive)
    forest = _Forest(graph, judge.verdicts(event_named(event)), members)
    trail: tuple[str, ...] = ()
    if below is not None:
        place = forest.find(below)
        trail = forest.trail(place)
        root = forest.block(place)
    elif len(members) == 1:
        root = forest.block(len(forest.found.nodes))
    else:
        name = " + ".join(target.id for target in resolved)
        root = forest.top(resolved[0].id if len(resolved) == 1 else None, name)
    return ImpactTree(
        snapshot=graph.manifest.id,
        as_of=as_of,
        event=event,
        artefacts=len(forest.found.nodes),
        trail=trail,
        root=root,
        waves=forest.waves(),
    )


class _Forest:
    """Victims below members, by place: victims first, then the set."""

    def __init__(self, graph: LineageGraph, found: Verdicts, members: IntArray) -> None:
        self.graph, self.found, self.members = graph, found, members
        tree = found.trees[-1]  # of any lineage path: the same for every event
        self._place_of = tree.place
        self.edge = tree.steps(found.nodes)
        above = graph.children.offsets.searchsorted(self.edge, side="right") - 1
        self.parent: LongArray = tree.place.take(above).astype(np.int64) - 1
        self.n_victims = len(found.nodes)
        self._order = stable_order(self.parent)
        counts = np.bincount(self.parent, minlength=self.n_victims + len(members))
        self._starts: LongArray = np.concatenate([[0], np.cumsum(counts)])

    @cached_property
    def generation(self) -> LongArray:
        """Edges from each victim to the set, by doubling the steps taken at once."""
        count = self.n_victims
        # The set is one more place, where every walk ends.
        jump = np.append(np.minimum(self.parent, count), count)
        depth = np.ones(count + 1, np.int64)
        depth[count] = 0
        while (jump[:count] < count).any():
            depth += depth[jump]
            jump = jump[jump]
        found: LongArray = depth[:count]
        return found

    @cached_property
    def size(self) -> LongArray:
        """Victims at and below each place."""
        total = np.zeros(self.n_victims + len(self.members), np.int64)
        total[: self.n_victims] = 1
        order = stable_order(self.generation)
        ends = np.cumsum(np.bincount(self.generation, minlength=1))
        for last in range(len(ends) - 1, 0, -1):
            at = order[ends[last - 1] : ends[last]]
            np.add.at(total, self.parent[at], total[at])
        return total

    def find(self, text: str) -> int:
        """Return the place of an artefact of the target or a victim."""
        node = resolve_node(self.graph, text)
        place = int(self._place_of[node]) - 1
        if place < 0:
            raise NodeNotFoundError(
                f"{self.graph.ids[node]} below the target: it does not stand on it", []
            )
        return place

    def trail(self, place: int) -> tuple[str, ...]:
        """Return the ids above a place, the target's first."""
        found: list[str] = []
        while place < self.n_victims:
            place = int(self.parent[place])
            found.append(self._id(place))
        return tuple(reversed(found))

    def top(self, id_: str | None, name: str) -> Block:
        """Return the whole target as one block."""
        places = np.arange(self.n_victims, self.n_victims + len(self.members))
        size = self.size[places]
        least = int(size.sum()) // _LEAST
        below = self._fan(places[size > 0], GENERATIONS, least)
        return Block(id_, name, None, None, int(size.sum()), 1, bool(size.any()), below)

    def block(self, place: int) -> Block:
        """Return one artefact and what is drawn below it."""
        return self._block(place, GENERATIONS, int(self.size[place]) // _LEAST)

    def waves(self) -> tuple[Wave, ...]:
        """Return victims by generation and verdict."""
        names = self.found.event.verdicts[:-2]
        capped = np.minimum(self.generation, WAVES) - 1
        place = capped * len(names) + self.found.verdict
        table = np.bincount(place, minlength=WAVES * len(names)).reshape(WAVES, -1)
        later = bool((self.generation > WAVES).any())
        return tuple(
            Wave(at + 1, later and at + 1 == WAVES, dict(zip(names, row, strict=True)))
            for at, row in enumerate(table.tolist())
            if any(row)
        )

    def _id(self, place: int) -> str:
        return self.graph.ids[self._node(place)]

    def _node(self, place: int) -> int:
        if place < self.n_victims:
            return int(self.found.nodes[place])
        return int(self.members[place - self.n_victims])

    def _children(self, places: LongArray) -> LongArray:
        starts = self._starts[places]
        return self._order[ranges(starts, self._starts[places + 1] - starts)]

    def _block(self, place: int, left: int, least: int) -> Block:
        node, relation, verdict = self._node(place), None, None
        if place < self.n_victims:
            code = self.graph.children.relations[self.edge[place]]
            relation = RELATIONS[code].name
            verdict = self.found.event.verdicts[self.found.verdict[place]]
        below = self._children(np.array([place]))
        return Block(
            self.graph.ids[node], self.graph.name(node), relation, verdict,
            int(self.size[place]), 1, len(below) > 0, self._fan(below, left, least),
        )  # fmt: skip

    def _fan(self, places: LongArray, left: int, least: int) -> tuple[Block, ...]:
        """Return siblings: the large ones by name, the others folded."""
        if left == 0 or not len(places):
            return ()
        size = self.size[places]
        order = stable_order(-size)
        named = order[:_WIDTH][size[order[:_WIDTH]] >= least]
        rest = np.ones(len(places), np.bool_)
        rest[named] = False
        blocks = [self._block(at, left - 1, least) for at in places[named].tolist()]
        return (*blocks, *self._folded(places[rest], left))

    def _folded(self, places: LongArray, left: int) -> tuple[Block, ...]:
        """Return siblings as one block a verdict."""
        if left == 0 or not len(places):
            return ()
        verdicts = np.full(len(places), -1, np.int8)
        outside = places < self.n_victims
        verdicts[outside] = self.found.verdict[places[outside]]
        blocks = []
        for code in np.unique(verdicts).tolist():
            own = places[verdicts == code]
            below = self._children(own)
            verdict = None if code < 0 else self.found.event.verdicts[code]
            inner = self._folded(below, left - 1)
            blocks.append(
                Block(
                    None, None, None, verdict, int(self.size[own].sum()), len(own),
                    len(below) > 0, inner,
                )
            )  # fmt: skip
        return tuple(blocks)
