"""Answers on standard output: JSON, CSV, and tables that fit the terminal."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

ARROWS = {
    "adapter": "⊕", "finetune": "↑", "quantized": "▾", "merge": "⋎", "unspecified": "?",
}  # fmt: skip


def console() -> Console:
    """Return the console of standard output; plain when it is no terminal."""
    width = None if sys.stdout.isatty() else 120
    return Console(highlight=False, width=width, soft_wrap=False)


def plain(value: object) -> Text:
    """Return text in which nothing is markup; foreign text goes through here."""
    return Text("" if value is None else str(value))


def print_json(value: Any) -> None:
    """Print a value as JSON; equal values print equal bytes."""
    sys.stdout.buffer.write(
        orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )
    sys.stdout.flush()


def print_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as CSV; a cell that a spreadsheet would run as a formula is quoted."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        # "@meta-llama" is an id of ours and is no formula without a call.
        return value if value[0] == "@" and "(" not in value else "'" + value
    return "" if value is None else value


def table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """Return an empty table in the house style."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        if name in numbers:
            made.add_column(name, justify="right", no_wrap=True)
        else:
            made.add_column(name, overflow="fold")
    return made


def count(value: int | None) -> str:
    """Return a number with separators; unknown is a question mark."""
    return "?" if value is None else f"{value:,}"


def share(value: float | None) -> str:
    """Return a share as a percentage; undefined is a dash."""
    return "–" if value is None else f"{value:.1%}"
