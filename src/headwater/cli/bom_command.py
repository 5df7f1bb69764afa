"""``headwater bom``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headwater.cli import _output as out
from headwater.cli._context import DataDir, open_session, say, settings_for

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET]...",
        help="Ids, names, families or filters.",
        show_default=False,
    ),
]
Inventory = Annotated[
    Path | None,
    typer.Option(
        "--inventory",
        metavar="FILE",
        help="Your own list: one id a line, CSV or JSON lines.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="FILE",
        help="Write to this file, not to standard output.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("bom")(bom_command)


def bom_command(
    targets: Targets = None,
    inventory: Inventory = None,
    output: Output = None,
    spec_version: Annotated[
        str,
        typer.Option("--spec-version", help="Version of CycloneDX: 1.6 or 1.7."),
    ] = "1.6",
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if it is there.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Write a bill of materials: artefacts and all that they stand on, as CycloneDX.

    Models and datasets are components with licence, supplier and pedigree; each ancestor
    has the relation and the documents that say so. What is unknown is listed as unknown.

    [bold]Examples[/bold]

      headwater bom Vicuna > vicuna.cdx.json

      headwater bom --inventory models.txt --output models.cdx.json
    """
    from headwater.queries.concentration_inventory import read_inventory
    from headwater.queries.cyclonedx import cyclonedx_bytes
    from headwater.queries.export.files import open_file

    session = open_session(settings_for(data_dir))
    own = read_inventory(inventory).ids if inventory is not None else ()
    bill = session.bill_of_materials(*(targets or ()), inventory=own)
    data = cyclonedx_bytes(bill, spec_version)
    if output is None:
        with out.bytes_out() as stdout:
            stdout.write(data)
    else:
        with open_file(output, force=force) as file:
            file.write(data)
        say(f"Wrote {output}: {out.counted(len(bill.components), 'component')}")
    if bill.unresolved:
        shown = ", ".join(bill.unresolved[:5])
        more = len(bill.unresolved) - 5
        rest = f" and {more:,} more" if more > 0 else ""
        say(f"Unknown, and listed as unknown: {shown}{rest}")
    if bill.not_artefacts:
        say(f"Left out, being no artefacts: {', '.join(bill.not_artefacts[:5])}")
