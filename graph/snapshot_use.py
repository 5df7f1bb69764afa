"""Who reads a snapshot: a shared lock on its manifest while it is open."""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headwater.graph.snapshot import MANIFEST


def hold_while_alive(reader: object, directory: Path) -> None:
    """Mark a snapshot as in use for as long as `reader` lives.

    The kernel lets go of the mark when the process ends, however it ends. Where files
    cannot be locked nothing is marked: reading comes first.
    """
    try:
        handle = os.open(directory / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    weakref.finalize(reader, os.close, handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return


@contextmanager
def unless_in_use(directory: Path) -> Iterator[bool]:
    """Yield whether nobody reads the snapshot; who comes meanwhile cannot mark it.

    This process counts like any other. A snapshot without a manifest has no reader.
    """
    try:
        handle = os.open(directory / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield True
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = True
        except BlockingIOError:
            is_free = False
        except OSError:  # a file system without locks
            is_free = True
        yield is_free
    finally:
        os.close(handle)


def is_in_use(directory: Path) -> bool:
    """Return whether some process, this one included, has the snapshot open."""
    with unless_in_use(directory) as is_free:
        return not is_free
