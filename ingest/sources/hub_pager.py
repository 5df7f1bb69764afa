"""One list route, page by page, onto the disk.

The pager believes nothing that it can check: a page that names itself or an old page
as the next, repeats a body, comes short, or ends the list too soon is asked for again
before it is believed, and what is still odd then is recorded.
"""

from __future__ import annotations

import hashlib
from typing import Final

from headwater.errors import FetchError, TransientFetchError
from headwater.ingest.client import HubClient, Page
from headwater.ingest.clock import Clock
from headwater.ingest.documents import PageHeader, RouteState, RunDirectory
from headwater.ingest.links import parameter, with_parameter
from headwater.ingest.parse.page_changes import moment, read_changes
from headwater.ingest.progress import Progress
from headwater.ingest.sources.hub_routes import (
    FIELDS,
    CrawlOptions,
    accepted_fields,
    first_url,
)

_FATAL: Final = {
    "foreign_link": "the next page is said to be on another host or route",
    "looping_link": "the next page is one that was read before",
    "repeated_page": "the page has the same body as an earlier one",
    "wrong_order": "the list is not in the order of change; run a full crawl instead",
}
_ODD: Final = {
    "short_page": "fewer than asked for, yet the list goes on: some may be missing",
    "empty_page": "none, yet the list goes on: some may be missing",
    "empty_last_page": "none, and no next page: some may be missing",
    "full_last_page": "as many as asked for, yet no next page: some may be missing",
    "last_page": "another answer than when it was asked for before",
}
_ASK_AGAIN: Final = 3  # requests for a page whose link leads nowhere
_SMALLEST_PAGE: Final = 100
_MAX_EMPTY: Final = 5
_MAX_USELESS_REPEATS: Final = 5
_MAX_WARNINGS: Final = 100


