"""What is asked of the Hub: options of a crawl, list routes, fields, first URLs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from headwater.errors import ConfigError
from headwater.ingest.documents import OptionValue
from headwater.ingest.links import HUB_ENDPOINT

ROUTES: Final = ("models", "datasets", "spaces")
MAX_PAGE_SIZE: Final = 1000
"""The Hub caps a page at this many records."""

FIELDS: Final = {
    "models": (
        "baseModels", "cardData", "config", "createdAt", "disabled", "downloads",
        "downloadsAllTime", "gated", "gguf", "lastModified", "library_name", "likes",
        "pipeline_tag", "private", "safetensors", "sha", "tags",
    ),
    "datasets": (
        "cardData", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated",
        "lastModified", "likes", "private", "sha", "tags",
    ),
    "spaces": (
        "cardData", "createdAt", "datasets", "disabled", "lastModified", "likes",
        "models", "private", "sdk", "sha", "tags",
    ),
}  # fmt: skip
"""The fields asked for; the Hub refuses a request that names one it doesn't know."""

_OPTIONS_SAID = re.compile(r"expected one of (.*)", re.DOTALL)
_QUOTED = re.compile(r"\\?[\"'`]([A-Za-z_][A-Za-z0-9_\-]*)\\?[\"'`]")
_INDEX = re.compile(r"expand\W{1,3}(\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What to crawl.

    Attributes
    ----------
    endpoint : str
        Base URL of the Hub or a mirror.
    routes : tuple of str
        Some of ``models``, ``datasets`` and ``spaces``.
    author : str or None
        Only what this user or organisation owns.
    filters : tuple of str
        Tags that every record must carry.
    limit : int or None
        Records a route at most; None reads to the end.
    page_size : int
        Records a page, 1 to 1000.
    update : bool
        Only what changed since the last complete crawl of this kind.
    """

    endpoint: str = HUB_ENDPOINT
    routes: tuple[str, ...] = ROUTES
    author: str | None = None
    filters: tuple[str, ...] = ()
    limit: int | None = None
    page_size: int = MAX_PAGE_SIZE
    update: bool = False

    def __post_init__(self) -> None:
        """Refuse what no server could answer."""
        try:
            parts = urlsplit(self.endpoint)
            is_web = parts.scheme in ("http", "https") and parts.hostname is not None
            _ = parts.port
        except ValueError:
            is_web = False
        if not is_web:
            bare = self.endpoint if "://" not in self.endpoint else ""
            hint = f"; write https://{bare}" if bare else ""
            raise ConfigError(
                f"the endpoint must be an http(s) URL, not {self.endpoint!r}{hint}"
            )
        unknown = [route for route in self.routes if route not in ROUTES]
        if unknown or not self.routes:
            raise ConfigError(f"routes are {', '.join(ROUTES)}; got {self.routes}")
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"the limit must be at least 1, not {self.limit}")
        if self.update and self.limit is not None:
            raise ConfigError("an update reads all that changed; it takes no limit")
        if not 1 <= self.page_size <= MAX_PAGE_SIZE:
            raise ConfigError(f"a page has 1 to 1000 records, not {self.page_size}")

    def identity(self) -> dict[str, OptionValue]:
        """Return what two crawls must share for one to go on with the other."""
        kind: dict[str, OptionValue] = {
            "routes": list(self.routes),
            "author": self.author,
            "filters": list(self.filters),
            "limit": self.limit,
            "page_size": self.page_size,
        }
        return {**kind, "update": True} if self.update else kind


def first_url(options: CrawlOptions, route: str, fields: Sequence[str]) -> str:
    """Return the URL of the first page of a route.

    The order is by creation: an order by anything that changes while the crawl runs
    (downloads, last change) loses the records that move. An update can afford the
    order of change: what moves while it runs has changed since it began, and is what
    the next update begins with.
    """
    sort = "lastModified" if options.update else "createdAt"
    pairs = [("limit", str(options.page_size)), ("sort", sort)]
    if options.author is not None:
        pairs.append(("author", options.author))
    pairs += [("filter", value) for value in options.filters]
    pairs += [("expand[]", name) for name in fields]
    return f"{options.endpoint.rstrip('/')}/api/{route}?{urlencode(pairs)}"


def accepted_fields(fields: Sequence[str], refusal: str) -> tuple[str, ...] | None:
    """Return the fields that a 400 leaves over, None if it was about something else.

    The Hub names the valid ones: ``"expand[3]": Invalid option: expected one of ...``.
    """
    said = _OPTIONS_SAID.search(refusal)
    valid = set(_QUOTED.findall(said[1])) if said else set()
    kept = tuple(name for name in fields if name in valid)
    if kept and len(kept) < len(fields):
        return kept
    index = _INDEX.search(refusal)
    if index is not None and int(index[1]) < len(fields):
        at = int(index[1])
        return (*fields[:at], *fields[at + 1 :])
    return None
