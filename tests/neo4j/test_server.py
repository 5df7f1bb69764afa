"""The server the other tests lean on: started, asked, stopped."""

from __future__ import annotations

import neo4j
import pytest

from tests.neo4j.conftest import wipe
from tests.neo4j.server import Server


def test_it_is_neo4j_5_or_newer(neo4j_driver: neo4j.Driver) -> None:
    agent = neo4j_driver.get_server_info().agent
    assert int(agent.removeprefix("Neo4j/").split(".")[0]) >= 5


def test_authentication_is_on(neo4j_server: Server) -> None:
    with (
        neo4j.GraphDatabase.driver(neo4j_server.uri, auth=("neo4j", "wrong")) as driver,
        pytest.raises(neo4j.exceptions.AuthError),
    ):
        driver.verify_connectivity()


def test_wiping_leaves_nothing(neo4j_driver: neo4j.Driver) -> None:
    neo4j_driver.execute_query("CREATE (:A {x: 1})-[:R]->(:B)")
    neo4j_driver.execute_query(
        "CREATE INDEX left_over IF NOT EXISTS FOR (a:A) ON (a.x)"
    )
    wipe(neo4j_driver)
    rows = neo4j_driver.execute_query("MATCH (n) RETURN count(n) AS n").records
    assert rows[0]["n"] == 0
    shown = neo4j_driver.execute_query("SHOW INDEXES YIELD type").records
    assert {row["type"] for row in shown} <= {"LOOKUP"}


def test_the_password_is_not_in_its_text(neo4j_server: Server) -> None:
    assert neo4j_server.password not in repr(neo4j_server)
