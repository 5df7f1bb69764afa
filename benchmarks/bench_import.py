"""A dump of the whole Hub, imported and published: wall time and memory.

::

    python -m benchmarks.bench_import [--size 3M] [--dir build/bench]

writes a synthetic dump once (:mod:`benchmarks.hub_dump`), then runs ``headwater import
bulk`` on it in a new process, from the Parquet files to the published snapshot.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_machine import machine
from benchmarks.bench_process import measure
from benchmarks.hub_dump import FORMAT
from benchmarks.hub_like import SIZES

ENDPOINT: Final = "http://127.0.0.1:8699"
"""Where the Hub of the dump is: an update of it is read from there."""
MAX_SECONDS: Final = 60.0
MAX_RSS: Final = 3 << 30
_SHOWN: Final = (
    "read dump", "survey", "keep claims", "load imports", "merge", "concatenate",
    "compile", "publish", "build", "all of it",
)  # fmt: skip


def main() -> None:
    """Measure an import and print what it took."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_import", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--size", default="3M", help="30k, 300k or 3M models")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"))
    parser.add_argument("--workers", type=int, help="default: one a core")
    options = parser.parse_args()
    found = run(options.size.lower(), options.dir, options.workers)
    print(summary(found))  # noqa: T201


def run(size: str, root: Path, workers: int | None = None) -> dict[str, Any]:
    """Return what an import of a dump of this size takes; kept as JSON beside it."""
    dump = dump_folder(size, root)
    data = root / f"import-{size}"
    shutil.rmtree(data, ignore_errors=True)
    steps = root / f"import-{size}.steps.json"
    files = [
        str((dump / f"{route}.parquet").resolve()) for route in ("models", "datasets")
    ]
    command = [
        sys.executable, "-m", "benchmarks.bench_steps", str(steps), "import", "bulk",
        *files, "--data-dir", str(data), "--json", "--endpoint", ENDPOINT,
    ]  # fmt: skip
    if workers is not None:
        command += ["--workers", str(workers)]
    _warm(files)
    cost = measure(command)
    said = json.loads(cost.output[cost.output.index("{") :])
    found = {
        "size": size,
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine(),
        "dump": json.loads((dump / "dump.json").read_text()),
        "cost": {**asdict(cost), "output": ""},
        "steps": json.loads(steps.read_text()),
        "records": said["records"],
        "claims": said["claims"],
        "left out": sum(said["skipped"].values()),
        "snapshot": _bytes(data / "snapshots" / said["snapshot"]),
    }
    (root / f"import-{size}.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def dump_folder(size: str, root: Path) -> Path:
    """Return the folder of a dump, written first if it is not there."""
    folder = root / f"dump-{size}"
    note = folder / "dump.json"
    kept = json.loads(note.read_text()) if note.exists() else {}
    if kept.get("format") != FORMAT or kept.get("models") != SIZES[size]:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.hub_dump", size, "--out", str(folder)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return folder


def summary(found: dict[str, Any]) -> str:
    """Return what was measured as lines of text."""
    cost, dump, steps = found["cost"], found["dump"], found["steps"]
    lines = [
        f"import bulk of {dump['models']:,} models and {dump['datasets']:,} datasets "
        f"({dump['bytes'] / 1e6:,.0f} MB): {found['records']:,} records, "
        f"{found['claims']:,} claims, {found['left out']:,} values left out",
        _against("wall time", cost["seconds"], MAX_SECONDS, 1, "s"),
        _against("peak RSS, all processes", cost["peak_rss"], MAX_RSS, 1 << 30, "GiB"),
        f"        peak proportional share {cost['peak_share'] / (1 << 30):.2f} GiB, "
        f"{cost['processes']} processes, load before {cost['load_before']}",
    ]
    lines += [
        f"        {name:14} {steps[name]:7.2f} s" for name in _SHOWN if name in steps
    ]
    return "\n".join(lines)


def _against(what: str, value: float, most: float, unit: int, name: str) -> str:
    word = "met   " if value < most else "MISSED"
    return f"{word}  {what} {value / unit:.2f} {name} (wanted < {most / unit:g} {name})"


def _warm(files: list[str]) -> None:
    """Read the files once, so that every run finds them in the page cache."""
    for name in files:
        with open(name, "rb", buffering=0) as handle:
            while handle.read(1 << 24):
                pass
    time.sleep(0.1)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
