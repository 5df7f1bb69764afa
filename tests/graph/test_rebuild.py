"""A snapshot made again from its public tables is the snapshot, byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph import edge_table, node_table
from headwater.graph.arrays import ARRAYS
from headwater.graph.claims import Alias, ClaimBatch, Record
from headwater.graph.data_dictionary import TABLES
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.public_tables import SCHEMAS, writing
from headwater.graph.rebuild import rebuild_arrays
from headwater.graph.snapshot_writer import write_arrays
from headwater.graph.store import SnapshotStore
from headwater.graph.table_writer import write_table
from headwater.ingest.load import build
from tests.drawing import DAY, draw_batch, publish
from tests.queries.exported import hostile_graph


def renamed_graph(path: Path) -> LineageGraph:
    """Return a graph with all ways in which a name leads to a node."""
    batch = draw_batch(
        "b finetune a", "c merge b", "c merge A-2", "m trained_on data-d",
        "app-x uses c", "x finetune y", "y finetune x", "self finetune self",
        owners={"o": "someone", "empty": "nobody"}, phantoms=("A-2",),
        downloads={"a": 5, "b": 5}, days={"a": "2024-02-29"}, scratch=("a",),
    )  # fmt: skip
    batch.records += [
        Record("o/before", "model", "hub", "https://1", "2026-01-01", hub_id="f00"),
        Record("o/After", "model", "hub", "https://2", "2026-01-02", hub_id="f00"),
        Record("o/named", "model", "catalog", "https://3", DAY, name="Straße", names=("S",),
               released="2023-01-01", created="2022-01-01", licence="mit", task="t",
               library="l", scratch=False, language=("de",), developer="developer:lone"),
        Record("o/a", "model", "catalog", "https://4", DAY, licence="apache-2.0"),
    ]  # fmt: skip
    batch.aliases += [
        Alias("o/older", "o/old", "rename", "hub", "https://x", DAY),
        Alias("o/old", "o/a", "rename", "hub", "https://x", DAY),
        Alias("o/round", "o/trip", "rename", "hub", "https://x", DAY),
        Alias("o/trip", "o/round", "rename", "hub", "https://x", DAY),
        Alias("o/taken", "o/b", "replacement", "hub", "https://x", DAY),
    ]
    return publish(path, batch, ClaimBatch())


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    """Return the catalogue, its tables in many small groups of rows."""
    folder = tmp_path_factory.mktemp("parts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_table, "ROWS", 97)
        patch.setattr(edge_table, "ROWS", 61)
        build(folder)
    return LineageGraph(SnapshotStore(folder).current())


@pytest.fixture(params=["catalogue", "in_parts", "renamed", "hostile", "nothing"])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> LineageGraph:
    if request.param == "renamed":
        return renamed_graph(tmp_path)
    if request.param == "hostile":
        return hostile_graph(tmp_path)
    if request.param == "nothing":
        return publish(tmp_path, ClaimBatch())
    found: LineageGraph = request.getfixturevalue(request.param)
    return found


def aliases_of(graph: LineageGraph) -> list[tuple[str, int]]:
    return [(graph.aliases[at], int(node)) for at, node in enumerate(graph.alias_nodes)]


def test_the_example_has_every_kind_of_alias(tmp_path: Path) -> None:
    """By the Hub's identity, in a chain; not in a circle, not for a replacement."""
    graph = renamed_graph(tmp_path)
    found = {alias: graph.ids[node] for alias, node in aliases_of(graph)}
    assert found == {"o/before": "o/After", "o/old": "o/a", "o/older": "o/a"}


