"""``headwater what-breaks``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from headwater.cli import _output as out
from headwater.cli._context import (
    AsOf,
    Csv,
    DataDir,
    Json,
    Store,
    open_session,
    settings_for,
)
from headwater.graph.schema import EVENT_NAMES, EVENTS, VERDICTS
from headwater.queries.proofs import Step
from headwater.queries.splits import DIMENSIONS
from headwater.queries.what_breaks import Outcome, Victim, WhatBreaks
from headwater.queries.what_breaks_shape import shape

SHOWN = 15
_ORDER = list(dict.fromkeys(name for event in EVENTS[::-1] for name in event.verdicts))
_SAFE = ("unaffected", "unknown")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("what-breaks")(what_breaks_command)


def what_breaks_command(
    target: Annotated[
        list[str],
        typer.Argument(
            help="Node id, @namespace, developer:NAME, family:NAME, licence:NAME "
            "or a friendly name; several are one set."
        ),
    ],
    event: Annotated[
        list[str] | None,
        typer.Option(
            "--event", "-e", help=f"One of {', '.join(EVENT_NAMES)}; default all four."
        ),
    ] = None,
    split_by: Annotated[
        list[str] | None,
        typer.Option("--split-by", help=f"Victims by {', '.join(DIMENSIONS)}."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List every victim.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="List at most so many victims an event."),
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Say what breaks if something is frozen, gated, deleted or relicensed.

    [bold]Examples[/bold]

      headwater what-breaks llama

      headwater what-breaks developer:meta --event deleted --all

      headwater what-breaks "the pile" --split-by developer --json
    """
    session = open_session(settings_for(data_dir, store))
    if limit is None and not every and not as_json and not as_csv:
        limit = SHOWN
    answer = session.what_breaks(
        *target, events=event or EVENT_NAMES, as_of=as_of, limit=limit,
        splits=split_by or (),
    )  # fmt: skip
    if as_json:
        out.print_json(shape(answer))
    elif as_csv:
        out.print_csv(_CSV_HEADER, _csv_rows(answer))
    else:
        _print(answer, session.snapshot.created)


_CSV_HEADER = (
    "event", "id", "name", "kind", "verdict", "captive", "depth", "downloads", "mirror",
    "proof",
)  # fmt: skip


def _csv_rows(answer: WhatBreaks) -> list[tuple[object, ...]]:
    return [
        (
            outcome.event, victim.id, victim.name, victim.kind, victim.verdict,
            "yes" if victim.captive else "no", victim.depth, victim.downloads,
            victim.mirror, _chain(victim.id, victim.proof),
        )
        for outcome in answer.outcomes
        for victim in outcome.victims
    ]  # fmt: skip


def _chain(start: str, proof: Sequence[Step]) -> str:
    return start + "".join(
        f" -{step.relation}{'?' if step.disputed else ''}-> {step.parent}"
        for step in proof
    )


def _print(answer: WhatBreaks, created: str) -> None:
    console = out.console()
    for target in answer.targets:
        what = "artefact" if target.n_members == 1 else "artefacts"
        console.print(
            Text.assemble(
                (target.text, "bold"), " is taken as ", (target.id, "bold"),
                f" ({target.kind} {target.name}, {target.n_members:,} {what})",
            )
        )  # fmt: skip
    mirrored = (
        f"; a mirror elsewhere for {answer.mirrored:,} of them"
        if answer.mirrored
        else ""
    )
    moment = f"as of {answer.as_of}, " if answer.as_of else ""
    console.print(
        f"{moment}snapshot of {created[:10]}: "
        f"{out.counted(answer.members, 'artefact')} in the target"
        f"{mirrored}, {answer.outside:,} outside it, "
        f"{answer.unknown:,} of unknown origin (never counted as safe)",
        style="dim",
    )
    console.print()
    _print_summary(console, answer.outcomes)
    for outcome in answer.outcomes:
        for name, parts in outcome.splits.items():
            _print_split(console, outcome.event, name, parts)
    _print_worst(console, answer)


