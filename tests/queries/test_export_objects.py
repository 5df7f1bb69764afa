"""networkx and igraph objects against the engine; a session offers them."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import numpy as np
import pytest

from headwater.errors import MissingDependencyError
from headwater.graph.kernels.reach import reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import RELATIONS
from headwater.queries.export.igraph import to_igraph
from headwater.queries.export.networkx import to_networkx
from headwater.queries.session import Session
from tests.queries.exported import hostile_graph, told_edges, told_nodes


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    return hostile_graph(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(params=["hostile", "catalogue"])
def graph(request: pytest.FixtureRequest) -> LineageGraph:
    found: LineageGraph = request.getfixturevalue(request.param)
    return found


def _told(found: nx.MultiDiGraph[str]) -> dict[str, dict[str, Any]]:
    return {node: found.nodes[node] for node in found}


def engine_edges(graph: LineageGraph) -> Counter[tuple[str, str, str]]:
    rows = graph.parents
    return Counter(
        (graph.ids[child], graph.ids[int(rows.targets[at])],
         RELATIONS[rows.relations[at]].name)
        for child in range(graph.n_nodes)
        for at in range(rows.offsets[child], rows.offsets[child + 1])
    )  # fmt: skip


def test_networkx_holds_what_the_engine_holds(graph: LineageGraph) -> None:
    found = to_networkx(graph)
    assert type(found) is nx.MultiDiGraph
    assert _told(found) == told_nodes(graph)
    assert Counter(list(found.edges(keys=True))) == engine_edges(graph)
    assert {
        (child, parent, key): row for child, parent, key, row in
        found.edges(keys=True, data=True)
    } == told_edges(graph)  # fmt: skip
    assert found.graph["snapshot"] == graph.manifest.id
    assert "around" not in found.graph


def test_networkx_with_everything(graph: LineageGraph) -> None:
    found = to_networkx(graph, owners=True, all_edges=True)
    assert _told(found) == told_nodes(graph, owners=True)
    kinds = Counter(row["relation"] for *_, row in found.edges(data=True))
    assert kinds.pop("owned_by") == len(graph.rows("ownership"))
    assert kinds.pop("published_by") == int(
        (graph.columns.namespace[: graph.n_artefacts] >= 0).sum()
    )
    assert kinds.total() == len(graph.rows("edges"))


def test_igraph_holds_what_the_engine_holds(graph: LineageGraph) -> None:
    found = to_igraph(graph)
    assert isinstance(found, igraph.Graph)
    assert found.is_directed()
    nodes = told_nodes(graph)
    assert found.vs["name"] == list(nodes)
    for vertex in found.vs:
        row = {
            "name" if name == "label" else name: value
            for name, value in vertex.attributes().items()
            if name != "name" and value is not None
        }
        assert row == nodes[vertex["name"]]
    edges = {}
    for edge in found.es:
        row = {
            name: value
            for name, value in edge.attributes().items()
            if value is not None
        }
        ends = found.vs[edge.source]["name"], found.vs[edge.target]["name"]
        edges[(*ends, row["relation"])] = row
    assert edges == told_edges(graph)
    assert found["content_sha256"] == graph.manifest.content_sha256


def test_the_same_descendants_by_three_engines(catalogue: LineageGraph) -> None:
    name = "off-hub/meta/llama-7b"
    lineage = {item.name for item in RELATIONS if item.lineage}
    start = np.array([catalogue.find(name)], np.int32)
    below = reach(catalogue.children, start, LINEAGE_RELATIONS, None).nodes
    expected = {catalogue.ids[int(node)] for node in below}
    one = to_networkx(catalogue)
    one.remove_edges_from(
        [edge for edge in one.edges(keys=True) if edge[2] not in lineage]
    )
    assert nx.ancestors(one, name) == expected
    other = to_igraph(catalogue)
    other.delete_edges([at.index for at in other.es if at["relation"] not in lineage])
    found = other.subcomponent(name, mode="in")
    assert {other.vs[at]["name"] for at in found} == expected | {name}
    assert len(expected) > 15


def test_around_and_depth(catalogue: LineageGraph) -> None:
    one = to_networkx(catalogue, "LLaMA 7B", 1)
    other = to_igraph(catalogue, "LLaMA 7B", 1, owners=True)
    assert one.graph["around"] == other["around"] == "off-hub/meta/llama-7b"
    assert all(
        "off-hub/meta/llama-7b"
        in (node, *one.predecessors(node), *one.successors(node))
        for node in one
    )
    assert set(one) < set(other.vs["name"])
    assert "developer:meta" in other.vs["name"]


def test_a_session_offers_them(catalogue: LineageGraph, tmp_path: Path) -> None:
    session = Session(catalogue)
    assert len(session.to_networkx("LLaMA 7B", depth=1)) == len(
        to_networkx(catalogue, "LLaMA 7B", 1)
    )
    assert session.to_igraph("LLaMA 7B", depth=0).vcount() == 1
    written = session.export("gexf", tmp_path / "a.gexf", around="LLaMA 7B", depth=0)
    assert written.n_nodes == len(nx.read_gexf(tmp_path / "a.gexf")) == 1


def test_without_igraph_the_error_tells_the_command(
    catalogue: LineageGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "igraph", None)
    with pytest.raises(MissingDependencyError) as caught:
        to_igraph(catalogue)
    assert "pip install 'headwater[igraph]'" in str(caught.value)
