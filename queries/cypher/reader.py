"""Sessions of what a server holds, for programs that run for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

from headwater.errors import LineageError, StoreError
from headwater.queries.cypher.session import CypherSession

LOOK_EVERY_S: Final = 1.0
"""So often at most the server is asked whether it holds another snapshot by now."""


class ServerReader:
    """Gives out a session of the snapshot on a server, and of a new one soon after a push.

    While a push is under way no question is answered: the snapshot that was there is
    being changed into the other one.

    Parameters
    ----------
    open_session : callable
        Connects to the server.
    clock : callable
        Seconds that only go up.

    Raises
    ------
    StoreError
        When there is nothing to begin with.
    """

    def __init__(
        self,
        open_session: Callable[[], CypherSession],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_session
        self._clock = clock
        self._lock = Lock()
        self._problem: StoreError | None = None
        self._session = open_session()
        self._looked = clock()

    @property
    def problem(self) -> LineageError | None:
        """Why nothing is answered now; None while something is."""
        return self._problem

    def session(self) -> CypherSession:
        """Return a session of the snapshot that the server holds.

        Raises
        ------
        StoreError
            When it holds none that is whole, or does not answer.
        """
        with self._lock:
            if self._problem or self._clock() - self._looked >= LOOK_EVERY_S:
                self._look()
            return self._session

    def _look(self) -> None:
        try:
            if not self._session.is_current():
                # The old one closes when the last request lets it go.
                self._session = self._open()
            self._problem = None
        except StoreError as error:
            self._problem = error.with_traceback(None)
            raise
        self._looked = self._clock()
