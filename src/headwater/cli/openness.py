"""``headwater openness``."""

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
    settings_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headwater.queries.openness import ModelOpenness, OpennessShares, RootOpenness
    from headwater.queries.openness_index import Judged

SHOWN = 5
STYLES = {"open": "green", "partial": "yellow", "closed": "red"}
MEANINGS = {
    "open": "weights, data sources, training code and licences are all open",
    "partial": "of weights, data, training code and licences not all are open",
    "closed": "the weights are closed",
    "unjudged": "listed, but not judged in all four",
    "unlisted": "the index does not list the root: unknown, not closed",
    "undeclared": "nobody has said what the weights come from",
    "unknown": "it cannot be told: not the same as closed",
}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("openness")(openness_command)


def openness_command(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model, by id or name; without one all models are summed up.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Say how open the roots are that a model, or all models, stand on.

    By the criteria of the European Open Source AI Index, which has to be imported:
    headwater import osai-index FOLDER

    [bold]Examples[/bold]

      headwater openness lmsys/vicuna-13b-v1.5

      headwater openness --csv
    """
    session = open_session(settings_for(data_dir, store))
    if text is None:
        _show_shares(session.openness(), as_json=as_json, as_csv=as_csv)
    else:
        _show_model(session.openness_of(text), as_json=as_json, as_csv=as_csv)


def _show_model(answer: ModelOpenness, *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        out.print_json(asdict(answer))
        return
    if as_csv:
        out.print_csv(
            ("root", "root_openness", "criterion", "openness", "system", "document"),
            [
                (root.id, root.openness, item.criterion, item.openness, item.system,
                 item.document)
                for root in answer.roots
                for item in root.criteria
            ],
        )  # fmt: skip
        return
    console = out.console()
    style = STYLES.get(answer.openness, "bold")
    console.print(
        Text.assemble(
            (answer.name, "bold"),
            "  its least open root is ",
            (answer.openness, style),
            f": {MEANINGS[answer.openness]}",
        )
    )
    for root in answer.roots:
        _print_root(console, root)
    if answer.has_undeclared:
        console.print(
            "Nobody has said what some of its weights come from.", style="yellow"
        )
    if answer.own:
        console.print()
        console.print(Text(f"{answer.name} itself, as the index judges it", "bold"))
        _print_criteria(console, answer.own)
    console.print(answer.citation, style="dim")


def _print_root(console: Console, root: RootOpenness) -> None:
    console.print()
    console.print(
        Text.assemble(
            "root ", (root.name, "bold"), f"  {root.id}, {root.root_status}: ",
            (root.openness, STYLES.get(root.openness, "bold")),
        )
    )  # fmt: skip
    if root.is_listed:
        _print_criteria(console, root.criteria)
    else:
        console.print("The index does not list it.", style="dim")


def _print_criteria(console: Console, criteria: Sequence[Judged]) -> None:
    made = out.table("criterion", "class", "systems", "on what grounds")
    groups: dict[tuple[str, str], list[Judged]] = {}
    for item in criteria:
        groups.setdefault((item.criterion, item.openness), []).append(item)
    for (criterion, openness), items in groups.items():
        grounds = next((item.links[0] for item in items if item.links), "")
        made.add_row(
            criterion, Text(openness, STYLES[openness]),
            out.plain(_few(item.system for item in items)), out.plain(grounds),
        )  # fmt: skip
    console.print(made)


def _few(names: Iterable[str]) -> str:
    listed = list(dict.fromkeys(names))
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return ", ".join(listed[:3]) + more


def _show_shares(answer: OpennessShares, *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        out.print_json(asdict(answer))
        return
    if as_csv:
        columns = ("openness", "models", "share", "n_roots")
        out.print_csv(
            columns,
            [[getattr(item, name) for name in columns] for item in answer.classes],
        )
        return
    console = out.console()
    systems = f"{answer.n_systems:,} system{'s' if answer.n_systems != 1 else ''}"
    console.print(
        f"What {answer.n_models:,} models stand on: a class is known for "
        f"{out.share(answer.known)}, by {systems} of the index",
        style="bold",
    )
    made = out.table("roots are", "models", "share", "roots", "which means",
                     numbers=("models", "share", "roots"))  # fmt: skip
    for item in answer.classes:
        made.add_row(
            Text(item.openness, STYLES.get(item.openness, "")), f"{item.models:,.1f}",
            out.share(item.share), out.count(item.n_roots),
            Text(MEANINGS[item.openness], "dim"),
        )  # fmt: skip
    console.print(made)
    made = out.table("roots are", "most stands on")
    for item in answer.classes:
        named = ", ".join(
            f"{root} ({mass:,.0f})" for root, mass in item.largest[:SHOWN]
        )
        if named:
            made.add_row(item.openness, out.plain(named))
    console.print(made)
    console.print(
        "Each model has weight 1, split equally among parents, recursively.",
        style="dim",
    )
    console.print(answer.citation, style="dim")
