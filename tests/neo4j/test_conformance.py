"""The packaged catalogue, asked in both stores: every answer is the engine's.

``-k embedded`` and ``-k neo4j`` run the same tests on one store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from random import Random
from typing import Final

import neo4j
import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.proofs import Step
from headwater.queries.session import Session
from tests.neo4j.conftest import wipe
from tests.neo4j.server import Server
from tests.neo4j.stores import (
    SPLITS,
    STORES,
    Question,
    all_questions,
    disagreements,
    opened,
)
from tests.queries.test_catalogue_questions import QUESTIONS

SEEDS: Final = (
    "llama", "the pile", "openai", "stable diffusion", "alpaca", "Vicuna", "HuggingChat",
    "developer:meta", "@meta-llama", "family:llama", "licence:llama2", "licence:LLAMA2",
    "task:text-generation", "datasets/EleutherAI/pile", "META-LLAMA/llama-2-7b-hf",
)  # fmt: skip
WRONG: Final = (
    "vicnua", "nothing at all like it", "licence:llam", "family:lla", "developer:met",
    "", " ", "licence:", "\ud800", "MATCH (n) DETACH DELETE n", "') RETURN 1 //", "a" * 300,
)  # fmt: skip


def sample(graph: LineageGraph) -> list[str]:
    """Return some sixty targets: of every kind, popular ones and any others."""
    random = Random(20)
    offsets = graph.children.offsets
    by_kind: dict[str, list[int]] = {}
    for node in range(graph.n_nodes):
        by_kind.setdefault(graph.kind(node), []).append(node)
    chosen = []
    for nodes in by_kind.values():
        nodes.sort(key=lambda node: int(offsets[node] - offsets[node + 1]))
        chosen += nodes[:4] + random.sample(nodes[4:], min(5, len(nodes[4:])))
    families = sorted(graph.vocabulary["families"])
    licences = graph.vocabulary["licence"]
    aliases = [graph.aliases[at] for at in range(min(3, len(graph.aliases)))]
    return [
        *(graph.ids[node] for node in chosen),
        *(f"family:{slug}" for slug in random.sample(families, min(6, len(families)))),
        *(f"licence:{word}" for word in random.sample(licences, min(3, len(licences)))),
        *aliases,
    ]


@pytest.fixture(scope="module", params=STORES)
def session(
    request: pytest.FixtureRequest, catalogue: LineageGraph
) -> Iterator[Session]:
    """Yield the catalogue in a store."""

    def server() -> Server:
        driver: neo4j.Driver = request.getfixturevalue("neo4j_driver")
        wipe(driver)
        found: Server = request.getfixturevalue("neo4j_server")
        return found

    with opened(request.param, server) as store:
        yield store(catalogue)


@pytest.mark.parametrize("text", [*SEEDS, *QUESTIONS])
def test_seed_questions(session: Session, catalogue: LineageGraph, text: str) -> None:
    assert disagreements(session, catalogue, all_questions([text])) == {}


def test_everything_about_a_sample(session: Session, catalogue: LineageGraph) -> None:
    targets = sample(catalogue)
    assert len(targets) >= 55
    for start in range(0, len(targets), 8):
        asked = all_questions(targets[start : start + 8])
        assert disagreements(session, catalogue, asked) == {}


@pytest.mark.parametrize("day", ["2021-01-01", "2023-03-01", "2024-01-01"])
def test_as_of_a_day(session: Session, catalogue: LineageGraph, day: str) -> None:
    targets = [*SEEDS[:10], *sample(catalogue)[::9]]
    assert disagreements(session, catalogue, all_questions(targets, day)) == {}


def test_names_that_nothing_has(session: Session, catalogue: LineageGraph) -> None:
    for text in WRONG:
        assert disagreements(session, catalogue, all_questions([text])) == {}


def test_several_targets_and_an_inventory(
    session: Session, catalogue: LineageGraph
) -> None:
    targets = ("developer:meta", "the pile", "licence:llama2")
    inventory = [
        *sample(catalogue)[:20], "ALPACA", "no/such-model", "@meta-llama", "no/such-model",
    ]  # fmt: skip
    asked: dict[str, Question] = {
        "all": lambda hw: hw.what_breaks(*targets, splits=SPLITS),
        "pages": lambda hw: [
            hw.what_breaks(*targets, limit=7, skip=skip) for skip in (0, 7, 14, 5000)
        ],
        "one event": lambda hw: [hw.what_breaks(*targets, events=(name,)) for name in EVENT_NAMES],
        "twice": lambda hw: hw.what_breaks("llama", events=("gated", "frozen", "gated")),
        "own": lambda hw: hw.scenario(*targets, inventory=inventory, splits=SPLITS),
        "own, then": lambda hw: hw.scenario(
            *targets, inventory=inventory, as_of="2023-06-01", limit=3, skip=1
        ),
        "own, nothing of it known": lambda hw: hw.scenario(*targets, inventory=["no/such"]),
        "no target": lambda hw: hw.what_breaks(),
        "no such event": lambda hw: hw.what_breaks("llama", events=("eaten",)),
        "no such split": lambda hw: hw.what_breaks("llama", splits=("colour",)),
        "negative": lambda hw: hw.lineage("llama 2 7b", depth=-1),
        "no such day": lambda hw: hw.show("alpaca", as_of="someday"),
        "before anything": lambda hw: hw.what_breaks("alpaca", as_of="1999-01-01"),
    }  # fmt: skip
    assert disagreements(session, catalogue, asked) == {}


def test_search_and_suggest(session: Session, catalogue: LineageGraph) -> None:
    for text in (
        "l",
        "llama",
        "llama-2",
        "Meta",
        "@",
        "/",
        "pile",
        "gpt",
        "GPT-4",
        "the ",
    ):
        asked: dict[str, Question] = {
            f"search {text}": lambda hw, t=text: [
                hw.search(t, n) for n in (1, 3, 50, 1000)
            ],
            f"suggest {text}": lambda hw, t=text: hw.suggest(t),
            f"named {text}": lambda hw, t=text: hw.named(t),
        }
        assert disagreements(session, catalogue, asked) == {}


def test_lineage_page_by_page(session: Session, catalogue: LineageGraph) -> None:
    name = "meta-llama/Llama-2-7b-hf"
    asked: dict[str, Question] = {
        f"{depth} {limit} {skip}": lambda hw, d=depth, n=limit, s=skip: hw.lineage(
            name, depth=d, limit=n, skip=s
        )
        for depth in (None, 0, 1, 2)
        for limit in (None, 0, 1, 5)
        for skip in (0, 1, 4)
    }
    assert disagreements(session, catalogue, asked) == {}


def test_every_proof_is_a_chain_to_the_target(
    session: Session, catalogue: LineageGraph
) -> None:
    members = set(catalogue.vocabulary["families"]["llama"]["members"])
    for outcome in session.what_breaks("family:llama").outcomes:
        assert outcome.victims
        for victim in outcome.victims:
            assert victim.depth == len(victim.proof) >= 1
            assert victim.proof[0].child == victim.id
            for one, other in zip(victim.proof, victim.proof[1:], strict=False):
                assert one.parent == other.child
            assert catalogue.find(victim.proof[-1].parent) in members
            assert all(isinstance(step, Step) and step.sources for step in victim.proof)


def test_answers_are_plain_values(session: Session) -> None:
    """What a server gives is turned into the same types, down to each number."""
    wanted = (str, int, bool, float, type(None))

    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(plain(item) for item in value.values())
        if isinstance(value, (list, tuple)):
            return all(plain(item) for item in value)
        return type(value) in wanted

    assert plain(asdict(session.show("alpaca")))
    assert plain(asdict(session.lineage("alpaca")))
    outcome = session.what_breaks("llama", splits=SPLITS).outcomes[0]
    assert all(plain(asdict(victim)) for victim in outcome.victims)
    for parts in outcome.splits.values():
        assert all(plain(asdict(part)) for part in parts)
