"""Arrays of a snapshot made longer without copying them.

A private map of the file in front, zeroed memory behind: what nobody changes stays on
the pages that all readers of the snapshot share.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_FIXED: Final = 0x10
"""``MAP_FIXED`` of <sys/mman.h>: the same on Linux for every processor that it has."""
_FEW: Final = 1 << 20
"""Below so many bytes a copy costs less than a map."""


def grown(values: NDArray[Any], length: int) -> NDArray[Any]:
    """Return an array of `length` items that begins with `values`; it may be written.

    Parameters
    ----------
    values : array, shape (n,)
        An array of a snapshot, or any other.
    length : int
        At least n.

    Notes
    -----
    O(1) pages on Linux for an array that is mapped from a file; a page is copied when
    it is first written. Elsewhere, and when the file was removed, O(n).

    Examples
    --------
    >>> grown(np.array([3, 1], np.int32), 4)
    array([3, 1, 0, 0], dtype=int32)
    """
    found = _mapped(values, length) if values.nbytes >= _FEW else None
    if found is None:
        found = np.zeros(length, values.dtype)
        found[: len(values)] = values
    return found


def _mapped(values: NDArray[Any], length: int) -> NDArray[Any] | None:
    whole = _whole_map(values)
    if whole is None or not sys.platform.startswith("linux"):
        return None
    size = whole.offset + length * values.itemsize
    try:
        # A map of an open file without a name has None here, and none is called that.
        handle = os.open(str(whole.filename), os.O_RDONLY)
    except OSError:
        return None
    try:
        held = os.fstat(handle).st_size
        if held != whole.offset + values.nbytes:
            return None
        region = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        start = ctypes.addressof(ctypes.c_char.from_buffer(region))
        if not _map_over(start, held, handle):
            return None
    finally:
        os.close(handle)
    return np.frombuffer(region, values.dtype, length, whole.offset)


def _whole_map(values: NDArray[Any]) -> np.memmap[Any, Any] | None:
    """Return the map that an array is all of; None when it is a part, or no map."""
    # A snapshot hands out plain views of its maps.
    found: Any = values if isinstance(values, np.memmap) else values.base
    if not isinstance(found, np.memmap):
        return None
    under: Any = found.base
    is_whole = isinstance(under, mmap.mmap) and found.nbytes == values.nbytes
    return found if is_whole else None


def _map_over(start: int, size: int, handle: int) -> bool:
    """Map a file over the beginning of a region that is ours."""
    call = ctypes.CDLL(None, use_errno=True).mmap
    call.restype = ctypes.c_void_p
    call.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
        ctypes.c_long,
    )  # fmt: skip
    both = mmap.PROT_READ | mmap.PROT_WRITE
    found = call(start, size, both, mmap.MAP_PRIVATE | _FIXED, handle, 0)
    return bool(found == start)
