"""Which artefacts are known to stand on nothing but what somebody has named."""

from __future__ import annotations

from typing import Final

import numpy as np

from headwater.graph.kernels.csr import (
    BoolArray,
    ByteArray,
    Csr,
    IntArray,
    edge_positions,
    row_sources,
)
from headwater.graph.kernels.reach import reach
from headwater.graph.roots import BODY_RELATIONS, LINEAGE_RELATIONS
from headwater.graph.schema import KINDS, ROOT_STATUSES

_MODEL: Final = KINDS.index("model")


def known_origins(
    kind: ByteArray,
    phantom: BoolArray,
    status: ByteArray,
    parents: Csr,
    children: Csr,
    alive: BoolArray | None = None,
) -> BoolArray:
    """Return for each node whether it is known what it stands on.

    A model: every path of its weights ends in an established or presumed root that is
    no phantom. A dataset or application: it has a declared input, and the origin of
    every input is known; a circle of inputs without another origin is not. Namespaces
    and developers: never.

    Parameters
    ----------
    kind, phantom, status : arrays, shape (V,)
        Kind codes, whether only ever named as a parent, root status codes.
    parents, children : Csr
        All accepted edges in both directions.
    alive : bool array, shape (V,), optional
        Nodes outside it did not exist; what stood on them is not known.

    Notes
    -----
    O(V + E).
    """
    is_model = kind == _MODEL
    bad = is_model & (
        (status == ROOT_STATUSES.index("undeclared"))
        | (phantom & (status != ROOT_STATUSES.index("derived")))
    )
    if alive is not None:
        bad |= _cut_from_parents(children, alive) & is_model
    known = is_model & ~bad
    seeds = np.flatnonzero(bad).astype(np.int32)
    known[reach(children, seeds, BODY_RELATIONS, None).nodes] = False
    if alive is not None:
        known &= alive
    return _known_inputs(known, is_model, parents, children, alive)


def _cut_from_parents(children: Csr, alive: BoolArray) -> BoolArray:
    """Return the nodes that have a weight parent which did not exist yet."""
    cut = np.zeros(children.n_nodes, np.bool_)
    dead: IntArray = np.flatnonzero(~alive).astype(np.int32)
    at = edge_positions(children.offsets, dead)
    cut[children.targets[at[BODY_RELATIONS[children.relations[at]]]]] = True
    return cut


def _known_inputs(
    known: BoolArray,
    is_model: BoolArray,
    parents: Csr,
    children: Csr,
    alive: BoolArray | None,
) -> BoolArray:
    """Spread `known` from models to datasets and applications (Kahn's order)."""
    child = row_sources(parents.offsets)[LINEAGE_RELATIONS[parents.relations]]
    waiting = np.bincount(child, minlength=len(known))
    waiting[is_model] = -1
    frontier = np.flatnonzero(known).astype(np.int32)
    while frontier.size:
        at = edge_positions(children.offsets, frontier)
        at = at[LINEAGE_RELATIONS[children.relations[at]]]
        met = children.targets[at]
        met = met[waiting[met] > 0]
        np.subtract.at(waiting, met, 1)
        met = np.unique(met)
        frontier = met[waiting[met] == 0]
        if alive is not None:
            frontier = frontier[alive[frontier]]
        known[frontier] = True
    return known
