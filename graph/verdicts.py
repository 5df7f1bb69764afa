"""What an event does to everything that stands on a set of artefacts.

The rules are those of the verdict tables (docs/concepts.md): each artefact outside the
set gets the first verdict that applies, from worst to best. The engine decides the
verdicts of all that the set reaches; everything else is *unaffected* or *unknown*,
which does not depend on the set (:func:`known_origins`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from headwater.graph import origins
from headwater.graph.kernels.csr import (
    BoolArray,
    ByteArray,
    IntArray,
    LongArray,
    edge_positions,
)
from headwater.graph.kernels.reach import Reach, reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.roots import BODY_RELATIONS, WEIGHT_RELATIONS
from headwater.graph.schema import (
    EVENTS,
    KINDS,
    RELATIONS,
    ROOT_STATUSES,
    Event,
)

_LOAD: Final = np.array([item.load_time == "yes" for item in RELATIONS])
_MAYBE_LOAD: Final = _LOAD | np.array(
    [item.load_time == "unknown" for item in RELATIONS]
)
_DIRECT: Final = np.array([item.direct_input for item in RELATIONS])
_MODEL: Final = KINDS.index("model")
_PASSES: Final = 24
# Where the substance of an artefact comes from: weights of models, any input of others.
_SUBSTANCE: Final = BODY_RELATIONS | np.array(
    [item.lineage and "model" not in item.children for item in RELATIONS]
)


@dataclass(frozen=True, slots=True)
class ProofTree:
    """For each node the edge of its proof that leads one step towards the set.

    Attributes
    ----------
    place : int32 array, shape (V,)
        One more than where a node stands in `next_edge`, 0 for nodes out of reach.
    next_edge : int32 array
        One more than the position of the edge among the children rows; 0 at the end.
    above : ProofTree or None
        Where the proof goes on after one step; None: in this tree.
    """

    place: IntArray
    next_edge: IntArray
    above: ProofTree | None = None

    def step(self, node: int) -> int:
        """Return the edge position of the next step from `node`, or -1 at the end."""
        return int(self.next_edge[self.place[node] - 1]) - 1

    def steps(self, nodes: IntArray) -> IntArray:
        """Return :meth:`step` of many nodes."""
        return self.next_edge.take(self.place.take(nodes) - 1) - 1


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of one event on what the set reaches, in node order.

    Attributes
    ----------
    event : Event
        What happened.
    nodes : int32 array, shape (k,), ascending
        Every artefact outside the set with a lineage path to it; the same, whatever
        the event.
    verdict : int8 array, shape (k,)
        Position in ``event.verdicts``.
    depth : int32 array, shape (k,)
        Number of edges of the proof.
    tree : int8 array, shape (k,)
        Which of `trees` holds the proof.
    trees : tuple of ProofTree
        Shortest paths by rule.
    judge : Judge
        Who found it.
    """

    event: Event
    nodes: IntArray
    verdict: ByteArray
    depth: IntArray
    tree: ByteArray
    trees: tuple[ProofTree, ...]
    judge: Judge

    @property
    def captive(self) -> BoolArray:
        """Whether nothing of a victim's origin is left without the set.

        The same for every event, and found when it is first asked for.
        """
        return self.judge.captive


