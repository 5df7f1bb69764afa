"""Cold starts: files for each engine, and new processes that begin from them."""

from __future__ import annotations

import json
import os
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_timing import DifferentAnswersError
from benchmarks.engines.duckdb_engine import DuckDb
from benchmarks.engines.inputs import Engine, Inputs
from benchmarks.engines.networkx_engine import Networkx

ENGINES: Final = ("headwater", "DuckDB", "igraph", "networkx")
_ROUNDS: Final = 3


def prepare_cold(directory: Path, engines: Sequence[Engine], inputs: Inputs) -> None:
    """Write the file from which each engine starts; not on the clock."""
    directory.mkdir(parents=True, exist_ok=True)
    for engine in engines:
        if isinstance(engine, Networkx):
            with (directory / "networkx.pickle").open("wb") as file:
                pickle.dump((engine.lineage, engine.downloads), file, protocol=5)
    path = directory / "graph.duckdb"
    path.unlink(missing_ok=True)
    DuckDb(inputs, path).db.close()


def measure_cold(directory: Path, developer: str) -> dict[str, Any]:
    """Return median wall seconds from start to answer, and memory, by engine.

    Engines take turns; the files were read before, so they come from the page cache.
    """
    times: dict[str, list[float]] = {name: [] for name in ENGINES}
    told: dict[str, dict[str, Any]] = {}
    for number in range(_ROUNDS):
        for name in ENGINES:
            # networkx takes tens of seconds at full size, so it runs once.
            if number and times[name][0] > 10:
                continue
            start = time.perf_counter()
            told[name] = _run(name, directory, developer)
            times[name].append(time.perf_counter() - start)
            if told[name]["answer"] != told[ENGINES[0]]["answer"]:
                raise DifferentAnswersError(f"a new process: {name} differs")
    return {
        name: {"median": statistics.median(taken), "rounds": len(taken), **told[name]}
        for name, taken in times.items()
    }


def _run(name: str, directory: Path, developer: str) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "benchmarks.engines.cold", name, str(directory), developer,
    ]  # fmt: skip
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    value: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return value
