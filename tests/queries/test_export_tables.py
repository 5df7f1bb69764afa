"""Parquet, read back by DuckDB and polars."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from headwater.graph.data_dictionary import TABLES
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.export import parquet
from headwater.queries.export.files import MARK
from headwater.queries.export.formats import export
from headwater.queries.export.selection import select
from tests.queries.exported import hostile_graph, table


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    return hostile_graph(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(params=["hostile", "catalogue"])
def graph(request: pytest.FixtureRequest) -> LineageGraph:
    found: LineageGraph = request.getfixturevalue(request.param)
    return found


def by_duckdb(path: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [item[0] for item in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_duckdb_and_polars_read_what_the_snapshot_holds(
    graph: LineageGraph, tmp_path: Path
) -> None:
    export(graph, "parquet", tmp_path / "out")
    for name in TABLES:
        path = tmp_path / "out" / f"{name}.parquet"
        expected = table(graph, name)
        assert by_duckdb(path) == expected
        assert pl.read_parquet(path).rows(named=True) == expected
        own = pq.read_schema(graph.directory / "tables" / f"{name}.parquet")
        assert pq.read_schema(path).names == own.names
    nodes = {row["id"]: row for row in by_duckdb(tmp_path / "out" / "nodes.parquet")}
    if "o/h0" in nodes:
        assert nodes["o/a"]["downloads"] == 0
        assert nodes["o/q"]["downloads"] is None
        assert nodes["o/a"]["language"] == []


def test_manifest_and_readme_describe_the_files(
    graph: LineageGraph, tmp_path: Path
) -> None:
    export(graph, "parquet", tmp_path / "out")
    value = json.loads((tmp_path / "out" / MARK).read_text())
    assert value["snapshot"] == graph.manifest.id
    assert value["content_sha256"] == graph.manifest.content_sha256
    readme = (tmp_path / "out" / "README.md").read_text()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        MARK, "README.md", *(f"{name}.parquet" for name in TABLES)
    }  # fmt: skip
    for name, told in value["tables"].items():
        data = (tmp_path / "out" / told["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == told["sha256"]
        read = pq.read_table(tmp_path / "out" / told["file"])
        assert told["rows"] == read.num_rows == len(table(graph, name))
        assert [item["name"] for item in told["columns"]] == read.schema.names
        assert all(item["meaning"] in readme for item in told["columns"])


def test_around_keeps_the_rows_that_speak_of_it(
    catalogue: LineageGraph, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    export(catalogue, "parquet", path, around="LLaMA 7B", depth=1)
    chosen = select(catalogue, "LLaMA 7B", 1, owners=True, all_edges=True)
    rows = {name: by_duckdb(path / f"{name}.parquet") for name in TABLES}
    ids = {row["id"] for row in rows["nodes"]}
    assert [row["node"] for row in rows["nodes"]] == chosen.nodes.tolist()
    assert [row["edge"] for row in rows["edges"]] == chosen.edges.tolist()
    edges = {row["edge"] for row in rows["edges"]}
    assert rows["claims"] == [
        row for row in table(catalogue, "claims") if row["edge"] in edges
    ]
    assert rows["aliases"] == [
        row for row in table(catalogue, "aliases") if row["id"] in ids
    ]
    assert rows["ownership"] == [
        row for row in table(catalogue, "ownership") if row["child"] in ids
    ]
    members = {node for row in rows["families"] for node in row["member_nodes"]}
    assert members <= set(chosen.nodes.tolist())
    assert "llama" in {row["family"] for row in rows["families"]}
    assert all(rows[name] for name in TABLES if name != "openness")


def test_row_groups_are_filled(
    catalogue: LineageGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from headwater.queries.export import selection

    monkeypatch.setattr(selection, "ROWS_PER_PART", 100)
    monkeypatch.setattr(parquet, "_GROUP", 250)
    export(catalogue, "parquet", tmp_path / "out")
    metadata = pq.read_metadata(tmp_path / "out" / "nodes.parquet")
    sizes = [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
    assert set(sizes[:-1]) == {200}
    rows = by_duckdb(tmp_path / "out" / "nodes.parquet")
    assert rows == table(catalogue, "nodes")
