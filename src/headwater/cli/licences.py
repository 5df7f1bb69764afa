"""``headwater licences``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from headwater.cli import _output as out
from headwater.cli._context import (
    Csv,
    DataDir,
    Json,
    Store,
    open_session,
    say,
    settings_for,
)
from headwater.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.queries.licence_conflicts import LicenceSurvey
    from headwater.queries.licence_drift import LicenceDrift
    from headwater.queries.licences import Inherited, ModelLicence, Unresolved
    from headwater.queries.proofs import Step

SHOWN = 20
SOURCES = 3
REASONS = {
    "absent": "declares no licence",
    "unknown": "nobody has looked at its licence",
    "unlisted": "its licence is not in the table",
    "partly_known": "not all terms of its licence are in the table",
    "undeclared_lineage": "nobody has said what its weights come from",
}
STYLES = {"conflict": "red", "missing": "yellow", "kept": "green"}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("licences")(licences_command)


def licences_command(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model, by id or name; without one all models are surveyed.",
            show_default=False,
        ),
    ] = None,
    conflicts: Annotated[
        bool,
        typer.Option("--conflicts", help="List models that drop what they inherit."),
    ] = False,
    drift: Annotated[
        bool,
        typer.Option("--drift", help="How often the licence changes, by relation."),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=0, help="At most so many rows; all with --json and --csv."
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Say what a model's licence asks, what it inherits from whom, and what it drops.

    Obligations flow down the edges by which weights come. This is information, not
    legal advice.

    [bold]Examples[/bold]

      headwater licences Vicuna

      headwater licences --conflicts --limit 50

      headwater licences --drift --csv
    """
    if (text is not None) + conflicts + drift > 1:
        raise InvalidArgumentError("give a model, --conflicts or --drift, one of them")
    session = open_session(settings_for(data_dir, store))
    if limit is None and not as_json and not as_csv:
        limit = SHOWN
    if text is not None:
        _show_model(session.licence(text), as_json=as_json, as_csv=as_csv)
    elif drift:
        _show_drift(session.licence_drift(limit), as_json=as_json, as_csv=as_csv)
    else:
        # The survey alone lists nobody.
        answer = session.licences(limit if conflicts else 0)
        _show_survey(answer, as_json=as_json, as_csv=as_csv, lists=conflicts)


