"""Walks level by level: the server finds what a level leads to, nearest edge first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.graph.kernels.csr import IntArray
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.patterns import there


@dataclass(frozen=True, slots=True)
class Walk:
    """What was reached; arrays of shape (k,), by node number.

    Attributes
    ----------
    nodes : int32 array, ascending
        Reached nodes; where the walk began is left out.
    depth : int32 array
        Edges on a shortest path.
    toward : int32 array
        The node before on that path. Of several the lowest-numbered one, so that
        answers can be repeated.
    """

    nodes: IntArray
    depth: IntArray
    toward: IntArray

    def step(self, node: int) -> int:
        """Return the next node on the way back, -1 where the walk began."""
        at = int(np.searchsorted(self.nodes, np.int32(node)))
        if at < len(self.nodes) and self.nodes[at] == node:
            return int(self.toward[at])
        return -1

    def steps(self, nodes: IntArray) -> IntArray:
        """Return :meth:`step` of many nodes, all of them reached."""
        return self.toward[np.searchsorted(self.nodes, nodes)]


def walk(
    ask: Asking,
    sources: IntArray,
    types: str,
    *,
    up: bool = False,
    depth: int | None = None,
    within: IntArray | None = None,
) -> Walk:
    """Return all that some nodes lead to over relationships of some types.

    Parameters
    ----------
    sources : int32 array
        Where to begin.
    types : str
        Relationship types, see :mod:`headwater.queries.cypher.patterns`.
    up : bool
        From children to parents.
    depth : int, optional
        At most so many edges away.
    within : int32 array, optional
        Nodes to stay in.

    Notes
    -----
    One statement a level and :data:`~headwater.queries.cypher.asking.BATCH` nodes. The
    server gives each next node once a statement, with the lowest node that led to it;
    what was met before is dropped here.
    """
    arrow = f"-[:{types}]->" if up else f"<-[:{types}]-"
    text = (
        f"UNWIND $items AS item MATCH (a:Node {{node: item}}){arrow}(b) "
        f"WHERE {there('b', ask.day)} RETURN b.node, min(item)"
    )
    met = bytearray(ask.n_nodes)
    if within is not None:
        met = bytearray(b"\1") * ask.n_nodes
        for node in within.tolist():
            met[node] = 0
    frontier = sorted(set(sources.tolist()))
    for node in frontier:
        met[node] = 1
    nodes: list[int] = []
    toward: list[int] = []
    levels: list[int] = []
    while frontier and (depth is None or len(levels) < depth):
        begin = len(nodes)
        for node, via in ask.each(text, frontier):
            if not met[node]:
                met[node] = 1
                nodes.append(node)
                toward.append(via)
        frontier = sorted(nodes[begin:])
        levels.append(len(frontier))
    found = np.array(nodes, np.int32)
    depths = np.repeat(np.arange(1, len(levels) + 1, dtype=np.int32), levels)
    order = np.argsort(found)
    return Walk(found[order], depths[order], np.array(toward, np.int32)[order])
