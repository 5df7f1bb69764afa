"""A real server on real snapshots, and a real Chromium that watches what a page does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from headwater.api.app import create_app
from headwater.graph.claims import Claim, ClaimBatch, Record
from headwater.graph.store import SnapshotStore
from tests.drawing import DAY, draw_batch, publish
from tests.hostile import HOSTILE

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 360, "height": 740}


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """Run the application on a free port and yield its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    config = uvicorn.Config(
        create_app(data_dir), port=port, log_config=None, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    begin = time.monotonic()
    while not server.started:
        assert time.monotonic() - begin < 30, "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


class Visit:
    """A page that was opened, and everything it did."""

    def __init__(
        self, browser: Browser, base: str, address: str, **options: Any
    ) -> None:
        options.setdefault("viewport", DESKTOP)
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.base = base
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        self.page.goto(base + address)

    def settle(self) -> None:
        """Wait until all that the page asked for has been answered and drawn."""
        self.page.wait_for_load_state("networkidle")
        self.page.locator("[aria-busy]").first.wait_for(state="detached")

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        found: int = self.page.evaluate(
            "() => document.documentElement.scrollWidth - innerWidth"
        )
        return found

    def axe(self) -> list[str]:
        """Return what axe-core holds against the page, serious or critical."""
        script = files("axe_playwright_python").joinpath("axe.min.js")
        self.page.evaluate(script.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', "
            "'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})).violations"
        )
        return [
            f"{item['impact']} {item['id']}: "
            + "; ".join(str(node["html"])[:160] for node in item["nodes"][:4])
            for item in found
            if item["impact"] in ("serious", "critical")
        ]

    def assert_quiet(self) -> None:
        """Assert that nothing left this origin, ran or complained."""
        outside = [url for url in self.requests if not url.startswith(self.base + "/")]
        assert outside == []
        assert self.faults == []
        assert self.page.evaluate("() => window.__pwn === undefined")

    def close(self) -> None:
        self.context.close()


Opener = Callable[..., Visit]


@pytest.fixture(scope="session")
def explorer(catalogue_dir: Path) -> Iterator[str]:
    """Return the address of a server on the packaged catalogue."""
    with serving(catalogue_dir) as base:
        yield base


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server on a small graph of hostile texts."""
    path = tmp_path_factory.mktemp("hostile")
    batch = draw_batch("o/kid finetune o/script", owners={"o": "<b>owner</b>"[3:8]})
    for id_, text in HOSTILE.items():
        batch.records.append(
            Record(
                id_, "model", "hub", "javascript:window.__pwn='document'", DAY,
                name=text, licence=text, task=text, note=text,
            )
        )  # fmt: skip
        if id_ != "o/script":
            batch.claims.append(
                Claim(
                    id_, "model", "o/script", "model", "finetune", "hub:cardData",
                    "javascript:window.__pwn='claim'", DAY, DAY, note=text, raw=text,
                )
            )  # fmt: skip
    # An id is checked where it is read, yet the pages must not depend on that.
    for parent in list(HOSTILE.values())[:4]:
        batch.claims.append(
            Claim(
                "o/script", "model", parent, "model", "merge", "hub:tag", "data:x",
                DAY, DAY,
            )
        )  # fmt: skip
    publish(path, batch)
    with serving(path) as base:
        yield base


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Opener]:
    """Return a function that opens a page: ``visit(base, "/artefact?id=gpt2")``."""
    opened: list[Visit] = []

    def open_page(base: str, address: str, **options: Any) -> Visit:
        opened.append(Visit(chromium, base, address, **options))
        return opened[-1]

    yield open_page
    for item in opened:
        item.close()


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a server on a hub with 60 children, with doubt and a phantom above it."""
    path = tmp_path_factory.mktemp("wide")
    lines = [f"q{i:02} quantized hub" for i in range(60)]
    lines += [f"s{i} adapter q00" for i in range(4)]
    batch = draw_batch(
        *lines, "hub finetune base", "hub trained_on data-lost", "base finetune root",
        "guess finetune hub inferred:name", "two finetune hub", "two adapter hub hub:tag",
        "two merge base", nodes=("alone",), phantoms=("data-lost",), scratch=("root",),
        states={"q01": "gone", "q02": "gated"}, owners={"o": "owner"},
        downloads={"two": 9, "guess": 8},
    )  # fmt: skip
    publish(path, batch)
    with serving(path) as base:
        yield base


def older() -> ClaimBatch:
    lines = [f"u/f{number:02} finetune m/r" for number in range(80)]
    return draw_batch(
        *lines, "k/x quantized m/r", "s/a adapter k/x", nodes=("lone",),
        scratch=("m/r", "g/s"), states={"k/x": "present"},
    )  # fmt: skip


def newer() -> ClaimBatch:
    lines = [f"u/f{number:02} finetune m/r" for number in range(30)]
    batch = draw_batch(
        *lines, "k/x finetune m/r", "s/a adapter g/s", nodes=("lone",),
        scratch=("m/r", "g/s"), states={"k/x": "gated"},
    )  # fmt: skip
    for number, (id_, text) in enumerate(HOSTILE.items()):
        batch.records.append(
            Record(
                id_, "model", "hub", "javascript:window.__pwn=1", DAY, name=text,
                licence=text, downloads=number,
            )
        )  # fmt: skip
    return batch


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> SnapshotStore:
    """Return a store of two snapshots, between which hostile names came."""
    path = tmp_path_factory.mktemp("two")
    for month, batch in ((10, older()), (11, newer())):
        publish(path, batch, created=datetime(2026, month, 20, tzinfo=UTC))
    return SnapshotStore(path)


@pytest.fixture(scope="session")
def two(store: SnapshotStore) -> Iterator[str]:
    """Return the address of a server on the store of two snapshots."""
    with serving(store.snapshots.parent) as base:
        yield base
