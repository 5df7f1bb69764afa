"""Real incidents replayed: what happened, beside the verdict of the packaged catalogue.

The verdicts are computed when the documentation is generated; those that are expected
stand in tests/queries/test_replays.py. What happened is told and cited in incidents.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.verdicts import known_origins
from headwater.queries.what_breaks import Outcome, Victim, what_breaks

FIT = {
    "yes": "yes",
    "partly": "in part",
    "no": "**no**",
    "reported": "as far as is reported",
    "open": "not known",
}
"""Whether what happened bears a verdict out."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one artefact; `fit` is one of :data:`FIT`."""

    id: str
    happened: str
    fit: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """One event in the words of the domain, asked as of a day."""

    name: str
    targets: tuple[str, ...]
    event: str
    as_of: date
    lines: tuple[Line, ...]


def read_replays() -> tuple[Replay, ...]:
    """Return all incidents that are told."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return tuple(
        Replay(
            item["name"], tuple(item["targets"]), item["event"], item["as_of"],
            tuple(
                Line(line["id"], line["happened"], line["fit"], tuple(line["sources"]))
                for line in item["lines"]
            ),
        )
        for item in yaml.safe_load(text)
    )  # fmt: skip


def predict(replay: Replay, graph: LineageGraph) -> tuple[Outcome, dict[str, str]]:
    """Return what the catalogue says, and its verdict on the artefact of each line."""
    answer = what_breaks(graph, replay.targets, (replay.event,), as_of=replay.as_of)
    (outcome,) = answer.outcomes
    verdicts = {victim.id: _words(victim) for victim in outcome.victims}
    for line in replay.lines:
        verdicts.setdefault(line.id, _untouched(replay, graph, line.id))
    return outcome, {line.id: verdicts[line.id] for line in replay.lines}


def _words(victim: Victim) -> str:
    mirror = f" (mirror: `{victim.mirror}`)" if victim.mirror else ""
    return f"`{victim.verdict}`{mirror}"


def _untouched(replay: Replay, graph: LineageGraph, name: str) -> str:
    """Return the verdict on what does not stand on the target."""
    node, alive = graph.find(name), graph.alive(replay.as_of)
    if node < 0 or alive is None or not alive[node]:
        return "not there yet"
    return "`unaffected`" if known_origins(graph, alive)[node] else "`unknown`"


def render(replay: Replay, graph: LineageGraph) -> str:
    """Return the question, the counts and the lines as Markdown."""
    outcome, verdicts = predict(replay, graph)
    counts = ", ".join(f"{count:,} `{name}`" for name, count in outcome.counts.items())
    asked = f"{' '.join(replay.targets)} --event {replay.event} --as-of {replay.as_of}"
    rows = [
        f"| `{line.id}` | {verdicts[line.id]} | {line.happened}{_cited(line)} "
        f"| {FIT[line.fit]} |"
        for line in replay.lines
    ]
    head = ["| artefact | verdict | what happened | borne out? |", "|---|---|---|---|"]
    question = f"`headwater what-breaks {asked}`: {counts}."
    return "\n".join([question, "", *head, *rows, ""])


def _cited(line: Line) -> str:
    return "".join(f" [{number}]({url})" for number, url in enumerate(line.sources, 1))
