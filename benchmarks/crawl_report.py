"""The page on the speed of crawls, imports and updates, from what was measured.

::

    python -m benchmarks.crawl_report [--dir build/bench] [--docs docs/crawl-speed.md]
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from pathlib import Path
from typing import Any, Final

from benchmarks import bench_crawl, bench_import, bench_update

MODELS: Final = 3_000_000
DATASETS: Final = 800_000
PAGE: Final = 1000
WINDOW_S: Final = 300
QUOTAS: Final = (("no token", 500), ("a free token", 1000), ("a PRO token", 2500))
"""Requests a window of five minutes, as the Hub documents them."""
PAGE_SECONDS: Final = (0.3, 0.9)
"""What others reported that the Hub takes for a page of 1,000; not measured here."""
_STEPS: Final = {
    "fetch": "fetching (checks and writing included)",
    "write pages": "of which compressing, writing and syncing pages",
    "parse a run": "turning pages into claims",
    "read dump": "reading the dump into claims",
    "survey": "of which looking for repeated rows",
    "keep claims": "keeping the claims",
    "load imports": "reading kept claims",
    "merge": "merging crawls and imports",
    "compile": "compiling",
    "publish": "writing and syncing the snapshot",
    "build": "building: merge, compile, publish",
    "all of it": "all of it",
}


def pages(models: int = MODELS, datasets: int = DATASETS) -> int:
    """Return the requests of a full pass: the last page of a list is asked for twice.

    Examples
    --------
    >>> pages(2_500, 1_000)
    6
    """
    return sum(math.ceil(count / PAGE) + 1 for count in (models, datasets))


def projected(requests: int, quota: int, page_s: float) -> float:
    """Return the seconds of a crawl that spends each window's quota, then waits.

    Parameters
    ----------
    requests : int
        Pages to ask for, one after the other.
    quota : int
        Requests that a window of five minutes allows.
    page_s : float
        Seconds that one page takes.

    Examples
    --------
    >>> projected(1_200, 500, 0.3)  # two whole windows, then 200 pages
    660.0
    """
    whole, rest = divmod(requests, quota)
    if rest == 0:
        whole, rest = whole - 1, quota
    return whole * max(WINDOW_S, quota * page_s) + rest * page_s


def page(
    crawl: dict[str, Any],
    imported: dict[str, Any] | None,
    update: dict[str, Any] | None,
) -> str:
    """Return the Markdown page; what was not measured is said to be missing."""
    parts = [_INTRODUCTION, "", *_crawl_section(crawl), "", *_projection(crawl)]
    parts += ["", "## Import of a dump of the whole Hub", ""]
    parts += _import_section(imported) if imported else ["Not measured yet."]
    parts += ["", "## Update of ten thousand models", ""]
    parts += _update_section(update) if update else ["Not measured yet."]
    return "\n".join([*parts, "", _HOW])


def _crawl_section(found: dict[str, Any]) -> list[str]:
    lines = [
        "## Crawl against bare loops",
        "",
        f"{found['models']:,} models in {found['pages']} pages, {_measured(found)}",
        "",
        "| loop | records a second, median | from | to | headwater's share |",
        "|---|---:|---:|---:|---:|",
    ]
    shares = bench_crawl.shares(found)
    for name, rates in found["rates"].items():
        share = f"{shares[name]:.2f}" if name in shares else "·"
        lines.append(
            f"| {name} | {statistics.median(rates):,.0f} | {min(rates):,.0f} | "
            f"{max(rates):,.0f} | {share} |"
        )
    least = min(shares.values())
    word = "met" if least >= bench_crawl.LEAST_SHARE else "**missed**"
    cost = found["cost"]
    return [
        *lines,
        "",
        f"Wanted: at least half the rate of a bare loop; the least share is {least:.2f}: "
        f"{word}. A bare loop keeps nothing; the crawl has checked every page and has it on "
        "the disk, synced, before it asks for the next.",
        "",
        "Turning pages into claims comes after the last page and is not in these rates: "
        f"with it, {_claim_rate(found, with_fetch=True):,.0f} records a second. The whole "
        "command, from the first request to the published snapshot, took "
        f"{cost['seconds']:.1f} s and at most {_gib(cost['peak_rss'])} of memory:",
        "",
        *_steps(found["steps"], ("fetch", "write pages", "parse a run", "build")),
    ]


def _projection(found: dict[str, Any]) -> list[str]:
    size, kept = (found[name] / found["pages"] for name in ("bytes", "compressed"))
    requests = pages()
    lines = [
        "## How long the real Hub would take",
        "",
        "Computed, not measured: nobody crawled the Hub for this page. With *R* requests, a "
        "quota of *q* requests a window of 300 s, and *s* seconds a page,",
        "",
        "    T = w · max(300, q · s) + (R − w · q) · s,   w = ⌈R / q⌉ − 1",
        "",
        f"*R* = {requests:,} for {MODELS:,} models and {DATASETS:,} datasets, {PAGE:,} a "
        "page, the last page of each list asked for twice. The quotas are those that the "
        "Hub documents for its API. *s* is what others reported of their crawls in 2026: "
        f"from {PAGE_SECONDS[0]} to {PAGE_SECONDS[1]} s.",
        "",
        "| | quota | " + " | ".join(f"s = {s} s" for s in PAGE_SECONDS) + " |",
        "|---|---:|" + "---:|" * len(PAGE_SECONDS),
    ]
    for name, quota in QUOTAS:
        times = [projected(requests, quota, page_s) / 60 for page_s in PAGE_SECONDS]
        cells = " | ".join(f"{minutes:.0f} min" for minutes in times)
        lines.append(f"| {name} | {quota:,} | {cells} |")
    rate = statistics.median(found["rates"]["headwater"])
    return [
        *lines,
        "",
        f"Measured here: {size / 1e6:.2f} MB a page as the server sends it "
        f"({requests * size / 1e9:.1f} GB in all), {kept / 1e6:.2f} MB a page on the disk "
        f"({requests * kept / 1e9:.1f} GB; synthetic records compress better than real "
        f"ones), and {PAGE / rate * 1e3:.0f} ms of own work a page, which *s* includes. "
        "Claims are made once the pages are there: at the rate measured here, another "
        f"{(MODELS + DATASETS) / _claim_rate(found) / 60:.0f} min.",
    ]


def _claim_rate(found: dict[str, Any], *, with_fetch: bool = False) -> float:
    """Return records a second of turning pages into claims."""
    steps = found["steps"]
    taken: float = steps["parse a run"] + (steps["fetch"] if with_fetch else 0.0)
    return float(found["models"] / taken)


def _import_section(found: dict[str, Any]) -> list[str]:
    dump, cost = found["dump"], found["cost"]
    return [
        f"{dump['models']:,} models and {dump['datasets']:,} datasets, "
        f"{dump['bytes'] / 1e6:,.0f} MB of Parquet, to {found['records']:,} records and "
        f"{found['claims']:,} claims in a published snapshot; {_measured(found)}",
        "",
        *_wanted(cost, bench_import.MAX_SECONDS, bench_import.MAX_RSS),
        "",
        *_steps(
            found["steps"],
            ("read dump", "survey", "keep claims", "load imports", "merge", "compile",
             "publish", "build"),
        ),
    ]  # fmt: skip


def _update_section(found: dict[str, Any]) -> list[str]:
    return [
        f"`headwater crawl --update` on top of that import: {found['fetched']:,} records "
        f"read, {found['changed']:,} of them changed, a tenth of those new; "
        f"{_measured(found)}",
        "",
        *_wanted(found["cost"], bench_update.MAX_SECONDS, None),
        "",
        *_steps(
            found["steps"],
            ("fetch", "parse a run", "load imports", "merge", "compile", "publish",
             "build"),
        ),
    ]  # fmt: skip


def _wanted(cost: dict[str, Any], seconds: float, memory: int | None) -> list[str]:
    rows = [("wall time", f"< {seconds:g} s", f"{cost['seconds']:.1f} s",
             cost["seconds"] < seconds)]  # fmt: skip
    wanted = f"< {_gib(memory)}" if memory else "·"
    met = memory is None or cost["peak_rss"] < memory
    rows.append(("peak memory, all processes", wanted, _gib(cost["peak_rss"]), met))
    return [
        "| | wanted | reached | |",
        "|---|---:|---:|---|",
        *(
            f"| {what} | {most} | {got} | {'met' if met else '**missed**'} |"
            for what, most, got, met in rows
        ),
    ]


def _steps(steps: dict[str, float], shown: tuple[str, ...]) -> list[str]:
    rows = [(_STEPS[name], steps[name]) for name in shown if name in steps]
    return ["| step | seconds |", "|---|---:|"] + [
        f"| {name} | {seconds:.2f} |" for name, seconds in rows
    ]


def _measured(found: dict[str, Any]) -> str:
    computer = found["machine"]
    return (
        f"measured {found['date']} on {computer['processor']}, {computer['cores']} cores, "
        f"{computer['memory']}, load {computer['load']}."
    )


def _gib(count: int) -> str:
    return f"{count / (1 << 30):.2f} GiB"


_INTRODUCTION: Final = """\
# Speed of crawls, imports and updates

