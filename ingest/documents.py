"""Raw documents on disk: a run directory holds every page of one crawl as it came.

Layout of a run::

    <root>/<run id>/run.json              what was asked, when, how it ended
    <root>/<run id>/<route>/000001.page.gz  header line (JSON), then the raw body
    <root>/<run id>/report.json           the report, once there is one

Pages are written whole or not at all, each with the URL of the next one, so that the
state of a crawl can be told from its pages alone: a process that is killed at any
moment loses at most the page in flight. Parsing is done from here and can be done
again at any time.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from headwater.errors import DamagedRunError
from headwater.ingest.durable import (
    TEMPORARY_SUFFIX,
    storage_errors,
    sync_directory,
    write_durably,
)

RUN_VERSION: Final = 1
PAGE_VERSION: Final = 1
PAGE_SUFFIX: Final = ".page.gz"
_PAGE_NAME = re.compile(r"(\d{6,})\.page\.gz\Z")
_LOSS = re.compile(r"(?:short_page|(?:full_last|empty_last|empty)_page) on page \d+:")
_COMPRESSION_LEVEL: Final = 1  # the disk is the bottleneck of a crawl, not its size
_HEADER_MAX_BYTES: Final = 1 << 20

Status = Literal["running", "complete", "interrupted"]
OptionValue = str | int | bool | None | list[str]


class RouteState(msgspec.Struct, kw_only=True):
    """How the crawl of one route went.

    `stop` is None while the route is unfinished, ``end`` at the end of the list,
    ``limit`` when as much was read as asked for, ``caught_up`` when an update reached
    what is known already, else what went wrong.
    """

    stop: str | None = None
    dropped_fields: list[str] = msgspec.field(default_factory=list)
    warnings: list[str] = msgspec.field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to fetch."""
        return self.stop in ("end", "limit", "caught_up")

    @property
    def is_whole(self) -> bool:
        """Whether the list was read to an end that can be believed.

        A list that may have lost records on the way proves nothing by what it lacks.
        """
        return self.stop == "end" and not any(map(_LOSS.match, self.warnings))


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One artefact that a run of details asks about, and what was known of it before.

    `hub_id` is the ``_id`` it had; `children_created` the median day on which the
    artefacts that name it as their parent were created.
    """

    id: str
    kind: str
    hub_id: str | None = None
    children_created: str | None = None


class RunState(msgspec.Struct, kw_only=True):
    """The contents of ``run.json``.

    `since` is the moment that each route of an update reaches back to; `asked` is what
    a run of details asks about, in this order.
    """

    version: int
    run_id: str
    source: str
    endpoint: str
    options: dict[str, OptionValue]
    started: str
    status: Status = "running"
    routes: dict[str, RouteState] = msgspec.field(default_factory=dict)
    since: dict[str, str] = msgspec.field(default_factory=dict)
    asked: list[Asked] = msgspec.field(default_factory=list)


class PageHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a stored page without its body.

    `newest` and `oldest` are the moments of change that its records name.
    """

    version: int = PAGE_VERSION
    url: str
    next: str | None
    fetched_at: str
    status: int
    n_records: int
    bytes: int
    sha256: str
    newest: str | None = None
    oldest: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as it was fetched: `path` is its file, `body` the raw answer."""

    path: Path
    number: int
    header: PageHeader
    body: bytes


_STATE_DECODER = msgspec.json.Decoder(RunState)
_HEADER_DECODER = msgspec.json.Decoder(PageHeader)


class RunDirectory:
    """One crawl on disk.

    Attributes
    ----------
    path : Path
        The folder.
    state : RunState
        What ``run.json`` says; :meth:`save` after a change.
    """

    def __init__(self, path: Path, state: RunState) -> None:
        self.path = path
        self.state = state

    @classmethod
    def create(
        cls,
        root: Path,
        *,
        source: str,
        endpoint: str,
        options: Mapping[str, OptionValue],
        now: datetime,
        since: Mapping[str, str] | None = None,
        asked: Sequence[Asked] = (),
    ) -> RunDirectory:
        """Start a run under `root`.

        Raises
        ------
        StorageError
            When the directory cannot be written.
        """
        stem = f"{source}-{now:%Y%m%dT%H%M%SZ}"
        run_id, attempt = stem, 1
        with storage_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            while (root / run_id).exists():
                attempt += 1
                run_id = f"{stem}-{attempt}"
            (root / run_id).mkdir()
            sync_directory(root)
        state = RunState(
            version=RUN_VERSION,
            run_id=run_id,
            source=source,
            endpoint=endpoint,
            options=dict(options),
            started=now.isoformat(timespec="seconds"),
            since=dict(since or {}),
            asked=list(asked),
        )
        run = cls(root / run_id, state)
        run.save()
        return run

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """Return the run stored at `path`.

        Raises
        ------
        DamagedRunError
            When ``run.json`` is missing, broken, or of another version.
        """
        file = path / "run.json"
        try:
            state = _STATE_DECODER.decode(file.read_bytes())
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DamagedRunError(file, str(error)) from error
        if state.version != RUN_VERSION:
            raise DamagedRunError(
                file, f"format {state.version}, this headwater reads {RUN_VERSION}"
            )
        return cls(path, state)

    @property
    def started_day(self) -> str:
        """The day on which the run began, in UTC; resuming does not change it."""
        return self.state.started[:10]

    def save(self) -> None:
        """Write ``run.json``, atomically."""
        write_durably(
            self.path / "run.json",
            msgspec.json.format(msgspec.json.encode(self.state), indent=1) + b"\n",
        )

    def route(self, name: str) -> RouteState:
        """Return the state of a route, a fresh one if it has none."""
        return self.state.routes.setdefault(name, RouteState())

    def clear_leftovers(self) -> None:
        """Remove the half-written files that a killed process left."""
        with storage_errors(self.path):
            for file in self.path.rglob(f"*{TEMPORARY_SUFFIX}"):
                file.unlink(missing_ok=True)

    def discard_if_empty(self) -> bool:
        """Remove the run if not a single page of it is stored; return whether it was.

        Nothing was learnt from it, not even that its address is one of a Hub.
        """
        if any(self.path.rglob(f"*{PAGE_SUFFIX}")):
            return False
        with storage_errors(self.path):
            shutil.rmtree(self.path)
        return True

    def page_path(self, route: str, number: int) -> Path:
        """Return where page `number` of a route is or will be."""
        return self.path / route / f"{number:06d}{PAGE_SUFFIX}"

    def write_page(
        self, route: str, number: int, header: PageHeader, body: bytes
    ) -> None:
        """Store one page; once this returns, it survives a power cut."""
        path = self.page_path(route, number)
        if not path.parent.is_dir():
            with storage_errors(path):
                path.parent.mkdir(exist_ok=True)
                sync_directory(self.path)
        data = msgspec.json.encode(header) + b"\n" + body
        write_durably(path, gzip.compress(data, _COMPRESSION_LEVEL, mtime=0))

    def page_count(self, route: str) -> int:
        """Return the number of stored pages of a route.

        Raises
        ------
        DamagedRunError
            When a page in the middle is missing.
        """
        folder = self.path / route
        if not folder.is_dir():
            return 0
        names = (_PAGE_NAME.match(file.name) for file in folder.iterdir())
        numbers = sorted(int(match[1]) for match in names if match)
        for expected, found in enumerate(numbers, start=1):
            if expected != found:
                raise DamagedRunError(self.page_path(route, expected), "missing")
        return len(numbers)

    def headers(self, route: str) -> Iterator[PageHeader]:
        """Yield the header of every page of a route in order, bodies unread."""
        for number in range(1, self.page_count(route) + 1):
            path = self.page_path(route, number)
            try:
                with gzip.open(path, "rb") as handle:
                    line = handle.readline(_HEADER_MAX_BYTES)
            except (OSError, EOFError, zlib.error) as error:
                raise DamagedRunError(path, str(error)) from error
            yield _decode_header(path, line)

    def read_page(self, route: str, number: int) -> StoredPage:
        """Return one page, checked against its checksum.

        Raises
        ------
        DamagedRunError
            When the file is missing or not what was written; names it.
        """
        path = self.page_path(route, number)
        try:
            data = gzip.decompress(path.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise DamagedRunError(path, str(error)) from error
        line, _, body = data.partition(b"\n")
        header = _decode_header(path, line)
        if len(body) != header.bytes or hashlib.sha256(body).hexdigest() != (
            header.sha256
        ):
            raise DamagedRunError(path, "the body does not match its checksum")
        return StoredPage(path, number, header, body)

    def pages(self, route: str, *, last_first: bool = False) -> Iterator[StoredPage]:
        """Yield the checked pages of a route."""
        numbers = range(1, self.page_count(route) + 1)
        for number in reversed(numbers) if last_first else numbers:
            yield self.read_page(route, number)


def _decode_header(path: Path, line: bytes) -> PageHeader:
    try:
        header = _HEADER_DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedRunError(path, f"unreadable header: {error}") from error
    if header.version != PAGE_VERSION:
        raise DamagedRunError(path, f"page format {header.version}")
    return header


def find_runs(root: Path, source: str | None = None) -> list[RunDirectory]:
    """Return the runs under `root` from the oldest to the newest.

    A folder without ``run.json`` (killed before its first write) is no run; one with
    a broken ``run.json`` is an error when it is opened, here it is passed over.
    """
    runs = []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            run = RunDirectory.open(path)
        except DamagedRunError:
            continue
        if source is None or run.state.source == source:
            runs.append(run)
    return sorted(runs, key=lambda run: (run.state.started, run.state.run_id))
