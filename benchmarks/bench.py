"""The same questions to headwater and to graph libraries, on one machine, in one run.

::

    python -m benchmarks.bench [--size 300k] [--dir build/bench] [--docs docs/benchmarks.md]

makes a synthetic Hub, checks that all engines give equal answers, times them in turn,
and writes what it found, misses included. It fails when two answers differ.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import (
    bench_concentration,
    bench_readers,
    bench_report,
    bench_search,
)
from benchmarks.bench_cold import measure_cold, prepare_cold
from benchmarks.bench_machine import machine, memory
from benchmarks.bench_timing import interleave, timed
from benchmarks.engines.duckdb_engine import DuckDb
from benchmarks.engines.headwater_engine import Headwater
from benchmarks.engines.igraph_engine import Igraph
from benchmarks.engines.inputs import Engine, Inputs, draw_inputs, listed, save
from benchmarks.engines.networkx_engine import Networkx
from benchmarks.engines.rustworkx_engine import Rustworkx
from benchmarks.engines.scipy_engine import Scipy
from benchmarks.hub_like import SIZES
from headwater.graph.kernels.memory import keep_freed_memory
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.mirrors import find_mirrors
from headwater.graph.store import SnapshotStore
from headwater.graph.verdicts import Judge, event_named
from headwater.queries.what_breaks import what_breaks

RESULTS: Final = Path(__file__).with_name("results")
SPLITS: Final = ("namespace", "licence", "month")
_BYTES_PER_DESCENDANT: Final = 33
"""Two offsets, target, relation, downloads, depth and the answer itself."""


def main() -> None:
    """Run the benchmark and write its page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--size", default="300k", help="30k, 300k or 3M models")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"))
    parser.add_argument("--docs", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    keep_freed_memory()
    size = options.size.lower()
    folder = options.dir / size
    start = time.perf_counter()
    found = run(SIZES[size], folder)
    found["seconds"] = time.perf_counter() - start
    # Kept with the page, so that a run at one size does not take the others from it.
    (RESULTS / f"{size}.json").write_text(json.dumps(found, indent=1) + "\n")
    results = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (RESULTS / f"{name}.json" for name in SIZES)
        if path.exists()
    ]
    page = bench_report.page(results)
    options.docs.write_text(page, encoding="utf-8")
    _say(bench_report.summary(found))


def run(n_models: int, folder: Path) -> dict[str, Any]:
    """Return everything that was measured at one size."""
    found: dict[str, Any] = {
        "models": n_models,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
    }
    _say(f"publishing a Hub of {n_models:,} models ...")
    found["publish"] = _publish(n_models, folder)
    graph = LineageGraph(SnapshotStore(folder).current())
    _say("two readers, search, what breaks ...")
    found["readers"] = bench_readers.measure(folder)
    found["search"] = bench_search.measure(graph)
    found["concentration"] = bench_concentration.measure(graph)
    inputs = draw_inputs(graph)
    developer = graph.ids[int(graph.columns.developer[inputs.members[0]])]
    found["graph"] = _sizes(graph, inputs, developer)
    found["overlay"] = _overlay(graph, folder)
    found |= _engines(graph, inputs, folder, developer)
    _say("new processes ...")
    found["cold"] = measure_cold(folder, developer)
    return found


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _publish(n_models: int, folder: Path) -> dict[str, Any]:
    """Generate and publish in a process of its own, so that its memory is its own."""
    command = [
        sys.executable, "-m", "benchmarks.bench_publish", str(n_models), str(folder),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def _sizes(graph: LineageGraph, inputs: Inputs, developer: str) -> dict[str, Any]:
    return {
        "nodes": graph.n_nodes,
        "artefacts": graph.n_artefacts,
        "edges": len(graph.parents.targets),
        "lineage edges": len(inputs.child),
        "weight edges": len(inputs.body_child),
        "cut edges": len(inputs.body_child) - len(inputs.cut_child),
        "root": graph.ids[int(inputs.root[0])],
        "developer": developer,
        "members": len(inputs.members),
        "bytes": sum(int(item["bytes"]) for item in graph.manifest.files.values()),
    }


def _engines(
    graph: LineageGraph, inputs: Inputs, folder: Path, developer: str
) -> dict[str, Any]:
    """Load every engine, then ask them question by question."""
    own = Headwater(graph, inputs)
    theirs = listed(inputs)
    save(theirs, folder / "inputs")
    engines: list[Engine] = [own]
    loaded = {}
    for kind in (DuckDb, Scipy, Igraph, Rustworkx, Networkx):
        start = time.perf_counter()
        engine: Engine = kind(theirs)
        loaded[engine.name] = time.perf_counter() - start
        engines.append(engine)
        _say(f"loaded {engine.name} in {loaded[engine.name]:.1f} s")
    budget = 4.0 if inputs.n_nodes < 1_000_000 else 20.0
    tasks = {engine.name: engine.tasks() for engine in engines}
    rows = {}
    for question in own.tasks():
        asked = {
            name: made[question] for name, made in tasks.items() if question in made
        }
        rows[question] = {
            name: asdict(timing)
            for name, timing in interleave(question, asked, budget).items()
        }
        _say(f"{question}: equal answers")
    prepare_cold(folder / "inputs", engines, theirs)
    return {"loaded": loaded, "rows": rows, "events": _events(graph, own, developer)}


def _events(graph: LineageGraph, own: Headwater, developer: str) -> dict[str, Any]:
    """Time what breaks against the plain descendants, in turn."""
    members, deleted = own.inputs.members, event_named("deleted")

    def one() -> Any:
        return Judge(graph, members, find_mirrors(graph, members)).verdicts(deleted)

    def query() -> Any:
        return what_breaks(graph, [developer], ["deleted"], limit=20)

    def all_events() -> Any:
        return what_breaks(graph, [developer], limit=20, splits=SPLITS)

    plain = own.descendants_of(members)
    work = {
        "plain": lambda: own.descendants_of(members),
        "one": one,
        "query": query,
        "all": all_events,
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(9):
        for name, task in work.items():
            times[name].append(timed(task, 1).median)
    bandwidth = _bandwidth()
    return {
        "descendants": plain[0],
        "victims": len(one().nodes),
        "bandwidth": bandwidth,
        "floor": plain[0] * _BYTES_PER_DESCENDANT / bandwidth,
        "root_descendants": own.descendants()()[0],
        **{name: float(np.median(taken)) for name, taken in times.items()},
    }


def _bandwidth() -> float:
    """Return bytes a second of a plain copy, the read and the write both counted."""
    source = np.ones(1 << 25, np.int64)
    target = np.empty_like(source)
    return 2 * source.nbytes / timed(lambda: np.copyto(target, source), 5).least


def _overlay(graph: LineageGraph, folder: Path) -> dict[str, Any]:
    """Time 10,000 new models through an overlay, with a first query."""
    from benchmarks.bench_overlay import measure

    return {**measure(graph), "memory": memory()}


if __name__ == "__main__":
    main()
