"""The page of ``headwater view`` in a real browser: offline, legible, inert."""

from __future__ import annotations

import builtins
import html
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from headwater.api.view import render_page, write_page
from headwater.api.view.words import clean
from headwater.errors import ConfigError, MissingDependencyError
from headwater.graph.claims import Claim, ClaimBatch, Record
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.picture import picture
from tests.drawing import DAY, draw, draw_batch, publish
from tests.hostile import HOSTILE

SMALLEST_TEXT_PX = 11.0


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Return the browser that all tests of pages share."""
    return chromium


class Visit:
    """A page that was opened, and everything it did."""

    def __init__(self, browser: Browser, path: Path, **options: Any) -> None:
        viewport = options.pop("viewport", {"width": 1440, "height": 900})
        self.page: Page = browser.new_page(viewport=viewport, **options)
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        self.url = path.as_uri()
        self.page.goto(self.url)
        self.page.wait_for_selector("#canvas[data-ready]", timeout=15_000)

    def places(self) -> list[str]:
        found: list[str] = self.page.evaluate(
            "() => JSON.parse(document.getElementById('data').textContent)"
            ".nodes.map(node => node.id)"
        )
        return found

    def hover(self, key: str) -> str:
        """Return the tooltip of a node; an empty one when it is off the screen."""
        x, y = self.page.evaluate(
            """key => {
                const {network} = window.headwater;
                const at = network.canvasToDOM(network.getPositions([key])[key]);
                const box = document.getElementById('canvas').getBoundingClientRect();
                return [at.x + box.x, at.y + box.y];
            }""",
            key,
        )
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(20)
        self.page.mouse.move(x - 3, y)
        self.page.mouse.move(x, y)
        self.page.wait_for_timeout(220)
        tooltip = self.page.query_selector("div.vis-tooltip")
        return tooltip.inner_text() if tooltip and tooltip.is_visible() else ""

    def assert_quiet(self) -> None:
        assert self.requests == [self.url]
        assert self.faults == []
        assert self.page.evaluate("() => window.__pwn === undefined")


def visit(browser: Browser, graph: LineageGraph, text: str, **options: Any) -> Visit:
    path = graph.directory / "out.html"
    write_page(picture(graph, text), path)
    return Visit(browser, path, **options)


def hostile_graph(path: Path) -> LineageGraph:
    batch = draw_batch()
    for id_, name in HOSTILE.items():
        batch.records.append(
            Record(id_, "model", "hub", "https://x", DAY, name=name, licence=name)
        )
        if id_ != "o/script":
            batch.claims.append(
                Claim(
                    id_, "model", "o/script", "model", "finetune", "hub:cardData",
                    "https://x", DAY, DAY,
                )
            )  # fmt: skip
    # An id is checked where it is read, yet the page must not depend on that.
    for parent in list(HOSTILE.values())[:4]:
        batch.claims.append(
            Claim(
                "o/script", "model", parent, "model", "merge", "hub:tag",
                "https://x", DAY, DAY,
            )
        )  # fmt: skip
    return publish(path, batch)


def family(path: Path, n: int) -> LineageGraph:
    """Return a family with a few heavy branches, merges, phantoms and doubt."""
    chance = random.Random(7)
    batch = ClaimBatch()
    words = {
        "finetune": "Instruct",
        "quantized": "GGUF",
        "adapter": "LoRA",
        "merge": "slerp",
    }
    names = ["meta-llama/Llama-3.1-8B"]
    weights = [5.0]
    for number in range(n):
        relation = chance.choices(list(words), [30, 40, 20, 10])[0]
        at = chance.choices(range(len(names)), weights)[0]
        base = names[at].rpartition("/")[2][:30]
        child = f"user{number % 97}/{base}-{words[relation]}-v{number}"
        source = "inferred:name" if number % 23 == 0 else "hub:baseModels"
        parents = {at} if relation != "merge" else {at, chance.randrange(len(names))}
        for parent in parents:
            batch.claims.append(
                Claim(
                    child, "model", names[parent], "model", relation, source,
                    "https://x", DAY, DAY,
                )
            )  # fmt: skip
        if number % 11:
            batch.records.append(
                Record(
                    child, "model", "hub", "https://x", DAY, downloads=number * 3,
                    state="gone" if number % 17 == 0 else "present",
                )
            )  # fmt: skip
        names.append(child)
        weights.append(chance.paretovariate(1.1) if relation == "finetune" else 0.1)
    batch.records.append(
        Record(names[0], "model", "hub", "https://x", DAY, state="gated")
    )
    batch.claims.append(
        Claim(
            names[0], "model", "datasets/o/corpus", "dataset", "trained_on", "catalog",
            "https://x", DAY, DAY,
        )
    )  # fmt: skip
    return publish(path, batch)


@pytest.mark.browser
def test_hostile_text_is_inert_everywhere(browser: Browser, tmp_path: Path) -> None:
    seen = visit(browser, hostile_graph(tmp_path), "o/script")
    page = seen.page
    tooltips = {key: seen.hover(key) for key in seen.places()}
    assert all(tooltips.values()), "every node must have been hovered over"
    text = "\n".join(tooltips.values())
    assert "</script><img src=x onerror=" in text
    assert 'href="javascript:' in text
    headline = page.inner_text("h1")
    assert headline.startswith("</script><img src=x onerror=")
    assert "8 artefacts stand on it, it stands on 4" in headline
    table = page.inner_text("#table")
    for name in HOSTILE.values():
        assert clean(name)[:40] in table
    for bad in ("\u202e", "\u2066", "\u200f"):
        assert bad not in page.content()
    assert len(max(re.split(r"\s", table), key=len)) < 300
    # None of it became an element; what is a link leads into this page.
    assert page.query_selector_all("img, iframe, object, embed, b[onclick]") == []
    links = page.eval_on_selector_all(
        "a", "all => all.map(a => a.getAttribute('href'))"
    )
    assert set(links) == {"#picture", "#table"}
    assert page.evaluate("() => document.scripts.length") == 3
    assert not page.evaluate(
        "() => [...document.querySelectorAll('*')]"
        ".some(e => [...e.attributes].some(a => a.name.startsWith('on')))"
    )
    seen.assert_quiet()


@pytest.mark.browser
def test_policy_stops_what_escaping_would_miss(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "out.html"
    text = render_page(picture(draw(tmp_path, "a finetune r"), "o/r"))
    text = text.replace(
        "</body>",
        '<img src=x onerror="window.__pwn=1"><script>window.__pwn=2</script></body>',
    )
    path.write_text(text, encoding="utf-8")
    seen = Visit(browser, path)
    assert seen.page.evaluate("() => window.__pwn === undefined")
    assert any("Content Security Policy" in fault for fault in seen.faults)


@pytest.mark.browser
def test_two_thousand_artefacts_are_legible(browser: Browser, tmp_path: Path) -> None:
    graph = family(tmp_path, 2000)
    begin = time.monotonic()
    seen = visit(browser, graph, "meta-llama/Llama-3.1-8B")
    assert time.monotonic() - begin < 8
    page = seen.page
    drawn = page.evaluate(
        "() => Number(document.getElementById('canvas').dataset.textPx)"
    )
    assert drawn >= SMALLEST_TEXT_PX
    # Asked of the canvas itself: every text it draws, at the size it has on screen.
    sizes = page.evaluate(
        """() => {
            const found = [], own = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
                if (text.trim()) {
                    const px = parseFloat(this.font.match(/([\\d.]+)px/)[1]);
                    found.push(px * this.getTransform().a / devicePixelRatio);
                }
                return own.call(this, text, ...rest);
            };
            window.headwater.network.redraw();
            CanvasRenderingContext2D.prototype.fillText = own;
            return found;
        }"""
    )
    assert len(sizes) > 60
    assert min(sizes) >= SMALLEST_TEXT_PX
    small = page.evaluate(
        "() => Math.min(...[...document.querySelectorAll('body *')]"
        ".filter(e => e.innerText).map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert small >= SMALLEST_TEXT_PX
    # All of it is on the first screen, and no box covers another one.
    boxes = page.evaluate(
        """() => JSON.parse(document.getElementById('data').textContent).nodes.map(n => {
            const at = window.headwater.network.canvasToDOM({x: n.x, y: n.y});
            return [at.x, at.y, n.x, n.y, n.width, n.height];
        })"""
    )
    size = page.eval_on_selector("#canvas", "e => [e.clientWidth, e.clientHeight]")
    assert all(0 < x < size[0] and 0 < y < size[1] for x, y, *_ in boxes)
    for i, (*_, x, y, width, height) in enumerate(boxes):
        for *_, x2, y2, width2, height2 in boxes[:i]:
            apart = abs(x - x2) >= (width + width2) / 2 or abs(y - y2) >= height
            assert apart or abs(y - y2) >= (height + height2) / 2
    assert "artefacts stand on it" in page.inner_text("h1")
    assert len(page.query_selector_all("tbody tr")) > 40
    seen.assert_quiet()


@pytest.mark.browser
def test_small_picture_tells_what_it_knows(browser: Browser, tmp_path: Path) -> None:
    batch = draw_batch(
        "a finetune r", "b quantized a inferred:name", "m merge a", "m merge r",
        "r trained_on data-d", phantoms=("data-d",), downloads={"a": 1234},
    )  # fmt: skip
    graph = publish(tmp_path, batch)
    seen = visit(browser, graph, "o/r", color_scheme="dark")
    page = seen.page
    assert page.inner_text("h1") == "o/r: 3 artefacts stand on it, it stands on 1"
    assert graph.manifest.id in page.inner_text(".source")
    key = page.inner_text(".key")
    for word in ("finetune", "merge", "inferred ? or disputed", "named, never seen"):
        assert word in key
    assert "folded" not in key
    tips = {key: seen.hover(key) for key in seen.places()}
    told = "\n".join(tips.values())
    for line in (
        "1,234 downloads in 30 days", "downloads unknown", "inferred: inferred:name",
        "named as a parent, never seen", "declared: hub:baseModels",
    ):  # fmt: skip
        assert line in told
    assert "o/a \u2013 finetune \u2192 o/r" in told
    assert "o/r \u2013 trained on \u2192 datasets/o/data-d" in told
    page.click("text=Table")
    assert page.evaluate("() => scrollY") > 0
    row = page.locator("tbody tr", has=page.locator("th", has_text="o/a"))
    assert "1,234" in row.first.inner_text()
    assert page.get_attribute("html", "lang") == "en"
    # Zoom by button, and back.
    before = page.get_attribute("#canvas", "data-text-px")
    page.click("#in")
    assert page.get_attribute("#canvas", "data-text-px") != before
    page.click("#fit")
    assert page.get_attribute("#canvas", "data-text-px") == before
    page.emulate_media(media="print")
    assert not page.is_visible(".seg")
    assert page.is_visible("#canvas canvas")
    assert page.is_visible("table")
    seen.assert_quiet()


@pytest.mark.browser
def test_nothing_known_is_said_on_a_narrow_screen(
    browser: Browser, tmp_path: Path
) -> None:
    seen = visit(
        browser, draw(tmp_path, nodes=("a",)), "o/a", viewport={"width": 360, "height": 740}
    )  # fmt: skip
    assert "Nobody has said what it stands on." in seen.page.inner_text("header")
    assert "No lineage in this snapshot" in seen.page.inner_text("#picture")
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= 360
    seen.assert_quiet()


def test_page_is_utf8_and_replaces_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = picture(draw(tmp_path, "a finetune r"), "o/r")
    path = tmp_path / "out.html"
    path.write_text("old", encoding="utf-8")
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(Path, "replace", fail)
        with pytest.raises(ConfigError, match="No space left"):
            write_page(drawn, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.glob("*.tmp")) == list(tmp_path.glob(".*.tmp")) == []
    write_page(drawn, path)
    assert path.read_bytes().decode("utf-8") == render_page(drawn)
    with pytest.raises(ConfigError, match="cannot write"):
        write_page(drawn, tmp_path / "missing" / "out.html")
    with pytest.raises(ConfigError, match="cannot write"):
        write_page(drawn, tmp_path)


def test_page_is_self_contained(tmp_path: Path) -> None:
    text = render_page(picture(draw(tmp_path, "a finetune r"), "o/r"))
    assert len(text.encode()) < 700_000
    assert "default-src 'none'" in html.unescape(text)
    assert "unsafe" not in text.partition("<style>")[0]
    assert not re.findall(
        r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?!data:)", text
    )
    assert "sourceMappingURL" not in text


def test_missing_pyvis_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = picture(draw(tmp_path, "a finetune r"), "o/r")
    own = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "pyvis":
            raise ImportError(name)
        return own(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"headwater\[view\]"):
        render_page(drawn)
