"""Figures of concentration over shares, and the interval that unknown lineage allows.

References
----------
A. O. Hirschman, "The paternity of an index", American Economic Review 54 (1964),
761-762 (HHI). M. A. Adelman, "Comment on the H concentration measure as a
numbers-equivalent", Review of Economics and Statistics 51 (1969), 99-101 (effective
number). C. E. Shannon, "A mathematical theory of communication", Bell System Technical
Journal 27 (1948), 379-423 (entropy). M. O. Lorenz, "Methods of measuring the
concentration of wealth", Publications of the American Statistical Association 9 (1905),
209-219. C. Gini, "Variabilità e mutabilità", Bologna 1912.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

Amounts = NDArray[np.float64]

LORENZ_POINTS: Final = 100
"""Most steps of a Lorenz curve; between them it is nearly straight."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure on declared lineage, and how far undeclared lineage can move it.

    Attributes
    ----------
    point : float or None
        On declared lineage only; None when none is declared.
    low, high : float or None
        The least and the greatest of three: the point itself (undeclared lineage is
        spread as the declared is), every undeclared model a root of its own, all of
        them on the largest.
    """

    point: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures over one list of shares.

    Attributes
    ----------
    hhi : float
        Herfindahl-Hirschman index, the sum of squared shares, in 1/n..1.
    effective_number : float
        Its inverse: as many equal ones would have the same index.
    cr1, cr4, cr10 : float
        Share of the one, four and ten largest.
    gini : float
        0 for equal shares, (n - 1) / n when one has all.
    entropy, exp_entropy : float
        Shannon entropy in nats, and the number of equal ones with that entropy.
    """

    hhi: float
    effective_number: float
    cr1: float
    cr4: float
    cr10: float
    gini: float
    entropy: float
    exp_entropy: float


def measures(amounts: Amounts) -> Measures | None:
    """Return all figures over the shares that amounts make up; None when all are zero.

    Parameters
    ----------
    amounts : float64 array, shape (n,)
        Not negative, in any order and unit; zeros are left out.

    Notes
    -----
    O(n log n). With shares s in ascending order s_1 .. s_n, Gini is
    (2 sum of i s_i - n - 1) / n.

    Examples
    --------
    Shares 1/2, 1/4, 1/4: HHI 1/4 + 1/16 + 1/16 = 3/8, so 8/3 equal ones; the largest has
    1/2; Gini (2 (1/4 + 2/4 + 3/2) - 4) / 3 = 1/6; entropy 1/2 ln 2 + 2/4 ln 4 = 3/2 ln 2.

    >>> found = measures(np.array([2.0, 1.0, 1.0]))
    >>> found.hhi, round(found.effective_number, 6), found.cr1, found.cr4
    (0.375, 2.666667, 0.5, 1.0)
    >>> round(found.gini, 6), round(found.entropy, 6), round(found.exp_entropy, 6)
    (0.166667, 1.039721, 2.828427)

    One that has everything:

    >>> alone = measures(np.array([7.0, 0.0]))
    >>> alone.hhi, alone.effective_number, alone.gini, alone.entropy, alone.exp_entropy
    (1.0, 1.0, 0.0, 0.0, 1.0)
    >>> measures(np.zeros(3)) is None
    True
    """
    values, times = _grouped(amounts[amounts > 0])
    total = float((values * times).sum())
    if not total:
        return None
    shares = values / total
    before = np.cumsum(times) - times
    n = float(times.sum())
    held = shares * times
    hhi = float((held * shares).sum())
    entropy = max(0.0, -float((held * np.log(shares)).sum()))
    # Of a group of equal shares the mean place in ascending order counts.
    weighted = float((held * (before + (times + 1) / 2)).sum())
    top = np.repeat(shares[-10:], np.minimum(times[-10:], 10).astype(np.int64))
    return Measures(
        hhi=hhi,
        effective_number=1 / hhi,
        cr1=float(top[-1]),
        cr4=min(1.0, float(top[-4:].sum())),
        cr10=min(1.0, float(top[-10:].sum())),
        gini=max(0.0, (2 * weighted - n - 1) / n),
        entropy=entropy,
        exp_entropy=float(np.exp(entropy)),
    )


