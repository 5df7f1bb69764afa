"""What one model hangs on: its own single points of failure, with a path to each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import (
    BoolArray,
    Csr,
    IntArray,
    build_csr,
    edge_positions,
)
from headwater.graph.kernels.dag import Dag, condense
from headwater.graph.kernels.dominators import dominator_tree
from headwater.graph.kernels.label_sets import dominating_labels
from headwater.graph.kernels.pairs import pairs_of_labels, pairs_of_nodes
from headwater.graph.kernels.reach import Reach, reach
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import ROOT_STATUSES
from headwater.graph.verdicts import known_origins
from headwater.queries.as_of import nodes_as_of
from headwater.queries.chokepoints import check_sorts
from headwater.queries.chokepoints_graph import BY, owners, without_cycles
from headwater.queries.chokepoints_substitutes import Substitutes, find_substitutes
from headwater.queries.proofs import Step, parent_step
from headwater.queries.results import Result
from headwater.queries.targets import resolve_node


@dataclass(frozen=True, slots=True)
class Single:
    """Something without which nothing of the model's weights is left.

    Attributes
    ----------
    id, name, kind, state, root_status : str
        The artefact or owner; `root_status` is ``not_applicable`` for owners.
    distance : int
        Edges to it, to its nearest artefact if it is an owner.
    through : tuple of str
        Its artefacts among the ancestors, nearest first: itself, the members of the
        cycle it is on, or models of the owner. Every path passes at least one of them.
    path : tuple of Step
        A shortest path to the first of these, nearest edge first, with its evidence.
    substitutes : Substitutes
        What could serve in place of the artefacts it passes through.
    """

    id: str
    name: str
    kind: str
    state: str
    root_status: str
    distance: int
    through: tuple[str, ...]
    path: tuple[Step, ...]
    substitutes: Substitutes


@dataclass(frozen=True, slots=True)
class SinglesBy:
    """Single points of failure of one sort, and pairs of them.

    Attributes
    ----------
    by : str
        ``artefact``, ``namespace`` or ``developer``.
    singles : tuple of Single
        Nearest first. The model itself, the cycle it is on and its own owner are left
        out: what is lost with these is no news.
    pairs : tuple of (str, str)
        Ids of two of which every path passes at least one, while neither is on every
        path; the model's own owner may be one of them only by an artefact above it.
    pairs_complete : bool or None
        Whether all pairs were sought; None: they were not asked for.
    """

    by: str
    singles: tuple[Single, ...]
    pairs: tuple[tuple[str, str], ...]
    pairs_complete: bool | None


@dataclass(frozen=True, slots=True)
class End:
    """Where a path of weights ends.

    Attributes
    ----------
    id, name, state, root_status : str
        The artefact.
    known : bool
        Whether it is an established or presumed root that was seen. If not, it may
        stand on something that nobody has named.
    """

    id: str
    name: str
    state: str
    root_status: str
    known: bool


@dataclass(frozen=True, slots=True)
class ModelChokepoints(Result):
    """Single points of failure of one model.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    as_of : date or None
        Day as of which it was asked.
    id, name, state, root_status : str
        The model.
    lineage : str
        ``known``: every path ends at a known root, the lists are complete. ``in part``:
        some path ends where nobody has said what is above; what is listed holds, more
        may be missing. ``undeclared``: the model names no parent and is no known root:
        the lists are empty because nothing is known, not because there is nothing.
    ends : tuple of End
        Where the paths end, nearest first; the model itself if it names no parent.
    n_ancestors : int
        Models that it stands on by weights.
    by : tuple of SinglesBy
        One for each sort that was asked for.
    """

    snapshot: str
    as_of: date | None
    id: str
    name: str
    state: str
    root_status: str
    lineage: str
    ends: tuple[End, ...]
    n_ancestors: int
    by: tuple[SinglesBy, ...]


def chokepoints_of(
    graph: LineageGraph,
    text: str,
    by: Sequence[str] = BY,
    *,
    pairs: bool = False,
    as_of: date | None = None,
) -> ModelChokepoints:
    """Return the single points of failure of one model, by sort, with paths.

    Parameters
    ----------
    text : str
        Node id or friendly name of a model.
    by : sequence of str
        Of :data:`~headwater.queries.chokepoints_graph.BY`.
    pairs : bool
        Whether to list pairs as well.
    as_of : date, optional
        Only what existed on that day.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When the text names no single node.
    InvalidArgumentError
        When it names no model, or one that was not there on that day.

    Notes
    -----
    O(ancestors): only what the model stands on is looked at, and downstream of its
    chokepoints for substitutes.

    See Also
    --------
    headwater.queries.chokepoints.chokepoints : of all models, ranked.
    """
    check_sorts(by)
    node = resolve_node(graph, text)
    if graph.kind(node) != "model":
        raise InvalidArgumentError(
            f"{graph.ids[node]} is no model ({graph.kind(node)}); chokepoints are found "
            "over weights, which only models have (headwater lineage "
            f"{graph.ids[node]} shows its inputs)"
        )
    alive = None if as_of is None else nodes_as_of(graph, as_of)
    if alive is not None and not alive[node]:
        raise InvalidArgumentError(
            f"{graph.ids[node]} came on {graph.day(node)}, after {as_of}; "
            "ask for a later day"
        )
    above = _Above(graph, node, alive)
    ends = above.ends()
    if all(end.known for end in ends):
        lineage = "known"
    else:
        lineage = "in part" if len(above.nodes) > 1 else "undeclared"
    return ModelChokepoints(
        snapshot=graph.manifest.id,
        as_of=as_of,
        id=graph.ids[node],
        name=graph.name(node),
        state=graph.state(node),
        root_status=ROOT_STATUSES[graph.columns.root_status[node]],
        lineage=lineage,
        ends=ends,
        n_ancestors=len(above.nodes) - 1,
        by=tuple(above.sort(item, pairs=pairs) for item in dict.fromkeys(by)),
    )


class _Above:
    """A model and its ancestors as a graph of their own, numbered 0, 1, ..."""

    def __init__(self, graph: LineageGraph, node: int, alive: BoolArray | None) -> None:
        self.graph, self.node, self.alive = graph, node, alive
        start = np.array([node], np.int32)
        self.found: Reach = reach(graph.parents, start, BODY_RELATIONS, None, alive)
        self.nodes: IntArray = np.sort(np.concatenate([start, self.found.nodes]))
        self.distance = np.zeros(len(self.nodes), np.int32)
        self.distance[np.searchsorted(self.nodes, self.found.nodes)] = self.found.depth
        self.own = int(np.searchsorted(self.nodes, node))

    @cached_property
    def dag(self) -> Dag:
        """The edges of weights among the nodes."""
        rows, nodes = self.graph.parents, self.nodes
        at = edge_positions(rows.offsets, nodes)
        at = at[BODY_RELATIONS[rows.relations.take(at)]]
        parent = rows.targets.take(at)
        place = np.minimum(np.searchsorted(nodes, parent), len(nodes) - 1)
        inside = nodes.take(place) == parent
        at, place = at[inside], place[inside].astype(np.int32)
        child = np.searchsorted(rows.offsets, at.astype(np.int32), "right") - 1
        own = np.searchsorted(nodes, child).astype(np.int32)
        small: Csr = build_csr(
            own, place, rows.relations.take(at), rows.edges.take(at), len(nodes)
        )
        return condense(small, BODY_RELATIONS)

    @cached_property
    def cycles(self) -> dict[int, list[int]]:
        """Members of each cycle, by representative."""
        return self.dag.components()

    def ends(self) -> tuple[End, ...]:
        """Return where the paths end: all members where that is a cycle."""
        roots = self.dag.levels[0].tolist()
        places = [item for root in roots for item in self.cycles.get(root, [root])]
        graph, known = self.graph, known_origins(self.graph, self.alive)
        places.sort(key=lambda place: (int(self.distance[place]), place))
        found = []
        for node in self.nodes[places].tolist():
            status = int(graph.columns.root_status[node])
            found.append(
                End(
                    graph.ids[node], graph.name(node), graph.state(node),
                    ROOT_STATUSES[status], bool(known[node]),
                )
            )  # fmt: skip
        return tuple(found)

    def sort(self, by: str, *, pairs: bool) -> SinglesBy:
        """Return the single points of failure of one sort."""
        if by == "artefact":
            return self._artefacts(pairs=pairs)
        label = owners(self.graph, by).take(self.nodes).astype(np.int32)
        sets = dominating_labels(self.dag, label)
        places: dict[int, list[int]] = {}
        for place, owner in enumerate(label.tolist()):
            places.setdefault(owner, []).append(place)
        places.get(int(label[self.own]), []).clear()
        singles = [
            self._single(owner, places[owner])
            for owner in sets.of(self.own).tolist()
            if places[owner]
        ]
        found = pairs_of_labels(self.dag, label, sets) if pairs else None
        ids = self.graph.ids
        return SinglesBy(
            by,
            _nearest(singles),
            () if found is None else _named(found.of(self.own), ids.__getitem__),
            None if found is None else not len(found.left_out),
        )

    def _artefacts(self, *, pairs: bool) -> SinglesBy:
        dag = without_cycles(self.dag)
        tree = dominator_tree(dag)
        head = int(self.dag.representatives[self.own])
        singles = [
            self._single(int(self.nodes[place]), self.cycles.get(place, [place]))
            for place in tree.dominators(head)
            if place != head
        ]
        found = pairs_of_nodes(dag, tree) if pairs else None
        ids, nodes = self.graph.ids, self.nodes
        return SinglesBy(
            "artefact",
            _nearest(singles),
            ()
            if found is None
            else _named(found.of(head), lambda place: ids[int(nodes[place])]),
            None if found is None else not len(found.left_out),
        )

    def _single(self, node: int, places: list[int]) -> Single:
        graph = self.graph
        places = sorted(places, key=lambda place: (int(self.distance[place]), place))
        nearest = self.nodes[places]
        status = int(graph.columns.root_status[node])
        return Single(
            graph.ids[node], graph.name(node), graph.kind(node), graph.state(node),
            ROOT_STATUSES[status], int(self.distance[places[0]]),
            tuple(graph.ids[item] for item in nearest.tolist()),
            self._path(int(nearest[0])),
            find_substitutes(graph, np.sort(nearest), self.alive),
        )  # fmt: skip

    def _path(self, node: int) -> tuple[Step, ...]:
        """Return a shortest path from the model up to an ancestor, nearest edge first."""
        via = dict(zip(self.found.nodes.tolist(), self.found.via.tolist(), strict=True))
        offsets = self.graph.parents.offsets
        steps: list[Step] = []
        while node != self.node:
            position = via[node]
            child = int(np.searchsorted(offsets, np.int32(position), "right")) - 1
            steps.append(parent_step(self.graph, child, position))
            node = child
        return tuple(reversed(steps))


def _nearest(singles: Iterable[Single]) -> tuple[Single, ...]:
    return tuple(sorted(singles, key=lambda item: (item.distance, item.id)))


def _named(
    pairs: Iterable[tuple[int, int]], name: Callable[[int], str]
) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name(one), name(two)) for one, two in pairs))
