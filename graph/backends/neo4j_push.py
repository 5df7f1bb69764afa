"""Put a snapshot on a Neo4j server: load it, go on after a cut, or send what changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import pyarrow as pa

from headwater.errors import (
    ForeignDataError,
    IncompletePushError,
    OtherLayoutError,
    PushCutError,
    PushTakenOverError,
    StoreUnavailableError,
)
from headwater.graph.backends.neo4j_changes import Changes, send_changes
from headwater.graph.backends.neo4j_connection import Connection
from headwater.graph.backends.neo4j_marker import (
    CHANGE,
    COMPLETE,
    IMPORTED,
    LOAD,
    LOADING,
    Marker,
    describe,
    find_marker,
)
from headwater.graph.backends.neo4j_rows import SnapshotRows, rows_by_variant
from headwater.graph.backends.neo4j_schema import (
    LAYOUT,
    MARKER,
    OUR_LABELS,
    PARTS,
    SHOW_INDEXES,
    Part,
    count_statement,
    create_statement,
    drop_statements,
    quoted,
    schema_statements,
)
from headwater.graph.backends.neo4j_writer import MarkerMovedError, Statement, Writer
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.progress import NullProgress, Progress

T = TypeVar("T")
_INDEXES_WITHIN_S: Final = 3600
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did.

    Attributes
    ----------
    snapshot : str
        The snapshot that the server holds now.
    before : str or None
        The one that it held, whole or in part.
    how : str
        ``load`` into an empty database, ``resume`` of a load that was cut, ``change``,
        or ``nothing`` when it was there already.
    elements : int
        Nodes and relationships of the snapshot on the server.
    created, changed, moved, removed : int
        How many of them came, say something else, got other numbers only, went.
    seconds : float
        How long it took.
    """

    snapshot: str
    before: str | None
    how: str
    elements: int
    created: int
    changed: int
    moved: int
    removed: int
    seconds: float


def push(
    graph: LineageGraph,
    connection: Connection,
    progress: Progress | None = None,
    *,
    fresh: bool = False,
    verify: bool = False,
) -> PushReport:
    """Make a server hold a snapshot, and nothing else of headwater's.

    Parameters
    ----------
    graph : LineageGraph
        A compiled snapshot; of a layer, the one below it.
    connection : Connection
        To the server.
    progress : Progress, optional
        Told of nodes and relationships as they are written.
    fresh : bool
        Remove what headwater put there before, and load anew.
    verify : bool
        Compare every row even where the server says that it holds this snapshot.

    Raises
    ------
    ForeignDataError
        When the database holds something else.
    OtherLayoutError
        When another version of headwater wrote it, unless `fresh`.
    PushTakenOverError
        When another push began in the meantime.
    PushCutError
        When the server went away; what was written is kept, and the next push goes on.

    Notes
    -----
    Each transaction writes :data:`~headwater.graph.backends.neo4j_rows.BATCH` rows and
    counts itself in the marker. An interrupted load goes on with the next one. In all
    other cases the server is asked for the hash of each row, and what differs is sent:
    that is how another snapshot is pushed, and how a damaged one is repaired.
    """
    started = time.monotonic()
    if graph.manifest.base is not None:
        # An overlay has no tables; those of the snapshot below it are pushed.
        graph = LineageGraph(graph.directory)
    rows = SnapshotRows(graph)
    pushing = _Push(graph, connection, progress or NullProgress(), rows)
    try:
        how, before, changes = pushing.run(fresh=fresh, verify=verify)
    except StoreUnavailableError as error:
        raise PushCutError(error) from error
    finally:
        rows.close()
    return PushReport(
        snapshot=graph.manifest.id,
        before=before,
        how=how,
        elements=sum(pushing.wanted.values()),
        created=changes.created,
        changed=changes.changed,
        moved=changes.moved,
        removed=changes.removed,
        seconds=round(time.monotonic() - started, 2),
    )


