"""What earlier runs mean for the next: which to resume, where an update begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from headwater.errors import ConfigError
from headwater.ingest.documents import RunDirectory, find_runs
from headwater.ingest.parse.page_changes import moment
from headwater.ingest.sources import hub
from headwater.ingest.sources.hub_routes import CrawlOptions

OVERLAP: Final = timedelta(hours=1)
"""How far an update reads beyond the mark: clocks differ, and lists lag behind."""

DUMP_OVERLAP: Final = timedelta(days=1)
"""The same for a dump: it was made over hours, and does not say when it began."""

_KIND: Final = ("author", "filters", "limit")


@dataclass(frozen=True, slots=True)
class ListedDump:
    """A dump of one whole list that was imported: an update can build on it.

    Attributes
    ----------
    endpoint : str
        Address of the Hub that it was made from.
    route : str
        The list.
    newest : str
        The last change that it knows of, ISO 8601 in UTC.
    n_records : int
        Its records.
    """

    endpoint: str
    route: str
    newest: str
    n_records: int


def latest_incomplete(root: Path, options: CrawlOptions) -> RunDirectory | None:
    """Return the newest unfinished run with these options, if there is one.

    One that a complete run overtook is none: its pages would be older than they look.
    """
    for run in reversed(find_runs(root, hub.SOURCE)):
        if not _is_same_list(run, options):
            continue
        if run.state.options == options.identity():
            if run.state.status != "complete":
                return run
            return None
        if run.state.status == "complete" and options.update:
            return None
    return None


def expected_records(root: Path, options: CrawlOptions) -> dict[str, int]:
    """Return how many records the last complete run of this kind had."""
    for run in reversed(find_runs(root, hub.SOURCE)):
        if (
            run.state.endpoint == options.endpoint
            and run.state.options == options.identity()
            and run.state.status == "complete"
        ):
            return {route: _count(run, route) for route in options.routes}
    return {}


def listed_in_full(
    root: Path, endpoint: str, dumps: Sequence[ListedDump] = ()
) -> dict[str, int]:
    """Return how many records the last complete pass over each whole list had.

    Where there was none, how many the newest dump of it has.
    """
    found: dict[str, int] = {}
    for run in reversed(find_runs(root, hub.SOURCE)):
        for route in run.state.routes:
            if (
                route not in found
                and run.state.endpoint == endpoint
                and is_full_pass(run, route)
            ):
                found[route] = _count(run, route)
    for dump in sorted(dumps, key=lambda item: item.newest, reverse=True):
        if dump.endpoint == endpoint:
            found.setdefault(dump.route, dump.n_records)
    return found


def is_full_pass(run: RunDirectory, route: str) -> bool:
    """Return whether a run read the whole list of a route, from end to end."""
    state = run.state.routes.get(route)
    restricted = any(run.state.options.get(name) for name in _KIND)
    if state is None or restricted or is_update(run) or run.state.asked:
        return False
    return state.is_whole


def is_update(run: RunDirectory) -> bool:
    """Return whether a run read only what had changed."""
    return run.state.options.get("update") is True


def update_marks(
    root: Path, options: CrawlOptions, dumps: Sequence[ListedDump] = ()
) -> dict[str, str]:
    """Return the moment that an update of each route has to reach back to.

    It is the high-water mark of the last complete run of the same list, or of a dump of
    the whole list, less the overlap. The mark of a run is the newest change that it
    saw, but never later than its own start: what changed while it ran may have been
    read before the change.

    Raises
    ------
    ConfigError
        When a route has no complete run that an update could build on.
    """
    marks: dict[str, str] = {}
    runs = [run for run in find_runs(root, hub.SOURCE) if _is_same_list(run, options)]
    for route in options.routes:
        known = [
            _dump_mark(dump)
            for dump in dumps
            if (dump.endpoint, dump.route) == (options.endpoint, route)
        ]
        for run in runs:
            state = run.state.routes.get(route)
            if state is None or state.stop not in ("end", "caught_up"):
                continue
            if not is_update(run) or known:
                known.append(_mark(run, route))
        if not known:
            raise ConfigError(
                f"there is no complete crawl of the {route} of {options.endpoint} to "
                "update; run the same crawl without --update first, import a dump "
                f"(headwater import bulk {route}.parquet), or name other lists: --only"
            )
        marks[route] = max(known)
    return marks


def _dump_mark(dump: ListedDump) -> str:
    newest = moment(dump.newest)
    if newest is None:
        raise AssertionError("a dump is listed only with the moment of its last change")
    return (newest - DUMP_OVERLAP).isoformat()


def _is_same_list(run: RunDirectory, options: CrawlOptions) -> bool:
    wanted = options.identity()
    return (
        run.state.endpoint == options.endpoint
        and not run.state.asked
        and all(run.state.options.get(name) == wanted[name] for name in _KIND)
    )


def _mark(run: RunDirectory, route: str) -> str:
    known = [moment(header.newest) for header in run.headers(route)]
    newest = [found for found in known if found is not None]
    started = moment(run.state.started)
    if started is None:
        raise AssertionError("a run that was opened has a start")
    return (min(started, max(newest, default=started)) - OVERLAP).isoformat()


def _count(run: RunDirectory, route: str) -> int:
    return sum(header.n_records for header in run.headers(route))
