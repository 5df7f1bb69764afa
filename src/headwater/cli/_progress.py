"""Progress of long work on standard error: a bar on a terminal, now and then a line."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

LINE_EVERY_S: Final = 60.0
"""How often a log, which is no terminal, is told how far it is."""

_LONG_WAIT_S: Final = 30.0
_MEGABYTE: Final = 1_000_000


class TerminalProgress:
    """Draws how far long work is; where nobody watches, it writes a line a minute."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._is_drawn = console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description:>8}"), BarColumn(),
            TextColumn("{task.fields[count]}", justify="right"),
            TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            console=console, disable=not self._is_drawn,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._route, self._unit = "", "records"
        self._total: int | None = None
        self._done = self._before = 0
        self._started = self._told = 0.0

    def __enter__(self) -> TerminalProgress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def start(
        self, route: str, total: int | None, done: int = 0, unit: str = "records"
    ) -> None:
        """Begin the bar of a route, or correct it."""
        is_new = self._task is None or route != self._route
        self._route, self._unit, self._total = route, unit, total
        self._done = self._before = done
        self._started = time.monotonic()
        if is_new:
            self._told = self._started
            self._task = self._bar.add_task(
                route,
                total=total,
                completed=done,
                count=self._count(),
                rate="",
                state="",
            )
        elif self._task is not None:
            self._bar.update(
                self._task, total=total, completed=done, count=self._count(), state=""
            )

    def advance(self, n: int) -> None:
        """Move the bar on."""
        if self._task is None:
            return
        self._done += n
        now = time.monotonic()
        # Only what came since the start: a resumed route begins in the middle.
        seconds = max(now - self._started, 1e-6)
        speed = (self._done - self._before) / seconds
        rate = (
            f"{speed / _MEGABYTE:,.1f} MB/s"
            if self._unit == "bytes"
            else f"{speed:,.0f} {self._unit}/s"
        )
        self._bar.update(
            self._task, completed=self._done, count=self._count(), rate=rate, state=""
        )
        if not self._is_drawn and now - self._told >= LINE_EVERY_S:
            self._told = now
            sys.stderr.write(f"{self._route}: {self._count()}, {rate}\n")

    def wait(self, seconds: float, reason: str) -> None:
        """Say why nothing happens."""
        if self._task is not None:
            self._bar.update(
                self._task, state=f"waiting {seconds:.0f} s: {reason}"[:80]
            )
        if not self._is_drawn and seconds >= _LONG_WAIT_S:
            sys.stderr.write(f"waiting {seconds:.0f} s: {reason}\n")

    def finish(self) -> None:
        """End the bar of a route."""
        if self._task is not None:
            self._bar.update(self._task, state="")
        self._task = None

    def _count(self) -> str:
        if self._unit == "bytes":
            done = f"{self._done / _MEGABYTE:,.1f}"
            whole = "?" if self._total is None else f"{self._total / _MEGABYTE:,.1f}"
            return f"{done} of {whole} MB"
        whole = "?" if self._total is None else f"{self._total:,}"
        return f"{self._done:,} of {whole}"
