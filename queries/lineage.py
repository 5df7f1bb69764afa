"""What does an artefact stand on, and what stands on it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray, Csr, IntArray, edge_positions
from headwater.graph.kernels.reach import Reach, reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS, RELATIONS, ROOT_STATUSES
from headwater.queries.proofs import Step
from headwater.queries.targets import resolve_node

_SHOWN: Final = np.array([relation.name != "successor_of" for relation in RELATIONS])


@dataclass(frozen=True, slots=True)
class Relative:
    """An ancestor or a descendant.

    Attributes
    ----------
    id, name, kind, state : str
        The artefact.
    depth : int
        Edges on a shortest lineage path.
    phantom : bool
        Named as a parent, never seen itself.
    root_status : str
        Whether it is a root, and how sure that is.
    downloads : int or None
        Downloads of the last 30 days; None is unknown.
    """

    id: str
    name: str
    kind: str
    state: str
    depth: int
    phantom: bool
    root_status: str
    downloads: int | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything above and below an artefact.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    id, name, kind, state, root_status : str
        The artefact in focus.
    ancestors, descendants : tuple of Relative
        Nearest first, then by popularity.
    n_ancestors, n_descendants : int
        How many there are, limits aside.
    edges : tuple of Step
        Lineage edges among the focus and the relatives listed, and ``method`` and
        refuted edges at the focus itself, by child, then parent.
    refuted : tuple of Step
        Edges of the focus that the leading source denies.
    """

    snapshot: str
    id: str
    name: str
    kind: str
    state: str
    root_status: str
    ancestors: tuple[Relative, ...]
    descendants: tuple[Relative, ...]
    n_ancestors: int
    n_descendants: int
    edges: tuple[Step, ...]


def lineage(
    graph: LineageGraph,
    text: str,
    *,
    depth: int | None = None,
    limit: int | None = None,
    as_of: date | None = None,
) -> Lineage:
    """Return the ancestors and descendants of an artefact with the edges among them.

    Parameters
    ----------
    text : str
        Node id or friendly name of an artefact.
    depth : int, optional
        At most so many edges away.
    limit : int, optional
        At most so many relatives in each direction, nearest and most popular first.
    as_of : date, optional
        Only what existed on that day.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When the text names no single node.
    InvalidArgumentError
        When it names a namespace or a developer, or a bound is negative.

    Notes
    -----
    O(V) to clear marks, then O(edges met).
    """
    node = resolve_node(graph, text)
    if graph.kind(node) not in ARTEFACT_KINDS:
        raise InvalidArgumentError(
            f"{graph.ids[node]} is a {graph.kind(node)}; lineage is asked of an artefact "
            f"(headwater what-breaks {graph.ids[node]} asks of all that it owns)"
        )
    if (depth is not None and depth < 0) or (limit is not None and limit < 0):
        raise InvalidArgumentError("depth and limit cannot be negative")
    alive = graph.alive(as_of)
    up = _relatives(graph, graph.parents, node, depth, alive)
    down = _relatives(graph, graph.children, node, depth, alive)
    ancestors = _nearest(graph, up, limit)
    descendants = _nearest(graph, down, limit)
    listed = np.unique(
        np.concatenate([[node], *(item.nodes for item in (ancestors, descendants))])
    ).astype(np.int32)
    return Lineage(
        snapshot=graph.manifest.id,
        id=graph.ids[node],
        name=graph.name(node),
        kind=graph.kind(node),
        state=graph.state(node),
        root_status=ROOT_STATUSES[graph.columns.root_status[node]],
        ancestors=_describe(graph, ancestors),
        descendants=_describe(graph, descendants),
        n_ancestors=len(up.nodes),
        n_descendants=len(down.nodes),
        edges=_edges(graph, listed, node),
    )


def _relatives(
    graph: LineageGraph,
    rows: Csr,
    node: int,
    depth: int | None,
    alive: BoolArray | None,
) -> Reach:
    # Upwards any node may be met twice: its children are what converges on it.
    shared = np.ones(graph.n_nodes, np.bool_) if rows is graph.parents else graph.shared
    start = np.array([node], np.int32)
    found = reach(rows, start, LINEAGE_RELATIONS, shared, alive)
    if depth is None:
        return found
    near = found.depth <= depth
    return Reach(found.nodes[near], found.depth[near], found.via[near])


def _nearest(graph: LineageGraph, found: Reach, limit: int | None) -> Reach:
    offsets = graph.children.offsets
    nodes = found.nodes
    built_on = offsets[nodes + 1] - offsets[nodes]
    order: NDArray[np.int64] = np.lexsort(
        (nodes, -built_on, -graph.columns.downloads[nodes], found.depth)
    )
    order = order if limit is None else order[:limit]
    return Reach(nodes[order], found.depth[order], found.via[order])


def _describe(graph: LineageGraph, found: Reach) -> tuple[Relative, ...]:
    columns = graph.columns
    return tuple(
        Relative(
            graph.ids[node], graph.name(node), graph.kind(node), graph.state(node), depth,
            bool(columns.phantom[node]), ROOT_STATUSES[columns.root_status[node]],
            None if columns.downloads[node] < 0 else int(columns.downloads[node]),
        )
        for node, depth in zip(found.nodes.tolist(), found.depth.tolist(), strict=True)
    )  # fmt: skip


def _edges(graph: LineageGraph, listed: IntArray, focus: int) -> tuple[Step, ...]:
    """Return the edges among listed nodes; recipes only at the focus."""
    rows = graph.parents
    at = edge_positions(rows.offsets, listed)
    child = np.repeat(listed, rows.offsets[listed + 1] - rows.offsets[listed])
    parent = rows.targets[at]
    place = np.minimum(np.searchsorted(listed, parent), len(listed) - 1)
    among = (listed[place] == parent) & LINEAGE_RELATIONS[rows.relations[at]]
    recipe = (
        ((child == focus) | (parent == focus))
        & _SHOWN[rows.relations[at]]
        & ~LINEAGE_RELATIONS[rows.relations[at]]
    )
    keep = np.flatnonzero(among | recipe)
    steps = [
        _step(graph, int(child[item]), int(parent[item]), int(at[item]))
        for item in keep
    ]
    return tuple(
        sorted(steps, key=lambda step: (step.child, step.parent, step.relation))
    )


def _step(graph: LineageGraph, child: int, parent: int, position: int) -> Step:
    edge = int(graph.parents.edges[position])
    return Step(
        graph.ids[child],
        graph.ids[parent],
        RELATIONS[graph.parents.relations[position]].name,
        bool(graph.edge_disputed[edge]),
        graph.sources(edge),
    )
