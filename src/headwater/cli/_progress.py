"""Progress of long work, drawn on standard error when it is a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class TerminalProgress:
    """Draws the progress of a crawl on standard error, only on a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[state]}"),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._task: TaskID | None = None

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

    def start(self, route: str, total: int | None, done: int = 0) -> None:
        """Begin the bar of a route."""
        self._task = self._bar.add_task(
            route, total=total, completed=done, rate="", state=""
        )

    def advance(self, n: int) -> None:
        """Move the bar on."""
        if self._task is None:
            return
        self._bar.update(self._task, advance=n, state="")
        task = next(item for item in self._bar.tasks if item.id == self._task)
        if task.elapsed:
            rate = f"{task.completed / task.elapsed:,.0f} records/s"
            self._bar.update(self._task, rate=rate)

    def wait(self, seconds: float, reason: str) -> None:
        """Say why nothing happens."""
        if self._task is not None:
            self._bar.update(
                self._task, state=f"waiting {seconds:.0f} s: {reason}"[:60]
            )

    def finish(self) -> None:
        """End the bar of a route."""
        self._task = None
