"""headwater: an opened snapshot and its kernels, through their public functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.answers import N_RELATIONS, Blast
from benchmarks.engines.inputs import Canonical, Inputs, Task, cut_dag
from headwater.graph.kernels.components import component_representatives
from headwater.graph.kernels.csr import Csr, IntArray, build_csr, ranges
from headwater.graph.kernels.dominators import dominator_tree
from headwater.graph.kernels.label_sets import dominating_labels, root_sets
from headwater.graph.kernels.reach import reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.queries.lineage import ancestors_of


class Headwater:
    """Kernels on memory-mapped arrays."""

    name = "headwater"

    def __init__(self, graph: LineageGraph, inputs: Inputs) -> None:
        self.graph = graph
        self.inputs = inputs
        self.dag = cut_dag(inputs)
        self.up = _rows(inputs.body_child, inputs.body_parent, inputs.n_nodes)
        self.down = _rows(inputs.body_parent, inputs.body_child, inputs.n_nodes)

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
        answer = self.descendants_of(self.inputs.root)
        return lambda: answer

    def descendants_of(self, sources: IntArray) -> Blast:
        """Aggregate all that stands on some nodes."""
        graph, inputs = self.graph, self.inputs
        found = reach(graph.children, sources, LINEAGE_RELATIONS, graph.shared)
        downloads = inputs.downloads.take(found.nodes)
        by_relation = np.bincount(
            inputs.relation.take(found.nodes), minlength=N_RELATIONS
        )
        # Nodes come level by level.
        ends = np.cumsum(np.bincount(found.depth)[1:])
        sums = np.add.reduceat(downloads, np.concatenate([[0], ends[:-1]]))
        return (
            len(found.nodes),
            int(sums.sum()),
            tuple(by_relation.tolist()),
            tuple(zip(np.diff(ends, prepend=0).tolist(), sums.tolist(), strict=True)),
        )

    def ancestors_singly(self) -> Canonical:
        """Return ancestors and the evidence of the edges among them, model by model."""
        found = [
            ancestors_of(self.graph, self.inputs.models[at : at + 1])
            for at in range(len(self.inputs.models))
        ]
        bits = [self.graph.edge_sources.take(item.edges) for item in found]
        place = self.inputs.place
        return lambda: np.array(
            [
                (
                    len(item.nodes),
                    place[item.nodes].sum(),
                    len(item.edges),
                    claimed.sum(),
                )
                for item, claimed in zip(found, bits, strict=True)
            ],
            np.int64,
        )

    def ancestors(self) -> Canonical:
        """Return the same for all models in one call."""
        found = ancestors_of(self.graph, self.inputs.models)
        bits = self.graph.edge_sources.take(found.edges)

        def rows() -> NDArray[np.int64]:
            sums = [
                np.diff(np.append(0, np.cumsum(values, dtype=np.int64))[offsets])
                for values, offsets in (
                    (self.inputs.place[found.nodes], found.offsets),
                    (bits, found.edge_offsets),
                )
            ]
            counts = np.diff(found.offsets), np.diff(found.edge_offsets)
            return np.stack([counts[0], sums[0], counts[1], sums[1]], axis=1)

        return rows

    def components(self) -> Canonical:
        """Return strongly connected components."""
        up, down = self.up, self.down
        found = component_representatives(
            up.offsets, up.targets, down.offsets, down.targets
        )
        place = self.inputs.place

        def canonical() -> object:
            lowest = np.full(len(place), len(place), np.int32)
            np.minimum.at(lowest, found, place)
            answer = np.empty_like(found)
            answer[place] = lowest[found]
            return answer

        return canonical

    def root_sets(self) -> Canonical:
        """Return the roots of every model."""
        sets = root_sets(self.dag)

        def pairs() -> object:
            nodes = np.flatnonzero(self.inputs.is_model)
            offsets, labels = sets.pool()
            number = sets.set_of[nodes]
            sizes = np.diff(offsets)[number]
            held = labels[ranges(offsets[number], sizes)]
            place = self.inputs.place
            nodes = np.repeat(place[nodes].astype(np.int64), sizes)
            return np.sort(nodes << 32 | place[held])

        return pairs

    def captive_sets(self) -> Canonical:
        """Count the models that are captive to each owner."""
        sets = dominating_labels(self.dag, self.inputs.owner)
        counted = sets.sum_by_label(
            self.inputs.is_model.astype(np.int64), self.inputs.n_nodes
        )
        return lambda: counted

    def dominators(self) -> Canonical:
        """Return the immediate dominator of every node."""
        found = dominator_tree(self.dag).parent
        place = self.inputs.place

        def canonical() -> object:
            answer = np.empty_like(found)
            answer[place] = np.append(place, np.int32(-1))[found]
            return answer

        return canonical


def _rows(sources: IntArray, targets: IntArray, n_nodes: int) -> Csr:
    count = len(sources)
    rows = np.arange(count, dtype=np.int32)
    return build_csr(sources, targets, np.zeros(count, np.int8), rows, n_nodes)
