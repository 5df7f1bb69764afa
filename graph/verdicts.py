"""What an event does to everything that stands on a set of artefacts.

The rules are those of the verdict tables (docs/concepts.md): each artefact outside the
set gets the first verdict that applies, from worst to best. The engine decides the
verdicts of all that the set reaches; everything else is *unaffected* or *unknown*,
which does not depend on the set (:func:`known_origins`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import (
    BoolArray,
    ByteArray,
    Csr,
    IntArray,
    edge_positions,
    edge_sources,
)
from headwater.graph.kernels.reach import Reach, reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.roots import BODY_RELATIONS, WEIGHT_RELATIONS
from headwater.graph.schema import (
    EVENTS,
    KINDS,
    RELATION_CODE,
    RELATIONS,
    ROOT_STATUSES,
    STATES,
    Event,
)

_LOAD: Final = np.array([item.load_time == "yes" for item in RELATIONS])
_MAYBE_LOAD: Final = _LOAD | np.array(
    [item.load_time == "unknown" for item in RELATIONS]
)
_DIRECT: Final = np.array([item.direct_input for item in RELATIONS])
_MIRROR: Final = RELATION_CODE["mirror_of"]
_MODEL: Final = KINDS.index("model")
# Where the substance of an artefact comes from: weights of models, any input of others.
_SUBSTANCE: Final = BODY_RELATIONS | np.array(
    [item.lineage and "model" not in item.children for item in RELATIONS]
)


@dataclass(frozen=True, slots=True)
class ProofTree:
    """For each node the edge of its proof that leads one step towards the set.

    Attributes
    ----------
    nodes : int32 array, ascending
        Nodes that have a step.
    via : int64 array
        Position of the edge among the children rows.
    above : ProofTree or None
        Where the proof goes on after one step; None: in this tree.
    """

    nodes: IntArray
    via: NDArray[np.int64]
    above: ProofTree | None = None

    def step(self, node: int) -> int:
        """Return the edge position of the next step from `node`, or -1 at the end."""
        at = int(np.searchsorted(self.nodes, node))
        found = at < len(self.nodes) and self.nodes[at] == node
        return int(self.via[at]) if found else -1


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of one event on what the set reaches, in node order.

    Attributes
    ----------
    event : Event
        What happened.
    nodes : int32 array, shape (k,), ascending
        Every artefact outside the set with a lineage path to it.
    verdict : int8 array, shape (k,)
        Position in ``event.verdicts``.
    depth : int32 array, shape (k,)
        Number of edges of the proof.
    tree : int8 array, shape (k,)
        Which of `trees` holds the proof.
    trees : tuple of ProofTree
        Shortest paths by rule.
    captive : bool array, shape (k,)
        Whether nothing of its origin is left without the set.
    """

    event: Event
    nodes: IntArray
    verdict: ByteArray
    depth: IntArray
    tree: ByteArray
    trees: tuple[ProofTree, ...]
    captive: BoolArray


def find_mirrors(
    graph: LineageGraph, members: IntArray, alive: BoolArray | None = None
) -> IntArray:
    """Return for each member of the set its mirror outside the set, or -1.

    A mirror is joined by a ``mirror_of`` edge in either direction and is present. Of
    several the most downloaded, liked and built-on counts, then the lowest number.
    """
    inside = np.zeros(graph.n_nodes, np.bool_)
    inside[members] = True
    best = np.full(len(members), -1, np.int32)
    for rows in (graph.children, graph.parents):
        at = edge_positions(rows.offsets, members)
        at = at[rows.relations[at] == _MIRROR]
        other = rows.targets[at]
        good = ~inside[other] & (graph.columns.state[other] == STATES.index("present"))
        if alive is not None:
            good &= alive[other]
        at, other = at[good], other[good]
        place = np.searchsorted(members, edge_sources(rows.offsets, at))
        for member, mirror in zip(place.tolist(), other.tolist(), strict=True):
            held = int(best[member])
            if held < 0 or _mirror_rank(graph, mirror) < _mirror_rank(graph, held):
                best[member] = mirror
    return best


def _mirror_rank(graph: LineageGraph, node: int) -> tuple[int, int, int, int]:
    columns, offsets = graph.columns, graph.children.offsets
    built_on = int(offsets[node + 1] - offsets[node])
    return -int(columns.downloads[node]), -int(columns.likes[node]), -built_on, node


