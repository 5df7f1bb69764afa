"""A crawl of 200,000 models on the loopback, against bare loops over the same pages.

::

    python -m benchmarks.bench_crawl [--models 200300] [--dir build/bench]

A bare loop asks for page after page and decodes the JSON, nothing else: one with the
HTTP client that headwater uses, one with the standard library's. They take turns with
the crawl, which checks every page and has it on the disk before it asks for the next.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson

from benchmarks.bench_machine import machine
from benchmarks.bench_process import measure
from benchmarks.hub_server import serving
from headwater.ingest.client import HubClient
from headwater.ingest.crawl import crawl
from headwater.ingest.documents import find_runs
from headwater.ingest.links import next_link
from headwater.ingest.sources.hub_routes import FIELDS, CrawlOptions, first_url

MODELS: Final = 200_300
ROUNDS: Final = 5
LEAST_SHARE: Final = 0.5
_SHOWN: Final = ("fetch", "write pages", "parse a run", "build", "all of it")


def main() -> None:
    """Measure crawls and print what they took."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_crawl", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--dir", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    print(summary(run(options.models, options.dir)))  # noqa: T201


def run(models: int, root: Path) -> dict[str, Any]:
    """Return the times of crawls and bare loops; kept as JSON in `root`."""
    root.mkdir(parents=True, exist_ok=True)
    data = root / "crawl"
    found: dict[str, Any] = {
        "models": models,
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine(),
    }
    with serving(models) as endpoint:
        loops: dict[str, Callable[[], int]] = {
            "httpx2 and orjson": lambda: loop_with_httpx2(endpoint),
            "http.client and orjson": lambda: loop_with_stdlib(endpoint),
            "headwater": lambda: loop_of_ours(endpoint, data / "runs"),
        }
        found["rates"] = _interleave(loops, models)
        (last,) = find_runs(data / "runs")
        headers = list(last.headers("models"))
        kept = [file.stat().st_size for file in last.path.rglob("*.page.gz")]
        found["pages"] = len(headers)
        found["bytes"] = sum(header.bytes for header in headers)
        found["compressed"] = sum(kept)
        shutil.rmtree(data)
        steps = root / "crawl.steps.json"
        cost = measure(
            [
                sys.executable, "-m", "benchmarks.bench_steps", str(steps), "crawl",
                "--only", "models", "--endpoint", endpoint, "--no-token",
                "--no-catalog", "--data-dir", str(data),
            ]
        )  # fmt: skip
    found["cost"] = {**asdict(cost), "output": ""}
    found["steps"] = json.loads(steps.read_text())
    shutil.rmtree(data)
    (root / "crawl.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def _interleave(
    loops: dict[str, Callable[[], int]], models: int
) -> dict[str, list[float]]:
    """Return the records a second of each loop, round after round."""
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for number in range(ROUNDS + 1):
        for name, loop in loops.items():
            start = time.perf_counter()
            seen = loop()
            took = time.perf_counter() - start
            if seen != models:
                raise AssertionError(f"{name} saw {seen:,} of {models:,} records")
            if number:  # the first round warms up
                rates[name].append(seen / took)
    return rates


def loop_with_httpx2(endpoint: str) -> int:
    """Fetch and decode all pages with the client that headwater uses."""
    url: str | None = _first(endpoint)
    seen = 0
    with httpx2.Client() as client:
        while url:
            answer = client.get(url)
            seen += len(orjson.loads(answer.content))
            url = next_link(answer.headers.get("Link"))
    return seen


def loop_with_stdlib(endpoint: str) -> int:
    """Fetch and decode all pages with the plainest client there is."""
    url: str | None = _first(endpoint)
    parts = urlsplit(endpoint)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    seen = 0
    while url:
        connection.request("GET", url.removeprefix(endpoint))
        answer = connection.getresponse()
        seen += len(orjson.loads(answer.read()))
        url = next_link(answer.getheader("Link"))
    connection.close()
    return seen


def loop_of_ours(endpoint: str, runs: Path) -> int:
    """Crawl all pages onto the disk."""
    shutil.rmtree(runs, ignore_errors=True)
    with HubClient(endpoint, token=False) as client:
        return crawl(runs, _options(endpoint), client).records


def _options(endpoint: str) -> CrawlOptions:
    return CrawlOptions(endpoint, ("models",))


def _first(endpoint: str) -> str:
    return first_url(_options(endpoint), "models", FIELDS["models"])


def shares(found: dict[str, Any]) -> dict[str, float]:
    """Return the rate of the crawl as a share of that of each bare loop, by medians."""
    median = {name: statistics.median(rates) for name, rates in found["rates"].items()}
    own = median.pop("headwater")
    return {name: own / rate for name, rate in median.items()}


def summary(found: dict[str, Any]) -> str:
    """Return what was measured as lines of text."""
    lines = [
        f"{found['models']:,} models in {found['pages']} pages of "
        f"{found['bytes'] / found['pages'] / 1e6:.2f} MB"
    ]
    for name, rates in found["rates"].items():
        lines.append(
            f"        {name:24} {statistics.median(rates):>8,.0f} records/s "
            f"({min(rates):,.0f} to {max(rates):,.0f})"
        )
    for name, share in shares(found).items():
        word = "met   " if share >= LEAST_SHARE else "MISSED"
        lines.append(f"{word}  {share:.2f} of a bare loop with {name}")
    cost, steps = found["cost"], found["steps"]
    lines.append(
        f"        the whole command {cost['seconds']:.1f} s, peak RSS "
        f"{cost['peak_rss'] / (1 << 20):,.0f} MiB, load before {cost['load_before']}"
    )
    lines += [
        f"        {name:14} {steps[name]:7.2f} s" for name in _SHOWN if name in steps
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