def _grouped(amounts: Amounts) -> tuple[Amounts, Amounts]:
    """Return the different amounts, ascending, and how often each occurs.

    Nine in ten undeclared models have nothing but themselves: equal whole numbers are
    counted, only the rest is sorted.
    """
    small = amounts.astype(np.int32) if amounts.max(initial=0) < 2**31 else None
    if small is None or len(amounts) < _COUNTED:
        ascending = np.sort(amounts)
        return ascending, np.ones(len(ascending))
    countable = (amounts == small) & (small < _COUNTED)
    counts = np.bincount(small[countable])
    whole = np.flatnonzero(counts)
    values = np.concatenate([whole.astype(np.float64), amounts[~countable]])
    times = np.concatenate(
        [counts[whole].astype(np.float64), np.ones(len(values) - len(whole))]
    )
    order = np.argsort(values)
    return values[order], times[order]


_COUNTED: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class MeasureIntervals:
    """The figures of :class:`Measures`, each with its interval."""

    hhi: Interval
    effective_number: Interval
    cr1: Interval
    cr4: Interval
    cr10: Interval
    gini: Interval
    entropy: Interval
    exp_entropy: Interval


def intervals(declared: Amounts, loose: Amounts, together: Amounts) -> MeasureIntervals:
    """Return each figure on declared lineage with its interval.

    Parameters
    ----------
    declared : float64 array, shape (n,)
        What each pretrainer has of declared lineage.
    loose : float64 array, shape (u,)
        What rests on each model of undeclared lineage.
    together : float64 array, shape (n,)
        What each pretrainer has if all undeclared lineage leads to the largest.

    Notes
    -----
    For weight 1 a model another undeclared model can only widen the intervals of HHI,
    effective number and concentration ratios. Gini is no such figure: many small roots
    of their own make shares less equal, still more of them make them equal again.

    Examples
    --------
    Two pretrainers with 3 and 1 models, and two undeclared models: HHI 10/16 on declared
    lineage, (9 + 1 + 1 + 1) / 36 apart, (25 + 1) / 36 together.

    >>> found = intervals(np.array([3.0, 1.0]), np.ones(2), np.array([5.0, 1.0])).hhi
    >>> found.point, round(found.low, 4), round(found.high, 4)
    (0.625, 0.3333, 0.7222)
    """
    point = measures(declared)
    if not len(loose):
        scenarios = [point]
    else:
        stacked = together if point else np.array([float(loose.sum())])
        alone = np.concatenate([declared, loose])
        scenarios = [point, measures(alone), measures(stacked)]
    known = [item for item in scenarios if item is not None]
    made = {}
    for name in (item.name for item in fields(Measures)):
        values = [float(getattr(item, name)) for item in known]
        made[name] = Interval(
            None if point is None else float(getattr(point, name)),
            min(values, default=None),
            max(values, default=None),
        )
    return MeasureIntervals(**made)


@dataclass(frozen=True, slots=True)
class LorenzPoint:
    """The smallest `pretrainers` (a share of their number) have this `share` of all."""

    pretrainers: float
    share: float


def lorenz_curve(amounts: Amounts) -> tuple[LorenzPoint, ...]:
    """Return points of the Lorenz curve, from (0, 0) to (1, 1), smallest first.

    Points of the curve itself, at most :data:`LORENZ_POINTS` steps; zeros are left out,
    and without any amount there is no curve. O(n log n).

    Examples
    --------
    The smaller of 3 and 1 is half of the two and has a quarter:

    >>> [(item.pretrainers, item.share) for item in lorenz_curve(np.array([3.0, 1.0]))]
    [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]
    """
    ascending = np.sort(amounts[amounts > 0])
    n = len(ascending)
    if not n:
        return ()
    sums = np.concatenate([[0.0], np.cumsum(ascending)])
    steps = min(n, LORENZ_POINTS)
    places = np.arange(steps + 1) * n // steps
    heights = sums[places] / sums[-1]
    return tuple(
        LorenzPoint(place / n, height)
        for place, height in zip(places.tolist(), heights.tolist(), strict=True)
    )
