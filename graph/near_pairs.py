"""Which pairs of letters the names of a graph hold, for finding near misses.

Each id, repository's name and friendly name is a choice; the pairs of neighbouring
bytes in it are hashed into a word of 64 bits, by which a typo is compared with all of
them before any is read letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.arrays import Text
from headwater.graph.kernels.csr import IntArray, LongArray
from headwater.graph.lineage_graph import LineageGraph

POOL: Final = 300_000
"""How many of the most popular entries are choices."""
BYTES: Final = 8
"""Bytes of the pairs of one choice."""
_STEP: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Choices:
    """Ids, repositories' names and friendly names of the most popular entries.

    Attributes
    ----------
    starts, ends : int64 arrays, shape (k,)
        Where each choice stands in the search text.
    entry : int32 array, shape (k,)
        Entry that each belongs to, the most popular first.
    pairs : uint64 array, shape (k,)
        Hashed pairs of neighbouring bytes, one bit each.
    n_pairs : uint8 array, shape (k,)
        Number of bits that are set.
    """

    starts: LongArray
    ends: LongArray
    entry: IntArray
    pairs: NDArray[np.uint64]
    n_pairs: NDArray[np.uint8]


def read_choices(search_text: Text) -> Choices:
    """Return the choices among the most popular entries of a search text.

    Complexity: O(bytes).
    """
    offsets = search_text.offsets[: min(POOL, len(search_text)) + 1]
    begin, end = offsets[:-1], offsets[1:] - 1
    data = search_text.data[: int(offsets[-1])]
    entry = np.arange(len(begin), dtype=np.int32)
    # `id TAB name NEWLINE`: what stands before the tab, after its last slash, after it.
    tabs = np.flatnonzero(data == ord("\t"))
    tab = tabs[np.searchsorted(tabs, begin)] if len(tabs) else end
    slashes = np.concatenate([[-1], np.flatnonzero(data == ord("/"))])
    slash = slashes[np.searchsorted(slashes, tab) - 1]
    cut = slash >= begin
    named = tab + 1 < end
    starts = np.concatenate([begin, slash[cut] + 1, tab[named] + 1])
    ends = np.concatenate([tab, tab[cut], end[named]])
    entry = np.concatenate([entry, entry[cut], entry[named]])
    # By entry, and within one from left to right, which is by start.
    order = np.argsort(starts, kind="stable")
    starts, ends, entry = starts[order], ends[order], entry[order]
    pairs = _pairs_within(data, starts, ends)
    return Choices(starts, ends, entry, pairs, np.bitwise_count(pairs))


def _pairs_within(
    data: NDArray[np.uint8], starts: LongArray, ends: LongArray
) -> NDArray[np.uint64]:
    """Return the hashed pairs of each choice, a million bytes at a time."""
    found = np.zeros(len(starts), np.uint64)
    first = 0
    while first < len(starts):
        base = int(starts[first])
        last = max(first + 1, int(np.searchsorted(starts, base + _STEP)))
        stop = int(ends[first:last].max())
        bits = np.append(pair_bits(data[base:stop]), np.uint64(0))
        spans = np.stack([starts[first:last], ends[first:last] - 1], axis=1) - base
        spans = np.minimum(spans, len(bits) - 1)
        values = np.bitwise_or.reduceat(bits, spans.ravel())[::2]
        found[first:last] = np.where(spans[:, 0] < spans[:, 1], values, np.uint64(0))
        first = last
    return found


def pair_bits(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return for each two consecutive bytes one of 64 bits."""
    mixed = data[:-1].astype(np.uint64) * np.uint64(37) + data[1:]
    bits: NDArray[np.uint64] = np.left_shift(np.uint64(1), mixed & np.uint64(63))
    return bits


def near_lists(graph: LineageGraph) -> Iterator[tuple[int, list[int]]]:
    """Yield the nodes that are choices with their pairs, as small numbers.

    A database without operators on bits can compare these: of each choice, in the order
    of the search text, how many pairs it holds, then :data:`BYTES` bytes of them.
    """
    choices = read_choices(graph.search_text)
    rows = np.empty((len(choices.entry), 1 + BYTES), np.uint8)
    rows[:, 0] = choices.n_pairs
    rows[:, 1:] = pair_bytes(choices.pairs)
    n_entries = min(POOL, len(graph.search_text))
    begins = np.searchsorted(choices.entry, np.arange(n_entries + 1))
    for entry, node in enumerate(graph.search_nodes[:n_entries].tolist()):
        yield node, rows[begins[entry] : begins[entry + 1]].ravel().tolist()


def pair_bytes(pairs: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return words as bytes, the lowest first, shape (k, 8)."""
    return pairs.astype("<u8").view(np.uint8).reshape(-1, BYTES)
