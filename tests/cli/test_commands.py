"""The other commands, their errors and their exit codes."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run


def test_lineage_json_shape(ask: Run) -> None:
    answer: Any = ask("lineage", "Vicuna", "--json").json
    assert answer["id"] == "lmsys/vicuna-13b-delta-v0"
    assert {"id", "depth"} <= set(answer["ancestors"][0])
    for edge in answer["edges"]:
        assert {"child", "parent", "relation", "disputed", "sources"} <= set(edge)
    ids = {
        answer["id"],
        *(item["id"] for item in answer["ancestors"] + answer["descendants"]),
    }
    lineage_edges = [edge for edge in answer["edges"] if edge["relation"] != "method"]
    assert {e["child"] for e in lineage_edges} | {
        e["parent"] for e in lineage_edges
    } <= ids


def test_lineage_tree(ask: Run) -> None:
    ran = ask("lineage", "Alpaca")
    assert ran.code == 0
    assert "off-hub/meta/llama-7b" in ran.out
    assert "Stands on" in ran.out


def test_lineage_csv_and_bounds(ask: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("lineage", "LLaMA 7B", "--csv").out)))
    near = list(
        csv.DictReader(
            io.StringIO(ask("lineage", "LLaMA 7B", "--depth", "1", "--csv").out)
        )
    )
    assert 0 < len(near) < len(rows)
    assert {"1"} == {row["depth"] for row in near}


def test_lineage_of_a_developer_says_what_to_ask(ask: Run) -> None:
    ran = ask("lineage", "developer:meta")
    assert ran.code == 2
    assert "what-breaks" in ran.err


def test_why(ask: Run) -> None:
    ran = ask("why", "Vicuna", "Alpaca")
    assert ran.code == 0
    assert "disputed" in ran.out
    assert "https://" in ran.out
    answers: Any = ask("why", "Vicuna", "Alpaca", "--json").json
    assert len(answers[0]["claims"]) >= 2


def test_why_without_an_edge_names_the_parents_there_are(ask: Run) -> None:
    ran = ask("why", "Alpaca", "BLOOM")
    assert ran.code == 2
    assert "off-hub/meta/llama-7b" in ran.err


def test_search(ask: Run) -> None:
    hits: Any = ask("search", "vicuna", "--json").json
    assert any("vicuna" in hit["id"].lower() for hit in hits)
    assert ask("search", "vicuna").code == 0
    near = ask("search", "vicunna")
    assert near.code == 0
    assert "come near" in near.err


def test_show_tells_absent_from_unknown(ask: Run) -> None:
    ran = ask("show", "GPT-4")
    assert ran.code == 0
    assert "unknown" in ran.out
    shown: Any = ask("show", "GPT-4", "--json").json
    status = {field["name"]: field["status"] for field in shown["fields"]}
    assert status["downloads"] == "not_applicable"
    assert status["parameters"] == "unknown"


def test_status(ask: Run) -> None:
    ran = ask("status", "--verify")
    assert ran.code == 0
    assert "verified" in ran.out
    assert "catalogue" in ran.out


def test_sql(ask: Run) -> None:
    ran = ask(
        "sql",
        "SELECT child FROM edges WHERE parent = 'datasets/EleutherAI/pile'",
        "--csv",
    )
    assert "EleutherAI/pythia-12b" in ran.out.splitlines()
    rows: Any = ask("sql", "SELECT count(*) AS n FROM claims", "--json").json
    assert rows[0]["n"] > 1000


@pytest.mark.parametrize(
    "statement",
    ["SELEC 1", "SELECT * FROM nowhere", "COPY nodes TO '/tmp/headwater-leak.csv'",
     "SELECT * FROM read_text('/etc/passwd')", "SET enable_external_access = true",
     "INSTALL httpfs"],
)  # fmt: skip
def test_sql_can_only_read_the_tables(ask: Run, statement: str) -> None:
    ran = ask("sql", statement)
    assert ran.code == 2
    assert "SQL" in ran.err
    assert not Path("/tmp/headwater-leak.csv").exists()


def test_first_question_builds_the_catalogue(run: Run) -> None:
    ran = run("what-breaks", "Alpaca")
    assert ran.code == 0
    assert "First run" in ran.err


def test_a_damaged_snapshot_names_the_file_and_changes_nothing(
    run: Run, catalogue_dir: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(catalogue_dir, copy)
    victim = next(copy.glob("snapshots/*/arrays/children_targets.npy"))
    victim.write_bytes(victim.read_bytes()[:-4])
    before = sorted(path.stat().st_mtime_ns for path in copy.rglob("*"))
    ran = run("what-breaks", "llama", "--data-dir", str(copy))
    assert ran.code == 1
    assert str(victim) in ran.err
    assert "headwater build" in ran.err
    assert before == sorted(path.stat().st_mtime_ns for path in copy.rglob("*"))


def test_build_mends_it(run: Run, catalogue_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(catalogue_dir, copy)
    next(copy.glob("snapshots/*/manifest.json")).write_text("{}")
    assert run("status", "--data-dir", str(copy)).code == 1
    assert run("build", "--data-dir", str(copy)).code == 0
    assert run("status", "--data-dir", str(copy)).code == 0


def test_catalog_check(run: Run, tmp_path: Path) -> None:
    assert run("catalog", "check").code == 0
    ours = tmp_path / "ours.yaml"
    ours.write_text(
        """
