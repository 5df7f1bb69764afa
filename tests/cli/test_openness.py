"""``headwater openness``: import a small index, ask about it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

PYTHIA = """
system: {name: Pythia Pets, basemodelname: pythia-12b, endmodelname: dolly-v2-12b}
org: {name: The Zoo}
weights_basemodel: {class: open, link: "https://huggingface.co/EleutherAI/pythia-12b"}
weights_endmodel: {class: open, link: "https://huggingface.co/databricks/dolly-v2-12b"}
datasources_basemodel: {class: partial, link: "https://x.org/[red]data[/red]"}
paper: {class: closed}
"""


@pytest.fixture
def asked(run: Run, tmp_path: Path) -> Run:
    """Return the command line with the small index imported."""
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "pets.yaml").write_text(PYTHIA)
    assert run("import", "osai-index", str(folder)).code == 0
    return run


def test_a_model_and_what_it_stands_on(asked: Run) -> None:
    ran = asked("openness", "databricks/dolly-v2-12b")
    assert ran.code == 0
    assert "its least open root is partial" in ran.out
    assert "EleutherAI/pythia-12b, established: partial" in ran.out
    assert "https://x.org/[red]data[/red]" in ran.out
    assert "itself, as the index judges it" in ran.out
    assert "https://osai-index.eu/" in ran.out
    other = asked("openness", "gpt2")
    assert "The index does not list it." in other.out
    assert "it cannot be told: not the same as closed" in other.out


def test_machines_read_it_too(asked: Run) -> None:
    answer: Any = asked("openness", "databricks/dolly-v2-12b", "--json").json
    assert (answer["openness"], len(answer["own"])) == ("partial", 4)
    rows = list(
        csv.DictReader(
            io.StringIO(asked("openness", "databricks/dolly-v2-12b", "--csv").out)
        )
    )
    assert {row["criterion"] for row in rows} == {
        "weights_basemodel", "datasources_basemodel",
    }  # fmt: skip


def test_all_models_are_summed_up(asked: Run) -> None:
    ran = asked("openness")
    assert (ran.code, "by 1 system of the index" in ran.out) == (0, True)
    answer: Any = asked("openness", "--json").json
    assert sum(item["share"] for item in answer["classes"]) == pytest.approx(1)
    rows = list(csv.DictReader(io.StringIO(asked("openness", "--csv").out)))
    assert [row["openness"] for row in rows][:3] == ["open", "partial", "closed"]
    sql = asked(
        "sql", "select openness, count(*) n from openness group by 1 order by 1"
    )
    assert "partial" in sql.out


def test_without_the_index_it_is_said_how_to_get_it(ask: Run) -> None:
    ran = ask("openness")
    assert (ran.code, ran.out) == (1, "")
    assert "headwater import osai-index FOLDER" in ran.err
