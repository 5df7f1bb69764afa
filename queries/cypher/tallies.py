"""Counts and sums of victims by verdict, added up by the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import numpy as np

from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.verdicts import Found
from headwater.queries.what_breaks_values import Weight

_WIDTH: Final = 8
"""Room for the verdicts of an event."""
_FIGURES: Final = ("downloads", "downloads_all_time", "likes", "parameters")
_NOTHING: Final = Weight(0, 0, 0, 0, 0, 0, 0)


class Tallies:
    """Figures of victims by the verdicts of several events, in one pass over them.

    Each victim is sent with a cell: one for each combination of verdicts, and whether it
    is captive. The server adds up by cell; what one event does is the margin.

    Attributes
    ----------
    known : int
        Victims of known origin, as the snapshot has it.
    """

    def __init__(self, ask: Asking, found: Sequence[Found]) -> None:
        self._distinct: list[Found] = []
        for one in found:
            if not any(one.verdict is other.verdict for other in self._distinct):
                self._distinct.append(one)
        first = self._distinct[0]
        cell = first.captive.astype(np.int64)
        for one in self._distinct:
            cell = cell * _WIDTH + one.verdict
        size = 2 * _WIDTH ** len(self._distinct)
        sums = ", ".join(f"sum(coalesce(n.{name}, 0))" for name in _FIGURES)
        rows = ask.each(
            f"UNWIND $items AS item MATCH (n:Node {{node: item / {size}}}) "
            f"RETURN item % {size}, count(*), {sums}, "
            "count(CASE WHEN n.downloads IS NULL THEN 1 END), "
            "count(CASE WHEN n.known_origin THEN 1 END)",
            (first.nodes.astype(np.int64) * size + cell).tolist(),
        )
        self._cells: dict[int, list[int]] = {}
        self.known = 0
        for place, *figures, known in rows:
            held = self._cells.get(place, [0] * len(figures))
            self._cells[place] = [a + b for a, b in zip(held, figures, strict=True)]
            self.known += known

    def of(self, found: Found) -> list[Weight]:
        """Return what each verdict of an event weighs, by code."""
        place = next(
            at for at, one in enumerate(self._distinct) if one.verdict is found.verdict
        )
        factor = _WIDTH ** (len(self._distinct) - 1 - place)
        captive_from = _WIDTH ** len(self._distinct)
        weights = [_NOTHING] * _WIDTH
        for cell, figures in self._cells.items():
            code = cell // factor % _WIDTH
            count, *rest = figures
            captive = count if cell >= captive_from else 0
            weights[code] = _plus(weights[code], Weight(*(count, captive, *rest)))
        return weights


def _plus(one: Weight, other: Weight) -> Weight:
    names = (item.name for item in fields(Weight))
    return Weight(**{name: getattr(one, name) + getattr(other, name) for name in names})
