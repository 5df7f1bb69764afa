"""Concentration over time: what was made in each period, and all there was by its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.arrays import NO_DAY
from headwater.graph.kernels.csr import IntArray, LongArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.as_of import nodes_as_of
from headwater.queries.concentration_counts import Figures, figures
from headwater.queries.concentration_figures import Amounts
from headwater.queries.concentration_inventory import Inventory, Resolved
from headwater.queries.concentration_select import Chosen, choose
from headwater.queries.concentration_shares import Upstream, attribute
from headwater.queries.results import Result

PERIODS: Final = {"month": 1, "quarter": 3}
"""Lengths of a period, in months."""


@dataclass(frozen=True, slots=True)
class PeriodFigures(Figures):
    """Figures of one period, and who is largest.

    Attributes
    ----------
    largest, largest_name : str or None
        The pretrainer with the largest share; None when nothing is declared.
    """

    largest: str | None
    largest_name: str | None


@dataclass(frozen=True, slots=True)
class Period:
    """One month or quarter.

    Attributes
    ----------
    period : str
        ``2024-03`` or ``2024-Q1``.
    last_day : date
        The stock is that of this day; what ``as_of`` that day says.
    flow : PeriodFigures
        Over models released in the period, attributed by the lineage of its last day.
    stock : PeriodFigures
        Over all released by its end.
    """

    period: str
    last_day: date
    flow: PeriodFigures
    stock: PeriodFigures


@dataclass(frozen=True, slots=True)
class ConcentrationOverTime(Result):
    """Figures by period, in order of time.

    Attributes
    ----------
    snapshot, by, weight, attribution, where, as_of, inventory, n_unknown_where
        As in :class:`headwater.queries.concentration.Concentration`.
    length : str
        ``month`` or ``quarter``.
    n_undated : int
        Models selected without a day of release: they are in no period.
    periods : tuple of Period
        Those in which a selected model was released; in between nothing changes.
    """

    snapshot: str
    by: str
    weight: str
    attribution: str
    where: tuple[tuple[str, str], ...]
    as_of: date | None
    length: str
    n_undated: int
    n_unknown_where: int
    inventory: Resolved | None
    periods: tuple[Period, ...]


def concentration_over_time(
    graph: LineageGraph,
    length: str,
    where: Mapping[str, str] | None = None,
    *,
    by: str = "developer",
    weight: str | Inventory = "models",
    attribution: str = "fractional",
    as_of: date | None = None,
) -> ConcentrationOverTime:
    """Return the concentration of each month or quarter, as flow and as stock.

    Parameters
    ----------
    length : str
        ``month`` or ``quarter``.
    where, by, weight, attribution, as_of
        As for :func:`headwater.queries.concentration.concentration`. Weights are those
        of the snapshot: nobody has told what downloads a model had at the time.

    Raises
    ------
    InvalidArgumentError
        When an option has no such value, no model is selected, or none has a date.

    Notes
    -----
    A model counts from its own release; an edge exists once both its ends do, so a
    parent that is younger than its child is no parent yet. The graph is drawn together
    once with the period of each edge; every period looks at roots and merges only.
    """
    if length not in PERIODS:
        raise InvalidArgumentError(
            f"no period {length!r}; there are {', '.join(PERIODS)}"
        )
    chosen = choose(graph, where or {}, weight, as_of, dated=True)
    number = _numbers(graph, PERIODS[length])
    if not chosen.dated.any():
        raise InvalidArgumentError(
            f"none of the models selected has a date of release "
            f"({chosen.n_undated:,} are undated), so nothing can be shown over time"
        )
    within = None if as_of is None else nodes_as_of(graph, as_of)
    upstream = Upstream(graph, by, within, number)
    periods = _periods(graph, upstream, chosen, number, attribution, PERIODS[length])
    return ConcentrationOverTime(
        snapshot=graph.manifest.id,
        by=by,
        weight=chosen.weight,
        attribution=attribution,
        where=tuple(sorted((where or {}).items())),
        as_of=as_of,
        length=length,
        n_undated=chosen.n_undated,
        n_unknown_where=chosen.selection.n_unknown,
        inventory=chosen.inventory,
        periods=tuple(periods),
    )


def _numbers(graph: LineageGraph, months: int) -> IntArray:
    """Return the period of every node, counted from the first; 0 for the undated."""
    days = graph.columns.day
    known = days != NO_DAY
    low = int(days.min(initial=np.iinfo(np.int32).max - 1, where=known))
    high = int(days.max(initial=low, where=known))
    # Models share their days: each day is turned into a period once.
    of_day = np.arange(low, high + 1).astype("datetime64[D]").astype("datetime64[M]")
    of_day = of_day.astype(np.int64) // months + _OFFSET
    found: IntArray = np.zeros(len(days), np.int32)
    found[known] = of_day.take(days[known] - low)
    return found


_OFFSET: Final = 1 << 20
"""Puts months before 1970 above 0, which is the number of the undated."""


def _periods(
    graph: LineageGraph,
    upstream: Upstream,
    chosen: Chosen,
    number: IntArray,
    attribution: str,
    months: int,
) -> Iterator[Period]:
    nodes = np.flatnonzero(chosen.dated)
    order = np.argsort(number.take(nodes), kind="stable")
    nodes = nodes[order]
    period = number.take(nodes)
    every, starts = np.unique(period, return_index=True)
    bounds = np.append(starts, len(nodes)).tolist()
    size = len(upstream.nodes)
    stock = _Held(np.zeros(size), np.zeros(size), 0)
    for now, begin, end in zip(every.tolist(), bounds, bounds[1:], strict=False):
        flow = _gathered(upstream, chosen, nodes[begin:end])
        stock = stock.plus(flow)
        name, last_day = _name(now, months)
        yield Period(
            name,
            last_day,
            _figures(graph, upstream, flow, attribution, now),
            _figures(graph, upstream, stock, attribution, now),
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """Models and weight that come to each slot, and models without a figure."""

    number: Amounts
    mass: Amounts
    n_no_figure: int

    def plus(self, more: _Held) -> _Held:
        """Return the sum of both."""
        number = self.number + more.number
        # Where every model weighs 1 the two are one array, which is added once.
        mass = number if more.mass is more.number else self.mass + more.mass
        return _Held(number, mass, self.n_no_figure + more.n_no_figure)


def _gathered(upstream: Upstream, chosen: Chosen, nodes: LongArray) -> _Held:
    told = chosen.models.take(nodes)
    known = nodes[told]
    number = upstream.gather(known)
    if chosen.weight == "models":
        return _Held(number, number, 0)
    mass = upstream.gather(known, chosen.mass.take(known))
    return _Held(number, mass, len(nodes) - len(known))


def _figures(
    graph: LineageGraph, upstream: Upstream, held: _Held, attribution: str, now: int
) -> PeriodFigures:
    active = upstream.core.start <= now
    rest = upstream.rest(held.mass, active)
    found = attribute(upstream, held.mass, attribution, rest, active)
    largest = None
    if found.amounts.any():
        largest = int(upstream.owners[int(found.amounts.argmax())])
    fields: dict[str, Any] = figures(
        upstream, held.number, held.mass, rest, found, held.n_no_figure, active
    )
    return PeriodFigures(
        **fields,
        largest=None if largest is None else graph.ids[largest],
        largest_name=None if largest is None else graph.name(largest),
    )


def _name(number: int, months: int) -> tuple[str, date]:
    """Return the name of a period and its last day.

    Examples
    --------
    >>> _name(_OFFSET + 54 * 4, 3)
    ('2024-Q1', datetime.date(2024, 3, 31))
    """
    first = np.datetime64((number - _OFFSET) * months, "M")
    # The day after the year 9999 is none: the last day is found without it.
    after = (first + np.timedelta64(months, "M")).astype("datetime64[D]")
    last_day: date = (after - np.timedelta64(1, "D")).item()
    month = str(first)
    name = month if months == 1 else f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"
    return name, last_day