def known_origins(graph: LineageGraph, alive: BoolArray | None = None) -> BoolArray:
    """Return for each artefact whether it is known what it stands on.

    A model: every path of its weights ends in an established or presumed root that is
    no phantom. A dataset or application: it has a declared input, and the origin of
    every input is known; a circle of inputs without another origin is not.

    Complexity: O(V + E).
    """
    columns = graph.columns
    status = columns.root_status
    is_model = columns.kind == _MODEL
    bad = is_model & (
        (status == ROOT_STATUSES.index("undeclared"))
        | (columns.phantom & (status != ROOT_STATUSES.index("derived")))
    )
    if alive is not None:
        bad |= _cut_from_parents(graph, alive) & is_model
    known = is_model.copy()
    seeds = np.flatnonzero(bad).astype(np.int32)
    known[seeds] = False
    known[reach(graph.children, seeds, BODY_RELATIONS, graph.shared).nodes] = False
    if alive is not None:
        known &= alive
    return _known_inputs(graph, known, alive)


def _cut_from_parents(graph: LineageGraph, alive: BoolArray) -> BoolArray:
    """Return the nodes that have a weight parent which did not exist yet."""
    cut = np.zeros(graph.n_nodes, np.bool_)
    dead = np.flatnonzero(~alive).astype(np.int32)
    at = edge_positions(graph.children.offsets, dead)
    cut[graph.children.targets[at[BODY_RELATIONS[graph.children.relations[at]]]]] = True
    return cut


def _known_inputs(
    graph: LineageGraph, known: BoolArray, alive: BoolArray | None
) -> BoolArray:
    """Spread `known` from models to datasets and applications (Kahn's order)."""
    rows = graph.parents
    child = np.repeat(np.arange(graph.n_nodes, dtype=np.int32), np.diff(rows.offsets))
    counts = np.bincount(
        child[LINEAGE_RELATIONS[rows.relations]], minlength=graph.n_nodes
    )
    waiting = np.where(graph.columns.kind == _MODEL, -1, counts)
    frontier = np.flatnonzero(known).astype(np.int32)
    while frontier.size:
        at = edge_positions(graph.children.offsets, frontier)
        at = at[LINEAGE_RELATIONS[graph.children.relations[at]]]
        met = graph.children.targets[at]
        met = met[waiting[met] > 0]
        np.subtract.at(waiting, met, 1)
        met = np.unique(met)
        frontier = met[waiting[met] == 0]
        if alive is not None:
            frontier = frontier[alive[frontier]]
        known[frontier] = True
    return known


def judge(
    graph: LineageGraph,
    members: IntArray,
    event: Event,
    mirrors: IntArray,
    alive: BoolArray | None = None,
) -> Verdicts:
    """Return the verdicts of an event on everything that stands on a set.

    Parameters
    ----------
    graph : LineageGraph
        Where to look.
    members : int32 array, ascending
        The set; all of it artefacts.
    event : Event
        What happens to it.
    mirrors : int32 array, shape of `members`
        From :func:`find_mirrors`.
    alive : bool array, optional
        Restricts everything to these nodes.

    Notes
    -----
    O(V / 8) to clear marks and O(edges met) per rule; five rules at most.
    """
    walk = _Walk(graph, members, alive)
    if event.name in ("deleted", "gated"):
        staged = _loss_rules(walk, members[mirrors < 0])
    else:
        relations = WEIGHT_RELATIONS if event.name == "frozen" else BODY_RELATIONS
        staged = [_Stage(0, *walk.tree(members, relations))]
    staged.append(
        _Stage(len(event.verdicts) - 3, *walk.tree(members, LINEAGE_RELATIONS))
    )
    return _first_rule(walk, event, staged)


@dataclass(frozen=True, slots=True)
class _Stage:
    """One rule: the verdict it gives, its proofs, and how deep they are."""

    verdict: int
    tree: ProofTree
    depth: IntArray


