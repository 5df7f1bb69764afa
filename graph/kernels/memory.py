"""How the C library hands memory back: a process that asks the graph keeps it."""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Final

# Parameters of mallopt(3), from <malloc.h> of the GNU C library.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_LARGEST_BLOCK: Final = 32 << 20
"""The largest block that the library lets come from its own heap."""
_SMALL_BLOCK: Final = 256 << 10
_KEPT: Final = 256 << 20


def return_freed_memory() -> None:
    """Let this process give freed memory back at once, that of Arrow too.

    For work that takes gigabytes once, like a compile of millions of artefacts: pools
    made for speed keep half as much again. For processes of our own, like
    :func:`keep_freed_memory`, whose opposite it is.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = _mallopt()
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _SMALL_BLOCK)


def keep_freed_memory() -> bool:
    """Let this process use freed memory again instead of giving it back at once.

    A query makes arrays of some megabytes and drops them. By default each comes as fresh
    pages, which the system clears one by one when they are first touched: a quarter of
    the time of a query over a large graph. For a process that answers many questions and
    is your own, like a server; one question alone is answered sooner without, and a
    library must not decide this for its host.

    Returns
    -------
    bool
        Whether it took effect; the settings are those of the GNU C library on Linux.

    Notes
    -----
    At most 256 MiB that are free stay with the process.
    """
    mallopt = _mallopt()
    if mallopt is None:
        return False
    kept = mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK) and mallopt(_TRIM_THRESHOLD, _KEPT)
    return bool(kept)


def _mallopt() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return None
