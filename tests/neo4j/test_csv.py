"""Files for neo4j-admin: what an import of them holds is what a push makes."""

from __future__ import annotations

import gzip
from pathlib import Path

import neo4j
import pytest

from headwater.errors import HalfPushedError, InvalidArgumentError, StorageError
from headwater.graph.backends.neo4j_connection import Credentials, connect
from headwater.graph.backends.neo4j_csv import ARGUMENTS, write_csv
from headwater.graph.backends.neo4j_marker import find_marker, whole_marker
from headwater.graph.backends.neo4j_push import push
from headwater.graph.lineage_graph import LineageGraph
from tests.neo4j.drawn import all_parts, publish
from tests.neo4j.looking import difference, look
from tests.neo4j.server import (
    NoServerError,
    Server,
    admin,
    prepare_home,
    started_server,
)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    return publish(tmp_path_factory.mktemp("hostile"), all_parts())


def test_hostile_text_arrives_as_it_is(
    empty_server: Server, graph: LineageGraph
) -> None:
    with connect(empty_server.uri) as server:
        push(graph, server)
        for table, label in (
            ("nodes", "Node"),
            ("claims", "Claim"),
            ("aliases", "Alias"),
        ):
            order = {"Node": "node"}.get(label, "row")
            query = f"MATCH (x:{label}) RETURN properties(x) ORDER BY x.{order}"
            found = [row for (row,) in server.rows(query)]
            wanted = graph.rows(table)
            assert len(found) == len(wanted)
            for here, there in zip(wanted, found, strict=True):
                # Null and the empty list are absent.
                said = {
                    name: here[name] for name in here if here[name] not in (None, [])
                }
                assert said == {name: there.get(name) for name in said}
                assert not {name for name in here if name not in said} & there.keys()


def test_an_import_is_what_a_push_makes(
    empty_server: Server,
    neo4j_driver: neo4j.Driver,
    graph: LineageGraph,
    tmp_path: Path,
) -> None:
    with connect(empty_server.uri) as server:
        push(graph, server)
    wanted = look(neo4j_driver)
    report = write_csv(graph, tmp_path / "csv")
    assert report.command.startswith("neo4j-admin database import full neo4j @")
    assert report.nodes == sum(wanted["nodes"].values())
    assert report.relationships == sum(wanted["links"].values())
    home = tmp_path / "home"
    try:
        prepare_home(home)
    except NoServerError as error:
        pytest.skip(f"NOT RUN, no Neo4j server: {error}")
    arguments = report.command.split()[1:]
    done = admin(home, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    with (
        started_server(home) as own,
        connect(own.uri, Credentials(own.user, own.password)) as server,
    ):
        with pytest.raises(HalfPushedError, match="headwater push"):
            whole_marker(own.uri, find_marker(server))
        finished = push(graph, server)
        assert (finished.how, finished.created) == ("nothing", 0)
        assert whole_marker(own.uri, find_marker(server)).id == graph.manifest.id
        with neo4j.GraphDatabase.driver(own.uri, auth=(own.user, own.password)) as it:
            assert not difference(wanted, look(it))
        compared = push(graph, server, verify=True)
        assert (compared.created, compared.changed, compared.removed) == (0, 0, 0)


def test_equal_snapshots_give_equal_files(graph: LineageGraph, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    write_csv(graph, one)
    write_csv(graph, other)
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in names:
        if name != ARGUMENTS:
            assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_each_value_is_quoted_and_null_is_nothing(
    graph: LineageGraph, tmp_path: Path
) -> None:
    write_csv(graph, tmp_path / "csv")
    with gzip.open(tmp_path / "csv" / "names-name.csv.gz", "rt") as lines:
        assert next(lines).startswith('"o/old0","')
    header = (tmp_path / "csv" / "edges-finetune-header.csv").read_text()
    assert header.startswith("child:string,parent:string,relation:string")
    assert header.rstrip().endswith(":START_ID(Node),:END_ID(Node)")


def test_a_folder_in_use_is_left_alone(graph: LineageGraph, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InvalidArgumentError, match="not empty"):
        write_csv(graph, tmp_path)
    with pytest.raises(StorageError, match="cannot write"):
        write_csv(graph, tmp_path / "mine.txt" / "below")
