"""How concentration is told: sentences first, then tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console

from headwater.cli import _output as out
from headwater.queries.concentration import Concentration
from headwater.queries.concentration_figures import Interval
from headwater.queries.concentration_inventory import Resolved
from headwater.queries.concentration_shares import ATTRIBUTIONS
from headwater.queries.concentration_time import ConcentrationOverTime, Period

SHOWN = 20
PERIODS_SHOWN = 24
_WORDS = {
    "developer": ("developer", "developers"),
    "namespace": ("namespace", "namespaces"),
    "root": ("root model", "root models"),
    "dataset": ("dataset", "datasets"),
}
_WEIGHED = {
    "models": "each model weighs 1",
    "downloads": "a model weighs its downloads of the last 30 days",
    "likes": "a model weighs its likes",
    "parameters": "a model weighs its number of parameters",
    "inventory": "a model weighs what the inventory says",
}
_MEASURES = (
    ("hhi", "HHI", 3, "sum of squared shares: 1 is one alone"),
    ("effective_number", "effective number", 1, "as many equal ones have this HHI"),
    ("cr1", "share of the largest", 3, "CR1"),
    ("cr4", "share of the 4 largest", 3, "CR4"),
    ("cr10", "share of the 10 largest", 3, "CR10"),
    ("gini", "Gini", 3, "0 is all equal"),
    ("entropy", "entropy", 3, "Shannon, in nats"),
    ("exp_entropy", "exp(entropy)", 1, "as many equal ones have this entropy"),
)


def show(answer: Concentration | ConcentrationOverTime) -> None:
    """Print an answer for people."""
    if isinstance(answer, ConcentrationOverTime):
        _show_time(answer)
    else:
        _show_one(answer)


def csv_rows(
    answer: Concentration | ConcentrationOverTime,
) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    """Return header and rows: pretrainers, or periods with flow and stock apart."""
    if isinstance(answer, Concentration):
        columns = ("id", "name", "amount", "share", "n_roots")
        return columns, (
            [getattr(item, name) for name in columns] for item in answer.pretrainers
        )
    plain = ("n_models", "n_undeclared", "n_no_figure", "total", "declared", "coverage",
             "established", "presumed", "n_pretrainers", "largest")  # fmt: skip
    names = [name for name, *_ in _MEASURES]
    header = ("period", "last_day", "of", *plain,
              *(f"{name}{end}" for name in names for end in ("", "_low", "_high")))  # fmt: skip

    def row(period: Period, of: str) -> list[object]:
        figures = getattr(period, of)
        spans = [getattr(figures, name) for name in names]
        return [
            period.period, period.last_day, of,
            *(getattr(figures, name) for name in plain),
            *(value for span in spans for value in (span.point, span.low, span.high)),
        ]  # fmt: skip

    return header, (
        row(period, of) for period in answer.periods for of in ("flow", "stock")
    )


def inventory_lines(inventory: Resolved) -> list[str]:
    """Return what is to be said of the user's own inventory."""
    lines = [
        f"Inventory {inventory.path}: {inventory.n_rows:,} lines name "
        f"{inventory.n_models:,} models of the graph."
    ]
    for ids, what in (
        (inventory.unresolved, "not in the graph"),
        (inventory.not_models, "no models"),
    ):
        if ids:
            more = f" … and {len(ids) - SHOWN:,} more (--json)" if ids[SHOWN:] else ""
            lines.append(
                f"{len(ids):,} {what}, counted nowhere: {', '.join(ids[:SHOWN])}{more}"
            )
    return lines


def _show_one(answer: Concentration) -> None:
    console = out.console()
    console.print(out.plain(_headline(answer)), style="bold")
    for line in _meaning(answer):
        console.print(out.plain(line))
    _say_basis(console, answer)
    if not answer.n_models:
        return
    console.print()
    made = out.table(
        "figure", "point", "low", "high", "", numbers=("point", "low", "high")
    )
    for name, label, digits, meaning in _MEASURES:
        made.add_row(label, *_cells(getattr(answer, name), digits), meaning)
    other = answer.fractional_roots
    if other is not None and other.notable:
        made.add_section()
        for name, label, digits, _ in _MEASURES[:5]:
            made.add_row(
                f"{label} *", *_cells(getattr(other, name), digits), other.attribution
            )
    console.print(made)
    if other is not None and other.notable:
        console.print(
            f"* {ATTRIBUTIONS[other.attribution]}: it places {out.share(other.moved)} of the "
            "weight elsewhere.",
            style="dim",
        )
    console.print()
    _show_pretrainers(console, answer)
    _show_closure(console, answer)


