"""What differs between the rows on a server and those of a snapshot, and sending that."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headwater.graph.backends.neo4j_connection import Connection, Run
from headwater.graph.backends.neo4j_rows import (
    BATCH,
    SnapshotRows,
    rows_by_variant,
)
from headwater.graph.backends.neo4j_schema import (
    PLACE_HASH,
    ROW_HASH,
    Part,
    create_statement,
    delete_statement,
    move_statement,
    state_statement,
    upsert_statement,
)
from headwater.graph.backends.neo4j_writer import Writer
from headwater.graph.kernels.csr import BoolArray
from headwater.graph.progress import Progress

Numbers = NDArray[np.int64]
_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows came, say something else, got other numbers only, went."""

    created: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0

    def __add__(self, other: Changes) -> Changes:
        names = [item.name for item in fields(self)]
        return Changes(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True, slots=True)
class _State:
    """The rows of a part on the server; an element's name is ``prefix + number``."""

    prefix: str
    elements: Numbers
    said: Numbers
    place: Numbers

    def element(self, at: int) -> str:
        return f"{self.prefix}{self.elements[at]}"


def send_changes(
    part: Part,
    rows: SnapshotRows,
    connection: Connection,
    writer: Writer,
    progress: Progress,
) -> Changes:
    """Make a part on the server equal to the snapshot's, by the hashes of the rows.

    Notes
    -----
    Some numbers a row are held, whatever is in it: O(rows) time and memory.
    """
    state = connection.read(lambda run: _read_state(run, part))
    said, place = _hashes(rows, part)
    match = match_rows(said, state.said)
    is_new = match == _NONE
    is_moved = ~is_new & (place != np.append(state.place, _NONE)[match])
    gone = np.ones(len(state.said), np.bool_)
    gone[match[~is_new]] = False
    progress.advance(int((~is_new & ~is_moved).sum()))
    n_removed = 0
    if part.key is None:
        n_removed = _remove(part, state, gone, writer)
    if is_new.any() or is_moved.any():
        _write(part, rows, (is_new, is_moved, match), state, writer, progress)
    if part.key is not None:
        # Those that were replaced say something else by now, and stay.
        n_removed = _remove(part, state, gone, writer)
    n_changed = int(gone.sum()) - n_removed
    return Changes(
        int(is_new.sum()) - n_changed, n_changed, int(is_moved.sum()), n_removed
    )


def match_rows(wanted: Numbers, found: Numbers) -> Numbers:
    """Return for each wanted value the place of an equal found one, each used once.

    -1 where there is none. Equal values are matched in order.

    Examples
    --------
    >>> match_rows(np.array([7, 5, 7, 7]), np.array([7, 9, 7])).tolist()
    [0, -1, 2, -1]
    """
    order = np.argsort(found, kind="stable")
    values = found[order]
    wanted_order = np.argsort(wanted, kind="stable")
    sought = wanted[wanted_order]
    # The k-th of equal wanted values takes the k-th of the found ones.
    rank = np.arange(len(sought)) - np.searchsorted(sought, sought)
    at = np.searchsorted(values, sought) + rank
    fits = at < len(values)
    fits[fits] = values[at[fits]] == sought[fits]
    match = np.full(len(wanted), _NONE, np.int64)
    match[wanted_order[fits]] = order[at[fits]]
    return match


def _read_state(run: Run, part: Part) -> _State:
    prefix = ""
    elements, said, place = array("q"), array("q"), array("q")
    for name, own, numbers in run(state_statement(part)):
        prefix, _, number = name.rpartition(":")
        elements.append(int(number))
        # A row without hashes is none of ours, or was tampered with.
        said.append(_NONE if own is None else own)
        place.append(_NONE if numbers is None else numbers)
    columns = (np.frombuffer(item, np.int64) for item in (elements, said, place))
    return _State(prefix + ":", *columns)


def _hashes(rows: SnapshotRows, part: Part) -> tuple[Numbers, Numbers]:
    said, place = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for table in rows.batches(part):
        said.append(table[ROW_HASH].to_numpy())
        place.append(table[PLACE_HASH].to_numpy())
    return np.concatenate(said), np.concatenate(place)


def _remove(part: Part, state: _State, gone: BoolArray, writer: Writer) -> int:
    places = np.flatnonzero(gone)
    number = 0
    for start in range(0, len(places), BATCH):
        rows = [
            (state.element(at), int(state.said[at]))
            for at in places[start : start + BATCH].tolist()
        ]
        number += writer.commit([(delete_statement(part), rows)])
    return number


def _write(
    part: Part,
    rows: SnapshotRows,
    matched: tuple[BoolArray, BoolArray, Numbers],
    state: _State,
    writer: Writer,
    progress: Progress,
) -> None:
    """Create what is new, or put it in the place of what it replaces; give numbers."""
    is_new, is_moved, match = matched
    add = upsert_statement if part.key else create_statement
    for fresh, moved, at in _selected(rows, part, is_new, is_moved):
        statements = [
            (add(part, variant), given)
            for variant, given in rows_by_variant(part, fresh)
        ]
        if moved.num_rows:
            names = (*part.places, PLACE_HASH)
            elements = [state.element(place) for place in match[at].tolist()]
            columns = [elements, *(moved[name].to_pylist() for name in names)]
            given = list(zip(*columns, strict=True))
            statements.append((move_statement(part), given))
        writer.commit(statements)
        progress.advance(fresh.num_rows + moved.num_rows)


def _selected(
    rows: SnapshotRows, part: Part, is_new: BoolArray, is_moved: BoolArray
) -> Iterator[tuple[pa.Table, pa.Table, Numbers]]:
    """Yield new rows, moved rows and the numbers of these, a batch at a time."""
    start = 0
    for table in rows.plain(part):
        own = slice(start, start + table.num_rows)
        start = own.stop
        if not (is_new[own].any() or is_moved[own].any()):
            continue
        hashed = rows.hashed(part, table)
        moved = np.flatnonzero(is_moved[own])
        yield (
            hashed.filter(pa.array(is_new[own])),
            hashed.take(pa.array(moved)),
            moved + own.start,
        )
