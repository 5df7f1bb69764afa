"""The frame of the explorer: search, theme, states; nothing leaves the origin."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from headwater.graph.openness import CLASSES
from headwater.graph.schema import RELATIONS, STATES, VERDICTS
from headwater.queries.licence_flow import VERDICT_NAMES
from headwater.queries.licence_table import licence_table
from tests.api.explorer.conftest import DESKTOP, SMALL, Opener

pytestmark = pytest.mark.browser
STATIC = Path("api/explorer/static")


def test_start_page_answers_what_the_snapshot_says(
    visit: Opener, explorer: str
) -> None:
    seen = visit(explorer, "/")
    seen.settle()
    page = seen.page
    stats = page.request.get(explorer + "/v1/stats").json()
    figures = page.locator("#stats").inner_text()
    assert f"{stats['effective_number']['point']:.1f}" in figures
    assert f"{100 * stats['cr4']['point']:.1f}" in figures
    assert f"{100 * (1 - stats['coverage']):.1f}" in figures
    assert stats["created"][:10] in figures
    assert f"{stats['n_artefacts']:,}" in figures
    assert stats["created"][:10] in page.locator(".snap").inner_text()
    expect(page.locator(".q")).to_have_count(3)
    expect(page.locator(".q .pic svg")).to_have_count(3)
    seen.assert_quiet()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Where does this model come from?", "/artefact?id="),
        ("What breaks if Meta closes Llama?", "/what-breaks?target=family"),
        ("How few does everything rest on?", "/concentration"),
    ],
)
def test_three_questions_are_answered_by_clicking(
    visit: Opener, explorer: str, name: str, address: str
) -> None:
    seen = visit(explorer, "/")
    seen.page.get_by_role("link", name=name).click()
    seen.page.wait_for_url(re.compile(re.escape(address)))
    seen.settle()
    assert seen.page.locator("h1").inner_text()
    seen.assert_quiet()


def test_search_by_keyboard(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, "/")
    page = seen.page
    field = page.get_by_role("combobox")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("vicuna")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    assert field.get_attribute("aria-expanded") == "true"
    assert page.locator("mark").first.inner_text().lower() == "vicuna"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    wanted = chosen.locator(".id").inner_text().split(" ")[0]
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    assert field.input_value() == "vicuna"
    page.keyboard.press("Control+a")
    page.keyboard.type("vicuna")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/artefact"))
    seen.settle()
    assert wanted.rpartition("/")[2] in page.locator("h1").inner_text()
    seen.assert_quiet()


def test_a_misspelt_name_finds_what_is_close(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, "/artefact?id=gpt2")
    page = seen.page
    page.keyboard.press("/")
    page.keyboard.type("vicunna")
    expect(page.locator(".near-head")).to_contain_text("Close to it")
    page.get_by_role("option").first.click()
    page.wait_for_url(re.compile("vicuna"))
    seen.assert_quiet()


def test_nothing_close_is_said(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, "/")
    seen.page.get_by_role("combobox").fill("qqqqqqqqzzzzzzzz")
    expect(seen.page.locator(".sugg-note")).to_contain_text("Nothing is called")
    seen.assert_quiet()


def test_theme_is_kept(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, "/", color_scheme="light")
    page = seen.page

    def paper() -> str:
        found: str = page.evaluate(
            "() => getComputedStyle(document.body).backgroundColor"
        )
        return found

    light = paper()
    page.get_by_role("button", name="light and dark").click()
    dark = paper()
    assert dark != light
    page.goto(explorer + "/artefact?id=gpt2")
    assert paper() == dark


def test_a_failing_server_is_said_and_can_be_tried_again(
    visit: Opener, explorer: str
) -> None:
    seen = visit(explorer, "/")
    page = seen.page

    def broken(route: Route) -> None:
        body = {
            "type": "urn:headwater:problem:busy", "title": "Too many questions at once",
            "status": 503, "detail": "wait a moment, then ask again", "near": [],
        }  # fmt: skip
        route.fulfill(
            status=503, body=json.dumps(body), content_type="application/problem+json"
        )

    page.route("**/v1/artefacts/**", broken)
    page.goto(explorer + "/artefact?id=gpt2")
    expect(page.get_by_role("alert")).to_contain_text("Too many questions at once")
    assert "wait a moment" in page.get_by_role("alert").inner_text()
    expect(page.get_by_role("button", name="Copy details")).to_be_visible()
    page.unroute("**/v1/artefacts/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("h1")).to_contain_text("gpt2")


def test_waiting_shows_what_is_read_after_a_moment(
    visit: Opener, explorer: str
) -> None:
    seen = visit(explorer, "/")
    page = seen.page
    held: list[Route] = []
    page.route("**/v1/artefacts/gpt2", lambda route: held.append(route))
    page.goto(explorer + "/artefact?id=gpt2", wait_until="domcontentloaded")
    expect(page.locator("#content .sk").first).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("Looking it up")
    held[0].continue_()
    expect(page.locator("h1")).to_contain_text("gpt2")
    expect(page.locator("#content > .state .sk")).to_have_count(0)


def test_an_answer_that_is_as_before_comes_without_bytes(
    visit: Opener, explorer: str
) -> None:
    seen = visit(explorer, "/")
    seen.settle()
    sent: list[str | None] = seen.page.evaluate(
        """async () => {
            const {get} = await import('/static/js/api.js');
            const own = window.fetch, seen = [];
            window.fetch = async (url, options) => {
                const answer = await own(url, options);
                seen.push(options.headers['if-none-match'] ? answer.status : null);
                return answer;
            };
            const first = await get('artefacts/gpt2'), again = await get('artefacts/gpt2');
            window.fetch = own;
            return [...seen, first.id === again.id];
        }"""
    )
    assert sent == [None, 304, True]


def test_words_and_marks_exist_for_everything_the_graph_has(
    visit: Opener, explorer: str
) -> None:
    seen = visit(explorer, "/")
    seen.settle()
    words = seen.page.evaluate(
        """async () => {
            const m = await import('/static/js/marks.js');
            const s = await import('/static/js/side.js');
            return {relation: Object.keys(m.RELATION), reads: Object.keys(m.READS),
                verdict: Object.keys(m.VERDICT), obligation: Object.keys(s.OBLIGATION),
                licence: Object.keys(s.LICENCE_BADGE), open: Object.keys(s.OPEN_FILL),
                state: Object.keys(m.STATE)};
        }"""
    )
    lineage = {item.name for item in RELATIONS}
    assert set(words["relation"]) == lineage
    assert set(words["reads"]) == lineage
    assert set(words["verdict"]) == set(VERDICTS)
    assert set(words["obligation"]) == {o.id for o in licence_table().obligations}
    assert set(words["licence"]) == set(VERDICT_NAMES)
    assert set(words["open"]) == set(CLASSES)
    assert set(words["state"]) == set(STATES)


def test_text_is_made_harmless_in_one_place(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, "/")
    found = seen.page.evaluate(
        """async () => {
            const {h, clean, safeUrl} = await import('/static/js/dom.js');
            const link = h('a', {href: 'javascript:window.__pwn=1'}, 'x');
            let refused = 0;
            for (const name of ['onclick', 'style', 'srcdoc', 'ONLOAD']) {
                try { h('p', {[name]: 'x'}); } catch { refused += 1; }
            }
            return [clean('a\\u202eb\\u0000\\tc\\ufeff'), clean('x'.repeat(5000)).length,
                link.hasAttribute('href'), safeUrl('data:text/html,x'), safeUrl('/a?b'),
                safeUrl('https://hf.co/x'), refused, clean('a\\u200db')];
        }"""
    )
    assert found == [
        "a\ufffdb\ufffd c\ufffd", 2000, False, None, "/a?b", "https://hf.co/x", 4, "a\u200db",
    ]  # fmt: skip


def test_no_script_writes_markup() -> None:
    banned = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function"
        r"|DOMParser|createContextualFragment|https?://(?!www\.w3\.org)"
    )
    scripts = sorted(STATIC.glob("js/*.js"))
    assert len(scripts) > 8
    for path in scripts:
        text = re.sub(r"(^|\s)//.*", "", path.read_text(encoding="utf-8"))
        assert not banned.search(text), path


def test_fonts_come_with_their_licence() -> None:
    notice = Path("NOTICE").read_text(encoding="utf-8")
    for path in STATIC.glob("fonts/*.txt"):
        assert "SIL OPEN FONT LICENSE" in path.read_text(encoding="utf-8").upper()
        assert path.name in notice
    assert len(list(STATIC.glob("fonts/*.woff2"))) == 2


@pytest.mark.parametrize("viewport", [DESKTOP, SMALL])
def test_suggestions_are_accessible_and_fit(
    visit: Opener, explorer: str, viewport: dict[str, int]
) -> None:
    seen = visit(explorer, "/", viewport=viewport)
    seen.page.get_by_role("combobox").fill("llama")
    expect(seen.page.get_by_role("option").first).to_be_visible()
    assert seen.axe() == []
    assert seen.overflow() <= 0
