"""What a session on a server says when something is wrong; nothing half is answered."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, LiteralString, cast

import neo4j
import pytest

import headwater
from headwater.config import read_settings
from headwater.errors import (
    ConfigError,
    HalfPushedError,
    InvalidArgumentError,
    LineageError,
    NodeNotFoundError,
    NothingPushedError,
    OtherLayoutError,
    StoreAuthError,
    StoreChangedError,
    StoreIndexError,
    StoreUnavailableError,
    UnsupportedOperationError,
)
from headwater.graph.backends.neo4j_connection import (
    Connection,
    Credentials,
    connect,
)
from headwater.graph.backends.neo4j_push import push
from headwater.loading import open_server, open_session
from headwater.queries.cypher.reader import LOOK_EVERY_S, ServerReader
from headwater.queries.cypher.session import CypherSession
from tests.drawing import draw
from tests.neo4j.server import Server
from tests.neo4j.stores import connected, no_copy


@pytest.fixture
def server(empty_server: Server, tmp_path: Path) -> Server:
    """Return a server with a small snapshot."""
    with connected(empty_server) as connection:
        push(draw(tmp_path, "b adapter a", "c finetune b"), connection)
    return empty_server


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    with connected(server) as opened:
        yield opened


@pytest.fixture
def say(neo4j_driver: neo4j.Driver) -> Callable[[str], Any]:
    """Return what runs a statement past headwater."""
    return lambda text: neo4j_driver.execute_query(cast(LiteralString, text))


def questions(session: CypherSession) -> tuple[Callable[[], Any], ...]:
    return (
        lambda: session.search("a"),
        lambda: session.show("o/a"),
        lambda: session.lineage("o/a"),
        lambda: session.why("o/b", "o/a"),
        lambda: session.what_breaks("o/a"),
        lambda: session.scenario("o/a", inventory=["o/b"]),
        lambda: session.suggest("a"),
    )


def every(session: CypherSession, wanted: type[LineageError]) -> set[str]:
    """Return what all questions say, which is this error."""
    said = set()
    for question in questions(session):
        with pytest.raises(wanted) as caught:
            question()
        said.add(str(caught.value))
    return said


def test_nothing_was_pushed(empty_server: Server) -> None:
    with (
        connected(empty_server) as connection,
        pytest.raises(NothingPushedError, match="run: headwater push"),
    ):
        CypherSession(connection, no_copy)


def test_half_a_snapshot_is_none(
    connection: Connection, say: Callable[[str], Any]
) -> None:
    session = CypherSession(connection, no_copy)
    assert session.show("o/a").id == "o/a"
    say("MATCH (s:Snapshot) SET s.state = 'loading'")
    (text,) = every(session, HalfPushedError)
    assert "nothing is answered" in text
    with pytest.raises(HalfPushedError):
        CypherSession(connection, no_copy)


def test_another_layout(connection: Connection, say: Callable[[str], Any]) -> None:
    say("MATCH (s:Snapshot) SET s.layout = 99")
    with pytest.raises(OtherLayoutError, match="layout 99"):
        CypherSession(connection, no_copy)


def test_the_marker_goes_away(
    connection: Connection, say: Callable[[str], Any]
) -> None:
    session = CypherSession(connection, no_copy)
    say("MATCH (s:Snapshot) DELETE s")
    every(session, NothingPushedError)


def test_another_snapshot_was_pushed(connection: Connection, tmp_path: Path) -> None:
    session = CypherSession(connection, no_copy)
    assert session.is_current()
    push(draw(tmp_path / "next", "b adapter a", "d finetune b"), connection)
    assert not session.is_current()
    (text,) = every(session, StoreChangedError)
    assert session.snapshot.id in text
    assert CypherSession(connection, no_copy).show("o/d").id == "o/d"


def test_a_push_while_a_question_is_answered(
    connection: Connection, say: Callable[[str], Any]
) -> None:
    session = CypherSession(connection, no_copy)

    def question(_: Any) -> str:
        say("MATCH (s:Snapshot) SET s.content_sha256 = 'other'")
        return "half of each"

    with pytest.raises(StoreChangedError):
        session._ask(None, question)


@pytest.mark.parametrize("name", ["headwater_node_node", "headwater_node_id"])
def test_an_index_is_missing(
    connection: Connection, say: Callable[[str], Any], name: str
) -> None:
    kind = "CONSTRAINT" if name == "headwater_node_id" else "INDEX"
    say(f"DROP {kind} {name}")
    with pytest.raises(StoreIndexError, match="headwater push") as caught:
        CypherSession(connection, no_copy)
    assert caught.value.names == (name,)


def test_a_wrong_password_is_said_and_not_shown(server: Server) -> None:
    address = server.uri.replace("://", "://neo4j:not-the-one@")
    with pytest.raises(StoreAuthError) as caught:
        headwater.load(address)
    assert "not-the-one" not in str(caught.value)
    assert "not-the-one" not in repr(read_settings({}, store=address))


def test_what_is_no_store(tmp_path: Path) -> None:
    for text in ("http://localhost:7687", "neo4j://", str(tmp_path)):
        with pytest.raises(ConfigError):
            open_session(read_settings({}, store=text))


class Proxy:
    """Passes bytes on to a server until it is cut."""

    def __init__(self, server: Server) -> None:
        host, _, port = server.uri.partition("://")[2].rpartition(":")
        self._target = host, int(port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.uri = f"bolt://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            upstream = socket.create_connection(self._target)
            self._open += [client, upstream]
            for pair in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                target.sendall(data)
        except OSError:
            pass

    def cut(self) -> None:
        if self._listening.fileno() < 0:
            return
        # A thread that waits in accept would take one more, were it not woken.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def proxy(server: Server) -> Iterator[SimpleNamespace]:
    """Yield a session through a proxy, and the proxy."""
    made = Proxy(server)
    credentials = Credentials(server.user, server.password)
    with connect(made.uri, credentials, retry_for_s=1.0) as connection:
        yield SimpleNamespace(
            session=CypherSession(connection, no_copy), cut=made.cut, uri=made.uri
        )
    made.cut()


def test_the_server_goes_away_between_questions(proxy: SimpleNamespace) -> None:
    assert proxy.session.show("o/a").id == "o/a"
    proxy.cut()
    with pytest.raises(StoreUnavailableError, match="check that it runs") as caught:
        proxy.session.show("o/a")
    assert proxy.uri in str(caught.value)


def test_the_server_goes_away_while_rows_come(proxy: SimpleNamespace) -> None:
    seen = 0

    def question(ask: Any) -> int:
        nonlocal seen
        for (number,) in ask.rows("UNWIND range(1, 10000000) AS x RETURN x"):
            seen = max(seen, number)
            if number == 20_000:
                proxy.cut()
        return seen

    with pytest.raises(StoreUnavailableError):
        proxy.session._ask(None, question)
    assert 20_000 <= seen < 10_000_000


def test_what_a_server_lacks_is_said(connection: Connection, server: Server) -> None:
    session = CypherSession(connection, no_copy)
    for lacking in (
        lambda: session.at("previous"),
        lambda: session.diff(),
        session.snapshots,
        lambda: headwater.load(server.uri, "previous"),
    ):
        with pytest.raises(UnsupportedOperationError, match="a Neo4j server has no"):
            lacking()
    assert session.store is None


def test_an_error_of_a_question_is_the_questions(connection: Connection) -> None:
    session = CypherSession(connection, no_copy)
    with pytest.raises(NodeNotFoundError):
        session.show("nothing")
    with pytest.raises(InvalidArgumentError):
        session.search("")
    assert session.show("o/a").id == "o/a"


def test_a_reader_goes_on_with_the_next_snapshot(
    server: Server, connection: Connection, say: Callable[[str], Any], tmp_path: Path
) -> None:
    now = 0.0
    settings = read_settings({}, data_dir=tmp_path, store=server.uri)
    reader = ServerReader(lambda: open_server(settings), lambda: now)
    first = reader.session()
    assert reader.session() is first
    push(draw(tmp_path / "next", "z adapter a"), connection)
    assert reader.session() is first  # it is not asked that often
    now += LOOK_EVERY_S
    second = reader.session()
    assert second is not first
    assert second.show("o/z").id == "o/z"
    assert reader.problem is None
    say("MATCH (s:Snapshot) SET s.state = 'loading'")
    now += LOOK_EVERY_S
    for _ in range(2):
        with pytest.raises(HalfPushedError):
            reader.session()
    assert isinstance(reader.problem, HalfPushedError)
    say("MATCH (s:Snapshot) SET s.state = 'complete'")
    assert reader.session() is second
    assert reader.problem is None
