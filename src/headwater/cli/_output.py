"""Answers on standard output: JSON, CSV, and tables that fit the terminal."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, NoReturn

import orjson
import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from headwater.queries.spreadsheets import safe_cell

_LEAST = 12
"""Columns that a column of a table needs, or its words are torn apart."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave when the reader has left."""
        _leave()


def _leave() -> NoReturn:
    """End quietly: the reader has what it wanted (``headwater ... | head``)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(0)


def console() -> Console:
    """Return the console of standard output.

    A pipe gets 120 columns unless COLUMNS says otherwise. What the locale cannot
    print is replaced, never an error.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    piped = not sys.stdout.isatty() and not os.environ.get("COLUMNS")
    return _Console(highlight=False, width=120 if piped else None)


def plain(value: object) -> Text:
    """Return text in which nothing is markup; foreign text goes through here."""
    return Text("" if value is None else str(value))


def print_json(value: Any) -> None:
    """Print a value as JSON; equal values print equal bytes."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave()


@contextmanager
def bytes_out() -> Iterator[BinaryIO]:
    """Give out standard output for bytes; end quietly when the reader has left."""
    try:
        yield sys.stdout.buffer
        sys.stdout.flush()
    except BrokenPipeError:
        _leave()


def print_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as CSV; a cell that a spreadsheet would run as a formula is quoted."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    try:
        writer.writerow(header)
        for row in rows:
            writer.writerow([safe_cell(value) for value in row])
        sys.stdout.flush()
    except BrokenPipeError:
        _leave()


class _FittingTable(Table):
    """A table that becomes a list of records where it would tear its words apart."""

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        if len(self.columns) < 3 or options.max_width >= _LEAST * len(self.columns):
            yield from super().__rich_console__(console, options)
            return
        named = [(str(column.header), list(column.cells)) for column in self.columns]
        for row in range(self.row_count):
            for name, cells in named:
                cell = cells[row]
                label = Text(f"{name}: " if name else "", "dim")
                yield label + cell if isinstance(cell, Text) else label + str(cell)
            yield Text("")


def table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """Return an empty table in the house style."""
    made = _FittingTable(
        box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0)
    )
    for name in columns:
        if name in numbers:
            made.add_column(name, justify="right", no_wrap=True)
        else:
            made.add_column(name, overflow="fold")
    return made


def count(value: int | None) -> str:
    """Return a number with separators; unknown is a question mark."""
    return "?" if value is None else f"{value:,}"


def counted(number: int, word: str) -> str:
    """Return a number of things, the word with an s unless it is one."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def share(value: float | None) -> str:
    """Return a share as a percentage; undefined is a dash."""
    return "–" if value is None else f"{value:.1%}"