def known_origins(graph: LineageGraph, alive: BoolArray | None = None) -> BoolArray:
    """Return for each node whether it is known what it stands on.

    The snapshot holds the answer for all that it knows; for another day it is found
    anew, see :func:`headwater.graph.origins.known_origins`.
    """
    columns = graph.columns
    if alive is None:
        return columns.known_origin
    return origins.known_origins(
        columns.kind, columns.phantom, columns.root_status, graph.parents,
        graph.children, alive,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stage:
    """One rule: the verdict it gives, to whom, how deep, and by which proofs."""

    verdict: int
    nodes: IntArray
    place: IntArray
    depth: IntArray
    tree: ProofTree


class Judge:
    """Verdicts on everything that stands on a set, event by event.

    What several events have in common is found once: who stands on the set at all, who
    is captive, and the rules for a loss.

    Parameters
    ----------
    graph : LineageGraph
        Where to look.
    members : int32 array, ascending
        The set; all of it artefacts.
    mirrors : int32 array, shape of `members`
        From :func:`headwater.graph.mirrors.find_mirrors`.
    alive : bool array, shape (V,), optional
        Restricts everything to these nodes.

    Notes
    -----
    O(edges met) per rule, seven rules at most; arrays of length V are only touched
    where something was met.
    """

    def __init__(
        self,
        graph: LineageGraph,
        members: IntArray,
        mirrors: IntArray,
        alive: BoolArray | None = None,
    ) -> None:
        self.graph = graph
        self.members = members
        self.lost, self.mirrored = members[mirrors < 0], members[mirrors >= 0]
        self.alive = alive

    def verdicts(self, event: Event) -> Verdicts:
        """Return the verdicts of one event."""
        if event.name in ("deleted", "gated"):
            verdict, depth, tree, trees = self._loss
        else:
            relations = WEIGHT_RELATIONS if event.name == "frozen" else BODY_RELATIONS
            staged = [self._stage(0, self.members, relations)]
            verdict, depth, tree, trees = self._first_rule(staged, 1)
        return Verdicts(event, self.victims, verdict, depth, tree, trees, self)

    @cached_property
    def _everything(self) -> Reach:
        """All that stands on the set, whatever the relation."""
        graph = self.graph
        return reach(
            graph.children, self.members, LINEAGE_RELATIONS, graph.shared, self.alive
        )

    @cached_property
    def victims(self) -> IntArray:
        """Artefacts outside the set that stand on it, ascending."""
        return np.sort(self._everything.nodes)

    @cached_property
    def _place(self) -> IntArray:
        """One more than the place of each node: victims first, then the set; or 0.

        Everything but this array is as long as the answer, not as the graph; of this
        one only the pages are touched on which something was met.
        """
        count = len(self.victims)
        place = np.zeros(self.graph.n_nodes, np.int32)
        place[self.victims] = np.arange(1, count + 1, dtype=np.int32)
        place[self.members] = np.arange(
            count + 1, count + len(self.members) + 1, dtype=np.int32
        )
        return place

    @cached_property
    def _any_path(self) -> _Stage:
        return self._staged(-1, self._everything)

    @cached_property
    def _loss(self) -> tuple[ByteArray, IntArray, ByteArray, tuple[ProofTree, ...]]:
        """The rules for a loss, from worst to best, ``recoverable`` fourth."""
        staged: list[_Stage] = []
        rounds = [(self.lost, (0, 1, 2))]
        if len(self.mirrored):
            # Searching from the mirrored members alone is enough: what is also reached
            # from a lost one by the same rule has its worse verdict from that already.
            rounds.append((self.mirrored, (3, 3, 3)))
        for sources, verdicts in rounds:
            broken = self._stage(verdicts[0], sources, _LOAD)
            maybe = self._stage(verdicts[1], sources, _MAYBE_LOAD)
            staged += [broken, maybe, self._inputs(verdicts[2], sources, broken)]
        return self._first_rule(staged, 4)

    def _stage(self, verdict: int, sources: IntArray, relations: BoolArray) -> _Stage:
        """Return the rule that holds where `sources` reach over some relations."""
        graph = self.graph
        found = reach(graph.children, sources, relations, graph.shared, self.alive)
        return self._staged(verdict, found)

    def _staged(self, verdict: int, found: Reach) -> _Stage:
        place = self._place.take(found.nodes) - np.int32(1)
        tree = self._tree(place, found.via)
        return _Stage(verdict, found.nodes, place, found.depth, tree)

    def _tree(
        self, place: IntArray, via: LongArray, above: ProofTree | None = None
    ) -> ProofTree:
        """Return proofs; of several edges to a node the first one counts."""
        next_edge = np.zeros(len(self.victims) + len(self.members), np.int32)
        # Written backwards: the last write stays.
        next_edge[place[::-1]] = via[::-1] + 1
        return ProofTree(self._place, next_edge, above)

    def _inputs(self, verdict: int, sources: IntArray, broken: _Stage) -> _Stage:
        """Return the rule for a direct input among `sources` or what is `broken`."""
        rows = self.graph.children
        outside = broken.place < len(self.victims)
        start = np.concatenate([sources, broken.nodes[outside]])
        depth = np.zeros(len(start), np.int32)
        depth[len(sources) :] = broken.depth[outside]
        if self.alive is not None:
            living = self.alive[start]
            start, depth = start[living], depth[living]
        # The nearest first, of these the lowest-numbered.
        packed = np.sort(depth.astype(np.int64) << 32 | start)
        start = packed.astype(np.int32)
        at = edge_positions(rows.offsets, start)
        counts = rows.offsets[1:].take(start) - rows.offsets.take(start)
        depth = np.repeat((packed >> 32).astype(np.int32) + 1, counts)
        keep = _DIRECT.take(rows.relations.take(at))
        nodes = rows.targets.take(at)
        if self.alive is not None:
            keep &= self.alive[nodes]
        at, depth, nodes = at[keep], depth[keep], nodes[keep]
        place = self._place.take(nodes) - np.int32(1)
        tree = self._tree(place, at, broken.tree)
        first = tree.next_edge.take(place) == at + 1
        return _Stage(verdict, nodes[first], place[first], depth[first], tree)

    def _first_rule(
        self, staged: list[_Stage], otherwise: int
    ) -> tuple[ByteArray, IntArray, ByteArray, tuple[ProofTree, ...]]:
        """Give each victim the worst verdict that applies, and its shortest proof."""
        last, count = self._any_path, len(self.victims)
        verdict = np.full(count, otherwise, np.int8)
        depth = np.empty(count, np.int32)
        depth[last.place] = last.depth
        tree = np.full(count, len(staged), np.int8)
        for number, stage in enumerate(staged):
            at, deep = stage.place, stage.depth
            ours = at < count
            if not ours.all():
                at, deep = at[ours], deep[ours]
            held = verdict.take(at)
            better = (stage.verdict < held) | (
                (stage.verdict == held) & (deep < depth.take(at))
            )
            if not better.all():
                at, deep = at[better], deep[better]
            verdict[at], depth[at], tree[at] = stage.verdict, deep, number
        return verdict, depth, tree, (*(stage.tree for stage in staged), last.tree)

    @cached_property
    def captive(self) -> BoolArray:
        """Which victims have no origin left without the set.

        Free are victims that are roots themselves and those with an input beyond the
        set's reach; freedom spreads to what stands on them. The rest is captive.
        """
        graph, columns, victims = self.graph, self.graph.columns, self.victims
        own, parent = self._inputs_of_victims()
        free = np.ones(len(victims), np.bool_)
        free[own] = False
        free[own[parent < 0]] = True
        # A root on a cycle that runs through the set goes down with it.
        in_set = np.zeros(graph.n_nodes, np.bool_)
        in_set[columns.representative[self.members]] = True
        is_root = (columns.kind.take(victims) == _MODEL) & (
            columns.root_status.take(victims) != ROOT_STATUSES.index("derived")
        )
        is_root &= ~in_set.take(columns.representative.take(victims))
        free |= is_root
        self._spread(free, own, parent)
        return ~free

    def _inputs_of_victims(self) -> tuple[IntArray, IntArray]:
        """Return the places of victims and of their inputs; -1 lies beyond reach."""
        rows, victims = self.graph.parents, self.victims
        at = edge_positions(rows.offsets, victims)
        counts = rows.offsets[1:].take(victims) - rows.offsets.take(victims)
        own = np.repeat(np.arange(len(victims), dtype=np.int32), counts)
        keep = _SUBSTANCE.take(rows.relations.take(at))
        if not keep.all():
            at, own = at[keep], own[keep]
        parent = rows.targets.take(at)
        if self.alive is not None:
            living = self.alive[parent]
            own, parent = own[living], parent[living]
        return own, self._place.take(parent) - np.int32(1)

    def _spread(self, free: BoolArray, own: IntArray, parent: IntArray) -> None:
        """Free, in place, every victim with an input that is free."""
        inner = (parent >= 0) & (parent < len(free))
        own, parent = own[inner], parent[inner]
        # Lineage is shallow: a few passes over what is left do it. What is deeper is
        # walked, so that a long chain costs no more than its length.
        for _ in range(_PASSES):
            left = ~free.take(own)
            own, parent = own[left], parent[left]
            freed = own[free.take(parent)]
            if not len(freed):
                return
            free[freed] = True
        graph, victims = self.graph, self.victims
        within = np.zeros(graph.n_nodes, np.bool_)
        within[victims] = True
        found = reach(graph.children, victims[free], _SUBSTANCE, graph.shared, within)
        free[self._place.take(found.nodes) - np.int32(1)] = True


class Among(Judge):
    """What a judge says of some artefacts alone.

    Parameters
    ----------
    judge : Judge
        Who judges; of the whole graph.
    among : int32 array
        Artefacts to tell of.
    """

    def __init__(self, judge: Judge, among: IntArray) -> None:
        self.graph, self.members, self.alive = judge.graph, judge.members, judge.alive
        self._judge = judge
        wanted = np.zeros(judge.graph.n_nodes, np.bool_)
        wanted[among] = True
        self._kept = wanted.take(judge.victims)

    def verdicts(self, event: Event) -> Verdicts:
        """Return the verdicts of one event."""
        found, kept = self._judge.verdicts(event), self._kept
        return replace(
            found, nodes=found.nodes[kept], verdict=found.verdict[kept],
            depth=found.depth[kept], tree=found.tree[kept], judge=self,
        )  # fmt: skip

    @cached_property
    def victims(self) -> IntArray:
        """Those of them that stand on the set, ascending."""
        return self._judge.victims[self._kept]

    @cached_property
    def captive(self) -> BoolArray:
        """Which of these have no origin left without the set."""
        return self._judge.captive[self._kept]


def event_named(name: str) -> Event:
    """Return an event of the schema by its name."""
    return next(event for event in EVENTS if event.name == name)
