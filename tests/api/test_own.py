"""What is sent in a body: one's own models and locks. Answered, and kept nowhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from starlette.testclient import TestClient

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.bill_of_materials import bill_of_materials
from headwater.queries.concentration import concentration
from headwater.queries.concentration_inventory import read_inventory
from headwater.queries.concentration_time import concentration_over_time
from headwater.queries.cyclonedx import cyclonedx_bytes
from headwater.queries.watch import watch
from headwater.queries.watch_lock import lock_bytes, make_lock, parse_lock
from tests.api.serving import client, problem
from tests.drawing import draw_batch, publish

OWN = [
    {"id": "https://huggingface.co/lmsys/vicuna-7b-v1.5", "weight": 12.5},
    "gpt2",
    "no/x",
]
LINES = "id,weight\nlmsys/vicuna-7b-v1.5,12.5\ngpt2,1\nno/x,1\n"


@pytest.fixture(scope="module")
def api(catalogue_dir: Path) -> Iterator[TestClient]:
    with client(catalogue_dir) as made:
        yield made


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[tuple[TestClient, LineageGraph, LineageGraph]]:
    """Serve two snapshots: in the newer one the root is gone and c has a new parent."""
    lines = ["b finetune a", "c adapter b"]
    before = datetime(2026, 1, 1, tzinfo=UTC)
    old = publish(tmp_path, draw_batch(*lines), created=before)
    new = publish(tmp_path, draw_batch(*lines, "c merge z", states={"a": "gone"}))
    with client(tmp_path) as made:
        yield made, old, new


def plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))


def test_concentration_of_ones_own_models(
    api: TestClient, catalogue: LineageGraph, tmp_path: Path
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(LINES, encoding="utf-8")
    inventory = read_inventory(path)
    for by in ("developer", "root"):
        expected = plain(concentration(catalogue, by=by, weight=inventory))
        body = {"inventory": OWN, "by": by}
        answer = api.post("/v1/concentration", json=body, params={"fields": "*"}).json()
        assert answer["inventory"].pop("path") == "in the body"
        del expected["inventory"]["path"]
        assert {name: answer[name] for name in expected} == expected
        assert answer["inventory"]["unresolved"] == ["no/x"]
    times = api.post(
        "/v1/concentration/over-time",
        json={
            "inventory": OWN,
            "length": "month",
            "where": {"task": "text-generation"},
        },
        params={"limit": 1000},
    ).json()
    over = concentration_over_time(
        catalogue, "month", {"task": "text-generation"}, weight=inventory
    )
    assert times["periods"] == plain(over.periods)


def test_pages_of_an_inventory_belong_to_it(api: TestClient) -> None:
    body = {"inventory": ["lmsys/vicuna-7b-v1.5", "gpt2"]}
    url = "/v1/concentration"
    first = api.post(url, json=body, params={"limit": 1}).json()
    cursor = first["page"]["next"]
    second = api.post(url, json=body, params={"limit": 1, "cursor": cursor}).json()
    assert (
        first["pretrainers"] + second["pretrainers"]
        == (api.post(url, json=body).json()["pretrainers"])
    )
    other = {"inventory": ["gpt2", "lmsys/vicuna-7b-v1.5"]}
    answer = api.post(url, json=other, params={"cursor": cursor})
    problem(answer, 422, "invalid-parameter")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"inventory": []}, {"inventory": ["no/x"]}, {"inventory": [{"weight": 3}]},
        {"inventory": [{"id": "gpt2", "weight": -1}]}, {"inventory": "gpt2"},
        {"inventory": ["gpt2"], "by": "nobody"},
        {"inventory": ["gpt2"], "where": {"colour": "red"}},
    ],
)  # fmt: skip
def test_what_is_no_inventory_is_said(api: TestClient, body: dict[str, Any]) -> None:
    for url in ("/v1/concentration", "/v1/concentration/over-time"):
        problem(api.post(url, json=body), 422, "invalid-parameter")


def test_nothing_that_is_sent_is_kept(
    catalogue_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = {path: path.stat().st_mtime_ns for path in catalogue_dir.rglob("*")}
    secret = "secret-lab/unheard-of"
    with client(catalogue_dir) as api:
        cache = api.app.state.server.cache  # type: ignore[attr-defined]
        lock = api.post("/v1/lock", json={"artefacts": ["gpt2"]}).content
        for path, sent in (
            ("what-breaks", {"targets": ["gpt2"], "inventory": [secret, "gpt2"]}),
            ("concentration", {"inventory": [secret, "gpt2"]}),
            ("bom", {"inventory": [secret, "gpt2"]}),
            ("concentration/over-time", {"inventory": [secret, "gpt2"]}),
        ):
            answer = api.post(f"/v1/{path}", json=sent)
            assert answer.is_success
            assert "etag" not in answer.headers
        told = api.post(
            "/v1/watch", content=lock.replace(b'"gpt2"', f'"{secret}"'.encode()),
            headers={"content-type": "application/json"},
        )  # fmt: skip
        assert told.status_code in (200, 422)
        assert cache.misses == 0
        assert secret not in api.get("/v1/metrics").text
    assert secret not in caplog.text
    assert before == {
        path: path.stat().st_mtime_ns for path in catalogue_dir.rglob("*")
    }


def test_bills_are_those_of_the_command_line(
    api: TestClient, catalogue: LineageGraph
) -> None:
    own = ["lmsys/vicuna-7b-v1.5", "no/such", "@meta-llama"]
    bill = bill_of_materials(catalogue, inventory=own)
    for version in ("1.6", "1.7"):
        body = {"inventory": own, "spec_version": version}
        answer = api.post("/v1/bom", json=body)
        assert answer.json() == orjson.loads(cyclonedx_bytes(bill, version))
        assert "etag" not in answer.headers
    one = api.get("/v1/bom", params={"target": ["Vicuna", "gpt2"]})
    expected = cyclonedx_bytes(bill_of_materials(catalogue, ["Vicuna", "gpt2"]))
    assert one.json() == orjson.loads(expected)
    problem(api.post("/v1/bom", json={}), 422, "invalid-parameter")
    problem(api.get("/v1/bom?target=nobody-at-all"), 404, "not-found")
    many = {"inventory": [f"o/m{number}" for number in range(5_001)]}
    body = problem(api.post("/v1/bom", json=many), 422, "invalid-parameter")
    assert "5,001 components" in body["detail"]


def test_watch_says_what_changed_since_a_lock(
    changed: tuple[TestClient, LineageGraph, LineageGraph],
) -> None:
    api, old, new = changed
    lock = make_lock(old, ["o/c", "o/b"])
    answer = api.post(
        "/v1/watch",
        content=lock_bytes(lock),
        headers={"content-type": "application/json"},
    )
    assert answer.json() == plain(watch(new, lock))
    told = {
        (item["change"], item["id"])
        for watched in answer.json()["watched"]
        for item in watched["changes"]
    }
    assert told == {("deleted", "o/a"), ("edge_came", "o/c")}
    # The lock that the server makes is the file of the command line.
    made = api.post(
        "/v1/lock", json={"artefacts": ["o/c", "O/B"], "snapshot": "previous"}
    )
    assert made.json() == msgspec.json.decode(lock_bytes(lock))
    quiet = api.post("/v1/lock", json={"artefacts": ["o/c"]}).json()
    assert not api.post("/v1/watch", json=quiet).json()["changed"]


def test_what_is_no_lock_is_said(
    changed: tuple[TestClient, LineageGraph, LineageGraph],
) -> None:
    api, old, _ = changed
    good = msgspec.json.decode(lock_bytes(make_lock(old, ["o/c"])))
    for wrong in (
        {"format": "else"},
        {**good, "version": 2},
        {**good, "watched": []},
        {**good, "watched": ["o/nobody"]},
        {**good, "watched": ["o/c"] * 501},
        [],
    ):
        problem(api.post("/v1/watch", json=wrong), 422, "invalid-parameter")
    problem(api.post("/v1/lock", json={"artefacts": ["o/nobody"]}), 404, "not-found")
    missing = {"artefacts": ["o/c"], "snapshot": "19990101"}
    assert api.post("/v1/lock", json=missing).status_code in (404, 422)
    # Snapshots are named; a folder of this machine is not opened.
    odd = {"artefacts": ["o/c"], "snapshot": "../../etc"}
    problem(api.post("/v1/lock", json=odd), 422, "invalid-parameter")


def test_a_chain_from_strangers_is_bounded(tmp_path: Path) -> None:
    """Of a long chain in which everything is gone every path would be told."""
    length = 3_000
    chain = {
        f"x/{place}": {
            "kind": "model", "state": "present", "phantom": False, "hub_id": None,
            "access": None, "licence": None, "licence_status": "unknown",
            "parents": (
                [{"parent": f"x/{place + 1}", "relation": "finetune"}]
                if place < length - 1 else []
            ),
        }
        for place in range(length)
    }  # fmt: skip
    lock = {
        "format": "headwater-lock", "version": 1, "snapshot": "s", "created": "c",
        "watched": ["x/0"], "artefacts": chain,
    }  # fmt: skip
    graph = publish(tmp_path, draw_batch("b finetune a"))
    with client(tmp_path) as api:
        body = problem(api.post("/v1/watch", json=lock), 422, "invalid-parameter")
    assert "watch fewer" in body["detail"]
    few = {**lock, "artefacts": dict(list(chain.items())[-3:]), "watched": ["x/2997"]}
    parsed = msgspec.json.encode(few)
    assert len(watch(graph, parse_lock(parsed, "x"), 3).watched[0].changes) == 3
    with pytest.raises(InvalidArgumentError, match="over 2 steps"):
        watch(graph, parse_lock(parsed, "x"), 2)
