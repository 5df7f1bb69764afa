"""The benchmark itself: equal answers, and a page that hides no miss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import bench_concentration, bench_report, bench_search
from benchmarks.bench_timing import DifferentAnswersError, compare, interleave
from benchmarks.engines.inputs import Inputs, draw_inputs, listed, load, save
from benchmarks.hub_like import publish
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    directory = tmp_path_factory.mktemp("hub")
    publish(3000, directory)
    return LineageGraph(SnapshotStore(directory).current())


@pytest.fixture(scope="module")
def inputs(graph: LineageGraph) -> Inputs:
    return draw_inputs(graph)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("networkx", "Networkx"), ("rustworkx", "Rustworkx"), ("igraph", "Igraph"),
        ("duckdb", "DuckDb"), ("scipy", "Scipy"),
    ],
)  # fmt: skip
def test_engines_agree(
    graph: LineageGraph, inputs: Inputs, module: str, name: str
) -> None:
    pytest.importorskip(module)
    from importlib import import_module

    from benchmarks.engines.headwater_engine import Headwater

    own = Headwater(graph, inputs).tasks()
    made: Any = getattr(import_module(f"benchmarks.engines.{module}_engine"), name)
    tasks = made(listed(inputs)).tasks()
    assert tasks
    for question, task in tasks.items():
        compare(question, {"headwater": own[question], name: task})


def test_inputs_are_the_same_when_read_again(inputs: Inputs, tmp_path: Path) -> None:
    save(inputs, tmp_path)
    again = load(tmp_path)
    for name in Inputs.__slots__:
        assert np.array_equal(getattr(inputs, name), getattr(again, name)), name
    assert inputs.n_nodes == again.n_nodes > 3000
    assert len(inputs.members)


def test_different_answers_count_no_time() -> None:
    tasks = {"one": lambda: lambda: np.arange(3), "other": lambda: lambda: np.arange(4)}
    with pytest.raises(DifferentAnswersError, match="other differs from one"):
        interleave("question", tasks, 1.0)


def test_queries_are_mixed_and_repeatable(graph: LineageGraph) -> None:
    queries = bench_search.draw_queries(graph)
    assert queries == bench_search.draw_queries(graph)
    assert len(queries) == bench_search.N_QUERIES
    kinds = {kind for kind, _ in queries}
    assert kinds == {"prefix", "substring", "typo", "absent"}
    assert all(text for _, text in queries)


def test_concentration_is_timed(graph: LineageGraph) -> None:
    times = bench_concentration.measure(graph)
    assert times.pop("months") > 12
    assert {"all measures", "by month"} <= set(times)
    assert all(0 < item["least"] <= item["median"] for item in times.values())


def results(slow: float) -> dict[str, Any]:
    """Return a run in which headwater takes `slow` and everything else a second."""
    timing = {"median": 1.0, "least": 1.0, "rounds": 1}
    own = {**timing, "median": slow}
    engines = ("networkx", "rustworkx", "igraph", "DuckDB", "scipy")
    memory = {"anonymous": 1024, "peak": 2048, "share": 1024}
    reader = {"rate": 1.0, "memory": memory}
    figures = {"median": slow, "p95": slow, "worst": slow}
    return {
        "models": 300_000, "date": "2026-11-22", "seconds": 1.0,
        "machine": {"processor": "p", "cores": 2, "memory": "m", "system": "s",
                    "load": 0, "versions": {"numpy": "2"}},
        "publish": {"generate": 1, "compile": slow, "claims": 5, "memory": memory},
        "graph": {"nodes": 1, "artefacts": 1, "edges": 1, "developer": "developer:d",
                  "members": 1, "bytes": 1},
        "readers": {"one": reader, "two": [reader, reader], "ratio": 1 / slow},
        "search": {"all": figures, "absent": figures},
        "concentration": {"all measures": figures, "by month": figures, "months": 9},
        "overlay": {"median": slow}, "loaded": dict.fromkeys(engines, 1.0),
        "rows": {name: {"headwater": own, **dict.fromkeys(engines, timing)}
                 for name in bench_report.QUESTIONS},
        "events": {"descendants": 1, "victims": 1, "bandwidth": 1e9, "floor": 1e-6,
                   "root_descendants": 1, "plain": 0.1, "one": slow, "query": slow,
                   "all": 5 * slow * slow},
        "cold": {name: {"median": 1.0 if name != "headwater" else slow,
                        "memory": memory} for name in ("headwater", *engines)},
    }  # fmt: skip


def test_every_floor_is_on_the_page_met_or_missed() -> None:
    fast, slow = results(1e-3), results(60.0)
    assert all(row[3] for row in bench_report.checks(fast))
    missed = [row for row in bench_report.checks(slow) if not row[3]]
    page = bench_report.page([json.loads(json.dumps(slow))])
    assert page.count("**missed**") == len(missed) > 25
    for what, floor, reached, _ in bench_report.checks(slow):
        assert f"| {what} | {floor} | {reached} |" in page
    lines = bench_report.summary(slow).splitlines()
    assert sum(line.startswith("MISSED") for line in lines) == len(missed)