developers: [{id: acme, name: ACME, source: memo}]
sources: {memo: {url: "https://acme.example/memo", date: 2026-01-05, kind: documentation}}
artefacts:
  - id: acme/secret-7b
    name: ACME Secret
    source: memo
    parents: [{relation: finetune, parent: meta-llama/Llama-2-7b-hf, source: memo}]
"""
    )
    assert run("catalog", "check", str(ours)).code == 0
    assert run("build", "--catalog", str(ours)).code == 0
    answer: Any = run("lineage", "ACME Secret", "--json").json
    assert "meta-llama/Llama-2-7b-hf" in {item["id"] for item in answer["ancestors"]}


def test_catalog_check_lists_every_problem(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        """
sources: {s: {url: "ftp://x", date: 2026-01-05, kind: paper}}
artefacts:
  - {id: "a b/c", name: X, source: s}
  - {id: acme/y, name: Y, source: nowhere, released: 2999-01-01, parents: [
      {relation: cousin, parent: acme/z, source: s}]}
"""
    )
    ran = run("catalog", "check", str(bad))
    assert ran.code == 1
    for part in ("ftp://x", "a b/c", "nowhere", "2999", "cousin"):
        assert part in ran.err


def test_help_has_examples_for_every_command(run: Run) -> None:
    listing = run("--help").out
    for command in ("what-breaks", "lineage", "why", "search", "show", "status", "sql", "crawl",
                    "build", "view", "catalog"):  # fmt: skip
        assert command in listing
        if command != "catalog":
            assert f"headwater {command}" in run(command, "--help").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--version"], 0), (["no-such-command"], 2), (["what-breaks"], 2), (["search", ""], 2),
     (["lineage", "Alpaca", "--depth", "-1"], 2)],
)  # fmt: skip
def test_exit_codes(ask: Run, arguments: list[str], code: int) -> None:
    assert code == ask(*arguments).code


def test_a_reader_that_leaves_is_no_error(catalogue_dir: Path) -> None:
    ask = f"{sys.executable} -m headwater what-breaks llama --all"
    command = f"{ask} --data-dir {catalogue_dir} | head -1"
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.returncode == 0


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_any_locale(catalogue_dir: Path, locale: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "headwater", "lineage", "Alpaca", "--data-dir", str(catalogue_dir)],
        capture_output=True, check=False, env={"LC_ALL": locale, "PYTHONUTF8": "0",
                                               "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert ran.stderr == b""
    assert ran.returncode == 0


def test_a_data_directory_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ran = run("build", "--data-dir", str(file / "below"))
    assert ran.code == 1
    assert "--data-dir" in ran.err
    assert "Traceback" not in ran.err
