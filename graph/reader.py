"""The snapshot that is current, for long-lived readers: opened once, swapped whole."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Final

from headwater.errors import GraphError
from headwater.graph.layers import open_graph
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore

_Stamp = tuple[int, int, int]
_ATTEMPTS: Final = 3


class SnapshotReader:
    """Gives out the current snapshot, and a new one soon after it is published.

    Parameters
    ----------
    directory : pathlib.Path
        The data directory.

    Attributes
    ----------
    problem : GraphError or None
        Why the newest snapshot is not the one given out; None while it is. It is tried
        again when the pointer changes, and by :meth:`refresh`.

    Raises
    ------
    NoSnapshotError, DamagedSnapshotError, SnapshotVersionError
        When there is nothing to begin with.

    Notes
    -----
    Ask once a request: what :meth:`graph` returned stays whole for as long as it is held,
    and all answers from it belong to one snapshot. Nothing locks while nothing changes:
    one ``stat`` of the pointer, some microseconds. The thread that notices a change opens
    the new snapshot, the others go on with the old one meanwhile. Its memory maps are
    released with the last reference, also when its files were removed in between.

    Examples
    --------
    ::

        reader = SnapshotReader(Path("~/.local/share/headwater").expanduser())
        graph = reader.graph()      # in each request
    """

    def __init__(self, directory: Path) -> None:
        self._store = SnapshotStore(directory)
        self._pointer = directory / "current"
        self._opening = Lock()
        self.problem: GraphError | None = None
        # Read before the snapshot is: what is published in between counts as new.
        self._stamp: _Stamp | None = self._read_stamp()
        self._graph = self._open()

    def graph(self) -> LineageGraph:
        """Return the graph of the current snapshot.

        A new snapshot that cannot be opened never replaces one that can: `problem` tells.
        """
        if self._read_stamp() != self._stamp and self._opening.acquire(blocking=False):
            try:
                self._swap()
            finally:
                self._opening.release()
        return self._graph

    def refresh(self) -> LineageGraph:
        """Return the graph of the snapshot that is current now, waiting for others.

        Raises
        ------
        DamagedSnapshotError, NoSnapshotError, SnapshotVersionError
            When it cannot be opened; :meth:`graph` still returns the last good one.
        """
        with self._opening:
            self._swap()
            if self.problem is not None:
                raise self.problem
            return self._graph

    def _swap(self) -> None:
        """Open what is current, unless it is open; only one thread at a time is here."""
        stamp = self._read_stamp()
        try:
            if self._store.current().name != self._graph.manifest.id or self.problem:
                self._graph = self._open()
            self.problem = None
        except GraphError as error:
            self.problem = error.with_traceback(None)
        self._stamp = stamp

    def _open(self) -> LineageGraph:
        """Open the current snapshot, anew if it is replaced meanwhile."""
        for attempt in range(1, _ATTEMPTS + 1):
            folder = self._store.current()
            try:
                return open_graph(folder)
            except GraphError:
                # Retention may have removed it after the pointer was read.
                if attempt == _ATTEMPTS or self._store.current() == folder:
                    raise
        raise AssertionError("unreachable")

    def _read_stamp(self) -> _Stamp | None:
        """Return what changes whenever the pointer is replaced."""
        try:
            found = os.stat(self._pointer)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
