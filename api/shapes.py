"""Objects of the API around what the queries give: a list needs a name and a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.api.asking import PageInfo
from headwater.queries.search import Hit
from headwater.queries.suggest import Suggestion
from headwater.queries.why import Why


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Matches, the best first: the best 200, or 1,000 where `limit` is over 200."""

    snapshot: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class SuggestAnswer:
    """What may be meant, the best first."""

    snapshot: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """The edges from one node to another, each with its claims."""

    snapshot: str
    edges: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Paged:
    """What is added to an answer that has a list."""

    page: PageInfo


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the server can answer.

    Attributes
    ----------
    status : {"ok", "degraded"}
        Degraded: a newer snapshot is there and cannot be opened; `problem` says why.
    version, api_version : str
        Of headwater and of these routes.
    snapshot, created : str
        What is asked.
    """

    status: str
    version: str
    api_version: str
    snapshot: str
    created: str
    problem: str | None


def documented(kind: Any, *, paged: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a route's answer."""
    return {200: {"model": kind, "description": "The answer." if not paged else _PAGED}}


_PAGED = (
    "The answer, with `page`: `limit`, `skip`, `total`, `truncated` and `next`, the cursor "
    "of the next page or null."
)
