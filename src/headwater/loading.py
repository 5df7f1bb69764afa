"""Open a snapshot for asking: the one way for the command line, the API and notebooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from headwater.config import Settings, read_settings
from headwater.errors import NoSnapshotError
from headwater.graph.layers import open_graph
from headwater.graph.snapshot_names import CURRENT, find_snapshot
from headwater.graph.store import SnapshotStore
from headwater.queries.session import Session


def load(store: str | Path | None = None, snapshot: str = CURRENT) -> Session:
    """Open a snapshot and return what can be asked.

    Parameters
    ----------
    store : str or pathlib.Path, optional
        Data directory; by default HEADWATER_DATA_DIR, else the platform's user data
        directory. Where nothing has been built yet, the packaged catalogue is.
    snapshot : str
        ``current``, ``previous``, an id or its beginning, or a folder.

    Raises
    ------
    GraphError
        When the snapshot is damaged or of another version.
    InvalidArgumentError
        When no snapshot has that name.

    Examples
    --------
    >>> import headwater
    >>> hw = headwater.load()                                   # doctest: +SKIP
    >>> hw.lineage("Alpaca").ancestors[0].id                    # doctest: +SKIP
    'off-hub/meta/llama-7b'
    """
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
    store = SnapshotStore(settings.data_dir)
    try:
        return Session(open_graph(find_snapshot(store, snapshot)), store)
    except NoSnapshotError:
        from headwater.ingest.load import build

        if say is not None:
            say(f"First run: building the catalogue's snapshot in {settings.data_dir}")
        build(settings.data_dir)
        return Session(open_graph(find_snapshot(store, snapshot)), store)
