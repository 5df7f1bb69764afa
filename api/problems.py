"""Errors as people and programs get them: one shape, RFC 9457 problem details."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.responses import Response

from headwater.errors import (
    AmbiguousTargetError,
    ConfigError,
    GraphError,
    InvalidArgumentError,
    InvalidIdError,
    LineageError,
    NodeNotFoundError,
    QueryError,
)
from headwater.queries.session import Session

MEDIA_TYPE: Final = "application/problem+json"
_SHOWN: Final = 2_000
PROBLEMS: Final = {
    "unauthorised": (401, "The API key is missing or wrong"),
    "host-not-allowed": (403, "The server is not to be called by this name"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This address has no such method"),
    "not-imported": (404, "The snapshot does not hold this"),
    "not-acceptable": (406, "The answer does not come in this format"),
    "ambiguous-name": (409, "The name fits several things"),
    "stale-cursor": (410, "The cursor belongs to another snapshot"),
    "body-too-large": (413, "The body is too large"),
    "url-too-long": (414, "The address is too long"),
    "not-json": (415, "The body is no JSON"),
    "invalid-parameter": (422, "A parameter cannot be used"),
    "too-many-requests": (429, "Too many requests"),
    "internal-error": (500, "Something is wrong with the server"),
    "no-snapshot": (503, "There is no graph to ask"),
    "busy": (503, "Too many questions at once"),
    "timeout": (503, "The question takes too long"),
}
"""Name -> status and title; the type of a problem is ``urn:headwater:problem:NAME``."""


@dataclass(frozen=True, slots=True)
class Near:
    """Something that may have been meant; name and kind are known for nodes."""

    id: str
    name: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """The body of every answer that is none.

    Attributes
    ----------
    type, title : str
        One of :data:`PROBLEMS`.
    status : int
        As in the status line.
    detail : str
        What happened, to which thing, and what to do next.
    instance : str
        The path that was asked.
    near : tuple of Near
        What may have been meant.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    near: tuple[Near, ...] = ()


class ProblemError(Exception):
    """A request that gets a problem for an answer."""

    def __init__(
        self,
        name: str,
        detail: str,
        near: Sequence[Near] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.detail = detail
        self.near = tuple(near)
        self.headers = dict(headers or {})
        super().__init__(detail)

    @property
    def status(self) -> int:
        """Status of the answer."""
        return PROBLEMS[self.name][0]

    def response(self, instance: str) -> Response:
        """Return the answer."""
        status, title = PROBLEMS[self.name]
        body = Problem(
            f"urn:headwater:problem:{self.name}", title, status, _cut(self.detail),
            _cut(instance), self.near,
        )  # fmt: skip
        return Response(
            orjson.dumps(body),
            status,
            {"cache-control": "no-store", **self.headers},
            MEDIA_TYPE,
        )


def problem_of(error: LineageError, session: Session | None) -> ProblemError:
    """Return an error of ours as a problem; near matches get their names."""
    if isinstance(error, NodeNotFoundError):
        near = tuple(_near(session, item) for item in error.near)
        hint = "see near" if near else "try /v1/search?q=TEXT"
        return ProblemError(
            "not-found", f"nothing in the graph is called {error.text!r}; {hint}", near
        )
    if isinstance(error, AmbiguousTargetError):
        near = tuple(_near(session, item) for item in error.candidates)
        return ProblemError(
            "ambiguous-name",
            f"{error.text!r} fits several things; ask again with an id of near",
            near,
        )
    if isinstance(error, (InvalidArgumentError, InvalidIdError, ConfigError)):
        return ProblemError("invalid-parameter", str(error))
    if isinstance(error, QueryError):
        return ProblemError("not-imported", str(error))
    if isinstance(error, GraphError):
        # Names of folders are the operator's business alone.
        logging.getLogger("headwater.api").error("%s", error)
        return ProblemError(
            "no-snapshot",
            "a snapshot cannot be opened; the server's log says why",
            headers={"retry-after": "30"},
        )
    return ProblemError("internal-error", "the question could not be answered")


def _near(session: Session | None, text: str) -> Near:
    found = None if session is None else session.named(text)
    if found is None:
        family = text.startswith("family:")
        return Near(text, None, "family" if family else None)
    return Near(*found)


def _cut(text: str) -> str:
    # What came from a stranger may be long, and may be no Unicode at all.
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return text.encode("utf-8", "replace").decode("utf-8")
