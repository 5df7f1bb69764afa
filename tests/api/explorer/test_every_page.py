"""What holds for every page: access, screens, strange text, a silent server, its modules."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import expect

from headwater.api.pages import PAGES
from tests.api.explorer.conftest import DESKTOP, SMALL, Opener
from tests.api.explorer.looking import VICUNA

pytestmark = pytest.mark.browser
STATES = {
    "start": ("explorer", "/"),
    "artefact": ("explorer", VICUNA),
    "evidence": ("wide", "/artefact?id=o/hub&sel=o/two&event=deleted"),
    "scenario": (
        "explorer", f"{VICUNA}&event=deleted&target=developer:meta&target=gpt2",
    ),
    "table": ("wide", "/artefact?id=o/hub&view=table&event=deleted"),
    "owner": ("explorer", "/artefact?id=developer:meta"),
    "not-found": ("explorer", "/artefact?id=meta-lama/Llama-2-7b"),
    "what-breaks": ("explorer", "/what-breaks?target=developer:meta"),
    "no-target": ("explorer", "/what-breaks"),
    "concentration": ("explorer", "/concentration"),
    "compare": ("two", "/compare"),
    "one-snapshot": ("explorer", "/compare"),
    "quality": ("explorer", "/quality"),
}  # fmt: skip
"""Pages in their states: the server, and the address there."""
LOOKS = [
    pytest.param(state, scheme, viewport, id=f"{state}-{scheme}-{viewport['width']}")
    for state in STATES
    for scheme, viewport in itertools.product(("light", "dark"), (DESKTOP, SMALL))
    # Each page in every look, each of its other states in two.
    if state in {page.name for page in PAGES}
    or (scheme == "light") == (viewport is DESKTOP)
]
HOSTILE = {
    "start": ("hostile", "/"),
    "artefact": ("hostile", "/artefact?id=o/script"),
    "owner": ("hostile", "/artefact?id=developer:owner"),
    "what-breaks": ("hostile", "/what-breaks?target=o/script&event=relicensed"),
    "compare": ("two", "/compare"),
    "quality": ("hostile", "/quality"),
}
"""Concentration asks what the server refuses there; its own test looks at it."""


def test_the_states_are_those_of_every_page() -> None:
    assert {page.name for page in PAGES} <= STATES.keys()
    assert {page.name for page in PAGES} <= HOSTILE.keys() | {"concentration"}


@pytest.mark.parametrize(("state", "scheme", "viewport"), LOOKS)
def test_it_is_accessible_fits_and_is_quiet(
    request: pytest.FixtureRequest,
    visit: Opener,
    state: str,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    server, address = STATES[state]
    seen = visit(
        request.getfixturevalue(server), address, viewport=viewport, color_scheme=scheme
    )
    seen.settle()
    assert seen.page.locator("h1").count() == 1
    assert seen.page.title().endswith("headwater") or state == "start"
    assert seen.axe() == []
    assert seen.overflow() <= 0
    if state == "not-found":
        seen.faults = [item for item in seen.faults if "404" not in item]
    seen.assert_quiet()


@pytest.mark.parametrize("state", HOSTILE)
def test_hostile_text_does_nothing(
    request: pytest.FixtureRequest, visit: Opener, state: str
) -> None:
    server, address = HOSTILE[state]
    base = request.getfixturevalue(server)
    seen = visit(base, address, viewport=SMALL)
    seen.settle()
    page = seen.page
    for selector in ("main img", "iframe", "object", "embed", "[onclick]", "[onload]"):
        assert page.locator(selector).count() == 0, selector
    content = page.content()
    for bad in ("\u202e", "\u2066", "\u200f", "\x00"):
        assert bad not in content
    for link in page.locator("a[href]").all():
        assert re.match(r"/|#|https?:", link.get_attribute("href") or "")
    assert seen.overflow() <= 0
    seen.assert_quiet()


@pytest.mark.parametrize("state", ["start", *(page.name for page in PAGES[1:])])
def test_a_silent_server_is_said(
    request: pytest.FixtureRequest, visit: Opener, state: str
) -> None:
    server, address = STATES[state]
    base = request.getfixturevalue(server)
    seen = visit(base, "/static/logo/mark.svg")
    seen.page.route("**/v1/**", lambda route: route.abort())
    seen.page.goto(base + address)
    expect(seen.page.get_by_role("alert").first).to_contain_text("headwater serve")
    expect(seen.page.get_by_role("button", name="Try again").first).to_be_visible()
    assert seen.overflow() <= 0


@pytest.mark.parametrize("state", [page.name for page in PAGES])
def test_modules_are_asked_for_at_once(
    request: pytest.FixtureRequest, visit: Opener, state: str
) -> None:
    """What a module imports is named in the page: nothing is found only on the way."""
    server, address = STATES[state]
    seen = visit(request.getfixturevalue(server), address)
    seen.settle()
    named = seen.page.locator("link[rel=modulepreload], script[src]").evaluate_all(
        "all => all.map(item => item.href || item.src)"
    )
    asked = {url for url in seen.requests if url.endswith(".js")}
    assert asked == set(named)
    assert len(named) == len(set(named)) > 5


@pytest.mark.parametrize("state", [page.name for page in PAGES])
def test_it_allows_no_script_but_its_own(
    request: pytest.FixtureRequest, visit: Opener, state: str
) -> None:
    server, address = STATES[state]
    seen = visit(request.getfixturevalue(server), address)
    answer = seen.page.request.get(seen.base + address)
    text = answer.text()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|unsafe", text)
    assert "$" not in text


@pytest.mark.parametrize(
    "state", ["artefact", "what-breaks", "concentration", "quality"]
)
def test_paper_has_the_tables_and_no_buttons(
    request: pytest.FixtureRequest, visit: Opener, state: str
) -> None:
    server, address = STATES[state]
    seen = visit(request.getfixturevalue(server), address, color_scheme="dark")
    seen.settle()
    page = seen.page
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".fig-table").first).to_be_visible()
    for hidden in (".nav", ".top-search", ".btns", ".seg"):
        for found in page.locator(hidden).all():
            expect(found).to_be_hidden()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    # Paper does not scroll: what is wider than its box would be lost.
    page.set_viewport_size({"width": 794, "height": 1123})
    lost = page.locator("main table").evaluate_all(
        "all => all.filter(table => table.offsetParent"
        " && table.getBoundingClientRect().right > innerWidth).length"
    )
    assert lost == 0
