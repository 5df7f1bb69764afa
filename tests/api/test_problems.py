"""Every way to go wrong ends in one shape, with what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.api.problems import PROBLEMS
from tests.api.serving import client, problem


@pytest.fixture(scope="module")
def api(catalogue_dir: Path) -> Iterator[TestClient]:
    with client(catalogue_dir) as made:
        yield made


INVALID = [
    "/v1/search",
    "/v1/search?q=",
    "/v1/search?q=a&limit=0",
    "/v1/search?q=a&limit=1001",
    "/v1/search?q=a&limit=x",
    "/v1/search?q=a&format=xml",
    "/v1/search?q=a&as_of=yesterday",
    "/v1/search?q=a&cursor=nonsense",
    "/v1/search?q=a&cursor=WyJhIl0",
    "/v1/search?q=a&fields=nothing",
    "/v1/search?q=a&fields=,",
    "/v1/search?q=a&fields=snapshot.deep",
    "/v1/search?q=a&limt=3",
    "/v1/artefacts/@meta-llama/lineage",
    "/v1/artefacts/gpt2/lineage?depth=-1",
    "/v1/what-breaks?target=gpt2&event=burnt",
    "/v1/what-breaks?target=",
    "/v1/what-breaks?target=gpt2&split_by=colour",
    "/v1/picture?id=developer:meta",
    "/v1/picture?id=gpt2&rows=0",
    "/v1/picture?id=gpt2&opened=down",
    "/v1/icicle?target=gpt2&below=gpt2&event=x",
    "/v1/concentration?by=colour",
    "/v1/concentration?where=task",
    "/v1/concentration?where=task=a&where=task=b",
    "/v1/concentration?where=task=no-such-task",
    "/v1/quality?limit=100000",
    "/v1/diff?old=../../etc",
    "/v1/diff?old=nosuch",
    "/v1/diff?old=current&only=nothing",
    "/v1/diff-sources?a=catalog&b=nobody",
    "/v1/artefacts/datasets%2FEleutherAI%2Fpile/licences",
]


@pytest.mark.parametrize("url", INVALID)
def test_what_cannot_be_used_is_said(api: TestClient, url: str) -> None:
    body = problem(api.get(url), 422, "invalid-parameter")
    assert body["detail"]
    assert "headwater/" not in body["detail"]


MISSING = [
    "/v1/artefacts/vicunnna",
    "/v1/artefacts/no/such/thing/at/all",
    "/v1/artefacts/vicunnna/lineage",
    "/v1/what-breaks?target=vicunnna",
    "/v1/what-breaks?target=family:nothing",
    "/v1/picture?id=vicunnna",
    "/v1/why?child=gpt2&parent=bert-base-uncased",
    "/v1/nowhere",
    "/nowhere",
    "/static/nothing.js",
    "/static/../app.py",
    "/static/%2e%2e/%2e%2e/app.py",
]


@pytest.mark.parametrize("url", MISSING)
def test_what_is_not_there(api: TestClient, url: str) -> None:
    problem(api.get(url), 404, "not-found")


def test_near_matches_come_with_their_names(api: TestClient) -> None:
    body = problem(api.get("/v1/artefacts/vicunna"), 404, "not-found")
    near = {item["id"]: item for item in body["near"]}
    assert near["lmsys/vicuna-13b-delta-v0"]["kind"] == "model"
    assert near["family:vicuna"]["kind"] == "family"
    # Each can be asked for as it stands.
    for text in near:
        assert api.get("/v1/what-breaks", params={"target": text}).status_code in (
            200, 422,
        )  # fmt: skip


def test_an_ambiguous_name_lists_what_it_fits(api: TestClient) -> None:
    for url in ("/v1/artefacts/Midjourney", "/v1/what-breaks?target=Midjourney"):
        body = problem(api.get(url), 409, "ambiguous-name")
        assert {item["id"] for item in body["near"]} == {
            "off-hub/midjourney/midjourney-v4", "developer:midjourney",
        }  # fmt: skip


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written(api: TestClient, method: str) -> None:
    for url in ("/v1/search?q=a", "/v1/artefacts/gpt2", "/", "/static/tokens.css"):
        answer = api.request(method, url)
        problem(answer, 405, "method-not-allowed")
        assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "name"),
    [
        (b"{", "application/json", 415, "not-json"),
        (b"", "application/json", 422, "invalid-parameter"),
        (b"[]", "application/json", 422, "invalid-parameter"),
        (b"{}", "application/json", 422, "invalid-parameter"),
        (b'{"targets":[]}', "application/json", 422, "invalid-parameter"),
        (b'{"targets":["gpt2"],"events":["x"]}', "application/json", 422,
         "invalid-parameter"),
        (b'{"targets":["gpt2"],"inventory":[]}', "application/json", 422,
         "invalid-parameter"),
        (b'{"targets":["gpt2"],"inventory":[1]}', "application/json", 422,
         "invalid-parameter"),
        (b'{"targets":["gpt2"]}', "text/plain", 422, "invalid-parameter"),
        (b'\xff\xfe', "application/json", 415, "not-json"),
    ],
)  # fmt: skip
def test_bodies(
    api: TestClient, content: bytes, kind: str, status: int, name: str
) -> None:
    answer = api.post(
        "/v1/what-breaks", content=content, headers={"content-type": kind}
    )
    problem(answer, status, name)


def test_a_list_is_asked_of_what_is_none(api: TestClient) -> None:
    answer = api.get("/v1/search?q=a", headers={"accept": "image/png"})
    problem(answer, 406, "not-acceptable")
    problem(api.get("/v1/health?format=csv"), 422, "invalid-parameter")
    # Whoever takes anything gets JSON; so does a browser's address line.
    for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", ""):
        assert api.get("/v1/search?q=a", headers={"accept": accept}).json()["hits"]


def test_a_fault_of_ours_shows_nothing_of_it(
    api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("secret path /srv/data")

    monkeypatch.setattr("headwater.queries.session.Session.show", fail)
    answer = api.get("/v1/artefacts/gpt2")
    problem(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_hostile_text_stays_text(api: TestClient) -> None:
    text = "<script>alert(1)</script>\u202e\x00\ud800".encode("utf-8", "surrogatepass")
    for url in ("/v1/artefacts/", "/v1/search?q=", "/v1/what-breaks?target="):
        quoted = "".join(f"%{byte:02x}" for byte in text)
        answer = api.get(url + quoted)
        assert answer.status_code in (200, 404)
        assert "json" in answer.headers["content-type"]
        assert answer.json()


def test_every_problem_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in PROBLEMS)


def test_a_damaged_snapshot_tells_no_paths(tmp_path: Path) -> None:
    from tests.drawing import draw

    draw(tmp_path, "b finetune a")
    with client(tmp_path) as api:
        (tmp_path / "current").write_text("nothing\n")
        body = api.get("/v1/health").json()
        assert body["status"] == "degraded"
        assert str(tmp_path) not in str(body)
        assert api.get("/v1/artefacts/o%2Fa").json()["id"] == "o/a"
