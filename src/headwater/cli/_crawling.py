"""What ``headwater crawl`` does; loaded by that command alone, since it is heavy."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from rich.table import Table

from headwater.cli import _output as out
from headwater.cli._context import say
from headwater.cli._progress import TerminalProgress
from headwater.errors import ConfigError, FetchError, IncompleteCrawlError
from headwater.graph.kernels.memory import return_freed_memory
from headwater.graph.layers import open_graph
from headwater.graph.snapshot import Manifest
from headwater.graph.store import SnapshotStore
from headwater.ingest.client import HubClient, stored_token
from headwater.ingest.crawl import crawl
from headwater.ingest.details import crawl_details
from headwater.ingest.documents import Asked, find_runs
from headwater.ingest.imports import listed_dumps
from headwater.ingest.lay_over import lay_over
from headwater.ingest.load import build
from headwater.ingest.report import ParseReport, RouteReport, RunReport
from headwater.ingest.run_claims import add_parse
from headwater.ingest.sources.hub_details import unresolved_parents, used_parents
from headwater.ingest.sources.hub_namespaces import used_namespaces
from headwater.ingest.sources.hub_routes import ROUTES, CrawlOptions

ENDED: Final = {
    "end": "at the end", "limit": "at the limit", "caught_up": "at what was known",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the command."""

    data_dir: Path
    endpoint: str
    author: str | None
    filters: tuple[str, ...]
    routes: tuple[str, ...]
    limit: int | None
    update: bool
    compile_all: bool
    details: int
    files: int
    organisations: int
    resume: bool
    no_token: bool
    send_token: bool
    catalogs: tuple[Path, ...]
    packaged: bool
    as_json: bool


def run(wanted: Wanted) -> None:
    """Crawl, publish, ask for details, publish again, tell."""
    return_freed_memory()
    questions = {
        "details": wanted.details,
        "files": wanted.files,
        "organisations": wanted.organisations,
    }
    lists = _lists(wanted.routes or ROUTES, has_questions=any(questions.values()))
    options = CrawlOptions(
        endpoint=wanted.endpoint,
        routes=lists or ROUTES,
        author=wanted.author,
        filters=wanted.filters,
        limit=wanted.limit,
        update=wanted.update,
    )
    runs = wanted.data_dir / "runs"
    publish = partial(_publish, wanted)
    reports: list[RunReport] = []
    token = _token(none=wanted.no_token, send=wanted.send_token)
    hub = HubClient(options.endpoint, token=token)
    with hub as client, TerminalProgress() as progress, _account(runs, reports, wanted):
        if lists:
            dumps = listed_dumps(wanted.data_dir)
            reports.append(
                crawl(
                    runs, options, client, progress, resume=wanted.resume, dumps=dumps
                )
            )
            add_parse(runs, reports[-1])
        manifest = publish()
        for kind, number in questions.items():
            asked = _asked(wanted.data_dir, number, kind)
            if asked:
                reports.append(
                    crawl_details(
                        runs, asked, client, progress, files=kind == "files",
                        organisations=kind == "organisations", resume=wanted.resume,
                    )
                )  # fmt: skip
                add_parse(runs, reports[-1])
                manifest = publish()
    _tell(reports, manifest, has_lists=bool(lists), as_json=wanted.as_json)


def _publish(wanted: Wanted) -> Manifest:
    """Publish what is in the data directory, a small update as a layer."""
    catalogs, packaged = wanted.catalogs, wanted.packaged
    manifest = None
    if wanted.update and not wanted.compile_all:
        manifest = lay_over(wanted.data_dir, catalogs=catalogs, packaged=packaged)
    return manifest or build(wanted.data_dir, catalogs=catalogs, packaged=packaged)


@contextmanager
def _account(runs: Path, reports: list[RunReport], wanted: Wanted) -> Iterator[None]:
    """Say what was done when the rest of it fails or is broken off."""
    try:
        yield
    except (KeyboardInterrupt, FetchError, IncompleteCrawlError) as error:
        for report in reports if not wanted.as_json else ():
            _print(report)
        if isinstance(error, KeyboardInterrupt):
            _tell_interrupted(runs)
        raise


