"""From a request to an answer: the snapshot, the thread, the format, the cursor."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

import headwater
from headwater.api import formats
from headwater.api.cursors import make_cursor, read_cursor
from headwater.api.problems import ProblemError, problem_of
from headwater.api.settings import ApiSettings
from headwater.api.work import AnswerCache, Workers
from headwater.errors import LineageError
from headwater.queries.session import Session
from headwater.queries.session_reader import SessionReader

T = TypeVar("T")
MIN_GZIP: Final = 1_000
_GZIP_LEVEL: Final = 4
_PAGING: Final = ("cursor", "limit", "fields", "format")
DEFAULT_LIMIT: Final = 50


@dataclass(frozen=True, slots=True)
class Server:
    """What all requests share."""

    reader: SessionReader
    settings: ApiSettings
    workers: Workers
    cache: AnswerCache


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list are wanted.

    Attributes
    ----------
    skip, limit : int
        So many are passed over, at most so many are given.
    """

    skip: int
    limit: int

    @property
    def end(self) -> int:
        """Rows up to the last one wanted."""
        return self.skip + self.limit

    def of(self, rows: Sequence[T]) -> Sequence[T]:
        """Return the wanted part of all rows, or of the first `end` of them."""
        return rows[self.skip : self.end]


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a list stands.

    Attributes
    ----------
    limit, skip : int
        Rows on a page; rows on the pages before.
    total : int or None
        Rows of all pages; of several lists the longest; None: nobody has counted.
    truncated : int or None
        Rows after this page.
    next : str or None
        Cursor of the next page; None: there is none, or a stream has to bring it.
    """

    limit: int
    skip: int
    total: int | None
    truncated: int | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gave.

    Attributes
    ----------
    body : dataclass or dict
        The object that is sent as JSON.
    rows : iterable, optional
        What NDJSON and CSV list.
    total : int, optional
        Rows of all pages; None: no pages, or nobody has counted.
    more : bool, optional
        Whether there are rows after the page, where nobody has counted.
    sparse : tuple of str
        Keys of `body` that are left out unless ``fields`` names them.
    """

    body: Any
    rows: Iterable[Any] | None = None
    total: int | None = None
    more: bool | None = None
    sparse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and how it wants its answer."""

    request: Request
    fields: str | None = None
    format: str | None = None
    limit: int | None = None
    cursor: str | None = None
    pages: bool = False
    body: bytes = b""

    @property
    def server(self) -> Server:
        """What all requests share."""
        return self.request.app.state.server  # type: ignore[no-any-return]

    async def answer(
        self,
        question: Callable[[Session, Page], Answer],
        *,
        pool: str = "small",
        tagged: bool = True,
    ) -> Response:
        """Return the answer to a question, asked in a thread of a pool.

        Parameters
        ----------
        question : callable
            Is given a session of the current snapshot and the wanted page; it asks no
            other, so that an answer is of one snapshot.
        tagged : bool
            Whether the answer depends on the snapshot and the request alone, so that
            an entity tag can say that nothing has changed.
        """
        return await self.server.workers.run(
            pool, lambda: self._work(question, tagged=tagged)
        )

    def _work(
        self, question: Callable[[Session, Page], Answer], *, tagged: bool
    ) -> Response:
        session: Session | None = None
        try:
            session = self.server.reader.session()
            kind = "json"
            if self.pages:
                kind = formats.choose_format(
                    self.format, self.request.headers.get("accept")
                )
            headers = {
                "headwater-snapshot": session.snapshot.id,
                "cache-control": "no-cache",
                "vary": "accept, accept-encoding, authorization",
            }
            if tagged:
                headers["etag"] = self._tag(session, kind)
                if headers["etag"] in _tags(self.request.headers.get("if-none-match")):
                    return Response(None, 304, headers)
            page = self._page(session, kind)
            answer = question(session, page)
            if kind == "json":
                return self._json(answer, session, page, headers)
            return self._stream(answer, session, page, headers, kind)
        except LineageError as error:
            raise problem_of(error, session) from None

    @staticmethod
    def parts(value: Any) -> dict[str, Any]:
        """Return the fields of an object, as they are."""
        return formats.without(value, ())

    def cached(
        self, session: Session, key: tuple[Any, ...], work: Callable[[], T]
    ) -> T:
        """Return an answer about the whole graph, worked out once a snapshot."""
        return self.server.cache.get(session.snapshot.id, key, work)

    def _question(self) -> str:
        """Return what is asked, without how the answer is to come."""
        parts = sorted(
            item
            for item in self.request.query_params.multi_items()
            if item[0] not in _PAGING
        )
        body = blake2b(self.body, digest_size=12).hexdigest() if self.body else ""
        return f"{self.request.scope['path']}?{urlencode(parts)} {body}"

    def _tag(self, session: Session, kind: str) -> str:
        text = "\n".join(
            (
                headwater.__version__, session.snapshot.id, kind, self._question(),
                str(self.fields), str(self.limit), str(self.cursor),
            )
        )  # fmt: skip
        digest = blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
        # Weak: the same answer may come with gzip or without.
        return f'W/"{digest}"'

    def _page(self, session: Session, kind: str) -> Page:
        settings = self.server.settings
        most = settings.max_rows if kind == "json" else settings.max_stream_rows
        limit = self.limit
        if limit is None:
            limit = DEFAULT_LIMIT if kind == "json" else most
        if not 1 <= limit <= most:
            raise ProblemError(
                "invalid-parameter",
                f"limit is {limit}; it goes from 1 to {most:,} for {kind}"
                + (
                    f", and to {settings.max_stream_rows:,} for ndjson and csv"
                    if kind == "json"
                    else ""
                ),
            )
        if self.cursor is None:
            return Page(0, limit)
        skip = read_cursor(self.cursor, session.snapshot.id, self._question())
        if not isinstance(skip, int) or not 0 <= skip <= settings.max_skip:
            raise ProblemError("invalid-parameter", "the cursor leads nowhere")
        return Page(skip, limit)

    def _info(self, session: Session, page: Page, answer: Answer) -> PageInfo | None:
        if answer.total is None and answer.more is None:
            return None
        left = None if answer.total is None else max(0, answer.total - page.end)
        more = bool(answer.more) if left is None else left > 0
        cursor = None
        if more and page.end <= self.server.settings.max_skip:
            cursor = make_cursor(session.snapshot.id, self._question(), page.end)
        return PageInfo(page.limit, page.skip, answer.total, left, cursor)

    def _json(
        self, answer: Answer, session: Session, page: Page, headers: dict[str, str]
    ) -> Response:
        body = answer.body
        info = self._info(session, page, answer)
        if info is not None:
            headers |= self._links(info)
            body = formats.without(body, ()) | {"page": info}
        if self.fields is not None:
            body = formats.select(body, formats.parse_fields(self.fields))
        elif answer.sparse:
            body = formats.without(body, answer.sparse)
        content = formats.to_json(body)
        if len(content) >= MIN_GZIP and self._wants_gzip():
            content = gzip.compress(content, _GZIP_LEVEL, mtime=0)
            headers["content-encoding"] = "gzip"
        return Response(content, 200, headers, formats.MEDIA_TYPES["json"])

    def _stream(
        self,
        answer: Answer,
        session: Session,
        page: Page,
        headers: dict[str, str],
        kind: str,
    ) -> Response:
        if answer.rows is None:
            raise ProblemError(
                "not-acceptable", "this answer is no list; it comes as JSON alone"
            )
        rows = answer.rows
        if self.fields is not None:
            wanted = formats.parse_fields(self.fields)
            rows = (formats.select(row, wanted) for row in rows)
        info = self._info(session, page, answer)
        if info is not None:
            headers |= self._links(info)
        make = formats.ndjson_chunks if kind == "ndjson" else formats.csv_chunks
        chunks = make(rows)
        if self._wants_gzip():
            headers["content-encoding"] = "gzip"
            chunks = _gzipped(chunks)
        # What is wrong with the rows shows in the first ones: still a clear problem.
        first = next(chunks, b"")
        return StreamingResponse(
            _after(first, chunks), 200, headers, formats.MEDIA_TYPES[kind]
        )

    def _links(self, info: PageInfo) -> dict[str, str]:
        headers: dict[str, str] = {}
        if info.total is not None:
            headers["headwater-total"] = str(info.total)
            headers["headwater-truncated"] = str(info.truncated)
        if info.next is not None:
            items = [
                item
                for item in self.request.query_params.multi_items()
                if item[0] != "cursor"
            ]
            query = urlencode([*items, ("cursor", info.next)])
            headers["link"] = f'<?{query}>; rel="next"'
        return headers

    def _wants_gzip(self) -> bool:
        accepted = self.request.headers.get("accept-encoding", "")
        return any(
            item.partition(";")[0].strip().lower() == "gzip"
            and not item.replace(" ", "").endswith(("q=0", "q=0.0"))
            for item in accepted.split(",")
        )


def _tags(header: str | None) -> frozenset[str]:
    """Return the tags of If-None-Match, all as weak ones."""
    if header is None:
        return frozenset()
    found = (item.strip() for item in header.split(",")[:20])
    return frozenset(
        item if item.startswith("W/") else f"W/{item}" for item in found if item
    )


def _gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for chunk in chunks:
        packed = packer.compress(chunk)
        if packed:
            yield packed
    yield packer.flush()


def _after(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def with_part(value: Any, **parts: Any) -> Any:
    """Return an answer with some of its fields replaced, as for one page of it."""
    if isinstance(value, Mapping):
        return {**value, **parts}
    return replace(value, **parts)
