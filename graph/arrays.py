"""The arrays of a snapshot: their names, types and meaning; text in one buffer."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray

UNKNOWN: Final = -1
"""Count that nobody has told."""
NO_DAY: Final = np.iinfo(np.int32).min
"""Day that nobody has told."""


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """One array file: ``arrays/NAME.npy``."""

    name: str
    dtype: str
    meaning: str


def _adjacency(name: str, other: str) -> tuple[ArraySpec, ...]:
    return (
        ArraySpec(f"{name}_offsets", "int32", f"where each node's {name} begin"),
        ArraySpec(f"{name}_targets", "int32", f"{name} of each node, ascending"),
        ArraySpec(
            f"{name}_relations", "int8", f"relation code of each edge to a {other}"
        ),
        ArraySpec(f"{name}_edges", "int32", "row of each edge in the edges table"),
    )


ARRAYS: Final = (
    *_adjacency("parents", "parent"),
    *_adjacency("children", "child"),
    ArraySpec("edge_sources", "int32", "bit set of source codes that assert the edge"),
    ArraySpec("edge_disputed", "bool", "whether sources disagree about the edge"),
    ArraySpec("kind", "int8", "kind code"),
    ArraySpec("state", "int8", "state code"),
    ArraySpec("phantom", "bool", "named as a parent, never seen"),
    ArraySpec("root_status", "int8", "root status code"),
    ArraySpec("scratch", "int8", "trained from scratch: 1 said, 0 denied, -1 not said"),
    ArraySpec("known_origin", "bool", "whether it is known what the node stands on"),
    ArraySpec("representative", "int32", "lowest node of the cycle the node is on"),
    ArraySpec("namespace", "int32", "node of the namespace, -1 none"),
    ArraySpec("developer", "int32", "node of the developer, -1 not known"),
    ArraySpec("day", "int32", "first release in days since 1970-01-01"),
    ArraySpec("downloads", "int64", "downloads of 30 days, -1 unknown"),
    ArraySpec("downloads_all_time", "int64", "downloads ever, -1 unknown"),
    ArraySpec("likes", "int64", "likes, -1 unknown"),
    ArraySpec("parameters", "int64", "number of weights, -1 unknown"),
    ArraySpec("licence", "int32", "code in the licence vocabulary, -1 none"),
    ArraySpec("task", "int32", "code in the task vocabulary, -1 none"),
    ArraySpec("library", "int32", "code in the library vocabulary, -1 none"),
    ArraySpec("id_offsets", "int64", "where each id begins in id_bytes"),
    ArraySpec("id_bytes", "uint8", "ids in node order, UTF-8"),
    ArraySpec("id_order", "int32", "nodes ordered by lower-case id"),
    ArraySpec("name_offsets", "int64", "where each friendly name begins"),
    ArraySpec("name_bytes", "uint8", "friendly names in node order, UTF-8"),
    ArraySpec("alias_offsets", "int64", "where each alias begins in alias_bytes"),
    ArraySpec("alias_bytes", "uint8", "lower-case aliases in ascending order"),
    ArraySpec("alias_nodes", "int32", "node that each alias stands for"),
    ArraySpec("search_bytes", "uint8", "lower-case ids and names by popularity"),
    ArraySpec("search_offsets", "int64", "where each entry begins in search_bytes"),
    ArraySpec("search_nodes", "int32", "node of each entry of the search text"),
    ArraySpec(
        "search_blocks", "uint8", "blocks that hold a hashed group of 3 or 5 bytes"
    ),
)


@dataclass(frozen=True, slots=True)
class Text:
    """Many strings in one buffer.

    Attributes
    ----------
    offsets : int64 array, shape (N + 1,)
        Where each string begins.
    data : uint8 array
        All strings, one after the other, UTF-8.
    """

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, position: int) -> str:
        return self.raw(position).decode("utf-8", "replace")

    def raw(self, position: int) -> bytes:
        """Return the bytes of one string."""
        start, end = self.offsets[position], self.offsets[position + 1]
        return self.data[start:end].tobytes()


def _memmem() -> Callable[..., int | None] | None:
    """Return the C library's search in memory, where it has one.

    Two to five times as fast as that of ``mmap``, which compares byte by byte. It keeps
    the interpreter's lock: a search of some kilobytes is over before another thread
    would have it.
    """
    try:
        function = ctypes.PyDLL(None).memmem
    except (OSError, AttributeError, TypeError):
        return None
    function.restype = ctypes.c_void_p
    function.argtypes = (
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_char_p,
        ctypes.c_size_t,
    )
    return function


_MEMMEM: Final = _memmem()


class Haystack:
    """The bytes of an array file, searched where they lie: nothing is copied.

    Parameters
    ----------
    path : pathlib.Path
        A ``.npy`` file of bytes.
    n_bytes : int
        Length of the array.
    """

    def __init__(self, path: Path, n_bytes: int) -> None:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._hold(mapped, len(mapped) - n_bytes)

    def _hold(self, mapped: mmap.mmap, start: int) -> None:
        self._map, self._start = mapped, start
        # Holds on to the map, so the address stays good for as long as this object.
        self._bytes = np.frombuffer(mapped, np.uint8)
        self._address = self._bytes.ctypes.data

    def find(self, needle: bytes, start: int = 0, end: int | None = None) -> int:
        """Return where `needle` first stands between `start` and `end`, or -1."""
        first = start + self._start
        stop = len(self._map) if end is None else min(end + self._start, len(self._map))
        if _MEMMEM is None:
            at = self._map.find(needle, first, stop)
            return -1 if at < 0 else at - self._start
        if first > stop:
            return -1
        address = self._address + first
        found = _MEMMEM(address, stop - first, needle, len(needle))
        return -1 if found is None else found - self._address - self._start

    def read(self, start: int, end: int) -> bytes:
        """Return some of the bytes."""
        return self._map[start + self._start : end + self._start]


def to_text(strings: Iterable[str | None]) -> Text:
    """Return strings as one buffer; None becomes the empty string."""
    encoded = [(item or "").encode("utf-8", "replace") for item in strings]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(item) for item in encoded], out=offsets[1:])
    return Text(offsets, np.frombuffer(b"".join(encoded), np.uint8))


def find_sorted(ids: Text, order: IntArray, key: str) -> int:
    """Return the node whose lower-case id is `key`, or -1.

    Complexity: O(log V) reads.
    """
    position = bisect_key(ids, order, key.encode("utf-8", "replace"))
    if position < len(order) and ids.raw(int(order[position])).lower() == key.encode(
        "utf-8", "replace"
    ):
        return int(order[position])
    return -1


def bisect_key(ids: Text, order: IntArray, key: bytes) -> int:
    """Return the first position in `order` whose lower-case id is not below `key`."""
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if ids.raw(int(order[middle])).lower() < key:
            low = middle + 1
        else:
            high = middle
    return low
