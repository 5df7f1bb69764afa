"""Requests to the Hub: pages of its list routes, single answers, or an error.

Whatever a server does, a call ends: every request has a connect, a read and a total
timeout and a byte cap, and only what may pass is tried again, a bounded number of
times. The token goes to the endpoint that it was given for and to nobody else.
"""

from __future__ import annotations

import random as random_module
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, Literal, TypeVar
from urllib.parse import urljoin

import httpx2

from headwater import __version__
from headwater.errors import (
    FetchError,
    TransientFetchError,
    UnreachableError,
    WrongTokenError,
)
from headwater.ingest.clock import Clock, SystemClock
from headwater.ingest.links import HUB_ENDPOINT, next_link, safe_next, same_origin
from headwater.ingest.parse.page_body import is_object, split_page
from headwater.ingest.rate_limit import (
    MAX_WAIT_S,
    RetryPolicy,
    parse_rate_limit,
    wait_told,
)
from headwater.ingest.transport import nobody_answers, transport_errors

USER_AGENT: Final = f"headwater/{__version__}"
MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 531)})
_REFUSALS: Final = frozenset({401, 403, 404, 410, 451})
_ERROR_BODY_BYTES: Final = 64 * 1024
_FIRST_CONTACT: Final = 3
"""Requests to an address that nothing answers at, if nothing ever has."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take; the total covers redirects and the whole body."""

    connect_s: float = 10.0
    read_s: float = 60.0
    total_s: float = 180.0
    page_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a list route.

    Attributes
    ----------
    url : str
        What was asked for.
    body : bytes
        The answer as it came, decompressed.
    n_records : int
        Records in it.
    next : str or None
        The checked URL of the next page.
    link_problem : str or None
        ``foreign_link`` when the answer named a next page that is not to be followed.
    """

    url: str
    body: bytes
    n_records: int
    next: str | None
    status: int = 200
    link_problem: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the Hub said about one repository; `body` is JSON when `status` is 200."""

    url: str
    status: int
    body: bytes
    location: str | None = None
    error_code: str | None = None
    message: str | None = None


