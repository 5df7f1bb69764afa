"""Generate, compile and publish a Hub in a process of its own, and say what it took.

::

    python -m benchmarks.bench_publish MODELS DIRECTORY
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_machine import memory
from benchmarks.hub_like import generate
from headwater.graph.compile import compile_snapshot
from headwater.graph.store import SnapshotStore

_CREATED: Final = datetime(2026, 11, 22, tzinfo=UTC)


def publish(n_models: int, directory: Path) -> dict[str, Any]:
    """Return seconds by step and peak memory; what was there before is removed."""
    shutil.rmtree(directory, ignore_errors=True)
    start = time.perf_counter()
    tables = generate(n_models)
    generated = time.perf_counter()
    claims = len(tables.claims)
    content = compile_snapshot(tables)
    source = {"source": "synthetic", "summary": f"synthetic Hub of {n_models:,} models"}
    SnapshotStore(directory).publish(content, [source], _CREATED)
    return {
        "generate": generated - start,
        "compile": time.perf_counter() - generated,
        "records": len(tables.records),
        "claims": claims,
        "memory": memory(),
    }


if __name__ == "__main__":
    print(json.dumps(publish(int(sys.argv[1]), Path(sys.argv[2]))))  # noqa: T201
