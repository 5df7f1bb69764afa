"""Two snapshots compared by clicking; hostile names that come and go."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.queries.diff import CHANGES, Diff, diff
from tests.api.explorer.conftest import SMALL, Opener

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def answer(store: SnapshotStore) -> Diff:
    old, new = (LineageGraph(store.snapshots / item.id) for item in store.list())
    return diff(old, new)


def rows(page: Page, selector: str) -> list[list[str]]:
    found: list[list[str]] = page.locator(f"{selector} tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    return found


def test_figures_and_changes_are_those_of_the_query(
    two: str, visit: Opener, answer: Diff
) -> None:
    seen = visit(two, "/compare")
    seen.settle()
    page = seen.page
    assert f"old={answer.old.id}" in page.url
    assert f"{answer.counts['came']} artefacts came" in page.inner_text("#lede")
    cards = page.locator("#nums .v").all_inner_texts()
    assert cards[:3] == [
        f"{answer.new.artefacts:,}", f"{answer.counts['deleted']:,}",
        f"{answer.new.edges:,}",
    ]  # fmt: skip
    kinds = dict(
        zip(
            page.locator("#toc a").evaluate_all(
                "all => all.map(item => new URL(item.href).searchParams.get('only'))"
            ),
            page.locator("#toc .num").all_inner_texts(),
            strict=True,
        )
    )
    assert kinds.pop(None) == f"{sum(answer.counts.values()):,}"
    assert kinds == {name: f"{n:,}" for name, n in answer.counts.items() if n}
    page.locator("#f-figures .seg button", has_text="Table").click()
    for row, item in zip(rows(page, "#f-figures"), answer.figures, strict=True):
        for cell, value in ((row[1], item.before), (row[2], item.after)):
            numbers = [float(part) for part in cell.replace("(", "").replace(
                ")", "").replace("to ", "").split()]  # fmt: skip
            assert value.point is not None
            assert numbers == pytest.approx(
                [value.point, value.low, value.high], abs=0.051
            )
    page.locator("#f-shares .seg button", has_text="Table").click()
    assert answer.shares
    for row, share in zip(rows(page, "#f-shares"), answer.shares, strict=True):
        assert row[0] == share.name
        assert row[1:3] == [
            f"{100 * value:.2f}\u00a0%" for value in (share.before, share.after)
        ]
    seen.assert_quiet()


def test_one_kind_of_change_is_picked(two: str, visit: Opener, answer: Diff) -> None:
    seen = visit(two, "/compare")
    seen.settle()
    page = seen.page
    # By its link; more of it, by the button.
    kind = max(answer.counts, key=lambda name: answer.counts[name])
    page.locator(f'#toc a[href*="only={kind}"]').click()
    expect(page.locator("#toc a[aria-current]")).to_contain_text(
        f"{answer.counts[kind]}"
    )
    expect(page.locator("#changes tbody tr")).to_have_count(25)
    assert f"only={kind}" in page.url
    page.locator("#more button").click()
    expect(page.locator("#changes tbody tr")).to_have_count(answer.counts[kind])
    own = [item for item in answer.changes if item.change == kind]
    for row, item in zip(rows(page, "#changes"), own, strict=True):
        assert row[0].startswith(item.id)
        assert row[1] == kind.replace("_", " ")
        assert row[2] == (item.before or "\u2013")
    page.go_back()
    expect(page.locator("#toc a[aria-current]")).to_contain_text("All changes")
    # Turned round: what came, went.
    page.locator("#old").select_option(answer.new.id)
    page.locator("#new").select_option(answer.old.id)
    expect(page.locator("#nums .v").first).to_have_text(f"{answer.old.artefacts:,}")
    seen.settle()
    assert page.query_selector_all("main img, iframe, object, embed") == []
    assert "\u202e" not in page.content()
    seen.assert_quiet()


def test_every_kind_of_change_has_words(two: str, visit: Opener) -> None:
    seen = visit(two, "/compare")
    seen.settle()
    for kind in CHANGES:
        seen.page.goto(f"{two}/compare?only={kind}")
        seen.settle()
        assert len(seen.page.inner_text("#kind-text")) > 10
    seen.assert_quiet()


def test_one_snapshot_alone_says_how_to_get_another(
    explorer: str, visit: Opener
) -> None:
    seen = visit(explorer, "/compare")
    expect(seen.page.locator("#state h2")).to_have_text("Nothing to compare yet")
    assert "headwater build" in seen.page.inner_text("#state")
    assert not seen.page.is_visible("#old")
    assert seen.axe() == []
    seen.assert_quiet()


def test_an_unknown_snapshot_is_said(two: str, visit: Opener, tmp_path: Path) -> None:
    seen = visit(two, "/compare?old=20200101T000000Z-00000000")
    expect(seen.page.locator("#state .state")).to_be_visible()
    assert not seen.page.is_visible("#answer")


def test_small_screens_and_paper(two: str, visit: Opener, answer: Diff) -> None:
    seen = visit(two, "/compare", viewport=SMALL)
    seen.settle()
    assert seen.overflow() <= 0
    seen.page.locator("#kind").select_option("relation")
    expect(seen.page.locator("#kind-text")).to_have_text(
        "The same two artefacts, another relation."
    )
    seen.page.emulate_media(media="print")
    assert seen.page.is_visible("#f-figures .fig-table")
    seen.assert_quiet()
