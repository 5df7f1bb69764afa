"""Which models are roots, and how sure that is."""

from __future__ import annotations

from typing import Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, ByteArray, Csr, IntArray
from headwater.graph.schema import KINDS, RELATIONS, ROOT_STATUSES

WEIGHT_RELATIONS: Final = np.array([item.flow == "weights" for item in RELATIONS])
"""Relations over which weights flow."""

LINEAGE_RELATIONS: Final = np.array([item.lineage for item in RELATIONS])
"""Relations by which one artefact stands on another."""

BODY_RELATIONS: Final = np.array(
    [item.flow in ("weights", "same_bytes") for item in RELATIONS]
)
"""Relations by which the weights come from the parent, mirrors included: a mirror
counts as its original."""

_STATUS: Final = {name: np.int8(code) for code, name in enumerate(ROOT_STATUSES)}


def root_statuses(
    kind: ByteArray,
    phantom: BoolArray,
    scratch: ByteArray,
    owner: IntArray,
    parents: Csr,
    representative: IntArray,
) -> ByteArray:
    """Return the root status of every node, as codes of the schema.

    Parameters
    ----------
    kind : int8 array, shape (V,)
        Kind codes.
    phantom : bool array, shape (V,)
        Named as a parent, never seen.
    scratch : int8 array, shape (V,)
        1 said to be trained from scratch, 0 said not to be, -1 nothing said.
    owner : int32 array, shape (V,)
        Namespace, or developer where there is none; -1 unknown.
    parents : Csr
        All accepted edges, child to parent.
    representative : int32 array, shape (V,)
        Component of each node over the edges by which weights come.

    Notes
    -----
    A cycle without a parent outside it is one root: all its members get the status
    of the component. A phantom is a presumed root; a model that is said not to be
    trained from scratch while no parent is named is undeclared. O(V + E).
    """
    n_nodes = len(kind)
    child = np.repeat(np.arange(n_nodes, dtype=np.int32), np.diff(parents.offsets))
    by_body = BODY_RELATIONS[parents.relations]
    child, parent = child[by_body], parents.targets[by_body]
    outside = representative[child] != representative[parent]
    has_parent = np.zeros(n_nodes, np.bool_)
    has_parent[representative[child[outside]]] = True

    declared_elsewhere = np.zeros(n_nodes, np.bool_)
    foreign = (owner[child] != owner[parent]) | (owner[child] < 0)
    declared_elsewhere[representative[parent[foreign & outside]]] = True
    from_scratch = np.zeros(n_nodes, np.bool_)
    from_scratch[representative[scratch == 1]] = True
    denied = np.zeros(n_nodes, np.bool_)
    denied[representative[scratch == 0]] = True
    is_phantom = np.zeros(n_nodes, np.bool_)
    is_phantom[representative[phantom]] = True

    status = np.full(n_nodes, _STATUS["undeclared"], np.int8)
    status[(declared_elsewhere | is_phantom) & ~denied] = _STATUS["presumed"]
    status[from_scratch] = _STATUS["established"]
    status[has_parent] = _STATUS["derived"]
    status = status[representative]
    status[kind != KINDS.index("model")] = _STATUS["not_applicable"]
    return status
