"""The data-quality page: each class with its count, its share and its examples."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATION_CODE
from headwater.queries.quality import quality
from tests.api.explorer.conftest import Opener

pytestmark = pytest.mark.browser
NB = "\u00a0"


def test_every_class_is_told_as_the_query_tells_it(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, "/quality")
    seen.settle()
    page = seen.page
    report = quality(catalogue)
    assert page.locator("#toc a").count() == len(report.findings)
    for finding in report.findings:
        place = page.locator(f"[data-name={finding.name}]")
        words = " ".join(place.inner_text().split())
        assert finding.title in words
        if not finding.count:
            assert f"0 of {finding.of:,}" in words or "nothing to look at" in words
            continue
        assert f"{finding.count:,}" in place.locator(".n").inner_text()
        assert finding.share is not None
        assert f"{100 * finding.share:.1f} % {finding.of_what}" in words.replace(
            NB, " "
        )
        assert finding.advice in words
        shown = place.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
        )
        for row, example in zip(shown, finding.examples, strict=True):
            assert row[0] == example.id
            assert example.detail in row
            assert row[-1] == (
                "unknown" if example.weight is None else f"{example.weight:,}"
            )
        for key, n in list(finding.breakdown.items())[:12]:
            word = key.replace("_", " ") if key in RELATION_CODE else key
            assert f"{word} {n:,}" in words
    page.locator("#f-share .seg button", has_text="Table").click()
    table = page.locator("#f-share tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    told = sorted(
        (item for item in report.findings if item.share is not None),
        key=lambda item: -(item.share or 0),
    )
    assert [row[0] for row in table] == [item.title for item in told]
    assert [row[1] for row in table] == [
        f"{100 * (item.share or 0):.2f}{NB}%" for item in told
    ]
    # The list beside leads to the classes.
    page.locator("#toc a", has_text="Licence gaps").click()
    expect(page.locator("#c-licence_gaps")).to_be_in_viewport()
    assert page.url.endswith("#c-licence_gaps")
    seen.assert_quiet()


def test_sources_of_edges_are_told(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, "/quality")
    seen.settle()
    page = seen.page
    report = quality(catalogue)
    page.locator("#f-sources .seg button", has_text="Table").click()
    rows = page.locator("#f-sources tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    assert [[row[0], *row[-2:]] for row in rows] == [
        [item.source, f"{item.edges:,}", f"{item.alone:,}"] for item in report.sources
    ]
    assert f"{report.n_edges:,} edges" in page.locator("#f-sources").inner_text()


def test_an_error_says_whether_trying_again_helps(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, "/start")
    seen.page.route("**/v1/quality*", lambda route: route.abort())
    seen.page.goto(f"{explorer}/quality")
    expect(seen.page.locator("#state [role=alert]")).to_contain_text(
        "The server did not answer"
    )
    seen.page.unroute("**/v1/quality*")
    seen.page.locator("#state button", has_text="Try again").click()
    expect(seen.page.locator("#answer")).to_be_visible()
