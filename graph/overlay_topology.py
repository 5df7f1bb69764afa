"""Edges of an overlay, and what follows from them for the few nodes that they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.components import component_representatives
from headwater.graph.kernels.csr import (
    BoolArray,
    ByteArray,
    Csr,
    IntArray,
    LongArray,
    build_csr,
    edge_positions,
)
from headwater.graph.kernels.reach import reach
from headwater.graph.origins import known_origins
from headwater.graph.roots import BODY_RELATIONS, LINEAGE_RELATIONS, root_statuses
from headwater.graph.schema import KINDS, ROOT_STATUSES

_MODEL = KINDS.index("model")


@dataclass(frozen=True, slots=True)
class Edges:
    """Some edges.

    Attributes
    ----------
    child, parent : int32 arrays, shape (k,)
        Their ends.
    relation : int8 array, shape (k,)
        Relation codes.
    row : int32 array, shape (k,)
        Rows in the ``edges`` table.
    """

    child: IntArray
    parent: IntArray
    relation: ByteArray
    row: IntArray


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of nodes, as far as the roots and origins depend on it; shape (V,).

    ``scratch`` is 1 for what is said to be trained from scratch, 0 for what is said not to
    be, else -1.
    """

    kind: ByteArray
    phantom: BoolArray
    namespace: IntArray
    developer: IntArray
    scratch: ByteArray

    def owner(self, nodes: IntArray) -> IntArray:
        """Return the namespace of nodes, or else the developer."""
        space = self.namespace[nodes]
        return np.where(space >= 0, space, self.developer[nodes]).astype(np.int32)


def splice(
    rows: Csr, dropped: LongArray, source: IntArray, added: Edges, other: IntArray,
    n_nodes: int,
) -> Csr:  # fmt: skip
    """Return adjacency with some edges dropped and some added.

    Parameters
    ----------
    rows : Csr
        Adjacency of the first nodes; nodes beyond it have no edges yet.
    dropped : int64 array, ascending
        Positions of edges to leave out.
    source, other : int32 arrays, shape (k,)
        Where each added edge begins and ends in this direction.
    added : Edges
        Relations and rows of the added edges.
    n_nodes : int
        Number of nodes afterwards; numbers of nodes that have edges do not change.

    Notes
    -----
    O(V + E) to copy, O(k log k) for what is new.
    """
    order = np.lexsort((added.row, other, source))
    source, other = source[order], other[order]
    at = _places(rows, source, other)
    parts: list[tuple[NDArray[Any], NDArray[Any]]] = [
        (rows.targets, other), (rows.relations, added.relation[order]),
        (rows.edges, added.row[order]),
    ]  # fmt: skip
    if dropped.size:
        # Positions among what is kept.
        at = at - np.searchsorted(dropped, at)
        parts = [(np.delete(old, dropped), new) for old, new in parts]
    targets, relations, edges = _inserted(parts, at)
    offsets = np.empty(n_nodes + 1, np.int32)
    n_old = min(len(rows.offsets), n_nodes + 1)
    offsets[:n_old] = rows.offsets[:n_old]
    offsets[n_old:] = rows.offsets[-1]
    change = np.zeros(n_nodes + 1, np.int32)
    np.add.at(change, source + 1, 1)
    if dropped.size:
        # Positions of the rows' own type, or all offsets are copied to another first.
        at = dropped.astype(np.int32)
        np.subtract.at(change, np.searchsorted(rows.offsets, at, side="right"), 1)
    offsets += np.cumsum(change, dtype=np.int32)
    return Csr(offsets, targets, relations, edges)


