"""The two stores that the conformance tests ask, and how answers are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final, Protocol

from headwater.errors import LineageError
from headwater.graph.backends.neo4j_connection import Connection, Credentials, connect
from headwater.graph.backends.neo4j_push import push
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.cypher.session import CypherSession
from headwater.queries.session import Session
from headwater.queries.splits import DIMENSIONS
from tests.neo4j.server import Server

STORES: Final = ("embedded", "neo4j")
SPLITS: Final = tuple(DIMENSIONS)
Question = Callable[[Session], Any]


class Store(Protocol):
    """Opens a session of a snapshot."""

    def __call__(self, graph: LineageGraph) -> Session: ...


class ServerStore:
    """Pushes a snapshot to a server and asks there."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __call__(self, graph: LineageGraph) -> Session:
        push(graph, self.connection)
        return CypherSession(self.connection, no_copy)


def no_copy(connection: Connection) -> LineageGraph:
    """Fail: a question that has to run on the server wants the whole snapshot here."""
    raise AssertionError(f"the snapshot of {connection.address} was downloaded")


def connected(server: Server) -> Connection:
    return connect(server.uri, Credentials(server.user, server.password))


@contextmanager
def opened(name: str, server: Callable[[], Server]) -> Iterator[Store]:
    """Yield a store; the server is only asked for where it is needed."""
    if name == "embedded":
        yield Session
        return
    with connected(server()) as connection:
        yield ServerStore(connection)


def answer(session: Session, question: Question) -> Any:
    """Return the answer to a question, or the error that it ends in."""
    try:
        return question(session)
    except LineageError as error:
        return type(error), str(error)


def disagreements(
    session: Session, graph: LineageGraph, questions: dict[str, Question]
) -> dict[str, tuple[Any, Any]]:
    """Return the questions that a session answers otherwise than the engine does."""
    engine = Session(graph)
    pairs = {
        name: (answer(session, question), answer(engine, question))
        for name, question in questions.items()
    }
    return {
        name: (own, wanted) for name, (own, wanted) in pairs.items() if own != wanted
    }


def all_questions(
    targets: Sequence[str], day: str | None = None
) -> dict[str, Question]:
    """Return the questions about some targets, one by one and as one set."""
    asked: dict[str, Question] = {}
    for text in targets:
        asked |= {
            f"show {text}": lambda hw, t=text: hw.show(t, as_of=day),
            f"search {text}": lambda hw, t=text: hw.search(t, 5, as_of=day),
            f"lineage {text}": lambda hw, t=text: hw.lineage(t, as_of=day),
            f"page of lineage {text}": lambda hw, t=text: hw.lineage(
                t, depth=2, limit=2, skip=1, as_of=day
            ),
            f"what-breaks {text}": lambda hw, t=text: hw.what_breaks(
                t, splits=SPLITS, as_of=day
            ),
            f"page of what-breaks {text}": lambda hw, t=text: hw.what_breaks(
                t, events=("deleted", "frozen"), limit=2, skip=1, as_of=day
            ),
        }
    asked["what-breaks all"] = lambda hw: hw.what_breaks(*targets, as_of=day)
    asked["scenario"] = lambda hw: hw.scenario(
        targets[0], inventory=targets[1:], splits=("kind",), as_of=day
    )
    for child, parent in pairwise(targets):
        asked[f"why {child} {parent}"] = lambda hw, c=child, p=parent: hw.why(
            c, p, as_of=day
        )
    return asked
