"""The Hub as a source: ``fetch`` pages onto the disk, ``parse`` them into claims."""

from __future__ import annotations

import time
from collections.abc import Iterator

from headwater.errors import DamagedRunError
from headwater.graph.claims import ClaimBatch
from headwater.ingest.client import HubClient
from headwater.ingest.clock import Clock, SystemClock
from headwater.ingest.documents import RunDirectory, StoredPage
from headwater.ingest.parse.hub_context import Context
from headwater.ingest.parse.hub_details import (
    Files,
    claim_mirrors,
    decode_answer,
    parse_answer,
)
from headwater.ingest.parse.hub_records import (
    ROUTE_KINDS,
    decode_record,
    identity,
    parse_record,
)
from headwater.ingest.parse.page_body import split_page
from headwater.ingest.progress import NullProgress, Progress
from headwater.ingest.report import ParseReport, RouteReport
from headwater.ingest.sources import hub_details
from headwater.ingest.sources.hub_pager import RoutePager
from headwater.ingest.sources.hub_routes import CrawlOptions

SOURCE = "hub"
PARSED_ROUTES = (*ROUTE_KINDS, *hub_details.ROUTES)


def fetch(
    run: RunDirectory,
    client: HubClient,
    options: CrawlOptions,
    progress: Progress | None = None,
    *,
    clock: Clock | None = None,
    expected: dict[str, int] | None = None,
    reports: dict[str, RouteReport] | None = None,
) -> dict[str, RouteReport]:
    """Fetch what is missing of every route of `run`.

    Parameters
    ----------
    run : RunDirectory
        New, or left by a crawl with the same options.
    client : HubClient
        Where pages come from.
    options : CrawlOptions
        What to crawl.
    progress : Progress, optional
        Told how far it is.
    clock : Clock, optional
        Stamps the pages.
    expected : dict, optional
        Records that each route is thought to have, for the progress.
    reports : dict, optional
        Filled with a report for each route, also when an error ends the crawl.

    Raises
    ------
    FetchError, StorageError, DamagedRunError
        What stopped it; every page stored before stays.
    """
    progress = progress or NullProgress()
    clock = clock or SystemClock()
    reports = {} if reports is None else reports
    for route in options.routes:
        report = reports.setdefault(route, RouteReport(route))
        report.expected = options.limit or (expected or {}).get(route)
        _fetch_route(run, route, client, options, progress, clock, report)
    return reports


def _fetch_route(
    run: RunDirectory,
    route: str,
    client: HubClient,
    options: CrawlOptions,
    progress: Progress,
    clock: Clock,
    report: RouteReport,
) -> None:
    started = clock.monotonic()
    state = run.route(route)
    if not state.is_done:
        state.stop = None
    pager = RoutePager(run, route, client, options, progress, clock)
    before = pager.records
    progress.start(route, report.expected, before)
    try:
        pager.fetch()
    except BaseException as error:
        state.stop = _stop_reason(error)
        raise
    finally:
        progress.finish()
        report.stop = state.stop
        report.pages, report.records = pager.pages, pager.records
        report.bytes = pager.bytes
        report.new_records = pager.records - before
        report.seconds = clock.monotonic() - started
        report.dropped_fields = list(state.dropped_fields)
        report.warnings = list(state.warnings)
        report.share_seen = _share(report)


def _stop_reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"error: {error}"[:500]


def _share(report: RouteReport) -> float | None:
    if report.stop in ("end", "limit", "caught_up"):
        return 1.0
    if not report.expected:
        return None
    return min(1.0, report.records / report.expected)


def parse(run: RunDirectory, report: ParseReport | None = None) -> Iterator[ClaimBatch]:
    """Yield one batch a stored page; pure, can be done again at any time.

    The pages are read from the last to the first, so that of a record that came
    twice the later version is the one that counts.

    Parameters
    ----------
    run : RunDirectory
        A run, complete or not.
    report : ParseReport, optional
        Counts what the pages said.

    Raises
    ------
    DamagedRunError
        When a page is not what was written.
    """
    report = ParseReport() if report is None else report
    endpoint = run.state.endpoint.rstrip("/")
    for route in ROUTE_KINDS:
        seen: set[str | bytes] = set()
        for page in run.pages(route, last_first=True):
            started = time.perf_counter()
            context = Context(endpoint, run.started_day)
            report.duplicates += _parse_page(context, route, page, seen)
            report.add(context.batch, context.notes)
            report.seconds += time.perf_counter() - started
            yield context.batch
    for route in hub_details.ROUTES:
        yield from _parse_details(run, route, endpoint, report)


def _parse_details(
    run: RunDirectory, route: str, endpoint: str, report: ParseReport
) -> Iterator[ClaimBatch]:
    """Yield one batch an answer, and one for what the files of all of them say."""
    files: list[Files] = []
    for page in run.pages(route):
        context = Context(endpoint, run.started_day)
        for raw in split_page(page.body):
            try:
                found = parse_answer(context, decode_answer(raw))
            except ValueError as error:
                raise DamagedRunError(page.path, str(error)) from error
            if found is not None:
                files.append(found)
        report.add(context.batch, context.notes)
        yield context.batch
    if files:
        context = Context(endpoint, run.started_day)
        claim_mirrors(context, files)
        report.add(context.batch, context.notes)
        yield context.batch


def _parse_page(
    context: Context, route: str, page: StoredPage, seen: set[str | bytes]
) -> int:
    """Parse one page; return how many of its records were known already."""
    duplicates = 0
    for raw in reversed(split_page(page.body)):
        fields = decode_record(context, route, raw)
        if fields is None:
            continue
        key = identity(fields)
        if key is not None and key in seen:
            duplicates += 1
            continue
        if parse_record(context, route, fields) and key is not None:
            seen.add(key)
    return duplicates
