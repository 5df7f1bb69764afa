"""Every notebook runs from a clean kernel and says what its kept outputs say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TOOL = ROOT / "tools" / "notebooks.py"


def run_tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOL), *arguments],
        capture_output=True,
        text=True,
        timeout=900,
    )


def test_there_are_five() -> None:
    assert len(NOTEBOOKS) == 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_fresh_outputs_say_what_the_kept_ones_say(path: Path) -> None:
    done = run_tool("--check", str(path))
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_kept_outputs_have_pictures_and_no_errors(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs: list[Any] = [
        item for cell in cells if cell["cell_type"] == "code" for item in cell["outputs"]
    ]
    assert {item["output_type"] for item in outputs} <= {
        "execute_result", "display_data",
    }  # fmt: skip
    assert sum("image/png" in item["data"] for item in outputs) >= 4
    assert path.stat().st_size < 600_000


def test_another_number_is_noticed(tmp_path: Path) -> None:
    """A changed output, and a cell that raises, must each fail the check."""
    cell = {
        "cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1,
        "source": "print(1)",
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "2\n"}],
    }  # fmt: skip
    path = tmp_path / "one.ipynb"
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))
    stale = run_tool("--check", str(path))
    assert stale.returncode == 1
    assert "-2" in stale.stdout
    assert "+1" in stale.stdout
    cell["source"] = "raise ValueError('no')"
    path.write_text(json.dumps(notebook))
    assert run_tool("--check", str(path)).returncode == 1
