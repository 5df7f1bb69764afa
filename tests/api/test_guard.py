"""Keys, rates, sizes, names, headers, tags, time."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from headwater.api.guard import POLICY, Buckets
from headwater.api.pages import PAGES, read_files
from tests.api.serving import client, problem
from tests.drawing import draw

KEY = "a-key-that-is-long-enough"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    draw(folder, *(f"c{number} finetune a" for number in range(60)))
    return folder


@pytest.fixture(scope="module")
def api(small: Path) -> Iterator[TestClient]:
    with client(small) as made:
        yield made


def test_a_key_is_asked_for_everywhere_but_of_health(small: Path) -> None:
    with client(small, api_key=KEY) as api:
        for url in ("/v1/search?q=a", "/", "/v1/openapi.json", "/v1/metrics", "/x"):
            answer = api.get(url)
            problem(answer, 401, "unauthorised")
            assert "Basic" in answer.headers["www-authenticate"]
        assert api.get("/v1/health").is_success
        wrong = {"authorization": f"Bearer {KEY}x"}
        problem(api.get("/v1/search?q=a", headers=wrong), 401, "unauthorised")


@pytest.mark.parametrize(
    "given",
    [
        {"headers": {"authorization": f"Bearer {KEY}"}},
        {"headers": {"authorization": f"bearer  {KEY}"}},
        {"headers": {"x-api-key": KEY}},
        {"auth": ("anybody", KEY)},
    ],
)
def test_the_key_may_come_in_three_ways(small: Path, given: Any) -> None:
    with client(small, api_key=KEY) as api:
        assert api.get("/v1/search?q=a", **given).is_success


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic ", "Bearer", "Digest x", "Basic eA=="]
)
def test_a_mangled_key_is_a_wrong_one(small: Path, header: str) -> None:
    with client(small, api_key=KEY) as api:
        answer = api.get("/v1/stats", headers={"authorization": header})
        problem(answer, 401, "unauthorised")


def test_a_key_does_not_show_itself() -> None:
    from headwater.api.settings import ApiSettings

    assert KEY not in repr(ApiSettings(api_key=KEY))


def test_a_rate_is_kept(small: Path) -> None:
    with client(small, rate=1.0) as api:
        answers = [api.get("/v1/health") for _ in range(10)]
    refused = [item for item in answers if item.status_code == 429]
    assert 5 <= len(refused) <= 8  # two seconds' worth at once, then one a second
    problem(refused[0], 429, "too-many-requests")
    assert int(refused[0].headers["retry-after"]) >= 1


def test_this_machine_has_no_rate_unless_one_is_given(api: TestClient) -> None:
    assert all(api.get("/v1/health").is_success for _ in range(150))


@given(st.floats(0.5, 50), st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_a_bucket_never_gives_more_than_its_rate(
    rate: float, pauses: list[float]
) -> None:
    buckets, now, taken = Buckets(rate), 0.0, 0
    for pause in pauses:
        now += pause
        wait = buckets.take("client", now)
        taken += wait == 0
        assert wait >= 0
    assert taken <= max(1.0, 2 * rate) + now * rate + 1e-6


def test_a_server_for_this_machine_has_no_other_name(small: Path) -> None:
    with client(small, allowed_hosts=("127.0.0.1", "localhost", "[::1]")) as api:
        for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"):
            assert api.get("/v1/health", headers={"host": host}).is_success
        for host in ("evil.example", "localhost.evil.example:80", "127.0.0.1.x"):
            answer = api.get("/v1/health", headers={"host": host})
            problem(answer, 403, "host-not-allowed")


def test_sizes_are_bounded(small: Path) -> None:
    with client(small, max_url_bytes=300, max_body_bytes=1_000) as api:
        problem(api.get("/v1/search?q=" + "a" * 400), 414, "url-too-long")
        body = b'{"targets":["o/a"],"inventory":["' + b"x" * 2_000 + b'"]}'
        kind = {"content-type": "application/json"}
        url = "/v1/what-breaks"
        problem(api.post(url, content=body, headers=kind), 413, "body-too-large")
        in_parts = iter([body[:900], body[900:]])  # no length is told beforehand
        problem(api.post(url, content=in_parts, headers=kind), 413, "body-too-large")


def test_headers_of_every_answer(api: TestClient) -> None:
    for url in ("/", "/v1/health", "/v1/nowhere", "/static/tokens.css", "/nowhere"):
        headers = api.get(url).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["headwater-api-version"] == "1"
        assert "access-control-allow-origin" not in headers


def test_nobody_is_let_in_from_another_origin(api: TestClient) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "GET"}
    answer = api.options("/v1/health", headers=headers)
    problem(answer, 405, "method-not-allowed")
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_head_is_get_without_a_body(api: TestClient) -> None:
    for url in ("/v1/artefacts/o%2Fa", "/", "/v1/nowhere", "/v1/search?q=c&format=csv"):
        got, head = api.get(url), api.head(url)
        assert head.status_code == got.status_code
        assert head.content == b""
        for name in ("etag", "content-type", "content-length"):
            assert head.headers.get(name) == got.headers.get(name)


def test_a_tag_spares_the_work(
    api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "/v1/artefacts/o%2Fa/lineage?limit=5"
    first = api.get(url)
    tag = first.headers["etag"]

    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr("headwater.queries.session.Session.lineage", fail)
    for sent in (tag, f'"x", {tag}', tag.removeprefix("W/")):
        again = api.get(url, headers={"if-none-match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    monkeypatch.undo()
    assert api.get(url, headers={"if-none-match": "*"}).is_success
    assert api.get(f"{url}&fields=id").headers["etag"] != tag
    other = api.get(url, headers={"accept": "text/csv"})
    assert other.headers["etag"] != tag


def test_large_answers_are_packed_for_those_who_can(api: TestClient) -> None:
    url = "/v1/artefacts/o%2Fa/lineage"
    for suffix in ("", "?format=ndjson", "?format=csv"):
        plain = api.get(url + suffix, headers={"accept-encoding": "identity"})
        packed = api.get(url + suffix, headers={"accept-encoding": "br, gzip;q=0.5"})
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content
        refused = api.get(url + suffix, headers={"accept-encoding": "gzip;q=0"})
        assert "content-encoding" not in refused.headers


def test_a_question_that_takes_too_long_is_given_up(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()

    def slow(*_: Any, **__: Any) -> None:
        let_go.wait(10)

    monkeypatch.setattr("headwater.queries.session.Session.lineage", slow)
    with client(small, timeout_s=0.2, max_waiting=2) as api:
        began = time.monotonic()
        problem(api.get("/v1/artefacts/o%2Fa/lineage"), 503, "timeout")
        assert time.monotonic() - began < 5
        # The thread is still at it; small questions do not wait for it.
        assert api.get("/v1/artefacts/o%2Fa").is_success
        problem(api.get("/v1/artefacts/o%2Fa/lineage?limit=2"), 503, "timeout")
        answer = api.get("/v1/artefacts/o%2Fa/lineage?limit=3")
        problem(answer, 503, "busy")
        assert answer.headers["retry-after"]
        let_go.set()


def test_answers_about_everything_are_worked_out_once(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from headwater.queries.session import Session

    calls, real = [], Session.quality

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(Session, "quality", counted)
    with client(small) as api:
        bodies = [api.get("/v1/quality").json() for _ in range(3)]
        assert bodies[0] == bodies[1] == bodies[2]
        assert len(calls) == 1
        api.get("/v1/quality?limit=1")
        assert len(calls) == 2
        text = api.get("/v1/metrics").text
        assert "headwater_cache_hits 2" in text


def test_a_failure_is_not_kept(small: Path) -> None:
    with client(small) as api:
        for _ in range(2):
            answer = api.get("/v1/concentration?where=task=nothing")
            problem(answer, 422, "invalid-parameter")


def test_metrics_are_prometheus_text(api: TestClient) -> None:
    api.get("/v1/artefacts/o%2Fa")
    answer = api.get("/v1/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert any(
        line.startswith("headwater_requests_total{") and 'status="200"' in line
        for line in lines
    )
    assert "headwater_snapshot_degraded 0" in lines
    counts = [line for line in lines if line.startswith("headwater_request_seconds_c")]
    assert counts
    for line in lines:
        if not line.startswith("#"):
            float(line.rpartition(" ")[2])


@pytest.mark.parametrize("path", ["", *(page.name for page in PAGES), "start.html"])
def test_pages_and_their_tags(api: TestClient, path: str) -> None:
    answer = api.get(f"/{path}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    again = api.get(f"/{path}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_static_files_are_read_by_their_ending(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.js").write_text("1;" * 600)
    (tmp_path / "static" / "a.py").write_text("secret")
    found = read_files(tmp_path)
    assert list(found) == ["static/a.js"]
    packed = found["static/a.js"].packed
    assert packed is not None
    assert gzip.decompress(packed) == b"1;" * 600
