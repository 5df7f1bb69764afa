"""Timeouts and caps: whatever a server does, a request ends."""

from __future__ import annotations

import socket
import time

import pytest

from headwater.errors import IncompleteCrawlError
from headwater.ingest.client import Limits
from tests.ingest.conftest import run_crawl


def test_a_hanging_server_costs_the_read_timeout_and_no_more(
    catalogue, serve, clock, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "do": "hang", "seconds": 1.0})

    with pytest.raises(IncompleteCrawlError, match="timeout: ReadTimeout"):
        run_crawl(
            tmp_path, hub.endpoint, clock, limits=Limits(read_s=0.05, connect_s=1)
        )

    assert len(clock.slept) == 6


def test_a_trickling_server_meets_the_total_timeout(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    trickle = {"do": "slow", "seconds": 0, "chunks": 30, "chunk_seconds": 0.04}
    hub.fault({"match": "/api/models", "on": [1], **trickle})

    report = run_crawl(tmp_path, hub.endpoint, limits=Limits(read_s=1.0, total_s=0.3))

    assert report.failures == {"timeout": 1}


def test_a_server_that_takes_no_connection_meets_the_connect_timeout(tmp_path):
    """Its queue is full, so that the network says nothing at all."""
    waiting: list[socket.socket] = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(server.getsockname())
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        limits = Limits(connect_s=0.2, read_s=30.0, total_s=60.0)
        started = time.monotonic()
        try:
            with pytest.raises(IncompleteCrawlError, match="timeout: ConnectTimeout"):
                run_crawl(tmp_path, endpoint, limits=limits)
        finally:
            for item in waiting:
                item.close()
    assert 1.2 < time.monotonic() - started < 10  # seven times


def test_a_long_refusal_is_not_read(catalogue, serve, clock, tmp_path):
    hub = serve(catalogue)
    refusal = {"do": "status", "status": 400, "text": "expected one of " + "x" * 2**20}
    hub.fault({"match": "/api/models", **refusal})

    with pytest.raises(IncompleteCrawlError) as stopped:
        run_crawl(tmp_path, hub.endpoint, clock)

    assert "HTTP 400" in str(stopped.value)
    assert len(str(stopped.value)) < 300


def test_a_page_above_the_cap_is_refused_at_once(catalogue, serve, clock, tmp_path):
    hub = serve(catalogue, gz=True)

    with pytest.raises(IncompleteCrawlError, match="more than 1000 bytes"):
        run_crawl(tmp_path, hub.endpoint, clock, limits=Limits(page_bytes=1000))

    assert clock.slept == []
