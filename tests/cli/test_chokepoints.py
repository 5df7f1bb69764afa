"""``headwater chokepoints``: what a person and a program get to see."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.drawing import draw


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a small graph with everything in it where the command looks."""
    folder = tmp_path / "drawn"
    draw(
        folder, "a finetune p/r", "b finetune p/r", "m merge a", "m merge b",
        "q/copy mirror_of p/r", "c finetune ghost", "y finetune z", "z finetune y",
        "w finetune y", nodes=("lone",), phantoms=("ghost",), scratch=("p/r",),
        downloads={"a": 5}, states={"p/r": "gated"},
    )  # fmt: skip
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(folder))


def test_text_says_what_hangs_and_what_is_unknown(drawn: None, run: Run) -> None:
    ran = run("chokepoints", "--by", "artefact", "--pairs")
    assert ran.code == 0, ran.err
    for words in (
        "Single points of failure of 10 models",
        "unknown, not nothing",
        "mirrors: q/copy",
        "siblings: none known",
        "gated",
        "never seen, only named",
        "a cycle of 2: o/y, o/z",
        "5 +?",
        "All pairs are found: 1.",
        "alone: 0",
    ):
        assert words in ran.out, words


def test_a_limit_is_said(drawn: None, run: Run) -> None:
    ran = run("chokepoints", "--by", "artefact", "--limit", "1", "--pairs")
    assert "more artefacts on which other models hang" in ran.out


def test_json_is_complete(drawn: None, run: Run) -> None:
    answer: Any = run("chokepoints", "--json", "--pairs").json
    assert [item["by"] for item in answer["rankings"]] == [
        "artefact", "namespace", "developer",
    ]  # fmt: skip
    artefacts = answer["rankings"][0]
    assert artefacts["truncated"] == 0
    assert artefacts["n_found"] == len(artefacts["chokepoints"])
    first = artefacts["chokepoints"][0]
    assert first["id"] == "p/r"
    assert first["dominates"] == {
        "models": 4, "downloads": 5, "downloads_unknown": 3, "weight": 4,
        "weight_unknown": 0,
    }  # fmt: skip
    assert first["substitutes"]["mirrors"][0]["id"] == "q/copy"
    assert answer["pairs"][0]["pairs"][0]["adds"]["models"] == 1
    assert answer["undeclared"] == 3  # lone, and the two on the cycle
    assert (
        answer["in_part"] == 2
    )  # what stands on the cycle, and on what was never seen


def test_csv_names_what_was_not_searched(drawn: None, run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("chokepoints", "--csv").out)))
    assert rows[0]["id"] == "p/r"
    assert (rows[0]["mirrors"], rows[0]["n_siblings"]) == ("q/copy", "0")
    pairs = list(
        csv.DictReader(io.StringIO(run("chokepoints", "--csv", "--pairs").out))
    )
    assert (pairs[0]["first"], pairs[0]["second"]) == ("o/a", "o/b")
    assert pairs[0]["adds_models"] == "1"


def test_one_model(drawn: None, run: Run) -> None:
    ran = run("chokepoints", "o/m", "--pairs")
    assert ran.code == 0, ran.err
    for words in (
        "It stands on 3 models; all paths are known up to p/r.",
        "merge →",
        "[hub:baseModels]",
        "o/a or o/b",
    ):
        assert words in ran.out, words
    answer: Any = run("chokepoints", "o/m", "--json").json
    assert [item["id"] for item in answer["by"][0]["singles"]] == ["p/r"]
    assert answer["by"][0]["pairs_complete"] is None
    rows = list(csv.DictReader(io.StringIO(run("chokepoints", "o/m", "--csv").out)))
    assert rows[0]["path"].endswith("finetune → p/r [hub:baseModels]")
    assert run("chokepoints", "o/m", "--csv", "--pairs").out.splitlines() == [
        "by,first,second", "artefact,o/a,o/b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("o/lone", "unknown, not nothing"),
        ("o/c", "Nobody has said what is above o/ghost"),
        ("p/r", "It is a root"),
    ],
)
def test_what_is_not_known_is_said(
    drawn: None, run: Run, name: str, words: str
) -> None:
    ran = run("chokepoints", name)
    assert words in " ".join(ran.out.split())


@pytest.mark.parametrize(
    "arguments",
    [("--by", "colour"), ("--weight", "stars"), ("nobody/knows",), ("--as-of", "soon"),
     ("--limit", "-1"), ("o/m", "--weight", "likes"), ("@o",)],
)  # fmt: skip
def test_wrong_usage_ends_with_2(
    drawn: None, run: Run, arguments: tuple[str, ...]
) -> None:
    ran = run("chokepoints", *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_the_catalogue_as_of_a_day(ask: Run) -> None:
    ran = ask("chokepoints", "--as-of", "2023-06-01", "--by", "developer")
    assert ran.code == 0, ran.err
    assert "as of 2023-06-01" in ran.out
    assert "Meta" in ran.out
