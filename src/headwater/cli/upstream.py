"""``headwater concentration``."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headwater.cli import _output as out
from headwater.cli._context import (
    AsOf,
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
    from headwater.queries.concentration_inventory import Inventory, Resolved

SHOWN = 20
LISTED = 20
BY = ("developer", "namespace", "root", "dataset")
WEIGHTS = ("models", "downloads", "likes", "parameters")
ATTRIBUTIONS = ("fractional", "fractional-roots", "any", "captive")
WHERE = ("task", "licence", "language", "library", "size", "access")
PERIODS = ("month", "quarter")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("concentration")(concentration_command)


By = Annotated[str, typer.Option("--by", help=f"Whose share: one of {', '.join(BY)}.")]
Weight = Annotated[
    str,
    typer.Option(
        "--weight",
        metavar="NAME|FILE",
        help=f"What a model weighs: {', '.join(WEIGHTS)}, or your own inventory: CSV, "
        "JSON lines or one id a line, with a weight if you like.",
    ),
]
Attribution = Annotated[
    str,
    typer.Option(
        "--attribution",
        help=f"How a model counts for its roots: {', '.join(ATTRIBUTIONS)}.",
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="NAME=VALUE",
        help=f"Only models with this {', '.join(WHERE)}; commas separate values.",
    ),
]
OverTime = Annotated[
    str | None,
    typer.Option(
        "--over-time",
        help="By month or quarter: released in it, and all up to its end.",
        show_default=False,
    ),
]


def concentration_command(
    by: By = "developer",
    weight: Weight = "models",
    attribution: Attribution = "fractional",
    where: Where = None,
    over_time: OverTime = None,
    as_of: AsOf = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Say who stands behind the models' weights, with shares and their interval.

    [bold]Examples[/bold]

      headwater concentration --where task=text-generation --where access=open,gated

      headwater concentration --weight our-models.csv --by namespace

      headwater concentration --over-time quarter --attribution any --csv
    """
    options: dict[str, Any] = {
        "where": _selection(where or ()),
        "by": by,
        "weight": _weight(weight),
        "attribution": attribution,
        "as_of": as_of,
    }
    session = open_session(settings_for(data_dir, store))
    if over_time is None:
        limit = None if as_json or as_csv else SHOWN
        _show(session.concentration(**options, limit=limit), as_json, as_csv)
    else:
        _show(session.concentration_over_time(over_time, **options), as_json, as_csv)


def _show(answer: Any, as_json: bool, as_csv: bool) -> None:
    from headwater.cli import _concentration as text

    if as_json:
        # What was asked first, then the figures, which a base class holds.
        names = [item.name for item in fields(answer)]
        names = names[names.index("snapshot") :] + names[: names.index("snapshot")]
        out.print_json({name: getattr(answer, name) for name in names})
        return
    if as_csv:
        out.print_csv(*text.csv_rows(answer))
        if answer.inventory is not None:
            _say_unresolved(answer.inventory)
        return
    text.show(answer)


def _say_unresolved(inventory: Resolved) -> None:
    from headwater.cli._concentration import inventory_lines

    for line in inventory_lines(inventory):
        say(line)


def _selection(items: list[str] | tuple[()]) -> dict[str, str]:
    selection: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not value:
            raise InvalidArgumentError(f"--where takes NAME=VALUE, not {item!r}")
        name = name.strip()
        if name in selection:
            raise InvalidArgumentError(
                f"--where {name} is given twice; give its values in one, like "
                f"{name}={selection[name]},{value}"
            )
        selection[name] = value
    return selection


def _weight(text: str) -> str | Inventory:
    """Return the name of a weight, or the inventory that a file holds."""
    if text in WEIGHTS:
        return text
    path = Path(text)
    if not path.is_file():
        raise InvalidArgumentError(
            f"--weight {text}: neither one of {', '.join(WEIGHTS)} nor a file"
        )
    from headwater.queries.concentration_inventory import read_inventory

    return read_inventory(path)
