"""Nodes and edges -> the arrays that questions walk: adjacency, roots, origins."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.edge_rows import STANDINGS
from headwater.graph.kernels.components import component_representatives
from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray
from headwater.graph.node_table import NodeFields, owner_nodes
from headwater.graph.numbering import adjacency
from headwater.graph.origins import known_origins
from headwater.graph.roots import BODY_RELATIONS, root_statuses


class Edges(Protocol):
    """Edges between nodes, as :class:`headwater.graph.edge_rows.EdgeRows` has them."""

    @property
    def child(self) -> IntArray:
        """Nodes that stand on the parents."""

    @property
    def parent(self) -> IntArray:
        """Nodes that are stood on."""

    @property
    def relation(self) -> ByteArray:
        """Relation codes."""

    @property
    def standing(self) -> ByteArray:
        """Positions in :data:`headwater.graph.edge_rows.STANDINGS`."""

    @property
    def disputed(self) -> BoolArray:
        """Whether sources disagree."""

    @property
    def sources(self) -> IntArray:
        """Bit sets of the sources that assert them."""


def topology(
    fields: NodeFields, edges: Edges, edge_order: IntArray
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a snapshot that follow from nodes and edges.

    Parameters
    ----------
    fields : NodeFields
        The nodes.
    edges : Edges
        Edges between them.
    edge_order : int32 array, shape (E,)
        Which of the edges stands in each row of the table.
    """
    n_nodes = len(fields.kind)
    accepted = edges.standing[edge_order] == STANDINGS.index("accepted")
    rows = np.flatnonzero(accepted).astype(np.int32)
    at = edge_order[rows]
    ends = edges.child[at], edges.parent[at], edges.relation[at]
    parents, children = adjacency(*ends, rows, n_nodes)
    representative = _weight_components(*ends, n_nodes)
    scratch = pc.fill_null(fields.whole("scratch").cast(pa.int8()), -1).to_numpy()
    developer = owner_nodes(fields)
    owner = np.where(fields.namespace >= 0, fields.namespace, developer)
    status = root_statuses(
        fields.kind, fields.phantom, scratch, owner, parents, representative
    )
    arrays: dict[str, NDArray[Any]] = {
        "kind": fields.kind,
        "state": fields.state,
        "phantom": fields.phantom,
        "root_status": status,
        "scratch": scratch,
        "known_origin": known_origins(
            fields.kind, fields.phantom, status, parents, children
        ),
        "representative": representative,
        "namespace": fields.namespace,
        "developer": developer,
        "edge_sources": edges.sources[edge_order],
        "edge_disputed": edges.disputed[edge_order],
    }
    for name, csr in (("parents", parents), ("children", children)):
        for part in ("offsets", "targets", "relations", "edges"):
            arrays[f"{name}_{part}"] = getattr(csr, part)
    return arrays


def _weight_components(
    child: IntArray, parent: IntArray, relation: ByteArray, n_nodes: int
) -> IntArray:
    keep = BODY_RELATIONS[relation]
    child, parent = child[keep], parent[keep]
    rows = np.arange(len(child), dtype=np.int32)
    up, down = adjacency(child, parent, relation[keep], rows, n_nodes)
    return component_representatives(up.offsets, up.targets, down.offsets, down.targets)
