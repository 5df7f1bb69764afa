"""Pictures of concentration: shares, Lorenz curve, closure curve, figures over time."""

from __future__ import annotations

from datetime import date
from typing import Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from headwater.queries.colours import VERDICT_LOOKS
from headwater.queries.concentration import Concentration
from headwater.queries.concentration_figures import Interval
from headwater.queries.concentration_time import ConcentrationOverTime
from headwater.queries.plots_base import Theme, bars, height_of
from headwater.queries.plots_counts import needed, one_of
from headwater.queries.result_html import percent

FIGURES: Final = {
    "effective_number": "as concentrated as so many equal ones",
    "hhi": "Herfindahl-Hirschman index",
    "cr1": "share of the largest", "cr4": "share of the four largest",
    "cr10": "share of the ten largest", "gini": "Gini coefficient",
    "entropy": "entropy (nats)", "exp_entropy": "exponential of the entropy",
}  # fmt: skip
"""Figures that can be drawn over time."""
_KINDS: Final = ("shares", "lorenz", "closure")


def draw_concentration(
    answer: Concentration, theme: Theme, *, kind: str = "shares", limit: int = 12
) -> Axes:
    """Draw shares, the Lorenz curve or the closure curve.

    Parameters
    ----------
    kind : {"shares", "lorenz", "closure"}
        What is drawn.
    limit : int
        So many bars, or steps of the closure curve.
    """
    one_of(kind, _KINDS)
    needed(answer.pretrainers, answer)
    if kind == "lorenz":
        return _lorenz(answer, theme)
    if kind == "closure":
        return _closure(answer, theme, limit)
    listed = answer.pretrainers[:limit]
    (ax,) = theme.panels(height_of(len(listed)))
    bars(theme, ax, [item.name for item in listed], [item.share for item in listed],
         [percent(item.share) for item in listed])  # fmt: skip
    theme.title(ax, f"Who stands behind {answer.n_models:,} models",
                f"share of {answer.weight} by {answer.by}; {percent(answer.coverage)} of "
                f"the weight is of declared lineage; {answer.n_pretrainers:,} have a "
                "share")  # fmt: skip
    return ax


def _lorenz(answer: Concentration, theme: Theme) -> Axes:
    (ax,) = theme.panels(3.8, width=5.4)
    x = [item.pretrainers for item in answer.lorenz]
    y = [item.share for item in answer.lorenz]
    ax.plot([0, 1], [0, 1], color=theme.surface("ink-3"), linewidth=1)
    ax.fill_between(x, y, x, color=theme.surface("accent"), alpha=0.16, linewidth=0)
    ax.plot(x, y, color=theme.surface("accent"), linewidth=2)
    _percentages(theme, ax)
    ax.set_xlabel("smallest pretrainers", fontsize=8.5, color=theme.surface("ink-2"))
    gini = answer.gini.point
    theme.title(ax, "How unequal the shares are",
                f"Gini {'–' if gini is None else f'{gini:.2f}'}; the straight line is "
                "equality")  # fmt: skip
    return ax


def _closure(answer: Concentration, theme: Theme, limit: int) -> Axes:
    points = answer.closure.curve[:limit]
    (ax,) = theme.panels(height_of(len(points)), width=8.6)
    places = range(len(points))
    ax.barh(places, [item.high for item in points], height=0.68,
            color=theme.surface("line"), label="at most")  # fmt: skip
    ax.barh(places, [item.share for item in points], height=0.34,
            color=theme.of(VERDICT_LOOKS["breaks"]), label="of declared lineage")  # fmt: skip
    bars(theme, ax, [f"{item.k}. {item.name}" for item in points],
         [0.0 for _ in points], ["" for _ in points])  # fmt: skip
    for place, item in zip(places, points, strict=True):
        ax.annotate(percent(item.share), (max(item.share, item.high), place), (4, 0),
                    textcoords="offset points", va="center", fontsize=8,
                    color=theme.surface("ink-2"))  # fmt: skip
    ax.set_xlim(0, 1.1)
    half = answer.closure.half.point
    theme.title(ax, "Share of models touched when one more closes",
                "half is touched by no choice of declared lineage" if half is None
                else f"closing {half:.0f} touches half; grey: as high as undeclared "
                "lineage can make it")  # fmt: skip
    return ax


def draw_concentration_over_time(
    answer: ConcentrationOverTime,
    theme: Theme,
    *,
    figure: str = "effective_number",
    flow: bool = True,
) -> Axes:
    """Draw one figure over time, with the interval that undeclared lineage allows.

    Parameters
    ----------
    figure : str
        One of :data:`FIGURES`.
    flow : bool
        Whether to draw that of each period alone too.
    """
    one_of(figure, tuple(FIGURES))
    stock = [
        (item.last_day, value)
        for item in answer.periods
        if (value := _figure(item.stock, figure)).point is not None
    ]
    needed(stock, answer)
    (ax,) = theme.panels(3.6)
    days = [_number(day) for day, _ in stock]
    ax.fill_between(
        days, [value.low or 0 for _, value in stock],
        [value.high or 0 for _, value in stock],
        color=theme.surface("accent"), alpha=0.15, linewidth=0,
    )  # fmt: skip
    line = ax.plot(days, [value.point or 0 for _, value in stock], linewidth=2.2,
                   color=theme.surface("accent"), label="all up to then")  # fmt: skip
    handles = list(line)
    if flow:
        new = [
            (_number(item.last_day), value.point)
            for item in answer.periods
            if (value := _figure(item.flow, figure)).point is not None
        ]
        handles += ax.plot(
            [day for day, _ in new], [point for _, point in new], "o", markersize=3.2,
            color=theme.of(VERDICT_LOOKS["unrebuildable"]),
            label=f"new in the {answer.length}",
        )  # fmt: skip
    ax.set_ylim(0)
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(formatter)
    ax.grid(axis="y", color=theme.surface("line"), linewidth=0.8)
    ax.set_axisbelow(True)
    theme.title(ax, f"{FIGURES[figure][0].upper()}{FIGURES[figure][1:]}",
                f"by {answer.by}, weighed in {answer.weight}; the band is what "
                "undeclared lineage allows")  # fmt: skip
    theme.legend(ax, handles, 2)
    return ax


def _figure(figures: object, name: str) -> Interval:
    value = getattr(figures, name)
    assert isinstance(value, Interval)
    return value


def _number(day: date) -> float:
    return float(date2num(day))  # type: ignore[no-untyped-call]


def _percentages(theme: Theme, ax: Axes) -> None:
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.grid(color=theme.surface("line"), linewidth=0.8)
    ax.set_axisbelow(True)
