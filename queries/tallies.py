"""Counts and sums of victims by verdict, for several events in one pass.

Each victim has one verdict an event. Victims are put into a cell for each combination
of verdicts that occurs; the figures are added up by cell once, and what one event does
is the margin of that table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import ByteArray, IntArray, LongArray

_WIDTH = 16
"""Room for the verdicts of an event."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one event does, by verdict code; W is 16.

    Attributes
    ----------
    artefacts, captive, untold : int64 arrays, shape (W,)
        How many; how many are captive; of how many downloads are unknown.
    sums : list of int64 array, shape (W,)
        Each figure added up.
    """

    artefacts: LongArray
    captive: LongArray
    untold: LongArray
    sums: list[LongArray]


class Tallies:
    """Figures of K victims by the verdicts of several events.

    Parameters
    ----------
    verdicts : sequence of int8 array, shape (K,)
        Verdict codes of each event, below 16; the same array for events of the same
        rules.
    amounts : sequence of int64 array, shape (K,)
        Figures to add up.
    captive, untold : int arrays
        Places of captive victims, and of those with unknown downloads.

    Notes
    -----
    O(K) for all events together. Sums are exact: integers stay integers.

    Examples
    --------
    >>> one, other = np.array([0, 0, 1], np.int8), np.array([2, 1, 1], np.int8)
    >>> amounts = [np.array([5, 7, 9])]
    >>> tallies = Tallies([one, other], amounts, np.array([2]), np.array([0]))
    >>> tallies.of(other).sums[0][:3].tolist(), tallies.of(one).artefacts[:2].tolist()
    ([0, 16, 5], [2, 1])
    """

    def __init__(
        self,
        verdicts: Sequence[ByteArray],
        amounts: Sequence[LongArray],
        captive: NDArray[np.integer],
        untold: IntArray | LongArray,
    ) -> None:
        self._distinct: list[ByteArray] = []
        for verdict in verdicts:
            if not any(verdict is known for known in self._distinct):
                self._distinct.append(verdict)
        cell = reduce(
            lambda cells, verdict: cells * _WIDTH + verdict,
            self._distinct[1:],
            self._distinct[0].astype(np.intp),
        )
        size = _WIDTH ** len(self._distinct)
        self._counts = [
            np.bincount(places, minlength=size)
            for places in (cell, cell[captive], cell[untold])
        ]
        self._sums = []
        for values in amounts:
            total = np.zeros(size, np.int64)
            np.add.at(total, cell, values)
            self._sums.append(total)

    def of(self, verdict: ByteArray) -> Tally:
        """Return what the event of this array of verdicts does."""
        axis = next(at for at, known in enumerate(self._distinct) if known is verdict)
        artefacts, captive, untold = (
            self._margin(values, axis) for values in self._counts
        )
        return Tally(
            artefacts, captive, untold,
            [self._margin(values, axis) for values in self._sums],
        )  # fmt: skip

    def _margin(self, values: LongArray, axis: int) -> LongArray:
        n_events = len(self._distinct)
        others = tuple(other for other in range(n_events) if other != axis)
        table = values.reshape((_WIDTH,) * n_events)
        found: LongArray = table.sum(axis=others)
        return found
