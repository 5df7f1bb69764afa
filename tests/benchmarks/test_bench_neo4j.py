"""The benchmark of Neo4j: what it changes, and the table it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.bench_neo4j import changed, table, write_page
from benchmarks.hub_like import generate


@pytest.fixture
def found() -> dict[str, object]:
    """Return figures of a size, all of them made up."""
    answers = dict.fromkeys(("show", "search", "why", "lineage", "what_breaks"), 0.0015)
    pushed = {
        "seconds": 12.34,
        "peak_bytes": 3_000_000,
        "changed": 7,
        "moved": 8,
        "removed": 9,
    }
    return {
        "models": 10_000,
        "machine": {"cores": 2, "processor": "a processor"},
        "heap": "2g", "page_cache": "2g",
        "rows": {"nodes": 1, "edges": 2, "claims": 3},
        "push": pushed, "again": pushed, "change": pushed,
        "store_bytes": 5_000_000,
        "import": {"write_s": 1.0, "csv_bytes": 1_000_000, "import_s": 2.0, "finish_s": 3.0},
        "answers": {"server": answers, "files": answers},
    }  # fmt: skip


def test_one_record_in_a_thousand_differs() -> None:
    tables = generate(1000)
    other = changed(tables)
    before, after = len(tables.records), len(other.records)
    assert before - after == len(range(1, before, 1000))
    # An artefact may have an older record too, so rows are compared, not ids.
    old = tables.records["likes"].to_pylist()
    kept = [likes for row, likes in enumerate(old) if row % 1000 != 1]
    new = other.records["likes"].to_pylist()
    differs = sum(one != two for one, two in zip(kept, new, strict=True))
    assert differs == len(range(0, before, 1000))


def test_the_table_says_what_was_measured(found: dict[str, object]) -> None:
    lines = table([found, {**found, "models": 100_000}])
    assert lines[0] == "| | 10,000 models | 100,000 models |"
    assert "| push into an empty database | 12.3 s | 12.3 s |" in lines
    assert any("7 changed, 8 renumbered, 9 removed" in line for line in lines)
    assert "2 cores (a processor)" in lines[-1]


def test_only_the_marked_part_is_replaced(
    found: dict[str, object], tmp_path: Path
) -> None:
    page = tmp_path / "neo4j.md"
    page.write_text("before\n<!-- measured: neo4j -->\nold\n<!-- end -->\nafter\n")
    write_page(page, tmp_path)
    assert "old" in page.read_text()
    (tmp_path / "neo4j-10k.json").write_text(json.dumps(found))
    write_page(page, tmp_path)
    text = page.read_text()
    assert text.startswith("before\n<!-- measured: neo4j -->\n| | 10,000 models |")
    assert text.endswith("<!-- end -->\nafter\n")
    assert "old" not in text
