"""Pushing: whole, twice, cut in the middle, and from one snapshot to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import neo4j
import pytest

from headwater.errors import (
    ForeignDataError,
    HalfPushedError,
    IncompletePushError,
    NothingPushedError,
    OtherLayoutError,
    PushCutError,
    PushTakenOverError,
)
from headwater.graph.backends import neo4j_rows
from headwater.graph.backends.neo4j_connection import Connection, connect
from headwater.graph.backends.neo4j_marker import (
    find_marker,
    manifest_of,
    whole_marker,
)
from headwater.graph.backends.neo4j_push import push
from headwater.graph.backends.neo4j_schema import PARTS
from headwater.graph.backends.neo4j_writer import MarkerMovedError, Writer
from headwater.graph.claim_tables import to_tables
from headwater.graph.lineage_graph import LineageGraph
from tests.graph.overlay_oracle import draw_two
from tests.neo4j.conftest import wipe
from tests.neo4j.drawn import all_parts, hostile, publish
from tests.neo4j.looking import CuttingProxy, difference, look
from tests.neo4j.server import Server


@pytest.fixture
def server(empty_server: Server) -> Iterator[Connection]:
    with connect(empty_server.uri, retry_for_s=2) as connection:
        yield connection


@pytest.fixture
def _small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neo4j_rows, "BATCH", 4)


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    """Return a small snapshot in which each part has rows."""
    return publish(tmp_path_factory.mktemp("hub"), all_parts())


def publish_two(path: Path, seed: int) -> tuple[LineageGraph, LineageGraph]:
    """Return snapshots that share some artefacts, and differ in what they say of them."""
    first = publish(path / "a", to_tables([*draw_two(seed)]))
    second = publish(path / "b", to_tables([*draw_two(seed + 50), hostile()]), 1)
    assert first.manifest.content_sha256 != second.manifest.content_sha256
    return first, second


def test_all_rows_arrive(server: Connection, catalogue: LineageGraph) -> None:
    report = push(catalogue, server)
    tables = catalogue.manifest.tables
    counted = {
        label: server.rows(f"MATCH (x:{label}) RETURN count(x)")[0][0]
        for label in ("Node", "Claim", "Alias", "Family", "Openness", "Artefact")
    }
    assert counted == {
        "Node": tables["nodes"]["rows"],
        "Claim": tables["claims"]["rows"],
        "Alias": tables["aliases"]["rows"],
        "Family": tables["families"]["rows"],
        "Openness": tables["openness"]["rows"],
        "Artefact": catalogue.n_artefacts,
    }
    (n_edges,) = server.rows("MATCH (:Artefact)-[x]->(:Artefact) RETURN count(x)")[0]
    (n_owned,) = server.rows("MATCH ()-[x:OWNED_BY]->() RETURN count(x)")[0]
    assert n_edges == tables["edges"]["rows"]
    assert n_owned == tables["ownership"]["rows"]
    assert (report.how, report.before, report.removed) == ("load", None, 0)
    assert report.created == report.elements
    check_properties(server, catalogue)


def check_properties(server: Connection, catalogue: LineageGraph) -> None:
    """Each property of a node is the column of its row, and what the engine knows."""
    wanted = catalogue.rows("nodes", id="meta-llama/Llama-2-7b-hf")[0]
    ((found, labels),) = server.rows(
        "MATCH (x:Node {id: $id}) RETURN properties(x), labels(x)", id=wanted["id"]
    )
    assert {"Node", "Artefact", "Model"} == set(labels)
    # Null and the empty list are absent.
    said = {name: value for name, value in wanted.items() if value not in (None, [])}
    assert {name: found[name] for name in wanted if name in found} == said
    node = wanted["node"]
    assert found["n_children"] == int(
        catalogue.children.offsets[node + 1] - catalogue.children.offsets[node]
    )
    assert found["key"] == "meta-llama/llama-2-7b-hf"


def test_the_marker_spells_the_manifest(server: Connection, hub: LineageGraph) -> None:
    with pytest.raises(NothingPushedError, match="headwater push"):
        whole_marker("x", find_marker(server))
    push(hub, server)
    marker = whole_marker("x", find_marker(server))
    assert manifest_of(marker.properties) == hub.manifest
    assert (marker.push, marker.how, marker.done) == (None, None, 0)


def test_a_second_push_does_nothing(
    server: Connection, hub: LineageGraph, neo4j_driver: neo4j.Driver
) -> None:
    push(hub, server)
    before = look(neo4j_driver)
    again = push(hub, server)
    compared = push(hub, server, verify=True)
    assert not difference(before, look(neo4j_driver))
    assert again.how == "nothing"
    for report in (again, compared):
        assert (report.created, report.changed, report.moved, report.removed) == (
            0,
        ) * 4


def test_damage_is_repaired(
    server: Connection, hub: LineageGraph, neo4j_driver: neo4j.Driver
) -> None:
    push(hub, server)
    before = look(neo4j_driver)
    for damage in (
        "MATCH (x:Claim) WITH x ORDER BY x.row LIMIT 3 DETACH DELETE x",
        "MATCH ()-[x:FINETUNE]->() WITH x ORDER BY x.edge LIMIT 3 DELETE x",
        "MATCH (x:Model) WITH x ORDER BY x.node LIMIT 2 DETACH DELETE x",
    ):
        server.execute(damage)
    report = push(hub, server)
    assert not difference(before, look(neo4j_driver))
    assert report.how == "change"
    assert report.created >= 8
    assert (report.changed, report.moved, report.removed) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_from_one_snapshot_to_another(
    server: Connection, neo4j_driver: neo4j.Driver, tmp_path: Path, seed: int
) -> None:
    first, second = publish_two(tmp_path, seed)
    push(second, server)
    wanted = look(neo4j_driver)
    wipe(neo4j_driver)
    push(first, server)
    before = look(neo4j_driver)
    there = push(second, server)
    assert not difference(wanted, look(neo4j_driver))
    back = push(first, server)
    assert not difference(before, look(neo4j_driver))
    assert (there.how, there.before) == ("change", first.manifest.id)
    assert (back.created, back.removed) == (there.removed, there.created)
    assert back.changed == there.changed


def test_only_what_changed_is_sent(server: Connection, tmp_path: Path) -> None:
    tables = all_parts()
    first = publish(tmp_path / "a", tables)
    push(first, server)
    records = tables.records
    row = records["id"].to_pylist().index(first.ids[5])
    downloads = records["downloads"].to_pylist()
    downloads[row] = (downloads[row] or 0) + 1
    place = records.column_names.index("downloads")
    kind = records.schema.field("downloads").type
    changed = records.set_column(place, "downloads", [_array(downloads, kind)])
    second = publish(tmp_path / "b", replace(tables, records=changed), 1)
    report = push(second, server)
    assert (report.created, report.changed, report.removed) == (0, 1, 0)


@pytest.mark.usefixtures("_small_transactions")
def test_a_push_that_was_cut_goes_on(
    empty_server: Server,
    hub: LineageGraph,
    neo4j_driver: neo4j.Driver,
) -> None:
    with connect(empty_server.uri) as server:
        push(hub, server)
    wanted = look(neo4j_driver)
    with CuttingProxy(empty_server.uri) as proxy:
        wipe(neo4j_driver)
        with connect(proxy.url) as server:
            push(hub, server)
        length = proxy.passed
    resumed = 0
    for share in (0.02, 0.2, 0.4, 0.6, 0.8, 0.97):
        wipe(neo4j_driver)
        with CuttingProxy(empty_server.uri, int(length * share)) as proxy:
            with (
                connect(proxy.url, retry_for_s=0.2) as server,
                pytest.raises(PushCutError, match="run the same command"),
            ):
                push(hub, server)
            assert proxy.cuts == 1
        with connect(empty_server.uri) as server:
            marker = find_marker(server)
            if marker is not None:
                with pytest.raises(HalfPushedError, match="has not ended"):
                    whole_marker("x", marker)
            report = push(hub, server)
            resumed += report.how == "resume"
            assert report.created < report.elements or share < 0.1
            assert whole_marker("x", find_marker(server)).id == hub.manifest.id
        assert not difference(wanted, look(neo4j_driver)), share
    assert resumed >= 4


@pytest.mark.usefixtures("_small_transactions")
def test_a_change_that_was_cut_goes_on(
    empty_server: Server,
    neo4j_driver: neo4j.Driver,
    tmp_path: Path,
) -> None:
    first, second = publish_two(tmp_path, 3)
    with connect(empty_server.uri) as server:
        push(second, server)
        wanted = look(neo4j_driver)
        push(first, server)
    with CuttingProxy(empty_server.uri) as proxy, connect(proxy.url) as server:
        push(second, server)
        length = proxy.passed
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        with connect(empty_server.uri) as server:
            push(first, server)
        with (
            CuttingProxy(empty_server.uri, int(length * share)) as proxy,
            connect(proxy.url, retry_for_s=0.2) as server,
            pytest.raises(PushCutError),
        ):
            push(second, server)
        with connect(empty_server.uri) as server:
            push(second, server)
        assert not difference(wanted, look(neo4j_driver)), share


def test_a_step_that_came_through_is_not_done_twice(
    server: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server commits, and the line breaks before it can say so."""
    writer = Writer(server, {"id": "x", "content_sha256": "y", "created": "z"})
    writer.begin("load", None)
    text = "UNWIND $rows AS r CREATE (:Word {code: r[0]})"
    real = Connection.write

    def write_twice(self: Connection, work: object) -> object:
        real(self, work)  # type: ignore[arg-type]
        return real(self, work)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "write", write_twice)
    writer.commit([(text, [(1,), (2,)])])
    writer.commit([(text, [(3,)])])
    assert server.rows("MATCH (x:Word) RETURN x.code ORDER BY x.code") == [
        (1,),
        (2,),
        (3,),
    ]