class _Walk:
    """Searches from sets within one graph, remembering what they share."""

    def __init__(
        self, graph: LineageGraph, members: IntArray, alive: BoolArray | None
    ) -> None:
        self.graph = graph
        self.members = members
        self.alive = alive
        self.shared = graph.shared
        self.inside = np.zeros(graph.n_nodes, np.bool_)
        self.inside[members] = True

    def tree(
        self, sources: IntArray, relations: BoolArray
    ) -> tuple[ProofTree, IntArray]:
        """Return shortest proofs from `sources` over some relations."""
        found: Reach = reach(
            self.graph.children, sources, relations, self.shared, self.alive
        )
        order = np.argsort(found.nodes, kind="stable")
        return ProofTree(found.nodes[order], found.via[order]), found.depth[order]

    def inputs_of(
        self, sources: IntArray, broken: ProofTree, depth: IntArray
    ) -> tuple[ProofTree, IntArray]:
        """Return who has a direct input among `sources` or what is `broken`."""
        outside = ~self.inside[broken.nodes]
        start = np.concatenate([sources, broken.nodes[outside]])
        start_depth = np.concatenate([np.zeros(len(sources), np.int32), depth[outside]])
        order = np.lexsort((start, start_depth))
        start, start_depth = start[order], start_depth[order]
        if self.alive is not None:
            living = self.alive[start]
            start, start_depth = start[living], start_depth[living]
        rows: Csr = self.graph.children
        at = edge_positions(rows.offsets, start)
        counts = rows.offsets[start + 1] - rows.offsets[start]
        edge_depth = np.repeat(start_depth, counts) + 1
        keep = _DIRECT[rows.relations[at]]
        if self.alive is not None:
            keep &= self.alive[rows.targets[at]]
        at, edge_depth = at[keep], edge_depth[keep]
        nodes, first = np.unique(rows.targets[at], return_index=True)
        return ProofTree(nodes, at[first], broken), edge_depth[first].astype(np.int32)


def _loss_rules(walk: _Walk, lost: IntArray) -> list[_Stage]:
    """Return the rules for a loss, from worst to best, ``recoverable`` last."""
    staged: list[_Stage] = []
    rounds = [(lost, (0, 1, 2))]
    if len(lost) < len(walk.members):
        rounds.append((walk.members, (3, 3, 3)))
    for sources, verdicts in rounds:
        broken, depth = walk.tree(sources, _LOAD)
        maybe, maybe_depth = walk.tree(sources, _MAYBE_LOAD)
        inputs, inputs_depth = walk.inputs_of(sources, broken, depth)
        staged += [
            _Stage(verdicts[0], broken, depth),
            _Stage(verdicts[1], maybe, maybe_depth),
            _Stage(verdicts[2], inputs, inputs_depth),
        ]
    return staged


def _first_rule(walk: _Walk, event: Event, staged: list[_Stage]) -> Verdicts:
    """Give each node the worst verdict that applies, and its shortest proof."""
    everything = staged[-1].tree.nodes
    nodes = everything[~walk.inside[everything]]
    verdict = np.full(len(nodes), len(event.verdicts), np.int8)
    depth = np.full(len(nodes), np.iinfo(np.int32).max, np.int32)
    tree = np.full(len(nodes), -1, np.int8)
    for number, stage in enumerate(staged):
        ours = ~walk.inside[stage.tree.nodes]
        place = np.searchsorted(nodes, stage.tree.nodes[ours])
        deep = stage.depth[ours]
        better = (stage.verdict < verdict[place]) | (
            (stage.verdict == verdict[place]) & (deep < depth[place])
        )
        place, deep = place[better], deep[better]
        verdict[place], depth[place], tree[place] = stage.verdict, deep, number
    captive = _captive(walk, nodes)
    trees = tuple(stage.tree for stage in staged)
    return Verdicts(event, nodes, verdict, depth, tree, trees, captive)


def _captive(walk: _Walk, victims: IntArray) -> BoolArray:
    """Return which victims have no origin left without the set.

    Free are victims that are roots themselves and those with an input beyond the set's
    reach; freedom spreads to what stands on them. The rest is captive.
    """
    graph, columns = walk.graph, walk.graph.columns
    within = np.zeros(graph.n_nodes, np.bool_)
    within[victims] = True
    rows = graph.parents
    at = edge_positions(rows.offsets, victims)
    child = np.repeat(victims, rows.offsets[victims + 1] - rows.offsets[victims])
    keep = _SUBSTANCE[rows.relations[at]]
    if walk.alive is not None:
        keep &= walk.alive[rows.targets[at]]
    child, parent = child[keep], rows.targets[at[keep]]
    free = np.zeros(graph.n_nodes, np.bool_)
    free[child[~within[parent] & ~walk.inside[parent]]] = True
    has_input = np.zeros(graph.n_nodes, np.bool_)
    has_input[child] = True
    # A root on a cycle that runs through the set goes down with it.
    in_set = np.zeros(graph.n_nodes, np.bool_)
    in_set[columns.representative[walk.members]] = True
    is_root = (columns.kind[victims] == _MODEL) & (
        columns.root_status[victims] != ROOT_STATUSES.index("derived")
    )
    is_root &= ~in_set[columns.representative[victims]]
    free[victims[is_root | ~has_input[victims]]] = True
    seeds = victims[free[victims]]
    free[reach(graph.children, seeds, _SUBSTANCE, walk.shared, within).nodes] = True
    return ~free[victims]


def event_named(name: str) -> Event:
    """Return an event of the schema by its name."""
    return next(event for event in EVENTS if event.name == name)
