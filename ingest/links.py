"""The ``Link`` header: which page comes next, and whether it may be asked for.

A server that is wrong or hostile could send the crawler, and its token, anywhere. So
only the query of a link is believed, and only if the link leads back to the route
that was asked for.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

HUB_ENDPOINT: Final = "https://huggingface.co"
_LINK = re.compile(r"<([^<>]*)>((?:\s*;[^<>,]*)*)")
# Nothing is given back: else a header of spaces would take the square of its length.
_NEXT = re.compile(
    r";\s*+rel\s*+=\s*+\"?(?:[^\";]*\s)?next(?:\s[^\";]*+)?\"?\s*+(?:;|$)", re.I
)
_PORTS: Final = {"http": 80, "https": 443}


def next_link(header: str | None) -> str | None:
    """Return the target of the link whose relation is ``next``, if there is one.

    Examples
    --------
    >>> next_link('<https://h/api/models?cursor=x>; rel="next"')
    'https://h/api/models?cursor=x'
    """
    for target, parameters in _LINK.findall(header or ""):
        if _NEXT.search(parameters):
            return str(target)
    return None


def origin(parts: SplitResult) -> tuple[str, str, int | None]:
    """Return scheme, host and port; ValueError when the port is no number."""
    scheme = parts.scheme.lower()
    port = parts.port or _PORTS.get(scheme)
    return scheme, (parts.hostname or "").lower(), port


def same_origin(url: str, other: str) -> bool:
    """Return whether two URLs are served by the same host, port and scheme."""
    try:
        return origin(urlsplit(url)) == origin(urlsplit(other))
    except ValueError:
        return False


def safe_next(target: str, asked: str, endpoint: str) -> str | None:
    """Return the URL to ask for when a page names `target` as its next, or None.

    The real Hub writes ``https://huggingface.co`` whatever mirror answered, so that
    this origin is read as the endpoint's own. Anything else that leads to another
    host or another route is refused.

    Examples
    --------
    >>> asked = "http://mirror/api/models?limit=2"
    >>> safe_next("https://huggingface.co/api/models?cursor=x", asked, "http://mirror")
    'http://mirror/api/models?cursor=x'
    >>> safe_next("https://evil/api/models?cursor=x", asked, "http://mirror") is None
    True
    """
    try:
        parts = urlsplit(urljoin(asked, target))
        found = origin(parts)
        home = origin(urlsplit(endpoint))
    except ValueError:
        return None
    if parts.username is not None or parts.password is not None:
        return None
    if found not in (home, origin(urlsplit(HUB_ENDPOINT))):
        return None
    prefix = urlsplit(endpoint).path.rstrip("/")
    own_path = urlsplit(asked).path
    if parts.path not in (own_path, own_path.removeprefix(prefix)):
        return None
    return f"{asked.partition('?')[0]}?{parts.query}"


def with_parameter(url: str, name: str, value: str) -> str:
    """Return `url` with one query parameter set, its other parameters kept."""
    base, _, query = url.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(key, old) for key, old in pairs if key != name]
    return f"{base}?{urlencode([*kept, (name, value)])}"


def parameter(url: str, name: str) -> str | None:
    """Return the first value of a query parameter of `url`."""
    for key, value in parse_qsl(url.partition("?")[2], keep_blank_values=True):
        if key == name:
            return value
    return None
