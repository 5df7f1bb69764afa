"""GraphML and GEXF, read back by networkx; selections; files that are whole or not there."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest

from headwater.errors import ConfigError, InvalidArgumentError, NodeNotFoundError
from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.export import selection as selecting
from headwater.queries.export.files import MARK
from headwater.queries.export.formats import FORMATS, export
from headwater.queries.export.selection import select
from headwater.queries.export.text import from_xml
from headwater.queries.lineage import lineage
from tests.queries.exported import (
    HOSTILE,
    hostile_graph,
    read_lists,
    told_edges,
    told_nodes,
)

Graph = Any


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    return hostile_graph(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(params=["hostile", "catalogue"])
def graph(request: pytest.FixtureRequest) -> LineageGraph:
    found: LineageGraph = request.getfixturevalue(request.param)
    return found


def written(graph: LineageGraph, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    export(graph, name, file, **options)
    return file.getvalue()


def plain(row: dict[str, Any]) -> dict[str, Any]:
    texts = {
        name: from_xml(value) if isinstance(value, str) else value
        for name, value in row.items()
    }
    return read_lists(texts)


def read_graphml(data: bytes) -> Graph:
    return nx.read_graphml(io.BytesIO(data), force_multigraph=True)


def edges_of(found: Graph, *left_out: str) -> dict[tuple[str, str, str], Any]:
    return {
        (child, parent, row["relation"]): plain(
            {name: value for name, value in row.items() if name not in left_out}
        )
        for child, parent, row in found.edges(data=True)
    }


@pytest.mark.parametrize("all_edges", [False, True])
def test_graphml_gives_every_value_back(graph: LineageGraph, all_edges: bool) -> None:
    found = read_graphml(written(graph, "graphml", all_edges=all_edges))
    assert {node: plain(row) for node, row in found.nodes(data=True)} == told_nodes(
        graph
    )
    assert edges_of(found) == told_edges(graph, all_edges=all_edges)
    assert found.number_of_nodes() == graph.n_artefacts
    if not all_edges:
        assert found.number_of_edges() == len(graph.parents.targets)
    assert found.graph["content_sha256"] == graph.manifest.content_sha256


def test_gexf_gives_every_value_back(graph: LineageGraph) -> None:
    found = nx.read_gexf(io.BytesIO(written(graph, "gexf")))
    nodes = told_nodes(graph)
    got = {node: plain(row) for node, row in found.nodes(data=True)}
    labels = {node: row.pop("label") for node, row in got.items()}
    assert got == nodes
    assert labels == {node: row.get("name", node) for node, row in nodes.items()}
    assert edges_of(found, "id", "label") == told_edges(graph)


def test_unknown_is_left_out_and_zero_is_told(hostile: LineageGraph) -> None:
    found = read_graphml(written(hostile, "graphml"))
    assert found.nodes["o/a"]["downloads"] == 0
    assert "downloads" not in found.nodes["o/q"]
    assert found.nodes["o/h0"]["parameters"] == 0
    assert "parameters" not in found.nodes["o/h1"]
    assert found.nodes["o/h1"]["scratch"] is False
    assert "scratch" not in found.nodes["o/a"]


@pytest.mark.parametrize("name", ["graphml", "gexf"])
def test_hostile_text_stays_text(hostile: LineageGraph, name: str) -> None:
    data = written(hostile, name, owners=True, all_edges=True)
    text = data.decode("utf-8")
    ElementTree.fromstring(text)
    assert not set(text) & set("\x00\x01\x7f\x85\u202e\u2066\u2028\ufeff\ufffe")
    assert "<script" not in text
    assert {row["name"] for row in told_nodes(hostile).values() if "name" in row} == {
        *HOSTILE
    }


@pytest.mark.parametrize("name", ["graphml", "gexf"])
def test_owners_come_with_their_edges(graph: LineageGraph, name: str) -> None:
    data = written(graph, name, owners=True)
    found = read_graphml(data) if name == "graphml" else nx.read_gexf(io.BytesIO(data))
    assert set(found) == set(told_nodes(graph, owners=True))
    relations = [row["relation"] for _, _, row in found.edges(data=True)]
    assert relations.count("published_by") == int(
        (graph.columns.namespace[: graph.n_artefacts] >= 0).sum()
    )
    ownership = graph.rows("ownership")
    assert relations.count("owned_by") == len(ownership) > 0
    told = [
        row for _, _, row in found.edges(data=True) if row["relation"] == "owned_by"
    ]
    assert {row["document"] for row in told} == {row["document"] for row in ownership}


def test_around_is_the_lineage(catalogue: LineageGraph) -> None:
    answer = lineage(catalogue, "LLaMA 7B", depth=2)
    relatives = (*answer.ancestors, *answer.descendants)
    found = read_graphml(written(catalogue, "graphml", around="LLaMA 7B", depth=2))
    assert set(found) == {answer.id, *(item.id for item in relatives)}
    assert found.graph["around"] == answer.id
    edges = set(edges_of(found))
    shown = {(step.child, step.parent, step.relation) for step in answer.edges}
    lines = {edge for edge in edges if edge[2] not in ("method", "successor_of")}
    assert lines == {
        step for step in shown if step[2] not in ("method", "successor_of")
    }
    assert len(lines) > 20
    accepted = told_edges(catalogue)
    assert edges == {edge for edge in accepted if {edge[0], edge[1]} <= set(found)}


def test_around_without_a_depth_and_of_depth_nought(catalogue: LineageGraph) -> None:
    answer = lineage(catalogue, "LLaMA 7B")
    whole = select(catalogue, "LLaMA 7B")
    assert len(whole.nodes) == 1 + answer.n_ancestors + answer.n_descendants
    alone = select(catalogue, "LLaMA 7B", 0)
    assert [catalogue.ids[node] for node in alone.nodes.tolist()] == [answer.id]
    assert len(alone.edges) == 0
    data = written(catalogue, "graphml", around="LLaMA 7B", depth=0)
    assert len(read_graphml(data)) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"depth": 1}, InvalidArgumentError),
        ({"around": "LLaMA 7B", "depth": -1}, InvalidArgumentError),
        ({"around": "developer:meta"}, InvalidArgumentError),
        ({"around": "nobody/nothing-at-all"}, NodeNotFoundError),
    ],
)
def test_what_cannot_be_selected(
    catalogue: LineageGraph, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        select(catalogue, **options)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_parts_of_any_size_give_the_same_bytes(
    catalogue: LineageGraph, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading in parts is not to be seen: rows of several parts, and of several groups."""
    options = {"around": "LLaMA 7B", "depth": 1, "owners": True}
    names = [name for name, item in FORMATS.items() if not item.is_folder]
    whole = [written(catalogue, name, **options) for name in names]
    monkeypatch.setattr(selecting, "ROWS_PER_PART", size)
    assert [written(catalogue, name, **options) for name in names] == whole


