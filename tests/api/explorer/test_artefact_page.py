"""The page of one artefact: lineage, evidence, verdicts, and what stands beside it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from tests.api.explorer.conftest import Opener, Visit
from tests.api.explorer.looking import VICUNA, ask, drawn

pytestmark = pytest.mark.browser
EXPLORER = Path("api/explorer")


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


def test_a_scenario_of_several_targets_is_struck_out_in_one_lineage(
    visit: Opener, explorer: str
) -> None:
    scenario = "target=developer%3Ameta&target=openai-community%2Fgpt2&event=frozen"
    seen = visit(explorer, f"/what-breaks?{scenario}")
    seen.settle()
    page = seen.page
    page.locator("#lineage").click()
    page.wait_for_selector(".tree .node.focus")
    seen.settle()
    kept = state(seen)
    assert kept["target"] == ["developer:meta", "openai-community/gpt2"]
    assert kept["event"] == ["frozen"]
    told = ask(seen, f"what-breaks?{scenario}&limit=1000")["events"]["frozen"]
    victims = {item["id"] for item in told["victims"]}
    stranded = {i["id"] for i in told["victims"] if i["verdict"] == "stranded"}
    shown = set(drawn(seen))
    struck = page.eval_on_selector_all(
        ".node.victim", "all => all.map(e => e.dataset.id)"
    )
    assert set(struck) == shown & stranded != set()
    goes = page.eval_on_selector_all(
        ".node.target", "all => all.map(e => e.dataset.id)"
    )
    assert goes
    assert not set(goes) & victims
    for id_ in goes:
        label = page.locator(f".node[data-id='{id_}'] .vh").text_content()
        assert "part of the target" in (label or "")
    # Off and on again: the same scenario; and back to where it was put together.
    switch = page.get_by_role("button", name="meta and 1 other are frozen")
    switch.click()
    expect(page.locator(".node.victim")).to_have_count(0)
    switch.click()
    expect(page.locator(".node.victim")).to_have_count(len(struck))
    page.get_by_role("link", name="meta and 1 other are frozen").click()
    expect(page.locator("#targets .target")).to_have_count(2)
    assert page.locator("#event").input_value() == "frozen"
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
