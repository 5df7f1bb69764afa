"""Answers as a notebook shows them: a sentence and a table, for light and dark pages.

Whatever comes from the graph is escaped: names and licences are strangers' text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from headwater.queries.colours import VERDICT_LOOKS
from headwater.queries.result_rows import Rows

if TYPE_CHECKING:
    from headwater.queries.results import Result

SHOWN: Final = 10
"""Rows that a table shows; the rest is counted."""
_LONGEST: Final = 160
_WHOLE: Final = 24
_SHARES: Final = (
    "share", "known_share", "differ_share", "loosened_share", "coverage",
    "known_origin", "stock_coverage", "stock_cr1", "stock_cr4", "confidence",
)  # fmt: skip
_UNKNOWN: Final = (
    "downloads", "downloads_all_time", "likes", "parameters", "licence", "weight",
    "substitutes_n_mirrored",
)  # fmt: skip
"""Columns in which None means that nobody has told; elsewhere that there is none."""

_STYLE: Final = (
    "<style>"
    ".headwater{font-size:.93em;line-height:1.45;color:inherit;max-width:100%;"
    "overflow-x:auto}"
    ".headwater p{margin:.3em 0 .7em;max-width:76ch;text-align:left}"
    ".headwater table{border-collapse:collapse;border:0;background:none;margin:0 0 .8em;"
    "color:inherit}"
    ".headwater caption{caption-side:top;text-align:left;font-weight:600;color:inherit;"
    "padding:.2em 0}"
    ".headwater tr,.headwater tr:nth-child(even),.headwater tr:nth-child(odd)"
    "{background:none}"
    ".headwater th,.headwater td{border:0;border-bottom:1px solid rgba(128,128,128,.28);"
    "padding:.24em 1.3em .24em 0;text-align:left;vertical-align:top;max-width:34em;"
    "overflow-wrap:anywhere;white-space:normal;color:inherit;background:none}"
    ".headwater td.s,.headwater th{white-space:nowrap}"
    ".headwater th{font-weight:600;border-bottom:1px solid rgba(128,128,128,.7)}"
    ".headwater .n{text-align:right;font-variant-numeric:tabular-nums;"
    "white-space:nowrap}"
    ".headwater .u{font-style:italic;opacity:.8}"
    ".headwater .more{border-bottom:0;opacity:.8}"
    ".headwater i.dot{display:inline-block;width:.7em;height:.7em;border-radius:2px;"
    "margin-right:.5em;box-shadow:0 0 0 1px rgba(128,128,128,.55)}"
    "</style>"
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page.

    Attributes
    ----------
    rows : Rows
        What it is of.
    headings : mapping of str to str
        Columns that are shown and what they are called, in order.
    caption : str
        What stands above it.
    n : int or None
        How many rows there are, if the answer has not all of them; None: as many as it
        has.
    shown : int
        How many of them the page shows.
    """

    rows: Rows
    headings: Mapping[str, str]
    caption: str = ""
    n: int | None = None
    shown: int = SHOWN


def page(answer: Result) -> str:
    """Return an answer as HTML."""
    from headwater.queries.result_words import sentence, tables

    parts = [_STYLE, '<div class="headwater">', f"<p>{escape(sentence(answer))}</p>"]
    parts += [_table(table) for table in tables(answer)]
    return "".join([*parts, "</div>"])


def _table(table: Table) -> str:
    names = table.rows.names
    places = [names.index(name) for name in table.headings]
    types = [table.rows.types[place] for place in places]
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    head = "".join(
        f"<th{_class(type_)}>{escape(word)}</th>"
        for word, type_ in zip(table.headings.values(), types, strict=True)
    )
    body = "".join(
        f"<tr>{''.join(_cells(row, names, places, types))}</tr>"
        for row in table.rows.rows[: table.shown]
    )
    n = table.rows.n if table.n is None else table.n
    more = n - min(table.shown, len(table.rows.rows))
    if more > 0:
        body += f'<tr><td class="more" colspan="{len(places)}">… and {more:,} more</td></tr>'
    elif not n:
        body = f'<tr><td class="u" colspan="{len(places)}">none</td></tr>'
    return (
        f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cells(
    row: tuple[Any, ...],
    names: tuple[str, ...],
    places: list[int],
    types: list[pa.DataType],
) -> Iterator[str]:
    for place, type_ in zip(places, types, strict=True):
        value, name = row[place], names[place]
        if name == "value" and value is None and "status" in names:
            # A field of an artefact says itself why it has no value.
            value = str(row[names.index("status")]).replace("_", " ")
            yield f'<td class="s u">{escape(value)}</td>'
        elif value is None:
            word = "unknown" if name in _UNKNOWN else "–"
            of = "n u" if _class(type_) else "s u"
            yield f'<td class="{of}">{word}</td>'
        elif name == "verdict" and value in VERDICT_LOOKS:
            look = VERDICT_LOOKS[value]
            yield (
                f'<td class="s"><i class="dot" style="background:{look.light}"></i>'
                f"{escape(look.word)}</td>"
            )
        else:
            text = _text(name, value)
            # A short word stays whole; ids and paths may break anywhere.
            own = _class(type_) or (' class="s"' if len(text) <= _WHOLE else "")
            yield f"<td{own}>{text}</td>"


def _class(type_: pa.DataType) -> str:
    return ' class="n"' if type_ in (pa.int64(), pa.float64()) else ""


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return percent(value) if name in _SHARES else f"{value:,.4g}"
    if isinstance(value, date):
        return value.isoformat()
    text = ", ".join(value) if isinstance(value, list) else str(value)
    if len(text) > _LONGEST:
        cut = escape(text[: _LONGEST - 1])
        return f'<span title="{escape(text)}">{cut}…</span>'
    return escape(text)


def percent(value: float | None) -> str:
    """Return a share as a percentage; what is undefined is a dash.

    Examples
    --------
    >>> percent(0.1234), percent(None)
    ('12.3 %', '–')
    """
    return "–" if value is None else f"{value * 100:.1f} %"


def n_of(number: int, word: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> n_of(1, "model"), n_of(1200, "model")
    ('1 model', '1,200 models')
    """
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
