"""``headwater licences``: what a person reads, and what a program does."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.cli.conftest import Run

NOTICE = "not legal advice"


def test_a_conflict_names_what_is_dropped_and_whose_it_is(ask: Run) -> None:
    ran = ask("licences", "lmsys/vicuna-13b-delta-v0")
    assert ran.code == 0
    assert "conflict: the declared licence drops" in ran.out
    assert "noncommercial  dropped   off-hub/meta/llama-13b" in ran.out
    assert NOTICE in ran.out


def test_a_licence_that_is_kept(ask: Run) -> None:
    ran = ask("licences", "databricks/dolly-v2-12b")
    assert "kept: every obligation" in ran.out
    assert "EleutherAI/pythia-12b" in ran.out
    own = ask("licences", "stabilityai/stablelm-tuned-alpha-7b")
    assert "inherits no obligation from another owner" in own.out


def test_the_name_rule_is_told(ask: Run) -> None:
    ran = ask("licences", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B")
    told = " ".join(ran.out.split())
    assert "wants the name to begin with 'Llama': it does not" in told


def test_an_unlisted_licence_is_said_to_be_one(ask: Run) -> None:
    ran = ask("licences", "mistralai/Mistral-Large-Instruct-2407")
    assert "unknown: it cannot be told" in ran.out
    assert "its licence is not in the table" in ran.out


@pytest.mark.parametrize("option", [(), ("--conflicts",), ("--drift",)])
def test_surveys_say_what_they_are_not(ask: Run, option: tuple[str, ...]) -> None:
    ran = ask("licences", *option)
    assert (ran.code, NOTICE in ran.out) == (0, True)
    answer: Any = ask("licences", *option, "--json").json
    assert NOTICE in answer["notice"]
    table = ask("licences", *option, "--csv")
    assert NOTICE in table.err
    assert NOTICE not in table.out


def test_conflicts_can_be_limited(ask: Run) -> None:
    few: Any = ask("licences", "--conflicts", "--limit", "2", "--json").json
    every: Any = ask("licences", "--conflicts", "--json").json
    assert (len(few["conflicts"]), every["truncated"]) == (2, 0)
    assert few["truncated"] == len(every["conflicts"]) - 2
    assert "more; --limit shows more of them" in ask(
        "licences", "--conflicts", "--limit", "2"
    ).out  # fmt: skip
    rows = list(
        csv.DictReader(io.StringIO(ask("licences", "--conflicts", "--csv").out))
    )
    assert [row["id"] for row in rows] == [item["id"] for item in every["conflicts"]]


def test_the_survey_is_the_same_in_every_form(ask: Run) -> None:
    answer: Any = ask("licences", "--json").json
    assert (sum(answer["verdicts"].values()), answer["conflicts"]) == (
        answer["n_models"], [],
    )  # fmt: skip
    rows = csv.DictReader(io.StringIO(ask("licences", "--csv").out))
    assert {row["verdict"]: int(row["models"]) for row in rows} == answer["verdicts"]


def test_two_questions_at_once_are_wrong_usage(ask: Run) -> None:
    ran = ask("licences", "Vicuna 13B", "--drift")
    assert (ran.code, ran.out) == (2, "")
    assert "one of them" in ran.err
    assert ask("licences", "datasets/EleutherAI/pile").code == 2