def _headline(answer: Concentration) -> str:
    one, several = _WORDS[answer.by]
    n, reached = answer.n_pretrainers, answer.n_models - answer.n_undeclared
    models = f"{answer.n_models:,} models"
    chosen = ", ".join(f"{name} {value}" for name, value in answer.where)
    about = f"{models} ({chosen})" if chosen else models
    behind = about if reached == answer.n_models else f"{reached:,} of {about}"
    moment = f"As of {answer.as_of}, " if answer.as_of else ""
    number = answer.effective_number
    if not answer.n_models:
        return f"{moment}no model is left to count; what was left out is listed below."
    if number.point is None:
        return f"{moment}nobody has declared what any of {about} stands on."
    verb = "stands" if n == 1 else "stand"
    return (
        f"{moment}{n:,} {one if n == 1 else several} {verb} behind {behind}; by their "
        f"shares they are as many as {number.point:.1f} equal ones."
    )


def _meaning(answer: Concentration) -> Iterable[str]:
    """Yield what the figures mean, for somebody who decides."""
    one, several = _WORDS[answer.by]
    weight = "weight" if answer.weight != "models" else "models"
    ends = "was withdrawn" if answer.by == "dataset" else "closed"
    curve, half = answer.closure.curve, answer.closure.half
    if curve:
        first = curve[0]
        every = ""
        if answer.n_undeclared or first.low != first.high:
            every = (
                f"; of all that was asked about, at least {out.share(first.low)} and at "
                f"most {out.share(first.high)}"
            )
        yield (
            f"If {first.name} {ends}, {out.share(first.share)} of the {weight} of declared "
            f"lineage would be touched{every}."
        )
    if half.point is not None:
        best, n = answer.closure.half_at_least, int(half.point)
        sure = "" if best == n else f" (no choice does it with fewer than {best})"
        chosen = one if n == 1 else f"{several} chosen one after the other"
        end = ends if n == 1 else ends.replace("was", "were")
        yield f"Half would be touched if {n:,} {chosen} {end}{sure}."
    if answer.n_undeclared:
        number = answer.effective_number
        nothing = "no named dataset" if answer.by == "dataset" else "no declared root"
        yield (
            f"{answer.n_undeclared:,} of {answer.n_models:,} models lead to {nothing}: "
            "nobody has said what they stand on. Whatever it is, the effective number is "
            f"between {_number(number.low, 1)} and {_number(number.high, 1)} in the cases "
            "below."
        )


def _say_basis(console: Console, answer: Concentration) -> None:
    rest = ""
    if answer.established is not None:
        rest = (
            f"; of that {out.share(answer.established)} rests on established roots, "
            f"{out.share(answer.presumed)} on presumed ones"
        )
    lines = [
        f"Attribution {answer.attribution}: {ATTRIBUTIONS[answer.attribution]}. "
        f"Weight: {_WEIGHED[answer.weight]}. Lineage is declared for "
        f"{out.share(answer.coverage)}{rest}.",
        "Point: declared lineage only. Low and high: undeclared lineage spread alike, each "
        "undeclared model a root of its own, all on the largest.",
    ]
    if answer.attribution in ("any", "captive"):
        lines.append(
            "Shares are of the declared weight and need not sum to 1; the figures use "
            "each one's part of their sum."
        )
    if answer.by == "dataset":
        lines.append(
            "A model stands on the datasets it was trained on, and on those of what it was "
            "made from."
        )
    if answer.n_models:
        console.print(out.plain(" ".join(lines)), style="dim")
    for line in _apart(answer):
        console.print(out.plain(line), style="dim")


