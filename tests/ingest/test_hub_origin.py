"""Where requests go, and who gets to see the token."""

from __future__ import annotations

import time

import pytest

from headwater.errors import IncompleteCrawlError
from headwater.ingest.client import HubClient, Limits
from headwater.ingest.links import next_link, safe_next
from tests.ingest.conftest import FakeClock, bodies, last_run, run_crawl


def test_a_foreign_link_never_gets_a_request_nor_the_token(
    catalogue, serve, clock, tmp_path
):
    other, hub = serve(catalogue), serve(catalogue)
    hub.fault(
        {"match": "/api/models", "after": 1, "do": "foreign_next",
         "base": other.endpoint}
    )  # fmt: skip

    with pytest.raises(IncompleteCrawlError, match="foreign_link"):
        run_crawl(tmp_path, hub.endpoint, clock, token="secret")

    assert other.server.stats["requests"] == 0
    assert hub.server.stats["auth_seen"] == hub.server.stats["requests"]


def test_a_redirect_to_another_host_is_not_followed(catalogue, serve, clock, tmp_path):
    other, hub = serve(catalogue), serve(catalogue)
    target = f"{other.endpoint}/api/models"
    hub.fault({"do": "status", "status": 307, "headers": {"Location": target}})

    with pytest.raises(IncompleteCrawlError, match="redirected to another host"):
        run_crawl(tmp_path, hub.endpoint, clock, token="secret")

    assert other.server.stats["requests"] == 0


def test_a_redirect_on_the_same_host_is_followed(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    target = "/api/models?limit=50&sort=createdAt&expand[]=tags"
    hub.fault(
        {"match": "/api/models", "on": [1], "do": "status", "status": 307,
         "headers": {"Location": target}}
    )  # fmt: skip

    assert run_crawl(tmp_path, hub.endpoint).records == 290


def test_a_redirect_in_circles_ends(catalogue, serve, clock, tmp_path):
    hub = serve(catalogue)
    hub.fault({"do": "status", "status": 307, "headers": {"Location": "/api/models"}})

    with pytest.raises(IncompleteCrawlError, match="redirects"):
        run_crawl(tmp_path, hub.endpoint, clock)


def test_links_of_the_real_hub_are_read_as_the_mirror(catalogue, serve, tmp_path):
    plain = serve(catalogue)
    mirror = serve(catalogue, link_base="https://huggingface.co")

    run_crawl(tmp_path / "a", plain.endpoint)
    run_crawl(tmp_path / "b", mirror.endpoint)

    assert bodies(last_run(tmp_path / "a")) == bodies(last_run(tmp_path / "b"))


def test_the_stored_token_is_not_sent_to_a_mirror(
    catalogue, serve, tmp_path, monkeypatch
):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub = serve(catalogue)

    run_crawl(tmp_path, hub.endpoint, token=None)

    assert hub.server.stats["auth_seen"] == 0


def test_no_token_reaches_the_disk(catalogue, serve, tmp_path):
    hub = serve(catalogue)

    run_crawl(tmp_path, hub.endpoint, token="hf_secret")

    run = last_run(tmp_path)
    stored = [run.path / "run.json", run.path / "report.json"]
    assert not any(b"hf_secret" in path.read_bytes() for path in stored)
    assert not any("hf_secret" in repr(header) for header in run.headers("models"))


def test_the_user_agent_names_headwater(catalogue, serve, tmp_path):
    hub = serve(catalogue)

    run_crawl(tmp_path, hub.endpoint)

    agents = list(hub.server.stats["user_agents"])
    assert len(agents) == 1
    assert agents[0].startswith("headwater/")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/api/models?cursor=x",
        "http://huggingface.co/api/models?cursor=x",  # the scheme is part of it
        "https://huggingface.co:8443/api/models?cursor=x",
        "https://huggingface.co.evil.example/api/models?cursor=x",
        "https://huggingface.co@evil.example/api/models?cursor=x",
        "https://me:pw@huggingface.co/api/models?cursor=x",
        "https://huggingface.co/api/datasets?cursor=x",
        "https://huggingface.co/login?next=/api/models",
        "//evil.example/api/models?cursor=x",
        "http://[::1/api/models",
        "https://huggingface.co:port/api/models",
        "file:///api/models",
    ],
)
def test_links_elsewhere_are_refused(target):
    asked = "https://mirror.example/api/models?limit=2"

    assert safe_next(target, asked, "https://mirror.example") is None


@pytest.mark.parametrize(
    ("target", "endpoint", "expected"),
    [
        ("/api/models?cursor=x", "https://m.example", "https://m.example/api/models?cursor=x"),
        ("https://M.EXAMPLE:443/api/models?cursor=x", "https://m.example",
         "https://m.example/api/models?cursor=x"),
        ("https://huggingface.co/api/models?cursor=x", "https://m.example/hf",
         "https://m.example/hf/api/models?cursor=x"),
    ],
)  # fmt: skip
def test_links_home_are_followed(target, endpoint, expected):
    assert safe_next(target, f"{endpoint}/api/models?limit=2", endpoint) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ('<u>; rel="prev", <v?a=1,2>; rel="next"', "v?a=1,2"),
        ("<v>; rel=next", "v"),
        ('<v>; title="next"; rel="last"', None),
        ('<v>; rel="last next"', "v"),
        ("v; rel=next", None),
    ],
)
def test_the_next_link_is_found(header, expected):
    assert next_link(header) == expected


@pytest.mark.parametrize(
    "header",
    ["<x>; rel=" + " " * 60_000, "<x>; rel=next" + " " * 60_000 + 'x"z', "<" * 60_000],
)
def test_a_header_of_spaces_is_read_at_once(header):
    start = time.process_time()
    assert next_link(header) is None
    assert time.process_time() - start < 2


def test_a_token_with_a_line_break_is_a_wrong_token(serve, catalogue):
    from headwater.errors import WrongTokenError

    hub = serve(catalogue)
    with (
        HubClient(hub.endpoint, token="a\nb", limits=Limits(), clock=FakeClock()) as c,
        pytest.raises(WrongTokenError),
    ):
        c.get_page(f"{hub.endpoint}/api/models")
    assert hub.server.stats["requests"] == 0


def test_the_client_itself_gives_the_token_to_no_other_host(serve, catalogue):
    home, other = serve(catalogue), serve(catalogue)
    with HubClient(home.endpoint, token="secret", clock=FakeClock()) as client:
        client.get_page(f"{other.endpoint}/api/models?limit=5")
        client.get_page(f"{home.endpoint}/api/models?limit=5")

    assert other.server.stats["auth_seen"] == 0
    assert home.server.stats["auth_seen"] == 1
