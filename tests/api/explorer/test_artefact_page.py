"""The page of one artefact: lineage, evidence, verdicts, and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlparse

import pytest
from playwright.sync_api import expect

from tests.api.explorer.conftest import DESKTOP, PHONE, Opener, Visit, serving
from tests.drawing import draw_batch, publish

pytestmark = pytest.mark.browser
VICUNA = "/artefact?id=lmsys/vicuna-7b-v1.5"
EXPLORER = Path("api/explorer")


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


def ask(seen: Visit, path: str) -> Any:
    answer = seen.page.request.get(f"{seen.base}/v1/{path}")
    assert answer.ok, answer.text()
    return answer.json()


def drawn(seen: Visit) -> list[str]:
    ids: list[str] = seen.page.eval_on_selector_all(
        ".tree .node[data-id]", "all => all.map(e => e.dataset.id)"
    )
    return ids


def state(seen: Visit) -> dict[str, list[str]]:
    return parse_qs(urlparse(seen.page.url).query)


def test_lineage_is_what_the_server_folds(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, "/artefact?id=meta-llama/Llama-2-7b-hf")
    seen.settle()
    told = ask(seen, "picture?id=meta-llama%2FLlama-2-7b-hf&rows=26&generations=4")
    nodes = [told["focus"], *told["ancestors"], *told["descendants"]]
    assert sorted(drawn(seen)) == sorted(node["id"] for node in nodes)
    counts = seen.page.locator("#counts").inner_text()
    assert f"{told['n_descendants']} descendants" in counts
    pills = seen.page.locator(".node.more").all_inner_texts()
    rests = [group for group in told["groups"] if group["has_row"]]
    assert len(pills) == len(rests)
    assert seen.page.locator(".opener").count() == len(told["groups"]) - len(rests)
    for group in rests:
        assert any(f"{group['n']:,} more" in " ".join(pill.split()) for pill in pills)
    seen.assert_quiet()


def test_click_gives_the_evidence_and_the_address_keeps_it(
    visit: Opener, explorer: str
) -> None:
    seen = visit(explorer, VICUNA)
    seen.settle()
    page = seen.page
    page.locator(".node[data-id='meta-llama/Llama-2-7b-hf']").click()
    drawer = page.get_by_role("region", name="Evidence")
    expect(drawer.locator(".edge-t")).to_contain_text("is a finetune of")
    claims = ask(
        seen, "edge?child=lmsys/vicuna-7b-v1.5&parent=meta-llama/Llama-2-7b-hf"
    )
    expect(drawer.locator("tbody tr")).to_have_count(len(claims["claims"]))
    assert claims["verdict"] in drawer.inner_text()
    assert state(seen)["sel"] == ["meta-llama/Llama-2-7b-hf"]
    link = drawer.locator("tbody a").first
    assert link.get_attribute("href") == claims["claims"][0]["document"]
    assert "noopener" in (link.get_attribute("rel") or "")
    page.reload()
    seen.settle()
    expect(drawer.locator(".edge-t")).to_contain_text("is a finetune of")
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()
    assert "sel" not in state(seen)
    expect(page.locator(".node[data-id='meta-llama/Llama-2-7b-hf']")).to_be_focused()
    seen.assert_quiet()


def test_hover_lights_the_path_to_the_root(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, VICUNA)
    seen.settle()
    page = seen.page
    page.locator(".node[data-id='llava-hf/llava-1.5-7b-hf']").hover()
    lit = page.eval_on_selector_all(
        ".tree .node.on", "all => all.map(e => e.dataset.id).sort()"
    )
    assert lit == [
        "liuhaotian/llava-v1.5-7b", "llava-hf/llava-1.5-7b-hf", "lmsys/vicuna-7b-v1.5",
        "meta-llama/Llama-2-7b-hf",
    ]  # fmt: skip
    page.mouse.move(2, 2)
    expect(page.locator(".tree .node.on")).to_have_count(0)


def test_a_rest_opens_ten_at_a_time_and_can_be_shared(visit: Opener, wide: str) -> None:
    seen = visit(wide, "/artefact?id=o/hub")
    seen.settle()
    page = seen.page
    before = set(drawn(seen))
    pill = page.locator(".node.more")
    rest = int(pill.locator("b").inner_text())
    pill.click()
    expect(pill.locator("b")).to_have_text(str(rest - 10))
    opened = set(drawn(seen))
    assert len(opened - before) == 10
    assert before < opened
    assert page.evaluate("() => document.activeElement.dataset.id") in opened - before
    page.locator(".node.more").click()
    expect(pill.locator("b")).to_have_text(str(rest - 20))
    assert state(seen)["open"] == ["down:20:o/hub"]
    twice = set(drawn(seen))
    shared = visit(wide, page.url.removeprefix(wide))
    shared.settle()
    assert set(drawn(shared)) == twice
    page.go_back()
    expect(pill.locator("b")).to_have_text(str(rest - 10))
    page.go_back()
    expect(pill.locator("b")).to_have_text(str(rest))
    assert set(drawn(seen)) == before
    seen.assert_quiet()
    shared.assert_quiet()


def test_doubt_and_phantoms_are_visible(visit: Opener, wide: str) -> None:
    seen = visit(wide, "/artefact?id=o/hub")
    seen.settle()
    page = seen.page
    marks = page.locator(".tree .mk")
    assert sorted(marks.all_inner_texts()) == ["?", "\u2260"]
    expect(page.locator(".tree path.e.dash:not(.extra)")).to_have_count(2)
    phantom = page.locator(".node[data-id='datasets/o/data-lost']")
    assert "ghost" in (phantom.get_attribute("class") or "")
    assert "named, never seen" in phantom.inner_text()
    assert page.evaluate(
        "e => getComputedStyle(e).borderStyle", phantom.element_handle()
    ) == "dashed"  # fmt: skip
    name = phantom.locator(".vh").text_content() or ""
    assert "o/hub is trained on it" in name
    phantom.click()
    drawer = page.get_by_role("region", name="Evidence")
    drawer.get_by_role("link", name="Its own page").click()
    expect(page.locator("h1")).to_contain_text("data-lost")
    expect(page.locator(".note.unk")).to_contain_text("Nobody has seen this artefact")
    seen.assert_quiet()


def test_victims_are_struck_out(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, VICUNA)
    seen.settle()
    page = seen.page
    switch = page.get_by_role("button", name="Strike out what breaks if deleted")
    expect(page.locator(".node.victim")).to_have_count(0)
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    outcome = ask(seen, "what-breaks?target=lmsys%2Fvicuna-7b-v1.5&event=deleted")
    victims = {
        item["id"]: item["verdict"] for item in outcome["events"]["deleted"]["victims"]
    }
    struck = {id_ for id_, verdict in victims.items() if verdict == "unrebuildable"}
    assert struck
    expect(page.locator(".node.victim")).to_have_count(len(struck))
    found = page.eval_on_selector_all(
        ".node.victim", "all => all.map(e => e.dataset.id)"
    )
    assert set(found) == struck
    for id_, verdict in victims.items():
        name = page.locator(f".node[data-id='{id_}'] .vh").text_content()
        assert f"verdict {verdict}" in (name or "")
    key = page.locator(".read .vl").inner_text()
    for verdict, n in outcome["events"]["deleted"]["counts"].items():
        if n and verdict not in ("unaffected", "unknown"):
            assert re.search(rf"{verdict.replace('_', ' ')}\s+{n}\b", key)
    page.reload()
    expect(page.locator(".node.victim")).to_have_count(len(struck))
    page.get_by_role("button", name="List").click()
    expect(page.locator(".tlist .victim")).to_have_count(len(struck))
    switch.click()
    expect(page.locator(".tlist .victim")).to_have_count(0)
    seen.assert_quiet()


def test_arrows_move_and_enter_opens(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, VICUNA)
    seen.settle()
    page = seen.page
    page.locator(".node.focus").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".node[data-id='meta-llama/Llama-2-7b-hf']")).to_be_focused()
    expect(page.locator(".tree.hl")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("region", name="Evidence")
    expect(drawer).to_contain_text("meta-llama/Llama-2-7b-hf")
    seen.assert_quiet()


def test_list_and_table_say_the_same_as_the_picture(visit: Opener, wide: str) -> None:
    seen = visit(wide, "/artefact?id=o/hub&view=table")
    seen.settle()
    page = seen.page
    table = page.get_by_role("region", name="Lineage as a table")
    told = ask(seen, "picture?id=o%2Fhub&rows=26&generations=4")
    ids = [node["id"] for node in (*told["ancestors"], *told["descendants"])]
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(len(ids) + len(told["groups"]))
    text = table.inner_text()
    assert all(id_ in text for id_ in ids)
    assert "disputed" in text
    assert "inferred" in text
    assert "named, never seen" in text
    page.get_by_role("button", name="List").click()
    listed = page.eval_on_selector_all(
        ".tlist .row[data-id]", "all => all.map(e => e.dataset.id)"
    )
    assert listed == ids
    page.get_by_role("button", name=re.compile("more quantized")).click()
    expect(page.locator(".tlist .row[data-id]")).to_have_count(len(ids) + 10)
    assert state(seen)["view"] == ["list"]
    seen.assert_quiet()


def test_what_stands_beside_the_lineage(visit: Opener, explorer: str) -> None:
    seen = visit(explorer, VICUNA)
    seen.settle()
    page = seen.page
    side = page.locator(".side")
    licence = ask(seen, "artefacts/lmsys%2Fvicuna-7b-v1.5/licences")
    card = side.locator(".card", has=page.get_by_role("heading", name="Licence"))
    assert licence["declared"] in card.inner_text()
    assert licence["verdict"] in card.inner_text()
    assert card.locator(".obl li").count() == len(
        {item["obligation"] for item in licence["inherited"]}
    )
    assert "not legal advice" in card.inner_text()
    singles = ask(seen, "artefacts/lmsys%2Fvicuna-7b-v1.5/chokepoints")
    card = side.locator(".card", has=page.get_by_role("heading", name="Single points"))
    for sort in singles["by"]:
        for single in sort["singles"] if sort["by"] == "artefact" else ():
            assert single["id"] in card.inner_text()
    expect(page.locator("#found")).to_contain_text("captive to Meta")
    card = side.locator(".card", has=page.get_by_role("heading", name="Openness"))
    assert "unknown" in card.inner_text()
    assert "headwater import osai-index" in card.inner_text()
    card = side.locator(".card", has=page.get_by_role("heading", name="If this goes"))
    assert "unrebuildable" in card.inner_text()
    known = page.locator(".known").inner_text()
    assert "unknown" in known
    assert "6,738,415,616" in known
    seen.assert_quiet()


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_artefact_page_is_accessible(
    visit: Opener, wide: str, explorer: str, scheme: str, viewport: dict[str, int]
) -> None:
    for base, address in (
        (wide, "/artefact?id=o/hub&sel=o/two&event=deleted"),
        (wide, "/artefact?id=o/hub&view=table&event=deleted"),
        (explorer, VICUNA),
        (explorer, "/artefact?id=developer:meta"),
    ):
        seen = visit(base, address, color_scheme=scheme, viewport=viewport)
        seen.settle()
        assert seen.axe() == []
        seen.assert_quiet()


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


def test_modules_are_asked_for_at_once() -> None:
    def imported(name: str, found: set[str]) -> set[str]:
        text = (EXPLORER / "static" / "js" / name).read_text(encoding="utf-8")
        for other in re.findall(r"(?:from|import) '\./([\w-]+\.js)'", text):
            if other not in found:
                found.add(other)
                imported(other, found)
        return found

    for name in ("start", "artefact"):
        text = (EXPLORER / f"{name}.html").read_text(encoding="utf-8")
        named = re.findall(r'rel="modulepreload" href="static/js/([\w-]+\.js)"', text)
        assert set(named) == imported(f"{name}.js", set())
