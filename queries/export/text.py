r"""Columns of values as columns of text for XML and JSON, whole columns at once.

Text comes from strangers. What a format cannot hold at all is written as ``\uXXXX``, what
would deceive who reads the file (controls of the direction of writing) by its number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.columns import one_chunk

# Controls of direction and of lines, and the mark of byte order: invisible, and legal.
_HIDDEN: Final = "\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
_ILLEGAL: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff"
_XML: Final = re.compile(f"[{_ILLEGAL}]|\\\\(?=u[0-9a-f]{{4}})|[\t\n\r{_HIDDEN}]")
_JSON: Final = re.compile(f"[{_HIDDEN}\ufffe\uffff]")


def _re2(characters: str) -> str:
    """Return a class of characters as Arrow's regular expressions write it."""
    return "".join(
        item if item == "-" else f"\\x{{{ord(item):x}}}" for item in characters
    )


_XML_RARE: Final = f"[\\t\\n\\r{_re2(_ILLEGAL)}{_re2(_HIDDEN)}]|\\\\u"
_JSON_RARE: Final = f'["\\\\\\x00-\\x1f{_re2(_HIDDEN)}\\x{{fffe}}\\x{{ffff}}]'


def xml_text(texts: Any) -> Any:
    r"""Return texts as content of elements and of attributes in double quotes.

    A parser gives back what went in, but for characters that XML forbids: those stand as
    ``\u`` and four digits, and so does a backslash that would be read so; see
    :func:`from_xml`.
    """
    for raw, entity in (
        ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"),
    ):  # fmt: skip
        texts = pc.replace_substring(texts, raw, entity)
    return changed_where(texts, _XML_RARE, lambda text: _XML.sub(_xml_character, text))


def _xml_character(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\\" or re.match(f"[{_ILLEGAL}]", character):
        return f"\\u{ord(character):04x}"
    return f"&#{ord(character)};"


def from_xml(text: str) -> str:
    r"""Return the text that :func:`xml_text` wrote, after the parser of XML has read it.

    Examples
    --------
    >>> from_xml(r"a\u0001b")
    'a\x01b'
    """
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)


def json_text(texts: Any) -> Any:
    """Return texts as JSON strings, quotes included; null stays null."""
    escaped = changed_where(texts, _JSON_RARE, _json_escaped)
    return pc.binary_join_element_wise('"', escaped, '"', "")


def _json_escaped(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)[1:-1]
    return _JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def changed_where(texts: Any, pattern: str, change: Callable[[str], str]) -> Any:
    """Return texts with those changed that a pattern, which few match, occurs in."""
    hits = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
    found = texts.filter(hits)
    if not len(found):
        return texts
    changed = pa.array([change(text) for text in found.to_pylist()], texts.type)
    return pc.replace_with_mask(texts, hits, changed)


def json_values(column: Any) -> Any:
    """Return values as JSON; null stays null, and a list without members becomes null."""
    column = one_chunk(column)
    if pa.types.is_list(column.type):
        words = json_text(column.flatten())
        lengths = pc.fill_null(pc.list_value_length(column), 0)
        offsets = pa.concat_arrays(
            [pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())]
        )
        members = pc.binary_join(pa.ListArray.from_arrays(offsets, words), ",")
        listed = joined("[", members, "]")
        return pc.if_else(pc.greater(lengths, 0), listed, pa.scalar(None, pa.string()))
    if pa.types.is_string(column.type):
        return json_text(column)
    return column.cast(pa.string())


def xml_values(column: Any) -> Any:
    """Return values as text for XML: a list as JSON; nothing for no list and no value."""
    column = one_chunk(column)
    if pa.types.is_string(column.type):
        return xml_text(column)
    return xml_text(json_values(column))


def joined(*parts: Any) -> Any:
    """Return texts put together, row by row; null if one of them is."""
    return pc.binary_join_element_wise(*parts, "")


def or_nothing(texts: Any) -> Any:
    """Return texts, the empty one for null."""
    return pc.fill_null(texts, "")
