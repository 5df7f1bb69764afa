"""``headwater export``: every format, standard output, refusals, progress."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.export.files import MARK
from headwater.queries.export.formats import FORMATS
from tests.cli.conftest import Run


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_written(
    ask: Run, name: str, tmp_path: Path, catalogue: LineageGraph
) -> None:
    path = tmp_path / "out"
    ran = ask("export", name, str(path))
    assert ran.code == 0, ran.err
    assert ran.out == ""
    assert f"Wrote {path}: " in ran.err
    assert path.is_dir() == FORMATS[name].is_folder
    complete = FORMATS[name].is_complete
    count = catalogue.n_nodes if complete else catalogue.n_artefacts
    assert f"{count:,} nodes" in ran.err


def test_standard_output_holds_the_document_and_nothing_else(ask: Run) -> None:
    ran = ask("export", "graphml", "-", "--around", "LLaMA 7B", "--depth", "1")
    assert (ran.code, ran.err) == (0, "")
    found = nx.read_graphml(io.BytesIO(ran.out.encode()))
    assert "off-hub/meta/llama-7b" in found
    ran = ask("export", "jsonld", "-", "--around", "LLaMA 7B", "--depth", "0")
    assert {"id:off-hub/meta/llama-7b"} < {
        row["@id"] for row in json.loads(ran.out)["@graph"]
    }


def test_flags_reach_the_export(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "all.graphml"
    ran = ask("export", "graphml", str(path), "--owners", "--all-edges")
    assert ran.code == 0
    found = nx.read_graphml(path, force_multigraph=True)
    told = [row for _, _, row in found.edges(data=True)]
    assert {"published_by", "owned_by"} < {row["relation"] for row in told}
    assert {"accepted", "refuted"} <= {row.get("standing") for row in told}


def test_what_is_there_is_replaced_with_force_only(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "out.gexf"
    path.write_text("mine")
    ran = ask("export", "gexf", str(path))
    assert ran.code == 2
    assert "--force" in ran.err
    assert path.read_text() == "mine"
    assert ask("export", "gexf", str(path), "--force").code == 0
    assert path.read_text() != "mine"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("mine")
    ran = ask("export", "parquet", str(tmp_path / "folder"), "--force")
    assert ran.code == 2
    assert not (tmp_path / "folder" / MARK).exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("dot", "x"), 2, "there are: graphml"),
        (("parquet", "-"), 2, "folder"),
        (("neo4j-csv", "-"), 2, "folder"),
        (("neo4j-csv", "x", "--around", "LLaMA 7B"), 2, "whole snapshot"),
        (("graphml", "x", "--depth", "1"), 2, "--around"),
        (("graphml", "x", "--around", "developer:meta"), 2, "artefact"),
        (("graphml", "x", "--around", "nobody/nothing-here"), 2, "nothing-here"),
        (("graphml", "/no/such/folder/x"), 1, "cannot write"),
        (("graphml", "/dev/full"), 1, "No space left"),
    ],
)
def test_errors_are_one_line(
    ask: Run, arguments: tuple[str, ...], code: int, words: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    ran = ask("export", *arguments)
    assert ran.code == code
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_files_for_neo4j_name_the_folder_where_they_end_up(
    ask: Run, tmp_path: Path
) -> None:
    path = tmp_path / "neo4j"
    ran = ask("export", "neo4j-csv", str(path))
    arguments = path / "import.args"
    assert f"neo4j-admin database import full neo4j @{arguments}" in ran.err
    text = arguments.read_text()
    named = {Path(item) for item in re.findall(rf"{tmp_path}[^,\"\n]+", text)}
    assert named == {item for item in path.iterdir() if ".csv" in item.name}
    assert ask("export", "neo4j-csv", str(path)).code == 2
    assert ask("export", "neo4j-csv", str(path), "--force").code == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_that_leaves_is_no_error(catalogue_dir: Path) -> None:
    program = "from headwater.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "export", "graphml", "-",
         "--data-dir", str(catalogue_dir)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read(20) == b'<?xml version="1.0" '
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0