Made by `make bench-crawl`; do not edit. All on one machine against a Hub on the loopback
(`benchmarks/hub_server.py`) and a synthetic dump (`benchmarks/hub_dump.py`), misses
included. The load is that of the machine as each part began: with two cores, figures
taken above a load of about 1 are slower than the program is."""
_HOW: Final = """\
## How

* `python -m benchmarks.bench_crawl`: loops and crawl take turns, a warming round first.
* `python -m benchmarks.bench_import`: `headwater import bulk` in a new process; the
  memory is the sum of the resident sets of all its processes, sampled fifty times a
  second, in which pages that two of them share count twice and mapped files count too.
* `python -m benchmarks.bench_update`: `headwater crawl --update` on what that import
  left.
"""


def main() -> None:
    """Write the page from the results that are there."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crawl_report", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--dir", type=Path, default=Path("build/bench"))
    parser.add_argument("--docs", type=Path, default=Path("docs/crawl-speed.md"))
    options = parser.parse_args()
    crawl, imported, update = (
        _read(options.dir / f"{name}.json")
        for name in ("crawl", "import-3m", "update-3m")
    )
    if crawl is None:
        parser.error("nothing was measured yet: run python -m benchmarks.bench_crawl")
    options.docs.write_text(page(crawl, imported, update), encoding="utf-8")


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()
