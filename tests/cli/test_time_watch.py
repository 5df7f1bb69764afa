"""``headwater watch`` through the real command: exit codes, locks, lists."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_time import publish
from tests.drawing import draw_batch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a data directory with one snapshot."""
    found = tmp_path / "data"
    publish(found, 1, draw_batch("c adapter b", "b finetune a", scratch=("a",)))
    return found


def gate_a(path: Path) -> None:
    batch = draw_batch(
        "c adapter b",
        "b finetune a",
        scratch=("a",),
        states={"a": "gated"},
        nodes=("n",),
    )
    publish(path, 2, batch)


def test_exit_codes_through_a_process(path: Path, tmp_path: Path) -> None:
    """0 nothing changed, 4 something did, 2 wrong usage."""

    def headwater(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "headwater", *arguments],
            env={**os.environ, "HEADWATER_DATA_DIR": str(path)},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    lock = str(tmp_path / "m.lock")
    assert headwater("watch", "--write", lock, "o/c").returncode == 0
    ran = headwater("watch", lock)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Nothing upstream changed" in ran.stdout
    gate_a(path)
    ran = headwater("watch", lock)
    assert (ran.returncode, ran.stderr) == (4, "")
    assert "o/a: present → gated" in ran.stdout
    assert "adapter → o/b finetune → o/a" in ran.stdout
    assert headwater("watch", str(tmp_path / "none")).returncode == 2


def test_a_lock_needs_no_old_snapshot(run: Run, path: Path, tmp_path: Path) -> None:
    lock, where = str(tmp_path / "m.lock"), ("--data-dir", str(path))
    run("watch", "--write", lock, "o/c", "o/b", *where)
    gate_a(path)
    run("snapshots", "prune", "--keep", "1", *where)
    ran = run("watch", lock, "--json", *where)
    answer: Any = ran.json
    assert (ran.code, answer["changed"]) == (4, True)
    assert [item["id"] for item in answer["watched"]] == ["o/c", "o/b"]
    (change,) = answer["watched"][1]["changes"]
    assert change == {
        "change": "state", "id": "o/a", "parent": None, "before": "present",
        "after": "gated",
        "path": [{"child": "o/b", "relation": "finetune", "parent": "o/a"}],
    }  # fmt: skip
    # Written again it takes what is now for granted.
    assert run("watch", "--write", lock, lock, *where).code == 0
    assert run("watch", lock, *where).code == 0


def test_a_list_is_compared_with_a_snapshot(
    run: Run, path: Path, tmp_path: Path
) -> None:
    listed, where = tmp_path / "models.txt", ("--data-dir", str(path))
    listed.write_text("# ours\no/c  # an adapter\n\no/n\n", encoding="utf-8")
    ran = run("watch", str(listed), *where)
    assert ran.code == 2
    assert "no snapshot before the current one" in ran.err
    gate_a(path)
    for since in ((), ("--since", "20260101"), ("--since", "previous")):
        ran = run("watch", str(listed), *since, *where)
        assert ran.code == 4
        assert "o/n is not in 20260101" in ran.err
    assert run("watch", str(listed), "--since", "current", *where).code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x/unknown\n", "nothing in the graph is called 'x/unknown'"),
        ("# nobody\n", "none of the artefacts"),
        ("@o\n", "is a namespace"),
        ('{"format": 1}', "no lock file"),
        ("{", "no JSON"),
    ],
)
def test_wrong_files_are_told(
    run: Run, path: Path, tmp_path: Path, text: str, words: str
) -> None:
    gate_a(path)
    listed = tmp_path / "list"
    listed.write_text(text)
    ran = run("watch", str(listed), "--data-dir", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_only_a_lock_is_written_over(run: Run, path: Path, tmp_path: Path) -> None:
    where = ("--data-dir", str(path))
    notes = tmp_path / "notes.txt"
    notes.write_text("dear diary")
    ran = run("watch", "--write", str(notes), "o/c", *where)
    assert ran.code == 2
    assert notes.read_text() == "dear diary"
    lock = tmp_path / "m.lock"
    run("watch", "--write", str(lock), "o/c", *where)
    before = lock.read_bytes()
    assert run("watch", "--write", str(lock), "o/c", "o/unknown", *where).code == 2
    assert lock.read_bytes() == before
    assert sorted(item.name for item in tmp_path.glob("m.lock*")) == ["m.lock"]
    ran = run("watch", "--write", str(tmp_path / "no" / "m.lock"), "o/c", *where)
    assert (ran.code, "does not exist" in ran.err) == (1, True)
    assert run("watch", "--write", str(lock), "o/c", "--since", "x", *where).code == 2
    assert run("watch", str(lock), "--since", "x", *where).code == 2
    assert run("watch", "o/c", "o/b", *where).code == 2
