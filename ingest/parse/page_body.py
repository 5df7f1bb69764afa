"""A list page's body, cut into its records without decoding them."""

from __future__ import annotations

import re
from typing import Final

import msgspec

_SPLITTER = msgspec.json.Decoder(list[msgspec.Raw])
# A string without an end takes all that is left, at once: to look for its end from every
# quote in it would take the square of its length.
_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)


def split_page(body: bytes) -> list[bytes]:
    """Return the records of a page, each as its own JSON text.

    One bad record must not cost the page, so that nothing inside a record is looked
    at here but where it ends.

    Raises
    ------
    ValueError
        When `body` is empty, is not UTF-8, is no JSON array, or is one without a
        single object in it; the text says which.

    Examples
    --------
    >>> split_page(b'[{"id": "a/b"}, 7]')
    [b'{"id": "a/b"}', b'7']
    """
    head = body[:64].lstrip()
    if not head:
        raise ValueError("empty body")
    if head.startswith(b"<"):
        raise ValueError("HTML in place of JSON")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    if not head.startswith(b"["):
        raise ValueError("JSON, but no array of records")
    try:
        records = [bytes(record) for record in _SPLITTER.decode(body)]
    except RecursionError:
        # One record nested a thousand deep stops the decoder for the whole page.
        records = _split_by_brackets(body)
    except msgspec.DecodeError as error:
        raise ValueError(f"invalid JSON: {error}") from error
    if records and not any(record.lstrip().startswith(b"{") for record in records):
        raise ValueError("an array, but none of records")
    return records


def is_object(body: bytes) -> bool:
    """Return whether `body` is one JSON object in UTF-8.

    Examples
    --------
    >>> is_object(b'{"id": "a/b"}'), is_object(b'[{"id": "a/b"}]'), is_object(b"{")
    (True, False, False)
    """
    try:
        return len(split_page(b"[" + body + b"]")) == 1 and body.lstrip()[:1] == b"{"
    except ValueError:
        return False


def _split_by_brackets(body: bytes) -> list[bytes]:
    depth, start, records = 0, 0, []
    for token in _TOKENS.finditer(body):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            start = token.end() if depth == 1 else start
        elif mark in (b"]", b"}"):
            depth -= 1
        if (mark == b"," and depth == 1) or (mark == b"]" and depth == 0):
            record = body[start : token.start()].strip()
            start = token.end()
            if record or mark == b",":
                records.append(record)
        if depth <= 0:
            break
    if depth != 0 or body[start:].strip():
        raise ValueError("invalid JSON: brackets do not match")
    return records
