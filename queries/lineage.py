"""What does an artefact stand on, and what stands on it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import (
    BoolArray,
    Csr,
    IntArray,
    edge_positions,
)
from headwater.graph.kernels.reach import Reach, reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS, RELATIONS, ROOT_STATUSES
from headwater.queries.as_of import there_by
from headwater.queries.proofs import Step, parent_step
from headwater.queries.results import Result
from headwater.queries.targets import resolve_node

_IS_LINEAGE: Final = tuple(LINEAGE_RELATIONS.tolist())
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
class Lineage(Result):
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
    skip: int = 0,
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
    skip : int
        Pass over so many in each direction first. Edges are those with an end that is
        listed, or is the focus, whose other end is listed or was passed over.
    as_of : date, optional
        Only what existed on that day.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When the text names no single node.
    InvalidArgumentError
        When it names a namespace or a developer, a bound is negative, or the artefact
        was not there on that day.

    Notes
    -----
    O(V) to clear marks, then O(edges met).
    """
    node = resolve_node(graph, text)
    if graph.kind(node) not in ARTEFACT_KINDS:
        raise not_an_artefact(graph.ids[node], graph.kind(node))
    if min(depth or 0, limit or 0, skip) < 0:
        raise InvalidArgumentError("depth, limit and skip cannot be negative")
    there_by(graph, np.array([node], np.int32), as_of)
    alive = graph.alive(as_of)
    up = _relatives(graph, graph.parents, node, depth, alive)
    down = _relatives(graph, graph.children, node, depth, alive)
    end = None if limit is None else skip + limit
    ancestors = _nearest(graph, up, end)
    descendants = _nearest(graph, down, end)
    listed = np.unique(
        np.concatenate([[node], *(item.nodes for item in (ancestors, descendants))])
    ).astype(np.int32)
    ancestors, descendants = _after(ancestors, skip), _after(descendants, skip)
    new = np.concatenate([ancestors.nodes, descendants.nodes]) if skip else listed
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
        edges=_edges(graph, listed, new, node, alive),
    )


def not_an_artefact(identity: str, kind: str) -> InvalidArgumentError:
    """Return the error of who asks for the lineage of an owner."""
    return InvalidArgumentError(
        f"{identity} is a {kind}; lineage is asked of an artefact "
        f"(headwater what-breaks {identity} asks of all that it owns)"
    )


@dataclass(frozen=True, slots=True)
class AncestorLists:
    """The ancestors of several nodes with the edges that lead to them.

    Attributes
    ----------
    offsets : int32 array, shape (k + 1,)
        Where the ancestors of each of the k nodes begin.
    nodes, depth : int32 arrays
        Ancestors, nearest first, and the edges on a shortest path to each.
    edge_offsets : int32 array, shape (k + 1,)
        Where the edges of each node begin.
    edges : int32 array
        Rows in the ``edges`` table of all lineage edges among a node and its ancestors.
    """

    offsets: IntArray
    nodes: IntArray
    depth: IntArray
    edge_offsets: IntArray
    edges: IntArray


def ancestors_of(graph: LineageGraph, nodes: IntArray) -> AncestorLists:
    """Return what each of many nodes stands on, with the edges that say so.

    Parameters
    ----------
    nodes : int32 array, shape (k,)
        Nodes to ask of. A node on a cycle is not its own ancestor.

    Notes
    -----
    O(edges met). A node has few ancestors, so each search costs what it meets; nothing
    is as long as the graph.

    See Also
    --------
    lineage : one artefact in words, with its descendants.
    """
    rows = graph.parents
    # Single elements of a memoryview come as Python integers, twice as fast.
    offsets, targets = rows.offsets.data, rows.targets.data
    codes, numbers = rows.relations.data, rows.edges.data
    allowed = _IS_LINEAGE
    found: list[int] = []
    depth: list[int] = []
    edges: list[int] = []
    ends, edge_ends = [0], [0]
    for start in nodes.tolist():
        met = {start}
        frontier, level = [start], 0
        while frontier:
            level += 1
            above: list[int] = []
            for node in frontier:
                for at in range(offsets[node], offsets[node + 1]):
                    if allowed[codes[at]]:
                        edges.append(numbers[at])
                        parent = targets[at]
                        if parent not in met:
                            met.add(parent)
                            above.append(parent)
            found += above
            depth += [level] * len(above)
            frontier = above
        ends.append(len(found))
        edge_ends.append(len(edges))
    # One array and five views: for a single node five arrays would take the most time.
    every = np.array(ends + found + depth + edge_ends + edges, np.int32)
    count, total = len(ends), len(found)
    cuts = (count, count + total, count + 2 * total, 2 * (count + total))
    return AncestorLists(
        every[: cuts[0]],
        every[cuts[0] : cuts[1]],
        every[cuts[1] : cuts[2]],
        every[cuts[2] : cuts[3]],
        every[cuts[3] :],
    )


def _relatives(
    graph: LineageGraph,
    rows: Csr,
    node: int,
    depth: int | None,
    alive: BoolArray | None,
) -> Reach:
    # Upwards any node may be met twice: its children are what converges on it.
    shared = None if rows is graph.parents else graph.shared
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


def _after(found: Reach, skip: int) -> Reach:
    return Reach(found.nodes[skip:], found.depth[skip:], found.via[skip:])


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


def _edges(
    graph: LineageGraph,
    listed: IntArray,
    new: IntArray,
    focus: int,
    alive: BoolArray | None,
) -> tuple[Step, ...]:
    """Return the edges of `new` among listed nodes; recipes only at the focus."""
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
    if alive is not None:
        recipe &= alive[child] & alive[parent]
    wanted = among | recipe
    if new is not listed:
        wanted &= np.isin(child, new) | np.isin(parent, new)
    keep = np.flatnonzero(wanted)
    steps = [parent_step(graph, int(child[item]), int(at[item])) for item in keep]
    return tuple(
        sorted(steps, key=lambda step: (step.child, step.parent, step.relation))
    )
