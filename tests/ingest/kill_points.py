"""Runs ``headwater`` in processes that die by SIGKILL at a chosen moment.

A process that has loaded everything forks for each command it is told of on standard
input, so that a hundred deaths do not pay a hundred start-ups; each child is a process of
its own, which runs the command line from its first line on. A moment is a point before
or after a call that changes the disk, or half-way through a write. Time stands still, so
that all that is written can be compared byte for byte.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

_PIPE_BYTES = 60_000  # what a pipe holds that nobody reads yet
DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
_CALLS = (
    (os, "fsync"), (os, "replace"), (os, "rename"), (os, "mkdir"), (os, "unlink"),
    (os, "open"), (os, "ftruncate"), (os, "pwrite"), (gzip, "compress"),
)  # fmt: skip


class Moments:
    """Counts the moments of a process, and ends it at one of them."""

    def __init__(self, fatal: int | None) -> None:
        self.fatal = fatal
        self.passed = 0

    def is_last(self) -> bool:
        self.passed += 1
        return self.passed - 1 == self.fatal

    def pass_one(self) -> None:
        if self.is_last():
            die()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any, **named: Any) -> Any:
            self.pass_one()
            done = call(*given, **named)
            self.pass_one()
            return done

        return watched

    def opened(self, open_file: Callable[..., Any]) -> Callable[..., Any]:
        def watched(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
            handle = open_file(file, mode, *given, **named)
            return TornFile(handle, self) if "w" in mode else handle

        return watched


class TornFile:
    """A file that may be written by half."""

    def __init__(self, handle: Any, moments: Moments) -> None:
        self._handle, self._moments = handle, moments

    def __enter__(self) -> TornFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._handle.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handle, name)

    def write(self, data: Any) -> int:
        if self._moments.is_last():
            self._handle.write(data[: len(data) // 2])
            self._handle.flush()
            die()
        written: int = self._handle.write(data)
        return written


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


def run_child(arguments: list[str], fatal: int | None, told: int) -> NoReturn:
    """Run one command; tell the pipe `told` what moments and new modules it had."""
    from headwater.cli import main
    from headwater.ingest.clock import SystemClock

    known = set(sys.modules)

    SystemClock.now = lambda self: DAY  # type: ignore[method-assign]
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    moments = Moments(fatal)
    for module, name in _CALLS:
        setattr(module, name, moments.around(getattr(module, name)))
    io.open = moments.opened(io.open)  # type: ignore[assignment]
    sys.argv = ["headwater", *arguments]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    report = {
        "moments": moments.passed,
        "modules": [name for name in sys.modules if name not in known],
    }
    told_bytes = json.dumps(report).encode()
    assert len(told_bytes) < _PIPE_BYTES
    os.write(told, told_bytes)
    os._exit(code)


def await_end(pid: int, after_s: float | None) -> int:
    """Wait for a child; kill it first if it lives that long. Return its exit code."""
    if after_s is not None:
        deadline = time.monotonic() + after_s
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(min(0.002, max(0.0, deadline - time.monotonic())))
        # Nobody else waits for it, so that its number is still its own.
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def load_modules(names: list[str]) -> None:
    """Import what a child had to import, so that later ones need not."""
    for name in names:
        # Some are made in passing and are no modules of any file.
        with contextlib.suppress(ImportError, ValueError):
            importlib.import_module(name)


def serve() -> None:
    """Fork a child for each line of standard input and say how it ended."""
    import headwater.cli._crawling  # noqa: F401  everything heavy

    for line in sys.stdin:
        order = json.loads(line)
        read_end, told = os.pipe()
        start = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            run_child(order["arguments"], order["at_moment"], told)
        os.close(told)
        code = await_end(pid, order["after_s"])
        seconds = time.perf_counter() - start
        with os.fdopen(read_end) as pipe:
            report = json.loads(pipe.read() or '{"moments": 0, "modules": []}')
        load_modules(report["modules"])
        end = {"code": code, "moments": report["moments"], "seconds": seconds}
        sys.stdout.write(json.dumps(end) + "\n")
        sys.stdout.flush()


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    serve()
