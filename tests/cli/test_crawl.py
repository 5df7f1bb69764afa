"""``headwater crawl`` end to end: a Hub on the loopback, a snapshot, questions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import FetchError
from headwater.ingest.documents import find_runs
from tests.cli.conftest import Run
from tests.ingest.conftest import LoopbackHub
from tests.ingest.fakehub import synth


def model(name: str, number: int, **fields: Any) -> dict[str, Any]:
    card = fields.pop("card", {})
    return {
        "kind": "models", "_id": f"{number:024x}", "id": name, "author": name.split("/")[0],
        "createdAt": f"2024-01-{number:02d}T00:00:00.000Z",
        "lastModified": "2024-06-01T00:00:00.000Z",
        "private": False, "disabled": False, "gated": False,
        "downloads": number * 10, "likes": number,
        "tags": fields.pop("tags", []), "cardData": card, "sha": f"{number:040x}", **fields,
    }  # fmt: skip


RECORDS = [
    model("acme/base", 1, card={"license": "apache-2.0"}),
    model("acme/chat", 2, card={"base_model": "acme/base"},
          tags=["base_model:acme/base", "base_model:finetune:acme/base"]),
    model("other/lora", 3, card={"base_model": "acme/chat"},
          baseModels={"relation": "adapter", "models": [{"_id": f"{2:024x}", "id": "acme/chat"}]}),
    model("other/odd", 4, card={"base_model": ["/home/me/model", "gone/never-seen"]}),
]  # fmt: skip


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    running = LoopbackHub(RECORDS)
    yield running
    running.close()


def test_a_crawl_becomes_a_snapshot(run: Run, hub: LoopbackHub) -> None:
    ran = run("crawl", "--endpoint", hub.endpoint, "--no-catalog", "--json")
    assert ran.code == 0, ran.err
    report: Any = ran.json
    assert report["routes"]["models"]["records"] == 4
    assert report["parse"]["skipped"]["base_model/local_path"] == 1
    answer: Any = run("what-breaks", "acme/base", "--json").json
    deleted = {v["id"]: v["verdict"] for v in answer["events"]["deleted"]["victims"]}
    assert deleted == {"acme/chat": "unrebuildable", "other/lora": "exposed"}
    shown: Any = run("show", "gone/never-seen", "--json").json
    assert (shown["phantom"], shown["state"]) == (True, "unknown")


def test_the_table_says_what_was_left_out(run: Run, hub: LoopbackHub) -> None:
    ran = run("crawl", "--endpoint", hub.endpoint, "--author", "other")
    assert ran.code == 0
    assert "local_path" in ran.out
    assert "100.0%" in ran.out
    # The catalogue is part of a crawl's snapshot unless it is left out.
    assert run("lineage", "Alpaca").code == 0


def test_a_later_crawl_replaces_what_changed_and_keeps_first_sight(
    run: Run, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("crawl", "--endpoint", hub.endpoint, "--no-catalog")
    older = next(iter(find_runs(Path(os.environ["HEADWATER_DATA_DIR"]) / "runs")))
    older.state.started = "2024-07-01T00:00:00+00:00"
    older.save()
    hub.catalogue.recs["models"]["other/lora"].update(
        cardData={"base_model": "acme/base"}, tags=[],
        baseModels={"relation": "adapter", "models": [{"_id": f"{1:024x}", "id": "acme/base"}]},
    )  # fmt: skip
    hub.catalogue.bytes_cache.clear()
    assert run("crawl", "--endpoint", hub.endpoint, "--no-catalog").code == 0
    edges: Any = run(
        "sql", "SELECT child, parent, first_seen FROM edges ORDER BY ALL", "--json"
    ).json
    found = {(edge["child"], edge["parent"]): edge["first_seen"] for edge in edges}
    assert set(found) == {
        ("acme/chat", "acme/base"), ("other/lora", "acme/base"), ("other/odd", "gone/never-seen"),
    }  # fmt: skip
    assert found["acme/chat", "acme/base"] == "2024-07-01"
    assert found["other/lora", "acme/base"] > "2024-07-01"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--endpoint", "ftp://nowhere"],
        ["--endpoint", "not a url"],
        ["--only", "papers"],
    ],
)
def test_wrong_options(run: Run, arguments: list[str]) -> None:
    ran = run("crawl", *arguments)
    assert ran.code in (1, 2)
    assert "Traceback" not in ran.err


def test_a_wrong_token_is_one_clear_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    hub = LoopbackHub(RECORDS, tokens=("right",))
    try:
        assert run("crawl", "--endpoint", hub.endpoint).code == 0, (
            "none is sent to a mirror"
        )
        ran = run("crawl", "--endpoint", hub.endpoint, "--send-token", "--fresh")
    finally:
        hub.close()
    assert ran.code == 1
    assert "HF_TOKEN" in ran.err
    assert "hf_wrong" not in ran.err + ran.out
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_and_resumed_equals_uninterrupted(
    run: Run, tmp_path: Path, end: signal.Signals
) -> None:
    hub = LoopbackHub(list(synth(400, 0, 0, seed=3)), page_max=40, latency=0.08)
    try:
        whole, broken = tmp_path / "whole", tmp_path / "broken"
        command = [sys.executable, "-m", "headwater", "crawl", "--endpoint", hub.endpoint,
                   "--no-catalog", "--data-dir", str(broken)]  # fmt: skip
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while (
            not list(broken.glob("runs/*/models/000003*"))
            and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        child.send_signal(end)
        _, err = child.communicate(timeout=20)
        assert child.returncode == (130 if end == signal.SIGINT else -9)
        assert "Traceback" not in err
        if end == signal.SIGINT:
            assert "pages of models, and nothing is marked as gone by them" in err
            assert "Run the same command to go on." in err
        again = ("crawl", "--endpoint", hub.endpoint, "--no-catalog", "--data-dir")
        for folder in (broken, whole):
            assert run(*again, str(folder)).code == 0
    finally:
        hub.close()
    assert len(list((broken / "runs").glob("hub-*"))) == 1
    one, two = (next(folder.glob("snapshots/*")) for folder in (whole, broken))
    for path in sorted(one.glob("*/*")):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), (
            path.name
        )


def test_a_crawl_that_stops_says_how_far_it_came_and_what_it_kept(run: Run) -> None:
    hub = LoopbackHub(list(synth(100, 0, 0, seed=3)), page_max=20)
    arguments = (
        "crawl",
        "--endpoint",
        hub.endpoint,
        "--no-catalog",
        "--only",
        "models",
    )
    try:
        assert run(*arguments).code == 0
        hub.fault({"match": "cursor", "after": 1, "do": "status", "status": 404})
        ran = run(*arguments)
        states: object = run(
            "sql", "SELECT DISTINCT state FROM nodes WHERE NOT phantom", "--json"
        ).json
        hub.fault()
        again = run(*arguments)
    finally:
        hub.close()
    assert ran.code == 3
    assert "stopped after 40 records (40.0% of what is expected)" in ran.err
    assert "nothing is marked as gone by them; run the same command to go on" in ran.err
    assert ran.err.count("\n") == 1
    assert {"state": "gone"} not in states
    assert again.code == 0
    assert "100.0%" in again.out


def test_a_part_says_that_it_proves_no_absence(run: Run, hub: LoopbackHub) -> None:
    arguments = ("crawl", "--endpoint", hub.endpoint, "--no-catalog")
    assert "not marked" not in run(*arguments, "--only", "models").out
    for part in (("--limit", "1"), ("--author", "acme"), ("--update",)):
        ran = run(*arguments, "--only", "models", *part)
        assert "Seen in part: models" in ran.out, part
        assert "not marked as gone" in " ".join(ran.out.split())


def test_an_error_names_the_page_without_its_query() -> None:
    error = FetchError("http://hub/api/models?expand%5B%5D=tags&limit=1000", "refused")
    assert str(error) == "http://hub/api/models: refused"
    assert error.url.endswith("limit=1000"), "the whole address is kept as a fact"
