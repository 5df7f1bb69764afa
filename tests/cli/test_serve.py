"""``headwater serve`` as a process: it says where, answers, and ends when told."""

from __future__ import annotations

import builtins
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from headwater.cli import serve_command
from headwater.errors import ConfigError, MissingDependencyError


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the address, and the lines that were said before it."""
    command = [sys.executable, "-m", "headwater", "serve", "--port", "0", *options]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            found = re.match(r"Serving (\S+) ", line)
            if found:
                yield found[1], said
                break
            said.append(line)
        else:
            raise AssertionError(said)
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert "Traceback" not in rest


def test_the_first_start_builds_the_catalogue_and_ctrl_c_ends_it(
    tmp_path: Path,
) -> None:
    with serving("--data-dir", str(tmp_path / "new")) as (address, said):
        assert any("First run" in line for line in said)
        with urllib.request.urlopen(address + "v1/health", timeout=30) as answer:
            assert json.load(answer)["status"] == "ok"
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert answer.headers["content-type"].startswith("text/html")


def test_a_key_of_the_environment_is_asked_for(catalogue_dir: Path) -> None:
    key = "k" * 20
    options = ("--data-dir", str(catalogue_dir))
    with serving(*options, HEADWATER_API_KEY=key) as (address, _):
        url = address + "v1/search?q=a"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url, timeout=30)
        assert refused.value.code == 401
        refused.value.close()
        asked = urllib.request.Request(url, headers={"x-api-key": key})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 200


def run(*options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "headwater", "serve", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_an_answer_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    listening = serve_command._listen("127.0.0.1", 0)
    with listening, socket.create_connection(listening.getsockname()[:2]):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken(catalogue_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = run("--port", port, "--data-dir", str(catalogue_dir))
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "--port" in said


@pytest.mark.parametrize("content", ["", "short", "with a space in the middle"])
def test_a_key_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(ConfigError, match="at least 16"):
        serve_command._read_key(path)
    with pytest.raises(ConfigError, match="cannot read"):
        serve_command._read_key(tmp_path / "nothing")


def test_a_key_file_may_end_with_a_newline(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 30 + "\n")
    assert serve_command._read_key(tmp_path / "key") == "k" * 30


@pytest.mark.parametrize("name", ["fastapi", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = builtins.__import__

    def without(module: str, *rest: Any, **named: Any) -> Any:
        if module == name:
            raise ImportError(name=name)
        return real(module, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"headwater\[serve\]"):
        serve_command._runner()
