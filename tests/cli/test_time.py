"""``headwater diff`` and ``headwater snapshots`` from the shell."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import ClaimBatch
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from tests.cli.conftest import Run
from tests.drawing import draw_batch


def publish(path: Path, day: int, batch: ClaimBatch) -> str:
    content = compile_snapshot(to_tables([batch]))
    created = datetime(2026, 1, day, tzinfo=UTC)
    return SnapshotStore(path).publish(content, [{"source": "drawn"}], created).id


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, str, str]:
    """Return a data directory with two snapshots, and their ids."""
    path = tmp_path / "two"
    old = draw_batch("b finetune a", "c adapter b", scratch=("a",))
    new = draw_batch(
        "b finetune a", "d adapter b", scratch=("a",), states={"b": "gated"},
        downloads={"b": 7},
    )  # fmt: skip
    return path, publish(path, 1, old), publish(path, 2, new)


def test_diff_in_words_json_and_csv(run: Run, two: tuple[Path, str, str]) -> None:
    path, old, new = two
    ran = run("diff", "--data-dir", str(path))
    assert ran.code == 0
    assert f"old {old}" in ran.out
    assert "1 present → gated" in ran.out
    assert "effective number" in ran.out
    assert "+0.0 points" in ran.out
    answer: Any = run("diff", old, new, "--json", "--data-dir", str(path)).json
    assert answer["old"]["id"] == old
    assert answer["counts"]["state"] == answer["counts"]["came"] == 1
    assert answer["figures"][0]["before"].keys() >= {"point", "low", "high"}
    assert answer["shares"][0].keys() == {"id", "name", "before", "after"}
    ran = run("diff", "--only", "state", "--csv", "--data-dir", str(path))
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert (row["id"], row["before"], row["after"]) == ("o/b", "present", "gated")
    assert row["downloads"] == "7"


def test_diff_with_itself_and_backwards(run: Run, two: tuple[Path, str, str]) -> None:
    path, old, new = two
    ran = run("diff", "current", new[:8], "--data-dir", str(path))
    assert "Nothing changed" in ran.out
    ran = run("diff", new, old, "--data-dir", str(path))
    assert "came and went are swapped" in ran.err


def test_diff_with_another_data_directory(
    run: Run, two: tuple[Path, str, str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    publish(other, 3, draw_batch(nodes=("z",)))
    answer: Any = run(
        "diff", "current", str(other), "--json", "--data-dir", str(two[0])
    ).json
    assert [item["id"] for item in answer["changes"] if item["change"] == "came"] == [
        "o/z"
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "no snapshot is called 'nowhere'"),
        (["2026"], "give one of these"),
        (["--only", "lost"], "there are deleted"),
    ],
)
def test_wrong_usage_is_told(
    run: Run, two: tuple[Path, str, str], arguments: list[str], words: str
) -> None:
    ran = run("diff", *arguments, "--data-dir", str(two[0]))
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_snapshots_are_listed(run: Run, two: tuple[Path, str, str]) -> None:
    path, old, new = two
    reader = LineageGraph(SnapshotStore(path).snapshots / old)
    answer: Any = run("snapshots", "--json", "--data-dir", str(path)).json
    assert answer == run("snapshots", "list", "--json", "--data-dir", str(path)).json
    assert [(item["id"], item["current"], item["in_use"]) for item in answer] == [
        (old, False, True), (new, True, False),
    ]  # fmt: skip
    assert (answer[1]["artefacts"], answer[1]["edges"], answer[1]["sources"]) == (
        3, 2, ["drawn"],
    )  # fmt: skip
    shown = run("snapshots", "--data-dir", str(path)).out
    assert "current" in shown
    assert "in use" in shown
    assert reader.n_nodes


def test_no_snapshot_is_no_error_to_list(run: Run, tmp_path: Path) -> None:
    ran = run("snapshots", "--data-dir", str(tmp_path / "none"))
    assert (ran.code, ran.out) == (0, "")
    assert "headwater build" in ran.err
    assert run("snapshots", "prune", "--data-dir", str(tmp_path / "none")).code == 1


def test_prune_says_what_it_deletes_and_spares_readers(
    run: Run, two: tuple[Path, str, str]
) -> None:
    path, old, new = two
    reader = LineageGraph(SnapshotStore(path).snapshots / old)
    ran = run("snapshots", "prune", "--keep", "1", "--data-dir", str(path))
    assert "2 of 2 snapshots kept" in ran.err
    assert "somebody reads them" in ran.err
    assert reader.rows("nodes")
    del reader
    ran = run("snapshots", "prune", "--keep", "1", "--data-dir", str(path))
    assert f"Deleted {old}" in ran.err
    assert "1 of 2 snapshots kept" in ran.err
    assert [item.id for item in SnapshotStore(path).list()] == [new]
    assert run("snapshots", "prune", "--keep", "0", "--data-dir", str(path)).code == 2


def test_build_keeps_all_unless_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "built"
    for day in (1, 2, 3):
        publish(path, day, draw_batch(nodes=(f"m{day}",)))
    build = ("build", "--no-catalog", "--data-dir", str(path))
    assert run(*build).code == 0
    assert len(SnapshotStore(path).list()) == 4
    ran = run(*build, "--keep", "2")
    # Two builds within a second have one id.
    assert ran.err.count("Deleted") in (2, 3)
    assert len(SnapshotStore(path).list()) == 2
