"""The lineage of one artefact, folded until it can be drawn.

Ancestors stand on one side of the focus, descendants on the other. Each relative is
placed once, under the neighbour that is nearest to the focus; which of them are drawn
is decided best first, by how much stands behind each, until the rows are used up.
What is left of a parent's children becomes one group with its count by relation, so
that what is drawn and what is folded always add up to everything there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray, edge_positions
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import (
    ARTEFACT_KINDS,
    RELATIONS,
    ROOT_STATUSES,
)
from headwater.queries.fold import Tree, choose, fold, grow, in_order
from headwater.queries.picture_values import (
    FOCUS,
    Group,
    Picture,
    PictureEdge,
    PictureNode,
)
from headwater.queries.picture_verdicts import Judged, judge_targets
from headwater.queries.standing import n_descendants
from headwater.queries.targets import resolve_node

__all__ = ["FOCUS", "Group", "Picture", "PictureEdge", "PictureNode", "picture"]

MAX_OPENED: Final = 1_000
"""Relatives that may be drawn beyond the bounds."""


def picture(
    graph: LineageGraph,
    text: str,
    *,
    budget: int = 30,
    generations: int = 5,
    opened: Mapping[tuple[str, str], int] | None = None,
    event: str | None = None,
    targets: Sequence[str] = (),
    as_of: date | None = None,
) -> Picture:
    """Return what to draw of the lineage of an artefact.

    Parameters
    ----------
    text : str
        Node id or friendly name of an artefact.
    budget : int, default 30
        At most so many rows on each side.
    generations : int, default 5
        At most so many columns besides the focus. Half of them are for the ancestors,
        or more if the descendants need fewer, and the other way round.
    opened : mapping of (str, str) to int, optional
        Side (``up``, ``down``) and id -> how many more of the neighbours behind it are
        drawn, whatever the bounds. What is not drawn is passed over, so that a link
        outlives the picture it was made of; what opening brings in comes after it.
    event : str, optional
        Judge all that is drawn or folded as if this happened to the targets.
    targets : sequence of str, optional
        What the event happens to, together one set; none: to the focus.
    as_of : date, optional
        Only what existed on that day.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When the text names no single node.
    InvalidArgumentError
        When it names a namespace or a developer, a bound is below one, more than
        1,000 are to be opened, there is no such event, or targets come without one.

    Notes
    -----
    O(V) to clear marks and O(edges met), for the focus and for each node drawn; no
    Python loop touches what is folded.
    """
    node = resolve_node(graph, text)
    if graph.kind(node) not in ARTEFACT_KINDS:
        raise InvalidArgumentError(
            f"{graph.ids[node]} is a {graph.kind(node)}; a picture is drawn of an artefact "
            f"(headwater what-breaks {graph.ids[node]} asks of all that it owns)"
        )
    if budget < 1 or generations < 2:
        raise InvalidArgumentError(
            "a picture needs at least one row and two generations"
        )
    opened = opened or {}
    if min(opened.values(), default=0) < 0 or sum(opened.values()) > MAX_OPENED:
        raise InvalidArgumentError(f"at most {MAX_OPENED:,} relatives can be opened")
    judged = None
    if event is not None or targets:
        names = targets or (graph.ids[node],)
        judged = judge_targets(graph, names, event, as_of)
    return _Painter(graph, node, as_of, judged).paint(budget, generations, opened)


@dataclass(frozen=True, slots=True)
class _Side:
    """One half of the hourglass: its tree and the places of what is drawn."""

    name: str
    tree: Tree
    keys: dict[int, str]
    """Item of the tree -> key, each before what stands behind it."""
    standing: dict[int, int]
    """Item of the tree -> how many artefacts stand on it."""

    def places(self) -> dict[int, str]:
        """Return the key of each node drawn."""
        return {int(self.tree.nodes[item]): key for item, key in self.keys.items()}


class _Painter:
    """Turns two chosen trees into values; holds what every step needs."""

    def __init__(
        self,
        graph: LineageGraph,
        node: int,
        as_of: date | None,
        judged: Judged | None,
    ) -> None:
        self.graph = graph
        self.node = node
        self.as_of = as_of
        self.judged = judged
        self.alive: BoolArray | None = graph.alive(as_of)

    def paint(
        self, budget: int, generations: int, opened: Mapping[tuple[str, str], int]
    ) -> Picture:
        graph = self.graph
        above = grow(graph, self.node, self.alive, up=True)
        below = grow(graph, self.node, self.alive, up=False)
        columns_up = max(generations // 2, generations - int(below.depth[-1]))
        columns_down = generations - min(columns_up, int(above.depth[-1]))
        n_below = len(below.nodes) - 1
        up = self._side("up", above, budget, columns_up, opened, n_below)
        down = self._side("down", below, budget, columns_down, opened, n_below)
        is_above = np.zeros(graph.n_nodes, np.bool_)
        is_above[up.tree.nodes[1:]] = True
        relatives = down.tree.nodes[1:]
        cyclic = frozenset(relatives[is_above.take(relatives)].tolist())
        return Picture(
            snapshot=graph.manifest.id,
            created=graph.manifest.created,
            as_of=self.as_of,
            event=None if self.judged is None else self.judged.found.event.name,
            targets=() if self.judged is None else self.judged.targets,
            focus=self._node(down, 0, cyclic),
            root_status=ROOT_STATUSES[graph.columns.root_status[self.node]],
            ancestors=self._nodes(up, cyclic),
            descendants=self._nodes(down, cyclic),
            groups=(*self._groups(up), *self._groups(down)),
            edges=self._edges(up, down),
            n_ancestors=len(up.tree.nodes) - 1,
            n_descendants=len(down.tree.nodes) - 1,
            relations_up=_tally(np.bincount(up.tree.relations[1:])),
            relations_down=_tally(np.bincount(down.tree.relations[1:])),
        )

    def _side(
        self,
        name: str,
        tree: Tree,
        budget: int,
        generations: int,
        opened: Mapping[tuple[str, str], int],
        n_below: int,
    ) -> _Side:
        wanted: dict[int, int] = {}
        for (side, text), number in opened.items():
            node = self.graph.find(text) if side == name else -1
            if node >= 0:
                items = np.flatnonzero(tree.nodes == node).tolist()
                wanted |= dict.fromkeys(items, number)
        chosen = choose(tree, budget, generations, wanted)
        # The choice goes by branches, in which each artefact counts once; people see
        # how many stand on each, so siblings are put in that order.
        standing = {
            item: n_descendants(self.graph, int(tree.nodes[item]), self.alive)
            if item
            else n_below
            for item in chosen
        }
        order = in_order(chosen, standing)
        keys = {
            item: f"{name}-{place}" if item else FOCUS
            for place, item in enumerate(order)
        }
        return _Side(name, tree, keys, standing)

    def _nodes(self, side: _Side, cyclic: frozenset[int]) -> tuple[PictureNode, ...]:
        return tuple(self._node(side, item, cyclic) for item in side.keys if item)

    def _node(self, side: _Side, item: int, cyclic: frozenset[int]) -> PictureNode:
        graph, columns, tree = self.graph, self.graph.columns, side.tree
        node = int(tree.nodes[item])
        downloads = int(columns.downloads[node])
        edge = int(tree.edges[item]) if item else -1
        sources = graph.sources(edge) if item else ()
        return PictureNode(
            key=side.keys[item],
            id=graph.ids[node],
            name=graph.name(node),
            kind=graph.kind(node),
            state=graph.state(node),
            phantom=bool(columns.phantom[node]),
            side=side.name if item else FOCUS,
            depth=int(tree.depth[item]),
            towards=side.keys[int(tree.towards[item])] if item else None,
            relation=RELATIONS[tree.relations[item]].name if item else None,
            disputed=bool(item) and bool(graph.edge_disputed[edge]),
            inferred=_is_inferred(sources),
            sources=sources,
            n_descendants=side.standing[item],
            n_parents=self._n_parents(node),
            downloads=None if downloads < 0 else downloads,
            licence=graph.word("licence", node),
            cyclic=node in cyclic,
            in_target=self.judged is not None and self.judged.is_member(node),
            verdict=None if self.judged is None else self.judged.verdict(node),
        )

    def _groups(self, side: _Side) -> list[Group]:
        shown = list(side.keys)
        tree = side.tree
        counts, direct = fold(tree, shown, tree.relations, len(RELATIONS))
        names: tuple[str, ...] = ()
        judged = np.zeros((len(shown), 0), np.int64)
        if self.judged is not None:
            names = self.judged.found.event.verdicts
            codes = self.judged.codes(tree.nodes)
            judged, _ = fold(tree, shown, codes, len(names) + 1)
        opened = {int(tree.towards[item]) for item in shown if item}
        return [
            Group(
                key=f"{side.name}-more-{side.keys[item]}",
                behind=side.keys[item],
                side=side.name,
                depth=int(tree.depth[item]) + 1,
                n=int(counts[place].sum()),
                n_direct=int(direct[place]),
                relations=_tally(counts[place]),
                has_row=item in opened,
                verdicts=tuple(
                    (name, n)
                    for name, n in zip(names, judged[place].tolist(), strict=False)
                    if n
                ),
            )
            for place, item in enumerate(shown)
            if direct[place]
        ]

    def _n_parents(self, node: int) -> int:
        rows = self.graph.parents
        at = rows.slice(node)
        parents = rows.targets[at][LINEAGE_RELATIONS[rows.relations[at]]]
        if self.alive is not None:
            parents = parents[self.alive[parents]]
        return len(np.unique(parents))

    def _edges(self, up: _Side, down: _Side) -> tuple[PictureEdge, ...]:
        """Return the edges that gave the nodes their places, then all others."""
        graph, rows = self.graph, self.graph.parents
        edges = [*_placing_edges(graph, up), *_placing_edges(graph, down)]
        placing = {
            int(side.tree.edges[item])
            for side in (up, down)
            for item in side.keys
            if item
        }
        above, below = up.places(), down.places()
        drawn = np.unique(np.array([*above, *below], np.int32))
        at = edge_positions(rows.offsets, drawn)
        child = np.repeat(drawn, rows.offsets[drawn + 1] - rows.offsets[drawn])
        among = np.isin(rows.targets[at], drawn) & LINEAGE_RELATIONS[rows.relations[at]]
        for item in np.flatnonzero(among).tolist():
            edge = int(rows.edges[at[item]])
            if edge in placing:
                continue
            ends = _ends(int(child[item]), int(rows.targets[at[item]]), above, below)
            relation = RELATIONS[rows.relations[at[item]]].name
            edges.append(_edge(graph, edge, ends, relation, extra=True))
        return tuple(edges)


def _ends(
    child: int, parent: int, above: dict[int, str], below: dict[int, str]
) -> tuple[str, str]:
    """Return the keys of an edge's ends, both on one side where that can be."""
    for keys in (below, above):
        if child in keys and parent in keys:
            return keys[child], keys[parent]
    return below.get(child) or above[child], above.get(parent) or below[parent]


def _placing_edges(graph: LineageGraph, side: _Side) -> list[PictureEdge]:
    tree, found = side.tree, []
    for item, key in side.keys.items():
        if not item:
            continue
        other = side.keys[int(tree.towards[item])]
        ends = (other, key) if side.name == "up" else (key, other)
        relation = RELATIONS[tree.relations[item]].name
        found.append(_edge(graph, int(tree.edges[item]), ends, relation, extra=False))
    return found


def _edge(
    graph: LineageGraph, edge: int, ends: tuple[str, str], relation: str, *, extra: bool
) -> PictureEdge:
    sources = graph.sources(edge)
    disputed = bool(graph.edge_disputed[edge])
    return PictureEdge(*ends, relation, disputed, _is_inferred(sources), sources, extra)


def _is_inferred(sources: tuple[str, ...]) -> bool:
    return bool(sources) and all(item.startswith("inferred:") for item in sources)


def _tally(counts: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    order = np.argsort(-counts, kind="stable")
    return tuple(
        (RELATIONS[code].name, int(counts[code]))
        for code in order.tolist()
        if counts[code]
    )
