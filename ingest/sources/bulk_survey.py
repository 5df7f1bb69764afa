"""A first look at a dump: its size, its day, and rows that a later row replaces.

Most dumps repeat nothing, and that is what is found out first: from 64-bit hashes of the
identities, eight bytes a row. Only rows whose hash occurs again are looked at closely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from headwater.errors import ConfigError
from headwater.graph.ids import is_repo_path
from headwater.ingest.parse.bulk_columns import (
    as_mask,
    dump_rows,
    is_text,
    text_matches,
)
from headwater.ingest.parse.bulk_sound import path_mask

_HUB_ID: Final = r"^[0-9a-fA-F]{24}$"
_DATES: Final = ("createdAt", "lastModified")
_BATCH_ROWS: Final = 1 << 16
_EPOCH: Final = date(1970, 1, 1)
_NEVER: Final = -_EPOCH.toordinal()  # in days of the epoch; no date is earlier
# Odd numbers without a pattern: of splitmix64, and an FNV prime to the name's letters.
_FACTORS: Final = np.array(
    [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64
)
_STEP: Final = np.uint64(0x100000001B3)

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DumpSurvey:
    """What a first look at a dump found.

    Attributes
    ----------
    n_rows : int
        Rows of all files.
    day : datetime.date or None
        Day of the last change that a row knows of.
    dropped : array of int64, ascending
        Rows whose repository has a later usable row.
    """

    n_rows: int
    day: date | None
    dropped: NDArray[np.int64]


def survey(files: Sequence[Path], route: str, today: date) -> DumpSurvey:
    """Look over the ids and dates of all files of a dump.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Its Parquet files, in order.
    route : {"models", "datasets", "spaces"}
        What its rows are.
    today : datetime.date
        Later days are nobody's word: no dump can know of them.

    Raises
    ------
    ConfigError
        When a file has no column ``id``.
    pyarrow.ArrowException, OSError
        When a file cannot be read.

    Notes
    -----
    Time O(n log n), memory about 20 bytes a row; more where rows repeat each other.
    """
    looks = [_look(path, route, today) for path in files]
    days = [look.day for look in looks if look.day is not None]
    hashes = np.concatenate([np.empty(0, np.uint64), *(look.hashes for look in looks)])
    keyless = np.concatenate([np.empty(0, np.bool_), *(look.keyless for look in looks)])
    doubtful = _recurring(hashes, keyless)
    return DumpSurvey(
        len(hashes),
        max(days, default=None),
        _replaced(files, route, doubtful) if doubtful.any() else np.empty(0, np.int64),
    )


@dataclass(slots=True)
class _Look:
    """What a file holds: hashes of identities, rows without one, the last day."""

    hashes: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    keyless: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    day: date | None = None


def _look(path: Path, route: str, today: date) -> _Look:
    file = pq.ParquetFile(path)
    held = file.schema_arrow.names
    if "id" not in held:
        raise ConfigError(f"{path} has no column 'id': it is no dump of the Hub")
    found = _Look()
    # Names are long, and of use only where identities are not to be had.
    for names in (("_id",), ("_id", "id")) if "_id" in held else (("id",),):
        parts = []
        for batch in _batches(file, [*names, *_DATES]):
            parts.append(_hashes(batch, route, by_name="id" in names))
            for name in _DATES:
                day = _last_day(batch, name, today)
                found.day = max(filter(None, (found.day, day)), default=None)
            if parts[-1] is None:
                break
        if all(part is not None for part in parts):
            break
    whole = [part for part in parts if part is not None]
    if whole:
        found.hashes = np.concatenate([hashes for hashes, _ in whole])
        found.keyless = np.concatenate([keyless for _, keyless in whole])
    return found


def _batches(file: pq.ParquetFile, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    kept = [name for name in names if name in file.schema_arrow.names]
    yield from file.iter_batches(_BATCH_ROWS, columns=kept)


def _last_day(batch: pa.RecordBatch, name: str, today: date) -> date | None:
    """Return the last day up to today that a column of moments knows of."""
    at = batch.schema.get_field_index(name)
    if at < 0:
        return None
    column = batch.column(at)
    if pa.types.is_timestamp(column.type):
        moments = pc.cast(column, pa.timestamp("s", "UTC"), safe=False)
        seconds = moments.drop_null().cast(pa.int64()).to_numpy()
        past = seconds[seconds < ((today - _EPOCH).days + 1) * 86_400]
        last = int(past.max() // 86_400) if len(past) else _NEVER
        return _EPOCH + timedelta(days=last) if last > _NEVER else None
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    texts = pc.unique(pc.utf8_slice_codeunits(column, 0, 10)).to_pylist()
    days = [day for text in texts if (day := _day(text)) is not None]
    return max((day for day in days if day <= today), default=None)


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _hashes(
    batch: pa.RecordBatch, route: str, *, by_name: bool
) -> tuple[Hashes, Mask] | None:
    """Return hashes of what makes two rows the same, and which rows have no such thing.

    None when that takes the names of some rows, and these are not at hand.
    """
    columns = dump_rows(route, batch).columns
    own: Any = columns.get("_id")
    n = batch.num_rows
    is_hub_id = np.zeros(n, np.bool_)
    if is_text(own):
        is_hub_id = text_matches(own, _HUB_ID)
    if not by_name and not is_hub_id.all():
        return None
    found = np.zeros(n, np.uint64)
    if is_hub_id.any():
        some = own if is_hub_id.all() else own.filter(pa.array(is_hub_id))
        found[is_hub_id] = _id_hashes(pc.ascii_lower(some))
    rest = ~is_hub_id
    keyless = np.zeros(n, np.bool_)
    if rest.any():
        names = columns["id"]
        if not is_text(names):
            names = pa.nulls(n, pa.string())
        some = names.filter(pa.array(rest))
        keyless[rest] = as_mask(pc.is_null(some))
        found[rest] = _text_hashes(pc.utf8_lower(pc.fill_null(some, "")))
    return found, keyless


def _id_hashes(ids: Any) -> Hashes:
    """Return a hash of each text of 24 ASCII letters."""
    starts = _offsets(ids)
    letters = np.frombuffer(ids.buffers()[2], np.uint8)[starts[0] : starts[-1]]
    words = letters.reshape(len(ids), 24).view(np.uint64)
    hashes: Hashes = words @ _FACTORS
    return hashes


def _text_hashes(texts: Any) -> Hashes:
    """Return a polynomial of the bytes of each text, modulo 2**64."""
    starts = _offsets(texts)
    buffer = texts.buffers()[2]
    letters = np.frombuffer(buffer or b"", np.uint8)[starts[0] : starts[-1]]
    starts -= starts[0]
    lengths = np.diff(starts)
    place = np.arange(len(letters)) - np.repeat(starts[:-1], lengths)
    powers = np.full(int(lengths.max(initial=0)) + 1, _STEP)
    terms = (letters.astype(np.uint64) + np.uint64(1)) * np.cumprod(powers)[place]
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms)])
    hashes: Hashes = sums[starts[1:]] - sums[starts[:-1]]
    return hashes


def _offsets(texts: Any) -> NDArray[np.int64]:
    raw = np.frombuffer(texts.buffers()[1], np.int32)
    return raw[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)


def _recurring(hashes: Hashes, keyless: Mask) -> Mask:
    """Return the rows whose hash another row has too."""
    known = np.sort(hashes[~keyless])
    again = np.unique(known[1:][known[1:] == known[:-1]])
    if not len(again):
        return np.zeros(len(hashes), np.bool_)
    at = np.minimum(np.searchsorted(again, hashes), len(again) - 1)
    mask: Mask = (again[at] == hashes) & ~keyless
    return mask


def _identities(columns: dict[str, Any]) -> Any:
    """Return what makes two rows the same: the ``_id``, else the name."""
    ids, own = columns["id"], columns.get("_id")
    if not is_text(ids):
        ids = pa.nulls(len(ids), pa.string())
    if not is_text(own):
        return pc.utf8_lower(ids)
    is_hub_id = text_matches(own, _HUB_ID)
    return pc.if_else(pa.array(is_hub_id), pc.ascii_lower(own), pc.utf8_lower(ids))


def _is_private(column: Any, n_rows: int) -> NDArray[np.bool_]:
    if column is None or not pa.types.is_boolean(column.type):
        return np.zeros(n_rows, np.bool_)
    return as_mask(column)


def _usable(columns: dict[str, Any]) -> NDArray[np.bool_]:
    """Return which rows the parser of records accepts."""
    ids = columns["id"]
    if not pa.types.is_string(ids.type):
        return np.zeros(len(ids), np.bool_)
    mask = path_mask(ids)
    for row in np.flatnonzero(~mask).tolist():
        text = ids[row].as_py()
        mask[row] = (
            text is not None
            and is_repo_path(text)
            and not text.startswith(("datasets/", "spaces/", "off-hub/"))
        )
    usable: NDArray[np.bool_] = mask & ~_is_private(columns.get("private"), len(ids))
    return usable


def _replaced(files: Sequence[Path], route: str, doubtful: Mask) -> NDArray[np.int64]:
    """Return the rows that a later usable row with the same key replaces."""
    keys, rows, usable = [], [], []
    start = 0
    for path in files:
        for batch in _batches(pq.ParquetFile(path), ("_id", "id", "private")):
            at = np.flatnonzero(doubtful[start : start + batch.num_rows])
            if len(at):
                columns = dump_rows(route, batch.take(pa.array(at))).columns
                keys.append(_identities(columns))
                usable.append(_usable(columns))
                rows.append(at + start)
            start += batch.num_rows
    encoded = pa.chunked_array(keys, pa.string()).combine_chunks().dictionary_encode()
    key, row = encoded.indices.to_numpy(), np.concatenate(rows)
    is_usable = np.concatenate(usable)
    last = np.full(len(encoded.dictionary), -1, np.int64)
    # Of several values for one place the last is kept: rows ascend.
    last[key[is_usable]] = row[is_usable]
    replaced: NDArray[np.int64] = row[last[key] > row]
    return replaced