def _apart(answer: Concentration | ConcentrationOverTime) -> Iterable[str]:
    """Yield what was counted apart."""
    n_no_figure = getattr(answer, "n_no_figure", 0)
    if n_no_figure:
        yield (
            f"{n_no_figure:,} models are left out: nobody has told their "
            f"{answer.weight}."
        )
    if answer.n_unknown_where:
        asked = " or ".join(name for name, _ in answer.where)
        yield (
            f"{answer.n_unknown_where:,} models are left out: nobody has told their {asked}."
        )
    if answer.n_undated:
        yield (
            f"{answer.n_undated:,} models are left out: nobody has told when they were "
            "released."
        )
    if answer.inventory is not None:
        yield from inventory_lines(answer.inventory)


def _show_pretrainers(console: Console, answer: Concentration) -> None:
    if not answer.pretrainers:
        return
    unit = "models" if answer.weight == "models" else answer.weight
    names = (unit, "share", "roots") if answer.by != "dataset" else (unit, "share")
    made = out.table(_WORDS[answer.by][0], "", *names, numbers=names)
    for item in answer.pretrainers[:SHOWN]:
        cells = (f"{item.amount:,.1f}", out.share(item.share), out.count(item.n_roots))
        made.add_row(out.plain(item.name), out.plain(item.id), *cells[: len(names)])
    console.print(made)
    more = answer.truncated + len(answer.pretrainers) - SHOWN
    if more > 0:
        console.print(f"… and {more:,} more; --json and --csv list all", style="dim")


def _show_closure(console: Console, answer: Concentration) -> None:
    curve = answer.closure.curve
    if not curve:
        return
    console.print()
    made = out.table(
        "closing", "touches", "low", "high", "this one too",
        numbers=("closing", "touches", "low", "high"),
    )  # fmt: skip
    for point in curve[:5]:
        made.add_row(
            str(point.k), out.share(point.share), out.share(point.low),
            out.share(point.high), out.plain(point.name),
        )  # fmt: skip
    console.print(made)
    console.print(
        "Closure curve, chosen greedily: no other choice of as many touches more than "
        f"{1 / answer.closure.guarantee:.2f} times that (greedy has 1 - 1/e of the best).",
        style="dim",
    )


def _show_time(answer: ConcentrationOverTime) -> None:
    console = out.console()
    first, last = answer.periods[0], answer.periods[-1]
    several = _WORDS[answer.by][1]
    console.print(
        out.plain(
            f"From {first.period} to {last.period}, by {answer.length}: "
            f"{last.stock.n_models:,} dated models, {last.stock.n_pretrainers:,} {several} "
            f"behind them, as many as {_number(last.stock.effective_number.point, 1)} "
            f"equal ones ({_number(first.stock.effective_number.point, 1)} at the start)."
        ),
        style="bold",
    )
    console.print(
        out.plain(
            f"Attribution {answer.attribution}: {ATTRIBUTIONS[answer.attribution]}. "
            f"Weight: {_WEIGHED[answer.weight]}, as the snapshot has it today. Flow: "
            f"released in the {answer.length}. Stock: all up to its end. In brackets: what "
            "undeclared lineage allows."
        ),
        style="dim",
    )
    for line in _apart(answer):
        console.print(out.plain(line), style="dim")
    names = ("flow", "HHI of flow", "stock", "HHI of stock", "effective", "declared")
    made = out.table(answer.length, *names, "largest of stock", numbers=names)
    for item in answer.periods[-PERIODS_SHOWN:]:
        stock = item.stock
        made.add_row(
            item.period, out.count(item.flow.n_models), _span(item.flow.hhi, 2),
            out.count(stock.n_models), _span(stock.hhi, 2),
            _span(stock.effective_number, 1), out.share(stock.coverage),
            out.plain(f"{stock.largest_name or '–'} {_share_of(stock.cr1)}"),
        )  # fmt: skip
    console.print(made)
    if len(answer.periods) > PERIODS_SHOWN:
        console.print(
            f"… and {len(answer.periods) - PERIODS_SHOWN:,} earlier; --json and --csv "
            "list all, with every figure",
            style="dim",
        )


def _share_of(interval: Interval) -> str:
    return "" if interval.point is None else f"{interval.point:.0%}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _span(interval: Interval, digits: int) -> str:
    low, high = _number(interval.low, digits), _number(interval.high, digits)
    return f"{_number(interval.point, digits)} ({low}–{high})"


def _cells(interval: Interval, digits: int) -> tuple[str, str, str]:
    span: list[Any] = [interval.point, interval.low, interval.high]
    point, low, high = (_number(value, digits) for value in span)
    return point, low, high
