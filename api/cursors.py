"""Opaque cursors: where a list goes on, in which snapshot, for which question."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Any

import orjson

from headwater.api.problems import ProblemError


def make_cursor(snapshot: str, question: str, place: Any) -> str:
    """Return a cursor.

    Examples
    --------
    >>> cursor = make_cursor("20261122T051253Z-eed31367", "/v1/search?q=vicuna", 50)
    >>> read_cursor(cursor, "20261122T051253Z-eed31367", "/v1/search?q=vicuna")
    50
    """
    text = orjson.dumps([snapshot, _digest(question), place])
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def read_cursor(cursor: str, snapshot: str, question: str) -> Any:
    """Return the place that a cursor holds.

    Raises
    ------
    ProblemError
        When it is none of ours, of another snapshot or of another question.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        held, digest, place = orjson.loads(base64.b64decode(padded, b"-_", True))
    except (ValueError, TypeError, binascii.Error):
        raise ProblemError(
            "invalid-parameter",
            "the cursor is none of this server's; take it as it came, or begin without",
        ) from None
    if held != snapshot:
        raise ProblemError(
            "stale-cursor",
            f"the cursor is of snapshot {str(held)[:60]}, the current one is {snapshot}; "
            "begin again without a cursor",
        )
    if digest != _digest(question):
        raise ProblemError(
            "invalid-parameter",
            "the cursor is of another question; change nothing but the limit, format or "
            "fields beside it",
        )
    return place


def _digest(question: str) -> str:
    return blake2b(question.encode("utf-8", "replace"), digest_size=8).hexdigest()
