"""``headwater export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headwater.cli import _output as out
from headwater.cli._context import (
    DataDir,
    Store,
    open_session,
    say,
    settings_for,
    tell_of_layer,
)

_STDOUT = "-"

Format = Annotated[
    str,
    typer.Argument(
        metavar="FORMAT",
        help="graphml, gexf, jsonld (W3C PROV-O), parquet or neo4j-csv.",
    ),
]
Target = Annotated[
    str,
    typer.Argument(
        metavar="PATH",
        help="File to write, folder for parquet and neo4j-csv; - is standard output.",
    ),
]
Around = Annotated[
    str | None,
    typer.Option(
        "--around",
        metavar="NAME",
        help="Only this artefact, what it stands on and what stands on it.",
        show_default=False,
    ),
]
Depth = Annotated[
    int | None,
    typer.Option(
        "--depth",
        metavar="N",
        min=0,
        help="With --around: at most so many edges away.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("export")(export_command)


def export_command(
    format_: Format,
    path: Target,
    around: Around = None,
    depth: Depth = None,
    owners: Annotated[
        bool,
        typer.Option(
            "--owners",
            help="Namespaces and developers too, with published_by and owned_by.",
        ),
    ] = False,
    all_edges: Annotated[
        bool,
        typer.Option("--all-edges", help="Refuted edges and loops too."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is there.")
    ] = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Write the graph in the format of another tool.

    An edge leads from the child to the parent that it stands on. What is not known is
    left out. jsonld, parquet and neo4j-csv always have owners, all edges and claims.

    [bold]Examples[/bold]

      headwater export graphml lineage.graphml

      headwater export jsonld - --around "LLaMA 7B" --depth 1

      headwater export parquet tables

      headwater export neo4j-csv neo4j
    """
    from headwater.cli._progress import TerminalProgress

    session = tell_of_layer(open_session(settings_for(data_dir, store)))
    with TerminalProgress() as progress, out.bytes_out() as stdout:
        written = session.export(
            format_, stdout if path == _STDOUT else Path(path), around=around,
            depth=depth, owners=owners, all_edges=all_edges, force=force,
            progress=progress,
        )  # fmt: skip
    if path != _STDOUT:
        nodes = out.counted(written.n_nodes, "node")
        say(f"Wrote {path}: {nodes}, {out.counted(written.n_edges, 'edge')}")
    if written.then is not None:
        say(f"Import it, into a server that is not running: {written.then}")
