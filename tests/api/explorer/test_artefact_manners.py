"""The page of one artefact: other kinds, nothing there, hostile text, phones, paper."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.api.explorer.conftest import PHONE, Opener
from tests.api.explorer.looking import ask, drawn

pytestmark = pytest.mark.browser
EXPLORER = Path("api/explorer")


@pytest.mark.parametrize(
    ("id_", "title"),
    [
        ("developer:meta", "Meta"),
        ("@meta-llama", "@meta-llama"),
        ("family:llama", "Llama"),
        ("licence:llama2", "llama2"),
    ],
)
def test_what_is_no_artefact_has_a_page_too(
    visit: Opener, explorer: str, id_: str, title: str
) -> None:
    seen = visit(explorer, f"/artefact?id={quote(id_)}")
    seen.settle()
    page = seen.page
    assert title in page.locator("h1").inner_text()
    told = ask(seen, f"what-breaks?target={quote(id_)}&limit=1")
    assert (
        f"{told['resolved'][0]['n_members']} artefacts"
        in page.locator(".facts").inner_text()
    )
    cards = page.locator(".ev")
    expect(cards).to_have_count(4)
    for card, outcome in zip(cards.all(), told["events"].values(), strict=True):
        for verdict, n in outcome["counts"].items():
            if n and verdict not in ("unaffected", "unknown"):
                assert re.search(
                    rf"{verdict.replace('_', ' ')}\s+{n}\b", card.inner_text()
                )
    page.locator(".owned a").first.click()
    page.wait_for_selector(".tree .node.focus")
    seen.assert_quiet()


def test_datasets_and_applications_have_a_lineage(visit: Opener, explorer: str) -> None:
    for id_ in ("datasets/EleutherAI/pile", "spaces/huggingchat/chat-ui"):
        seen = visit(explorer, f"/artefact?id={id_}")
        if seen.page.request.get(f"{explorer}/v1/artefacts/{quote(id_, '')}").ok:
            seen.settle()
            assert id_ in drawn(seen)
            seen.assert_quiet()


def test_what_is_not_there_is_said_with_what_is_close(
    visit: Opener, explorer: str
) -> None:
    seen = visit(explorer, "/artefact?id=meta-lama/Llama-2-7b")
    seen.settle()
    page = seen.page
    expect(page.locator("h1")).to_have_text("Not found")
    assert "meta-lama/Llama-2-7b" in page.locator("#content").inner_text()
    assert seen.axe() == []
    page.locator(".near a").first.click()
    expect(page.locator(".node.focus")).to_have_count(1)


def test_no_id_leads_to_the_start(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, "/artefact")
    seen.page.wait_for_url(explorer + "/")
    assert "stand on" in seen.page.locator("h1").inner_text()


def test_nothing_known_is_said(visit: Opener, wide: str) -> None:
    seen = visit(wide, "/artefact?id=o/alone")
    seen.settle()
    text = seen.page.locator(".lin").inner_text()
    assert "No lineage in this snapshot" in text
    assert "unknown is not the same as none" in text
    seen.assert_quiet()


def test_hostile_text_is_inert(visit: Opener, hostile: str) -> None:
    seen = visit(hostile, "/artefact?id=o/script")
    seen.settle()
    page = seen.page
    for button in page.locator(".tree .node[data-id]").all():
        button.hover()
        button.click()
        page.wait_for_timeout(60)
    seen.settle()
    for name in ("List", "Table", "Picture"):
        page.get_by_role("button", name=name, exact=True).click()
    text = page.locator("body").inner_text()
    assert "</script><img src=x onerror=" in text
    for bad in ("\u202e", "\u2066", "\u200f"):
        assert bad not in page.content()
    assert seen.overflow() <= 0
    for selector in ("img", "iframe", "object", "embed", "[onclick]", "[onload]"):
        assert page.locator(selector).count() == 0
    for link in page.locator("a[href]").all():
        assert re.match(r"/|#|https?:", link.get_attribute("href") or "")
    assert page.locator("a[href^='javascript']").count() == 0
    for id_ in ("o/js", "o/bidi", "o/long", "o/entity", "developer:owner"):
        page.goto(f"{hostile}/artefact?id={id_}")
        seen.settle()
        assert page.locator("h1").inner_text()
        assert seen.overflow() <= 0
    page.goto(hostile + "/")
    page.get_by_role("combobox").fill("o/")
    expect(page.get_by_role("option").first).to_be_visible()
    seen.settle()
    seen.assert_quiet()


def test_hostile_addresses_are_inert(visit: Opener, explorer: str) -> None:
    for text in (
        "<img src=x onerror=window.__pwn=1>",
        "javascript:window.__pwn=1",
        "x" * 3000,
    ):
        seen = visit(explorer, f"/artefact?id={quote(text)}&sel={quote(text)}&view=<b>")
        seen.settle()
        assert seen.overflow() <= 0
        assert seen.page.evaluate("() => window.__pwn === undefined")
        assert seen.page.locator("h1").inner_text()
    odd = "/artefact?id=gpt2&open=down:10:nobody&open=zzz&sel=nobody&event=<b>"
    seen = visit(explorer, odd)
    seen.settle()
    assert seen.page.locator("h1").inner_text()


@pytest.mark.parametrize("width", [360, 768, 1024])
def test_no_page_scrolls_sideways(
    visit: Opener, wide: str, explorer: str, width: int
) -> None:
    for base, address in (
        (wide, "/artefact?id=o/hub&sel=o/two&event=deleted"),
        (wide, "/artefact?id=o/hub&view=table"),
        (wide, "/artefact?id=o/hub&view=picture"),
        (explorer, "/artefact?id=developer:meta"),
    ):
        seen = visit(base, address, viewport={"width": width, "height": 740})
        seen.settle()
        assert seen.overflow() <= 0


def test_a_phone_shows_the_list_first(visit: Opener, wide: str) -> None:
    seen = visit(wide, "/artefact?id=o/hub", viewport=PHONE)
    seen.settle()
    expect(seen.page.locator(".tlist")).to_be_visible()
    expect(seen.page.locator(".tree")).to_be_hidden()
    seen.page.locator(".tlist .row[data-id='o/two']").click()
    drawer = seen.page.get_by_role("region", name="Evidence")
    expect(drawer).to_contain_text("disputed")
    seen.assert_quiet()


def test_paper_has_the_table(visit: Opener, wide: str) -> None:
    seen = visit(wide, "/artefact?id=o/hub", color_scheme="dark")
    seen.settle()
    page = seen.page
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.get_by_role("region", name="Lineage as a table")).to_be_visible()
    expect(page.locator(".nav")).to_be_hidden()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
