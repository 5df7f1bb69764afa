"""Every query of docs/cypher.md is run, and its result compared with the engine's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import neo4j
import pytest

from headwater.graph.backends.neo4j_connection import Connection
from headwater.graph.backends.neo4j_push import push
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.cypher import patterns
from headwater.queries.session import Session
from tests.docs_blocks import blocks
from tests.drawing import draw
from tests.neo4j.conftest import wipe
from tests.neo4j.server import Server
from tests.neo4j.stores import connected

PAGE: Final = Path(__file__).parents[2] / "docs" / "cypher.md"
QUERIES: Final = {
    block.text.splitlines()[0].removeprefix("// "): block.text
    for block in blocks(PAGE)
    if block.language == "cypher"
}
TARGETS: Final = ("meta-llama/llama-2-7b-hf", "off-hub/meta/llama-7b")
DEVELOPERS: Final = ("developer:meta", "developer:runway", "developer:stability-ai")
CHILDREN: Final = ("spaces/huggingchat/chat-ui", "off-hub/stanford/alpaca")
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def connection(
    neo4j_server: Server, neo4j_driver: neo4j.Driver, catalogue: LineageGraph
) -> Iterator[Connection]:
    """Yield a connection to the server with the packaged catalogue."""
    wipe(neo4j_driver)
    with connected(neo4j_server) as opened:
        push(catalogue, opened)
        yield opened


def marker(hw: Session, ask: Callable[..., Rows]) -> None:
    assert ask() == [(hw.snapshot.id, "complete", hw.snapshot.created)]


def who_stands_on_it(hw: Session, ask: Callable[..., Rows]) -> None:
    for target in TARGETS:
        rows = ask(target=hw.show(target).id.lower())
        found = [(row[0], row[1]) for row in rows]
        wanted = hw.lineage(target).descendants
        assert found == [(item.id, item.depth) for item in wanted]
        assert len(found) > 10
        assert all(len(proof) == depth for _, depth, proof in rows)


def deleted(hw: Session, ask: Callable[..., Rows]) -> None:
    seen = set()
    for developer in DEVELOPERS:
        wanted = losses(hw, developer)
        assert ask(developer=developer) == wanted
        seen |= {verdict for verdict, *_ in wanted}
    assert seen == {"breaks", "unrebuildable", "recoverable", "exposed"}


def losses(hw: Session, developer: str) -> list[tuple[str, int, int]]:
    (outcome,) = hw.what_breaks(developer, events=("deleted",)).outcomes
    return sorted(
        (verdict, weight.artefacts, weight.downloads)
        for verdict, weight in outcome.weights.items()
        if weight.artefacts
    )


def frozen(hw: Session, ask: Callable[..., Rows]) -> None:
    for developer in DEVELOPERS:
        (outcome,) = hw.what_breaks(developer, events=("frozen",)).outcomes
        assert ask(developer=developer) == [(outcome.counts["stranded"],)]


def mirrors(hw: Session, ask: Callable[..., Rows]) -> None:
    for developer in DEVELOPERS:
        rows = ask(developer=developer)
        assert len({row[0] for row in rows}) == hw.what_breaks(developer).mirrored
    assert ask(developer="developer:meta")


def by_developer(hw: Session, ask: Callable[..., Rows]) -> None:
    found = {name: models for name, models in ask() if name is not None}
    wanted = hw.concentration(attribution="any").pretrainers
    assert len(wanted) > 50
    assert found == {item.id: item.amount for item in wanted}


def shares(hw: Session, ask: Callable[..., Rows]) -> None:
    rows = ask()
    wanted = hw.concentration(attribution="fractional-roots")
    assert {row[0]: row[1] for row in rows} == pytest.approx(
        {item.id: item.amount for item in wanted.pretrainers}
    )
    assert {row[0]: row[2] for row in rows} == pytest.approx(
        {item.id: item.share for item in wanted.pretrainers}
    )
    assert rows[0][3] == pytest.approx(wanted.hhi.point)


def datasets(hw: Session, ask: Callable[..., Rows]) -> None:
    rows = ask()
    counted: Counter[str] = Counter()
    graph = hw.graph
    for node in range(graph.n_artefacts):
        if graph.kind(node) == "dataset":
            counted[graph.ids[node]] = len(
                graph.rows(
                    "edges",
                    parent_node=node,
                    relation="trained_on",
                    standing="accepted",
                )
            )
    assert len(rows) == 20
    assert {name: counted[name] for name, _ in rows} == dict(rows)
    assert [n for _, n in rows] == [n for _, n in counted.most_common(20)]


def above(hw: Session, ask: Callable[..., Rows]) -> None:
    for child in CHILDREN:
        wanted = hw.lineage(child).ancestors
        assert [(row[0], row[1], row[2]) for row in ask(child=child)] == [
            (item.id, item.depth, item.state) for item in wanted
        ]
        assert len(wanted) >= 2


def owners(hw: Session, ask: Callable[..., Rows]) -> None:
    for child in CHILDREN:
        counted: Counter[str] = Counter()
        for item in hw.lineage(child).ancestors:
            shown = hw.show(item.id)
            counted[shown.developer or shown.namespace or "unknown"] += 1
        assert dict(ask(child=child)) == counted


def evidence(hw: Session, ask: Callable[..., Rows]) -> None:
    for child in CHILDREN:
        rows = ask(child=child)
        parents = {row[0] for row in rows}
        assert parents
        for parent in parents:
            wanted = [
                (
                    answer.relation,
                    answer.standing,
                    claim.source,
                    claim.document,
                    claim.first_seen,
                )
                for answer in hw.why(child, parent)
                for claim in answer.claims
            ]
            own = [tuple(row[1:]) for row in rows if row[0] == parent]
            assert sorted(own) == sorted(wanted)


def alias(hw: Session, ask: Callable[..., Rows]) -> None:
    graph = hw.graph
    assert len(graph.aliases)
    for at in range(min(10, len(graph.aliases))):
        name = graph.aliases[at]
        assert ask(alias=name) == [(graph.ids[graph.find(name)],)]


def members(hw: Session, ask: Callable[..., Rows]) -> None:
    graph = hw.graph
    wanted = graph.vocabulary["families"]["llama"]["members"]
    assert ask(family="llama") == [(graph.ids[node],) for node in wanted]


CHECKS: Final[dict[str, Callable[[Session, Callable[..., Rows]], None]]] = {
    "Which snapshot is here, and is it whole?": marker,
    "Who stands on it": who_stands_on_it,
    "What breaks if a developer's artefacts are deleted": deleted,
    "What is stranded if a developer's artefacts are frozen": frozen,
    "Which mirrors would survive a developer": mirrors,
    "Models by the developers of the roots they stand on": by_developer,
    "Shares, and the Herfindahl-Hirschman index": shares,
    "Which datasets most models were trained on": datasets,
    "Everything above one artefact": above,
    "Who owns what I stand on": owners,
    "Why: who says so, where, since when": evidence,
    "What an old id means now": alias,
    "Members of a family": members,
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_the_page(
    connection: Connection, catalogue: LineageGraph, name: str
) -> None:
    def ask(**parameters: Any) -> Rows:
        return connection.rows(QUERIES[name], **parameters)

    CHECKS[name](Session(catalogue), ask)


def test_every_query_has_a_check_and_every_check_a_query() -> None:
    assert sorted(QUERIES) == sorted(CHECKS)


def test_the_types_on_the_page_are_those_of_the_schema() -> None:
    known = {
        getattr(patterns, name)
        for name in ("LINEAGE", "WEIGHTS", "BODY", "LOAD", "MAYBE_LOAD", "DIRECT")
    } | {"MIRROR_OF", "TRAINED_ON", "MEMBER_OF"}
    found = {
        types
        for text in QUERIES.values()
        for types in re.findall(r"-\[:([A-Z_|]+)\]-", text)
    }
    assert found <= known
    assert patterns.LINEAGE in found


def test_the_verdicts_of_the_page_on_a_graph_with_all_of_them(
    connection: Connection, tmp_path: Path
) -> None:
    """The last test: it pushes another snapshot."""
    graph = draw(
        tmp_path, "b unspecified z/a", "c adapter b", "d finetune c", "e adapter z/a",
        "f merge e", "f merge z/k", "p/m mirror_of z/k", "g unspecified z/k",
        "h quantized g", "i adapter z/k", "j distilled_from i", "z/in finetune e",
        "l quantized z/in", "app-n uses i",
        owners={"z": "big"}, downloads={"b": 3, "g": 5}, states={"p/m": "present"},
    )  # fmt: skip
    push(graph, connection)
    wanted = losses(Session(graph), "developer:big")
    name = "What breaks if a developer's artefacts are deleted"
    assert connection.rows(QUERIES[name], developer="developer:big") == wanted
    assert [verdict for verdict, *_ in wanted] == [
        "breaks", "exposed", "may_break", "recoverable", "unrebuildable",
    ]  # fmt: skip
