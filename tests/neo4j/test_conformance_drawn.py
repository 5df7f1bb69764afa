"""Small drawn graphs with every verdict rule, asked in both stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import neo4j
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from headwater.graph.schema import EVENTS
from headwater.queries.cypher import asking, victims
from headwater.queries.cypher import lineage as cypher_lineage
from headwater.queries.session import Session
from tests.drawing import draw, publish
from tests.neo4j.conftest import wipe
from tests.neo4j.dirty import DAYS, TARGETS, dirty_batch
from tests.neo4j.server import Server
from tests.neo4j.stores import STORES, Store, all_questions, disagreements, opened


@dataclass(frozen=True)
class Drawn:
    """A graph, and what deleting ``a`` does by the rules."""

    lines: tuple[str, ...]
    deleted: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)


GALLERY: Final = {
    "load-time": Drawn(
        ("b adapter a", "app-c uses b", "d finetune b"),
        {"b": "breaks", "app-c": "breaks", "d": "unrebuildable"},
    ),
    "unspecified": Drawn(
        ("b unspecified a", "c adapter b", "d unspecified c", "e finetune c"),
        {"b": "may_break", "c": "may_break", "d": "may_break", "e": "exposed"},
    ),
    "direct inputs": Drawn(
        ("b finetune a", "c quantized a", "d merge a", "d merge z", "e distilled_from a",
         "data-f generated_by a", "g trained_on data-f", "h finetune b"),
        {"b": "unrebuildable", "c": "unrebuildable", "d": "unrebuildable",
         "e": "unrebuildable", "data-f": "unrebuildable", "g": "exposed", "h": "exposed"},
    ),
    "mirror outside": Drawn(
        ("b adapter a", "c finetune b", "d unspecified a", "p/m mirror_of a"),
        {"b": "recoverable", "c": "recoverable", "d": "recoverable", "m": "exposed"},
    ),
    "mirror that is gone": Drawn(
        ("b adapter a", "p/m mirror_of a"), {"b": "breaks", "m": "exposed"},
        {"states": {"p/m": "gone"}},
    ),
    "mirror the other way": Drawn(
        ("a mirror_of p/orig", "b finetune a"), {"b": "recoverable"}
    ),
    "better of two mirrors": Drawn(
        ("b adapter a", "p/m mirror_of a", "q/n mirror_of a", "q/k mirror_of a"),
        {"b": "recoverable", "m": "exposed", "n": "exposed", "k": "exposed"},
        {"downloads": {"p/m": 1, "q/n": 5, "q/k": 5}},
    ),
    "cycle": Drawn(
        ("a finetune b", "b finetune a", "c finetune b", "c adapter c"),
        {"b": "unrebuildable", "c": "exposed"},
    ),
    "two ways": Drawn(
        ("b finetune a", "c finetune a", "d merge b", "d merge c", "d merge free"),
        {"b": "unrebuildable", "c": "unrebuildable", "d": "exposed"},
        {"scratch": ("free",)},
    ),
    "merge of what breaks": Drawn(
        ("b adapter a", "m merge b", "m merge x", "m merge a", "m merge y"),
        {"b": "breaks", "m": "unrebuildable"},
    ),
    "recipes do not break": Drawn(("b method a", "c successor_of a"), {}),
    "phantom": Drawn(
        ("b finetune a", "c finetune ghost"), {"b": "unrebuildable"},
        {"phantoms": ("a", "ghost")},
    ),
    "dates": Drawn(
        ("b finetune a", "c finetune b", "d finetune a", "app-e uses c", "app-e uses x",
         "data-f derived_from data-g", "app-h uses data-f", "x finetune young"),
        {"b": "unrebuildable", "c": "exposed", "d": "unrebuildable", "app-e": "exposed"},
        {"days": {"a": "2023-01-01", "b": "2023-06-01", "c": "2024-01-01",
                  "young": "2025-01-01", "data-g": "2025-01-01"},
         "scratch": ("a", "young"), "owners": {"o": "big", "p": "big"}},
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Yield a store."""

    def server() -> Server:
        driver: neo4j.Driver = request.getfixturevalue("neo4j_driver")
        wipe(driver)
        found: Server = request.getfixturevalue("neo4j_server")
        return found

    with opened(request.param, server) as found:
        yield found


@pytest.mark.parametrize("name", GALLERY)
def test_the_rules(tmp_path: Path, store: Store, name: str) -> None:
    drawn = GALLERY[name]
    graph = draw(tmp_path, *drawn.lines, **drawn.options)
    session = store(graph)
    (outcome,) = session.what_breaks("o/a", events=("deleted",)).outcomes
    found = {victim.id.rpartition("/")[2]: victim.verdict for victim in outcome.victims}
    assert found == drawn.deleted
    names = [graph.ids[node] for node in range(graph.n_artefacts)]
    for day in (None, "2023-12-31")[: 1 + ("days" in drawn.options)]:
        assert disagreements(session, graph, all_questions(names, day)) == {}
    assert disagreements(session, graph, all_questions(["@o", "developer:big"])) == {}


def test_the_gallery_has_every_verdict(tmp_path: Path) -> None:
    """Otherwise the test above would say less than it seems to."""
    found: dict[str, set[str]] = {}
    for name, drawn in GALLERY.items():
        graph = draw(tmp_path / name.replace(" ", "-"), *drawn.lines, **drawn.options)
        for outcome in Session(graph).what_breaks("o/a").outcomes:
            found.setdefault(outcome.event, set()).update(
                verdict for verdict, count in outcome.counts.items() if count
            )
    assert found == {event.name: set(event.verdicts) for event in EVENTS}


def test_merge_and_mirror_are_told(tmp_path: Path, store: Store) -> None:
    graph = draw(
        tmp_path, "b adapter a", "m merge b", "m merge x", "m merge a", "k adapter z",
        "p/n mirror_of z", "q/n mirror_of z", downloads={"q/n": 3},
    )  # fmt: skip
    session = store(graph)
    (outcome,) = session.what_breaks("o/a", "o/z", events=("gated",)).outcomes
    found = {victim.id: victim for victim in outcome.victims}
    assert (found["o/m"].merge_lost, found["o/m"].merge_of) == (2, 3)
    assert (found["o/k"].verdict, found["o/k"].mirror) == ("recoverable", "q/n")


@settings(
    max_examples=30,
    # A smaller number is no simpler graph.
    phases=[Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    targets=st.lists(st.sampled_from(TARGETS), min_size=3, max_size=5, unique=True),
    day=st.sampled_from(DAYS),
    batch=st.sampled_from((3, asking.BATCH)),
)
def test_dirty_graphs(
    tmp_path_factory: pytest.TempPathFactory,
    store: Store,
    seed: int,
    targets: list[str],
    day: str | None,
    batch: int,
) -> None:
    graph = publish(tmp_path_factory.mktemp("dirty"), dirty_batch(Random(seed)))
    session = store(graph)
    with pytest.MonkeyPatch.context() as patch:
        # Small parts, so that what several statements bring has to be put together.
        patch.setattr(asking, "BATCH", batch)
        patch.setattr(cypher_lineage, "BATCH", batch)
        patch.setattr(victims, "PAGE", batch)
        assert disagreements(session, graph, all_questions(targets, day)) == {}