class RoutePager:
    """Fetches what is missing of one route of a run."""

    def __init__(
        self,
        run: RunDirectory,
        route: str,
        client: HubClient,
        options: CrawlOptions,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self.records = 0
        self.pages = 0
        self.bytes = 0
        self._run = run
        self._route = route
        self._client = client
        self._options = options
        self._progress = progress
        self._clock = clock
        self._cursors: set[str] = set()
        self._bodies: set[bytes] = set()
        self._largest = 0
        self._empty_in_a_row = 0
        self._useless_repeats = 0
        self._next: str | None = None
        self._oldest: str | None = None
        since = run.state.since.get(route) if options.update else None
        self._since = None if since is None else moment(since)
        self._recall()

    @property
    def state(self) -> RouteState:
        """The route's part of ``run.json``."""
        return self._run.route(self._route)

    def _recall(self) -> None:
        """Learn from the stored pages where an earlier process stopped."""
        for header in self._run.headers(self._route):
            self._remember(header)
        if self.pages:
            # The one page that a resumed crawl builds on is checked to the last byte.
            self._run.read_page(self._route, self.pages)

    def _remember(self, header: PageHeader) -> None:
        self.pages += 1
        self.records += header.n_records
        self.bytes += header.bytes
        self._largest = max(self._largest, header.n_records)
        self._empty_in_a_row = 0 if header.n_records else self._empty_in_a_row + 1
        self._cursors.add(_cursor(header.url))
        if header.n_records:
            self._bodies.add(bytes.fromhex(header.sha256))
        self._next = header.next
        self._oldest = header.oldest

    def fetch(self) -> None:
        """Fetch to the end of the route or to the limit; sets the stop reason.

        Raises
        ------
        FetchError
            When a page cannot be had; what came before is on disk.
        StorageError
            When the disk refuses.
        """
        while self.state.stop is None:
            if self._options.limit is not None and self.records >= self._options.limit:
                self.state.stop = "limit"
            elif self.pages and self._is_caught_up():
                self.state.stop = "caught_up"
            elif self.pages and self._next is None:
                self.state.stop = "end"
            else:
                self._store(self._first() if not self.pages else self._follow())
        self._run.save()

    def _is_caught_up(self) -> bool:
        """Whether an update has reached what was known before it."""
        if self._since is None or self._oldest is None:
            return False
        oldest = moment(self._oldest)
        return oldest is not None and oldest < self._since

    def _first(self) -> Page:
        """Return the first page, asking for fewer fields if the Hub knows fewer."""
        fields = FIELDS[self._route]
        while True:
            try:
                return self._ask(first_url(self._options, self._route, fields))
            except FetchError as error:
                if error.status != 400:
                    raise
                kept = accepted_fields(fields, error.problem)
                if not kept:
                    raise
                dropped = [name for name in fields if name not in kept]
                self.state.dropped_fields.extend(dropped)
                self._warn(f"the Hub does not give {', '.join(dropped)}; without it")
                fields = kept

    def _follow(self) -> Page:
        if self._next is None:
            raise AssertionError("a route without a next page is over")
        return self._ask(self._next)

    def _ask(self, url: str) -> Page:
        """Return the page at `url`, asked for again when it looks wrong."""
        page = self._get(self._within_limit(url))
        problem = self._suspicion(page)
        if problem is None:
            return page
        asked = 1
        while asked < (_ASK_AGAIN if problem in _FATAL else 2):
            asked += 1
            again = self._get(page.url)
            found = self._suspicion(again)
            if found is None:
                self._warn(
                    f"{problem} on page {self.pages + 1}, right when asked again"
                )
                return again
            if problem == found == "last_page" and again.n_records == page.n_records:
                return page  # the end, confirmed
            if problem in _FATAL or _is_better(again, page):
                page, problem = again, found
        if problem in _FATAL:
            raise FetchError(page.url, f"{problem}: {_FATAL[problem]}")
        self._accept_odd(page, problem)
        return page

    def _get(self, url: str) -> Page:
        """Return the page at `url`, a smaller one if the Hub is too slow for it.

        The links that follow keep the smaller size.
        """
        while True:
            size = int(parameter(url, "limit") or 0)
            if size <= _SMALLEST_PAGE:
                return self._client.get_page(url)
            try:
                return self._client.get_page(url, attempts=_ASK_AGAIN)
            except TransientFetchError as error:
                if error.status != 504 and not error.problem.startswith("timeout"):
                    return self._client.get_page(url)
                smaller = max(_SMALLEST_PAGE, size // 3)
                self._warn(
                    f"page {self.pages + 1}: {error.problem[:60]}; "
                    f"asked for {smaller} records instead of {size}"
                )
                url = with_parameter(url, "limit", str(smaller))

    def _accept_odd(self, page: Page, problem: str) -> None:
        if problem == "short_page":
            self._useless_repeats += 1
            if self._is_of_own_size(page):
                return
        if problem == "empty_page" and self._empty_in_a_row >= _MAX_EMPTY:
            raise FetchError(page.url, f"more than {_MAX_EMPTY} empty pages in a row")
        self._warn(
            f"{problem} on page {self.pages + 1}: {page.n_records} records, "
            f"{_ODD[problem]}"
        )

    def _is_of_own_size(self, page: Page) -> bool:
        """Return whether the server gives no more at once, rather than too little.

        Asked for just as many as it gave, it then names the same next page; a page
        that lost some goes on behind what it lost.
        """
        url = with_parameter(page.url, "limit", str(page.n_records))
        again = self._client.get_page(url)
        return (
            again.n_records == page.n_records
            and again.next is not None
            and page.next is not None
            and _cursor(again.next) == _cursor(page.next)
        )

    def _suspicion(self, page: Page) -> str | None:
        """Return what looks wrong about a page that is valid in itself."""
        if page.link_problem is not None:
            return page.link_problem
        if page.next is not None and (
            _cursor(page.next) in self._cursors
            or _cursor(page.next) == _cursor(page.url)
        ):
            return "looping_link"
        if page.n_records and hashlib.sha256(page.body).digest() in self._bodies:
            return "repeated_page"
        if self._since is not None and not read_changes(page.body).is_descending:
            return "wrong_order"
        if page.n_records == 0:
            return "empty_last_page" if page.next is None else "empty_page"
        return self._wrong_length(page)

    def _wrong_length(self, page: Page) -> str | None:
        asked = int(parameter(page.url, "limit") or self._options.page_size)
        usual = min(asked, self._largest or asked)
        if page.next is not None:
            is_short = page.n_records < usual
            if is_short and self._useless_repeats < _MAX_USELESS_REPEATS:
                return "short_page"
            return None
        limit = self._options.limit
        if limit is not None and self.records + page.n_records >= limit:
            return None
        # Only its Link tells an end from a page cut short: an end is asked for twice.
        return "full_last_page" if page.n_records >= usual else "last_page"

    def _within_limit(self, url: str) -> str:
        if self._options.limit is None:
            return url
        size = int(parameter(url, "limit") or self._options.page_size)
        left = self._options.limit - self.records
        return with_parameter(url, "limit", str(min(size, left)))

    def _store(self, page: Page) -> None:
        changes = read_changes(page.body)
        header = PageHeader(
            url=page.url,
            next=page.next,
            fetched_at=self._clock.now().isoformat(timespec="milliseconds"),
            status=page.status,
            n_records=page.n_records,
            bytes=len(page.body),
            sha256=hashlib.sha256(page.body).hexdigest(),
            newest=changes.newest,
            oldest=changes.oldest,
        )
        self._run.write_page(self._route, self.pages + 1, header, page.body)
        self._remember(header)
        self._progress.advance(page.n_records)

    def _warn(self, text: str) -> None:
        warnings = self.state.warnings
        if len(warnings) < _MAX_WARNINGS and text not in warnings:
            warnings.append(text)
            self._run.save()


def _cursor(url: str) -> str:
    """Return what tells the pages of a route apart; the first one has no cursor."""
    return parameter(url, "cursor") or ""


def _is_better(page: Page, other: Page) -> bool:
    return (page.n_records, page.next is not None) > (
        other.n_records,
        other.next is not None,
    )
