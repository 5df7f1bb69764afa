"""python-igraph: graphs in C, answers of its own functions, values in numpy beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import igraph
import numpy as np

from benchmarks.engines.answers import (
    Blast,
    blast_of_layers,
    first_of_component,
    pairs_of,
    spread_captive,
    spread_roots,
    tally,
)
from benchmarks.engines.inputs import Canonical, Inputs, Task


class Igraph:
    """Three graphs, built from numpy edge lists; edges point from parent to child.

    `bfs` gives whole layers; ancestors come from one batched `neighborhood` call; sets
    go from parents to children along its topological order, over a list of parents that
    was made beforehand.
    """

    name = "igraph"

    def __init__(self, inputs: Inputs, only: str = "") -> None:
        self.inputs = inputs
        self.lineage = _graph(inputs.n_nodes, inputs.parent, inputs.child)
        if only:
            return
        self.evidence = inputs.evidence.tolist()
        self.body = _graph(inputs.n_nodes, inputs.body_parent, inputs.body_child)
        self.cut = _graph(inputs.n_nodes, inputs.cut_parent, inputs.cut_child)
        self.above = self.cut.get_adjlist(mode="in")
        self.owner = inputs.owner.tolist()
        self.is_model = inputs.is_model.tolist()
        roots = np.flatnonzero(np.array(self.cut.indegree()) == 0)
        source = np.full(len(roots), inputs.n_nodes)
        self.rooted = _graph(
            inputs.n_nodes + 1,
            np.concatenate([inputs.cut_parent, source]),
            np.concatenate([inputs.cut_child, roots]),
        )

    def tasks(self) -> dict[str, Task]:
        """Return the questions that the engine answers."""
        return {
            "descendants": self.descendants,
            "ancestors, one by one": self.ancestors_singly,
            "ancestors, all at once": self.ancestors,
            "components": self.components,
            "root sets": self.root_sets,
            "captive sets": self.captive_sets,
            "dominators": self.dominators,
        }

    def descendants(self) -> Callable[[], Blast]:
        """Aggregate all that stands on the largest root."""
        answer = self.blast(int(self.inputs.root[0]))
        return lambda: answer

    def blast(self, source: int) -> Blast:
        """Aggregate breadth-first layers below a node."""
        nodes, starts, _ = self.lineage.bfs(source, mode="out")
        inputs = self.inputs
        return blast_of_layers(
            np.array(nodes), starts, inputs.downloads, inputs.relation
        )

    def ancestors_singly(self) -> Canonical:
        """Return ancestors and the evidence of the edges among them, model by model."""
        graph = self.lineage
        return self._evidence(
            graph.subcomponent(model, mode="in")
            for model in self.inputs.models.tolist()
        )

    def ancestors(self) -> Canonical:
        """Return the same for all models in one call."""
        graph, models = self.lineage, self.inputs.models.tolist()
        return self._evidence(graph.neighborhood(models, graph.vcount(), mode="in"))

    def _evidence(self, found: Iterable[list[int]]) -> Canonical:
        incident, evidence = self.lineage.incident, self.evidence
        rows = []
        for nodes in found:
            bits = [
                evidence[edge] for node in nodes for edge in incident(node, mode="in")
            ]
            rows.append((len(nodes) - 1, sum(nodes), len(bits), sum(bits)))
        own = [(0, model, 0, 0) for model in self.inputs.models.tolist()]
        return lambda: np.array(rows, np.int64) - np.array(own, np.int64)

    def components(self) -> Canonical:
        """Return strongly connected components."""
        found = self.body.connected_components(mode="strong").membership
        return lambda: first_of_component(np.array(found))

    def root_sets(self) -> Canonical:
        """Return the roots of every model."""
        order = self.cut.topological_sorting(mode="out")
        sets = spread_roots(order, self.above.__getitem__, self.inputs.n_nodes)
        return lambda: pairs_of(sets, self.inputs.is_model)

    def captive_sets(self) -> Canonical:
        """Count the models that are captive to each owner."""
        order = self.cut.topological_sorting(mode="out")
        n_nodes = self.inputs.n_nodes
        sets = spread_captive(order, self.above.__getitem__, self.owner, n_nodes)
        counted = tally(sets, self.is_model, n_nodes)
        return lambda: counted

    def dominators(self) -> Canonical:
        """Return the immediate dominator of every node."""
        source = self.inputs.n_nodes
        found = self.rooted.dominator(source, mode="out")

        def parents() -> Any:
            values = np.array(found[:source], np.int32)
            return np.where(values == source, -1, values)

        return parents


def _graph(n_nodes: int, sources: Any, targets: Any) -> Any:
    edges = np.stack([sources, targets], axis=1).astype(np.int64)
    return igraph.Graph(n=n_nodes, edges=edges, directed=True)
