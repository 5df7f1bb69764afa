"""One large file over HTTPS: fetched once, resumed where it broke off, never trusted.

No token goes with such a request, to whatever host. What has come stays in the folder
until the file is whole, so that Ctrl-C or a lost connection costs at most what was on
its way.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx2
import msgspec

from headwater.errors import (
    ConfigError,
    FetchError,
    StorageError,
    TransientFetchError,
    UnreachableError,
)
from headwater.ingest.client import USER_AGENT, Limits
from headwater.ingest.clock import Clock, SystemClock
from headwater.ingest.durable import storage_errors, write_durably
from headwater.ingest.progress import NullProgress, Progress
from headwater.ingest.rate_limit import MAX_WAIT_S, RetryPolicy, wait_told
from headwater.ingest.transport import nobody_answers, transport_errors

_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 531)})
_FIRST_CONTACT: Final = 3
_MAX_ATTEMPTS: Final = 100
_PROGRESS_BYTES: Final = 1 << 20  # an attempt that brings less was of no use
_SLOW_WINDOW_S: Final = 60.0
_SLOWEST: Final = 1000  # bytes a second, over a whole window
_MAGIC: Final = b"PAR1"
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})\Z")


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was fetched, and what its server said of it."""

    url: str
    path: Path
    n_bytes: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None

    def told(self) -> dict[str, str | int | None]:
        """Return what is worth keeping once the file is gone."""
        return {
            "url": self.url,
            "bytes": self.n_bytes,
            "sha256": self.sha256,
            "etag": self.etag,
            "last_modified": self.last_modified,
        }


class _Note(msgspec.Struct, kw_only=True):
    """What is kept beside an unfinished file: which version of it this is."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
    is_whole: bool = False

    @property
    def validator(self) -> str | None:
        """What a server can tell this version by; a weak tag promises too little."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or self.last_modified


@dataclass(frozen=True, slots=True)
class _Begun:
    """What an answer says before its body: where it goes on, and the whole length."""

    start: int
    total: int | None


def download(
    url: str,
    folder: Path,
    *,
    max_bytes: int,
    progress: Progress | None = None,
    clock: Clock | None = None,
    limits: Limits | None = None,
    retry: RetryPolicy | None = None,
) -> Downloaded:
    """Fetch a Parquet file, going on with what an earlier attempt left.

    Parameters
    ----------
    url : str
        Its https address; plain http only from this very machine.
    folder : pathlib.Path
        Where it is kept; made if it is missing. The caller removes the file.
    max_bytes : int
        A larger file is refused, before it comes where its server says its length.
    progress, clock, limits, retry
        As for :class:`~headwater.ingest.client.HubClient`. Of the limits only two hold:
        to connect, and to wait for the next bytes.

    Raises
    ------
    ConfigError
        When the address is none that is fetched from.
    UnreachableError
        When nothing answers there.
    FetchError
        When the file cannot be had, is too large, or is no Parquet file.
    StorageError
        When the disk refuses.
    """
    check_address(url)
    loader = _Loader(
        url, folder, max_bytes, progress or NullProgress(), clock or SystemClock(),
        limits or Limits(),
    )  # fmt: skip
    return loader.run(retry or RetryPolicy())


