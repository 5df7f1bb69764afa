"""Which snapshot is meant: an id, a prefix of one, ``current``, ``previous``, a path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from headwater.errors import (
    AmbiguousTargetError,
    InvalidArgumentError,
    NoSnapshotError,
)
from headwater.graph.snapshot import MANIFEST
from headwater.graph.store import SnapshotStore

CURRENT: Final = "current"
PREVIOUS: Final = "previous"


def find_snapshot(store: SnapshotStore, text: str) -> Path:
    """Return the folder of the snapshot that `text` means.

    Parameters
    ----------
    store : SnapshotStore
        Where ids are looked up.
    text : str
        ``current``; ``previous``, the newest one published before it; an id; a prefix
        that only one id has (``20261122``); the folder of a snapshot, or another data
        directory, which stands for its current one.

    Raises
    ------
    AmbiguousTargetError
        When several ids begin so.
    InvalidArgumentError
        When nothing fits; it lists what there is.
    NoSnapshotError, DamagedSnapshotError
        When there is no current snapshot although one is asked for.
    """
    text = text.strip()
    if text == CURRENT:
        return store.current()
    ids = sorted(
        path.name
        for path in store.snapshots.glob("[!.]*")
        if (path / MANIFEST).exists()
    )
    if text == PREVIOUS:
        return store.snapshots / _previous(store, ids)
    if text in ids:
        return store.snapshots / text
    found = [name for name in ids if text and name.startswith(text)]
    if len(found) > 1:
        raise AmbiguousTargetError(text, found)
    if found:
        return store.snapshots / found[0]
    path = Path(text).expanduser()
    if text and (path / MANIFEST).is_file():
        return path
    try:
        return SnapshotStore(path).current()
    except NoSnapshotError:
        listed = ", ".join(ids[-5:]) or "none at all"
        raise InvalidArgumentError(
            f"no snapshot is called {text[:120]!r}, and no data directory is there; "
            f"the newest are {listed} (headwater snapshots lists them)"
        ) from None


def _previous(store: SnapshotStore, ids: list[str]) -> str:
    # Names begin with the moment of compilation.
    older = [name for name in ids if name < store.current().name]
    if not older:
        raise InvalidArgumentError(
            "there is no snapshot before the current one; name two "
            "(headwater snapshots lists them)"
        )
    return older[-1]
