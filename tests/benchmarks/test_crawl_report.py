"""The page on the speed of crawls: its arithmetic, and that it hides no miss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import bench_crawl, crawl_report
from benchmarks.crawl_report import pages, projected


def waited(requests: int, quota: int, page_s: float) -> float:
    """Return the time of a crawl, page by page: the oracle of the formula."""
    clock, opened, spent = 0.0, 0.0, 0
    for _ in range(requests):
        if spent == quota:
            clock = max(clock, opened + crawl_report.WINDOW_S)
            opened, spent = clock, 0
        clock += page_s
        spent += 1
    return clock


@pytest.mark.parametrize("requests", [1, 499, 500, 501, 1000, 1001, 3802])
@pytest.mark.parametrize("page_s", [0.1, 0.3, 0.6, 0.9])
def test_the_formula_is_what_waiting_comes_to(requests: int, page_s: float) -> None:
    for quota in (500, 1000):
        expected = waited(requests, quota, page_s)
        assert projected(requests, quota, page_s) == pytest.approx(expected)


def test_every_page_is_a_request_and_each_end_one_more() -> None:
    assert pages(3_000_000, 800_000) == 3802


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return bench_crawl.run(1300, tmp_path_factory.mktemp("bench"))


def test_a_small_benchmark_gives_a_page_that_says_what_is_missing(
    measured: dict[str, Any],
) -> None:
    text = crawl_report.page(measured, None, None)
    assert text.count("Not measured yet.") == 2
    assert "1,300 models in 2 pages" in text
    for name, rates in measured["rates"].items():
        assert len(rates) == bench_crawl.ROUNDS
        assert f"| {name} |" in text


def test_what_was_missed_is_said(measured: dict[str, Any]) -> None:
    slow = {**measured["rates"], "headwater": [1.0, 2.0]}
    assert "**missed**" in crawl_report.page({**measured, "rates": slow}, None, None)
    cost = {"seconds": 61.0, "peak_rss": 1, "load_before": 0.0, "processes": 1}
    imported = {
        **{key: measured[key] for key in ("date", "machine")},
        "dump": {"models": 1, "datasets": 1, "bytes": 1},
        "cost": cost, "steps": {"build": 1.0}, "records": 1, "claims": 1,
    }  # fmt: skip
    text = crawl_report.page(measured, imported, None)
    assert "| wall time | < 60 s | 61.0 s | **missed** |" in text
    assert "| peak memory, all processes | < 3.00 GiB | 0.00 GiB | met |" in text


def test_the_page_is_written_from_what_is_there(
    measured: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["crawl_report", "--dir", str(tmp_path)])
    with pytest.raises(SystemExit):
        crawl_report.main()
