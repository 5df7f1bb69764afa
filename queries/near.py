"""Near misses: what somebody may have meant who typed something that is nowhere.

All choices are first compared by which pairs of letters they hold, a word of 64 bits
each, and only the closest few hundred letter by letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray, LongArray
from headwater.graph.lineage_graph import LineageGraph

POOL: Final = 300_000
"""How many of the most popular entries are choices."""
MIN_SCORE: Final = 60.0
"""Least similarity, 0 to 100: twice the common letters over all letters."""
_COMPARED: Final = 512
_STEP: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Choices:
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


_known: WeakKeyDictionary[LineageGraph, _Choices] = WeakKeyDictionary()


def near_entries(graph: LineageGraph, wanted: str, limit: int) -> list[int]:
    """Return nodes with a similar id or name among the most popular, best first.

    The choices of a graph are prepared when it is first asked, which takes O(bytes).
    """
    from rapidfuzz import fuzz, process  # only a typo needs it

    choices = _known.get(graph)
    if choices is None:
        choices = _known[graph] = _prepare(graph)
    closest = _closest(choices, wanted.encode())
    data = graph.search_text.data
    texts = [
        data[start:end].tobytes().decode("utf-8", "replace")
        for start, end in zip(
            choices.starts[closest].tolist(),
            choices.ends[closest].tolist(),
            strict=True,
        )
    ]
    found = process.extract(
        wanted, texts, scorer=fuzz.ratio, limit=limit * 3, score_cutoff=MIN_SCORE
    )
    entries = choices.entry[closest]
    nodes = dict.fromkeys(
        int(graph.search_nodes[entries[place]]) for _, _, place in found
    )
    return list(nodes)[:limit]


def _closest(choices: _Choices, wanted: bytes) -> LongArray:
    """Return the choices with most pairs in common, the most popular first."""
    codes = _pair_bits(np.frombuffer(wanted, np.uint8))
    pairs = np.bitwise_or.reduce(codes) if len(codes) else np.uint64(0)
    common = np.bitwise_count(choices.pairs & pairs)
    # Sorensen and Dice: twice what is common over all there is.
    every = choices.n_pairs + np.float32(np.bitwise_count(pairs))
    similarity = common / np.maximum(every, np.float32(1))
    hopeful = np.flatnonzero(similarity > 0)
    if len(hopeful) > _COMPARED:
        cut = np.partition(similarity[hopeful], -_COMPARED)[-_COMPARED]
        above = np.flatnonzero(similarity > cut)
        level = np.flatnonzero(similarity == cut)[: _COMPARED - len(above)]
        hopeful = np.sort(np.concatenate([above, level]))
    return hopeful


def _prepare(graph: LineageGraph) -> _Choices:
    offsets = graph.search_text.offsets[: min(POOL, len(graph.search_nodes)) + 1]
    begin, end = offsets[:-1], offsets[1:] - 1
    data = graph.search_text.data[: int(offsets[-1])]
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
    return _Choices(starts, ends, entry, pairs, np.bitwise_count(pairs))


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
        bits = np.append(_pair_bits(data[base:stop]), np.uint64(0))
        spans = np.stack([starts[first:last], ends[first:last] - 1], axis=1) - base
        spans = np.minimum(spans, len(bits) - 1)
        values = np.bitwise_or.reduceat(bits, spans.ravel())[::2]
        found[first:last] = np.where(spans[:, 0] < spans[:, 1], values, np.uint64(0))
        first = last
    return found


def _pair_bits(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return for each two consecutive bytes one of 64 bits."""
    mixed = data[:-1].astype(np.uint64) * np.uint64(37) + data[1:]
    bits: NDArray[np.uint64] = np.left_shift(np.uint64(1), mixed & np.uint64(63))
    return bits
