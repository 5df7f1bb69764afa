"""The explorer's pages and static files: bytes that are made once and never change."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headwater.api.problems import ProblemError

MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
_PACKED: Final = ("woff2",)
_IMPORT: Final = re.compile(r"(?:from|import) '\./([\w-]+\.js)'")
_STYLES: Final = ("tokens.css", "headwater.css")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the explorer: ``NAME.html`` in the frame, moved by ``js/NAME.js``.

    Attributes
    ----------
    name, title : str
        The address, and what the browser calls it.
    command : str
        The command line that gives the same answers.
    styles : tuple of str
        Style sheets beside those of every page.
    """

    name: str
    title: str
    command: str
    styles: tuple[str, ...] = ()


PAGES: Final = (
    Page("start", "headwater: what AI models stand on", "headwater --help"),
    Page("artefact", "Lineage · headwater", "headwater lineage"),
    Page(
        "what-breaks", "What breaks? · headwater", "headwater what-breaks",
        ("pages.css",),
    ),
    Page(
        "concentration", "How concentrated is the upstream? · headwater",
        "headwater concentration", ("pages.css",),
    ),
    Page(
        "compare", "Compare two snapshots · headwater", "headwater diff OLD NEW",
        ("pages.css",),
    ),
    Page("quality", "Data quality · headwater", "headwater quality", ("pages.css",)),
)  # fmt: skip
"""The first one is at the root."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, the same with gzip, its type and its tag."""

    content: bytes
    packed: bytes | None
    media_type: str
    tag: str

    @classmethod
    def made(cls, content: bytes, ending: str) -> StaticFile:
        """Return bytes as a file."""
        digest = blake2b(content, digest_size=12).hexdigest()
        packed = None if ending in _PACKED else gzip.compress(content, 9, mtime=0)
        return cls(content, packed, MEDIA_TYPES[ending], f'W/"{digest}"')

    def response(self, request: Request) -> Response:
        """Return the file, or that it has not changed."""
        headers = {
            "etag": self.tag,
            # Names do not change with the content, so it is asked for each time.
            "cache-control": "no-cache",
            "vary": "accept-encoding",
        }
        known = request.headers.get("if-none-match", "")
        if self.tag in (item.strip() for item in known.split(",")):
            return Response(None, 304, headers)
        if self.packed is not None and "gzip" in request.headers.get(
            "accept-encoding", ""
        ):
            headers["content-encoding"] = "gzip"
            return Response(self.packed, 200, headers, self.media_type)
        return Response(self.content, 200, headers, self.media_type)


def read_files(folder: Traversable, below: str = "") -> dict[str, StaticFile]:
    """Return the files of a folder by their path; other types are left out."""
    found: dict[str, StaticFile] = {}
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        path = f"{below}{item.name}"
        ending = item.name.rpartition(".")[2]
        if item.is_dir():
            found |= read_files(item, f"{path}/")
        elif ending in MEDIA_TYPES:
            found[path] = StaticFile.made(item.read_bytes(), ending)
    return found


def imported_modules(held: Mapping[str, StaticFile], name: str) -> list[str]:
    """Return every module that a module needs, so that all are asked for at once."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        text = held[f"js/{waiting.pop()}"].content.decode()
        new = [item for item in _IMPORT.findall(text) if item not in found]
        found += new
        waiting += new
    return sorted(found)


def render(page: Page, folder: Traversable, held: Mapping[str, StaticFile]) -> str:
    """Return a page: its content in the frame that all have in common."""
    links = [
        f'<link rel="stylesheet" href="static/{name}">'
        for name in (*_STYLES, *page.styles)
    ] + [
        f'<link rel="modulepreload" href="static/js/{name}">'
        for name in imported_modules(held, f"{page.name}.js")
    ]
    frame = Template((folder / "frame.html").read_text("utf-8"))
    return frame.substitute(
        name=page.name, title=escape(page.title), command=escape(page.command),
        links="\n".join(links), content=(folder / f"{page.name}.html").read_text("utf-8"),
    )  # fmt: skip


def page_routes() -> list[Route]:
    """Return a route for each page and one for the static files."""
    folder = files("headwater.api") / "explorer"
    held = read_files(folder / "static")

    def route(path: str, file: StaticFile) -> Route:
        async def page(request: Request) -> Response:
            return file.response(request)

        return Route(path, page, methods=["GET"], include_in_schema=False)

    async def static(request: Request) -> Response:
        path = request.path_params["path"]
        if path not in held:
            raise ProblemError("not-found", "there is no such file")
        return held[path].response(request)

    made = []
    for number, page in enumerate(PAGES):
        file = StaticFile.made(render(page, folder, held).encode(), "html")
        made += [route(f"/{page.name}", file), route(f"/{page.name}.html", file)]
        if number == 0:
            made.append(route("/", file))
    made.append(Route("/static/{path:path}", static, include_in_schema=False))
    return made
