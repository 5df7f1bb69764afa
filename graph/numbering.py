"""Final numbers: artefacts in preorder of their primary parents, edges by their ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from headwater.graph.edge_rows import STANDINGS, EdgeRows
from headwater.graph.kernels.csr import ByteArray, Csr, IntArray
from headwater.graph.kernels.order import stable_order
from headwater.graph.kernels.preorder import preorder
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import KINDS, RELATIONS

_LINEAGE: Final = np.array([item.lineage for item in RELATIONS])


def number_nodes(edges: EdgeRows, of_key: IntArray, kind: ByteArray) -> IntArray:
    """Return the final number of each node, in preorder of a forest of artefacts.

    Parameters
    ----------
    edges : EdgeRows
        Edges between keys.
    of_key : int32 array, shape (K,)
        Node of each key.
    kind : int8 array, shape (V,)
        Kind code of each node.

    Notes
    -----
    Namespaces and developers follow the artefacts and keep their order. O(V + E log E).
    """
    n_artefacts = int((kind < KINDS.index("namespace")).sum())
    number = np.arange(len(kind), dtype=np.int32)
    number[:n_artefacts] = preorder(_primary_parents(edges, of_key, n_artefacts))
    return number


def _primary_parents(edges: EdgeRows, of_key: IntArray, n_artefacts: int) -> IntArray:
    """Return for each artefact the parent that it is numbered under, or -1."""
    accepted = edges.standing == STANDINGS.index("accepted")
    usable = np.flatnonzero(accepted & _LINEAGE[edges.relation])
    child, parent = of_key[edges.child[usable]], of_key[edges.parent[usable]]
    # The last write wins: weights are written after everything else, and among them
    # the lowest parent last.
    by_body = BODY_RELATIONS[edges.relation[usable]]
    order = stable_order(by_body * np.int64(n_artefacts) + (n_artefacts - 1 - parent))
    primary = np.full(n_artefacts, -1, np.int32)
    primary[child[order]] = parent[order]
    return primary


def number_edges(edges: EdgeRows, number: IntArray) -> tuple[EdgeRows, IntArray]:
    """Return edges between nodes, and their order by child, parent and slot.

    Parameters
    ----------
    edges : EdgeRows
        Edges between keys.
    number : int32 array, shape (K,)
        Final number of the node of each key.
    """
    child, parent = number[edges.child], number[edges.parent]
    order = stable_order(parent.astype(np.int64) * 2 + edges.slot)
    order = order[stable_order(child[order])]
    return replace(edges, child=child, parent=parent), order.astype(np.int32)


def adjacency(
    child: IntArray, parent: IntArray, relation: ByteArray, row: IntArray, n_nodes: int
) -> tuple[Csr, Csr]:
    """Return the rows of parents and of children of edges ordered by child and parent.

    Parameters
    ----------
    child, parent : int32 arrays, shape (E,)
        Ends of the edges, ascending by child, then by parent.
    relation : int8 array, shape (E,)
        Relation codes.
    row : int32 array, shape (E,)
        Rows in the ``edges`` table, ascending.
    n_nodes : int
        Number of nodes V.

    Notes
    -----
    O(V + E log E): the order of the parents' rows is given, one sort makes the other.
    """
    by_parent = stable_order(parent)
    return (
        Csr(_offsets(child, n_nodes), parent, relation, row),
        Csr(
            _offsets(parent, n_nodes), child[by_parent], relation[by_parent],
            row[by_parent],
        ),
    )  # fmt: skip


def _offsets(ends: IntArray, n_nodes: int) -> IntArray:
    offsets = np.zeros(n_nodes + 1, np.int32)
    np.cumsum(np.bincount(ends, minlength=n_nodes), out=offsets[1:])
    return offsets
