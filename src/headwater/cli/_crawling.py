"""What ``headwater crawl`` does; loaded by that command alone, since it is heavy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from headwater.cli import _output as out
from headwater.cli._context import say
from headwater.cli._progress import TerminalProgress
from headwater.errors import ConfigError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot import Manifest
from headwater.graph.store import SnapshotStore
from headwater.ingest.client import HubClient, stored_token
from headwater.ingest.crawl import crawl
from headwater.ingest.details import crawl_details
from headwater.ingest.documents import Asked
from headwater.ingest.imports import listed_dumps
from headwater.ingest.load import build
from headwater.ingest.report import RunReport
from headwater.ingest.run_claims import add_parse
from headwater.ingest.sources.hub_details import unresolved_parents, used_parents
from headwater.ingest.sources.hub_namespaces import used_namespaces
from headwater.ingest.sources.hub_routes import ROUTES, CrawlOptions


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
    publish = partial(
        build, wanted.data_dir, catalogs=wanted.catalogs, packaged=wanted.packaged
    )
    reports: list[RunReport] = []
    token = _token(none=wanted.no_token, send=wanted.send_token)
    hub = HubClient(options.endpoint, token=token)
    with hub as client, TerminalProgress() as progress:
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
    return choose(LineageGraph(SnapshotStore(data_dir).current()), number)


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
        # All of them: what is left out in silence would be lost.
        for reason, number in report.parse.skipped.most_common():
            example = next(iter(report.parse.skipped_examples.get(reason, ())), "")
            made.add_row(reason, out.count(number), out.plain(example[:80]))
        console.print(made)
    for warning in report.warnings:
        console.print(out.plain(f"warning: {warning}"), style="yellow")
    sys.stdout.flush()
