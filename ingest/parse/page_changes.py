"""When the records of a page were last changed, without decoding all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import msgspec

from headwater.ingest.parse.page_body import split_page

_MAX_TEXT: Final = 40


class _Change(msgspec.Struct, frozen=True):
    modified: Any = msgspec.field(default=None, name="lastModified")


_PAGE: Final = msgspec.json.Decoder(list[_Change])
_RECORD: Final = msgspec.json.Decoder(_Change)


@dataclass(frozen=True, slots=True)
class Changes:
    """Moments of the last change, ISO 8601 in UTC; None when no record names one.

    `is_descending` says whether the records that name one come newest first.
    """

    newest: str | None
    oldest: str | None
    is_descending: bool


def moment(text: object) -> datetime | None:
    """Return an ISO 8601 moment, None when `text` is none; UTC unless it says else.

    Examples
    --------
    >>> moment("2026-11-22T05:00:00.000Z")
    datetime.datetime(2026, 11, 22, 5, 0, tzinfo=datetime.timezone.utc)
    >>> moment("yesterday") is None
    True
    """
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_changes(body: bytes) -> Changes:
    """Return when the records of a page were changed; what is no moment is ignored."""
    found = [known for value in _modified(body) if (known := moment(value)) is not None]
    if not found:
        return Changes(None, None, True)
    pairs = pairwise(found)
    return Changes(
        max(found).isoformat(),
        min(found).isoformat(),
        all(earlier >= later for earlier, later in pairs),
    )


def _modified(body: bytes) -> list[Any]:
    try:
        return [record.modified for record in _PAGE.decode(body)]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    values = []
    for raw in split_page(body):
        try:
            values.append(_RECORD.decode(raw).modified)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            continue
    return values
