"""Answers of the Hub by way of its redirects: followed with care, each one kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from headwater.ingest.client import Answer
from headwater.ingest.links import same_origin
from headwater.ingest.parse.hub_details import Hop

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_HOPS: Final = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """The last answer on the way from an address.

    Attributes
    ----------
    url : str
        The first address.
    answer : Answer
        What the last one said.
    hops : tuple of Hop
        The redirects in between.
    problem : str or None
        Why the last redirect was not followed.
    """

    url: str
    answer: Answer
    hops: tuple[Hop, ...] = ()
    problem: str | None = None


def follow(ask: Callable[[str], Answer], url: str, base: str) -> Reply:
    """Ask for an address; a redirect is followed to the same server below `base` only.

    Raises
    ------
    FetchError, WrongTokenError
        As `ask` does.
    """
    address = url
    hops: list[Hop] = []
    while True:
        answer = ask(address)
        if answer.status not in _REDIRECTS:
            return Reply(url, answer, tuple(hops))
        hops.append(Hop(address, answer.status, answer.location))
        target = urljoin(address, answer.location or "").partition("?")[0]
        problem = None
        if not same_origin(target, base) or not urlsplit(target).path.startswith(
            urlsplit(base).path
        ):
            problem = "redirected to another place"
        elif len(hops) > _MAX_HOPS or any(target == hop.url for hop in hops):
            problem = "redirected in a circle"
        if problem is not None:
            return Reply(url, answer, tuple(hops), problem)
        address = target
