"""Which victims of a set have no origin left without it."""

from __future__ import annotations

from typing import Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.patterns import SUBSTANCE, there
from headwater.queries.cypher.walk import walk

_CYCLES: Final = (
    "UNWIND $items AS item MATCH (n:Node {node: item}) RETURN DISTINCT n.representative"
)
# Inputs that are in reach themselves, counted from their side.
_REACHED: Final = (
    "UNWIND $items AS item MATCH (p:Node {node: item})"
    f"<-[:{SUBSTANCE}]-(c) RETURN c.node, count(*)"
)


def find_captive(ask: Asking, members: IntArray, victims: IntArray) -> BoolArray:
    """Return which victims have no origin left without the set.

    Free are victims that are roots themselves and those with an input beyond the set's
    reach; freedom spreads to what stands on them. The rest is captive.

    Parameters
    ----------
    members, victims : int32 arrays, ascending
        The set, and all that stands on it.
    """
    # A root on a cycle that runs through the set goes down with it.
    cycles = {item for (item,) in ask.each(_CYCLES, members.tolist())}
    inputs = (
        "UNWIND $items AS item MATCH (n:Node {node: item}) RETURN item, "
        f"COUNT {{ (n)-[:{SUBSTANCE}]->(p) WHERE {there('p', ask.day)} }}, "
        "n.kind = 'model' AND n.root_status <> 'derived', n.representative"
    )
    within: dict[int, int] = {}
    for node, count in ask.each(_REACHED, [*members.tolist(), *victims.tolist()]):
        within[node] = within.get(node, 0) + count
    free = [
        node
        for node, count, is_root, cycle in ask.each(inputs, victims.tolist())
        if not count or count > within.get(node, 0) or (is_root and cycle not in cycles)
    ]
    freed = np.array(free, np.int32)
    left = np.setdiff1d(victims, freed, assume_unique=True)
    reached = walk(ask, freed, SUBSTANCE, within=left).nodes
    return ~np.isin(victims, np.concatenate([freed, reached]))
