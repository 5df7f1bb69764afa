"""Transactions of a push: each counted by the marker, so none is in twice or lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from headwater.errors import PushTakenOverError
from headwater.graph.backends.neo4j_connection import Connection, Run
from headwater.graph.backends.neo4j_marker import LOADING, Marker
from headwater.graph.backends.neo4j_schema import LAYOUT

Statement = tuple[str, Sequence[Any]]
"""A statement and its ``$rows``."""

# Whoever changes the marker holds it until the end of the transaction. The transaction
# of a push whose line was cut may still be under way: then this waits for it, and finds
# a marker that is not the one on which the caller decided.
_BEGIN: Final = (
    "MERGE (s:Snapshot {slot: 'current'}) SET s.is_held = true WITH s "
    "WHERE coalesce(s.push, '') = $seen_push AND coalesce(s.done, 0) = $seen_done "
    "SET s += $said, s.state = $state, s.push = $push, s.done = $done, s.how = $how "
    "RETURN 1"
)
# The number is counted before anything is written: whoever holds the marker writes, and
# others wait.
_STEP: Final = (
    "MATCH (s:Snapshot {slot: 'current'}) WHERE s.push = $push AND s.done = $done "
    "SET s.done = $done + 1 RETURN s.done"
)
_FOUND: Final = "MATCH (s:Snapshot {slot: 'current'}) RETURN s.push, s.done"
_END: Final = (
    "MATCH (s:Snapshot {slot: 'current'}) WHERE s.push = $push SET s = $said RETURN 1"
)


class MarkerMovedError(Exception):
    """Another transaction changed the marker since it was read."""


class Writer:
    """Writes transactions in order, as the only push.

    Parameters
    ----------
    connection : Connection
        To the server.
    said : dict
        What the marker shall say in the end.

    Attributes
    ----------
    done : int
        Transactions that are in.
    """

    def __init__(self, connection: Connection, said: dict[str, Any]) -> None:
        self._connection = connection
        self._said = said
        self._push = uuid.uuid4().hex
        self.done = 0

    def begin(self, how: str, seen: Marker | None, done: int = 0) -> None:
        """Say that a push goes on from `done`; any other push ends at its next step.

        Raises
        ------
        MarkerMovedError
            When the marker is no longer the one that was `seen`.
        """
        said = {name: self._said[name] for name in ("id", "content_sha256", "created")}

        def work(run: Run) -> bool:
            found = run(
                _BEGIN,
                seen_push=(seen.push if seen else None) or "",
                seen_done=seen.done if seen else 0,
                said={**said, "layout": LAYOUT},
                state=LOADING,
                push=self._push,
                done=done,
                how=how,
            )
            # Begun already: the line broke after the server had committed it.
            return bool(list(found)) or list(run(_FOUND)) == [(self._push, done)]

        if not self._connection.write(work):
            raise MarkerMovedError
        self.done = done

    def restart(self, how: str) -> None:
        """Say that the next push has to begin otherwise."""
        self.commit([("MATCH (s:Snapshot) SET s.how = $rows", how)])

    def commit(self, statements: Iterable[Statement]) -> int:
        """Run statements in one transaction; it is in once, or not at all.

        Returns the sum of the numbers that they return.

        Raises
        ------
        PushTakenOverError
            When another push began.
        """
        kept = list(statements)

        def work(run: Run) -> int:
            if not self._may_write(run):
                return 0
            return sum(row[0] for text, rows in kept for row in run(text, rows=rows))

        number = self._connection.write(work)
        self.done += 1
        return number

    def end(self) -> None:
        """Say that the snapshot is whole."""
        ended = self._connection.write(
            lambda run: (
                list(run(_END, push=self._push, said=self._said)) or list(run(_FOUND))
            )
        )
        # No push is left in the marker when the end came through but not its answer.
        if ended and ended[0] != (1,) and ended[0][0] is not None:
            raise PushTakenOverError(str(self._connection.address))

    def _may_write(self, run: Run) -> bool:
        """Return whether this step is still to be done, and hold the marker."""
        if list(run(_STEP, push=self._push, done=self.done)):
            return True
        for push, done in run(_FOUND):
            # The connection broke after the server had committed this very step.
            if push == self._push and done == self.done + 1:
                return False
        raise PushTakenOverError(str(self._connection.address))