def test_rows_are_found_in_any_group(
    tmp_path: Path, catalogue: LineageGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    source = pq.read_table(catalogue.directory / "tables" / "nodes.parquet")
    (tmp_path / "tables").mkdir()
    pq.write_table(source, tmp_path / "tables" / "nodes.parquet", row_group_size=100)
    monkeypatch.setattr(catalogue, "directory", tmp_path)
    rng = np.random.default_rng(5)
    for count in (0, 1, 50, len(source)):
        chosen = np.sort(rng.choice(len(source), count, replace=False))
        rows: IntArray = chosen.astype(np.int32)
        parts = selecting.table_parts(catalogue, "nodes", rows, ["id", "node"])
        assert [node for part in parts for node in part["node"].to_pylist()] == [
            *rows.tolist()
        ]


def test_a_file_is_whole_or_not_there(tmp_path: Path, catalogue: LineageGraph) -> None:
    path = tmp_path / "out.graphml"

    class Cut:
        def start(self, *_: object, **__: object) -> None:
            pass

        def finish(self) -> None:
            pass

        def wait(self, seconds: float, reason: str) -> None:
            pass

        def advance(self, n: int) -> None:
            assert list(tmp_path.iterdir())  # something is being written
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(catalogue, "graphml", path, progress=Cut())
    assert list(tmp_path.iterdir()) == []
    path.write_text("mine")
    with pytest.raises(InvalidArgumentError, match="--force"):
        export(catalogue, "graphml", path)
    with pytest.raises(KeyboardInterrupt):
        export(catalogue, "graphml", path, force=True, progress=Cut())
    assert path.read_text() == "mine"
    export(catalogue, "graphml", path, force=True)
    assert len(read_graphml(path.read_bytes())) == catalogue.n_artefacts
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_whole_and_only_an_export_is_replaced(
    tmp_path: Path, catalogue: LineageGraph
) -> None:
    path = tmp_path / "tables"
    path.mkdir()
    (path / "thesis.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(InvalidArgumentError):
            export(catalogue, "parquet", path, force=force)
    assert (path / "thesis.txt").read_text() == "mine"
    (path / "thesis.txt").unlink()
    export(catalogue, "parquet", path, force=True)
    (path / "old.parquet").write_text("of an older version")
    export(catalogue, "parquet", path, force=True)
    assert (path / MARK).is_file()
    assert not (path / "old.parquet").exists()
    assert os.listdir(tmp_path) == ["tables"]


def test_where_nothing_can_be_written(tmp_path: Path, catalogue: LineageGraph) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        export(catalogue, "graphml", tmp_path / "no" / "such" / "file")
    with pytest.raises(ConfigError, match="No space left"):
        export(catalogue, "gexf", Path("/dev/full"))
    with pytest.raises(InvalidArgumentError, match="folder"):
        export(catalogue, "graphml", tmp_path)
    with pytest.raises(InvalidArgumentError, match="no format"):
        export(catalogue, "dot", tmp_path / "x")
    with pytest.raises(InvalidArgumentError, match="folder"):
        export(catalogue, "parquet", io.BytesIO())
