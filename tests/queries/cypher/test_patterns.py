"""Cypher text is made from the schema, and from nothing that anybody typed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from headwater.graph.roots import BODY_RELATIONS, LINEAGE_RELATIONS, WEIGHT_RELATIONS
from headwater.graph.schema import RELATIONS
from headwater.graph.verdicts import _DIRECT, _LOAD, _MAYBE_LOAD, _SUBSTANCE
from headwater.queries.cypher import patterns
from headwater.queries.cypher.asking import BATCH, Asking, clean
from headwater.queries.cypher.walk import walk

FOLDER: Final = Path(__file__).parents[3] / "queries" / "cypher"


@pytest.mark.parametrize(
    ("types", "mask"),
    [
        (patterns.LINEAGE, LINEAGE_RELATIONS), (patterns.WEIGHTS, WEIGHT_RELATIONS),
        (patterns.BODY, BODY_RELATIONS), (patterns.LOAD, _LOAD),
        (patterns.MAYBE_LOAD, _MAYBE_LOAD), (patterns.DIRECT, _DIRECT),
        (patterns.SUBSTANCE, _SUBSTANCE), (patterns.ACCEPTED, np.ones(len(RELATIONS), bool)),
    ],
)  # fmt: skip
def test_types_are_the_relations_that_the_engine_walks(types: str, mask: Any) -> None:
    wanted = [item.name for item, is_in in zip(RELATIONS, mask, strict=True) if is_in]
    assert types.lower().split("|") == wanted


def test_what_is_refuted_has_a_type_that_no_walk_knows() -> None:
    assert patterns.EDGES.split("|")[-2:] == ["REFUTED", "SELF"]
    assert not {"REFUTED", "SELF"} & set(patterns.ACCEPTED.split("|"))


def test_the_day_is_a_parameter() -> None:
    assert patterns.there("c", None) == "true"
    assert patterns.there("c", 5) == patterns.there("c", -7)
    assert "$day" in patterns.there("c", 5)


def test_half_a_surrogate_pair_can_be_sent() -> None:
    assert clean("a\ud800b") == "a?b"


class Server:
    """Answers a walk over some edges, child to parent, and notes what it was sent."""

    def __init__(self, *edges: tuple[int, int]) -> None:
        self.edges = edges
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, text: str, /, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        self.sent.append((text, parameters))
        found: dict[int, int] = {}
        for child, parent in self.edges:
            if parent in parameters["items"]:
                found[child] = min(found.get(child, parent), parent)
        yield from found.items()


def numbers(*values: int) -> Any:
    return np.array(values, np.int32)


def test_a_walk_ends_on_a_cycle_and_takes_the_lowest_way_back() -> None:
    server = Server((1, 0), (2, 1), (1, 2), (0, 2), (3, 2), (3, 1), (4, 0), (3, 4))
    found = walk(Asking(server, "s", 5), numbers(0), "FINETUNE")
    assert found.nodes.tolist() == [1, 2, 3, 4]
    assert found.depth.tolist() == [1, 2, 2, 1]
    assert found.toward.tolist() == [0, 1, 1, 0]
    assert (found.step(3), found.step(0)) == (1, -1)


def test_a_walk_sends_its_frontier_in_parts() -> None:
    count = BATCH + 5
    server = Server(*((number, 0) for number in range(1, count + 1)))
    found = walk(Asking(server, "s", count + 1, date(1970, 1, 3)), numbers(0), "USES")
    assert len(found.nodes) == count
    sizes = [len(parameters["items"]) for _, parameters in server.sent]
    assert sizes == [1, BATCH, 5]
    assert {text for text, _ in server.sent} == {server.sent[0][0]}
    assert server.sent[0][1]["day"] == 2


def test_a_walk_stays_within_and_near() -> None:
    server = Server((1, 0), (2, 1), (3, 2), (4, 0))
    ask = Asking(server, "s", 5)
    assert walk(ask, numbers(0), "USES", within=numbers(1, 2)).nodes.tolist() == [1, 2]
    assert walk(ask, numbers(0), "USES", depth=1).nodes.tolist() == [1, 4]
    assert walk(ask, numbers(0), "USES", depth=0).nodes.tolist() == []


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name
)
def test_nothing_here_writes_or_knows_a_driver(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(import|from) neo4j\b", text, re.MULTILINE)
    for literal in strings(path):
        if re.search(r"\b(MATCH|UNWIND|RETURN)\b", literal):
            assert not re.search(
                r"\b(CREATE|MERGE \(|SET|DELETE|REMOVE|DROP|LOAD CSV|CALL db)\b",
                literal,
            )
