"""Licences: each rule worked by hand, and all of them against a slow oracle."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import ROOT_STATUSES
from headwater.queries.licence_conflicts import survey_licences
from headwater.queries.licence_flow import VERDICT_NAMES, licence_flow
from headwater.queries.licences import ModelLicence, model_licence
from tests.queries.licensed import NONE, Oracle, draw_licensed


def brought(answer: ModelLicence, obligation: str) -> list[tuple[str, str, int]]:
    return [
        (item.source, item.standing, len(item.path))
        for item in answer.inherited
        if item.obligation == obligation
    ]


def test_an_open_tag_on_a_noncommercial_ancestor_is_a_conflict(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "p/b finetune o/a", "q/c quantized p/b", scratch=("o/a",),
        licences={"o/a": "cc-by-nc-4.0", "p/b": "cc-by-nc-4.0", "q/c": "apache-2.0"},
    )  # fmt: skip
    answer = model_licence(graph, "q/c")
    assert answer.verdict == "conflict"
    assert brought(answer, "noncommercial") == [
        ("p/b", "dropped", 1), ("o/a", "dropped", 2),
    ]  # fmt: skip
    assert [step.parent for step in answer.inherited[1].path] == ["p/b", "o/a"]
    assert model_licence(graph, "p/b").verdict == "kept"
    assert model_licence(graph, "o/a").verdict == "root"
    assert "not legal advice" in answer.notice


def test_two_ways_to_one_source_give_the_shortest(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "p/b finetune o/a", "q/c merge p/b", "q/c merge o/a",
        scratch=("o/a",),
        licences={"o/a": "gpl-3.0", "p/b": "gpl-3.0", "q/c": "mit"},
    )  # fmt: skip
    answer = model_licence(graph, "q/c")
    assert brought(answer, "share_alike") == [
        ("o/a", "dropped", 1), ("p/b", "dropped", 1),
    ]  # fmt: skip


def test_a_merge_bears_the_obligations_of_all_parents(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "r/m merge p/a", "r/m merge q/b", scratch=("p/a", "q/b"),
        licences={"p/a": "cc-by-sa-4.0", "q/b": "cc-by-nc-4.0", "r/m": "cc-by-nc-4.0"},
    )  # fmt: skip
    answer = model_licence(graph, "r/m")
    assert (answer.verdict, brought(answer, "share_alike")) == (
        "conflict", [("p/a", "dropped", 1)],
    )  # fmt: skip
    assert brought(answer, "noncommercial") == [("q/b", "kept", 1)]


def test_a_quantised_copy_without_a_licence_misses_one(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "q/b quantized p/a", "r/c quantized p/a", scratch=("p/a",),
        licences={"p/a": "llama3.1", "q/b": NONE},
    )  # fmt: skip
    missing, unseen = model_licence(graph, "q/b"), model_licence(graph, "r/c")
    assert (missing.verdict, missing.licence_status) == ("missing", "absent")
    assert (unseen.verdict, unseen.licence_status) == ("unknown", "unknown")
    assert brought(missing, "named_use") == [("p/a", "undeclared", 1)]
    assert missing.unresolved[0].reason == "absent"
    assert survey_licences(graph).verdicts == {
        "conflict": 0, "missing": 1, "unknown": 1, "kept": 0, "root": 1,
    }  # fmt: skip


@pytest.mark.parametrize("word", ["my-own-terms", "other", "unknown"])
def test_a_licence_that_the_table_does_not_know_is_never_no_obligation(
    tmp_path: Path, word: str
) -> None:
    graph = draw_licensed(
        tmp_path, "q/b finetune p/a", "r/c finetune q/b", scratch=("p/a",),
        licences={"p/a": word, "q/b": "mit", "r/c": word},
    )  # fmt: skip
    answer = model_licence(graph, "q/b")
    assert (answer.verdict, answer.inherited) == ("unknown", ())
    assert [(item.source, item.reason) for item in answer.unresolved] == [
        ("p/a", "unlisted")
    ]
    assert model_licence(graph, "r/c").verdict == "unknown"
    assert survey_licences(graph).unlisted == 2


def test_what_is_unknown_of_a_licence_is_kept_by_the_same_licence(
    tmp_path: Path,
) -> None:
    """Whether Llama 2 is share-alike is unknown in the table; Llama 2 keeps it anyway."""
    graph = draw_licensed(
        tmp_path, "q/b finetune p/a", "q/c finetune p/a", "r/d finetune p/x",
        scratch=("p/a", "p/x"),
        licences={"p/a": "llama2", "q/b": "Llama-2", "q/c": "llama3", "p/x": "cc",
                  "r/d": "cc"},
    )  # fmt: skip
    assert model_licence(graph, "q/b").verdict == "kept"
    other = model_licence(graph, "q/c")
    assert (other.verdict, other.unresolved[0].reason) == ("unknown", "partly_known")
    # Two that say "Creative Commons" need not mean the same one.
    assert model_licence(graph, "r/d").verdict == "unknown"


def test_on_a_cycle_all_inherit_from_all(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "p/b finetune q/c", "q/c finetune p/b", "p/b finetune o/a",
        "r/d finetune q/c", scratch=("o/a",),
        licences={"o/a": "agpl-3.0", "p/b": "mit", "q/c": "cc-by-nc-4.0", "r/d": "mit"},
    )  # fmt: skip
    dropped = {item.id: item.dropped for item in survey_licences(graph).conflicts}
    assert dropped == {
        "p/b": ("noncommercial", "share_alike"), "q/c": ("share_alike",),
        "r/d": ("noncommercial", "share_alike"),
    }  # fmt: skip
    answer = model_licence(graph, "q/c")
    assert {item.source for item in answer.inherited} == {"p/b", "o/a"}


def test_below_a_cycle_the_obligations_of_all_its_members_arrive(
    tmp_path: Path,
) -> None:
    graph = draw_licensed(
        tmp_path, "p/b finetune q/c", "q/c finetune p/b", "r/d finetune q/c",
        "s/e finetune p/b", scratch=("p/b",),
        licences={"p/b": "gpl-3.0", "q/c": "cc-by-nc-4.0", "r/d": "mit", "s/e": "mit"},
    )  # fmt: skip
    dropped = {item.id: item.dropped for item in survey_licences(graph).conflicts}
    assert dropped == {
        "p/b": ("noncommercial",), "q/c": ("share_alike",),
        "r/d": ("noncommercial", "share_alike"), "s/e": ("noncommercial", "share_alike"),
    }  # fmt: skip


def test_what_comes_round_a_cycle_is_met_by_one_model_as_by_all(tmp_path: Path) -> None:
    """Which Creative Commons licence p/b had when it went round, nobody knows."""
    graph = draw_licensed(
        tmp_path, "p/b finetune q/c", "q/c finetune p/b", scratch=("p/b",),
        licences={"p/b": "cc", "q/c": "cc0-1.0"},
    )  # fmt: skip
    code = licence_flow(graph).verdict[graph.find("p/b")]
    assert (VERDICT_NAMES[code], model_licence(graph, "p/b").verdict) == (
        "unknown",
    ) * 2


def test_an_owner_may_change_the_terms_of_its_own(tmp_path: Path) -> None:
    """p gives p/b, made of its own p/a, out under MIT; what p/b has of o/x stays."""
    graph = draw_licensed(
        tmp_path, "p/b finetune p/a", "q/c finetune p/b", "p/b merge o/x",
        "p/d finetune p/a", "q/e finetune p/d", scratch=("p/a", "o/x"),
        licences={"p/a": "cc-by-nc-4.0", "p/b": "mit", "q/c": "mit", "o/x": "gpl-3.0",
                  "p/d": NONE, "q/e": "mit"},
    )  # fmt: skip
    dropped = {item.id: item.dropped for item in survey_licences(graph).conflicts}
    # p/d declares nothing, so the terms of p/a are the last that are known.
    assert dropped == {
        "p/b": ("share_alike",), "q/c": ("share_alike",), "q/e": ("noncommercial",),
    }  # fmt: skip
    assert brought(model_licence(graph, "q/c"), "noncommercial") == []


def test_what_is_not_made_of_the_weights_inherits_nothing(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "q/b distilled_from p/a", "q/b method p/a", "r/c finetune q/b",
        "m/copy mirror_of p/a", scratch=("p/a", "q/b"),
        licences={"p/a": "cc-by-nc-4.0", "q/b": "mit", "r/c": "mit", "m/copy": "mit"},
    )  # fmt: skip
    assert model_licence(graph, "q/b").verdict == "root"
    assert model_licence(graph, "r/c").verdict == "kept"
    assert model_licence(graph, "m/copy").verdict == "conflict"


def test_undeclared_lineage_is_never_kept(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "p/b finetune p/a", "q/c finetune p/b",
        licences={"p/a": "mit", "p/b": "mit", "q/c": "mit"},
    )  # fmt: skip
    assert [model_licence(graph, name).verdict for name in ("p/a", "p/b", "q/c")] == [
        "unknown"
    ] * 3
    reasons = [item.reason for item in model_licence(graph, "q/c").unresolved]
    assert reasons == ["undeclared_lineage"]


def test_the_name_rule_is_checked(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "q/Llama-3-Zoo finetune p/a", "q/Zoo-Llama-3 finetune p/a",
        scratch=("p/a",),
        licences={"p/a": "llama3", "q/Llama-3-Zoo": "llama3", "q/Zoo-Llama-3": "llama3"},
    )  # fmt: skip
    for name, follows in (("q/Llama-3-Zoo", True), ("q/Zoo-Llama-3", False)):
        (rule,) = model_licence(graph, name).name_rules
        assert (rule.begins, rule.source, rule.is_followed) == (
            "Llama 3",
            "p/a",
            follows,
        )


def test_conflicts_come_by_downloads_and_say_what_is_left_out(tmp_path: Path) -> None:
    graph = draw_licensed(
        tmp_path, "q/b finetune p/a", "q/c finetune p/a", "q/d finetune p/a",
        scratch=("p/a",), downloads={"q/c": 7, "q/d": 9},
        licences={"p/a": "gpl-3.0", "q/b": "mit", "q/c": "mit", "q/d": "mit"},
    )  # fmt: skip
    answer = survey_licences(graph, 2)
    assert [(item.id, item.downloads) for item in answer.conflicts] == [
        ("q/d", 9), ("q/c", 7),
    ]  # fmt: skip
    assert (answer.truncated, answer.dropped["share_alike"]) == (1, 3)
    assert survey_licences(graph).conflicts[2].downloads is None
    with pytest.raises(InvalidArgumentError):
        survey_licences(graph, -1)


def test_licences_are_asked_of_models(tmp_path: Path) -> None:
    graph = draw_licensed(tmp_path, "a trained_on data-x", licences={})
    with pytest.raises(InvalidArgumentError, match="is a dataset"):
        model_licence(graph, "datasets/o/data-x")


@pytest.mark.parametrize(
    ("model", "verdict", "dropped"),
    [
        # The LLaMA of 2023 was for research; the delta of Vicuna says Apache-2.0.
        ("lmsys/vicuna-13b-delta-v0", "conflict", {"noncommercial", "research_only"}),
        ("off-hub/stanford/alpaca", "conflict", {"research_only"}),
        ("lmsys/vicuna-13b-v1.5", "kept", set()),
        ("databricks/dolly-v2-12b", "kept", set()),
        ("meta-llama/Llama-2-7b-chat-hf", "kept", set()),
        # Non-commercial above share-alike: Stability AI's own base, its own to change.
        ("stabilityai/stablelm-tuned-alpha-7b", "kept", set()),
        (
            "deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "conflict",
            {"named_use", "output_use", "user_threshold", "use_restrictions"},
        ),
        ("EleutherAI/pythia-12b", "root", set()),
    ],
)  # fmt: skip
def test_the_catalogue_as_one_would_read_it(
    catalogue: LineageGraph, model: str, verdict: str, dropped: set[str]
) -> None:
    answer = model_licence(catalogue, model)
    assert answer.verdict == verdict
    assert {
        item.obligation for item in answer.inherited if item.standing == "dropped"
    } == dropped


NAMES = [f"{owner}/m{number}" for number, owner in enumerate("aabbccdde")]
WORDS = [
    "apache-2.0", "mit", "cc-by-nc-4.0", "gpl-3.0", "llama2", "llama3.1", "gemma",
    "cc", "openrail", "cc0-1.0", "other", "strange", NONE,
]  # fmt: skip


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(
    st.sets(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from(["finetune", "merge", "quantized", "mirror_of"]),
            st.sampled_from(NAMES),
        ),
        min_size=1, max_size=14,
    ),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS)),
    st.sets(st.sampled_from(NAMES)),
)  # fmt: skip
def test_all_agree_with_the_oracle(
    edges: set[tuple[str, str, str]], licences: dict[str, str], scratch: set[str]
) -> None:
    """The whole graph at once, one model at a time, and the slow rules say the same."""
    with tempfile.TemporaryDirectory() as folder:
        graph = draw_licensed(
            Path(folder), *(" ".join(edge) for edge in sorted(edges)),
            licences=licences, nodes=tuple(NAMES), scratch=tuple(sorted(scratch)),
        )  # fmt: skip
        flow = licence_flow(graph)
        status = ROOT_STATUSES.index("undeclared")
        undeclared = {
            graph.ids[node]
            for node in np.flatnonzero(graph.columns.root_status == status).tolist()
        }
        links = [(child, parent) for child, _, parent in edges]
        oracle = Oracle(
            [*links, *((name, name) for name in NAMES)],
            licences, {name: name[0] for name in NAMES}, undeclared,
        )  # fmt: skip
        for name in NAMES:
            _compare(graph, oracle, name, VERDICT_NAMES[flow.verdict[graph.find(name)]])


def _compare(graph: LineageGraph, oracle: Oracle, name: str, verdict: str) -> None:
    answer = model_licence(graph, name)
    assert (answer.verdict, verdict) == (oracle.verdict(name),) * 2
    dropped = {
        item.obligation for item in answer.inherited if item.standing == "dropped"
    }
    assert dropped == oracle.dropped(name)
    assert {item.source for item in answer.inherited} <= oracle.sources[name]
    for item in (*answer.inherited, *answer.unresolved):
        ends = [answer.id, *(step.parent for step in item.path)]
        assert ends[-1] == item.source
        assert [step.child for step in item.path] == ends[:-1]
