from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from headwater.graph import edge_table, node_table
from headwater.graph.layers import open_graph
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.load import build


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    """The catalogue with tables of many row groups."""
    directory = tmp_path_factory.mktemp("split")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_table, "ROWS", 97)
        patch.setattr(edge_table, "ROWS", 61)
        build(directory)
    return open_graph(SnapshotStore(directory).current())


def plainly(graph: LineageGraph, table: str, **wanted: Any) -> list[dict[str, Any]]:
    path = graph.directory / "tables" / f"{table}.parquet"
    return [
        row
        for row in pq.read_table(path).to_pylist()
        if all(
            row[name] in (value if isinstance(value, list) else [value])
            for name, value in wanted.items()
        )
    ]


QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nodes", {"node": 0}),
    ("nodes", {"node": 96}),
    ("nodes", {"node": 97}),
    ("nodes", {"node": [1500, 3, 200, 201]}),
    ("nodes", {"node": 10**6}),
    ("nodes", {"node": -1}),
    ("nodes", {"node": []}),
    ("nodes", {"kind": "model", "state": "gone"}),
    ("edges", {"edge": [0, 60, 61, 2000]}),
    ("edges", {"child_node": 700}),
    ("edges", {"child_node": [5, 700, 1200]}),
    ("claims", {"edge": [7, 8, 1999]}),
    ("claims", {"edge": 7, "source": "catalog"}),
    ("aliases", {"kind": "rename"}),
    ("ownership", {}),
)


@pytest.mark.parametrize(("table", "wanted"), QUESTIONS)
def test_rows_are_those_of_the_whole_table(
    split: LineageGraph, table: str, wanted: dict[str, Any]
) -> None:
    assert split.rows(table, **wanted) == plainly(split, table, **wanted)


def test_a_row_from_the_arrays_is_the_row_of_the_table(split: LineageGraph) -> None:
    rows = plainly(split, "nodes")[::7]
    assert rows == [split.node_row(row["node"]) for row in rows]
    kinds = {row["kind"] for row in rows}
    assert {"model", "dataset", "application", "namespace", "developer"} <= kinds


def test_the_tables_were_split(split: LineageGraph) -> None:
    for table in ("nodes", "edges", "claims"):
        path = split.directory / "tables" / f"{table}.parquet"
        assert pq.read_metadata(path).num_row_groups > 20


def test_a_file_that_took_the_place_of_another_is_read_anew(
    split: LineageGraph, tmp_path: Path
) -> None:
    from headwater.graph.table_rows import select_rows

    folder = tmp_path / "tables"
    folder.mkdir()
    whole = pq.read_table(split.directory / "tables" / "nodes.parquet")
    path = folder / "nodes.parquet"
    for first in (0, 50):
        path.unlink(missing_ok=True)
        pq.write_table(whole.slice(first, 10), path)
        rows = select_rows(tmp_path, "nodes", {"node": first})
        assert [row["node"] for row in rows] == [first]
        assert select_rows(tmp_path, "nodes", {"node": 50 - first}) == []
