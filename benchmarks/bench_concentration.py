"""Concentration with every measure, and by month, at the size of the snapshot.

::

    python -m benchmarks.bench_concentration build/bench/3m

prints the times as JSON. Its floors are absolute; :mod:`benchmarks.bench` calls
:func:`measure` and reports them with the others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_timing import timed
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.queries.concentration import concentration
from headwater.queries.concentration_time import concentration_over_time

SHOWN: Final = 20
"""Pretrainers listed, as the command line does."""
ROUNDS: Final = {"all measures": 7, "over datasets": 1}


def measure(graph: LineageGraph) -> dict[str, Any]:
    """Return the median and least seconds of each question, after a warming run."""
    questions: dict[str, Callable[[], Any]] = {
        "all measures": lambda: concentration(graph, limit=SHOWN),
        "by month": lambda: concentration_over_time(graph, "month"),
        "by downloads": lambda: concentration(graph, weight="downloads", limit=SHOWN),
        "captive": lambda: concentration(graph, attribution="captive", limit=SHOWN),
        "over datasets": lambda: concentration(graph, by="dataset", limit=SHOWN),
    }
    found: dict[str, Any] = {}
    for name, ask in questions.items():
        ask()
        timing = timed(ask, ROUNDS.get(name, 3))
        found[name] = {"median": timing.median, "least": timing.least}
    found["months"] = len(concentration_over_time(graph, "month").periods)
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench/3m")
    value = measure(LineageGraph(SnapshotStore(folder).current()))
    sys.stdout.write(json.dumps(value, indent=1) + "\n")
