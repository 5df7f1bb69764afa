"""rustworkx: a graph in Rust; layers and components by its own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import rustworkx

from benchmarks.engines.answers import Blast, blast_of_layers, representatives
from benchmarks.engines.inputs import Canonical, Inputs, Task


class Rustworkx:
    """Two graphs; edges point from parent to child.

    It has no call for layers from a node of a graph with cycles other than
    `bfs_layers`, and none for sets that spread along edges.
    """

    name = "rustworkx"

    def __init__(self, inputs: Inputs, only: str = "") -> None:
        self.inputs = inputs
        self.lineage = _graph(
            inputs.n_nodes, inputs.parent, inputs.child, inputs.evidence
        )
        if not only:
            self.body = _graph(
                inputs.n_nodes, inputs.body_parent, inputs.body_child, inputs.body_child
            )

    def tasks(self) -> dict[str, Task]:
        """Return the questions that the engine answers."""
        return {
            "descendants": self.descendants,
            "ancestors, one by one": self.ancestors,
            "components": self.components,
        }

    def descendants(self) -> Callable[[], Blast]:
        """Aggregate all that stands on the largest root."""
        answer = self.blast(self.inputs.root.tolist())
        return lambda: answer

    def blast(self, sources: list[int]) -> Blast:
        """Aggregate breadth-first layers below some nodes."""
        layers = rustworkx.digraph_bfs_layers(self.lineage, sources)
        starts = np.cumsum([0, *(len(layer) for layer in layers)]).tolist()
        nodes = np.concatenate([np.array(layer) for layer in layers])
        inputs = self.inputs
        return blast_of_layers(nodes, starts, inputs.downloads, inputs.relation)

    def ancestors(self) -> Canonical:
        """Return ancestors and the evidence of the edges among them."""
        graph = self.lineage
        rows = []
        for model in self.inputs.models.tolist():
            found = rustworkx.ancestors(graph, model)
            bits = [
                bit for node in (model, *found) for _, _, bit in graph.in_edges(node)
            ]
            rows.append((len(found), sum(found), len(bits), sum(bits)))
        return lambda: np.array(rows, np.int64)

    def components(self) -> Canonical:
        """Return strongly connected components."""
        found = rustworkx.strongly_connected_components(self.body)
        return lambda: representatives(found, self.inputs.n_nodes)


def _graph(n_nodes: int, sources: Any, targets: Any, values: Any) -> Any:
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(n_nodes))
    graph.extend_from_weighted_edge_list(
        list(zip(sources.tolist(), targets.tolist(), values.tolist(), strict=True))
    )
    return graph