def _places(rows: Csr, source: IntArray, other: IntArray) -> LongArray:
    """Return the position before which each edge belongs; O(1) after a row's last."""
    inside = np.minimum(source, rows.n_nodes - 1)
    start = rows.offsets[inside].astype(np.int64)
    end = rows.offsets[inside + 1].astype(np.int64)
    new = source >= rows.n_nodes
    start[new] = end[new] = len(rows.targets)
    place: LongArray = end.copy()
    filled = np.flatnonzero(start < end)
    amid = filled[rows.targets[end[filled] - 1] > other[filled]]
    for item in amid.tolist():
        row = rows.targets[start[item] : end[item]]
        place[item] = start[item] + np.searchsorted(row, other[item], side="right")
    return place


def _inserted(
    parts: list[tuple[NDArray[Any], NDArray[Any]]], at: LongArray
) -> list[NDArray[Any]]:
    """Return each array with its new values inserted before positions `at`, ascending.

    Where values move to is worked out once for all arrays.
    """
    n_old = len(parts[0][0])
    if not len(at) or at[0] == n_old:
        return [np.concatenate(pair) for pair in parts]
    first = int(at[0])
    places = at + np.arange(len(at))
    is_old = np.ones(n_old - first + len(at), np.bool_)
    is_old[places - first] = False
    found = []
    for old, new in parts:
        whole = np.empty(n_old + len(at), old.dtype)
        whole[:first] = old[:first]
        whole[first:][is_old] = old[first:]
        whole[places] = new
        found.append(whole)
    return found


def changed_components(
    parents: Csr, representative: IntArray, changed: IntArray
) -> tuple[IntArray, IntArray]:
    """Return nodes whose component may be another, and their components.

    Parameters
    ----------
    parents : Csr
        The edges as they are now.
    representative : int32 array, shape (V,)
        Components as they were; the lowest node of each.
    changed : int32 array, ascending
        Nodes whose edges to parents changed.

    Notes
    -----
    A cycle through a changed edge lies among the ancestors of the edge's child, as does
    the whole component of each ancestor. O(V) for marks, O(edges met).
    """
    on_cycle = representative[changed] != changed
    lowest = np.unique(np.append(representative[changed[on_cycle]], changed))
    start = lowest.astype(np.int32)
    fellows = _fellows(representative, lowest)
    start = np.union1d(start, fellows).astype(np.int32)
    above = reach(parents, start, BODY_RELATIONS, None).nodes
    nodes = np.union1d(start, above).astype(np.int32)
    local = _induced(parents, nodes, BODY_RELATIONS)
    back = _reversed(local)
    found = component_representatives(
        local.offsets, local.targets, back.offsets, back.targets
    )
    return nodes, nodes[found]


def _fellows(representative: IntArray, lowest: IntArray) -> IntArray:
    """Return the other members of the components of which `lowest` are the lowest."""
    every = np.arange(len(representative), dtype=np.int32)
    others = np.flatnonzero(representative != every)
    return others[np.isin(representative[others], lowest)].astype(np.int32)


def _induced(parents: Csr, nodes: IntArray, relations: BoolArray) -> Csr:
    """Return the edges from ascending `nodes` among themselves, renumbered 0, 1, ..."""
    at = edge_positions(parents.offsets, nodes)
    counts = parents.offsets[nodes + 1] - parents.offsets[nodes]
    child = np.repeat(np.arange(len(nodes), dtype=np.int32), counts)
    other = parents.targets[at]
    place = np.searchsorted(nodes, other).clip(0, len(nodes) - 1).astype(np.int32)
    keep = (nodes[place] == other) & relations[parents.relations[at]]
    return build_csr(
        child[keep], place[keep], parents.relations[at][keep], parents.edges[at][keep],
        len(nodes),
    )  # fmt: skip


def _reversed(rows: Csr) -> Csr:
    sources = np.repeat(np.arange(rows.n_nodes, dtype=np.int32), np.diff(rows.offsets))
    return build_csr(rows.targets, sources, rows.relations, rows.edges, rows.n_nodes)


