"""``headwater concentration``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.cli import _output as out
from headwater.cli._context import Csv, DataDir, Json, open_graph, settings_for
from headwater.errors import InvalidArgumentError

if TYPE_CHECKING:
    from headwater.queries.concentration import Concentration, Interval

SHOWN = 20
WHERE = ("task", "licence", "library", "access")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("concentration")(concentration_command)


def concentration_command(
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="NAME=VALUE",
            help=f"Only models with this {', '.join(WHERE)}; commas separate values.",
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
) -> None:
    """Say who stands behind the models' weights, with shares and their interval.

    [bold]Example[/bold]

      headwater concentration --where task=text-generation --where access=open,gated
    """
    from headwater.queries.concentration import concentration

    selection: dict[str, str] = {}
    for item in where or ():
        name, equals, value = item.partition("=")
        if not equals or not value:
            raise InvalidArgumentError(f"--where takes NAME=VALUE, not {item!r}")
        selection[name.strip()] = value
    answer = concentration(open_graph(settings_for(data_dir)), selection)
    if as_json:
        out.print_json(asdict(answer))
    elif as_csv:
        columns = ("id", "name", "models", "share", "n_roots")
        out.print_csv(
            columns,
            [[getattr(item, name) for name in columns] for item in answer.pretrainers],
        )
    else:
        _print(answer)


def _print(answer: Concentration) -> None:
    console = out.console()
    number = answer.effective_number.point
    chosen = ", ".join(f"{name} {value}" for name, value in answer.where) or "all"
    console.print(
        out.plain(
            f"{len(answer.pretrainers):,} pretrainers stand behind {answer.n_models:,} models "
            f"({chosen}); weighed by their shares they are as many as "
            f"{'–' if number is None else f'{number:.1f}'} equal ones."
        ),
        style="bold",
    )
    console.print(
        out.plain(
            f"Attribution: {answer.attribution} (weight 1 a model, split equally among "
            f"parents, recursively). Lineage is declared for {out.share(answer.coverage)} "
            f"of them, {out.share(answer.established)} of that on established roots; "
            "the rest widens the interval."
        ),
        style="dim",
    )
    made = out.table("figure", "point", "if undeclared lineage were known",
                     numbers=("point",))  # fmt: skip
    for label, interval, digits in (
        ("effective number", answer.effective_number, 1), ("HHI", answer.hhi, 3),
        ("share of the largest", answer.cr1, 3), ("of the 4 largest", answer.cr4, 3),
        ("of the 10 largest", answer.cr10, 3),
    ):  # fmt: skip
        made.add_row(label, *_figures(interval, digits))
    console.print(made)
    shares = out.table("pretrainer", "", "models", "share", "roots",
                       numbers=("models", "share", "roots"))  # fmt: skip
    for item in answer.pretrainers[:SHOWN]:
        shares.add_row(
            out.plain(item.name), out.plain(item.id), f"{item.models:,.1f}",
            out.share(item.share), out.count(item.n_roots),
        )  # fmt: skip
    console.print(shares)
    if len(answer.pretrainers) > SHOWN:
        console.print(
            f"… and {len(answer.pretrainers) - SHOWN:,} more; --json and --csv list all",
            style="dim",
        )


def _figures(interval: Interval, digits: int) -> tuple[str, str]:
    def number(value: float | None) -> str:
        return "–" if value is None else f"{value:.{digits}f}"

    return number(interval.point), f"{number(interval.low)} to {number(interval.high)}"
