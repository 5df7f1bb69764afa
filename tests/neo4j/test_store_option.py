"""``--store``, HEADWATER_STORE, ``load`` and ``serve`` on a server: the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import neo4j
import pytest
from starlette.testclient import TestClient

import headwater
from headwater.api.app import create_app
from headwater.api.settings import ApiSettings
from headwater.config import read_settings
from headwater.graph.backends.neo4j_push import push
from headwater.graph.lineage_graph import LineageGraph
from headwater.loading import open_reader
from headwater.queries.cypher.session import CypherSession
from headwater.queries.session import Session
from tests.cli import conftest as cli
from tests.neo4j.conftest import wipe
from tests.neo4j.server import Server
from tests.neo4j.stores import connected

run = cli.run  # the fixture

ON_THE_SERVER: Final = (
    ("lineage", "alpaca"),
    ("lineage", "llama 2 7b", "--depth", "1", "--json"),
    ("lineage", "alpaca", "--as-of", "2023-06-01"),
    ("why", "alpaca", "off-hub/meta/llama-7b"),
    ("why", "vicuna", "alpaca", "--json"),
    ("search", "llama", "--limit", "7"),
    ("search", "vicnua", "--json"),
    ("show", "alpaca"),
    ("show", "@meta-llama", "--json"),
    ("what-breaks", "llama"),
    ("what-breaks", "developer:meta", "--json", "--split-by", "month"),
    ("what-breaks", "the pile", "--event", "deleted", "--all", "--csv"),
    ("what-breaks", "nothing like it"),
    ("lineage", "@meta-llama"),
)
BY_THE_COPY: Final = (
    ("concentration",),
    ("concentration", "--by", "namespace", "--json"),
    ("chokepoints", "--limit", "5"),
    ("licences", "--limit", "3"),
    ("view", "alpaca", "--json"),
    ("openness",),
)
ROUTES: Final = {
    "/v1/search?q=llama": 200,
    "/v1/suggest?q=lla": 200,
    "/v1/artefacts/alpaca": 200,
    "/v1/artefacts/alpaca/lineage?limit=5": 200,
    "/v1/artefacts/alpaca/lineage?format=ndjson": 200,
    "/v1/why?child=alpaca&parent=off-hub/meta/llama-7b": 200,
    "/v1/what-breaks?target=llama&limit=5": 200,
    "/v1/what-breaks?target=the%20pile&event=deleted&format=csv": 200,
    "/v1/concentration": 200,
    "/v1/picture?id=alpaca": 200,
    "/v1/stats": 200,
    "/v1/artefacts/vicnua": 404,
    "/v1/artefacts/vicnua/lineage": 404,
    "/v1/what-breaks?target=licence:no-such": 404,
    "/v1/search?q=": 422,
}


@pytest.fixture(scope="module")
def pushed(
    neo4j_server: Server, neo4j_driver: neo4j.Driver, catalogue: LineageGraph
) -> Server:
    """Return the server with the packaged catalogue."""
    wipe(neo4j_driver)
    with connected(neo4j_server) as connection:
        push(catalogue, connection)
    return neo4j_server


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory that holds nothing but copies of what is on servers."""
    return tmp_path_factory.mktemp("copies")


@pytest.fixture
def address(pushed: Server, copies: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the server's address, with user and password in the environment."""
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(copies))
    for name, value in pushed.environment.items():
        monkeypatch.setenv(name, value)
    return pushed.uri


@pytest.mark.parametrize("arguments", ON_THE_SERVER, ids=" ".join)
def test_the_command_line_prints_the_same(
    run: cli.Run, address: str, catalogue_dir: Path, arguments: tuple[str, ...]
) -> None:
    assert run(*arguments, "--store", address) == run(
        *arguments, "--data-dir", str(catalogue_dir)
    )


@pytest.mark.parametrize("arguments", BY_THE_COPY, ids=" ".join)
def test_what_the_engine_answers_comes_from_a_copy(
    run: cli.Run,
    address: str,
    catalogue_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.setenv("HEADWATER_STORE", address)
    own, wanted = run(*arguments), run(*arguments, "--data-dir", str(catalogue_dir))
    assert (own.code, own.out) == (wanted.code, wanted.out)
    assert "Copying" not in run(*arguments).err  # it was kept


def test_a_directory_that_is_named_wins_over_the_variable(
    run: cli.Run, catalogue_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_STORE", "neo4j://127.0.0.1:1")
    ran = run("show", "alpaca", "--data-dir", str(catalogue_dir))
    assert ran.code == 0


def test_a_server_that_is_not_there(run: cli.Run) -> None:
    ran = run("show", "alpaca", "--store", "bolt://127.0.0.1:1")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("headwater: bolt://127.0.0.1:1")
    assert ran.err.count("\n") == 1


def test_another_snapshot_than_the_one_pushed(
    run: cli.Run, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_STORE", address)
    ran = run("diff")
    assert ran.code != 0
    assert "a Neo4j server has no second snapshot" in ran.err


def test_what_is_pushed_comes_from_the_directory(
    run: cli.Run, address: str, catalogue_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_STORE", address)
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(catalogue_dir))
    ran = run("push", address)
    assert (ran.code, "holds" in ran.out) == (0, True)


def test_load(address: str, catalogue: LineageGraph) -> None:
    hw = headwater.load(address)
    assert isinstance(hw, CypherSession)
    assert hw.snapshot == catalogue.manifest
    assert repr(hw).startswith(f"<headwater {catalogue.manifest.id}")
    assert hw.concentration() == Session(catalogue).concentration()
    hw.close()


@pytest.fixture(scope="module")
def clients(
    pushed: Server, copies: Path, catalogue_dir: Path
) -> Iterator[SimpleNamespace]:
    """Yield the API on the server, and on the directory."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pushed.environment.items():
            patch.setenv(name, value)
        limits = ApiSettings()
        on_server = read_settings({}, data_dir=copies, store=pushed.uri)
        on_disk = read_settings({}, data_dir=catalogue_dir)
        with (
            TestClient(create_app(open_reader(on_server), limits)) as own,
            TestClient(create_app(open_reader(on_disk), limits)) as wanted,
        ):
            yield SimpleNamespace(own=own, wanted=wanted)


@pytest.mark.parametrize("route", ROUTES)
def test_the_api_answers_the_same(clients: SimpleNamespace, route: str) -> None:
    own, wanted = clients.own.get(route), clients.wanted.get(route)
    assert (own.status_code, own.text) == (ROUTES[route], wanted.text)
    assert own.headers.get("etag") == wanted.headers.get("etag")


def test_the_api_says_when_a_push_is_under_way(
    clients: SimpleNamespace, neo4j_driver: neo4j.Driver
) -> None:
    say = neo4j_driver.execute_query
    say("MATCH (s:Snapshot) SET s.state = 'loading'")
    try:
        answer = clients.own.get("/v1/artefacts/alpaca")
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:headwater:problem:no-snapshot"
        assert "127.0.0.1" not in answer.text  # the log says where, not the answer
    finally:
        say("MATCH (s:Snapshot) SET s.state = 'complete'")
    assert clients.own.get("/v1/artefacts/alpaca").status_code == 200
