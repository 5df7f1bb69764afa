"""The HTTP server under load, on the loopback: latencies, and a swap of snapshots.

::

    python -m benchmarks.bench_api [--size 3m] [--dir build/bench] [--rate 200]

starts ``headwater serve`` on the synthetic Hub that ``benchmarks.bench`` made (it makes
one if there is none), asks it so many times a second whatever it answers, and prints
every floor with what was reached. Latency counts from the moment at which a request was
due, so that a server that falls behind cannot hide it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from benchmarks.bench_api_client import Client, Outcome
from benchmarks.bench_machine import machine
from benchmarks.bench_publish import publish
from benchmarks.hub_like import SIZES
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot import MANIFEST, Manifest, read_manifest
from headwater.graph.store import SnapshotStore

Check = tuple[str, str, str, bool]
"""What was asked, the floor, what was reached, whether that is met."""
KINDS: Final = ("artefact", "lineage", "search")
P95_MS: Final = 50.0
WHAT_BREAKS_MS: Final = 300.0
_RESULTS: Final = Path(__file__).with_name("results")
_ASKED: Final = 15
_SWAPS: Final = 6


def main() -> int:
    """Measure, print the floors, and return 1 when one is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_api", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--size", default="3m", help="30k, 300k or 3M models")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"))
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    size = options.size.lower()
    source = options.dir / size
    if not (source / "current").exists():
        _say(f"publishing a Hub of {SIZES[size]:,} models ...")
        publish(SIZES[size], source)
    folder = options.dir / f"api-{size}"
    names = _link_twice(source, folder)
    try:
        found = asyncio.run(_measure(folder, names, options.rate, options.seconds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found |= {"size": size, "machine": machine()}
    (_RESULTS / f"api-{size}.json").write_text(json.dumps(found, indent=1) + "\n")
    _say(summary(found))
    return 0 if all(row[3] for row in checks(found)) else 1


def checks(found: dict[str, Any]) -> list[Check]:
    """Return every floor with what was reached."""
    rate = found["rate"]
    rows = [
        _at_most(
            f"{kind}, 95th percentile at {rate:g} requests/s",
            P95_MS,
            found["load"][kind]["p95_ms"],
        )
        for kind in KINDS
    ]
    rows.append(
        _at_most(
            f"what breaks, {found['developer']}, one event",
            WHAT_BREAKS_MS,
            found["what_breaks_ms"],
        )
    )
    faults = found["load"]["faults"] + found["swap"]["faults"]
    sent = found["load"]["requests"] + found["swap"]["requests"]
    rows.append(
        (
            f"failed requests of {sent:,}, {found['swap']['swaps']} swaps among them",
            "0", str(faults), faults == 0,
        )
    )  # fmt: skip
    seen = found["swap"]["snapshots"]
    rows.append(("snapshots that answered", "2", str(seen), seen == 2))
    return rows


def summary(found: dict[str, Any]) -> str:
    """Return the floors as lines of text."""
    rows = checks(found)
    lines = [
        f"{'met   ' if met else 'MISSED'}  {what}: {reached} (floor {floor})"
        for what, floor, reached, met in rows
    ]
    told = ", ".join(
        f"{kind} {found['load'][kind]['median_ms']:.1f} ms" for kind in KINDS
    )
    lines.append(f"medians: {told}; {found['load']['reached']:.0f} answers/s")
    lines.append(f"{sum(row[3] for row in rows)} of {len(rows)} floors met")
    return "\n".join(lines)


def _at_most(what: str, floor: float, value: float) -> Check:
    return what, f"≤ {floor:g} ms", f"{value:.3g} ms", value <= floor


def _link_twice(source: Path, folder: Path) -> tuple[str, str]:
    """Make a data directory with one snapshot under two names; nothing is copied."""
    shutil.rmtree(folder, ignore_errors=True)
    real = SnapshotStore(source).current()
    names = (real.name, f"{real.name}-again")
    for name in names:
        to = folder / "snapshots" / name
        shutil.copytree(real, to, copy_function=os.link)
        manifest: Manifest = read_manifest(real)
        text = (real / MANIFEST).read_text(encoding="utf-8")
        (to / MANIFEST).unlink()
        (to / MANIFEST).write_text(text.replace(f'"{manifest.id}"', f'"{name}"'))
    _point_at(folder, names[0])
    return names


def _point_at(folder: Path, name: str) -> None:
    temporary = folder / ".current"
    temporary.write_text(name + "\n")
    temporary.replace(folder / "current")


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    """Yield the port of a server in a process of its own."""
    command = [
        sys.executable, "-m", "headwater", "serve", "--port", "0",
        "--data-dir", str(folder),
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        if not line.startswith("Serving"):
            raise SystemExit(f"the server did not start: {line}")
        yield int(line.split()[1].rstrip("/").rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


async def _measure(
    folder: Path, names: tuple[str, str], rate: float, seconds: float
) -> dict[str, Any]:
    graph = LineageGraph(SnapshotStore(folder).current())
    paths, developer = _paths(graph), _largest_developer(graph)
    with _server(folder) as port:
        client = Client("127.0.0.1", port)
        for number in range(60):  # opens files, prepares what is prepared once
            await client.get(paths(number)[1])
        _say(f"{rate:g} requests a second for {seconds:g} s ...")
        load = await _load(client, paths, rate, seconds)
        _say("what breaks ...")
        took = await _what_breaks(client, developer)
        _say("the same while snapshots are swapped ...")
        swap = await _swap(client, paths, rate / 2, folder, names)
        await client.close()
    return {
        "rate": rate,
        "developer": developer,
        "load": load,
        "what_breaks_ms": took,
        "swap": swap,
    }


def _largest_developer(graph: LineageGraph) -> str:
    developers = graph.columns.developer[: graph.n_artefacts]
    return graph.ids[int(np.bincount(developers[developers >= 0]).argmax())]


def _paths(graph: LineageGraph) -> Callable[[int], tuple[str, str]]:
    """Return what gives the kind and path of the n-th request, each kind in turn.

    Half of the artefacts are among the 20,000 most popular, half are any.
    """
    random = np.random.default_rng(7)
    popular = min(20_000, len(graph.search_nodes))
    artefacts = graph.search_nodes[graph.search_nodes < graph.n_artefacts]
    pool = len(artefacts)

    def path(number: int) -> tuple[str, str]:
        top = min(popular, pool) if number % 2 else pool
        node = graph.ids[int(artefacts[int(random.integers(0, top))])]
        kind = KINDS[number % len(KINDS)]
        if kind == "artefact":
            return kind, f"/v1/artefacts/{quote(node, safe='')}"
        if kind == "lineage":
            return kind, f"/v1/artefacts/{quote(node, safe='')}/lineage?limit=50"
        name = node.rpartition("/")[2]
        cut = int(random.integers(3, 10))
        return kind, f"/v1/search?limit=20&q={quote(name[:cut], safe='')}"

    return path


async def _load(
    client: Client,
    paths: Callable[[int], tuple[str, str]],
    rate: float,
    seconds: float,
) -> dict[str, Any]:
    """Send requests when they are due and return latencies by kind."""
    began = time.perf_counter()
    sent: list[tuple[str, asyncio.Task[Outcome]]] = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        kind, path = paths(number)
        sent.append((kind, asyncio.create_task(client.get(path, due))))
    outcomes = [(kind, await task) for kind, task in sent]
    took = time.perf_counter() - began
    return {
        "requests": len(outcomes),
        "reached": len(outcomes) / took,
        "faults": sum(outcome.status != 200 for _, outcome in outcomes),
        "snapshots": len({found.snapshot for _, found in outcomes if found.snapshot}),
        **{
            kind: _spread([found.seconds for name, found in outcomes if name == kind])
            for kind in KINDS
        },
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    return {
        "median_ms": statistics.median(seconds) * 1e3,
        "p95_ms": float(np.quantile(seconds, 0.95)) * 1e3,
        "max_ms": max(seconds) * 1e3,
    }


async def _what_breaks(client: Client, developer: str) -> float:
    """Return the median in ms; each limit is another question, so nothing is kept."""
    took = []
    for number in range(_ASKED):
        path = f"/v1/what-breaks?target={quote(developer)}&event=deleted&limit={40 + number}"
        outcome = await client.get(path)
        if outcome.status != 200:
            raise SystemExit(f"{path}: {outcome.status}")
        took.append(outcome.seconds)
    return statistics.median(took) * 1e3


async def _swap(
    client: Client,
    paths: Callable[[int], tuple[str, str]],
    rate: float,
    folder: Path,
    names: tuple[str, str],
) -> dict[str, Any]:
    async def turn() -> None:
        for number in range(1, _SWAPS + 1):
            await asyncio.sleep(1.0)
            _point_at(folder, names[number % 2])

    turning = asyncio.create_task(turn())
    found = await _load(client, paths, rate, _SWAPS + 2.0)
    await turning
    return {"swaps": _SWAPS, **found}


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
