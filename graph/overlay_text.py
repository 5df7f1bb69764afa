"""Ids, names and the search text of an overlay, in layers until all of it is asked for."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.graph.arrays import Haystack, Text
from headwater.graph.kernels.csr import BoolArray, IntArray, LongArray
from headwater.graph.overlay_maps import grown


class LayeredText(Text):
    """Text by node: some from one buffer, the rest from another.

    Parameters
    ----------
    base, patch : Text
        The two layers.
    numbering : Numbering
        Where the nodes of the first layer went.
    nodes, places : int32 arrays, shape (k,)
        Nodes whose text is in `patch`, and where.

    Notes
    -----
    One string costs what it costs in the layer. ``offsets`` and ``data`` are made when
    they are first asked for: O(bytes).
    """

    __slots__ = ("_base", "_numbering", "_patch", "_places")

    _base: Text
    _patch: Text
    _numbering: Numbering
    _places: dict[int, int]

    def __init__(
        self, base: Text, patch: Text, numbering: Numbering, nodes: IntArray,
        places: IntArray,
    ) -> None:  # fmt: skip
        found = dict(zip(nodes.tolist(), places.tolist(), strict=True))
        for name, value in (
            ("_base", base), ("_patch", patch), ("_numbering", numbering),
            ("_places", found),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return self._numbering.n_nodes

    def raw(self, position: int) -> bytes:
        """Return the bytes of one string."""
        place = self._places.get(int(position))
        if place is not None:
            return self._patch.raw(place)
        return self._base.raw(self._numbering.before(int(position)))

    def __getattr__(self, name: str) -> Any:
        if name not in ("offsets", "data"):
            raise AttributeError(name)
        offsets, data = self._whole()
        object.__setattr__(self, "offsets", offsets)
        object.__setattr__(self, "data", data)
        return offsets if name == "offsets" else data

    def _whole(self) -> tuple[LongArray, NDArray[np.uint8]]:
        numbering, places = self._numbering, self._places
        nodes = np.array(sorted(places), np.int64)
        at = np.array([places[node] for node in nodes.tolist()], np.int64)
        sizes = numbering.spread(np.diff(self._base.offsets), 0)
        is_kept = numbering.spread(np.ones(len(self._base), np.bool_), False)
        is_kept[nodes] = False
        sizes[nodes] = np.diff(self._patch.offsets)[at]
        offsets = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        data = np.empty(int(offsets[-1]), np.uint8)
        fill(data, offsets, is_kept, self._base, numbering.old)
        for node, place in zip(nodes.tolist(), at.tolist(), strict=True):
            begin, end = self._patch.offsets[place : place + 2]
            data[offsets[node] : offsets[node + 1]] = self._patch.data[begin:end]
        return offsets, data


class Numbering:
    """Where nodes go when new artefacts stand after the old ones, before the owners.

    Parameters
    ----------
    n_old, n_old_artefacts : int
        Nodes and artefacts before.
    n_new_artefacts, n_new_owners : int
        How many of each are new.
    """

    def __init__(
        self, n_old: int, n_old_artefacts: int, n_new_artefacts: int, n_new_owners: int
    ) -> None:
        self.first_new = n_old_artefacts
        self.shift = n_new_artefacts
        self.n_old = n_old
        self.n_artefacts = n_old_artefacts + n_new_artefacts
        self.n_nodes = n_old + n_new_artefacts + n_new_owners

    def after(self, nodes: IntArray) -> IntArray:
        """Return the new numbers of old nodes; -1 stays. O(length)."""
        moved: IntArray = nodes + self.shift * (nodes >= self.first_new)
        return moved.astype(np.int32, copy=False)

    def before(self, node: int) -> int:
        """Return the old number of a node that is not new."""
        return node if node < self.first_new else node - self.shift

    def new_nodes(self) -> tuple[IntArray, IntArray]:
        """Return the numbers of new artefacts and of new owners."""
        return (
            np.arange(self.first_new, self.n_artefacts, dtype=np.int32),
            np.arange(self.n_old + self.shift, self.n_nodes, dtype=np.int32),
        )

    def spread(self, values: NDArray[Any], blank: Any) -> NDArray[Any]:
        """Return values of old nodes in the new order, `blank` for new nodes."""
        spread = grown(values, self.n_nodes)
        spread[self.first_new : self.n_artefacts] = blank
        spread[self.n_artefacts : self.n_old + self.shift] = values[self.first_new :]
        spread[self.n_old + self.shift :] = blank
        return spread

    @property
    def old(self) -> LongArray:
        """The old number of each node; of new nodes any."""
        numbers = np.arange(self.n_old, dtype=np.int64)
        found: LongArray = self.spread(numbers, 0)
        return found


def fill(
    data: NDArray[np.uint8], offsets: LongArray, is_kept: BoolArray, base: Text,
    old: LongArray,
) -> None:  # fmt: skip
    """Copy strings that are kept to their new places, as many at once as lie in a row.

    Parameters
    ----------
    data, offsets : arrays
        Where to copy to.
    is_kept : bool array, shape (N,)
        Which strings come from `base`.
    base : Text
        Where to copy from.
    old : int64 array, shape (N,)
        Position of each kept string in `base`.
    """
    kept = np.flatnonzero(is_kept)
    if not len(kept):
        return
    breaks = (np.diff(kept) != 1) | (np.diff(old[kept]) != 1)
    starts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    ends = np.append(starts[1:], len(kept)) - 1
    first, last = kept[starts], kept[ends]
    sources = base.offsets[old[first]], base.offsets[old[last] + 1]
    target = offsets[first]
    for begin, end, at in zip(
        sources[0].tolist(), sources[1].tolist(), target.tolist(), strict=True
    ):
        data[at : at + end - begin] = base.data[begin:end]


class MemoryHaystack(Haystack):
    """The bytes of an array in memory, searched like those of a file."""

    def __init__(self, n_bytes: int) -> None:
        mapped = mmap.mmap(-1, max(1, n_bytes))
        self._hold(mapped, 0)
        self.data: NDArray[np.uint8] = np.frombuffer(mapped, np.uint8)[:n_bytes]


def popular_places(
    base: Mapping[str, NDArray[Any]],
    order: IntArray,
    wanted: Mapping[str, NDArray[Any]],
) -> LongArray:
    """Return where nodes belong in an order of popularity.

    Parameters
    ----------
    base : mapping of str to array, shape (V,)
        ``downloads``, ``likes``, ``degree`` (descending), ``rank`` (of the id, ascending).
    order : int32 array
        Nodes in this order.
    wanted : mapping of str to array, shape (k,)
        The same of the nodes to be placed.

    Returns
    -------
    int64 array, shape (k,)
        Place of the first node in `order` that is less popular.

    Notes
    -----
    O(k log V): all are bisected at once.
    """
    count = len(wanted["rank"])
    low, high = np.zeros(count, np.int64), np.full(count, len(order), np.int64)
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) // 2
        nodes = order[middle]
        before = np.zeros(len(open_), np.bool_)
        tied = np.ones(len(open_), np.bool_)
        for name in ("downloads", "likes", "degree", "rank"):
            there, here = base[name][nodes], wanted[name][open_]
            ahead = there < here if name == "rank" else there > here
            before |= tied & ahead
            tied &= there == here
        low[open_[before]] = middle[before] + 1
        high[open_[~before]] = middle[~before]
    return low