@dataclass(slots=True)
class ClientStats:
    """What the network cost."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0
    waited_s: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)

    def since(self, before: ClientStats) -> ClientStats:
        """Return what it cost since then: one client may serve several runs."""
        return ClientStats(
            self.requests - before.requests,
            self.retries - before.retries,
            self.bytes - before.bytes,
            self.waited_s - before.waited_s,
            self.failures - before.failures,
        )

    def copy(self) -> ClientStats:
        """Return the costs up to now."""
        return replace(self, failures=self.failures.copy())


class HubClient:
    """Fetches pages from one endpoint, politely.

    Parameters
    ----------
    endpoint : str
        Base URL of the Hub or of a mirror.
    token : str, None or False
        An access token; None takes the one that ``hf auth login`` left, and only
        for the Hub itself, never for a mirror; False sends none.
    limits, retry : Limits, RetryPolicy
        Timeouts and patience.
    clock, random : Clock, callable
        Time and jitter, for tests.
    on_wait : callable or None
        Told of every pause: seconds and why.
    """

    def __init__(
        self,
        endpoint: str = HUB_ENDPOINT,
        *,
        token: str | Literal[False] | None = None,
        limits: Limits | None = None,
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
        on_wait: Callable[[float, str], None] | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.stats = ClientStats()
        self.on_wait = on_wait
        self._token: str | Literal[False] | None = False if token == "" else token
        self._limits = limits or Limits()
        self._retry = retry or RetryPolicy()
        self._clock = clock or SystemClock()
        self._random = random
        self._next_request_at = 0.0
        self._was_answered = False
        timeout = httpx2.Timeout(self._limits.read_s, connect=self._limits.connect_s)
        self._http = httpx2.Client(
            timeout=timeout,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )

    def __enter__(self) -> HubClient:
        """Return the client; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get_page(self, url: str, *, attempts: int | None = None) -> Page:
        """Return the page at `url`, trying again what is transient.

        `attempts` overrides how often.

        Raises
        ------
        WrongTokenError
            When the Hub does not accept the token.
        UnreachableError
            When nothing answers at the endpoint, and nothing has before: within seconds,
            since the address is more often wrong than the server down.
        TransientFetchError
            When it went on failing, or the server asks for a longer wait than is sane.
        FetchError
            When trying again cannot help.
        """
        return self._patiently(lambda: self._request(url), attempts)

    def get_answer(self, url: str) -> Answer:
        """Return what the Hub says about one repository, redirects not followed.

        A refusal is an answer too: 401, 403, 404, 410 and 451 are returned.

        Raises
        ------
        WrongTokenError, TransientFetchError, FetchError
            As for :meth:`get_page`.
        """
        return self._patiently(lambda: self._question(url), None)

    @property
    def has_token(self) -> bool:
        """Whether requests to the endpoint carry a token."""
        return bool(self._authorisation(self.endpoint))

    def _patiently(self, ask: Callable[[], T], attempts: int | None) -> T:
        attempt, most = 0, attempts or self._retry.attempts
        while True:
            self._pace()
            try:
                return ask()
            except TransientFetchError as error:
                attempt += 1
                self.stats.failures[error.problem.partition(":")[0]] += 1
                nobody = None if self._was_answered else nobody_answers(error)
                if nobody is not None and attempt >= min(most, _FIRST_CONTACT):
                    where = "--endpoint (or HF_ENDPOINT)"
                    raise UnreachableError(self.endpoint, nobody, where) from error
                if attempt >= most:
                    raise
                told = error.retry_after_s
                if told is not None and told > MAX_WAIT_S:
                    raise
                pause = self._retry.pause_s(attempt, self._random)
                self._wait(max(told or 0.0, pause if told is None else 0.0), error)
                self.stats.retries += 1

    def _pace(self) -> None:
        """Wait for the next window once this one's requests are spent."""
        left = self._next_request_at - self._clock.monotonic()
        if left > 0:
            self._wait(min(left, MAX_WAIT_S), "the request quota is spent")

    def _wait(self, seconds: float, reason: object) -> None:
        self.stats.waited_s += seconds
        if self.on_wait is not None:
            self.on_wait(seconds, str(reason))
        self._clock.sleep(seconds)

    def _question(self, url: str) -> Answer:
        deadline = self._clock.monotonic() + self._limits.total_s
        self.stats.requests += 1
        with (
            transport_errors(url),
            self._http.stream("GET", url, headers=self._authorisation(url)) as response,
        ):
            self._note_limits(response)
            status = response.status_code
            code = response.headers.get("X-Error-Code")
            if status == 401 and self._token and code is None:
                raise WrongTokenError(url)
            if status not in (200, *_REDIRECTS, *_REFUSALS):
                raise self._refusal(url, response, deadline)
            cap = None if status == 200 else _ERROR_BODY_BYTES
            body = self._read(url, response, deadline, cap)
            if status == 200 and not is_object(body):
                raise TransientFetchError(url, "bad body: no JSON object", 200)
            location = response.headers.get("Location")
            message = response.headers.get("X-Error-Message")
            return Answer(url, status, body, location, code, message)

    def _request(self, url: str) -> Page:
        deadline = self._clock.monotonic() + self._limits.total_s
        target = url
        for _ in range(MAX_REDIRECTS + 1):
            self.stats.requests += 1
            with (
                transport_errors(url),
                self._http.stream(
                    "GET", target, headers=self._authorisation(target)
                ) as response,
            ):
                self._note_limits(response)
                if response.status_code in _REDIRECTS:
                    target = self._redirected(target, response)
                    continue
                if response.status_code != 200:
                    raise self._refusal(target, response, deadline)
                body = self._read(target, response, deadline)
                return self._page(url, body, response)
        raise FetchError(url, f"more than {MAX_REDIRECTS} redirects")

    def _authorisation(self, url: str) -> dict[str, str]:
        if self._token is None:
            self._token = stored_token() if self._is_the_hub() else False
        if self._token is False or not same_origin(url, self.endpoint):
            return {}
        if not (self._token.isascii() and self._token.isprintable()):
            raise WrongTokenError(url)
        return {"Authorization": f"Bearer {self._token}"}

    def _is_the_hub(self) -> bool:
        return same_origin(self.endpoint, HUB_ENDPOINT)

    def _note_limits(self, response: httpx2.Response) -> None:
        self._was_answered = True
        limit = parse_rate_limit(response.headers.get("RateLimit"))
        if limit is not None and limit.remaining == 0:
            wait = min(float(limit.reset_s), MAX_WAIT_S)
            self._next_request_at = self._clock.monotonic() + wait
        elif limit is not None:
            self._next_request_at = 0.0

    def _redirected(self, url: str, response: httpx2.Response) -> str:
        target = urljoin(url, response.headers.get("Location", ""))
        if not same_origin(target, self.endpoint):
            raise FetchError(url, "redirected to another host", response.status_code)
        return target

    def _refusal(
        self, url: str, response: httpx2.Response, deadline: float
    ) -> FetchError:
        status = response.status_code
        said = response.headers.get("X-Error-Message") or self._error_text(
            url, response, deadline
        )
        if status == 401 and self._token:
            return WrongTokenError(url)
        problem = f"HTTP {status}: {said[:2000]}" if said else f"HTTP {status}"
        if status in _TRANSIENT:
            told = wait_told(response.headers, self._clock.now())
            return TransientFetchError(url, problem, status, told)
        return FetchError(url, problem, status)

    def _error_text(self, url: str, response: httpx2.Response, deadline: float) -> str:
        try:
            body = self._read(url, response, deadline, _ERROR_BODY_BYTES)
        except (FetchError, httpx2.HTTPError):
            return ""
        return body.decode("utf-8", "replace")

    def _read(
        self,
        url: str,
        response: httpx2.Response,
        deadline: float,
        max_bytes: int | None = None,
    ) -> bytes:
        cap = max_bytes or self._limits.page_bytes
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > cap:
                raise FetchError(url, f"more than {cap} bytes in one page")
            if self._clock.monotonic() > deadline:
                raise TransientFetchError(
                    url, f"timeout: not done after {self._limits.total_s:g} s"
                )
            chunks.append(chunk)
        self.stats.bytes += size
        return b"".join(chunks)

    def _page(self, url: str, body: bytes, response: httpx2.Response) -> Page:
        try:
            n_records = len(split_page(body))
        except ValueError as error:
            raise TransientFetchError(url, f"bad body: {error}", 200) from error
        target = next_link(response.headers.get("Link"))
        following = safe_next(target, url, self.endpoint) if target else None
        problem = "foreign_link" if target and following is None else None
        return Page(url, body, n_records, following, response.status_code, problem)


def stored_token() -> str | Literal[False]:
    """Return the access token of ``HF_TOKEN`` or ``hf auth login``, False without one."""
    from huggingface_hub import get_token

    return get_token() or False
