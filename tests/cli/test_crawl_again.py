"""``headwater crawl`` on top of earlier crawls: updates, absences, detail calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.ingest.documents import find_runs
from tests.cli.conftest import Run
from tests.cli.test_crawl import model
from tests.ingest.conftest import LoopbackHub

TOKEN = "hf_right"


def space(name: str, number: int, **fields: Any) -> dict[str, Any]:
    return {**model(name, number), "kind": "spaces", "sdk": "gradio", **fields}


RECORDS = [
    model("acme/base", 1, card={"license": "apache-2.0"}),
    model("acme/chat", 2, card={"base_model": "acme/base"}),
    model("other/tune", 3, card={"base_model": "acme/chat"}),
    model("other/odd", 4, card={"base_model": "gone/never-seen"}),
    model("other/old", 5, card={"base_model": "acme/base"}),
    space("other/demo", 6, models=["acme/chat"], cardData={"models": ["acme/chat"]}),
    space("other/copy", 7, cardData={"duplicated_from": "other/demo"}),
]  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    running = LoopbackHub([dict(record) for record in RECORDS], tokens=(TOKEN,))
    yield running
    running.close()


def crawl(run: Run, hub: LoopbackHub, *arguments: str) -> Any:
    ran = run("crawl", "--endpoint", hub.endpoint, "--no-catalog", "--json", *arguments)
    assert ran.code == 0, ran.err
    return ran.json


def state(run: Run, name: str) -> tuple[str, bool]:
    shown: Any = run("show", name, "--json").json
    return shown["state"], shown["phantom"]


def remove(hub: LoopbackHub, kind: str, name: str) -> dict[str, Any]:
    with hub.catalogue.lock:
        record: dict[str, Any] = hub.catalogue.recs[kind].pop(name)
        hub.catalogue.lower[kind].pop(name.lower())
        hub.catalogue.dirty(kind)
    return record


def test_spaces_are_applications(run: Run, hub: LoopbackHub) -> None:
    report = crawl(run, hub)

    assert report["routes"]["spaces"]["records"] == 2
    assert report["parse"]["notes"]["space/duplicated"] == 1
    answer: Any = run("what-breaks", "acme/chat", "--json").json
    deleted = {v["id"]: v["verdict"] for v in answer["events"]["deleted"]["victims"]}
    assert deleted["spaces/other/demo"] == "breaks"
    why: Any = run("why", "spaces/other/demo", "acme/chat", "--json").json
    assert why


def test_only_spaces(run: Run, hub: LoopbackHub) -> None:
    assert set(crawl(run, hub, "--only", "spaces")["routes"]) == {"spaces"}
    assert hub.listed("models") == []


def test_an_update_takes_changes_over(run: Run, hub: LoopbackHub) -> None:
    ran = run("crawl", "--endpoint", hub.endpoint, "--update")
    assert ran.code != 0
    assert "without --update first" in ran.err
    crawl(run, hub)
    with hub.catalogue.lock:
        changed = hub.catalogue.recs["models"]["other/tune"]
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        changed.update(
            cardData={"base_model": "acme/base"},
            lastModified=now.replace("+00:00", "Z"),
        )
        hub.catalogue.bytes_cache.clear()
        hub.catalogue.dirty("models")

    report = crawl(run, hub, "--update")

    assert report["routes"]["models"]["stop"] in ("caught_up", "end")
    found: Any = run(
        "sql", "SELECT child, parent FROM edges ORDER BY ALL", "--json"
    ).json
    edges = {(edge["child"], edge["parent"]) for edge in found}
    assert ("other/tune", "acme/base") in edges
    assert ("other/tune", "acme/chat") not in edges
    assert ("acme/chat", "acme/base") in edges
    assert state(run, "other/old") == ("present", False)


def test_what_is_absent_from_a_complete_crawl_is_gone(
    run: Run, hub: LoopbackHub
) -> None:
    crawl(run, hub)
    remove(hub, "models", "other/old")
    moved = remove(hub, "models", "acme/chat")
    hub.catalogue.add({**moved, "id": "new-acme/chat", "author": "new-acme"})

    for partial in (["--author", "other"], ["--filter", "x"], ["--limit", "1"],
                    ["--update"], ["--only", "datasets"]):  # fmt: skip
        crawl(run, hub, *partial)
        assert state(run, "other/old") == ("present", False), partial
    crawl(run, hub)

    assert state(run, "other/old") == ("gone", False)
    assert state(run, "acme/chat") == ("present", False)
    shown: Any = run("show", "acme/chat", "--json").json
    assert shown["id"] == "new-acme/chat"
    lineage: Any = run("sql", "SELECT child, parent FROM edges", "--json").json
    edges = {(edge["child"], edge["parent"]) for edge in lineage}
    assert {("other/old", "acme/base"), ("other/tune", "new-acme/chat")} <= edges
    ran = run("crawl", "--endpoint", hub.endpoint, "--no-catalog")
    assert "1 gone, 1 renamed" in ran.err


def test_the_share_of_a_part_is_said(run: Run, hub: LoopbackHub) -> None:
    crawl(run, hub)
    report = crawl(run, hub, "--author", "other", "--only", "models")

    assert report["routes"]["models"]["share_of_all"] == pytest.approx(3 / 5)
    ran = run("crawl", "--endpoint", hub.endpoint, "--limit", "1", "--only", "models")
    assert "20.0%" in ran.out


def test_details_and_files(run: Run, hub: LoopbackHub) -> None:
    equal = [{"rfilename": "model.safetensors", "lfs": {"sha256": "a" * 64, "size": 1}}]
    for name in ("acme/base", "acme/chat"):
        hub.catalogue.recs["models"][name]["siblings"] = equal
    report = crawl(run, hub, "--send-token", "--details", "5", "--files", "5")

    assert [item["routes"]["details"]["records"] for item in report["details"]] == [
        1,
        2,
    ]
    assert state(run, "gone/never-seen") == ("gone", True)
    why: Any = run("sql", "SELECT child, parent, relation FROM claims WHERE "
                   "source = 'hub:files'", "--json").json  # fmt: skip
    assert why == [
        {"child": "acme/chat", "parent": "acme/base", "relation": "mirror_of"}
    ]


def test_details_alone(run: Run, hub: LoopbackHub) -> None:
    crawl(run, hub)
    hub.server.reset()
    report = crawl(run, hub, "--only", "details", "--details", "5")

    assert len(hub.server.seen) == 1
    (only,) = report["details"]
    assert only["routes"]["details"]["stop"] == "end"
    assert state(run, "gone/never-seen") == ("unknown", True)
    ran = run("crawl", "--endpoint", hub.endpoint, "--only", "details")
    assert ran.code != 0
    assert "--details N" in ran.err


def test_organisations(run: Run, hub: LoopbackHub) -> None:
    hub.catalogue.add(
        {
            "kind": "organizations",
            "name": "acme",
            "fullname": "[red]Acme",
            "numModels": 2,
        }
    )
    crawl(run, hub)
    report = crawl(run, hub, "--only", "details", "--organisations", "1")

    (only,) = report["details"]
    assert only["routes"]["organisations"]["records"] == 1
    shown: Any = run("show", "@acme", "--json").json
    assert (shown["name"], shown["aliases"]) == ("@acme", ["[red]Acme"])
    assert shown["sources"] == ["hub:organisation"]
    assert shown["developer"] is None
    assert "organisation of the Hub; 2 models" in run("show", "@acme").out
    assert "[red]Acme" in run("show", "@acme").out
    assert run("what-breaks", "@acme").code == 0


def test_what_was_left_out_is_shown_by_quality(run: Run, hub: LoopbackHub) -> None:
    card = {"base_model": "/home/me/model"}
    hub.catalogue.add(model("other/local", 9, card=card))
    crawl(run, hub)

    ran = run("quality")
    assert "other/local: /home/me/model" in " ".join(ran.out.split())


def test_a_build_parses_no_page_again(
    run: Run, hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawl(run, hub, "--details", "5")

    def refuse(*_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr("headwater.ingest.sources.hub.parse", refuse)
    assert run("build").code == 0
    assert len(find_runs(tmp_path / "data" / "runs")) == 2
