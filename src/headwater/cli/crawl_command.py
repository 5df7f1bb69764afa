"""``headwater crawl``."""

from __future__ import annotations

from typing import Annotated

import typer

from headwater.cli._context import DataDir, Json, settings_for
from headwater.cli.build_commands import CatalogFiles, NoCatalog
from headwater.ingest.sources.hub_routes import ROUTES

Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", help="Address of the Hub or a mirror (or HF_ENDPOINT)."),
]
Author = Annotated[
    str | None, typer.Option("--author", help="Only what this owner published.")
]
Filters = Annotated[
    list[str] | None,
    typer.Option("--filter", help="Only records with this tag; may be repeated."),
]
Routes = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        help=f"One of {', '.join(ROUTES)}; default all. Or details: no list at all.",
    ),
]
Update = Annotated[
    bool,
    typer.Option(
        "--update", help="Only what changed since the last complete crawl or dump."
    ),
]
Compile = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Compile everything anew also after a small update of a large snapshot, "
        "which is otherwise laid over it.",
    ),
]
Details = Annotated[
    int,
    typer.Option(
        "--details",
        min=0,
        help="Ask about so many missing parents, those first on which most depends.",
    ),
]
Files = Annotated[
    int,
    typer.Option(
        "--files",
        min=0,
        help="Compare the checksums of so many of the most used models: mirrors.",
    ),
]
Organisations = Annotated[
    int,
    typer.Option(
        "--organisations",
        min=0,
        help="Ask who so many owners are, those first on whose work others build most.",
    ),
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="At most so many records a route.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume/--fresh",
        help="Go on with an unfinished crawl of the same kind, or not.",
    ),
]
SendToken = Annotated[
    bool,
    typer.Option(
        "--send-token",
        help="Send the stored access token to this endpoint even if it is not the Hub.",
    ),
]
NoToken = Annotated[bool, typer.Option("--no-token", help="Send no access token.")]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("crawl")(crawl_command)


def crawl_command(
    endpoint: Endpoint = None,
    author: Author = None,
    filters: Filters = None,
    routes: Routes = None,
    limit: Limit = None,
    update: Update = False,
    compile_all: Compile = False,
    details: Details = 0,
    files: Files = 0,
    organisations: Organisations = 0,
    resume: Resume = True,
    no_token: NoToken = False,
    send_token: SendToken = False,
    catalog: CatalogFiles = None,
    no_catalog: NoCatalog = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Read models, datasets and Spaces from the Hub and publish a new snapshot.

    Every page is on disk before the next one is asked for: Ctrl-C, a crash or a
    lost connection costs at most one page, and the next crawl goes on from there.

    [bold]Examples[/bold]

      headwater crawl --author EleutherAI

      headwater crawl --filter gguf --limit 5000

      headwater crawl --update

      headwater crawl --only details --details 200 --files 500 --organisations 100
    """
    # Heavy: the HTTP client, Arrow and DuckDB load with this command only.
    from headwater.cli._crawling import Wanted, run

    settings = settings_for(data_dir)
    run(
        Wanted(
            data_dir=settings.data_dir,
            endpoint=(endpoint or settings.endpoint).rstrip("/"),
            author=author,
            filters=tuple(filters or ()),
            routes=tuple(routes or ()),
            limit=limit,
            update=update,
            compile_all=compile_all,
            details=details,
            files=files,
            organisations=organisations,
            resume=resume,
            no_token=no_token,
            send_token=send_token,
            catalogs=tuple(catalog or ()),
            packaged=not no_catalog,
            as_json=as_json,
        )
    )
