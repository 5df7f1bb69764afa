"""Open a snapshot for asking: the one way for the command line, the API and notebooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

from headwater.config import Settings, read_settings
from headwater.errors import ConfigError, NoSnapshotError, UnsupportedOperationError
from headwater.graph.layers import open_graph
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot_names import CURRENT, find_snapshot
from headwater.graph.store import SnapshotStore
from headwater.queries.session import Session

if TYPE_CHECKING:
    from headwater.queries.cypher.session import CypherSession
    from headwater.queries.session_reader import SessionReader


def load(store: str | Path | None = None, snapshot: str = CURRENT) -> Session:
    """Open a snapshot and return what can be asked.

    Parameters
    ----------
    store : str or pathlib.Path, optional
        Data directory, or address of a Neo4j server that a snapshot was pushed to:
        ``neo4j://HOST:PORT``. By default HEADWATER_STORE, HEADWATER_DATA_DIR, else the
        platform's user data directory. Where nothing has been built yet, the packaged
        catalogue is.
    snapshot : str
        ``current``, ``previous``, an id or its beginning, or a folder.

    Raises
    ------
    GraphError
        When the snapshot is damaged or of another version.
    InvalidArgumentError
        When no snapshot has that name.
    UnsupportedOperationError
        When another snapshot is wanted than the one that a server holds.

    Examples
    --------
    >>> import headwater
    >>> hw = headwater.load()                                   # doctest: +SKIP
    >>> hw.lineage("Alpaca").ancestors[0].id                    # doctest: +SKIP
    'off-hub/meta/llama-7b'
    """
    if isinstance(store, str) and "://" in store:
        settings = read_settings(store=store)
    else:
        settings = read_settings(data_dir=None if store is None else Path(store))
    return open_session(settings, snapshot)


def open_session(
    settings: Settings,
    snapshot: str = CURRENT,
    say: Callable[[str], None] | None = None,
) -> Session:
    """Open a snapshot as the settings have it; the first time, build the catalogue's.

    Parameters
    ----------
    settings : Settings
        Where the data are.
    snapshot : str
        Which snapshot.
    say : callable, optional
        Is told what takes a while.
    """
    if settings.store is not None:
        if snapshot != CURRENT:
            raise UnsupportedOperationError(
                "a Neo4j server", f"snapshot {snapshot!r}, only the one pushed to it",
                "push that one, or ask the data directory that it is in",
            )  # fmt: skip
        return open_server(settings, say)
    store = SnapshotStore(settings.data_dir)
    try:
        return Session(open_graph(find_snapshot(store, snapshot)), store)
    except NoSnapshotError:
        from headwater.ingest.load import build

        if say is not None:
            say(f"First run: building the catalogue's snapshot in {settings.data_dir}")
        build(settings.data_dir)
        return Session(open_graph(find_snapshot(store, snapshot)), store)


def open_server(
    settings: Settings, say: Callable[[str], None] | None = None
) -> CypherSession:
    """Open the snapshot on the Neo4j server that the settings name.

    Raises
    ------
    ConfigError
        When the store is no address of a server.
    StoreError
        When the server does not answer, does not let us in, or holds no whole snapshot.
    """
    # Whoever asks a directory shall not wait for the import of what asks a server.
    from headwater.graph.backends.neo4j_connection import (
        SCHEMES,
        Connection,
        connect,
        is_server_address,
    )
    from headwater.queries.cypher.session import CypherSession

    if not is_server_address(settings.store or ""):
        raise ConfigError(
            "a store is the address of a Neo4j server, neo4j://HOST:PORT (schemes: "
            f"{', '.join(SCHEMES)}); a directory is given with --data-dir"
        )

    def copy(connection: Connection) -> LineageGraph:
        from headwater.graph.backends.neo4j_mirror import mirror
        from headwater.graph.progress import NullProgress

        class Told(NullProgress):
            told = False

            def start(self, *_: object, **__: object) -> None:
                if say is not None and not self.told:
                    say(f"Copying the snapshot of {connection.address}, once")
                self.told = True

        return mirror(connection, settings.data_dir / "mirrors", Told())

    connection = connect(settings.store or "")
    try:
        session = CypherSession(connection, copy)
    except BaseException:
        connection.close()
        raise
    # Whoever forgets a session lets the sockets go with it.
    finalize(session, connection.close)
    return session


def open_reader(
    settings: Settings, say: Callable[[str], None] | None = None
) -> SessionReader:
    """Return what gives out sessions of the current snapshot, for long-lived programs.

    The first time, build the catalogue's; `say` is told what takes a while.
    """
    if settings.store is not None:
        from headwater.queries.cypher.reader import ServerReader

        return ServerReader(lambda: open_server(settings))
    from headwater.queries.session_reader import StoreReader

    open_session(settings, say=say)
    return StoreReader(settings.data_dir)