def check_address(url: str) -> None:
    """Refuse an address that is not fetched from.

    Raises
    ------
    ConfigError
        With what is wrong about it.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
    if not host:
        raise ConfigError(f"{url} is no address")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"the address of {host} holds a name or a password; download the file "
            "yourself and import it from its path"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise ConfigError(
            f"{url} is not https: what comes from there may be anybody's; download the "
            "file yourself and import it from its path"
        )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _Loader:
    """Fetches one file in as many attempts as it takes."""

    def __init__(
        self,
        url: str,
        folder: Path,
        max_bytes: int,
        progress: Progress,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._url, self._max_bytes = url, max_bytes
        self._progress, self._clock = progress, clock
        key = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._file = folder / f"{key}.parquet"
        self._note_file = folder / f"{key}.json"
        self._was_answered = False
        timeout = httpx2.Timeout(limits.read_s, connect=limits.connect_s)
        self._http = httpx2.Client(
            timeout=timeout,
            follow_redirects=False,
            # A compressed answer could not be gone on with in the middle.
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._note = self._read_note()

    def run(self, retry: RetryPolicy) -> Downloaded:
        """Return the file once it is whole."""
        failures = 0
        self._progress.start("download", None, self._size, unit="bytes")
        try:
            with self._http:
                for _ in range(_MAX_ATTEMPTS):
                    before = self._size
                    try:
                        return self._attempt()
                    except TransientFetchError as error:
                        brought = self._size - before
                        failures = 1 if brought >= _PROGRESS_BYTES else failures + 1
                        self._pause(error, failures, retry)
        finally:
            self._progress.finish()
        raise FetchError(self._url, f"not whole after {_MAX_ATTEMPTS} attempts")

    def _pause(
        self, error: TransientFetchError, failures: int, retry: RetryPolicy
    ) -> None:
        nobody = None if self._was_answered else nobody_answers(error)
        if nobody is not None and failures >= _FIRST_CONTACT:
            raise UnreachableError(self._url, nobody, "the address") from error
        told = error.retry_after_s
        if failures >= retry.attempts or (told is not None and told > MAX_WAIT_S):
            raise error
        pause = retry.pause_s(failures, random.random) if told is None else told
        self._progress.wait(pause, str(error))
        self._clock.sleep(pause)

    @property
    def _size(self) -> int:
        return self._file.stat().st_size if self._file.exists() else 0

    def _read_note(self) -> _Note:
        """Return what is known of the stored bytes; without that they are worth nothing."""
        fresh = _Note(url=self._url)
        try:
            note = msgspec.json.decode(self._note_file.read_bytes(), type=_Note)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            note = fresh
        if note.url == self._url and (note.validator or note.is_whole) and self._size:
            return note
        with storage_errors(self._file):
            self._file.unlink(missing_ok=True)
        return fresh

    def _attempt(self) -> Downloaded:
        headers: dict[str, str] = {}
        have = self._size
        # It may have broken off after the last byte.
        self._note.is_whole |= have > 0 and self._note.total == have
        if self._note.is_whole:
            if self._note.etag:
                headers["If-None-Match"] = self._note.etag
            elif self._note.last_modified:
                headers["If-Modified-Since"] = self._note.last_modified
        elif have and self._note.validator:
            headers["Range"] = f"bytes={have}-"
            headers["If-Range"] = self._note.validator
        with transport_errors(self._url), self._open(headers) as response:
            if response.status_code == 304 and self._note.is_whole:
                return self._finished()
            begun = self._begin(response, have)
            self._store(response, begun)
        return self._finished()

    @contextmanager
    def _open(self, headers: dict[str, str]) -> Iterator[httpx2.Response]:
        """Give the answer at the end of the redirects, which may lead to other hosts."""
        target = self._url
        for _ in range(_MAX_REDIRECTS + 1):
            with self._http.stream("GET", target, headers=headers) as response:
                self._was_answered = True
                if response.status_code not in _REDIRECTS:
                    yield response
                    return
                target = urljoin(target, response.headers.get("Location", ""))
            try:
                check_address(target)
            except ConfigError as error:
                raise FetchError(self._url, f"redirected: {error}") from error
            if _is_plain(target) and not _is_plain(self._url):
                raise FetchError(self._url, "redirected to plain http")
        raise FetchError(self._url, f"more than {_MAX_REDIRECTS} redirects")

    def _begin(self, response: httpx2.Response, have: int) -> _Begun:
        """Check the head of an answer; keep what tells this version of the file."""
        status = response.status_code
        if status == 416:
            # What is here is not the beginning of what is there.
            self._forget()
            raise TransientFetchError(self._url, "the file has changed", status)
        if status not in (200, 206):
            problem = f"HTTP {status}"
            if status in _TRANSIENT:
                told = wait_told(response.headers, self._clock.now())
                raise TransientFetchError(self._url, problem, status, told)
            raise FetchError(self._url, problem, status)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise FetchError(
                self._url, "the server compresses it; download it yourself"
            )
        start, total = 0, _length(response)
        if status == 206:
            found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != have:
                self._forget()
                raise TransientFetchError(self._url, "not the part asked for", status)
            start, total = have, int(found[2])
        if total is not None and total > self._max_bytes:
            raise FetchError(self._url, self._too_large(f"it has {total:,} bytes"))
        self._keep_note(response, total)
        self._progress.start("download", total, start, unit="bytes")
        return _Begun(start, total)

    def _keep_note(self, response: httpx2.Response, total: int | None) -> None:
        self._note = _Note(
            url=self._url,
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
            total=total,
        )
        write_durably(self._note_file, msgspec.json.encode(self._note))

    def _store(self, response: httpx2.Response, begun: _Begun) -> None:
        size, window, since = begun.start, begun.start, self._clock.monotonic()
        try:
            with self._file.open("ab" if begun.start else "wb") as handle:
                for chunk in response.iter_raw():
                    if size == 0 and not chunk.startswith(_MAGIC[: len(chunk)]):
                        raise FetchError(self._url, _no_parquet(response))
                    size += len(chunk)
                    if size > self._max_bytes:
                        raise FetchError(self._url, self._too_large("it has more"))
                    handle.write(chunk)
                    self._progress.advance(len(chunk))
                    now = self._clock.monotonic()
                    if now - since > _SLOW_WINDOW_S:
                        if size - window < _SLOWEST * _SLOW_WINDOW_S:
                            raise TransientFetchError(self._url, "timeout: too slow")
                        window, since = size, now
        except OSError as error:
            raise StorageError(self._file, error.strerror or str(error)) from error
        if begun.total is not None and size != begun.total:
            raise TransientFetchError(self._url, "connection: it ended too early")

    def _finished(self) -> Downloaded:
        with storage_errors(self._file), self._file.open("rb") as handle:
            os.fsync(handle.fileno())
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        self._note.is_whole = True
        write_durably(self._note_file, msgspec.json.encode(self._note))
        return Downloaded(
            url=self._url,
            path=self._file,
            n_bytes=self._size,
            sha256=digest,
            etag=self._note.etag,
            last_modified=self._note.last_modified,
        )

    def _forget(self) -> None:
        self._note = _Note(url=self._url)
        with storage_errors(self._file):
            self._file.unlink(missing_ok=True)

    def _too_large(self, how: str) -> str:
        return (
            f"{how}, more than the {self._max_bytes:,} that are downloaded; set "
            "HEADWATER_MAX_DOWNLOAD_BYTES if it is to be"
        )


def remove_download(file: Path) -> None:
    """Remove a downloaded file, and what was kept of it."""
    with storage_errors(file):
        file.unlink(missing_ok=True)
        file.with_suffix(".json").unlink(missing_ok=True)


def _is_plain(url: str) -> bool:
    return urlsplit(url).scheme == "http"


def _length(response: httpx2.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if re.fullmatch(r"\d{1,18}", text) else None


def _no_parquet(response: httpx2.Response) -> str:
    kind = response.headers.get("Content-Type", "of no stated type")[:60]
    return f"what is there is no Parquet file ({kind})"
