"""A run of detail calls from start to finish: lock, resume or begin, ask, report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from headwater.errors import (
    ConfigError,
    FetchError,
    IncompleteCrawlError,
    UnreachableError,
    WrongTokenError,
)
from headwater.ingest.client import HubClient
from headwater.ingest.clock import Clock, SystemClock
from headwater.ingest.crawl import LOCK_NAME
from headwater.ingest.documents import Asked, OptionValue, RunDirectory, find_runs
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.progress import NullProgress, Progress
from headwater.ingest.report import RouteReport, RunReport
from headwater.ingest.sources import hub
from headwater.ingest.sources.hub_details import fetch_details, route_of


def crawl_details(
    run_root: Path,
    asked: Sequence[Asked],
    client: HubClient,
    progress: Progress | None = None,
    clock: Clock | None = None,
    *,
    files: bool = False,
    organisations: bool = False,
    resume: bool = True,
) -> RunReport:
    """Ask the Hub about single repositories or namespaces; keep its answers as a run.

    Parameters
    ----------
    run_root : Path
        Where runs are kept.
    asked : sequence of Asked
        What to ask about, most wanted first.
    client : HubClient
        Whom to ask.
    progress : Progress, optional
        Told how far it is.
    clock : Clock, optional
        Time, for tests.
    files : bool
        Whether to ask for the checksums of the files as well.
    organisations : bool
        Whether `asked` are namespaces.
    resume : bool
        Go on with the latest unfinished run of the same kind, if there is one; its own
        questions are asked then, not `asked`.

    Raises
    ------
    ConfigError
        When there is nothing to ask and no run to go on with.
    IncompleteCrawlError
        When the Hub stopped answering; the answers that came are kept.
    UnreachableError, WrongTokenError, KeyboardInterrupt, StoreLockedError,
    StorageError, DamagedRunError
        As for :func:`headwater.ingest.crawl.crawl`.
    """
    clock = clock or SystemClock()
    progress = progress or NullProgress()
    if client.on_wait is None:
        client.on_wait = progress.wait
    kind: dict[str, OptionValue] = {"files": files}
    if organisations:
        kind["organisations"] = True
    with exclusive_lock(run_root / LOCK_NAME):
        run = _unfinished(run_root, client.endpoint, kind) if resume else None
        if run is None:
            if not asked:
                raise ConfigError("there is nothing to ask the Hub about")
            run = RunDirectory.create(
                run_root,
                source=hub.SOURCE,
                endpoint=client.endpoint,
                options={"details": len(asked), **kind},
                now=clock.now(),
                asked=asked,
            )
        run.clear_leftovers()
        return _ask_all(run, client, progress, clock)


def _unfinished(
    root: Path, endpoint: str, kind: dict[str, OptionValue]
) -> RunDirectory | None:
    """Return the newest run of details of this kind if it is unfinished."""
    for run in reversed(find_runs(root, hub.SOURCE)):
        own = {name: v for name, v in run.state.options.items() if name != "details"}
        if run.state.asked and own == kind and run.state.endpoint == endpoint:
            return None if run.state.status == "complete" else run
    return None


def _ask_all(
    run: RunDirectory, client: HubClient, progress: Progress, clock: Clock
) -> RunReport:
    started, costs = clock.monotonic(), client.stats.copy()
    state = run.state
    report = RunReport(state.run_id, state.endpoint, state.started, state.status)
    name = route_of(run)
    route = report.routes[name] = RouteReport(name, expected=len(state.asked))
    before = run.page_count(name)

    def close(status: str, stop: str) -> None:
        run.route(name).stop = route.stop = stop
        route.pages = route.records = run.page_count(name)
        route.new_records = route.pages - before
        route.share_seen = route.pages / len(state.asked) if state.asked else 1.0
        route.seconds = clock.monotonic() - started
        report.add_costs(client.stats.since(costs), route.seconds)
        report.status = status
        state.status = "complete" if status == "complete" else "interrupted"
        run.save()
        report.write(run.path)

    try:
        fetch_details(run, client, progress, clock)
    except (KeyboardInterrupt, WrongTokenError) as error:
        close("interrupted", str(error) or "interrupted")
        raise
    except FetchError as error:
        if isinstance(error, UnreachableError) and run.discard_if_empty():
            raise
        close("interrupted", f"error: {error}"[:500])
        raise IncompleteCrawlError(
            state.run_id, route.records, str(error), len(state.asked)
        ) from error
    close("complete", "end")
    return report
