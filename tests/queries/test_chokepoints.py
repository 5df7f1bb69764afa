"""Chokepoints: drawn by hand, by taking things away, and against what breaks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.chokepoints import Chokepoint, Chokepoints, chokepoints
from headwater.queries.chokepoints_graph import BY, Dominated
from headwater.queries.chokepoints_model import chokepoints_of
from headwater.queries.what_breaks import what_breaks
from tests.drawing import draw


def counts(answer: Chokepoints, by: str = "artefact") -> dict[str, int]:
    (ranking,) = (item for item in answer.rankings if item.by == by)
    return {item.id: item.dominates.models for item in ranking.chokepoints}


def one(answer: Chokepoints, name: str) -> Chokepoint:
    return next(c for r in answer.rankings for c in r.chokepoints if c.id == name)


def adds(answer: Chokepoints, by: str = "artefact") -> dict[tuple[str, str], int]:
    (ranking,) = (item for item in answer.pairs if item.by == by)
    return {
        tuple(sorted(half.id for half in pair.halves)): pair.adds.models  # type: ignore[misc]
        for pair in ranking.pairs
    }


def test_a_diamond(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "a finetune r", "b finetune r", "m merge a", "m merge b",
        "x adapter m", scratch=("r",), downloads={"a": 5, "m": 7, "x": 9},
    )  # fmt: skip
    answer = chokepoints(graph, ["artefact"], pairs=True)
    assert counts(answer) == {"o/r": 4, "o/m": 1}
    assert one(answer, "o/r").dominates == Dominated(4, 21, 1, 4, 0)
    assert adds(answer) == {("o/a", "o/b"): 2}
    (pair,) = answer.pairs[0].pairs
    assert pair.adds == pair.together == Dominated(2, 16, 0, 2, 0)
    assert answer.pairs[0].complete
    assert (answer.n_models, answer.known, answer.undeclared, answer.in_part) == (
        5, 5, 0, 0,
    )  # fmt: skip


def test_two_models_of_one_owner_are_one_chokepoint(tmp_path: Path) -> None:
    """No single node is on every path to the merge, but the owner is."""
    graph = draw(
        tmp_path, "m merge p/x", "m merge p/y", "n merge p/x", "n merge q/z",
        scratch=("p/x", "p/y", "q/z"), owners={"p": "body"},
    )  # fmt: skip
    answer = chokepoints(graph, pairs=True)
    assert counts(answer) == {}
    assert counts(answer, "namespace") == {"@p": 1}
    assert counts(answer, "developer") == {"developer:body": 1}
    assert one(answer, "@p").own_models == 2
    assert adds(answer) == {("p/x", "p/y"): 1, ("p/x", "q/z"): 1}
    assert adds(answer, "namespace") == {("@p", "@q"): 1}
    assert adds(answer, "developer") == {("@q", "developer:body"): 1}
    (found,) = chokepoints_of(graph, "o/m", ["namespace"]).by
    assert [(item.id, item.through) for item in found.singles] == [
        ("@p", ("p/x", "p/y"))
    ]


def test_what_an_owner_has_itself_is_no_victim(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "p/b finetune p/a", "q/c finetune p/b", "q/m merge q/c",
        "q/m merge r/d", "s/z finetune q/m", scratch=("p/a", "r/d"),
    )  # fmt: skip
    answer = chokepoints(graph, ["namespace"], pairs=True)
    assert counts(answer, "namespace") == {"@p": 1, "@q": 1}
    assert adds(answer, "namespace") == {("@p", "@r"): 2}
    (pair,) = answer.pairs[0].pairs
    # q/c hangs on @p alone; q/m, and s/z through it, on the two together.
    assert pair.together.models == 3
    assert [half.alone.models for half in pair.halves] == [1, 0]


def test_a_cycle_counts_as_one(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "p/a finetune q/b", "q/b finetune p/a", "c finetune p/a",
        "d merge q/b", "d merge r/x", "e merge d", "e merge r/x", scratch=("r/x",),
    )  # fmt: skip
    answer = chokepoints(graph, pairs=True)
    (first,) = answer.rankings[0].chokepoints
    assert (first.cycle, first.own_models, first.dominates.models) == (
        ("p/a", "q/b"), 2, 1,
    )  # fmt: skip
    pair, other = answer.pairs[0].pairs
    assert [half.cycle for half in pair.halves].count(("p/a", "q/b")) == 1
    assert (pair.adds.models, pair.together.models) == (2, 3)
    assert {half.id for half in other.halves} == {"o/d", "r/x"}
    assert other.adds.models == 1
    # Each owner takes the whole root with it: the other's model and what stands on it.
    assert counts(answer, "namespace") == {"@p": 2, "@q": 2}
    (found,) = chokepoints_of(graph, "o/c", ["artefact"]).by
    assert [item.through for item in found.singles] == [("p/a", "q/b")]


def test_mirrors_are_named(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "q/copy mirror_of p/r", "c finetune q/copy", "d finetune p/r",
        scratch=("p/r",),
    )  # fmt: skip
    answer = chokepoints(graph)
    assert counts(answer) == {"p/r": 3, "q/copy": 1}
    for name, other in (("p/r", "q/copy"), ("q/copy", "p/r"), ("@p", "q/copy")):
        found = one(answer, name).substitutes
        assert found is not None
        assert [item.id for item in found.mirrors] == [other]
        assert (found.n_mirrored, found.n_members) == (1, 1)


def test_a_parent_never_seen_is_a_chokepoint_of_unknown_lineage(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "c finetune p/ghost", "d finetune c", phantoms=("p/ghost",),
        nodes=("lone",),
    )  # fmt: skip
    answer = chokepoints(graph, ["artefact"])
    assert counts(answer) == {"p/ghost": 2, "o/c": 1}
    ghost = one(answer, "p/ghost")
    assert (ghost.state, ghost.own_models) == ("unknown", 0)
    assert (answer.n_models, answer.known, answer.undeclared, answer.in_part) == (
        3, 0, 1, 2,
    )  # fmt: skip
    found = chokepoints_of(graph, "o/d", ["artefact"])
    assert found.lineage == "in part"
    assert [(item.id, item.known) for item in found.ends] == [("p/ghost", False)]
    assert [item.id for item in found.by[0].singles] == ["o/c", "p/ghost"]


def test_undeclared_is_not_none(tmp_path: Path) -> None:
    graph = draw(tmp_path, "c finetune r", nodes=("lone",), scratch=("r",))
    lone, root = chokepoints_of(graph, "o/lone"), chokepoints_of(graph, "o/r")
    assert (lone.lineage, root.lineage) == ("undeclared", "known")
    assert all(not part.singles for answer in (lone, root) for part in answer.by)


def test_siblings_were_made_in_the_same_way_and_stay(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "d finetune p/r", "x finetune d", "s finetune p/r", "s2 finetune p/r",
        "t adapter s2", "gone finetune p/r", "g quantized p/r", "e finetune d",
        "y finetune e", "both finetune p/r", "both merge d", scratch=("p/r",),
        states={"gone": "gone"},
    )  # fmt: skip
    answer = chokepoints(graph, ["artefact"])
    found = one(answer, "o/d").substitutes
    assert found is not None
    # The most built-on first; "both" stands on the chokepoint too.
    assert [(item.id, item.built_on) for item in found.siblings] == [
        ("o/s2", 1), ("o/s", 0),
    ]  # fmt: skip
    assert {item.ancestor for item in found.siblings} == {"p/r"}
    root = one(answer, "p/r").substitutes
    assert root is not None
    assert (root.n_siblings, root.n_mirrored) == (0, 0)
    # x was made from d as e was.
    other = one(answer, "o/e").substitutes
    assert other is not None
    assert [(item.id, item.ancestor) for item in other.siblings] == [("o/x", "o/d")]


def test_without_siblings_of_the_parent_those_further_up_are_sought(
    tmp_path: Path,
) -> None:
    graph = draw(
        tmp_path, "d finetune p/r", "e finetune d", "y finetune e", "s finetune p/r",
        scratch=("p/r",),
    )  # fmt: skip
    found = one(chokepoints(graph, ["artefact"]), "o/e").substitutes
    assert found is not None
    assert [(item.id, item.ancestor) for item in found.siblings] == [("o/s", "p/r")]
    not_searched = one(chokepoints(graph, ["artefact"], searched=0), "o/e")
    assert not_searched.substitutes is None


def test_an_earlier_day(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "a finetune r", "m merge a", "m merge s", "x finetune m",
        scratch=("r", "s"),
        days={"r": "2023-01-01", "a": "2023-02-01", "s": "2024-01-01",
              "m": "2023-03-01", "x": "2023-04-01"},
    )  # fmt: skip
    before = chokepoints(graph, ["artefact"], as_of=date(2023, 6, 1))
    assert counts(before) == {"o/r": 3, "o/a": 2, "o/m": 1}
    # Another parent of m was named that did not exist then: not all is known of m and x.
    assert (before.n_models, before.known, before.in_part) == (4, 2, 2)
    assert counts(chokepoints(graph, ["artefact"])) == {"o/r": 1, "o/m": 1}
    then = chokepoints_of(graph, "o/x", ["artefact"], as_of=date(2023, 6, 1))
    assert [item.id for item in then.by[0].singles] == ["o/m", "o/a", "o/r"]
    with pytest.raises(InvalidArgumentError, match="came on 2023-04-01"):
        chokepoints_of(graph, "o/x", as_of=date(2023, 3, 15))


def test_paths_bring_their_evidence(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "a finetune r catalog", "b quantized a", scratch=("r",), nodes=()
    )
    found = chokepoints_of(graph, "o/b", ["artefact"]).by[0].singles
    assert [(item.id, item.distance) for item in found] == [("o/a", 1), ("o/r", 2)]
    assert [(s.child, s.parent, s.relation, s.sources) for s in found[1].path] == [
        ("o/b", "o/a", "quantized", ("hub:baseModels",)),
        ("o/a", "o/r", "finetune", ("catalog",)),
    ]


def test_bad_questions(tmp_path: Path) -> None:
    graph = draw(tmp_path, "app-x uses r", scratch=("r",))
    for arguments in (
        {"by": ["colour"]},
        {"by": []},
        {"weight": "stars"},
        {"limit": -1},
    ):
        with pytest.raises(InvalidArgumentError):
            chokepoints(graph, **arguments)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="is no model"):
        chokepoints_of(graph, "spaces/o/app-x")


@pytest.mark.parametrize("by", BY)
def test_the_catalogue_agrees_with_what_breaks(
    catalogue: LineageGraph, by: str
) -> None:
    """What hangs on something is what is captive to it when it is deleted."""
    (ranking,) = chokepoints(catalogue, [by], limit=25).rankings
    for item in ranking.chokepoints:
        targets = item.cycle or (item.id,)
        (outcome,) = what_breaks(catalogue, targets, ["deleted"]).outcomes
        captive = {
            victim.id for victim in outcome.victims
            if victim.captive and victim.kind == "model"
            and not catalogue.columns.phantom[catalogue.find(victim.id)]
        }  # fmt: skip
        assert len(captive) == item.dominates.models, item.id
        some = sorted(captive)[0]
        (found,) = chokepoints_of(catalogue, some, [by]).by
        assert item.id in {single.id for single in found.singles}


def test_the_catalogue_has_the_chokepoints_that_everybody_names(
    catalogue: LineageGraph,
) -> None:
    answer = chokepoints(catalogue, limit=10)
    artefacts, _, developers = answer.rankings
    assert {"meta-llama/Llama-3.1-8B", "mistralai/Mistral-7B-v0.1",
            "meta-llama/Llama-2-7b-hf"} <= {c.id for c in artefacts.chokepoints}  # fmt: skip
    assert developers.chokepoints[0].id == "developer:meta"
    assert artefacts.truncated == artefacts.n_found - 10
    assert answer.n_models == answer.known + answer.undeclared + answer.in_part
    known = chokepoints_of(catalogue, "runwayml/stable-diffusion-v1-5", ["artefact"])
    assert [item.id for item in known.by[0].singles] == [
        "CompVis/stable-diffusion-v1-2", "CompVis/stable-diffusion-v1-1",
    ]  # fmt: skip
