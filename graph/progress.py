"""Progress as an interface: the library reports, only the command line draws."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told how far long work is; one route after the other."""

    def start(
        self, route: str, total: int | None, done: int = 0, unit: str = "records"
    ) -> None:
        """Say that `route` begins.

        `total` is the number of records expected, None when nobody knows it; `done`
        of them are on disk already, from the run that is resumed. `unit` is what is
        counted, ``records`` or ``bytes``. A second start of the same route corrects the
        first.
        """

    def advance(self, n: int) -> None:
        """Say that `n` more are on disk."""

    def wait(self, seconds: float, reason: str) -> None:
        """Say that nothing will happen for `seconds`, and why."""

    def finish(self) -> None:
        """Say that the route is over, whether at its end or not."""


class NullProgress:
    """Says nothing to nobody."""

    def start(
        self, route: str, total: int | None, done: int = 0, unit: str = "records"
    ) -> None:
        """Do nothing."""

    def advance(self, n: int) -> None:
        """Do nothing."""

    def wait(self, seconds: float, reason: str) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""
