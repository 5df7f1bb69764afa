"""``headwater what-breaks`` as people and programs use it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.cli.conftest import Run

EVENTS = ["frozen", "gated", "deleted", "relicensed"]


def test_json_has_the_documented_shape(ask: Run) -> None:
    ran = ask("what-breaks", "llama", "--json")
    assert ran.code == 0
    answer: Any = ran.json
    assert {"snapshot", "targets", "events", "unknown"} <= set(answer)
    assert answer["targets"] == ["family:llama"]
    assert list(answer["events"]) == EVENTS
    for event in answer["events"].values():
        assert answer["unknown"] == event["counts"]["unknown"]
        assert event["victims"], "every victim is listed, not only the first"
        hit = sum(
            n for v, n in event["counts"].items() if v not in ("unaffected", "unknown")
        )
        assert hit == len(event["victims"])
        for victim in event["victims"]:
            assert {"id", "name", "kind", "verdict", "captive", "depth", "downloads", "mirror",
                    "proof"} <= set(victim)  # fmt: skip
            assert victim["depth"] == len(victim["proof"])
            for step in victim["proof"]:
                assert {"child", "parent", "relation", "sources"} <= set(step)
                assert step["sources"]


def test_same_question_same_bytes(ask: Run) -> None:
    assert ask("what-breaks", "the pile", "--json").out == ask(
        "what-breaks", "pile", "--json"
    ).out.replace('"pile"', '"the pile"')


def test_table_echoes_what_the_name_was_taken_to_mean(ask: Run) -> None:
    ran = ask("what-breaks", "meta")
    assert ran.code == 0
    assert "meta is taken as developer:meta" in ran.out
    assert all(event in ran.out for event in EVENTS)
    assert "never counted as safe" in ran.out


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_table_fits_the_terminal(
    ask: Run, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = ask("what-breaks", "llama").out.splitlines()
    assert max(map(len, lines)) <= int(width)


def test_csv_lists_every_victim_once_an_event(ask: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("what-breaks", "openai", "--csv").out)))
    keys = [(row["event"], row["id"]) for row in rows]
    assert len(keys) == len(set(keys)) > 100
    assert {"Alpaca"} == {
        row["name"] for row in rows if row["id"] == "off-hub/stanford/alpaca"
    }


def test_event_limit_and_split(ask: Run) -> None:
    ran = ask("what-breaks", "meta", "-e", "deleted", "--limit", "3", "--split-by", "developer",
              "--json")  # fmt: skip
    answer: Any = ran.json
    (event,) = answer["events"].values()
    assert len(event["victims"]) == 3
    assert event["truncated"] > 0
    parts = event["splits"]["developer"]
    total = event["truncated"] + 3
    assert total == sum(part["artefacts"] for part in parts)
    # Largest first; of equal parts the unknown one, then by key.
    assert parts == sorted(
        parts,
        key=lambda part: (-part["artefacts"], part["key"] != "unknown", part["key"]),
    )


def test_as_of_looks_back(ask: Run) -> None:
    now: Any = ask("what-breaks", "llama", "--json").json
    then: Any = ask("what-breaks", "llama", "--as-of", "2023-04-01", "--json").json
    assert then["as_of"] == "2023-04-01"
    assert then["outside"] < now["outside"]
    names = {victim["name"] for victim in then["events"]["frozen"]["victims"]}
    assert "Alpaca" in names
    assert "Code Llama" not in names


def test_several_targets_are_one_set(ask: Run) -> None:
    answer: Any = ask("what-breaks", "LLaMA 7B", "developer:openai", "--json").json
    assert answer["targets"] == ["off-hub/meta/llama-7b", "developer:openai"]
    assert answer["members"] == sum(
        target["n_members"] for target in answer["resolved"]
    )


def test_a_licence_is_a_target(ask: Run) -> None:
    ran = ask("what-breaks", "licence:llama2", "-e", "relicensed", "--json")
    answer: Any = ran.json
    assert answer["events"]["relicensed"]["counts"]["encumbered"] > 0


def test_unknown_target_is_an_error_with_near_matches(ask: Run) -> None:
    ran = ask("what-breaks", "lama-2-7b")
    assert ran.code == 2
    assert "llama" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert ran.out == ""


@pytest.mark.parametrize(
    "name", ["zzzzqqqq", "no-such-org/no-such-model", "developer:nobody"]
)
def test_nonsense_is_refused_politely(ask: Run, name: str) -> None:
    ran = ask("what-breaks", name)
    assert ran.code == 2
    assert name in ran.err
    assert "Traceback" not in ran.err


def test_an_ambiguous_name_is_never_guessed(ask: Run) -> None:
    ran = ask("what-breaks", "licence:llama2", "--event", "melted")
    assert ran.code == 2
    assert "frozen" in ran.err


def test_bad_day(ask: Run) -> None:
    assert ask("what-breaks", "llama", "--as-of", "yesterday").code == 2
