"""Pictures of counts: verdicts, chokepoints, licences, dirt, differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from headwater.errors import InvalidArgumentError, UnsupportedOperationError
from headwater.graph.schema import VERDICTS
from headwater.queries.bill_of_materials import BillOfMaterials
from headwater.queries.chokepoints import Chokepoints
from headwater.queries.colours import RELATION_LOOKS, VERDICT_LOOKS
from headwater.queries.diff import Diff
from headwater.queries.diff_sources import OUTCOMES, SourceComparison
from headwater.queries.licence_conflicts import LicenceSurvey
from headwater.queries.licence_drift import ALL, LicenceDrift
from headwater.queries.openness import OpennessShares
from headwater.queries.plots_base import Theme, bars, height_of, stacks
from headwater.queries.quality import Quality
from headwater.queries.result_html import percent
from headwater.queries.stats import Stats
from headwater.queries.watch import WatchReport
from headwater.queries.what_breaks_values import WhatBreaks

_REST: Final = ("unaffected", "unknown")
LICENCE_COLOURS: Final = {
    "conflict": "breaks", "dropped": "breaks", "missing": "unrebuildable",
    "unknown": "unknown", "undeclared": "unknown", "kept": "unaffected",
    "root": "exposed",
}  # fmt: skip
"""Verdict of a licence -> verdict whose colour it has."""
OPENNESS_COLOURS: Final = {
    "open": "unaffected", "partial": "recoverable", "closed": "breaks",
    "unjudged": "exposed", "unlisted": "exposed", "undeclared": "unknown",
    "unknown": "unknown",
}  # fmt: skip


def draw_what_breaks(answer: WhatBreaks, theme: Theme) -> Axes:
    """Draw the victims of each event by verdict, and beside them everything."""
    left, right = theme.panels(0.9 + 0.55 * len(answer.outcomes) + 0.6, (1.7, 1))
    events = [outcome.event for outcome in answer.outcomes]
    series = [
        (
            VERDICT_LOOKS[verdict].word,
            [float(item.counts.get(verdict, 0)) for item in answer.outcomes],
            theme.of(VERDICT_LOOKS[verdict]), "////" if verdict == "unknown" else "",
        )
        for verdict in VERDICTS
    ]  # fmt: skip
    victims = [item for item, verdict in zip(series, VERDICTS, strict=True)
               if verdict not in _REST]  # fmt: skip
    rest = [item for item in series if item not in victims]
    handles = stacks(theme, left, events, victims)
    names = ", ".join(target.name for target in answer.targets)
    happens = "closes" if len(events) > 1 else f"is {events[0]}"
    theme.title(left, f"What breaks if {names} {happens}",
                f"{answer.members:,} artefacts in the target; others by verdict")  # fmt: skip
    theme.legend(left, handles, 4)
    sums = [sum(values) for values in zip(*(item[1] for item in victims), strict=True)]
    touched = ("touched", sums, theme.surface("accent"), "")
    handles = stacks(theme, right, events, [touched, *rest])
    theme.title(right, f"Of {answer.outside:,} artefacts", "unknown is not safe")
    theme.legend(right, handles, 2)
    right.set_yticks([])
    for ax in (left, right):
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.xaxis.set_major_formatter("{x:,.0f}")
    return left


def draw_chokepoints(
    answer: Chokepoints, theme: Theme, *, by: str | None = None, limit: int = 12
) -> Axes:
    """Draw the heaviest chokepoints of one sort.

    Parameters
    ----------
    by : str, optional
        Which of the rankings; the first by default.
    limit : int
        So many bars.
    """
    found = [item for item in answer.rankings if by in (None, item.by)]
    if not found:
        have = ", ".join(item.by for item in answer.rankings)
        raise InvalidArgumentError(f"there is no ranking by {by!r}; there are {have}")
    listed = found[0].chokepoints[:limit]
    needed(listed, answer)
    (ax,) = theme.panels(height_of(len(listed)))
    bars(
        theme, ax, [item.name for item in listed],
        [item.dominates.models for item in listed],
        [f"{item.dominates.models:,} models" for item in listed],
    )  # fmt: skip
    theme.title(
        ax, f"What most models cannot do without, by {found[0].by}",
        f"models of which every path of weights passes through it; {answer.n_models:,} "
        f"models, {answer.undeclared:,} undeclared",
    )  # fmt: skip
    return ax


def draw_licence_survey(answer: LicenceSurvey, theme: Theme) -> Axes:
    """Draw models by what became of the licences that they inherit."""
    names = list(answer.verdicts)
    (ax,) = theme.panels(height_of(len(names)))
    bars(
        theme, ax, names, list(answer.verdicts.values()),
        [f"{n:,}" for n in answer.verdicts.values()],
        [theme.of(VERDICT_LOOKS[LICENCE_COLOURS[name]]) for name in names],
    )  # fmt: skip
    theme.title(ax, "What became of inherited licences",
                f"{answer.n_models:,} models; information, not legal advice")  # fmt: skip
    return ax


def draw_licence_drift(
    answer: LicenceDrift, theme: Theme, *, kind: str = "relations", limit: int = 12
) -> Axes:
    """Draw how often licences differ, by relation, or which turn into which.

    Parameters
    ----------
    kind : {"relations", "transitions"}
        What is drawn.
    limit : int
        So many transitions.
    """
    one_of(kind, ("relations", "transitions"))
    if kind == "transitions":
        listed = answer.transitions[:limit]
        needed(listed, answer)
        (ax,) = theme.panels(height_of(len(listed)))
        bars(theme, ax, [f"{item.parent} → {item.child}" for item in listed],
             [item.edges for item in listed], [f"{item.edges:,}" for item in listed])  # fmt: skip
        theme.title(ax, "Licence of the parent → licence of the child", "edges")
        return ax
    parts = [item for item in answer.by_relation if item.relation != ALL and item.pairs]
    needed(parts, answer)
    (ax,) = theme.panels(height_of(len(parts)) + 0.4)
    words = [RELATION_LOOKS[item.relation].word for item in parts]
    handles = stacks(
        theme, ax, words,
        [
            ("same licence", [item.pairs - item.differ for item in parts],
             theme.of(VERDICT_LOOKS["unaffected"]), ""),
            ("another, same owner", [item.same_owner for item in parts],
             theme.of(VERDICT_LOOKS["recoverable"]), ""),
            ("another licence", [item.differ - item.same_owner for item in parts],
             theme.of(VERDICT_LOOKS["breaks"]), ""),
        ],
    )  # fmt: skip
    ax.xaxis.set_major_formatter("{x:,.0f}")
    theme.title(ax, "Does the licence follow the weights?",
                "edges both of whose ends name a licence, by relation")  # fmt: skip
    theme.legend(ax, handles, 3)
    return ax


def draw_openness_shares(answer: OpennessShares, theme: Theme) -> Axes:
    """Draw the share of models by the openness of their roots."""
    (ax,) = theme.panels(height_of(len(answer.classes)))
    bars(
        theme, ax, [item.openness for item in answer.classes],
        [item.share for item in answer.classes],
        [f"{percent(item.share)}, {item.n_roots:,} roots" for item in answer.classes],
        [theme.of(VERDICT_LOOKS[OPENNESS_COLOURS[item.openness]])
         for item in answer.classes],
    )  # fmt: skip
    theme.title(ax, "How open is what models stand on", f"{answer.n_models:,} models")
    return ax


def draw_quality(answer: Quality, theme: Theme) -> Axes:
    """Draw the share of the data that each class of dirt affects."""
    listed = answer.findings
    (ax,) = theme.panels(height_of(len(listed)))
    bars(
        theme, ax, [item.title for item in listed],
        [item.share or 0.0 for item in listed],
        [f"{percent(item.share)} {item.of_what}, {item.count:,}" for item in listed],
        room=0.8,
    )  # fmt: skip
    theme.title(ax, "What is wrong with the data", f"snapshot {answer.snapshot}")
    return ax


def draw_diff(answer: Diff, theme: Theme) -> Axes:
    """Draw the number of changes of each kind."""
    found = {name: n for name, n in answer.counts.items() if n}
    needed(found, answer)
    (ax,) = theme.panels(height_of(len(found)))
    words = [name.replace("_", " ") for name in found]
    bars(theme, ax, words, list(found.values()), [f"{n:,}" for n in found.values()])
    theme.title(ax, "What changed", f"{answer.old.id} → {answer.new.id}")
    return ax


def draw_source_comparison(answer: SourceComparison, theme: Theme) -> Axes:
    """Draw how far two sources agree, by kind of parent."""
    needed(answer.topics, answer)
    looks = ("breaks", "breaks", "may_break", "recoverable", "recoverable", "exposed",
             "unaffected")  # fmt: skip
    words = {"b_denies": f"{answer.b} denies", "a_denies": f"{answer.a} denies",
             "only_a": f"only {answer.a}", "only_b": f"only {answer.b}",
             "relation": "other relation"}  # fmt: skip
    (ax,) = theme.panels(height_of(len(answer.topics)) + 0.5)
    handles = stacks(
        theme, ax, [item.topic for item in answer.topics],
        [
            (words.get(name, name.replace("_", " ")),
             [item.outcomes[name] for item in answer.topics],
             theme.of(VERDICT_LOOKS[look]), "////" if name.endswith("_b") else "")
            for name, look in zip(OUTCOMES, looks, strict=True)
        ],
    )  # fmt: skip
    ax.xaxis.set_major_formatter("{x:,.0f}")
    theme.title(ax, f"{answer.a} against {answer.b}",
                "edges of children of which both speak")  # fmt: skip
    theme.legend(ax, handles, 4)
    return ax


def draw_watch_report(answer: WatchReport, theme: Theme) -> Axes:
    """Draw the number of changes upstream of each watched artefact."""
    needed(answer.watched, answer)
    numbers = [len(item.changes) for item in answer.watched]
    (ax,) = theme.panels(height_of(len(numbers)))
    bars(
        theme, ax, [item.id for item in answer.watched], numbers,
        [f"{n:,} of {item.upstream:,} upstream" if n else "nothing changed"
         for n, item in zip(numbers, answer.watched, strict=True)],
        theme.of(VERDICT_LOOKS["unrebuildable"]),
    )  # fmt: skip
    theme.title(ax, "Changes upstream of what is watched", f"since {answer.since[:10]}")
    return ax


def draw_stats(answer: Stats, theme: Theme) -> Axes:
    """Draw the edges by relation."""
    found = {name: n for name, n in answer.edges.items() if n}
    needed(found, answer)
    (ax,) = theme.panels(height_of(len(found)))
    bars(
        theme, ax, [RELATION_LOOKS[name].word if name in RELATION_LOOKS else name
                    for name in found],
        list(found.values()), [f"{n:,}" for n in found.values()],
        [theme.of(RELATION_LOOKS[name]) if name in RELATION_LOOKS
         else theme.surface("accent") for name in found],
    )  # fmt: skip
    theme.title(ax, "Edges by relation",
                f"{answer.n_artefacts:,} artefacts; what they stand on is known for "
                f"{percent(answer.known_origin)}")  # fmt: skip
    return ax


def draw_bill_of_materials(
    answer: BillOfMaterials, theme: Theme, *, limit: int = 14
) -> Axes:
    """Draw the components by licence, models and datasets apart.

    Parameters
    ----------
    limit : int
        So many licences, the most frequent first.
    """
    kinds = ("model", "dataset", "application")
    counts: dict[str, list[int]] = {}
    for item in answer.components:
        word = item.licence or {"absent": "none declared"}.get(
            item.licence_status, "unknown"
        )
        counts.setdefault(word, [0, 0, 0])[kinds.index(item.kind)] += 1
    ranked = sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0]))[:limit]
    needed(ranked, answer)
    looks = ("unaffected", "stranded", "recoverable")
    (ax,) = theme.panels(height_of(len(ranked)) + 0.4)
    handles = stacks(
        theme, ax, [word for word, _ in ranked],
        [(f"{kind}s", [n[at] for _, n in ranked], theme.of(VERDICT_LOOKS[look]), "")
         for at, (kind, look) in enumerate(zip(kinds, looks, strict=True))],
    )  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    theme.title(ax, "What it consists of, by licence",
                f"{len(answer.components):,} components of the list and above it")  # fmt: skip
    theme.legend(ax, handles, 3)
    return ax


def needed(parts: Sequence[object] | dict[str, int], answer: object) -> None:
    """Raise UnsupportedOperationError when there is nothing to draw."""
    if not parts:
        raise UnsupportedOperationError(
            f"this {type(answer).__name__}", "picture", "it is empty"
        )


def one_of(value: str, known: Sequence[str]) -> None:
    """Raise InvalidArgumentError unless an option has one of its values."""
    if value not in known:
        raise InvalidArgumentError(
            f"there is no picture {value!r}; there are {', '.join(known)}"
        )
