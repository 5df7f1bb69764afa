"""Ancestors of many nodes at once, against networkx."""

from __future__ import annotations

from pathlib import Path
from random import Random

import networkx as nx
import numpy as np

from headwater.graph.lineage_graph import LINEAGE_RELATIONS
from headwater.queries.lineage import ancestors_of, lineage
from tests.drawing import draw

RELATIONS = ("finetune", "adapter", "merge", "method", "successor_of", "mirror_of")


def test_ancestors_depths_and_edges_are_those_of_networkx(tmp_path: Path) -> None:
    random = Random(5)
    pairs = {
        (random.randrange(40), random.randrange(40)): random.choice(RELATIONS)
        for _ in range(90)
    }
    graph = draw(
        tmp_path, *(f"m{a} {relation} m{b}" for (a, b), relation in pairs.items())
    )
    drawn = nx.DiGraph()
    rows = graph.parents
    for child in range(graph.n_nodes):
        drawn.add_node(child)
        for at in range(int(rows.offsets[child]), int(rows.offsets[child + 1])):
            if LINEAGE_RELATIONS[rows.relations[at]]:
                edge = int(rows.edges[at])
                drawn.add_edge(child, int(rows.targets[at]), edge=edge)
    nodes = np.arange(graph.n_artefacts, dtype=np.int32)
    found = ancestors_of(graph, nodes)
    for node in nodes.tolist():
        part = slice(int(found.offsets[node]), int(found.offsets[node + 1]))
        depths = nx.single_source_shortest_path_length(drawn, node)
        depths.pop(node)
        assert depths == dict(
            zip(found.nodes[part].tolist(), found.depth[part].tolist(), strict=True)
        )
        assert found.depth[part].tolist() == sorted(depths.values())
        edges = {
            data["edge"] for _, _, data in drawn.out_edges([node, *depths], data=True)
        }
        walked = found.edges[found.edge_offsets[node] : found.edge_offsets[node + 1]]
        assert sorted(walked.tolist()) == sorted(edges)


def test_they_agree_with_the_lineage_of_one(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b finetune a", "c merge b", "c merge d", "d adapter a")
    node = graph.find("o/c")
    found = ancestors_of(graph, np.array([node], np.int32))
    ids = {graph.ids[item] for item in found.nodes.tolist()}
    assert ids == {item.id for item in lineage(graph, "o/c").ancestors}
    nothing = ancestors_of(graph, np.empty(0, np.int32))
    assert nothing.offsets.tolist() == [0]
    assert len(nothing.nodes) == 0
