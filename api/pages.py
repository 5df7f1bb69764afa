"""The explorer's pages and static files: bytes that are read once and never change."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headwater.api.problems import ProblemError

PAGES: Final = {
    "/": "start.html",
    "/artefact": "artefact.html",
    "/what-breaks": "what-breaks.html",
    "/concentration": "concentration.html",
    "/compare": "compare.html",
    "/quality": "quality.html",
}
"""Address -> file; each is found under the name of its file as well."""
MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
_PACKED: Final = ("woff2", "png")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, the same with gzip, its type and its tag."""

    content: bytes
    packed: bytes | None
    media_type: str
    tag: str

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
            content = item.read_bytes()
            digest = blake2b(content, digest_size=12).hexdigest()
            packed = None if ending in _PACKED else gzip.compress(content, 9, mtime=0)
            found[path] = StaticFile(
                content, packed, MEDIA_TYPES[ending], f'W/"{digest}"'
            )
    return found


def page_routes() -> list[Route]:
    """Return a route for each page and one for the static files."""
    held = read_files(files("headwater.api") / "explorer")

    def route(path: str, name: str) -> Route:
        async def page(request: Request) -> Response:
            return held[name].response(request)

        return Route(path, page, methods=["GET"], include_in_schema=False)

    async def static(request: Request) -> Response:
        path = f"static/{request.path_params['path']}"
        if path not in held:
            raise ProblemError("not-found", "there is no such file")
        return held[path].response(request)

    made = []
    for path, name in PAGES.items():
        if name in held:
            made += [route(path, name), route(f"/{name}", name)]
    made.append(Route("/static/{path:path}", static, include_in_schema=False))
    return made
