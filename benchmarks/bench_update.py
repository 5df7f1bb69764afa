"""Ten thousand changed models on top of an imported dump: crawled, built, published.

::

    python -m benchmarks.bench_update [--size 3M] [--dir build/bench]

needs what ``python -m benchmarks.bench_import`` leaves. A Hub on the loopback lists
models of the dump that have changed since, a tenth of them new, before others that have
not; ``headwater crawl --update`` reads them and publishes the next snapshot.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import bench_import
from benchmarks.bench_machine import machine
from benchmarks.bench_process import measure
from benchmarks.hub_server import serving

CHANGED: Final = 10_000
UNCHANGED: Final = 2_000
NEW_EVERY: Final = 10
MAX_SECONDS: Final = 15.0
_SHOWN: Final = (
    "fetch", "parse a run", "load imports", "merge", "concatenate", "compile",
    "publish", "build", "all of it",
)  # fmt: skip
_JSON: Final = ("cardData", "config")


def main() -> None:
    """Measure an update and print what it took."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_update", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--size", default="3M", help="30k, 300k or 3M models")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    print(summary(run(options.size.lower(), options.dir)))  # noqa: T201


def run(size: str, root: Path) -> dict[str, Any]:
    """Return what an update takes; kept as JSON in `root`."""
    base = root / f"import-{size}"
    if not (base / "current").exists():
        bench_import.run(size, root)
    data = root / f"update-{size}"
    shutil.rmtree(data, ignore_errors=True)
    # Nothing is ever changed in place, so that links are as good as copies.
    shutil.copytree(base, data, copy_function=os.link)
    records = root / f"update-{size}.jsonl"
    with records.open("wb") as file:
        file.writelines(
            orjson.dumps(record) + b"\n"
            for record in changed_records(bench_import.dump_folder(size, root))
        )
    steps = root / f"update-{size}.steps.json"
    port = urlsplit(bench_import.ENDPOINT).port or 0
    with serving(records, port=port) as endpoint:
        cost = measure(
            [
                sys.executable, "-m", "benchmarks.bench_steps", str(steps), "crawl",
                "--update", "--only", "models", "--endpoint", endpoint, "--no-token",
                "--json", "--data-dir", str(data),
            ]
        )  # fmt: skip
    said = json.loads(cost.output[cost.output.index("{") :])
    found = {
        "size": size,
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine(),
        "changed": CHANGED,
        "fetched": said["routes"]["models"]["records"],
        "stop": said["routes"]["models"]["stop"],
        "cost": {**asdict(cost), "output": ""},
        "steps": json.loads(steps.read_text()),
    }
    (root / f"update-{size}.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def changed_records(dump: Path) -> Iterator[dict[str, Any]]:
    """Yield records as a list by last change gives them: changed ones, then others."""
    file = pq.ParquetFile(dump / "models.parquet")
    newest = max(
        pc.max(file.read_row_group(group, ["lastModified"])["lastModified"]).as_py()
        for group in range(file.metadata.num_row_groups)
    )
    half = file.metadata.num_row_groups // 2
    table = file.read_row_group(half)
    rows = table.slice(0, CHANGED + UNCHANGED).to_pylist()
    old = sorted(rows[CHANGED:], key=lambda row: row["lastModified"], reverse=True)
    last = newest + timedelta(days=1)
    for number, row in enumerate(rows[:CHANGED]):
        row["downloads"] += 7
        row["lastModified"] = last - timedelta(seconds=number)
        if number % NEW_EVERY == 0:
            row["id"] += "-new"
            row["_id"] = f"ffffffff{number:016x}"
        yield _as_listed(row)
    before = newest - timedelta(days=30)
    for row in old:
        row["lastModified"] = min(before, row["lastModified"])
        yield _as_listed(row)


def _as_listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a dump as the Hub's API gives it."""
    record = {name: value for name, value in row.items() if value is not None}
    for name in _JSON:
        if name in record:
            record[name] = orjson.loads(record[name])
    for name in ("createdAt", "lastModified"):
        record[name] = f"{record[name]:%Y-%m-%dT%H:%M:%S}.000Z"
    return {**record, "private": False, "gated": False, "disabled": False}


def summary(found: dict[str, Any]) -> str:
    """Return what was measured as lines of text."""
    cost, steps = found["cost"], found["steps"]
    word = "met   " if cost["seconds"] < MAX_SECONDS else "MISSED"
    lines = [
        f"crawl --update: {found['fetched']:,} records read, {found['changed']:,} of them "
        f"changed ({found['stop']})",
        f"{word}  wall time {cost['seconds']:.2f} s (wanted < {MAX_SECONDS:g} s)",
        f"        peak RSS {cost['peak_rss'] / (1 << 30):.2f} GiB, load before "
        f"{cost['load_before']}",
    ]
    lines += [
        f"        {name:14} {steps[name]:7.2f} s" for name in _SHOWN if name in steps
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
