"""Every notebook runs from a clean kernel and says what its kept outputs say."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.store import SnapshotStore
from headwater.ingest.sources.catalog import load_catalog, read_packaged
from tests.drawing import draw_batch

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
        item
        for cell in cells
        if cell["cell_type"] == "code"
        for item in cell["outputs"]
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


@pytest.fixture(scope="module")
def other_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory in which the Hub has grown: other shares, downloads."""
    folder = tmp_path_factory.mktemp("other")
    bases = ["meta-llama/Llama-2-7b-hf", "EleutherAI/pythia-12b", "new/base"]
    lines = [
        f"maker/m{n} {('adapter', 'finetune', 'unspecified')[n % 3]} {bases[n % 7 % 3]}"
        for n in range(3000)
    ]
    grown = draw_batch(
        *lines, "maker/m1 finetune lost/model",
        "lmsys/vicuna-7b-v1.5 trained_on maker/data-more", scratch=("new/base",),
        phantoms=("lost/model", "lmsys/vicuna-7b-v1.5", *bases[:2]),
        days={"new/base": "2026-10-01"},
        downloads={f"maker/m{n}": 10 * n for n in range(1500)},
        owners={"new": "newcomer"},
    )  # fmt: skip
    batch = load_catalog(read_packaged())
    content = compile_snapshot(to_tables([batch, grown]))
    SnapshotStore(folder).publish(content, [])
    return folder


def shown_values(path: Path) -> list[Any]:
    """Run the code of a notebook here, and return what its cells end with."""
    names: dict[str, object] = {}
    shown = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body[-1]
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, path.name, "exec"), names)
        if isinstance(last, ast.Expr):
            end = ast.Expression(last.value)
            shown.append(eval(compile(end, path.name, "eval"), names))
    return shown


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_sentences_follow_the_data(
    path: Path, other_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(other_data))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    kept = path.read_text(encoding="utf-8")
    values = shown_values(path)
    sentences = [item.data for item in values if hasattr(item, "data")]
    assert sentences
    for sentence in sentences:
        assert not {"None", "nan", "[]"} & set(sentence.replace(",", " ").split())
    changed = [item for item in sentences if json.dumps(item)[1:-1] not in kept]
    assert changed, "the data changed and no sentence did"
