"""Every rule of the verdict tables, each on a graph drawn by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.what_breaks import Victim, what_breaks
from headwater.queries.why import why
from tests.drawing import draw, draw_batch, node_id, publish


def verdicts(graph: LineageGraph, targets: str, event: str) -> dict[str, Victim]:
    answer = what_breaks(graph, [node_id(name) for name in targets.split()], [event])
    return {
        victim.id.rpartition("/")[2]: victim for victim in answer.outcomes[0].victims
    }


def words(graph: LineageGraph, targets: str, event: str = "deleted") -> dict[str, str]:
    return {
        name: item.verdict for name, item in verdicts(graph, targets, event).items()
    }


@pytest.mark.parametrize("event", ["deleted", "gated"])
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["b adapter a"], {"b": "breaks"}),
        (["app-x uses a"], {"app-x": "breaks"}),
        (["b adapter a", "app-x uses b"], {"b": "breaks", "app-x": "breaks"}),
        (["b unspecified a"], {"b": "may_break"}),
        (["b unspecified a", "c adapter b"], {"b": "may_break", "c": "may_break"}),
        (["b adapter a", "c unspecified b"], {"b": "breaks", "c": "may_break"}),
        (["b finetune a"], {"b": "unrebuildable"}),
        (["b quantized a"], {"b": "unrebuildable"}),
        (["b merge a", "b merge z"], {"b": "unrebuildable"}),
        (["b distilled_from a"], {"b": "unrebuildable"}),
        (["data-d generated_by a"], {"data-d": "unrebuildable"}),
        (["b finetune a", "c finetune b"], {"b": "unrebuildable", "c": "exposed"}),
        (["b adapter a", "c finetune b"], {"b": "breaks", "c": "unrebuildable"}),
        # What may break is not counted as broken for those who build on it.
        (["b unspecified a", "c finetune b"], {"b": "may_break", "c": "exposed"}),
        (["b finetune a", "c adapter b"], {"b": "unrebuildable", "c": "exposed"}),
        # The worst verdict wins over the shorter proof.
        (["b adapter a", "b finetune z", "c adapter b", "c finetune a"],
         {"b": "breaks", "c": "breaks"}),
        (["b method a"], {}),
        (["b successor_of a"], {}),
        (["m mirror_of a"], {"m": "exposed"}),
    ],
)  # fmt: skip
def test_loss(
    tmp_path: Path, event: str, lines: list[str], expected: dict[str, str]
) -> None:
    # A mirror that is itself gone softens nothing.
    graph = draw(tmp_path, *lines, states={"m": "gone"})
    assert words(graph, "a", event) == expected


@pytest.mark.parametrize("event", ["deleted", "gated"])
def test_data_goes_to_what_was_made_from_it(tmp_path: Path, event: str) -> None:
    graph = draw(
        tmp_path,
        "m trained_on data-a",
        "data-b derived_from data-a",
        "n trained_on data-b",
    )
    expected = {"m": "unrebuildable", "data-b": "unrebuildable", "n": "exposed"}
    assert words(graph, "data-a", event) == expected


@pytest.mark.parametrize(
    ("mirror", "expected"),
    [
        ("present", "recoverable"),
        ("gated", "breaks"),
        ("gone", "breaks"),
        ("unknown", "breaks"),
    ],
)
def test_only_a_present_mirror_saves(
    tmp_path: Path, mirror: str, expected: str
) -> None:
    graph = draw(tmp_path, "b adapter a", "p/m mirror_of a", states={"p/m": mirror})
    found = verdicts(graph, "a", "deleted")
    assert expected == found["b"].verdict
    assert found["b"].mirror == ("p/m" if expected == "recoverable" else None)
    assert found["m"].verdict == "exposed"


def test_a_mirror_saves_in_either_direction(tmp_path: Path) -> None:
    graph = draw(tmp_path, "a mirror_of p/orig", "b finetune a")
    assert verdicts(graph, "a", "deleted")["b"].mirror == "p/orig"


def test_a_mirror_inside_the_set_saves_nothing(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b adapter a", "m mirror_of a")
    assert words(graph, "a m") == {"b": "breaks"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [("b adapter a", "recoverable"), ("b unspecified a", "recoverable"),
     ("b merge a", "recoverable"), ("b finetune c", None)],
)  # fmt: skip
def test_recoverable_is_each_of_the_three_rules_with_a_mirror(
    tmp_path: Path, line: str, expected: str | None
) -> None:
    graph = draw(tmp_path, line, "p/m mirror_of a")
    assert words(graph, "a").get("b") == expected


def test_what_is_lost_beats_what_can_be_recovered(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b merge a", "b merge c", "p/m mirror_of a")
    assert words(graph, "a c")["b"] == "unrebuildable"


def test_recoverable_through_what_would_break(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b adapter a", "c finetune b", "p/m mirror_of a")
    found = verdicts(graph, "a", "deleted")
    assert (found["c"].verdict, found["c"].mirror) == ("recoverable", "p/m")
    assert [step.relation for step in found["c"].proof] == ["finetune", "adapter"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["b finetune a", "c adapter b"], {"b": "stranded", "c": "stranded"}),
        (["b unspecified a"], {"b": "stranded"}),
        (["b distilled_from a"], {"b": "exposed"}),
        (["p/m mirror_of a", "b finetune p/m"], {"m": "exposed", "b": "exposed"}),
        (["app-x uses a"], {"app-x": "exposed"}),
        (["b method a"], {}),
    ],
)
def test_frozen(tmp_path: Path, lines: list[str], expected: dict[str, str]) -> None:
    assert words(draw(tmp_path, *lines), "a", "frozen") == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["b finetune a", "c adapter b"], {"b": "encumbered", "c": "encumbered"}),
        (["p/m mirror_of a", "b finetune p/m"], {"m": "encumbered", "b": "encumbered"}),
        (["b distilled_from a", "c finetune b"], {"b": "contested", "c": "contested"}),
        (["data-d generated_by a", "b trained_on data-d"],
         {"data-d": "contested", "b": "contested"}),
        (["app-x uses a"], {"app-x": "contested"}),
    ],
)  # fmt: skip
def test_relicensed(tmp_path: Path, lines: list[str], expected: dict[str, str]) -> None:
    assert words(draw(tmp_path, *lines), "a", "relicensed") == expected


def counts(graph: LineageGraph, target: str) -> dict[str, int]:
    return what_breaks(graph, [node_id(target)], ["deleted"]).outcomes[0].counts


@pytest.mark.parametrize(
    ("lines", "options", "unaffected", "unknown"),
    [
        # A root that was trained from scratch, and what stands on it.
        (["c finetune r"], {"scratch": ("r",)}, 2, 0),
        # Presumed: an artefact of another namespace names it as its parent.
        (["p/c finetune r"], {}, 2, 0),
        # Only its own namespace builds on it: nobody has said what it is.
        (["c finetune r"], {}, 0, 2),
        # A parent that was never seen: presumed, but a phantom.
        (["p/c finetune r"], {"phantoms": ("r",)}, 0, 2),
        # One of two ways up is not known.
        (["c merge r", "c merge z"], {"scratch": ("r",)}, 1, 2),
        # Datasets and applications: by their inputs.
        (["app-x uses r"], {"scratch": ("r",)}, 2, 0),
        (["app-x uses r", "app-x uses z"], {"scratch": ("r",)}, 1, 2),
        (["data-d derived_from data-e"], {}, 0, 2),
        (["data-d generated_by r"], {"scratch": ("r",)}, 2, 0),
        (["data-d derived_from data-e", "data-e derived_from data-d"], {}, 0, 2),
        # Training data does not decide what a model stands on.
        (["r trained_on data-d"], {"scratch": ("r",)}, 1, 1),
        # A cycle with an origin is known by it, one without is a root of its own.
        (["p/b finetune c", "c finetune p/b"], {}, 0, 2),
        (["p/b finetune c", "c finetune p/b", "q/x finetune c"], {}, 3, 0),
    ],
)  # fmt: skip
def test_unknown_is_never_safe(
    tmp_path: Path,
    lines: list[str],
    options: dict[str, Any],
    unaffected: int,
    unknown: int,
) -> None:
    graph = draw(tmp_path, "b finetune a", *lines, **options)
    found = counts(graph, "a")
    assert (unaffected, unknown) == (found["unaffected"], found["unknown"])


def test_merge_says_how_many_of_its_parents_are_lost(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b merge a", "b merge x", "b merge y")
    victim = verdicts(graph, "a", "deleted")["b"]
    assert (victim.merge_lost, victim.merge_of) == (1, 3)


@pytest.mark.parametrize(
    ("lines", "victim", "captive"),
    [
        (["b finetune a"], "b", True),
        (["b merge a", "b merge x"], "b", False),
        (["b merge a", "b merge c", "c finetune a"], "b", True),
        (["b finetune a", "c merge b", "c merge x"], "c", False),
        # Outputs are not weights: the student has a root of its own.
        (["b distilled_from a"], "b", False),
        (["b distilled_from a", "b finetune c", "c finetune a"], "b", True),
        (["b finetune m", "m mirror_of a"], "b", True),
        (["data-b generated_by a"], "data-b", True),
        (["data-b generated_by a", "data-b derived_from data-x"], "data-b", False),
        # A root on a circle through the set goes down with it.
        (["b finetune a", "a finetune b"], "b", True),
    ],
)
def test_captive(tmp_path: Path, lines: list[str], victim: str, captive: bool) -> None:
    graph = draw(tmp_path, *lines)
    assert captive is verdicts(graph, "a", "deleted")[victim].captive


def test_proof_is_the_shortest_path_with_its_evidence(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a", "c finetune b", "d merge c", "d merge b hub:tag",
    )  # fmt: skip
    proof = verdicts(graph, "a", "frozen")["d"].proof
    assert [
        (step.child, step.parent, step.relation, step.sources) for step in proof
    ] == [
        ("o/d", "o/b", "merge", ("hub:tag",)),
        ("o/b", "o/a", "finetune", ("hub:baseModels",)),
    ]


def test_a_refuted_edge_hits_nobody_but_is_kept(tmp_path: Path) -> None:
    batch = draw_batch("b finetune a")
    press = replace(
        batch.claims[0], source="catalog", declared_by="press", confidence=0.5
    )
    denial = replace(press, stance="denies", primary=True, declared_by="curator")
    batch.claims[:] = [press, denial]
    graph = publish(tmp_path, batch)
    assert words(graph, "a") == {}
    (answer,) = why(graph, "o/b", "o/a")
    assert (answer.standing, answer.disputed, len(answer.claims)) == (
        "refuted",
        True,
        2,
    )


def test_as_of_leaves_out_what_did_not_exist(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a", "c finetune b", "d finetune a",
        days={"a": "2023-01-01", "b": "2023-06-01", "c": "2024-01-01"},
    )  # fmt: skip
    answer = what_breaks(graph, ["o/a"], ["deleted"], as_of=date(2023, 12, 31))
    assert {"o/b", "o/d"} == {victim.id for victim in answer.outcomes[0].victims}
    assert answer.outside == 2


def test_counts_add_up_to_everything_outside(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b adapter a", "c finetune a", "d finetune c", "app-x uses d",
        "z finetune y", "data-d generated_by a", nodes=("lonely",),
    )  # fmt: skip
    answer = what_breaks(graph, ["o/a"])
    for outcome in answer.outcomes:
        assert answer.outside == sum(outcome.counts.values()) == 8
