"""The command line with a stopwatch around its larger steps.

::

    python -m benchmarks.bench_steps FILE COMMAND [ARGUMENT ...]

does what ``headwater COMMAND ...`` does, and writes the seconds of each step to FILE.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, Final

STEPS: Final = (
    ("fetch", "headwater.ingest.sources.hub", "fetch"),
    ("write pages", "headwater.ingest.documents", "RunDirectory.write_page"),
    ("parse a run", "headwater.ingest.run_claims", "_write"),
    ("read dump", "headwater.ingest.import_readers", "read_dump"),
    ("survey", "headwater.ingest.sources.bulk", "survey"),
    ("keep claims", "headwater.ingest.import_readers", "write_part"),
    ("load imports", "headwater.ingest.load", "read_imports"),
    ("merge", "headwater.ingest.load", "merge_readings"),
    ("concatenate", "headwater.ingest.load", "concat"),
    ("compile", "headwater.ingest.load", "compile_snapshot"),
    ("publish", "headwater.graph.store", "SnapshotStore.publish"),
    ("build", "headwater.ingest.load", "build"),
)
"""Step, module and function; one that has moved is left out of the account."""


def watch(times: dict[str, float]) -> None:
    """Put a stopwatch around each step."""
    for name, module, path in STEPS:
        try:
            owner: Any = import_module(module)
            *inner, last = path.split(".")
            for part in inner:
                owner = getattr(owner, part)
            setattr(owner, last, _timed(name, getattr(owner, last), times))
        except (ImportError, AttributeError):
            continue


def _timed(
    name: str, work: Callable[..., Any], times: dict[str, float]
) -> Callable[..., Any]:
    @wraps(work)
    def measured(*given: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return work(*given, **named)
        finally:
            times[name] = times.get(name, 0.0) + time.perf_counter() - start

    return measured


def main() -> None:
    """Run the command line."""
    from headwater.cli import main as headwater

    target, sys.argv = Path(sys.argv[1]), ["headwater", *sys.argv[2:]]
    times: dict[str, float] = {}
    start = time.perf_counter()
    watch(times)
    times["import the modules"] = time.perf_counter() - start
    try:
        headwater()
    finally:
        times["all of it"] = time.perf_counter() - start
        target.write_text(json.dumps(times))


if __name__ == "__main__":
    main()
