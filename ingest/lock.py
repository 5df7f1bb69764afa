"""One writer a directory: an advisory lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headwater.errors import StorageError, StoreLockedError


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path` while the block runs.

    The kernel lets go of it when the process ends, however it ends, so that a lock
    is never stale.

    Raises
    ------
    StoreLockedError
        When another process (or another lock of this one) holds it; names its pid.
    StorageError
        When the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreLockedError(path, _holder(handle)) from error
        except OSError as error:
            raise StorageError(path, error.strerror or str(error)) from error
        _sign(path, handle)
        yield
    finally:
        os.close(handle)


def _sign(path: Path, handle: int) -> None:
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error


def _holder(handle: int) -> str:
    pid = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
    return f"process {pid}" if pid.isdigit() else "another process"
