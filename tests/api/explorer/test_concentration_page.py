"""The concentration page says what the query says: no point without its interval."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.concentration import Concentration, concentration
from headwater.queries.concentration_figures import Interval
from headwater.queries.concentration_time import concentration_over_time
from tests.api.explorer.conftest import SMALL, Opener

pytestmark = pytest.mark.browser
NB = "\u00a0"


def figures(page: Page) -> dict[str, tuple[str, str]]:
    rows = page.locator("#figs > div").all()
    return {
        row.locator("dt").inner_text(): (
            row.locator("dd").nth(0).inner_text(),
            row.locator("dd").nth(1).inner_text(),
        )
        for row in rows
    }


def share(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.1f}{NB}%"


def told(value: Interval, digits: int) -> tuple[str, str]:
    assert value.point is not None
    return (
        f"{value.point:.{digits}f}",
        f"{value.low:.{digits}f} to {value.high:.{digits}f}",
    )


def assert_says(page: Page, answer: Concentration) -> None:
    shown = figures(page)
    assert shown["Effective number"] == told(answer.effective_number, 1)
    assert shown["HHI"] == told(answer.hhi, 3)
    assert shown["Gini"] == told(answer.gini, 3)
    for title, value in (
        ("Largest", answer.cr1), ("4 largest", answer.cr4), ("10 largest", answer.cr10),
    ):  # fmt: skip
        assert shown[title][0] == share(value.point)
        assert shown[title][1].startswith(f"{share(value.low)} to {share(value.high)}")
    assert shown["Coverage"][0] == share(answer.coverage)
    assert shown["Established roots"] == (
        share(answer.established), f"presumed {share(answer.presumed)}",
    )  # fmt: skip
    assert answer.effective_number.point is not None
    assert f"{answer.effective_number.point:.1f}" in page.inner_text("#say")
    assert f"{answer.closure.half.point} " in page.inner_text("#say")
    assert answer.coverage is not None
    assert share(1 - answer.coverage) in page.inner_text("#say2")


def table(page: Page, figure: str) -> list[list[str]]:
    page.locator(f"{figure} .seg button", has_text="Table").click()
    found: list[list[str]] = page.locator(f"{figure} .fig-table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    return found


def test_figures_and_tables_are_those_of_the_query(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, "/concentration")
    seen.settle()
    page = seen.page
    answer = concentration(catalogue)
    assert_says(page, answer)
    # The unsaid comes first in the picture and in the table.
    assert answer.coverage is not None
    undeclared = share(1 - answer.coverage)
    first = page.locator("#f-tree .tm > rect").first
    assert str(first.get_attribute("fill")).startswith("url(#")
    assert page.locator("#f-tree .tm text").first.text_content() == undeclared
    rows = table(page, "#f-tree")
    assert rows[0][:2] == ["Lineage undeclared", f"{undeclared} of all"]
    for row, item in zip(rows[1:25], answer.pretrainers, strict=False):
        assert row[:2] == [item.name, f"{100 * item.share:.2f}{NB}%"]
    assert rows[25][0] == f"{len(answer.pretrainers) - 24} more"
    closed = table(page, "#f-close")
    assert closed == [
        [str(point.k), point.name, share(point.share),
         f"{share(point.low)} to {share(point.high)}"]
        for point in answer.closure.curve
    ]  # fmt: skip
    source = page.inner_text("#f-close .fig-src")
    assert "Greedy" in source
    assert "1.58 times" in source
    assert f"by fewer than {answer.closure.half_at_least} in no way" in source
    lorenz = table(page, "#f-lor")
    assert lorenz == [
        [share(point.pretrainers), f"{100 * point.share:.2f}{NB}%"]
        for point in answer.lorenz
    ]
    # Every figure is dated and says its coverage.
    for figure in page.locator("figure").all():
        words = figure.locator(".fig-src").inner_text()
        assert catalogue.manifest.created[:10] in words
        assert re.search(r"[Cc]overage[^.]* \d+\.\d\s%", words)
    seen.assert_quiet()


def test_over_time_with_its_band(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, "/concentration?length=quarter")
    seen.settle()
    page = seen.page
    answer = concentration_over_time(catalogue, "quarter")

    def expected(kind: str) -> list[list[str]]:
        found = []
        for period in reversed(answer.periods):
            own = getattr(period, kind)
            value = own.effective_number
            found.append(
                [period.period]
                + [
                    "unknown" if part is None else f"{part:.1f}"
                    for part in (value.low, value.point, value.high)
                ]
                + [share(own.coverage), f"{own.n_models:,}"]
            )
        return found

    label = str(page.locator("#f-time svg[role=img]").get_attribute("aria-label"))
    last = answer.periods[-1].stock.effective_number
    assert last.point is not None
    assert f"{last.point:.1f} ({last.low:.1f} to {last.high:.1f})" in label
    assert table(page, "#f-time") == expected("stock")
    page.locator("#f-flow").select_option("flow")
    expect(page.locator("#f-time .fig-src")).to_contain_text("Flow")
    assert "flow=flow" in page.url
    assert table(page, "#f-time") == expected("flow")
    seen.assert_quiet()


def test_filters_ask_anew_and_live_in_the_address(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, "/concentration")
    seen.settle()
    page = seen.page
    page.locator("#f-task").fill("text-generation")
    page.locator("#f-task").press("Enter")
    expect(page.locator("#beside")).to_contain_text("nobody has told a value")
    answer = concentration(catalogue, {"task": "text-generation"})
    assert f"{answer.n_unknown_where} models" in page.inner_text("#beside")
    seen.settle()
    assert_says(page, answer)
    page.locator("#f-by").select_option("namespace")
    page.locator("#f-attribution").select_option("any")
    expect(page.locator("#f-tree")).to_contain_text("sum to more than 100")
    seen.settle()
    answer = concentration(
        catalogue, {"task": "text-generation"}, by="namespace", attribution="any"
    )
    assert_says(page, answer)
    assert "task=text-generation" in page.url
    page.reload()
    seen.settle()
    assert_says(page, answer)
    assert page.locator("#f-attribution").input_value() == "any"
    page.locator("#f-task").fill("text-generatoin")
    page.locator("#f-task").press("Enter")
    expect(page.locator("#state [role=alert]")).to_contain_text("text-generation")
    page.locator("#filters button", has_text="Reset").click()
    expect(page.locator("#state")).to_be_empty()
    seen.settle()
    assert_says(page, concentration(catalogue))
    page.locator("[data-value=parameters]").click()
    expect(page.locator("#beside")).to_contain_text("nobody has told their parameters")
    options = page.locator("#l-task option").evaluate_all(
        "all => all.map(item => item.value)"
    )
    assert options[0] == "text-generation"


def test_hostile_names_do_nothing(hostile: str, visit: Opener) -> None:
    for by in ("developer", "root"):
        seen = visit(hostile, f"/concentration?by={by}")
        seen.settle()
        assert seen.page.query_selector_all("main img, iframe, object, embed") == []
        assert "\u202e" not in seen.page.content()
        # Nothing there has a date, which the server refuses and the page puts in words.
        assert "No dated model" in seen.page.inner_text("#f-time")
        assert len(seen.faults) == 1
        assert "422" in seen.faults.pop()
        seen.assert_quiet()


def test_small_screens_and_paper(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, "/concentration", viewport=SMALL)
    seen.settle()
    assert seen.overflow() <= 0
    # Cells would be too small for their names: the table comes first there.
    assert seen.page.is_visible("#f-tree .fig-table")
    seen.page.locator("#f-tree .seg button", has_text="Picture").click()
    assert seen.page.is_visible("#f-tree .tm")
    assert seen.overflow() <= 0
    seen.page.emulate_media(media="print")
    assert seen.page.is_visible("#f-lor .fig-table")
    seen.assert_quiet()
