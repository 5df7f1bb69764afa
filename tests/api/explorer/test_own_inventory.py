"""Somebody's own list on the what-breaks page: judged beside the whole, kept nowhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.scenario import scenario
from headwater.queries.what_breaks import what_breaks
from tests.api.explorer.conftest import PHONE, Opener, Visit
from tests.api.explorer.test_breaks_page import META, cells, number

pytestmark = pytest.mark.browser
OWN = [
    "lmsys/vicuna-7b-v1.5",
    "gpt2",
    "no/such-model",
    "@meta-llama",
    "facebook/opt-6.7b",
]


def check_own(seen: Visit, text: str) -> None:
    page = seen.page
    page.locator("#own-form summary").click()
    page.get_by_label("One id a line").fill(text)
    page.get_by_role("button", name="Check these").click()


def own_counts(seen: Visit) -> dict[str, int]:
    rows = seen.page.locator("#own tr[data-verdict]")
    return {
        str(row.get_attribute("data-verdict")): number(
            row.locator("td").first.inner_text()
        )
        for row in rows.all()
    }


def test_own_models_are_judged_beside_the_whole(
    explorer: str, visit: Opener, catalogue: LineageGraph
) -> None:
    seen = visit(explorer, META)
    seen.settle()
    page = seen.page
    check_own(seen, "\n".join(["# ours", *OWN]))
    expect(page.locator("#h-own")).to_be_visible()
    found, own = scenario(catalogue, ["developer:meta"], inventory=OWN)
    whole = what_breaks(catalogue, ["developer:meta"])
    outcomes = {item.event: item for item in found.outcomes}
    assert own_counts(seen) == outcomes["deleted"].counts
    told = page.locator("#own").inner_text()
    for id_ in (*own.unresolved, *own.in_target, *own.not_artefacts):
        assert id_ in told
    assert "unknown, which is not safe" in told
    rows = cells(page.locator("#own .scroll"))
    assert [row[0] for row in rows] == [v.id for v in outcomes["deleted"].victims]
    for outcome in found.outcomes:
        hit = len(outcome.victims)
        card = page.locator(f".ev[data-event={outcome.event}]")
        expect(card.locator(".yours")).to_contain_text(f"of yours {hit},")
        # The whole is still the whole.
        every = next(item for item in whole.outcomes if item.event == outcome.event)
        assert f"{len(every.victims):,} touched" in card.inner_text()
    page.locator("[data-event=frozen]").click()
    expect(page.locator("#own tr[data-verdict=stranded]")).to_have_count(1)
    assert own_counts(seen) == outcomes["frozen"].counts
    page.locator("#own-form summary", has_text="5 ids").click()
    page.get_by_role("button", name="Take it away").click()
    expect(page.locator("#own")).to_be_hidden()
    expect(page.locator(".yours")).to_have_count(0)
    seen.assert_quiet()


def test_the_list_is_in_no_address_and_no_storage(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, META)
    seen.settle()
    page = seen.page
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    check_own(seen, "secret-lab/model-x\nlmsys/vicuna-7b-v1.5")
    expect(page.locator("#h-own")).to_be_visible()
    seen.settle()
    assert [item.method for item in sent if "secret-lab" in (item.post_data or "")] == [
        "POST"
    ]
    assert not any("secret-lab" in item.url for item in sent)
    assert "secret-lab" not in page.url
    kept: str = page.evaluate(
        "async () => JSON.stringify([localStorage, sessionStorage, document.cookie, "
        "history.state, (await caches.keys()), (await indexedDB.databases())])"
    )
    assert "secret" not in kept
    page.reload()
    seen.settle()
    expect(page.locator("#own")).to_be_hidden()
    assert page.locator("#own-ids").input_value() == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.txt", "\ufefflmsys/vicuna-7b-v1.5\r\n\r\n# no\r\ngpt2\r\n"),
        ("own.csv", 'n,"Model_ID"\n3,lmsys/vicuna-7b-v1.5\n1,"gpt2"\n'),
        ("own.jsonl", '{"id": "lmsys/vicuna-7b-v1.5", "n": 3}\n{"ID": "gpt2"}\n'),
        (
            "own.json",
            '["https://huggingface.co/lmsys/vicuna-7b-v1.5", {"model": "gpt2"}]',
        ),
    ],
)
def test_files_of_each_kind_are_read(
    explorer: str, visit: Opener, tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    seen = visit(explorer, META)
    seen.settle()
    page = seen.page
    page.locator("#own-form summary").click()
    page.locator("#own-file").set_input_files(path)
    expect(page.locator("#h-own")).to_contain_text("of your 2 artefacts")
    assert "2 ids given, 2 artefacts found" in page.locator("#own").inner_text()
    assert page.locator("#own tbody [data-l=Proof], #own .proof").count() == 1
    with page.expect_download() as waited:
        page.locator("#own button", has_text="CSV").click()
    assert waited.value.suggested_filename == "my-what-breaks-deleted.csv"
    with waited.value.path().open(encoding="utf-8", newline="") as saved:
        assert [row["id"] for row in csv.DictReader(saved)] == ["lmsys/vicuna-7b-v1.5"]
    seen.assert_quiet()


def test_a_bill_of_materials_is_saved(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, META)
    seen.settle()
    check_own(seen, "lmsys/vicuna-7b-v1.5\nno/such-model")
    with seen.page.expect_download() as waited:
        seen.page.get_by_role("button", name="Bill of materials").click()
    assert waited.value.suggested_filename == "my-models.cdx.json"
    bill = json.loads(waited.value.path().read_text(encoding="utf-8"))
    names = {item["name"] for item in bill["components"]}
    assert {"lmsys/vicuna-7b-v1.5", "no/such-model"} < names
    link = "/v1/bom?target=lmsys%2Fvicuna-7b-v1.5"
    seen.page.goto(f"{explorer}/artefact?id=lmsys/vicuna-7b-v1.5")
    found = seen.page.get_by_role("link", name="Bill of materials")
    expect(found).to_have_attribute("href", link)
    assert found.get_attribute("download") == "vicuna-7b-v1.5.cdx.json"
    seen.assert_quiet()


def test_what_is_no_list_is_said(explorer: str, visit: Opener) -> None:
    seen = visit(explorer, META)
    seen.settle()
    page = seen.page
    told = page.locator("#own-form .told")
    check_own(seen, "# nothing\n\n")
    expect(told).to_have_text("There is no id in it. Write one a line.")
    page.locator("#own-ids").fill("[not json")
    page.get_by_role("button", name="Check these").click()
    expect(told).to_contain_text("That is no list")
    page.locator("#own-ids").evaluate(
        "area => { area.value = Array.from({length: 100001}, (_, i) => `o/${i}`)"
        ".join('\\n'); }"
    )
    page.get_by_role("button", name="Check these").click()
    expect(told).to_contain_text("At most 100,000")
    # Ids that nothing here has: the server's sentence, and another try.
    page.locator("#own-ids").fill("<img src=x onerror=window.__pwn=1>")
    page.get_by_role("button", name="Check these").click()
    expect(page.locator("#own [role=alert]")).to_contain_text("names no artefact")
    assert page.locator("#own img").count() == 0
    assert page.evaluate("() => window.__pwn === undefined")


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_own_list_is_accessible(
    explorer: str, visit: Opener, viewport: dict[str, int] | None
) -> None:
    seen = visit(explorer, META, **({"viewport": viewport} if viewport else {}))
    seen.settle()
    check_own(seen, json.dumps(OWN))
    expect(seen.page.locator("#h-own")).to_be_visible()
    assert seen.axe() == []
    assert seen.overflow() <= 0
    seen.page.emulate_media(media="print")
    assert not seen.page.is_visible("#own-form")
    seen.assert_quiet()
