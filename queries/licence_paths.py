"""The ways by which licences come down to one model."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.queries.licence_flow import owner_of
from headwater.queries.proofs import Step, parent_step

_Edge = tuple[int, int]
_BODY = tuple(BODY_RELATIONS.tolist())


@dataclass(frozen=True, slots=True)
class Upstream:
    """What the weights of one model come from.

    Attributes
    ----------
    graph : LineageGraph
        The graph.
    node : int
        The model.
    reached : dict of int to (int, int)
        Ancestors, nearest first, with the child and the position in the parents rows
        by which each was met.
    sources : dict of int to (int, int)
        Those whose own licence comes down to the model, likewise: from the others it is
        left behind, since their owner gave out what came of them under other terms.
    comes_back : bool
        Whether the model's own licence comes round a cycle to it.
    """

    graph: LineageGraph
    node: int
    reached: dict[int, _Edge]
    sources: dict[int, _Edge]
    comes_back: bool

    def path_to(self, node: int) -> tuple[Step, ...]:
        """Return a shortest way to an ancestor, nearest edge first; none to itself."""
        edges: list[_Edge] = []
        step = self.sources.get(node) or self.reached.get(node)
        while step is not None:
            edges.append(step)
            step = None if step[0] == self.node else self.reached[step[0]]
        return tuple(
            parent_step(self.graph, child, position)
            for child, position in reversed(edges)
        )


def upstream(graph: LineageGraph, node: int) -> Upstream:
    """Return what the weights of a model come from, nearest first.

    Notes
    -----
    O(edges above the model), breadth first; a model on a cycle is not its own ancestor.
    """
    rows = graph.parents
    offsets, targets = rows.offsets.data, rows.targets.data
    relations = rows.relations.data
    reached: dict[int, _Edge] = {}
    sources: dict[int, _Edge] = {}
    comes_back = False
    queue = [node]
    for child in queue:
        owner = owner_of(graph, child)
        relicenses = owner >= 0 and graph.columns.licence[child] >= 0
        for position in range(offsets[child], offsets[child + 1]):
            parent = targets[position]
            if not _BODY[relations[position]] or parent == child:
                continue
            hands_on = not (relicenses and owner == owner_of(graph, parent))
            if parent == node:
                comes_back |= hands_on
                continue
            if parent not in reached:
                reached[parent] = child, position
                queue.append(parent)
            if hands_on:
                sources.setdefault(parent, (child, position))
    return Upstream(graph, node, reached, sources, comes_back)
