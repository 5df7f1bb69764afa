"""A crawl from start to finish: lock, resume or begin, fetch, parse, report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from headwater.errors import (
    FetchError,
    IncompleteCrawlError,
    UnreachableError,
    WrongTokenError,
)
from headwater.graph.claims import ClaimBatch
from headwater.ingest.client import HubClient
from headwater.ingest.clock import Clock, SystemClock
from headwater.ingest.documents import RunDirectory
from headwater.ingest.history import (
    ListedDump,
    expected_records,
    is_full_pass,
    latest_incomplete,
    listed_in_full,
    update_marks,
)
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.progress import NullProgress, Progress
from headwater.ingest.report import ParseReport, RouteReport, RunReport
from headwater.ingest.sources import hub
from headwater.ingest.sources.hub_routes import CrawlOptions

LOCK_NAME = "crawl.lock"


def crawl(
    run_root: Path,
    options: CrawlOptions,
    client: HubClient | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
    *,
    resume: bool = True,
    load: Callable[[ClaimBatch], None] | None = None,
    dumps: Sequence[ListedDump] = (),
) -> RunReport:
    """Crawl the Hub into a run directory under `run_root`.

    Parameters
    ----------
    run_root : Path
        Where runs are kept, ``<data dir>/runs``; made if it is missing.
    options : CrawlOptions
        What to crawl.
    client : HubClient, optional
        Where from; by default a new one for the endpoint of `options`.
    progress : Progress, optional
        Told how far it is.
    clock : Clock, optional
        Time, for tests.
    resume : bool
        Go on with the latest unfinished run that has the same options, if there is
        one; False always begins anew.
    load : callable, optional
        Given every batch of claims once all pages are stored; without it nothing is
        parsed, and ``headwater.ingest.sources.hub.parse`` can do it at any time.
    dumps : sequence of ListedDump
        Dumps that were imported: an update may build on them as on a complete crawl.

    Returns
    -------
    RunReport
        Also kept as ``report.json`` in the run directory.

    Raises
    ------
    ConfigError
        When there is nothing to update yet.
    IncompleteCrawlError
        When the Hub could not be read to the end; what was fetched is kept.
    UnreachableError
        When nothing answers at the endpoint; no run is left behind then.
    WrongTokenError
        When the Hub refuses the token.
    KeyboardInterrupt
        On Ctrl-C, after the run was marked as interrupted.
    StoreLockedError
        When another crawl writes to `run_root`.
    StorageError
        When the disk refuses.
    DamagedRunError
        When the run to be resumed is damaged.
    """
    clock = clock or SystemClock()
    progress = progress or NullProgress()
    with exclusive_lock(run_root / LOCK_NAME):
        owned = client is None
        client = client or HubClient(options.endpoint, clock=clock)
        if client.on_wait is None:
            client.on_wait = progress.wait
        try:
            run = _run_for(run_root, options, clock, resume, dumps)
            whole = listed_in_full(run_root, options.endpoint, dumps)
            expected = expected_records(run_root, options)
            report = _fetch(run, client, options, progress, clock, expected, whole)
            if load is not None:
                report.parse = ParseReport()
                for batch in hub.parse(run, report.parse):
                    load(batch)
                report.write(run.path)
            return report
        finally:
            if owned:
                client.close()


def _run_for(
    root: Path,
    options: CrawlOptions,
    clock: Clock,
    resume: bool,
    dumps: Sequence[ListedDump],
) -> RunDirectory:
    run = latest_incomplete(root, options) if resume else None
    if run is None:
        since = update_marks(root, options, dumps) if options.update else {}
        return RunDirectory.create(
            root,
            source=hub.SOURCE,
            endpoint=options.endpoint,
            options=options.identity(),
            now=clock.now(),
            since=since,
        )
    run.clear_leftovers()
    run.state.status = "running"
    run.save()
    return run


def _fetch(
    run: RunDirectory,
    client: HubClient,
    options: CrawlOptions,
    progress: Progress,
    clock: Clock,
    expected: dict[str, int],
    whole: dict[str, int],
) -> RunReport:
    started, before = clock.monotonic(), client.stats.copy()
    state = run.state
    report = RunReport(state.run_id, options.endpoint, state.started, state.status)

    def close(status: str) -> None:
        report.status = status
        for route in report.routes.values():
            route.is_full_pass = is_full_pass(run, route.route)
            route.share_of_all = _share_of_all(route, whole)
        report.add_costs(client.stats.since(before), clock.monotonic() - started)
        # The report first: whoever dies in between is resumed, and reports again.
        report.write(run.path)
        run.state.status = "complete" if status == "complete" else "interrupted"
        run.save()

    try:
        hub.fetch(
            run,
            client,
            options,
            progress,
            clock=clock,
            expected=expected,
            reports=report.routes,
        )
    except (KeyboardInterrupt, WrongTokenError):
        close("interrupted")
        raise
    except FetchError as error:
        if isinstance(error, UnreachableError) and run.discard_if_empty():
            raise
        close("interrupted")
        raise IncompleteCrawlError(
            state.run_id, report.records, str(error), report.expected
        ) from error
    # After a StorageError nothing is marked: the state of a run is in its pages, and a
    # disk that is full would not take the mark either.
    close("complete")
    return report


def _share_of_all(report: RouteReport, whole: dict[str, int]) -> float | None:
    """Return the share of the whole list that a run saw, None when nobody knows it."""
    if report.is_full_pass:
        return 1.0
    known = whole.get(report.route)
    return min(1.0, report.records / known) if known else None