def _print_summary(console: Console, outcomes: Sequence[Outcome]) -> None:
    names = [outcome.event for outcome in outcomes]
    made = out.table("if it is …", *names, "meaning", numbers=names)
    for verdict in sorted(
        {name for outcome in outcomes for name in outcome.counts}, key=_severity
    ):
        cells = [_cell(outcome, verdict) for outcome in outcomes]
        made.add_row(Text(verdict, _STYLES.get(verdict, "")), *cells, VERDICTS[verdict])
    made.add_section()
    made.add_row(
        "hit, of known origin", *(out.share(item.known_share) for item in outcomes),
        "victims among artefacts whose origin is known",
    )  # fmt: skip
    made.add_row(
        "downloads hit",
        *(_downloads(item) for item in outcomes),
        "of 30 days; ? is unknown, +? in part",
    )
    console.print(made)
    console.print("In brackets: captive, nothing of its origin is left.", style="dim")


def _downloads(outcome: Outcome) -> str:
    weights = outcome.weights.values()
    n_unknown = sum(weight.downloads_unknown for weight in weights)
    if n_unknown and n_unknown == sum(weight.artefacts for weight in weights):
        return "?"
    total = sum(weight.downloads for weight in weights)
    return f"{total:,}" + (" +?" if n_unknown else "")


def _severity(verdict: str) -> tuple[int, int]:
    order = ["breaks", "may_break", "stranded", "encumbered", "unrebuildable",
             "recoverable", "contested", "exposed", "unaffected", "unknown"]  # fmt: skip
    return int(verdict in _SAFE), order.index(verdict)


_STYLES = {
    "breaks": "bold red", "encumbered": "bold magenta", "stranded": "bold magenta",
    "may_break": "red", "unrebuildable": "yellow", "recoverable": "green",
    "unknown": "dim",
}  # fmt: skip


def _cell(outcome: Outcome, verdict: str) -> str:
    number = outcome.counts.get(verdict)
    if number is None:
        return "·"
    weight = outcome.weights.get(verdict)
    captive = f" ({weight.captive:,})" if weight is not None and weight.captive else ""
    return f"{number:,}{captive}"


def _print_split(console: Console, event: str, name: str, parts: Sequence[Any]) -> None:
    made = out.table(
        f"{event}: {name}", "victims", "captive", "downloads",
        numbers=("victims", "captive", "downloads"),
    )  # fmt: skip
    for part in parts[:SHOWN]:
        made.add_row(
            out.plain(part.key), out.count(part.artefacts), out.count(part.captive),
            out.count(part.downloads),
        )  # fmt: skip
    console.print()
    console.print(made)
    if len(parts) > SHOWN:
        console.print(f"… and {len(parts) - SHOWN:,} more", style="dim")


def _print_worst(console: Console, answer: WhatBreaks) -> None:
    outcome = max(answer.outcomes, key=lambda item: item.event == "deleted")
    console.print()
    if not outcome.victims and not outcome.truncated:
        console.print(
            f"Nothing in this snapshot is known to stand on it ({answer.unknown:,} artefacts "
            "are of unknown origin)."
        )
        return
    if outcome.victims:
        _print_victims(console, outcome)
    if outcome.truncated:
        console.print(
            f"… and {outcome.truncated:,} more; --all lists every one, "
            "--csv and --json give them to programs",
            style="dim",
        )
    sys.stdout.flush()


def _print_victims(console: Console, outcome: Outcome) -> None:
    console.print(Text(f"Worst hit if {outcome.event}", "bold"))
    made = out.table(
        "verdict", "artefact", "downloads", "proof", numbers=("downloads",)
    )
    for victim in outcome.victims:
        made.add_row(
            Text(victim.verdict, _STYLES.get(victim.verdict, "")),
            _label(victim), out.count(victim.downloads), _proof(victim),
        )  # fmt: skip
    console.print(made)


def _label(victim: Victim) -> Text:
    label = Text(victim.name)
    if victim.name != victim.id:
        label.append(f"\n{victim.id}", "dim")
    return label


def _proof(victim: Victim) -> Text:
    line = Text()
    for step in victim.proof:
        mark = "?" if step.disputed else ""
        line.append(f"{step.relation}{mark} → ", "cyan")
        line.append(f"{step.parent} ")
        line.append(f"[{', '.join(step.sources)}] ", "dim")
    if victim.merge_of is not None:
        line.append(f"(loses {victim.merge_lost} of {victim.merge_of} parents) ")
    if victim.mirror is not None:
        line.append(f"(mirror: {victim.mirror})", "green")
    return line
