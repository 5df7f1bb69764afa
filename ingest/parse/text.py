"""Free text from strangers, made fit to store and to print."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_TEXT: Final = 200
# Controls, format marks (zero width, bidirectional overrides), lone surrogates,
# private use: none of them belongs in a name, and some make a terminal lie.
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co"})


def strip_marks(text: str) -> str:
    """Return `text` without invisible characters; line ends and tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    kept = (
        " " if letter in "\t\n\r\v\f\x85\u2028\u2029" else letter
        for letter in text
        if letter in "\t\n\r\v\f\x85" or unicodedata.category(letter) not in _DROPPED
    )
    return "".join(kept)


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    r"""Return `text` stripped of marks and outer spaces, cut to `limit` letters.

    Examples
    --------
    >>> clean_text(" apache-2.0\u202e ")
    'apache-2.0'
    """
    # The cut before the clean-up bounds the work that a megabyte can cause.
    return strip_marks(text[: 8 * limit]).strip()[:limit]
