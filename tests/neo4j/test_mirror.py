"""A snapshot read back from a server is the snapshot that was pushed, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j
import pytest

from headwater.errors import (
    DamagedStoreError,
    HalfPushedError,
    NothingPushedError,
    OtherLayoutError,
    StorageError,
    StoreChangedError,
)
from headwater.graph import edge_table, node_table
from headwater.graph.backends import neo4j_mirror
from headwater.graph.backends.neo4j_connection import Connection, connect
from headwater.graph.backends.neo4j_mirror import mirror
from headwater.graph.backends.neo4j_push import push
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.progress import NullProgress
from headwater.graph.snapshot import check_files, read_manifest
from headwater.queries.session import Session
from tests.drawing import draw
from tests.graph.test_rebuild import renamed_graph
from tests.neo4j.server import Server
from tests.queries.exported import hostile_graph


@pytest.fixture
def connection(empty_server: Server) -> Iterator[Connection]:
    with connect(empty_server.uri) as made:
        yield made


def files_of(graph: LineageGraph) -> dict[str, bytes]:
    return {
        name: (graph.directory / name).read_bytes() for name in graph.manifest.files
    }


def in_parts(folder: Path) -> LineageGraph:
    """Return a snapshot whose tables are many small groups of rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_table, "ROWS", 7)
        patch.setattr(edge_table, "ROWS", 5)
        return hostile_graph(folder)


@pytest.mark.parametrize(
    ("make", "step"), [(hostile_graph, 5), (renamed_graph, 16_384), (in_parts, 3)]
)
def test_every_file_is_equal(
    make: Callable[[Path], LineageGraph],
    step: int,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one transaction or in many, in one group of rows or in many."""
    monkeypatch.setattr(neo4j_mirror, "_RANGE", step)
    graph = make(tmp_path / "own")
    push(graph, connection)
    copy = mirror(connection, tmp_path / "copies")
    assert copy.directory.is_relative_to(tmp_path / "copies")
    assert files_of(copy) == files_of(graph)
    assert copy.manifest == graph.manifest
    check_files(copy.directory, read_manifest(copy.directory), thorough=True)
    assert list((tmp_path / "copies").rglob(".partial-*")) == []


def test_the_engine_answers_from_a_copy(
    connection: Connection, catalogue: LineageGraph, tmp_path: Path
) -> None:
    push(catalogue, connection)
    found = mirror(connection, tmp_path)
    assert files_of(found) == files_of(catalogue)
    own, copy = Session(catalogue), Session(found)
    assert copy.concentration() == own.concentration()
    assert copy.chokepoints() == own.chokepoints()
    assert copy.why("Vicuna", "Alpaca") == own.why("Vicuna", "Alpaca")
    assert copy.quality(10) == own.quality(10)


def test_a_copy_is_made_once(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(draw(tmp_path / "own", "b finetune a"), connection)
    first = mirror(connection, tmp_path / "copies")

    def never(*_: object) -> None:
        raise AssertionError("made again")

    with monkeypatch.context() as patch:
        patch.setattr(neo4j_mirror._Copy, "make", never)
        assert mirror(connection, tmp_path / "copies").directory == first.directory
    # Another snapshot has its own; going back to the first finds the first.
    push(draw(tmp_path / "other", "c finetune a"), connection)
    second = mirror(connection, tmp_path / "copies")
    assert second.directory != first.directory
    assert second.find("o/c") >= 0


def test_a_damaged_copy_is_made_again(connection: Connection, tmp_path: Path) -> None:
    graph = draw(tmp_path / "own", "b finetune a")
    push(graph, connection)
    folder = mirror(connection, tmp_path / "copies").directory
    path = folder / "tables" / "nodes.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert files_of(mirror(connection, tmp_path / "copies")) == files_of(graph)
    (folder / "manifest.json").unlink()
    assert files_of(mirror(connection, tmp_path / "copies")) == files_of(graph)


def test_old_copies_go_and_open_ones_stay(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_mirror, "_KEPT", 1)
    copies = tmp_path / "copies"
    held = []
    for number, name in enumerate("cde"):
        push(draw(tmp_path / name, f"{name} finetune a"), connection)
        graph = mirror(connection, copies)
        if number == 0:
            held.append(graph)
        folder = graph.directory
        del graph
    left = {path.parent for path in copies.rglob("manifest.json")}
    assert left == {held[0].directory, folder}


class Watching(NullProgress):
    """Does something when the first row has been read."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act, self.times = act, 0

    def advance(self, n: int) -> None:
        self.times += 1
        if self.times == 1:
            self.act()


def test_a_push_meanwhile_is_noticed_and_the_copy_is_of_the_new_one(
    connection: Connection, tmp_path: Path
) -> None:
    old = draw(tmp_path / "old", "b finetune a")
    new = draw(tmp_path / "new", "c finetune b", "b finetune a", "d merge a")
    push(old, connection)
    watching = Watching(lambda: push(new, connection))
    copy = mirror(connection, tmp_path / "copies", watching)
    assert watching.times > 1
    assert files_of(copy) == files_of(new)
    assert [path.name for path in (tmp_path / "copies").glob("*/*")] == [
        new.manifest.id
    ]


def test_pushes_time_and_again_are_an_error(
    connection: Connection, tmp_path: Path
) -> None:
    graphs = [
        draw(tmp_path / "0", "b finetune a"), draw(tmp_path / "1", "c finetune a")
    ]  # fmt: skip
    push(graphs[0], connection)

    class Restless(NullProgress):
        pushes = 0

        def start(
            self, route: str, total: int | None, done: int = 0, unit: str = "records"
        ) -> None:
            if route == "nodes":
                self.pushes += 1
                push(graphs[self.pushes % 2], connection)

    restless = Restless()
    with pytest.raises(StoreChangedError, match="open it again"):
        mirror(connection, tmp_path / "copies", restless)
    assert restless.pushes == 3
    assert list((tmp_path / "copies").glob("*/*")) == []


def test_nothing_is_copied_in_part(
    connection: Connection, neo4j_driver: neo4j.Driver, tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    with pytest.raises(NothingPushedError, match="headwater push"):
        mirror(connection, copies)
    graph = draw(tmp_path / "own", "b finetune a", "c finetune b")
    push(graph, connection)
    version = "MATCH (s:Snapshot) SET s.format_version = s.format_version + $more"
    neo4j_driver.execute_query(version, more=1)
    with pytest.raises(OtherLayoutError, match="this headwater reads"):
        mirror(connection, copies)
    neo4j_driver.execute_query(version, more=-1)
    loading = "MATCH (s:Snapshot) SET s.state = $state"
    neo4j_driver.execute_query(loading, state="loading")
    with pytest.raises(HalfPushedError, match="has not ended"):
        mirror(connection, copies)
    neo4j_driver.execute_query(loading, state="complete")

    def cut() -> None:
        neo4j_driver.execute_query(loading, state="loading")

    with pytest.raises(HalfPushedError):
        mirror(connection, copies, Watching(cut))
    assert not copies.exists() or list(copies.glob("*/*")) == []
    neo4j_driver.execute_query(loading, state="complete")
    assert files_of(mirror(connection, copies)) == files_of(graph)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        ("MATCH (x:Node {id: 'o/b'}) DETACH DELETE x", "not numbered"),
        ("MATCH (x:Claim {row: 1}) DELETE x", "of 2 claims"),
        ("MATCH ()-[x:FINETUNE {edge: 0}]->() DELETE x", "not numbered"),
        ("MATCH (x:Node {id: 'o/b'}) SET x.downloads = 99", "nodes.parquet differs"),
        ("MATCH (x:Node {id: 'o/b'}) SET x.kind = 'dataset'", "nodes.parquet differs"),
        ("MATCH (x:Node {id: 'o/b'}) SET x.downloads = 'many'", "nodes: "),
        ("MATCH (x:Claim {row: 0}) SET x.note = 'changed'", "claims.parquet differs"),
        ("MATCH (x:Name) SET x.key = 'o/other'", "alias_bytes.npy differs"),
        ("MATCH (x:Openness) DELETE x", None),
    ],
)
def test_what_is_not_as_it_was_pushed_is_no_snapshot(
    connection: Connection,
    neo4j_driver: neo4j.Driver,
    tmp_path: Path,
    harm: str,
    problem: str | None,
) -> None:
    from headwater.graph.claims import Alias
    from tests.drawing import DAY, draw_batch, publish

    batch = draw_batch("b finetune a", "c finetune b")
    batch.aliases.append(Alias("o/old", "o/a", "rename", "hub", "https://x", DAY))
    push(publish(tmp_path / "own", batch), connection)
    neo4j_driver.execute_query(harm)
    if problem is None:
        assert mirror(connection, tmp_path / "copies").n_nodes
        return
    with pytest.raises(DamagedStoreError, match=problem) as caught:
        mirror(connection, tmp_path / "copies")
    assert "--verify" in str(caught.value)
    assert list((tmp_path / "copies").glob("*/*")) == []


