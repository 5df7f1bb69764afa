"""The server of the Neo4j tests: one for all of them, emptied between tests.

Where there is none the tests are skipped with the reason, and the gate fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from tests.neo4j.server import NoServerError, Server, running_server

_SERVERLESS = "NOT RUN, no Neo4j server: "


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Server]:
    """Yield a real server that all tests of the session share."""
    try:
        context = running_server()
        server = context.__enter__()
    except NoServerError as error:
        pytest.skip(f"{_SERVERLESS}{error}")
    try:
        yield server
    finally:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def neo4j_driver(neo4j_server: Server) -> Iterator[neo4j.Driver]:
    """Yield a driver, for looking at the server past headwater."""
    with neo4j.GraphDatabase.driver(
        neo4j_server.uri, auth=(neo4j_server.user, neo4j_server.password)
    ) as driver:
        yield driver


@pytest.fixture
def empty_server(
    neo4j_server: Server, neo4j_driver: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> Server:
    """Return the server, emptied, with its user and password in the environment."""
    wipe(neo4j_driver)
    for name, value in neo4j_server.environment.items():
        monkeypatch.setenv(name, value)
    return neo4j_server


def wipe(driver: neo4j.Driver) -> None:
    """Remove all nodes, relationships, constraints and indexes."""
    with driver.session() as session:
        session.run(
            "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
        ).consume()
        for row in session.run("SHOW CONSTRAINTS YIELD name").data():
            name = row["name"]
            session.run(_text(f"DROP CONSTRAINT `{name}`")).consume()
        for row in session.run("SHOW INDEXES YIELD name, type").data():
            if row["type"] != "LOOKUP":
                name = row["name"]
                session.run(_text(f"DROP INDEX `{name}`")).consume()


def _text(statement: str) -> Any:
    return statement
