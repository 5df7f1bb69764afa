"""How the server carries statements out: from an index, never by reading everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import neo4j
import pytest

from headwater.graph.backends.neo4j_connection import Connection
from headwater.graph.backends.neo4j_push import push
from headwater.queries.cypher.session import CypherSession
from tests.drawing import draw
from tests.neo4j.conftest import wipe
from tests.neo4j.server import Server
from tests.neo4j.stores import SPLITS, connected, no_copy

READS_EVERYTHING: Final = ("AllNodesScan", "NodeByLabelScan", "CartesianProduct")
ALLOWED: Final = (
    "MATCH (s:Snapshot",  # one node
    "MATCH (n:Artefact) WHERE",  # counts artefacts, once a day that is asked of
    "MATCH (n:Node) WHERE n.near IS NOT NULL",  # near misses: whoever has a typo waits
    "MATCH (n:Node) WHERE n.search CONTAINS",  # two letters are in no text index
    "MATCH (l:Label)", "MATCH (f:Family)", "MATCH (w:Word",  # small vocabularies
)  # fmt: skip


@pytest.fixture(scope="module")
def asked(
    neo4j_server: Server,
    neo4j_driver: neo4j.Driver,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Any]]:
    """Return all statements that the questions send, with parameters of one run of each."""
    wipe(neo4j_driver)
    seen: dict[str, dict[str, Any]] = {}
    lines = [f"c{number} finetune a" for number in range(300)]
    graph = draw(
        Path(tmp_path_factory.mktemp("wide")), *lines, "b merge a", "b merge c1",
        "app-x uses b", "p/m mirror_of a", "e adapter c1", "c1 method z",
        days={"a": "2023-01-01", "z": "2025-01-01"}, owners={"o": "big"},
    )  # fmt: skip

    class Listening(Connection):
        def read(self, work: Any) -> Any:
            def noting(run: Any) -> Any:
                def noted(text: str, /, **parameters: Any) -> Any:
                    seen.setdefault(text, parameters)
                    return run(text, **parameters)

                return work(noted)

            return super().read(noting)

    with connected(neo4j_server) as connection:
        push(graph, connection)
        connection.__class__ = Listening
        session = CypherSession(connection, no_copy)
        for day in (None, "2024-01-01"):
            session.search("c1", as_of=day)
            session.search("cc11x", as_of=day)
            session.show("o/c1", as_of=day)
            session.lineage("o/c1", as_of=day)
            session.why("o/c1", "o/a", as_of=day)
            session.what_breaks("o/a", "@p", splits=SPLITS, as_of=day)
            session.what_breaks("developer:big", limit=5, as_of=day)
            session.scenario("o/a", inventory=["o/c1"], as_of=day)
        session.suggest("c1")
    return seen


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", ()):
        yield from operators(child)


def test_everything_begins_at_an_index(
    asked: dict[str, dict[str, Any]], neo4j_driver: neo4j.Driver
) -> None:
    assert len(asked) > 30
    slow = {}
    with neo4j_driver.session() as session:
        for text, parameters in asked.items():
            if text.startswith(("SHOW", *ALLOWED)):
                continue
            plan = session.run(f"EXPLAIN {text}", parameters).consume().plan  # type: ignore[arg-type]
            assert plan is not None
            bad = set(operators(plan)) & set(READS_EVERYTHING)
            if bad:
                slow[text] = bad
    assert slow == {}


def test_no_statement_works_backwards_from_a_parent_with_many_children(
    asked: dict[str, dict[str, Any]], neo4j_driver: neo4j.Driver
) -> None:
    """Edges of proofs are found from the child: 300 of them must not cost 300 times 300."""
    dear = {}
    with neo4j_driver.session() as session:
        for text, parameters in asked.items():
            if text.startswith("SHOW"):
                continue
            profile = session.run(f"PROFILE {text}", parameters).consume().profile  # type: ignore[arg-type]
            assert profile is not None
            hits = total_hits(profile)
            if hits > 20_000:
                dear[text] = hits
    assert dear == {}


def total_hits(profile: dict[str, Any]) -> int:
    own = int(profile.get("dbHits", 0))
    return own + sum(total_hits(child) for child in profile.get("children", ()))


def test_values_are_parameters(asked: dict[str, dict[str, Any]]) -> None:
    for text in asked:
        for typed in ("o/c1", "cc11x", "o/a", "@p", "developer:big", "2024"):
            assert typed not in text