def test_tables_of_another_library_may_have_other_bytes(
    connection: Connection, neo4j_driver: neo4j.Driver, tmp_path: Path
) -> None:
    """The arrays say then whether the rows are right; the snapshot stays the same one."""
    graph = draw(tmp_path / "own", "b finetune a", "c finetune b")
    push(graph, connection)
    other = neo4j_driver.execute_query(
        "MATCH (s:Snapshot) SET s.writing = replace(s.writing, 'arrow', 'sparrow'), "
        "s.files = replace(s.files, $was, $other) RETURN s.writing",
        was=graph.manifest.files["tables/nodes.parquet"]["sha256"], other="0" * 64,
    )  # fmt: skip
    assert "sparrow" in other.records[0][0]
    copy = mirror(connection, tmp_path / "copies")
    assert copy.manifest.content_sha256 == graph.manifest.content_sha256
    assert copy.manifest.files == graph.manifest.files
    shutil.rmtree(tmp_path / "copies")
    neo4j_driver.execute_query("MATCH (x:Node {id: 'o/b'}) SET x.downloads = 99")
    with pytest.raises(DamagedStoreError, match=r"downloads\.npy differs"):
        mirror(connection, tmp_path / "copies")


def test_where_nothing_can_be_written(connection: Connection, tmp_path: Path) -> None:
    push(draw(tmp_path / "own", "b finetune a"), connection)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        mirror(connection, tmp_path / "file" / "copies")
