"""Execute the notebooks, each from a clean kernel.

``python tools/notebooks.py [FILE...]`` executes them on the packaged catalogue and keeps
their outputs; ``--check`` fails when an output says something else than the one that is
kept. ``--data-dir DIR --output FOLDER`` executes them on another snapshot, such as that
of a crawl, and writes them elsewhere. Identifiers of snapshots, of which each build has
its own, and pixels are not compared.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from headwater.ingest.load import build

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
RELEASED = datetime(2026, 11, 22, tzinfo=UTC)
"""Day of the packaged catalogue, so that building it again changes no output."""
TIMEOUT_S = 600
_SNAPSHOT = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


def execute(path: Path, data_dir: Path) -> NotebookNode:
    """Return a notebook with fresh outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell raises.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    os.environ["HEADWATER_DATA_DIR"] = str(data_dir)
    os.environ.pop("HEADWATER_STORE", None)
    with TemporaryDirectory() as folder:  # a notebook may write; not into ours
        client = NotebookClient(
            notebook, timeout=TIMEOUT_S, kernel_name="python3", record_timing=False,
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        )  # fmt: skip
        client.execute()
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
    notebook.metadata = NotebookNode(
        kernelspec={
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        language_info={"name": "python"},
    )
    return notebook


def said(notebook: NotebookNode) -> list[str]:
    """Return what the cells put out, line by line, without what no two builds share."""
    return [_SNAPSHOT.sub("SNAPSHOT", line) for line in _lines(notebook)]


def _lines(notebook: NotebookNode) -> Iterator[str]:
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", ()):
            yield f"cell {number}: {output.output_type} {output.get('name', '')}"
            yield from output.get("text", "").splitlines()
            for media, value in sorted(output.get("data", {}).items()):
                yield f"cell {number}: {media}"
                if media.startswith("text/"):
                    # One row of a table a line, or a difference is a page long.
                    yield from value.replace("</tr>", "</tr>\n").splitlines()


def check(path: Path, data_dir: Path) -> list[str]:
    """Return the difference between the outputs that are kept and fresh ones."""
    kept = nbformat.read(path, as_version=4)
    fresh = execute(path, data_dir)
    return list(
        difflib.unified_diff(
            said(kept), said(fresh), f"{path.name} as it is kept", "as it is now",
            lineterm="", n=1,
        )
    )  # fmt: skip


def main() -> int:
    """Execute or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    files = options.files or sorted(NOTEBOOKS.glob("*.ipynb"))
    if options.data_dir is not None and options.output is None and not options.check:
        parser.error(
            "name another folder by --output: ours hold the catalogue's outputs"
        )
    with TemporaryDirectory() as folder:
        data_dir = options.data_dir or Path(folder)
        if options.data_dir is None:
            build(data_dir, created=RELEASED)
        stale = 0
        for path in files:
            if options.check:
                difference = check(path, data_dir)
                stale += bool(difference)
                sys.stdout.write("".join(line + "\n" for line in difference))
                continue
            notebook = execute(path, data_dir)
            target = (options.output or path.parent) / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, target)
            sys.stdout.write(f"{target}\n")
    if stale:
        sys.stdout.write("stale; run: make notebooks\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
