"""``headwater push`` as it is typed: what it prints, its exit codes, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import neo4j
import pytest

from headwater.graph.backends.neo4j_connection import connect
from headwater.graph.backends.neo4j_marker import find_marker
from tests.neo4j.conftest import wipe
from tests.neo4j.drawn import all_parts, publish
from tests.neo4j.looking import CuttingProxy, difference, look
from tests.neo4j.server import Server

SECRET = "hunter2-not-to-be-seen"


def push(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "headwater", "push", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    publish(folder, all_parts())
    return folder


def test_it_says_what_it_did(empty_server: Server, data: Path) -> None:
    first = push(empty_server.uri, "--data-dir", str(data))
    again = push(empty_server.uri, "--data-dir", str(data), "--json")
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "nodes and relationships" in " ".join(first.stdout.split())
    assert first.stderr == ""
    said = json.loads(again.stdout)
    assert (said["server"], said["how"], said["created"]) == (
        empty_server.uri,
        "nothing",
        0,
    )
    for secret in (empty_server.password,):
        assert secret not in first.stdout + first.stderr + again.stdout + again.stderr


def test_a_password_is_never_printed(neo4j_server: Server, data: Path) -> None:
    where = neo4j_server.uri.removeprefix("neo4j://")
    for url, variables in (
        (f"neo4j://neo4j:{SECRET}@{where}", {}),
        (neo4j_server.uri, {"HEADWATER_NEO4J_TOKEN": SECRET}),
        (
            neo4j_server.uri,
            {"HEADWATER_NEO4J_USER": "x", "HEADWATER_NEO4J_PASSWORD": SECRET},
        ),
        (f"neo4j://neo4j:{SECRET}@127.0.0.1:9", {}),
        (f"neo4j://neo4j:{SECRET}@127.0.0.1:port", {}),
    ):
        ran = push(url, "--data-dir", str(data), **variables)
        assert ran.returncode == 1
        assert len(ran.stderr.splitlines()) == 1, ran.stderr
        assert ran.stderr.startswith("headwater: ")
        assert SECRET not in ran.stdout + ran.stderr


def test_a_push_that_is_cut_ends_in_part(empty_server: Server, data: Path) -> None:
    with CuttingProxy(empty_server.uri, 20_000) as proxy:
        ran = push(proxy.url, "--data-dir", str(data))
    assert ran.returncode == 3, ran.stderr
    assert "run the same command to go on" in ran.stderr
    assert push(empty_server.uri, "--data-dir", str(data)).returncode == 0


def test_ctrl_c_loses_nothing(
    empty_server: Server, neo4j_driver: neo4j.Driver, catalogue_dir: Path
) -> None:
    here = ("--data-dir", str(catalogue_dir))
    assert push(empty_server.uri, *here).returncode == 0
    wanted = look(neo4j_driver)
    wipe(neo4j_driver)
    process = subprocess.Popen(
        [sys.executable, "-m", "headwater", "push", empty_server.uri, *here],
        stderr=subprocess.PIPE,
        text=True,
    )
    with connect(empty_server.uri) as server:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            marker = find_marker(server)
            if marker is not None and marker.done:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 130, said
        assert "the same command goes on" in said
        assert push(empty_server.uri, *here).returncode == 0
    assert not difference(wanted, look(neo4j_driver))
