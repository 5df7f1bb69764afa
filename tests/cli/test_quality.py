"""``headwater quality`` and ``headwater diff-sources`` as a user sees them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.store import SnapshotStore
from headwater.queries.quality_classes import CLASSES
from tests.cli.conftest import Run
from tests.drawing import draw, draw_batch

LINES = (
    "b finetune a hub:cardData", "b quantized a hub:tag", "c finetune a hub:tag",
    "c merge gone hub:cardData", "d finetune gone", "e trained_on data-x hub:cardData",
)  # fmt: skip


@pytest.fixture
def drawn(tmp_path: Path) -> str:
    draw(tmp_path / "drawn", *LINES, phantoms=("gone",), downloads={"c": 1234})
    return str(tmp_path / "drawn")


def test_the_report_has_every_class_and_fits_the_terminal(run: Run, drawn: str) -> None:
    ran = run("quality", "--data-dir", drawn)
    assert (ran.code, ran.err) == (0, "")
    for item in CLASSES:
        assert item.title in ran.out
    assert "o/gone" in ran.out
    assert "source of edges" in ran.out
    assert "5 accepted edges, 3 of them disputed" in ran.out
    assert "2 stand on it, 2 of them directly" in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 120


def test_a_narrow_terminal(
    run: Run, drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in (["quality"], ["diff-sources", "hub:cardData", "hub:tag"]):
        ran = run(*command, "--data-dir", drawn)
        assert ran.code == 0
        assert max(len(line) for line in ran.out.splitlines()) <= 80


def test_json_agrees_with_the_tables(ask: Run) -> None:
    answer: Any = ask("quality", "--json", "--limit", "3").json
    found = {item["name"]: item for item in answer["findings"]}
    assert [item.name for item in CLASSES] == list(found)
    for name, query in {
        "undeclared_lineage": "SELECT count(*) AS n FROM nodes "
        "WHERE root_status = 'undeclared'",
        "licence_gaps": "SELECT count(*) AS n FROM nodes WHERE NOT phantom AND "
        "licence_status IN ('absent', 'unknown')",
        "self_loops": "SELECT count(*) AS n FROM edges WHERE standing = 'self'",
        "older_children": "SELECT count(*) AS n FROM edges "
        "JOIN nodes c ON c.id = child JOIN nodes p ON p.id = parent "
        "WHERE standing = 'accepted' AND relation NOT IN "
        "('uses', 'mirror_of', 'method', 'successor_of') AND "
        "coalesce(c.released, c.created) < coalesce(p.released, p.created)",
        "several_relations": "SELECT count(*) AS n FROM (SELECT edge FROM claims "
        "JOIN edges USING (edge) WHERE stance = 'asserts' AND standing <> 'self' AND "
        "claims.relation <> 'unspecified' GROUP BY edge "
        "HAVING count(DISTINCT claims.relation) > 1)",
    }.items():
        rows: Any = ask("sql", query, "--json").json
        assert rows[0]["n"] == found[name]["count"], name
    for item in found.values():
        assert len(item["examples"]) <= 3
        assert item["meaning"].endswith(".")
        assert item["advice"].endswith(".")


def test_equal_questions_get_equal_bytes(ask: Run) -> None:
    assert ask("quality", "--json").out == ask("quality", "--json").out


def test_foreign_text_is_no_markup(run: Run, tmp_path: Path) -> None:
    reason = "base_model/[bold]local_path"
    skipped = {
        "skipped": {reason: 1, "base_model/local_path": 1},
        "skipped_examples": {"base_model/local_path": ["o/a: [red]C:/x[/red]"]},
    }
    content = compile_snapshot(to_tables([draw_batch("b finetune a")]))
    SnapshotStore(tmp_path / "odd").publish(content, [skipped])
    ran = run("quality", "--data-dir", str(tmp_path / "odd"))
    assert ran.code == 0
    assert "[red]C:/x[/red]" in ran.out
    assert reason in ran.out


def test_diff_sources_shows_both_sides(run: Run, drawn: str) -> None:
    ran = run("diff-sources", "hub:cardData", "hub:tag", "--data-dir", drawn)
    assert ran.code == 0
    assert "Both assert it, with different relations" in ran.out
    assert "Only hub:tag asserts it" in ran.out
    assert "1,234" in ran.out


def test_diff_sources_json_and_csv(run: Run, drawn: str) -> None:
    question = ("diff-sources", "hub:cardData", "hub:tag", "--data-dir", drawn)
    answer: Any = run(*question, "--json").json
    rows = list(csv.DictReader(io.StringIO(run(*question, "--csv").out)))
    assert [row["outcome"] for row in rows] == ["relation", "only_a", "only_b"]
    assert [item["parent"] for item in answer["differences"]] == [
        row["parent"] for row in rows
    ]
    assert (rows[0]["relations_a"], rows[0]["relations_b"]) == ("finetune", "quantized")
    assert {item["topic"]: item["only_a"] for item in answer["topics"]} == {
        "models": 0, "datasets": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(("diff-sources", "catalog", "hub:tag"), "catalog"),
     (("diff-sources", "catalog", "catalog"), "two sources"),
     (("diff-sources", "catalog"), ""), (("quality", "--limit", "-1"), "")],
)  # fmt: skip
def test_wrong_usage(ask: Run, arguments: tuple[str, ...], word: str) -> None:
    ran = ask(*arguments)
    assert ran.code == 2
    assert word in ran.err + ran.out
    assert "Traceback" not in ran.err


def test_help_has_examples(run: Run) -> None:
    assert "headwater quality --limit 100 --json" in run("quality", "--help").out
    assert "catalog ecosystem-graphs" in run("diff-sources", "--help").out
