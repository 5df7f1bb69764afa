"""``headwater build``, ``status``, ``sql``, ``catalog check``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
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
    tell_of_layer,
)
from headwater.errors import CatalogError

# Modules that take long to load (pyarrow, DuckDB, the HTTP client) are imported by the
# command that needs them: all others start at once.
SHOWN_ROWS = 1000
CatalogFiles = Annotated[
    list[Path] | None,
    typer.Option("--catalog", help="A catalogue file of your own; may be repeated."),
]
NoCatalog = Annotated[
    bool, typer.Option("--no-catalog", help="Leave out the packaged catalogue.")
]

catalog_app = typer.Typer(help="The curated catalogue.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("build")(build_command)
    app.command("status")(status_command)
    app.command("sql")(sql_command)
    catalog_app.command("check")(check_command)
    app.add_typer(catalog_app, name="catalog")


def build_command(
    catalog: CatalogFiles = None,
    no_catalog: NoCatalog = False,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            min=1,
            help="Delete older snapshots but for so many, the new one included; "
            "without it none is deleted.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Build and publish a snapshot from the catalogue and the stored crawls.

    Nothing is fetched. [bold]Example[/bold]: headwater build --catalog ours.yaml
    """
    from headwater.cli.time_commands import prune
    from headwater.graph.kernels.memory import return_freed_memory
    from headwater.ingest.load import build

    return_freed_memory()

    settings = settings_for(data_dir)
    manifest = build(settings.data_dir, catalogs=catalog or (), packaged=not no_catalog)
    say(
        f"Published {manifest.id}: {sum(manifest.counts['nodes'].values()):,} nodes, "
        f"{sum(manifest.counts['edges'].values()):,} edges"
    )
    if keep is not None:
        prune(settings.data_dir, keep)


def status_command(
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every file against its checksum.")
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Say what the current snapshot holds, where it comes from and how old it is.

    [bold]Example[/bold]: headwater status --verify
    """
    answer = open_session(settings_for(data_dir, store)).status(verify=verify)
    if as_json:
        out.print_json(asdict(answer))
        return
    console = out.console()
    made = out.table("", "")
    made.show_header = False
    made.add_row("snapshot", Text(answer.snapshot, "bold"))
    made.add_row("compiled", answer.created)
    made.add_row("folder", out.plain(answer.directory))
    made.add_row(
        "size", f"{answer.n_bytes / 1e6:,.1f} MB" + (", verified" if verify else "")
    )
    for label in ("nodes", "states", "root_statuses", "edges", "claims"):
        made.add_row(
            label.replace("_", " "),
            ", ".join(
                f"{number:,} {name}" for name, number in answer.counts[label].items()
            ),
        )
    made.add_row(
        "phantoms", f"{answer.counts['phantoms']:,} named as a parent, never seen"
    )
    made.add_row("disputed edges", f"{answer.counts['disputed']:,}")
    for source in answer.sources:
        made.add_row("source", out.plain(source.get("summary", source["source"])))
    console.print(made)


def sql_command(
    query: Annotated[str, typer.Argument(help="A query over the tables.")],
    as_json: Json = False,
    as_csv: Csv = False,
    data_dir: DataDir = None,
    store: Store = None,
) -> None:
    """Ask the tables in SQL (DuckDB): nodes, edges, claims, aliases, ownership, families.

    [bold]Example[/bold]: headwater sql "SELECT relation, count(*) FROM edges GROUP BY 1"
    """
    from headwater.graph.backends.duckdb_sql import TableQuery

    session = tell_of_layer(open_session(settings_for(data_dir, store)))
    answer = TableQuery(session.graph.directory, query)
    if as_json:
        out.print_json(
            [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
        )
    elif as_csv:
        out.print_csv(answer.columns, answer.rows())
    else:
        made = out.table(*answer.columns)
        for shown, row in enumerate(answer.rows()):
            if shown >= SHOWN_ROWS:
                say(f"Only {SHOWN_ROWS:,} rows are shown; --csv and --json give all.")
                break
            made.add_row(*(out.plain(value) for value in row))
        out.console().print(made)


def check_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Catalogue files; without any, the packaged catalogue."),
    ] = None,
) -> None:
    """Check catalogue files: ids, kinds, dates, dangling parents, sources.

    [bold]Example[/bold]: headwater catalog check ours.yaml
    """
    from headwater.ingest.sources.catalog import (
        check_catalog,
        read_packaged,
        read_private,
    )

    packaged = read_packaged()
    problems = check_catalog([*packaged, *read_private(files)] if files else packaged)
    if problems:
        raise CatalogError(problems)
    say(f"{len(files) if files else len(packaged)} file(s), no problem")
