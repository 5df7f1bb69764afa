"""Addresses, credentials and errors of connections; a secret is never shown."""

from __future__ import annotations

import logging
from typing import Any

import neo4j.exceptions
import pytest

from headwater.errors import (
    ConfigError,
    LineageError,
    StoreAuthError,
    StoreDatabaseError,
    StoreQueryError,
    StoreReadOnlyError,
    StoreServerVersionError,
    StoreUnavailableError,
    Transient,
)
from headwater.graph.backends import neo4j_connection
from headwater.graph.backends.neo4j_connection import (
    Address,
    Credentials,
    connect,
    is_server_address,
    read_address,
)
from tests.neo4j.looking import CuttingProxy
from tests.neo4j.server import Server

SECRET = "hunter2/@:é"


@pytest.mark.parametrize(
    ("url", "shown", "database"),
    [
        ("neo4j://localhost", "neo4j://localhost", None),
        ("neo4j://localhost:7687/", "neo4j://localhost:7687", None),
        ("bolt+s://h.example:1/db", "bolt+s://h.example:1", "db"),
        ("neo4j://[::1]:7687/x", "neo4j://[::1]:7687", "x"),
        ("neo4j://u:pw@h:1/x", "neo4j://h:1", "x"),
    ],
)
def test_addresses(url: str, shown: str, database: str | None) -> None:
    address, _ = read_address(url)
    assert address == Address(shown, database)
    assert is_server_address(url)


def test_a_named_database_wins_over_the_one_in_the_address() -> None:
    assert read_address("neo4j://h/one", "two")[0] == Address("neo4j://h", "two")


@pytest.mark.parametrize(
    "url",
    ["", "/tmp/x", "http://h", "neo4j://", "neo4j://h:port", "neo4j://u:secret@h:x"],
)
def test_what_is_no_address_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="neo4j://HOST:PORT") as caught:
        read_address(url)
    assert "secret" not in str(caught.value)


def test_folders_are_no_addresses() -> None:
    assert not is_server_address("/data/neo4j")
    assert not is_server_address("neo4j")


def test_credentials_come_from_the_address_or_the_environment() -> None:
    _, who = read_address("neo4j://me:hunter2%2F%40%3A%C3%A9@h")
    assert who == Credentials("me", SECRET)
    assert (
        Credentials.from_environment({"HEADWATER_NEO4J_TOKEN": SECRET}).token == SECRET
    )
    assert Credentials.from_environment({}) == Credentials()
    assert SECRET not in repr(who)


def test_a_wrong_password_is_said_and_not_shown(
    neo4j_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StoreAuthError, match="HEADWATER_NEO4J_USER") as caught:
        connect(neo4j_server.uri, Credentials("neo4j", SECRET))
    with connect(
        neo4j_server.uri, Credentials(neo4j_server.user, neo4j_server.password)
    ) as server:
        assert server.rows("RETURN 1") == [(1,)]
    assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text
    assert neo4j_server.password not in caplog.text


def test_nothing_answers() -> None:
    for url in ("neo4j://127.0.0.1:9", "bolt://127.0.0.1:9"):
        with pytest.raises(StoreUnavailableError, match="check that it runs") as caught:
            connect(url)
        assert isinstance(caught.value, Transient)


def test_no_such_database(neo4j_server: Server) -> None:
    who = Credentials(neo4j_server.user, neo4j_server.password)
    with pytest.raises(StoreDatabaseError, match="nowhere"):
        connect(neo4j_server.uri, who, database="nowhere")


def test_reads_cannot_write(empty_server: Server) -> None:
    with (
        connect(empty_server.uri) as server,
        pytest.raises(StoreQueryError, match="AccessMode"),
    ):
        server.rows("CREATE (x:Person) RETURN x.name")


def test_a_wrong_statement_is_an_error_with_a_code(empty_server: Server) -> None:
    with connect(empty_server.uri) as server, pytest.raises(StoreQueryError) as caught:
        server.rows("RETRUN 1")
    assert caught.value.code == "Neo.ClientError.Statement.SyntaxError"


def test_values_are_parameters(empty_server: Server) -> None:
    text = "'}) DETACH DELETE x //`${x}"
    with connect(empty_server.uri) as server:
        assert server.rows("RETURN $text, $list", text=text, list=[1, None]) == [
            (text, [1, None])
        ]


def test_a_server_that_goes_away_in_the_middle(empty_server: Server) -> None:
    with (
        CuttingProxy(empty_server.uri) as proxy,
        connect(proxy.url, retry_for_s=0.2) as server,
    ):

        def work(run: Any) -> int:
            number = 0
            for (number,) in run("UNWIND range(1, 1000000) AS x RETURN x"):
                if number == 10_000:
                    proxy.stop()
            return number

        with pytest.raises(StoreUnavailableError):
            server.read(work)


def test_rows_are_streamed(empty_server: Server) -> None:
    """The first row of a hundred million is there before the others are."""
    with connect(empty_server.uri) as server:
        first = server.read(
            lambda run: next(run("UNWIND range(1, 100000000) AS x RETURN x"))
        )
    assert first == (1,)


@pytest.mark.parametrize(
    ("agent", "is_old"),
    [("Neo4j/4.4.38", True), ("Neo4j/5.26.0", False), ("Neo4j/2025.06.1", False)],
)
def test_servers_that_are_too_old(agent: str, is_old: bool) -> None:
    address = Address("neo4j://h")
    if is_old:
        with pytest.raises(StoreServerVersionError, match="Neo4j 5 or newer"):
            neo4j_connection._check_version(address, agent)
    else:
        neo4j_connection._check_version(address, agent)


@pytest.mark.parametrize(
    ("theirs", "code", "ours"),
    [
        ("ClientError", "General.ForbiddenOnReadOnlyDatabase", StoreReadOnlyError),
        ("ClientError", "Cluster.NotALeader", StoreReadOnlyError),
        ("Forbidden", "Security.Forbidden", StoreReadOnlyError),
        ("ClientError", "Database.DatabaseNotFound", StoreDatabaseError),
        ("AuthError", "Security.Unauthorized", StoreAuthError),
        ("TransientError", "Statement.ExecutionFailed", StoreQueryError),
        ("ServiceUnavailable", "", StoreUnavailableError),
        ("SessionExpired", "", StoreUnavailableError),
    ],
)
def test_errors_of_servers(theirs: str, code: str, ours: type[LineageError]) -> None:
    kind: Any = getattr(neo4j.exceptions, theirs)
    full = f"Neo.ClientError.{code}"
    said = type("Said", (kind,), {"code": full, "message": "so it says"})
    found = neo4j_connection._in_our_words(Address("neo4j://h"), said("so it says"))
    assert type(found) is ours
    assert "neo4j://h" in str(found)
