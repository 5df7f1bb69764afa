"""Two hundred thousand models over HTTP, one in twenty spoilt: every loss is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.hub_records import DIRT, LOST, left_out, plant, planted, record
from benchmarks.hub_server import serving
from tests.ingest.reading import read

SIZE = 200_300  # the last page is short, as the last page of a list is
DIRTY = 0.05
HEADWATER = "from headwater.cli import main; main()"


@dataclass(frozen=True)
class Crawl:
    """One crawl of everything, as a user runs it."""

    printed: str
    report: dict[str, Any]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    data = tmp_path_factory.mktemp("data")
    with serving(SIZE, dirt=DIRTY) as endpoint:
        command = [
            sys.executable, "-c", HEADWATER, "crawl", "--endpoint", endpoint, "--only",
            "models", "--no-token", "--no-catalog", "--data-dir", str(data),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    return Crawl(done.stdout, _only_report(data))


def _only_report(data: Path) -> dict[str, Any]:
    (path,) = data.glob("runs/*/report.json")
    report: dict[str, Any] = json.loads(path.read_text())
    return report


def test_every_kind_of_dirt_spoils_what_it_says() -> None:
    for number, (name, (_, reasons)) in enumerate(DIRT.items()):
        context = read(record(70, 100, number))
        assert context.batch.skipped == reasons, name
        assert bool(context.batch.records) == (name not in LOST), name
    assert not read(record(70, 100)).batch.skipped


def test_what_is_left_out_is_what_was_planted_kind_by_kind(crawl: Crawl) -> None:
    kinds = plant(SIZE, DIRTY)
    numbers = planted(kinds)
    assert sum(numbers.values()) == round(SIZE * DIRTY)
    assert min(numbers.values()) > 200

    parse = crawl.report["parse"]
    assert Counter(parse["skipped"]) == left_out(kinds)
    assert set(parse["skipped_examples"]) == set(parse["skipped"])
    assert "secret" not in json.dumps(crawl.report)


def test_no_record_is_lost_but_those_that_are_none(crawl: Crawl) -> None:
    numbers = planted(plant(SIZE, DIRTY))
    usable = SIZE - sum(numbers[name] for name in LOST)
    assert crawl.report["parse"]["records"] == {"model": usable}
    assert crawl.report["parse"]["duplicates"] == 0
    (route,) = crawl.report["routes"].values()
    assert (route["stop"], route["records"], route["pages"]) == ("end", SIZE, 201)
    assert route["warnings"] == []
    assert crawl.report["status"] == "complete"


def test_the_counts_are_printed_at_the_end(crawl: Crawl) -> None:
    expected = left_out(plant(SIZE, DIRTY))
    assert f"{sum(expected.values()):,} values left out" in crawl.printed
    lines = {
        line.split()[0]: line.split()[1]
        for line in crawl.printed.splitlines()
        if "/" in line.split(" ")[0]
    }
    for reason, number in expected.items():
        assert lines[reason] == f"{number:,}"
