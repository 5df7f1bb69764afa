"""Openness: drawn graphs with judgements, worked by hand; shares against a slow oracle."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError, QueryError
from headwater.graph.claims import Judgement
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.overlay import overlay
from headwater.graph.schema import ROOT_STATUSES
from headwater.queries.openness import model_openness, openness_shares
from headwater.queries.openness_index import overall, read_index
from tests.drawing import draw, draw_batch, publish

OPEN = {
    "weights_basemodel": "open", "datasources_basemodel": "open",
    "trainingcode": "open", "licenses": "open", "paper": "closed",
}  # fmt: skip


def system(
    name: str, base: str | None, end: str | None, **classes: str
) -> list[Judgement]:
    return [
        Judgement(
            name, end, base, criterion, openness, (f"https://x/{criterion}",),
            "osai-index", f"https://index/{name}", "2026-01-01",
        )
        for criterion, openness in classes.items()
    ]  # fmt: skip


def judged(
    path: Path, *lines: str, judgements: list[Judgement], **options: object
) -> LineageGraph:
    batch = draw_batch(*lines, **options)  # type: ignore[arg-type]
    batch.openness.extend(judgements)
    return publish(path, batch)


def shares(graph: LineageGraph) -> dict[str, float]:
    return {item.openness: item.models for item in openness_shares(graph).classes}


def test_a_model_stands_on_its_least_open_root(tmp_path: Path) -> None:
    graph = judged(
        tmp_path, "r/m merge p/a", "r/m merge q/b", scratch=("p/a", "q/b"),
        judgements=[
            *system("A", "p/a", "p/a", **OPEN),
            *system("B", "q/b", "q/b", **{**OPEN, "licenses": "partial"}),
        ],
    )  # fmt: skip
    answer = model_openness(graph, "r/m")
    assert [(root.id, root.openness) for root in answer.roots] == [
        ("p/a", "open"), ("q/b", "partial"),
    ]  # fmt: skip
    assert (answer.openness, answer.own) == ("partial", ())
    assert model_openness(graph, "p/a").openness == "open"
    first = answer.roots[0].criteria[0]
    assert (first.criterion, first.links) == (
        "datasources_basemodel", ("https://x/datasources_basemodel",)
    )  # fmt: skip
    assert shares(graph) == {
        "open": 1.5, "partial": 1.5, "closed": 0, "unjudged": 0, "unlisted": 0,
        "undeclared": 0,
    }  # fmt: skip


def test_a_root_that_is_not_listed_is_unknown_never_closed(tmp_path: Path) -> None:
    graph = judged(
        tmp_path, "r/m merge p/a", "r/m merge q/b", "s/n finetune q/b",
        scratch=("p/a", "q/b"), nodes=("t/u",),
        judgements=system("A", "p/a", "p/a", **OPEN),
    )  # fmt: skip
    assert model_openness(graph, "r/m").openness == "unknown"
    other = model_openness(graph, "s/n")
    assert (other.openness, other.roots[0].is_listed) == ("unknown", False)
    loose = model_openness(graph, "t/u")
    assert (loose.openness, loose.roots, loose.has_undeclared) == ("unknown", (), True)
    assert shares(graph) == {
        "open": 1.5, "partial": 0, "closed": 0, "unjudged": 0, "unlisted": 2.5,
        "undeclared": 1,
    }  # fmt: skip
    assert openness_shares(graph).known == 0.3


def test_closed_weights_are_closed_whatever_else_is_not_known(tmp_path: Path) -> None:
    graph = judged(
        tmp_path, "r/m merge p/a", "r/m merge q/b", scratch=("p/a", "q/b"),
        judgements=system("A", "p/a", "p/a", weights_basemodel="closed"),
    )  # fmt: skip
    assert model_openness(graph, "r/m").openness == "closed"


def test_of_a_system_by_others_only_the_base_counts(tmp_path: Path) -> None:
    """The training code of q's fine-tune says nothing of p's base model."""
    graph = judged(
        tmp_path, "q/chat finetune p/a", "p/chat finetune p/b", scratch=("p/a", "p/b"),
        judgements=[
            *system("Q", "p/a", "q/chat", **OPEN, weights_endmodel="partial"),
            *system("P", "p/b", "p/chat", **OPEN, weights_endmodel="partial"),
        ],
    )  # fmt: skip
    foreign, own = (
        model_openness(graph, name).roots[0] for name in ("q/chat", "p/chat")
    )
    assert [item.criterion for item in foreign.criteria] == [
        "datasources_basemodel", "weights_basemodel",
    ]  # fmt: skip
    assert (foreign.openness, own.openness) == ("unknown", "open")
    assert shares(graph)["unjudged"] == 2
    itself = model_openness(graph, "q/chat").own
    assert {item.criterion for item in itself} == {*OPEN, "weights_endmodel"}


def test_the_least_open_of_several_judgements_counts(tmp_path: Path) -> None:
    graph = judged(
        tmp_path, "q/chat finetune p/a", scratch=("p/a",),
        judgements=[
            *system("A", "p/a", "p/a", **OPEN),
            *system("Q", "p/a", "q/chat", datasources_basemodel="partial"),
        ],
    )  # fmt: skip
    (root,) = model_openness(graph, "q/chat").roots
    assert (root.openness, overall(root.criteria)) == ("partial", "partial")


def test_a_mirror_and_a_model_without_a_base_are_found(tmp_path: Path) -> None:
    graph = judged(
        tmp_path, "m/copy mirror_of p/a", "r/x finetune m/copy", "r/y finetune p/b",
        scratch=("p/a", "p/b"),
        judgements=[
            *system("A", "m/copy", None, **OPEN),
            *system(
                "B", None, "p/b", weights_endmodel="open", datasources_endmodel="closed"
            ),
        ],
    )  # fmt: skip
    assert model_openness(graph, "r/x").openness == "open"
    assert model_openness(graph, "r/y").openness == "partial"
    assert (shares(graph)["open"], shares(graph)["partial"]) == (3, 2)


def test_without_an_index_the_error_says_what_to_do(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b finetune a")
    for question in (
        lambda: openness_shares(graph),
        lambda: model_openness(graph, "b"),
    ):
        with pytest.raises(QueryError, match="run: headwater import osai-index FOLDER"):
            question()


def test_wrong_questions(tmp_path: Path) -> None:
    graph = judged(
        tmp_path, "a trained_on data-x", judgements=system("A", "o/a", None, **OPEN)
    )
    with pytest.raises(InvalidArgumentError, match="is a dataset"):
        model_openness(graph, "datasets/o/data-x")
    with pytest.raises(InvalidArgumentError, match="no model"):
        openness_shares(graph, np.zeros(graph.n_nodes, np.bool_))


def test_an_overlay_has_the_index_of_its_snapshot(tmp_path: Path) -> None:
    base = judged(
        tmp_path, scratch=("p/a",), judgements=system("A", "p/a", None, **OPEN)
    )
    graph = overlay(base, draw_batch("q/b finetune p/a"))
    assert model_openness(graph, "q/b").openness == "open"
    assert shares(graph)["open"] == 2


NAMES = [f"{owner}/m{number}" for number, owner in enumerate("aabbccdd")]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
@given(
    st.sets(st.tuples(st.sampled_from(range(8)), st.sampled_from(range(8))), max_size=12),
    st.dictionaries(
        st.sampled_from(NAMES), st.sampled_from(["open", "partial", "closed"]), min_size=1
    ),
    st.sets(st.sampled_from(NAMES)),
)  # fmt: skip
def test_shares_follow_the_weights(
    pairs: set[tuple[int, int]], classes: dict[str, str], scratch: set[str]
) -> None:
    """Without cycles: each model splits its weight among its parents' roots."""
    parents = {
        child: sorted({b for a, b in pairs if a == child and b < child})
        for child in range(8)
    }
    lines = [f"{NAMES[a]} merge {NAMES[b]}" for a in parents for b in parents[a]]
    judgements = [
        item
        for name, openness in classes.items()
        for item in system(name, name, None, weights_basemodel=openness)
    ]
    with tempfile.TemporaryDirectory() as folder:
        graph = judged(
            Path(folder), *lines, judgements=judgements, nodes=tuple(NAMES),
            scratch=tuple(sorted(scratch)),
        )  # fmt: skip
        wanted = dict.fromkeys(shares(graph), Fraction(0))
        status = graph.columns.root_status

        def arrive(model: int, mass: Fraction) -> None:
            for parent in parents[model]:
                arrive(parent, mass / len(parents[model]))
            if not parents[model]:
                name = NAMES[model]
                # Weights that are open are only one of the four.
                word = classes.get(name, "unlisted").replace("open", "unjudged")
                loose = ROOT_STATUSES[status[graph.find(name)]] == "undeclared"
                wanted["undeclared" if loose else word] += mass

        for model in range(8):
            arrive(model, Fraction(1))
        assert shares(graph) == pytest.approx({k: float(v) for k, v in wanted.items()})
        assert sum(item.share for item in openness_shares(graph).classes) == (
            pytest.approx(1)
        )
        assert read_index(graph).n_systems == len(classes)
