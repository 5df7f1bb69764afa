"""What each answer says of itself: one sentence, and the tables that show it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any, Final

import pyarrow as pa

from headwater.graph.schema import VERDICTS
from headwater.queries.chokepoints import Chokepoint, Chokepoints
from headwater.queries.chokepoints_model import ModelChokepoints
from headwater.queries.concentration import Concentration
from headwater.queries.concentration_time import ConcentrationOverTime
from headwater.queries.impact_tree import ImpactTree
from headwater.queries.lineage import Lineage
from headwater.queries.result_html import SHOWN, Table, n_of, percent
from headwater.queries.result_parts import part_rows
from headwater.queries.result_rows import Rows, rows_of
from headwater.queries.result_words_more import HEADINGS, MORE
from headwater.queries.results import Result, Results
from headwater.queries.show import Shown
from headwater.queries.what_breaks_values import Victim, WhatBreaks
from headwater.queries.why import Why

_RELATIVE: Final = {
    "name": "name", "id": "id", "relation": "relation", "kind": "kind",
    "depth": "edges away", "state": "state", "downloads": "downloads (30 days)",
}  # fmt: skip


def sentence(answer: Result) -> str:
    """Return what an answer is, of which snapshot, and how much of it is known."""
    return _sentence(answer)


def tables(answer: Result) -> tuple[Table, ...]:
    """Return the tables that a page shows."""
    return tuple(_tables(answer))


@singledispatch
def _sentence(answer: Result) -> str:
    return MORE[type(answer)](answer)


@singledispatch
def _tables(answer: Result) -> Iterator[Table]:
    rows = part_rows(answer, most=SHOWN)
    yield Table(rows, HEADINGS[type(answer)], n=_whole(answer, rows))


def _whole(answer: Result, rows: Rows) -> int | None:
    """Return how many main rows there are, those that a limit left out too."""
    truncated = getattr(answer, "truncated", 0)
    if isinstance(truncated, dict):
        truncated = sum(truncated.values())
    return rows.n + truncated if truncated else None


def at(answer: Any) -> str:
    """Return which snapshot was asked, and as of which day."""
    day = getattr(answer, "as_of", None)
    return f"Snapshot {answer.snapshot}{f', as of {day}' if day else ''}"


@_tables.register
def _(answer: Results) -> Iterator[Table]:  # type: ignore[type-arg]
    if answer.kind is not Why:
        yield Table(part_rows(answer, most=SHOWN), HEADINGS[answer.kind])
        return
    for edge in answer:  # one, or lineage and succession
        caption = f"{edge.child} –{edge.relation}→ {edge.parent}: {edge.verdict}"
        yield Table(part_rows(edge), HEADINGS[Why], caption)


@_sentence.register
def _(answer: Results) -> str:  # type: ignore[type-arg]
    words = {
        "Hit": "match", "Suggestion": "suggestion", "Why": "edge",
        "SnapshotEntry": "snapshot", "PretrainerRoots": "pretrainer",
    }  # fmt: skip
    word = words.get(answer.kind.__name__, "row")
    number = f"{len(answer):,} {word}{_plural(word, len(answer))}"
    return f"{number}. Snapshot {answer.snapshot}." if answer.snapshot else f"{number}."


def _plural(word: str, number: int) -> str:
    if number == 1:
        return ""
    return "es" if word.endswith("ch") else "s"


@_sentence.register
def _(answer: WhatBreaks) -> str:
    names = ", ".join(target.name for target in answer.targets)
    events = [item.event for item in answer.outcomes]
    happens = "closes" if len(events) > 1 else f"is {events[0]}"
    share = answer.unknown / answer.outside if answer.outside else None
    mirrored = (
        f" ({answer.mirrored:,} of them with a mirror elsewhere)"
        if answer.mirrored
        else ""
    )
    return (
        f"What breaks if {names} {happens}: {n_of(answer.members, 'artefact')}{mirrored}, "
        f"and what becomes of the {answer.outside:,} others. {at(answer)}; what "
        f"{n_of(answer.unknown, 'artefact')} ({percent(share)}) stand on is unknown, "
        "which is not safe."
    )


@_tables.register
def _(answer: WhatBreaks) -> Iterator[Table]:
    events = [outcome.event for outcome in answer.outcomes]
    used = {verdict for outcome in answer.outcomes for verdict in outcome.counts}
    rows = tuple(
        (verdict, *(outcome.counts.get(verdict) for outcome in answer.outcomes))
        for verdict in VERDICTS
        if verdict in used
    )
    summary = Rows(
        ("verdict", *events),
        (pa.string(), *(pa.int64() for _ in events)), rows, len(rows),
    )  # fmt: skip
    yield Table(summary, {name: name for name in summary.names})
    worst = next(
        (item for item in answer.outcomes if item.event == "deleted"),
        answer.outcomes[0],
    )
    shown = (((), victim) for victim in worst.victims[:SHOWN])
    headings = {
        "name": "name", "verdict": "verdict",
        "downloads": "downloads (30 days)", "proof": "because",
    }  # fmt: skip
    yield Table(
        rows_of(Victim, shown), headings,
        f"Worst hit if {worst.event}", len(worst.victims) + worst.truncated,
    )  # fmt: skip


@_sentence.register
def _(answer: Lineage) -> str:
    return (
        f"{answer.name} ({answer.kind}, {answer.state}; root: {answer.root_status}) "
        f"stands on {n_of(answer.n_ancestors, 'artefact')}, and "
        f"{n_of(answer.n_descendants, 'artefact')} on it, as far as anybody has said. "
        f"{at(answer)}."
    )


@_tables.register
def _(answer: Lineage) -> Iterator[Table]:
    headings = {key: _RELATIVE[key] for key in _RELATIVE if key != "relation"}
    for part, n, caption in (
        ("ancestors", answer.n_ancestors, "Stands on"),
        ("descendants", answer.n_descendants, "Stands under"),
    ):
        if n:
            yield Table(part_rows(answer, part, SHOWN), headings, caption, n)


@_sentence.register
def _(answer: Why) -> str:
    disputed = " Sources disagree." if answer.disputed else ""
    return (
        f"{answer.child} –{answer.relation}→ {answer.parent} is {answer.standing}: "
        f"{answer.verdict}{disputed} {at(answer)}; "
        f"{n_of(len(answer.claims), 'claim')}."
    )


@_sentence.register
def _(answer: Shown) -> str:
    owner = answer.developer or answer.namespace or "an unknown owner"
    named = " It was only ever named as a parent." if answer.phantom else ""
    return (
        f"{answer.name} ({answer.id}): {answer.kind} of {owner}, {answer.state}; root: "
        f"{answer.root_status}; {answer.n_parents:,} direct parents, "
        f"{answer.n_children:,} direct children.{named} {at(answer)}; a field that "
        "nobody has told is unknown, one that its document lacks is absent."
    )


@_tables.register
def _(answer: Shown) -> Iterator[Table]:
    yield Table(part_rows(answer), HEADINGS[Shown], shown=len(answer.fields))


def _selection(answer: Concentration | ConcentrationOverTime) -> str:
    where = ", ".join(f"{name} {value}" for name, value in answer.where)
    return f" ({where})" if where else ""


@_sentence.register
def _(answer: Concentration) -> str:
    largest = answer.pretrainers[0] if answer.pretrainers else None
    lead = f"; {largest.name} alone has {percent(largest.share)}" if largest else ""
    number = answer.effective_number
    shown = "–" if number.point is None else f"{number.point:.1f}"
    return (
        f"Who stands behind {n_of(answer.n_models, 'model')}{_selection(answer)}, by "
        f"{answer.by}, weighed in {answer.weight}, attribution {answer.attribution}: "
        f"{n_of(answer.n_pretrainers, answer.by)} with a share, as concentrated as "
        f"{shown} equal ones{lead}. {at(answer)}; the shares cover "
        f"{percent(answer.coverage)} of the weight, the rest is undeclared."
    )


@_tables.register
def _(answer: Concentration) -> Iterator[Table]:
    headings = {
        "name": "name", "id": "id", "share": "share", "amount": answer.weight,
        "n_roots": "roots",
    }  # fmt: skip
    rows = part_rows(answer, "pretrainers", SHOWN)
    yield Table(rows, headings, n=rows.n + answer.truncated)
    names = (
        "hhi", "effective_number", "cr1", "cr4", "cr10", "gini", "entropy",
        "exp_entropy",
    )  # fmt: skip
    figures = tuple(
        (
            name.replace("_", " "),
            *(getattr(getattr(answer, name), end) for end in _ENDS),
        )
        for name in names
    )
    types = (pa.string(), pa.float64(), pa.float64(), pa.float64())
    yield Table(
        Rows(("figure", *_ENDS), types, figures, len(figures)),
        {"figure": "figure", "point": "on declared lineage", "low": "at least",
         "high": "at most"},
    )  # fmt: skip


_ENDS: Final = ("point", "low", "high")


@_sentence.register
def _(answer: ConcentrationOverTime) -> str:
    last = answer.periods[-1]
    number = last.stock.effective_number.point
    shown = "–" if number is None else f"{number:.1f}"
    return (
        f"Concentration by {answer.length}{_selection(answer)}, by {answer.by}, weighed "
        f"in {answer.weight}: {n_of(len(answer.periods), 'period')} from "
        f"{answer.periods[0].period} to {last.period}; at the end as concentrated as "
        f"{shown} equal ones. {at(answer)}; {n_of(answer.n_undated, 'model')} without a "
        f"date are in no period, and {percent(last.stock.coverage)} of the weight is of "
        "declared lineage."
    )


@_tables.register
def _(answer: ConcentrationOverTime) -> Iterator[Table]:
    rows = part_rows(answer)
    newest = Rows(rows.names, rows.types, rows.rows[::-1], rows.n)
    headings = {
        "period": "up to", "stock_n_models": "models", "flow_n_models": "new",
        "stock_effective_number": "effective number", "stock_cr1": "largest",
        "stock_cr4": "four largest", "stock_largest_name": "who is largest",
        "stock_coverage": "declared",
    }  # fmt: skip
    yield Table(newest, headings, "Newest first")


@_sentence.register
def _(answer: Chokepoints) -> str:
    found = ", ".join(n_of(item.n_found, item.by) for item in answer.rankings)
    share = answer.known / answer.n_models if answer.n_models else None
    return (
        f"Single points of failure of {n_of(answer.n_models, 'model')}, heaviest first "
        f"by {answer.weight}: {found} that at least one other model cannot do without. "
        f"{at(answer)}; the origin of {percent(share)} of the models is known in full, "
        f"{answer.undeclared:,} are undeclared."
    )


@_tables.register
def _(answer: Chokepoints) -> Iterator[Table]:
    headings = {
        "name": "name", "id": "id", "state": "state",
        "dominates_models": "models that hang on it", "own_models": "its own models",
        "substitutes_n_mirrored": "its own with a mirror",
    }  # fmt: skip
    for ranking in answer.rankings:
        shown = (((), item) for item in ranking.chokepoints[:SHOWN])
        n = len(ranking.chokepoints) + ranking.truncated
        yield Table(rows_of(Chokepoint, shown), headings, f"By {ranking.by}", n)


@_sentence.register
def _(answer: ModelChokepoints) -> str:
    found = sum(len(item.singles) for item in answer.by)
    return (
        f"{answer.name} cannot do without {n_of(found, 'artefact or owner')} among "
        f"{n_of(answer.n_ancestors, 'model')} above it. {at(answer)}; what it stands on "
        f"is {answer.lineage}."
    )


@_tables.register
def _(answer: ModelChokepoints) -> Iterator[Table]:
    headings = {
        "by": "by", "name": "name", "id": "id", "state": "state",
        "distance": "edges away", "path": "the way to it",
    }  # fmt: skip
    yield Table(part_rows(answer), headings)


@_sentence.register
def _(answer: ImpactTree) -> str:
    return (
        f"{n_of(answer.artefacts, 'artefact')} stand on "
        f"{answer.root.name or answer.root.id}, as one tree of what happens if it is "
        f"{answer.event}; small branches are folded. {at(answer)}."
    )
