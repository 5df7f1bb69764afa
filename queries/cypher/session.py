"""A session of the snapshot that a Neo4j server holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from headwater.errors import StoreChangedError, UnsupportedOperationError
from headwater.graph.backends.neo4j_connection import Connection, Run
from headwater.graph.backends.neo4j_marker import (
    Marker,
    manifest_of,
    read_marker,
    whole_marker,
)
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.as_of import read_day
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.indexes import check_indexes
from headwater.queries.cypher.lineage import lineage
from headwater.queries.cypher.nodes import find, node_of
from headwater.queries.cypher.origins import Origins, read_origins
from headwater.queries.cypher.scenario import scenario
from headwater.queries.cypher.search import search, suggest
from headwater.queries.cypher.show import show
from headwater.queries.cypher.what_breaks import what_breaks
from headwater.queries.cypher.why import why
from headwater.queries.session import Day, Session

if TYPE_CHECKING:
    from headwater.graph.lineage_graph import LineageGraph
    from headwater.graph.snapshot import Manifest
    from headwater.graph.store import SnapshotStore
    from headwater.queries.lineage import Lineage
    from headwater.queries.results import Results
    from headwater.queries.scenario import Own
    from headwater.queries.search import Hit
    from headwater.queries.show import Shown
    from headwater.queries.suggest import Suggestion
    from headwater.queries.what_breaks_values import WhatBreaks
    from headwater.queries.why import Why

T = TypeVar("T")
_DAYS = 64


class CypherSession(Session):
    """A snapshot on a Neo4j server that can be asked.

    ``search``, ``suggest``, ``show``, ``lineage``, ``why``, ``what_breaks`` and
    ``scenario`` run on the server, each in one read transaction; every other question
    reads :attr:`graph`, a copy of the snapshot that is made when it is first needed.
    Answers are those of a session of the same snapshot on disk, field by field.

    Parameters
    ----------
    connection : Connection
        To the server; :meth:`close` closes it.
    copy : callable
        Returns the snapshot of a connection as a graph.

    Raises
    ------
    NothingPushedError, HalfPushedError, OtherLayoutError, StoreIndexError
        When the server holds no whole snapshot that can be asked.

    Notes
    -----
    It answers from the one snapshot that it was opened with: each question looks at the
    marker when it begins and when it ends, and is an error when another snapshot was
    pushed meanwhile.
    """

    def __init__(
        self, connection: Connection, copy: Callable[[Connection], LineageGraph]
    ) -> None:
        self._connection = connection
        self._copy = copy
        self._copied: LineageGraph | None = None
        self._copying = Lock()
        self._origins: dict[date | None, Origins] = {}
        self._marker = connection.read(self._open)
        self._manifest = manifest_of(self._marker.properties)

    @property
    def graph(self) -> LineageGraph:
        """A copy of the snapshot for what the engine answers, made when first asked for."""
        with self._copying:
            if self._copied is None:
                self._copied = self._copy(self._connection)
            return self._copied

    @property
    def store(self) -> SnapshotStore | None:
        """A server holds one snapshot: None."""
        return None

    @property
    def snapshot(self) -> Manifest:
        """What the snapshot says of itself: id, date, sources, counts."""
        return self._manifest

    def close(self) -> None:
        """Close the connection; nothing can be asked after that."""
        self._connection.close()

    def is_current(self) -> bool:
        """Return whether the server still holds the snapshot of this session."""
        return self._is_ours(self._connection.read(self._whole))

    def search(self, text: str, limit: int = 20, *, as_of: Day = None) -> Results[Hit]:
        """Return what an id or a name may mean, best first."""
        return self._ask(as_of, lambda ask: search(ask, text, limit))

    def suggest(self, text: str, limit: int = 8) -> Results[Suggestion]:
        """Return what a search box may offer: families too."""
        return self._ask(None, lambda ask: suggest(ask, text, limit))

    def named(self, text: str) -> tuple[str, str, str] | None:
        """Return the id, name and kind of the node with this id or alias, if any."""

        def question(ask: Asking) -> tuple[str, str, str] | None:
            (node,) = find(ask, [text])
            return None if node < 0 else node_of(ask, node)

        return self._ask(None, question)

    def show(self, name: str, *, as_of: Day = None) -> Shown:
        """Return what is known of a node, and what nobody has said."""
        return self._ask(as_of, lambda ask: show(ask, name))

    def lineage(
        self,
        name: str,
        *,
        depth: int | None = None,
        limit: int | None = None,
        skip: int = 0,
        as_of: Day = None,
    ) -> Lineage:
        """Return what an artefact stands on and what stands on it."""
        return self._ask(
            as_of, lambda ask: lineage(ask, name, depth=depth, limit=limit, skip=skip)
        )

    def why(self, child: str, parent: str, *, as_of: Day = None) -> Results[Why]:
        """Return the edges from one node to another with all their claims."""
        return self._ask(as_of, lambda ask: why(ask, child, parent))

    def what_breaks(
        self,
        *targets: str,
        events: Sequence[str] = EVENT_NAMES,
        splits: Sequence[str] = (),
        limit: int | None = None,
        skip: int = 0,
        as_of: Day = None,
    ) -> WhatBreaks:
        """Return what breaks if the targets are frozen, gated, deleted or relicensed."""
        return self._ask(
            as_of,
            lambda ask: what_breaks(
                ask, targets, events, self._known_origins, limit=limit, skip=skip,
                splits=splits,
            ),
        )  # fmt: skip

    def scenario(
        self,
        *targets: str,
        inventory: Sequence[str],
        events: Sequence[str] = EVENT_NAMES,
        splits: Sequence[str] = (),
        limit: int | None = None,
        skip: int = 0,
        as_of: Day = None,
    ) -> tuple[WhatBreaks, Own]:
        """Return what breaks of an inventory of one's own, and what of it is known."""
        return self._ask(
            as_of,
            lambda ask: scenario(
                ask, targets, events, self._known_origins, inventory=inventory,
                limit=limit, skip=skip, splits=splits,
            ),
        )  # fmt: skip

    def _ask(self, as_of: Day, question: Callable[[Asking], T]) -> T:
        """Return the answer to a question, of the snapshot of this session alone."""
        day = read_day(as_of)

        def work(run: Run) -> T:
            self._check(run)
            n_nodes = int(self._marker.properties["n_nodes"])
            answer = question(Asking(run, self._manifest.id, n_nodes, day))
            self._check(run)
            return answer

        return self._connection.read(work)

    def _check(self, run: Run) -> None:
        found = self._whole(run)
        if not self._is_ours(found):
            address = str(self._connection.address)
            raise StoreChangedError(address, self._manifest.id, found.id)

    def _is_ours(self, found: Marker) -> bool:
        ours = self._marker
        return (found.id, found.content_sha256) == (ours.id, ours.content_sha256)

    def _whole(self, run: Run) -> Marker:
        return whole_marker(str(self._connection.address), read_marker(run))

    def _open(self, run: Run) -> Marker:
        marker = self._whole(run)
        check_indexes(run, str(self._connection.address))
        return marker

    def _known_origins(self, ask: Asking) -> Origins:
        """Return what was there on a day; found once a day that is asked of."""
        found = self._origins.get(ask.as_of)
        if found is None:
            found = read_origins(ask)
            if len(self._origins) >= _DAYS:
                self._origins.clear()
            self._origins[ask.as_of] = found
        return found

    def _needed_store(self) -> Any:
        raise UnsupportedOperationError(
            "a Neo4j server", "second snapshot", "ask the data directory that it was "
            "pushed from, without --store",
        )  # fmt: skip
