"""Readers side by side: how many answers a second, and how much memory they share.

::

    python -m benchmarks.bench_readers DIRECTORY SECONDS

is one reader; :func:`measure` starts one, then two at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_machine import memory

SECONDS: Final = 4.0
_N_TARGETS: Final = 64


def read(directory: Path, seconds: float) -> dict[str, Any]:
    """Ask what breaks for popular artefacts in turn, and count the answers."""
    from headwater.graph.kernels.memory import keep_freed_memory
    from headwater.graph.lineage_graph import LineageGraph
    from headwater.graph.store import SnapshotStore
    from headwater.queries.what_breaks import what_breaks

    keep_freed_memory()
    graph = LineageGraph(SnapshotStore(directory).current())
    targets = [graph.ids[int(node)] for node in graph.search_nodes[:_N_TARGETS]]
    for target in targets:
        what_breaks(graph, [target], limit=20)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    answers, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        what_breaks(graph, [targets[answers % len(targets)]], limit=20)
        answers += 1
    took = time.perf_counter() - start
    print("done", flush=True)  # noqa: T201
    sys.stdin.readline()  # both are measured while both are alive
    return {"rate": answers / took, "memory": memory()}


def measure(directory: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """Return answers a second and memory of one reader, and of two at once."""
    alone = _run(directory, 1, seconds)
    both = _run(directory, 2, seconds)
    return {
        "one": alone[0],
        "two": both,
        "ratio": sum(item["rate"] for item in both) / alone[0]["rate"],
    }


def _run(directory: Path, count: int, seconds: float) -> list[dict[str, Any]]:
    command = [
        sys.executable, "-m", "benchmarks.bench_readers", str(directory), str(seconds),
    ]  # fmt: skip
    readers = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    for expected in ("ready", "done"):
        for reader in readers:
            assert reader.stdout is not None
            if reader.stdout.readline().strip() != expected:
                raise RuntimeError("a reader failed")
        for reader in readers:
            assert reader.stdin is not None
            reader.stdin.write("go\n")
            reader.stdin.flush()
    return [json.loads(reader.communicate()[0]) for reader in readers]


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]), float(sys.argv[2]))))  # noqa: T201
