"""The explorer's pages in a real browser: how soon each is of use, and a click that opens more.

::

    python -m benchmarks.bench_pages [--size 3m] [--dir build/bench]

starts ``headwater serve`` on the synthetic Hub that ``benchmarks.bench`` made and visits
each page with an empty browser cache. The first visit is the first after the server's
start, so it pays for whatever is worked out once a snapshot; the others do not. A page is
of use once what its reader came for is drawn: the figures, the lineage, the table.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.bench_api import _largest_developer, _server
from benchmarks.bench_machine import machine
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS
from headwater.graph.store import SnapshotStore

PAINT_MS: Final = 1_500.0
EXPAND_MS: Final = 200.0
_VISITS: Final = 5
_RESULTS: Final = Path(__file__).with_name("results")
_WATCH: Final = """() => {
  document.addEventListener('click', () => { window.clicked = performance.now(); }, true);
  new MutationObserver(() => { window.changed = performance.now(); })
    .observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
_FLAGS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def main() -> int:
    """Measure, print the floors, and return 1 when one is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_pages", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--size", default="3m", help="30k, 300k or 3M models")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    size = options.size.lower()
    graph = LineageGraph(SnapshotStore(options.dir / size).current())
    own = os.environ.get("HEADWATER_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=own, args=_FLAGS)
        found = measure(browser, options.dir / size, graph)
        browser.close()
    found |= {"size": size, "machine": machine()}
    (_RESULTS / f"pages-{size}.json").write_text(json.dumps(found, indent=1) + "\n")
    rows = checks(found)
    for what, value, floor in rows:
        told = "met   " if value <= floor else "MISSED"
        print(f"{told}  {what}: {value:.0f} ms (floor ≤ {floor:.0f} ms)")  # noqa: T201
    return 0 if all(value <= floor for _, value, floor in rows) else 1


def checks(found: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return what was measured, in ms, with its floor."""
    rows = []
    for name, took in found["pages"].items():
        rows.append((f"{name}, first visit", took[0], PAINT_MS))
        rows.append((f"{name}, later visits", statistics.median(took[1:]), PAINT_MS))
    rows.append(("ten more rows", statistics.median(found["expand"]), EXPAND_MS))
    return rows


def measure(browser: Browser, folder: Path, graph: LineageGraph) -> dict[str, Any]:
    """Return the times of every visit and of every click, in ms."""
    model, developer = _widest_model(graph), _largest_developer(graph)
    pages = {
        "start": ("/", "#stats > *"),
        "artefact": (f"/artefact?id={quote(model, safe='')}", ".node.more"),
        "what breaks": (
            f"/what-breaks?target={quote(developer, safe='')}", "#worst tbody tr",
        ),
        "concentration": ("/concentration", "#f-tree .tm > rect"),
        "quality": ("/quality", "#answer .report"),
    }  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in pages}
    with _server(folder) as port:
        origin = f"http://127.0.0.1:{port}"
        for _ in range(_VISITS):
            for name, (path, wanted) in pages.items():
                took[name].append(_visit(browser, origin + path, wanted))
        expand = _expand(browser, origin + pages["artefact"][0])
    return {"model": model, "developer": developer, "pages": took, "expand": expand}


def _widest_model(graph: LineageGraph) -> str:
    n_children = np.diff(graph.children.offsets[: graph.n_artefacts + 1])
    is_model = graph.columns.kind[: graph.n_artefacts] == KINDS.index("model")
    return graph.ids[int(np.where(is_model, n_children, -1).argmax())]


def _new_page(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 1440, "height": 900}).new_page()


def _visit(browser: Browser, address: str, wanted: str) -> float:
    page = _new_page(browser)
    begun = time.perf_counter()
    page.goto(address)
    page.locator(wanted).first.wait_for(state="visible")
    took = (time.perf_counter() - begun) * 1e3
    page.wait_for_load_state("networkidle")  # what goes on must not burden the next
    page.context.close()
    return took


def _expand(browser: Browser, address: str) -> list[float]:
    """Return the times from a click to the last change of the page that it brings.

    They are read off the page's own clock: the driver takes 100 ms to click.
    """
    page = _new_page(browser)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate(_WATCH)
    took = []
    for _ in range(_VISITS):
        pill = _largest_rest(page)
        rest = pill.locator("b").inner_text()
        folded = page.locator(".node.more b", has_text=rest)
        pill.click()
        folded.wait_for(state="detached")
        page.wait_for_load_state("networkidle")
        took.append(float(page.evaluate("() => window.changed - window.clicked")))
    page.context.close()
    return took


def _largest_rest(page: Page) -> Locator:
    """Return the button behind which most rows are folded."""
    pills = page.locator(".node.more")
    pills.first.wait_for(state="visible")
    counts = pills.locator("b").all_inner_texts()
    most = max(range(len(counts)), key=lambda at: int(counts[at].replace(",", "")))
    return pills.nth(most)


if __name__ == "__main__":
    sys.exit(main())
