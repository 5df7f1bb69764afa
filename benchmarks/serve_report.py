"""The page on the speed of the server and its pages, from what was measured.

::

    python -m benchmarks.serve_report [--size 3m] [--docs docs/server-speed.md]
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any, Final

from benchmarks import bench_api, bench_pages
from benchmarks.hub_like import SIZES

_RESULTS: Final = Path(__file__).with_name("results")


def page(api: dict[str, Any], pages: dict[str, Any]) -> str:
    """Return the page as Markdown."""
    models = SIZES[api["size"]]
    lines = [
        "# Speed of the server and its pages",
        "",
        "<!-- Written by `make bench-api`; edit benchmarks/ instead. -->",
        "",
        f"`headwater serve` on a synthetic Hub of {models:,} models, the client on the",
        "same machine. Latency counts from the moment at which a request was due, so a",
        "server that falls behind cannot hide it.",
        "",
        _machine(api["machine"]),
        "",
        f"## {api['rate']:g} requests a second",
        "",
        "An artefact, a page of 50 relatives each way, and a search in turn; half of the",
        "artefacts are among the 20,000 most popular, half are any.",
        "",
        "| asked | median | 95th percentile | longest |",
        "|---|---:|---:|---:|",
    ]
    for kind in bench_api.KINDS:
        told = api["load"][kind]
        values = (told[name] for name in ("median_ms", "p95_ms", "max_ms"))
        lines.append(f"| {kind} | {' | '.join(f'{item:.1f} ms' for item in values)} |")
    lines += ["", "| floor | least | reached | |", "|---|---:|---:|---|"]
    lines += [
        f"| {what} | {floor} | {reached} | {_verdict(met=met)} |"
        for what, floor, reached, met in bench_api.checks(api)
    ]
    return "\n".join([*lines, "", *_pages(pages), ""])


def _pages(pages: dict[str, Any]) -> list[str]:
    lines = [
        "## Pages in Chromium",
        "",
        "Until what the reader came for is drawn, with an empty browser cache. The first",
        "visit is the first after the server's start and pays for what is worked out once",
        f"a snapshot; the later ones are the median of {len(pages['expand']) - 1}.",
        "",
        _machine(pages["machine"]),
        "",
        "| page | first visit | later visits | floor | |",
        "|---|---:|---:|---:|---|",
    ]
    for name, took in pages["pages"].items():
        later = statistics.median(took[1:])
        met = max(took[0], later) <= bench_pages.PAINT_MS
        lines.append(
            f"| {name} | {took[0]:.0f} ms | {later:.0f} ms | "
            f"≤ {bench_pages.PAINT_MS:.0f} ms | {_verdict(met=met)} |"
        )
    expand = statistics.median(pages["expand"])
    met = expand <= bench_pages.EXPAND_MS
    lines.append(
        f"| ten more rows in a lineage, by a click | · | {expand:.0f} ms | "
        f"≤ {bench_pages.EXPAND_MS:.0f} ms | {_verdict(met=met)} |"
    )
    return lines


def _verdict(*, met: bool) -> str:
    return "met" if met else "**missed**"


def _machine(told: dict[str, Any]) -> str:
    return (
        f"{told['processor']}, {told['cores']} cores, load {told['load']} at the end; "
        f"{told['system']}; Python {told['versions']['Python']}."
    )


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="3m")
    parser.add_argument("--docs", type=Path, default=Path("docs/server-speed.md"))
    options = parser.parse_args()
    found = [
        json.loads((_RESULTS / f"{name}-{options.size}.json").read_text("utf-8"))
        for name in ("api", "pages")
    ]
    options.docs.write_text(page(*found), encoding="utf-8")


if __name__ == "__main__":
    main()