def test_arrays_follow_from_the_tables(graph: LineageGraph, tmp_path: Path) -> None:
    made = rebuild_arrays(graph.directory, reversed(aliases_of(graph)))
    (tmp_path / "again" / "arrays").mkdir(parents=True)
    write_arrays(tmp_path / "again", made)
    for spec in ARRAYS:
        name = f"arrays/{spec.name}.npy"
        again = (tmp_path / "again" / name).read_bytes()
        assert again == (graph.directory / name).read_bytes(), spec.name


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_read_as_plain_text_is_written_as_it_was(
    graph: LineageGraph, name: str, tmp_path: Path
) -> None:
    """What comes back from a server is plain; what the compiler writes is coded."""
    source = graph.directory / "tables" / f"{name}.parquet"
    with pq.ParquetFile(source) as file:
        schema = file.schema_arrow
        parts = [
            pa.table(
                [pa.array(column.to_pylist(), column.type) for column in group.columns],
                schema=schema,
            )
            for group in map(file.read_row_group, range(file.num_row_groups))
        ]
    rows = write_table(tmp_path / "again.parquet", name, schema, parts)
    assert rows == graph.manifest.tables[name]["rows"]
    assert (tmp_path / "again.parquet").read_bytes() == source.read_bytes()


def test_the_tables_have_the_columns_that_are_published(graph: LineageGraph) -> None:
    assert set(SCHEMAS) == set(TABLES) == set(graph.manifest.tables)
    for name, schema in SCHEMAS.items():
        path = graph.directory / "tables" / f"{name}.parquet"
        stored = pq.read_schema(path)
        assert schema.names == stored.names
        lists = [item.name for item in schema if pa.types.is_list(item.type)]
        # A server knows no empty list: what is absent there was an empty one.
        whole = pq.read_table(path)
        assert [whole[item].null_count for item in lists] == [0] * len(lists)
        told = graph.manifest.tables[name]["columns"]
        assert [str(item.type) for item in schema] == [item["type"] for item in told]


def test_what_the_bytes_depend_on_is_told(graph: LineageGraph) -> None:
    told = writing(graph.directory)
    assert "arrow" in told["by"]
    assert {"nodes", "edges", "claims"} < set(told["parts"])
    for name, rows in told["parts"].items():
        metadata = pq.read_metadata(graph.directory / "tables" / f"{name}.parquet")
        groups = range(metadata.num_row_groups)
        sizes = [metadata.row_group(at).num_rows for at in groups]
        assert all(size == rows for size in sizes[:-1])
        assert all(size <= rows for size in sizes)


WORDS = st.lists(st.one_of(st.none(), st.sampled_from("abcd")), min_size=1, max_size=30)


@settings(max_examples=60)
@given(WORDS, st.permutations("abcdxy"), st.data())
def test_words_that_do_not_occur_leave_no_trace(
    tmp_path_factory: pytest.TempPathFactory,
    words: list[str | None],
    dictionary: list[str],
    data: st.DataObject,
) -> None:
    """Equal rows are equal bytes, whatever the dictionary that they came with."""
    folder = tmp_path_factory.mktemp("t")
    # A word that is there twice may be named by either place.
    twice = [*dictionary, *dictionary]
    codes = [
        None
        if word is None
        else data.draw(st.sampled_from([0, len(dictionary)])) + dictionary.index(word)
        for word in words
    ]
    coded = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(twice))
    lists = [[word] * (at % 3) for at, word in enumerate(words) if word]
    ends = np.cumsum([0, *(len(item) for item in lists)])
    flat = [dictionary.index(word) for item in lists for word in item]
    coded_lists = pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()),
        pa.DictionaryArray.from_arrays(
            pa.array(flat, pa.int32()), pa.array(dictionary)
        ),
    )
    for name, column, plain in (
        ("task", coded, pa.array(words, pa.string())),
        ("names", coded_lists, pa.array(lists, pa.list_(pa.string()))),
    ):
        schema = pa.schema([(name, plain.type)])
        for file, values in (("coded", column), ("plain", plain)):
            part = pa.Table.from_arrays([values], names=[name])
            write_table(folder / f"{name}.{file}", "nodes", schema, [part])
        assert (folder / f"{name}.coded").read_bytes() == (
            folder / f"{name}.plain"
        ).read_bytes()
        assert pq.read_table(folder / f"{name}.coded")[name].to_pylist() == (
            plain.to_pylist()
        )