def _show_model(answer: ModelLicence, *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        out.print_json(asdict(answer))
    elif as_csv:
        say(answer.notice)
        out.print_csv(
            ("obligation", "standing", "source", "licence", "path"),
            [
                (item.obligation, item.standing, item.source, item.licence,
                 " ".join(step.parent for step in item.path))
                for item in answer.inherited
            ],
        )  # fmt: skip
    else:
        _print_model(answer)


def _print_model(answer: ModelLicence) -> None:
    from headwater.queries.licence_flow import VERDICTS

    console = out.console()
    declared = answer.declared or {
        "absent": "no licence", "unknown": "nobody has looked at its licence",
    }[answer.licence_status]  # fmt: skip
    console.print(Text.assemble((answer.name, "bold"), f"  {declared}"))
    if answer.terms is not None:
        terms = answer.terms
        asks = (
            ", ".join(_words(item) for item in terms.has) or "nothing that is tracked"
        )
        unsaid = ", ".join(_words(item) for item in terms.unknown)
        console.print(out.plain(f"{terms.name} ({terms.spdx}) asks: {asks}"))
        if unsaid:
            console.print(out.plain(f"not known of it: {unsaid}"), style="dim")
        if terms.note:
            console.print(out.plain(terms.note), style="dim")
        console.print(out.plain(terms.url), style="dim")
    elif answer.declared is not None:
        console.print("The table of licences does not know it.", style="dim")
    console.print()
    style = STYLES.get(answer.verdict, "bold")
    console.print(
        Text.assemble((answer.verdict, style), f": {VERDICTS[answer.verdict]}")
    )
    _print_inherited(console, answer.inherited)
    if answer.verdict == "kept" and not answer.inherited:
        console.print("It inherits no obligation from another owner's licence.")
    for rule in answer.name_rules:
        follows = "it does" if rule.is_followed else "it does not"
        console.print(
            out.plain(
                f"{rule.licence} of {rule.source} wants the name to begin with "
                f"{rule.begins!r}: {follows}"
            )
        )
    _print_unresolved(console, answer.unresolved)
    console.print(answer.notice, style="dim")


def _words(obligation: str) -> str:
    return obligation.replace("_", " ")


def _print_inherited(console: Console, inherited: Sequence[Inherited]) -> None:
    if not inherited:
        return
    made = out.table("inherits", "which is", "from", "its licence", "way")
    by_obligation: dict[str, list[Inherited]] = {}
    for item in inherited:
        by_obligation.setdefault(item.obligation, []).append(item)
    for obligation, items in by_obligation.items():
        for place, item in enumerate(items[:SOURCES]):
            style = "red" if item.standing == "dropped" else ""
            made.add_row(
                _words(obligation) if not place else "",
                Text(item.standing if not place else "", style),
                out.plain(item.source), out.plain(item.licence), _way(item.path),
            )  # fmt: skip
        if len(items) > SOURCES:
            made.add_row("", "", Text(f"… and {len(items) - SOURCES} more", "dim"))
    console.print(made)


def _way(path: Sequence[Step]) -> Text:
    """Return the relations of a path, and what stands between its ends."""
    parts = []
    for step in path:
        parts += [step.relation, step.parent]
    return out.plain(" → ".join(parts[:-1]))


def _print_unresolved(console: Console, unresolved: Sequence[Unresolved]) -> None:
    for item in unresolved[:SOURCES]:
        bears = f" ({item.licence})" if item.licence else ""
        console.print(
            out.plain(f"? {item.source}{bears}: {REASONS[item.reason]}"), style="dim"
        )
    if len(unresolved) > SOURCES:
        more = len(unresolved) - SOURCES
        console.print(f"… and {more:,} more unknowns; --json lists them", style="dim")


def _show_survey(
    answer: LicenceSurvey, *, as_json: bool, as_csv: bool, lists: bool
) -> None:
    if as_json:
        out.print_json(asdict(answer))
        return
    if as_csv and lists:
        say(answer.notice)
        out.print_csv(
            ("id", "licence", "dropped", "source", "source_licence", "downloads"),
            [
                (item.id, item.licence, " ".join(item.dropped), item.source,
                 item.source_licence, item.downloads)
                for item in answer.conflicts
            ],
        )  # fmt: skip
        return
    if as_csv:
        say(answer.notice)
        out.print_csv(("verdict", "models"), answer.verdicts.items())
        return
    console = out.console()
    if lists:
        _print_conflicts(console, answer)
    else:
        _print_survey(console, answer)
    console.print(answer.notice, style="dim")


def _print_survey(console: Console, answer: LicenceSurvey) -> None:
    from headwater.queries.licence_flow import VERDICTS

    console.print(f"Licences of {answer.n_models:,} models", style="bold")
    made = out.table("verdict", "models", "share", "means", numbers=("models", "share"))
    for verdict, number in answer.verdicts.items():
        share = number / answer.n_models if answer.n_models else None
        made.add_row(
            verdict, out.count(number), out.share(share), Text(VERDICTS[verdict], "dim")
        )
    console.print(made)
    console.print(
        f"{answer.unlisted:,} declare a licence that is not named, or not in the table.",
        style="dim",
    )
    made = out.table("obligation dropped", "models", numbers=("models",))
    for obligation, number in answer.dropped.items():
        if number:
            made.add_row(_words(obligation), out.count(number))
    if made.row_count:
        console.print(made)
    console.print(
        "Who: headwater licences --conflicts; how licences change: headwater licences "
        "--drift",
        style="dim",
    )


def _print_conflicts(console: Console, answer: LicenceSurvey) -> None:
    number = answer.verdicts["conflict"]
    console.print(
        f"{number:,} of {answer.n_models:,} models declare a licence that drops an "
        "obligation of an ancestor's",
        style="bold",
    )
    made = out.table(
        "model", "declares", "drops", "which it has from", "that declares", "downloads",
        numbers=("downloads",),
    )  # fmt: skip
    for item in answer.conflicts:
        made.add_row(
            out.plain(item.id), out.plain(item.licence),
            ", ".join(_words(name) for name in item.dropped), out.plain(item.source),
            out.plain(item.source_licence), out.count(item.downloads),
        )  # fmt: skip
    console.print(made)
    if answer.truncated:
        console.print(
            f"… and {answer.truncated:,} more; --limit shows more of them", style="dim"
        )


def _show_drift(answer: LicenceDrift, *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        out.print_json(asdict(answer))
        return
    columns = (
        "relation", "edges", "pairs", "differ", "differ_share", "drops", "adds",
        "bound", "loosened", "loosened_share", "same_owner", "child_absent",
        "parent_absent",
    )  # fmt: skip
    if as_csv:
        say(answer.notice)
        out.print_csv(
            columns,
            [[getattr(item, name) for name in columns] for item in answer.by_relation],
        )
        return
    console = out.console()
    _print_drift(console, answer)
    console.print(answer.notice, style="dim")


def _print_drift(console: Console, answer: LicenceDrift) -> None:
    numbers = (
        "edges", "pairs", "differ", "share", "parent binds", "loosened", "share ",
        "child has none",
    )  # fmt: skip
    made = out.table("relation", *numbers, numbers=numbers)
    for item in answer.by_relation:
        made.add_row(
            item.relation, out.count(item.edges), out.count(item.pairs),
            out.count(item.differ), out.share(item.differ_share), out.count(item.bound),
            out.count(item.loosened), out.share(item.loosened_share),
            out.count(item.child_absent),
        )  # fmt: skip
    console.print(made)
    console.print(
        "Pairs are edges both of whose ends name a licence. A parent binds whose licence "
        "asks for more than attribution; the pair is loosened when the child's licence "
        "lacks some of that.",
        style="dim",
    )
    made = out.table("parent declares", "child declares", "edges", numbers=("edges",))
    for change in answer.transitions:
        made.add_row(
            out.plain(change.parent), out.plain(change.child), out.count(change.edges)
        )
    console.print(made)
    if answer.truncated:
        console.print(
            f"… and {answer.truncated:,} other changes; --limit shows more", style="dim"
        )