def test_another_push_ends_this_one(server: Connection) -> None:
    said = {"id": "x", "content_sha256": "y", "created": "z"}
    first, second = Writer(server, said), Writer(server, said)
    first.begin("load", None)
    first.commit([])
    with pytest.raises(MarkerMovedError):
        second.begin("load", None)
    second.begin("load", find_marker(server), 1)
    with pytest.raises(PushTakenOverError, match="another push"):
        first.commit([("UNWIND $rows AS r CREATE (:Word)", [(1,)])])
    with pytest.raises(PushTakenOverError):
        first.end()
    assert server.rows("MATCH (x:Word) RETURN count(x)") == [(0,)]


def test_other_data_is_left_alone(server: Connection, hub: LineageGraph) -> None:
    server.execute("CREATE (:Person {name: 'Ada'})")
    for fresh in (False, True):
        with pytest.raises(ForeignDataError, match="--database"):
            push(hub, server, fresh=fresh)
    assert server.rows("MATCH (x) RETURN labels(x)") == [(["Person"],)]


def test_fresh_removes_ours_and_nothing_else(
    server: Connection, hub: LineageGraph, neo4j_driver: neo4j.Driver
) -> None:
    push(hub, server)
    wanted = look(neo4j_driver)
    server.execute("MATCH (x:Word) SET x.word = 'spoilt'")
    report = push(hub, server, fresh=True)
    assert not difference(wanted, look(neo4j_driver))
    assert (report.how, report.created) == ("load", report.elements)


