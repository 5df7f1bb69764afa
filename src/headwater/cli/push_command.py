"""``headwater push``: put a snapshot on a Neo4j server."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.cli import _output as out
from headwater.cli._context import (
    DataDir,
    Json,
    open_session,
    say,
    settings_for,
    tell_of_layer,
)

if TYPE_CHECKING:
    from headwater.graph.backends.neo4j_push import PushReport
    from headwater.graph.lineage_graph import LineageGraph


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("push")(push_command)


def push_command(
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="neo4j://HOST:PORT of the server.",
            show_default=False,
        ),
    ],
    snapshot: Annotated[
        str,
        typer.Option("--snapshot", metavar="SNAPSHOT", help="Which one to push."),
    ] = "current",
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="NAME",
            help="Database of the server (default: the user's home database).",
            show_default=False,
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Remove what was pushed before and load anew."),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Compare every row, even if the same snapshot is there."
        ),
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Put a snapshot on a Neo4j server; of another snapshot, send what changed.

    A push that was cut goes on when it is started again. User and password come from
    HEADWATER_NEO4J_USER and HEADWATER_NEO4J_PASSWORD, or a token from
    HEADWATER_NEO4J_TOKEN. [bold]Example[/bold]: headwater push neo4j://localhost:7687
    """
    session = tell_of_layer(open_session(settings_for(data_dir), snapshot))
    where, report = _push(session.graph, address, database, fresh=fresh, verify=verify)
    if as_json:
        out.print_json({"server": where, **asdict(report)})
    else:
        _print(where, report)


def _push(
    graph: LineageGraph,
    address: str,
    database: str | None,
    *,
    fresh: bool,
    verify: bool,
) -> tuple[str, PushReport]:
    """Push, and return where to and what was done."""
    from headwater.cli._progress import TerminalProgress
    from headwater.graph.backends.neo4j_connection import connect
    from headwater.graph.backends.neo4j_push import push

    with connect(address, database=database) as server:
        try:
            with TerminalProgress() as progress:
                report = push(graph, server, progress, fresh=fresh, verify=verify)
        except KeyboardInterrupt:
            say("What was written is kept, and the same command goes on with the rest.")
            raise
        return str(server.address), report


def _print(where: str, report: PushReport) -> None:
    console = out.console()
    if report.how == "nothing":
        console.print(out.plain(f"{where} holds {report.snapshot} already."))
        return
    made = [
        f"{number:,} {word}"
        for number, word in (
            (report.created, "written"),
            (report.changed, "changed"),
            (report.moved, "renumbered"),
            (report.removed, "removed"),
        )
        if number
    ]
    console.print(
        out.plain(
            f"{where} holds {report.snapshot}: {report.elements:,} nodes and "
            f"relationships; {', '.join(made) or 'all was there'} in {report.seconds:,.1f} s"
        )
    )
