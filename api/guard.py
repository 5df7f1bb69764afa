"""What stands before every route: sizes, keys, rates, headers, counting."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import re
import time
from collections import OrderedDict
from collections.abc import MutableMapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import headwater
from headwater.api.metrics import Metrics
from headwater.api.problems import ProblemError
from headwater.api.settings import ApiSettings

API_VERSION: Final = "1"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "headwater-version": headwater.__version__,
    "headwater-api-version": API_VERSION,
}
OPEN_PATHS: Final = ("/v1/health",)
"""Asked without a key, so that a monitor needs none."""
OTHERS_RATE: Final = 50.0
_BURST_S: Final = 2.0
_CLIENTS: Final = 10_000
_LOG: Final = logging.getLogger("headwater.api")
_WITH_IDS: Final = b"/v1/artefacts/"
_SLASH: Final = re.compile("%2f", re.IGNORECASE)


class Buckets:
    """A token bucket a client: `rate` tokens a second, two seconds' worth at most."""

    def __init__(self, rate: float, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = max(1.0, rate * _BURST_S if burst is None else burst)
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, now: float) -> float:
        """Return 0 and take a token, or the seconds until there is one.

        Examples
        --------
        >>> buckets = Buckets(rate=1, burst=2)
        >>> [buckets.take("a", now) for now in (0.0, 0.0, 0.0, 1.0)]
        [0.0, 0.0, 1.0, 0.0]
        """
        tokens, last = self._held.get(client, (self._burst, now))
        tokens = min(self._burst, tokens + (now - last) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._held[client] = (tokens if wait else tokens - 1, now)
        self._held.move_to_end(client)
        if len(self._held) > _CLIENTS:
            self._held.popitem(last=False)
        return wait


class Guard:
    """The outermost layer; a plain ASGI middleware, so that streams stay streams.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    settings : ApiSettings
        Sizes, rate, key, names.
    metrics : Metrics
        Counts what is answered.
    """

    def __init__(self, app: ASGIApp, settings: ApiSettings, metrics: Metrics) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self._digest = (
            None if settings.api_key is None else _digest(settings.api_key.encode())
        )
        self._buckets = Buckets(OTHERS_RATE if settings.rate is None else settings.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        is_head = scope["method"] == "HEAD"
        scope = {**scope, "path": _keep_slashes(scope)}
        if is_head:
            scope["method"] = "GET"
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message)
            elif is_head:
                # Keep the headers of the answer, its length included.
                message = {**message, "body": b""}
            await send(message)

        with self.metrics.in_flight():
            try:
                self._check(scope)
                await self.app(scope, _bounded(receive, scope, self.settings), send_on)
            except ProblemError as problem:
                await problem.response(scope["path"])(scope, receive, send_on)
            except Exception:
                # The traceback goes to the log, never to the client.
                _LOG.exception("%s %s", scope["method"], scope["path"])
                if status:
                    raise
                fault = ProblemError("internal-error", "the server's log has more")
                await fault.response(scope["path"])(scope, receive, send_on)
            finally:
                seconds = time.perf_counter() - began
                self.metrics.count(_route(scope), scope["method"], status, seconds)

    def _check(self, scope: Scope) -> None:
        settings, headers = self.settings, Headers(scope=scope)
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        if size > settings.max_url_bytes:
            raise ProblemError(
                "url-too-long",
                f"the address has {size:,} bytes, {settings.max_url_bytes:,} is the limit; "
                "POST /v1/what-breaks takes long lists in its body",
            )
        self._check_host(headers)
        self._check_rate(scope)
        if self._digest is not None and scope["path"] not in OPEN_PATHS:
            self._check_key(headers)
        told = headers.get("content-length", "")
        if told.isdecimal() and int(told) > settings.max_body_bytes:
            raise _too_large(settings)

    def _check_host(self, headers: Headers) -> None:
        if not self.settings.allowed_hosts:
            return
        host = headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name.lower() not in self.settings.allowed_hosts:
            raise ProblemError(
                "host-not-allowed",
                "the server answers on this machine's own names alone; to open it to "
                "others: headwater serve --host",
            )

    def _check_rate(self, scope: Scope) -> None:
        client = (scope.get("client") or ("", 0))[0]
        if self.settings.rate is None and _is_this_machine(client):
            return
        wait = self._buckets.take(client, time.monotonic())
        if wait:
            raise ProblemError(
                "too-many-requests",
                f"ask again in {wait:.1f} s",
                headers={"retry-after": str(int(wait) + 1)},
            )

    def _check_key(self, headers: Headers) -> None:
        given = _digest(_given_key(headers))
        if self._digest is None or not hmac.compare_digest(given, self._digest):
            raise ProblemError(
                "unauthorised",
                "send the key as Authorization: Bearer KEY, as X-API-Key, or as the "
                "password that a browser asks for",
                headers={"www-authenticate": 'Bearer, Basic realm="headwater"'},
            )


def _keep_slashes(scope: Scope) -> str:
    """Return the path; a slash that an id has as ``%2F`` stays so until the routes.

    Otherwise ``o%2Flineage`` would be the lineage of ``o``.
    """
    raw: bytes = scope.get("raw_path") or b""
    path: str = scope["path"]
    if not raw.startswith(_WITH_IDS) or b"%2f" not in raw.lower():
        return path
    kept = _SLASH.sub("%252F", raw.decode("latin-1"))
    return unquote(kept)


def _digest(key: bytes) -> bytes:
    # Digests have one length, so comparing them tells nothing about that of the key.
    return sha256(key).digest()


def _given_key(headers: Headers) -> bytes:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value.encode("latin-1")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except (ValueError, binascii.Error):
            return b""
    return headers.get("x-api-key", "").encode("latin-1")


def _is_this_machine(client: str) -> bool:
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return client in (
            "",
            "testclient",
        )  # a socket of the file system has no address


def _route(scope: MutableMapping[str, Any]) -> str:
    route = scope.get("route")
    return str(getattr(route, "path_format", None) or getattr(route, "path", "other"))


def _add_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


def _too_large(settings: ApiSettings) -> ProblemError:
    return ProblemError(
        "body-too-large", f"a body has at most {settings.max_body_bytes:,} bytes"
    )


def _bounded(receive: Receive, scope: Scope, settings: ApiSettings) -> Receive:
    """Return a receiver that ends a body that is longer than it may be."""
    read = 0

    async def receive_some() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > settings.max_body_bytes:
            raise _too_large(settings)
        return message

    return receive_some
