"""``headwater crawl``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from headwater.cli import _output as out
from headwater.cli._context import DataDir, Json, say, settings_for
from headwater.cli.build_commands import CatalogFiles, NoCatalog
from headwater.errors import ConfigError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot import Manifest
from headwater.graph.store import SnapshotStore
from headwater.ingest.client import HubClient, stored_token
from headwater.ingest.crawl import crawl
from headwater.ingest.details import crawl_details
from headwater.ingest.documents import Asked
from headwater.ingest.load import build
from headwater.ingest.report import RunReport
from headwater.ingest.run_claims import add_parse
from headwater.ingest.sources.hub_details import unresolved_parents, used_parents
from headwater.ingest.sources.hub_routes import ROUTES, CrawlOptions

SHOWN_REASONS = 12

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
    typer.Option("--update", help="Only what changed since the last complete crawl."),
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


class TerminalProgress:
    """Draws the progress of a crawl on standard error, only on a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[state]}"),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._task: TaskID | None = None

    def __enter__(self) -> TerminalProgress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def start(self, route: str, total: int | None, done: int = 0) -> None:
        """Begin the bar of a route."""
        self._task = self._bar.add_task(
            route, total=total, completed=done, rate="", state=""
        )

    def advance(self, n: int) -> None:
        """Move the bar on."""
        if self._task is None:
            return
        self._bar.update(self._task, advance=n, state="")
        task = next(item for item in self._bar.tasks if item.id == self._task)
        if task.elapsed:
            rate = f"{task.completed / task.elapsed:,.0f} records/s"
            self._bar.update(self._task, rate=rate)

    def wait(self, seconds: float, reason: str) -> None:
        """Say why nothing happens."""
        if self._task is not None:
            self._bar.update(
                self._task, state=f"waiting {seconds:.0f} s: {reason}"[:60]
            )

    def finish(self) -> None:
        """End the bar of a route."""
        self._task = None


def crawl_command(
    endpoint: Endpoint = None,
    author: Author = None,
    filters: Filters = None,
    routes: Routes = None,
    limit: Limit = None,
    update: Update = False,
    details: Details = 0,
    files: Files = 0,
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

      headwater crawl --only details --details 200 --files 500
    """
    settings = settings_for(data_dir)
    lists = _lists(routes or ROUTES, has_questions=bool(details or files))
    options = CrawlOptions(
        endpoint=(endpoint or settings.endpoint).rstrip("/"),
        routes=lists or ROUTES,
        author=author,
        filters=tuple(filters or ()),
        limit=limit,
        update=update,
    )
    runs = settings.data_dir / "runs"
    publish = partial(
        build, settings.data_dir, catalogs=catalog or (), packaged=not no_catalog
    )
    reports: list[RunReport] = []
    token = _token(none=no_token, send=send_token)
    hub = HubClient(options.endpoint, token=token)
    with hub as client, TerminalProgress() as progress:
        if lists:
            reports.append(crawl(runs, options, client, progress, resume=resume))
            add_parse(runs, reports[-1])
        manifest = publish()
        for is_files, number in ((False, details), (True, files)):
            asked = _asked(settings.data_dir, number, is_files=is_files)
            if asked:
                reports.append(
                    crawl_details(
                        runs, asked, client, progress, files=is_files, resume=resume
                    )
                )
                add_parse(runs, reports[-1])
                manifest = publish()
    _tell(reports, manifest, has_lists=bool(lists), as_json=as_json)


def _lists(routes: Sequence[str], *, has_questions: bool) -> tuple[str, ...]:
    """Return the list routes that are to be read; ``details`` is none of them."""
    lists = tuple(name for name in routes if name != "details")
    if not lists and not has_questions:
        raise ConfigError("--only details needs --details N or --files N")
    return lists


def _asked(data_dir: Path, number: int, *, is_files: bool) -> list[Asked]:
    """Return what to ask the Hub about, chosen from the current snapshot."""
    if not number:
        return []
    graph = LineageGraph(SnapshotStore(data_dir).current())
    return (used_parents if is_files else unresolved_parents)(graph, number)


def _token(*, none: bool, send: bool) -> str | Literal[False] | None:
    return stored_token() if send else False if none else None


def _tell(
    reports: list[RunReport], manifest: Manifest, *, has_lists: bool, as_json: bool
) -> None:
    if as_json:
        told = [report.to_dict() for report in reports]
        first = told.pop(0) if has_lists else {}
        out.print_json({**first, "details": told, "snapshot": manifest.id})
        return
    for report in reports:
        _print(report)
    for source in manifest.sources:
        if source["source"] == "comparison":
            say(source["summary"])
    say(f"Published {manifest.id}")


def _print(report: RunReport) -> None:
    console = out.console()
    numbers = ("records", "pages", "share seen", "of the whole list")
    made = out.table("route", *numbers, "ended", numbers=numbers)
    for route in report.routes.values():
        made.add_row(
            route.route, out.count(route.records), out.count(route.pages),
            out.share(route.share_seen), out.share(route.share_of_all),
            route.stop or "",
        )  # fmt: skip
    console.print(made)
    if report.parse is None:
        return
    claims = sum(sum(kinds.values()) for kinds in report.parse.claims.values())
    console.print(
        f"{claims:,} claims; {sum(report.parse.skipped.values()):,} values left out, "
        f"{report.parse.duplicates:,} records seen twice"
    )
    if report.parse.skipped:
        made = out.table(
            "left out because", "times", "for instance", numbers=("times",)
        )
        for reason, number in report.parse.skipped.most_common(SHOWN_REASONS):
            example = next(iter(report.parse.skipped_examples.get(reason, ())), "")
            made.add_row(reason, out.count(number), out.plain(example[:80]))
        console.print(made)
    for warning in report.warnings:
        console.print(out.plain(f"warning: {warning}"), style="yellow")
    sys.stdout.flush()
