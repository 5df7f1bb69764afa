"""The session of whatever snapshot is current, for servers that run for long."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

# Arrow is loaded with it: now, and not in the first request that reads a row.
import headwater.graph.table_rows  # noqa: F401
from headwater.errors import LineageError
from headwater.graph.reader import SnapshotReader
from headwater.graph.store import SnapshotStore
from headwater.queries.session import Session


class SessionReader(Protocol):
    """Gives out a session of the current snapshot, and of a new one once it is there."""

    @property
    def problem(self) -> LineageError | None:
        """Why the newest snapshot is not the one given out; None while it is."""

    def session(self) -> Session:
        """Return a session; all its answers are of one snapshot. Ask once a request."""


class StoreReader:
    """Sessions of the snapshots of a data directory.

    Parameters
    ----------
    directory : pathlib.Path
        The data directory.

    Raises
    ------
    NoSnapshotError, DamagedSnapshotError, SnapshotVersionError
        When there is nothing to begin with.
    """

    def __init__(self, directory: Path) -> None:
        self._reader = SnapshotReader(directory)
        self._store = SnapshotStore(directory)

    @property
    def problem(self) -> LineageError | None:
        """Why the newest snapshot is not the one given out; None while it is."""
        return self._reader.problem

    def session(self) -> Session:
        """Return a session of the current snapshot."""
        return Session(self._reader.graph(), self._store)
