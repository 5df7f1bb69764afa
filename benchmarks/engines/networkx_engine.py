"""networkx: integer nodes, its own generators, values in plain lists beside the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np

from benchmarks.engines.answers import (
    N_RELATIONS,
    Blast,
    pairs_of,
    representatives,
    spread_captive,
    spread_roots,
    tally,
)
from benchmarks.engines.inputs import Canonical, Inputs, Task


class Networkx:
    """Three graphs: lineage with evidence, weights with cycles, weights in order.

    Edges point from parent to child. What needs no library function (sums over what was
    found, sets from parents to children) reads its adjacency dictionaries directly,
    which is faster than its views.
    """

    name = "networkx"

    def __init__(self, inputs: Inputs, only: str = "") -> None:
        self.inputs = inputs
        self.downloads = inputs.downloads.tolist()
        self.relation = inputs.relation.tolist()
        self.lineage = nx.DiGraph()
        self.lineage.add_nodes_from(range(inputs.n_nodes))
        parents, children = inputs.parent.tolist(), inputs.child.tolist()
        evidence = inputs.evidence.tolist()
        self.lineage.add_weighted_edges_from(
            zip(parents, children, evidence, strict=True)
        )
        if only:
            return
        self.owner = inputs.owner.tolist()
        self.is_model = inputs.is_model.tolist()
        self.body = _graph(inputs.n_nodes, inputs.body_parent, inputs.body_child)
        self.cut = _graph(inputs.n_nodes, inputs.cut_parent, inputs.cut_child)

    def tasks(self) -> dict[str, Task]:
        """Return the questions that the engine answers."""
        return {
            "descendants": self.descendants,
            "ancestors, one by one": self.ancestors,
            "components": self.components,
            "root sets": self.root_sets,
            "captive sets": self.captive_sets,
            "dominators": self.dominators,
        }

    def descendants(self) -> Callable[[], Blast]:
        """Aggregate all that stands on the largest root."""
        answer = self.blast([int(self.inputs.root[0])])
        return lambda: answer

    def blast(self, sources: list[int]) -> Blast:
        """Aggregate breadth-first layers below some nodes."""
        downloads, relation = self.downloads, self.relation
        by_relation = [0] * N_RELATIONS
        by_depth = []
        layers = nx.bfs_layers(self.lineage, sources)
        next(layers)
        for layer in layers:
            by_depth.append((len(layer), sum([downloads[node] for node in layer])))
            for node in layer:
                by_relation[relation[node]] += 1
        count = sum(size for size, _ in by_depth)
        weight = sum(taken for _, taken in by_depth)
        return count, weight, tuple(by_relation), tuple(by_depth)

    def ancestors(self) -> Canonical:
        """Return ancestors and the evidence of the edges among them."""
        above = self.lineage.pred
        rows = []
        for model in self.inputs.models.tolist():
            found = nx.ancestors(self.lineage, model)
            bits = [
                edge["weight"]
                for node in (model, *found)
                for edge in above[node].values()
            ]
            rows.append((len(found), sum(found), len(bits), sum(bits)))
        return lambda: np.array(rows, np.int64)

    def components(self) -> Canonical:
        """Return strongly connected components."""
        found = list(nx.strongly_connected_components(self.body))
        return lambda: representatives(
            [list(item) for item in found if len(item) > 1], self.inputs.n_nodes
        )

    def root_sets(self) -> Canonical:
        """Return the roots of every model."""
        above = self.cut._pred
        sets = spread_roots(
            nx.topological_sort(self.cut),
            lambda node: list(above[node]),
            self.inputs.n_nodes,
        )
        return lambda: pairs_of(sets, self.inputs.is_model)

    def captive_sets(self) -> Canonical:
        """Count the models that are captive to each owner."""
        above = self.cut._pred
        sets = spread_captive(
            nx.topological_sort(self.cut),
            lambda node: list(above[node]),
            self.owner,
            self.inputs.n_nodes,
        )
        counted = tally(sets, self.is_model, self.inputs.n_nodes)
        return lambda: counted

    def dominators(self) -> Canonical:
        """Return the immediate dominator of every node."""
        graph, source = self.cut, self.inputs.n_nodes
        roots = [node for node, above in graph._pred.items() if not above]
        graph.add_edges_from([(source, root) for root in roots])
        found = nx.immediate_dominators(graph, source)
        graph.remove_node(source)

        def parents() -> Any:
            values = np.array([found[node] for node in range(source)], np.int32)
            return np.where(values == source, -1, values)

        return parents


def _graph(n_nodes: int, sources: Any, targets: Any) -> Any:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n_nodes))
    graph.add_edges_from(zip(sources.tolist(), targets.tolist(), strict=True))
    return graph