def new_statuses(
    parents: Csr,
    children: Csr,
    representative: IntArray,
    values: Values,
    nodes: IntArray,
) -> tuple[IntArray, ByteArray]:
    """Return `nodes` with the rest of their cycles, and their root statuses.

    Notes
    -----
    O(V) to find the cycles, O(edges at these nodes).
    """
    lowest = np.unique(representative[nodes])
    fellows = _fellows(representative, lowest)
    own = np.union1d(np.union1d(nodes, fellows), lowest).astype(np.int32)
    up, down = (edge_positions(rows.offsets, own) for rows in (parents, children))
    around = np.unique(
        np.concatenate([own, parents.targets[up], children.targets[down]])
    ).astype(np.int32)
    # A component that is only seen from outside may lack its lowest member here.
    every = np.union1d(around, representative[around]).astype(np.int32)
    child, parent, relation = _edges_at(parents, children, own)
    keep = BODY_RELATIONS[relation]
    place = np.searchsorted(every, np.stack([child[keep], parent[keep]])).astype(
        np.int32
    )
    rows = build_csr(
        place[0], place[1], relation[keep], np.arange(keep.sum(), dtype=np.int32),
        len(every),
    )  # fmt: skip
    status = root_statuses(
        values.kind[every], values.phantom[every], values.scratch[every],
        values.owner(every), rows,
        np.searchsorted(every, representative[every]).astype(np.int32),
    )  # fmt: skip
    return own, status[np.searchsorted(every, own)]


def _edges_at(
    parents: Csr, children: Csr, nodes: IntArray
) -> tuple[IntArray, IntArray, ByteArray]:
    """Return child, parent and relation of all edges at some nodes, maybe twice."""
    up, down = (edge_positions(rows.offsets, nodes) for rows in (parents, children))
    by_child = np.repeat(nodes, parents.offsets[nodes + 1] - parents.offsets[nodes])
    by_parent = np.repeat(nodes, children.offsets[nodes + 1] - children.offsets[nodes])
    return (
        np.concatenate([by_child, children.targets[down]]),
        np.concatenate([parents.targets[up], by_parent]),
        np.concatenate([parents.relations[up], children.relations[down]]),
    )


def new_origins(
    parents: Csr,
    children: Csr,
    values: Values,
    status: ByteArray,
    known: BoolArray,
    changed: IntArray,
) -> tuple[IntArray, BoolArray]:
    """Return what stands on changed nodes, them too, and whether its origin is known.

    Parameters
    ----------
    parents, children : Csr
        The edges as they are now.
    values, status : Values, int8 array
        The nodes as they are now.
    known : bool array, shape (V,)
        What was known before; still right for all that is not returned.
    changed : int32 array
        Nodes whose status, kind or edges to parents changed.
    """
    below = reach(children, changed, LINEAGE_RELATIONS, None).nodes
    own = np.union1d(changed, below).astype(np.int32)
    at = edge_positions(parents.offsets, own)
    at = at[LINEAGE_RELATIONS[parents.relations[at]]]
    every = np.union1d(own, parents.targets[at]).astype(np.int32)
    outside = np.ones(len(every), np.bool_)
    outside[np.searchsorted(every, own)] = False
    rows = _induced(parents, every, LINEAGE_RELATIONS)
    rows = _without_rows(rows, outside)
    # What lies outside stands for itself: a root, of which it is known or not.
    kind, phantom = values.kind[every].copy(), values.phantom[every].copy()
    state = status[every].copy()
    kind[outside], phantom[outside] = _MODEL, False
    state[outside] = np.where(
        known[every[outside]],
        ROOT_STATUSES.index("established"),
        ROOT_STATUSES.index("undeclared"),
    )
    found = known_origins(kind, phantom, state, rows, _reversed(rows))
    return own, found[~outside]


def _without_rows(rows: Csr, left_out: BoolArray) -> Csr:
    sources = np.repeat(np.arange(rows.n_nodes, dtype=np.int32), np.diff(rows.offsets))
    keep = ~left_out[sources]
    return build_csr(
        sources[keep], rows.targets[keep], rows.relations[keep], rows.edges[keep],
        rows.n_nodes,
    )  # fmt: skip
