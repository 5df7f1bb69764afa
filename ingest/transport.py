"""What can go wrong between two hosts, in words of ours."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx2

from headwater.errors import FetchError, TransientFetchError

_NO_WAY: Final = (errno.ENETUNREACH, errno.EHOSTUNREACH)


@contextmanager
def transport_errors(url: str) -> Iterator[None]:
    """Turn what the HTTP library raises into errors of ours."""
    try:
        yield
    except httpx2.TimeoutException as error:
        problem = f"timeout: {type(error).__name__}"
        raise TransientFetchError(url, problem) from error
    except httpx2.UnsupportedProtocol as error:
        raise FetchError(url, str(error)) from error
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        problem = f"connection: {type(error).__name__}: {error}"
        raise TransientFetchError(url, problem) from error
    except httpx2.InvalidURL as error:
        raise FetchError(url, f"not a URL: {error}") from error


def contact_problem(url: str, timeout_s: float = 5.0) -> str | None:
    """Return why no server can be reached at an address, None when one may be.

    Behind a proxy nothing can be told from here.
    """
    parts = urlsplit(url)
    if getproxies() or parts.hostname is None:
        return None
    try:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        socket.create_connection((parts.hostname, port), timeout_s).close()
    except OSError as error:
        return nobody_answers(error)
    return None


def nobody_answers(error: BaseException) -> str | None:
    """Return why no server is at an address, None when one may be.

    Examples
    --------
    >>> nobody_answers(ConnectionRefusedError(111, "Connection refused"))
    'the connection is refused'
    >>> nobody_answers(TimeoutError()) is None
    True
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "there is no such host"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection can be made ({cause.reason or cause})"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection is refused"
        if isinstance(cause, OSError) and cause.errno in _NO_WAY:
            return "no network leads there"
        cause = cause.__cause__ or cause.__context__
    return None
