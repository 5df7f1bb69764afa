"""What breaks, done by clicking: the page says what the query says, and nothing else."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.impact_tree import impact_tree
from headwater.queries.what_breaks import what_breaks
from tests.api.explorer.conftest import SMALL, Opener

pytestmark = pytest.mark.browser
META = "/what-breaks?target=developer:meta"


def number(text: str) -> int:
    return int(text.replace(",", ""))


def card_counts(page: Page, event: str) -> dict[str, int]:
    rows = page.locator(f"[data-event={event}] [data-verdict]")
    return {
        str(row.get_attribute("data-verdict")): number(row.locator(".num").inner_text())
        for row in rows.all()
    }


def cells(table: Locator) -> list[list[str]]:
    found: list[list[str]] = table.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    return found


def test_job_is_done_by_clicking(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, "/what-breaks")
    page = seen.page
    expect(page.locator("#state h2")).to_have_text("Choose what goes away")
    page.locator("#state .chip", has_text="developer:meta").click()
    expect(page.locator("#worst tbody tr")).to_have_count(25)
    answer = what_breaks(catalogue, ["developer:meta"])
    for outcome in answer.outcomes:
        assert card_counts(page, outcome.event) == outcome.counts
    facts = page.inner_text("#facts")
    assert f"{answer.members:,} artefacts, of which {answer.mirrored:,}" in facts
    assert f"Outside it: {answer.outside:,}" in facts
    assert catalogue.manifest.created[:10] in facts
    deleted = next(item for item in answer.outcomes if item.event == "deleted")
    captive = sum(weight.captive for weight in deleted.weights.values())
    touched = sum(weight.artefacts for weight in deleted.weights.values())
    assert f"{100 * captive / touched:.1f}\u00a0% captive" in " ".join(
        page.inner_text("#cs").split("\n")
    ).replace(":", "")
    # Another event: its verdicts, its proofs, its address.
    page.locator("[data-event=frozen]").click()
    expect(page.locator("#worst tbody tr").first).to_contain_text("stranded")
    assert "event=frozen" in page.url
    frozen = next(item for item in answer.outcomes if item.event == "frozen")
    for row, victim in zip(cells(page.locator("#worst")), frozen.victims, strict=False):
        assert row[:3] == [
            victim.id, victim.verdict, "captive" if victim.captive else "shared",
        ]  # fmt: skip
        assert row[4] == str(victim.depth)
        for step in victim.proof:
            assert step.parent in row[5]
            assert step.relation.replace("_", " ") in row[5]
    page.locator("#more button").click()
    expect(page.locator("#worst tbody tr")).to_have_count(50)
    listed = [row[0] for row in cells(page.locator("#worst"))]
    assert listed == [victim.id for victim in frozen.victims[:50]]
    seen.assert_quiet()


def test_targets_are_added_and_taken_away(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, META + "&event=frozen")
    seen.settle()
    page = seen.page
    answer = what_breaks(catalogue, ["developer:meta"])
    # One more, by the keyboard alone; then back, and without the first.
    field = page.locator("#add input")
    field.fill("datasets/eleutherai/pile")
    expect(page.locator("#add [role=option]").first).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    both = what_breaks(catalogue, ["developer:meta", "datasets/EleutherAI/pile"])
    expect(page.locator("#facts b").first).to_have_text(f"{both.members:,}")
    assert card_counts(page, "frozen") == next(
        item.counts for item in both.outcomes if item.event == "frozen"
    )
    page.go_back()
    expect(page.locator("#facts b").first).to_have_text(f"{answer.members:,}")
    page.locator("#targets button").first.click()
    expect(page.locator("#state h2")).to_have_text("Choose what goes away")
    seen.settle()
    seen.assert_quiet()


def test_icicle_opens_closes_and_has_a_table(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, META)
    seen.settle()
    page = seen.page
    tree = impact_tree(catalogue, ["developer:meta"])
    largest = tree.root.children[0]
    block = page.locator(f'.ice [data-id="{largest.id}"]')
    assert f"{largest.artefacts:,} touched" in str(block.get_attribute("aria-label"))
    # Columns, colours and words: a verdict is never colour alone.
    page.locator("#f-ice .seg button", has_text="Table").click()
    rows = cells(page.locator("#f-ice .fig-table"))
    assert rows[0][0] == "developer:meta"
    assert number(rows[0][3]) == tree.artefacts
    assert rows[1][:2] == [largest.id, "part of the target"]
    page.locator("#f-ice .seg button", has_text="Picture").click()
    block.focus()
    block.press("Enter")
    expect(page.locator(".trail b")).to_have_text(str(largest.id))
    assert "below=" in page.url
    opened = impact_tree(catalogue, ["developer:meta"], below=largest.id)
    assert f"{opened.root.artefacts:,} artefacts touched" in str(
        page.get_attribute(".ice", "aria-label")
    )
    page.locator(".trail button", has_text="Whole target").click()
    expect(page.locator(".trail")).to_have_count(0)
    assert "below=" not in page.url
    page.locator("#f-waves .seg button", has_text="Table").click()
    waves = cells(page.locator("#f-waves .fig-table"))
    assert [[number(cell) for cell in row] for row in waves] == [
        [wave.generation, *wave.counts.values()] for wave in tree.waves
    ]
    for key, sums in (("relation", "#by-rel"), ("task", "#s-what")):
        parts = (
            what_breaks(catalogue, ["developer:meta"], ["deleted"], splits=[key])
            .outcomes[0]
            .splits[key]
        )
        shown = page.locator(f"{sums} [data-key]").all()
        assert [
            (row.get_attribute("data-key"), number(row.locator(".num").inner_text()))
            for row in shown
        ] == [(part.key, part.artefacts) for part in parts[: len(shown)]]
    seen.assert_quiet()


def test_unknown_is_never_drawn_as_safe(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, META)
    seen.settle()
    page = seen.page
    unknown = card_counts(page, "deleted")["unknown"]
    assert unknown
    note = page.inner_text("#unk")
    assert f"{unknown:,} artefacts" in note
    assert "lower bound" in note
    for event in EVENT_NAMES:
        fills = page.locator(f"[data-event={event}] .livepic svg > rect").evaluate_all(
            "boxes => boxes.slice(0, 3).map(box => box.getAttribute('fill'))"
        )
        assert fills[1] == "var(--v-unaffected)"
        assert re.fullmatch(r"url\(#\w+\)", fills[2])
    hatched = page.locator('#s-what [data-key="unknown"] i')
    assert "repeating-linear-gradient" in hatched.evaluate(
        "bar => getComputedStyle(bar).backgroundImage"
    )


def test_downloads_and_the_way_to_the_lineage(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, "/what-breaks?target=gpt2&event=frozen")
    seen.settle()
    page = seen.page
    answer = what_breaks(catalogue, ["gpt2"], ["frozen"]).outcomes[0]
    link = page.locator("#downloads a", has_text="CSV")
    assert link.get_attribute("download") == "what-breaks-frozen.csv"
    text = page.request.get(explorer + str(link.get_attribute("href"))).text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == [victim.id for victim in answer.victims]
    way = page.locator("#lineage")
    expect(way).to_be_visible()
    assert str(way.get_attribute("href")).startswith("/artefact?id=")
    assert "event=frozen" in str(way.get_attribute("href"))


def test_states_help(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, "/what-breaks?target=metta")
    page = seen.page
    expect(page.locator("#state h2")).to_have_text("Not found")
    page.locator("#state a", has_text="developer:meta").click()
    expect(page.locator("#targets .target")).to_have_text("developer:meta")
    # Nothing stands on it: said, not drawn.
    lonely = visit(explorer, "/what-breaks?target=ai21labs/AI21-Jamba-Mini-1.5")
    lonely.settle()
    assert "Nothing is touched" in lonely.page.inner_text("#f-ice")
    assert "nobody said so" in lonely.page.inner_text("#f-ice")
    lonely.assert_quiet()
    # Slow: a skeleton after a moment. Down: what failed, and another try.
    slow = visit(explorer, "/what-breaks")
    slow.settle()
    slow.page.route("**/v1/what-breaks?*", lambda route: route.abort())
    slow.page.locator("#state .chip").first.click()
    expect(slow.page.locator("#state [role=alert]")).to_contain_text("Try again")


def test_a_skeleton_shows_what_is_read(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, "/what-breaks")
    seen.settle()
    held = []
    seen.page.route("**/v1/what-breaks?*", lambda route: held.append(route))
    seen.page.locator("#state .chip").first.click()
    expect(seen.page.locator("#state [role=status]")).to_contain_text(
        "Finding all that stands on"
    )
    for route in held:
        route.continue_()
    seen.page.unroute("**/v1/what-breaks?*")
    expect(seen.page.locator("#evs .ev")).to_have_count(4)


def test_hostile_names_do_nothing(hostile: str, visit: Opener) -> None:
    seen = visit(hostile, "/what-breaks?target=o/script&event=relicensed")
    seen.settle()
    page = seen.page
    assert page.locator("#worst tbody tr").count() >= 8
    for kind in ("licence", "task"):
        page.locator("#by-what").select_option(kind)
        page.wait_for_timeout(50)
    page.locator("#f-ice .seg button", has_text="Table").click()
    page.locator("#add input").fill("<img src=x onerror=window.__pwn=1>")
    page.wait_for_timeout(400)
    assert page.query_selector_all("main img, iframe, object, embed") == []
    for bad in ("\u202e", "\u2066", "\u200f"):
        assert bad not in page.content()
    seen.assert_quiet()
    strange = visit(hostile, "/what-breaks?target=%3Cimg%20src%3Dx%20onerror%3D1%3E")
    expect(strange.page.locator("#state h2")).to_have_text("Not found")
    assert strange.page.query_selector_all("main img") == []


def test_long_targets_fit_small_screens_and_paper(explorer: str, visit: Opener) -> None:
    long = META + "&target=datasets/HuggingFaceTB/smoltalk&target=licence:llama3.1"
    seen = visit(explorer, long, viewport=SMALL)
    seen.settle()
    assert seen.overflow() <= 0
    seen.page.emulate_media(media="print")
    assert seen.page.is_visible("#f-ice .fig-table")
    assert seen.page.is_visible("#f-ice .fig-chart")
    assert not seen.page.is_visible("#add")
    seen.assert_quiet()