def _tell_interrupted(runs: Path) -> None:
    """Say what the run that was broken off has, and how to go on with it."""
    left = [run for run in find_runs(runs) if run.state.status == "interrupted"][-1:]
    for run in left:
        pages = {name: run.page_count(name) for name in run.state.routes}
        kept = ", ".join(
            f"{out.counted(count, 'page')} of {name}" for name, count in pages.items()
        )
        say(
            f"Kept: {kept or 'nothing'}, and nothing is marked as gone by them. Run the "
            "same command to go on."
        )


def _lists(routes: Sequence[str], *, has_questions: bool) -> tuple[str, ...]:
    """Return the list routes that are to be read; ``details`` is none of them."""
    lists = tuple(name for name in routes if name != "details")
    if not lists and not has_questions:
        raise ConfigError(
            "--only details needs --details N, --files N or --organisations N"
        )
    return lists


def _asked(data_dir: Path, number: int, kind: str) -> list[Asked]:
    """Return what to ask the Hub about, chosen from the current snapshot."""
    if not number:
        return []
    choose = {
        "details": unresolved_parents,
        "files": used_parents,
        "organisations": used_namespaces,
    }[kind]
    return choose(open_graph(SnapshotStore(data_dir).current()), number)


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
    if manifest.base is None:
        say(f"Published {manifest.id}")
        return
    records = out.counted(manifest.counts["layer"]["records"], "record")
    say(
        f"Published {manifest.id}: {records} laid over {manifest.base}; "
        "`headwater build` compiles them in, tables and all."
    )


def _print(report: RunReport) -> None:
    console = out.console()
    lists = [route for route in report.routes.values() if route.route in ROUTES]
    answers = [route for route in report.routes.values() if route.route not in ROUTES]
    if lists:
        console.print(_lists_table(lists))
    for route in answers:
        console.print(out.plain(_answers(route, report)))
    console.print(
        f"{out.counted(report.requests, 'request')}, {report.retries:,} of them again; "
        f"{report.seconds:,.1f} s, {report.waited_s:,.1f} of them waiting"
    )
    if report.parse is not None:
        _print_parse(report.parse)
    for warning in report.warnings:
        console.print(out.plain(f"warning: {warning}"), style="yellow")
    parts = [route.route for route in lists if not route.is_full_pass]
    if parts:
        console.print(
            f"Seen in part: {', '.join(parts)}. What they do not show is not marked as "
            "gone."
        )
    sys.stdout.flush()


def _lists_table(routes: list[RouteReport]) -> Table:
    numbers = ("records", "pages", "of what was asked for", "of the whole list")
    made = out.table("route", *numbers, "ended", numbers=numbers)
    for route in routes:
        made.add_row(
            route.route, out.count(route.records), out.count(route.pages),
            _share(route.share_seen), _share(route.share_of_all),
            ENDED.get(route.stop or "", route.stop or ""),
        )  # fmt: skip
    return made


def _answers(route: RouteReport, report: RunReport) -> str:
    """Return how many questions were answered, and with what."""
    said = f"{route.route}: {route.records:,} of {route.expected or 0:,} answered"
    notes = report.parse.notes if report.parse else {}
    kinds = [
        f"{name.partition('/')[2]} {number:,}"
        for name, number in sorted(notes.items())
        if name.startswith(("details/", "namespace/"))
    ]
    return f"{said}: {', '.join(kinds)}" if kinds else said


def _print_parse(parse: ParseReport) -> None:
    console = out.console()
    claims = sum(sum(kinds.values()) for kinds in parse.claims.values())
    console.print(
        f"{out.counted(claims, 'claim')}; {out.counted(parse.skipped.total(), 'value')} left "
        f"out, {out.counted(parse.duplicates, 'record')} seen twice"
    )
    if not parse.skipped:
        return
    made = out.table("left out because", "times", "for instance", numbers=("times",))
    # All of them: what is left out in silence would be lost.
    for reason, number in parse.skipped.most_common():
        example = next(iter(parse.skipped_examples.get(reason, ())), "")
        made.add_row(out.plain(reason), out.count(number), out.plain(example[:80]))
    console.print(made)


def _share(value: float | None) -> str:
    return "unknown" if value is None else out.share(value)