class _Push:
    def __init__(
        self,
        graph: LineageGraph,
        connection: Connection,
        progress: Progress,
        rows: SnapshotRows,
    ) -> None:
        self._graph = graph
        self._connection = connection
        self._progress = progress
        self._rows = rows
        self._writer = Writer(connection, describe(graph))
        self.wanted = {part.name: rows.count(part) for part in PARTS}

    def run(self, *, fresh: bool, verify: bool) -> tuple[str, str | None, Changes]:
        """Do what the marker on the server asks for; return that, what was there, counts."""
        for _ in range(_ATTEMPTS):
            marker = find_marker(self._connection)
            before = None if marker is None else marker.id
            try:
                if marker is not None and fresh:
                    self._remove_all(marker)
                    marker = None
                how, changes = self._decide(marker, verify=verify)
            except MarkerMovedError:
                continue
            return how, before, changes
        raise PushTakenOverError(str(self._connection.address))

    def _decide(self, marker: Marker | None, *, verify: bool) -> tuple[str, Changes]:
        if marker is None:
            self._check_empty()
            return "load", self._load(None)
        if marker.layout != LAYOUT:
            raise OtherLayoutError(str(self._connection.address), marker.layout, LAYOUT)
        same = marker.content_sha256 == self._graph.manifest.content_sha256
        if same and marker.state == LOADING and marker.how == LOAD:
            return "resume", self._load(marker)
        is_whole = marker.state in (COMPLETE, IMPORTED) and not verify
        if same and is_whole and self._is_all_there():
            self._keep(marker)
            return "nothing", Changes()
        return "change", self._change(marker)

    def _keep(self, marker: Marker) -> None:
        """Make the indexes that lack, as after an import, and say that all is there.

        Equal content that was compiled another day bears another name.
        """
        self._create_schema(None)
        if marker.properties != describe(self._graph):
            self._writer.begin(CHANGE, marker)
            self._writer.end()

    def _load(self, marker: Marker | None) -> Changes:
        """Create all that comes after the transactions that are in."""
        done = 0 if marker is None else marker.done
        self._create_schema({MARKER})
        self._writer.begin(LOAD, marker, done)
        is_indexed = False
        created = kept = 0
        for part, n_rows, statements in _ahead(self._steps(done)):
            if statements is None:
                kept += n_rows
                continue
            if not created:
                self._progress.start("push", sum(self.wanted.values()), kept, "rows")
            if part.ends is not None and not is_indexed:
                # Filled at once from what is there, which is cheaper than row by row.
                self._create_schema(set(OUR_LABELS) - {"Claim"})
                is_indexed = True
            self._writer.commit(statements)
            created += n_rows
            self._progress.advance(n_rows)
        self._finish()
        return Changes(created=created)

    def _steps(self, done: int) -> Iterator[tuple[Part, int, list[Statement] | None]]:
        """Yield each transaction of a load; None for the statements of those that are in."""
        step = 0
        for part in PARTS:
            for table in self._rows.plain(part):
                step += 1
                statements = None
                if step > done:
                    statements = creations(part, self._rows.hashed(part, table))
                yield part, table.num_rows, statements

    def _change(self, marker: Marker) -> Changes:
        """Send what differs between the server and the snapshot."""
        self._create_schema(None)
        self._writer.begin(CHANGE, marker)
        self._progress.start("push", sum(self.wanted.values()), unit="rows")
        before = sum(self._counts().values())
        changes = Changes()
        for part in PARTS:
            changes += send_changes(
                part, self._rows, self._connection, self._writer, self._progress
            )
        self._finish()
        # What hung on a removed node went with it, and was not asked for by name.
        removed = before + changes.created - sum(self.wanted.values())
        return replace(changes, removed=removed)

    def _finish(self) -> None:
        """Say that all is there, after a look whether it is."""
        self._create_schema(None)
        found = self._counts()
        if found != self.wanted:
            wrong = ", ".join(
                f"{name} {found[name]:,} instead of {self.wanted[name]:,}"
                for name in self.wanted
                if found[name] != self.wanted[name]
            )
            # The next push shall look at what is there instead of going on.
            self._writer.restart(CHANGE)
            raise IncompletePushError(str(self._connection.address), wrong)
        self._writer.end()
        self._progress.finish()

    def _is_all_there(self) -> bool:
        return self._counts() == self.wanted

    def _counts(self) -> dict[str, int]:
        """Return how many elements of each part the server holds."""
        found = dict.fromkeys(self.wanted, 0)
        for name, number in self._connection.rows(count_statement()):
            found[name] += number
        return found

    def _check_empty(self) -> None:
        if self._connection.rows("MATCH (x) RETURN 1 LIMIT 1"):
            if find_marker(self._connection) is not None:
                raise MarkerMovedError
            raise ForeignDataError(str(self._connection.address))

    def _remove_all(self, marker: Marker) -> None:
        """Remove what headwater put there, the marker last."""
        self._create_schema({MARKER})
        self._writer.begin(CHANGE, marker)
        for text in drop_statements():
            self._connection.execute(text)
        for label in (*OUR_LABELS[1:], MARKER):
            self._connection.execute(
                f"MATCH (x:{quoted(label)}) CALL {{ WITH x DETACH DELETE x }} "
                "IN TRANSACTIONS OF 10000 ROWS"
            )

    def _create_schema(self, labels: set[str] | None) -> None:
        """Create constraints and indexes where they lack, and wait until they are full."""
        there = {name for (name,) in self._connection.rows(SHOW_INDEXES)}
        for name, text in schema_statements(labels).items():
            if name not in there:
                self._connection.execute(text)
        self._connection.rows("CALL db.awaitIndexes($s)", s=_INDEXES_WITHIN_S)


def creations(part: Part, table: pa.Table) -> list[Statement]:
    """Return the statements that create rows, one for each label or type."""
    return [
        (create_statement(part, variant), rows)
        for variant, rows in rows_by_variant(part, table)
    ]


def _ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield items, each made while the one before it is worked on."""
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(next, iterator, None)
        while (item := future.result()) is not None:
            future = pool.submit(next, iterator, None)
            yield item
