"""The load test of the server runs, finds every floor, and swaps without a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from benchmarks import bench_api
from benchmarks.bench_publish import publish

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread: a browser's driver may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_a_small_run_measures_every_floor(tmp_path: Path) -> None:
    publish(2_000, tmp_path / "source")
    folder = tmp_path / "twice"
    names = bench_api._link_twice(tmp_path / "source", folder)
    found = run(bench_api._measure(folder, names, rate=20.0, seconds=2.0))
    rows = bench_api.checks(found)
    assert len(rows) == 6
    by_name = {what: met for what, _, _, met in rows}
    assert by_name["snapshots that answered"]
    assert found["load"]["faults"] == found["swap"]["faults"] == 0
    assert found["load"]["requests"] == 40
    assert "of 6 floors met" in bench_api.summary(found)


def test_a_missed_floor_is_said() -> None:
    spread = {"median_ms": 1.0, "p95_ms": 49.0, "max_ms": 50.0}
    load = {"requests": 10, "faults": 0, "reached": 9.0, "snapshots": 1}
    found = {
        "rate": 200.0, "developer": "developer:x", "what_breaks_ms": 301.0,
        "load": {**load, **dict.fromkeys(bench_api.KINDS, spread)},
        "swap": {**load, "faults": 1, "swaps": 6},
    }  # fmt: skip
    met = [row[3] for row in bench_api.checks(found)]
    assert met == [True, True, True, False, False, False]
    assert bench_api.summary(found).count("MISSED") == 3


def test_a_latency_counts_from_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.bench_api_client import Client

    async def ask(self: Client, path: str) -> tuple[int, str]:
        return 200, "s"

    monkeypatch.setattr(Client, "_ask", ask)
    monkeypatch.setattr("benchmarks.bench_api_client.time.perf_counter", lambda: 10.0)
    outcome = run(Client("h", 1).get("/", due=7.5))
    assert outcome.seconds == 2.5