def test_another_layout_is_not_touched(server: Connection, hub: LineageGraph) -> None:
    push(hub, server)
    server.execute("MATCH (s:Snapshot) SET s.layout = 99")
    with pytest.raises(OtherLayoutError, match="--fresh"):
        push(hub, server)
    with pytest.raises(OtherLayoutError):
        whole_marker("x", find_marker(server))
    assert push(hub, server, fresh=True).how == "load"


def test_what_does_not_arrive_is_not_called_complete(
    server: Connection, hub: LineageGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edge whose end is not found creates nothing, and Cypher does not complain."""
    real = neo4j_rows.SnapshotRows._published_by

    def one_end_is_wrong(self: neo4j_rows.SnapshotRows) -> object:
        for table in real(self):
            ends = [10**6, *table["parent_node"].to_pylist()[1:]]
            place = table.column_names.index("parent_node")
            yield table.set_column(place, "parent_node", [ends])

    monkeypatch.setattr(neo4j_rows.SnapshotRows, "_published_by", one_end_is_wrong)
    with pytest.raises(IncompletePushError, match="published_by"):
        push(hub, server)
    with pytest.raises(HalfPushedError):
        whole_marker("x", find_marker(server))
    monkeypatch.undo()
    push(hub, server)
    assert whole_marker("x", find_marker(server))


def test_every_part_has_rows(hub: LineageGraph) -> None:
    """The tests above would say nothing of a part that is empty."""
    rows = neo4j_rows.SnapshotRows(hub)
    found = {part.name: rows.count(part) for part in PARTS}
    rows.close()
    assert all(found.values()), found


def _array(values: list[object], kind: object) -> object:
    import pyarrow as pa

    return pa.array(values, kind)
