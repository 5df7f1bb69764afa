"""Columns of a bulk dump, whatever their era: values as the Hub's API would give them.

Dumps of the Hub's list routes as Parquet files differ by age: columns come and go, dates
are text or timestamps, cards are JSON text, counts became floating numbers where one
was missing. Here each column gets one form, so that a row can be turned back into the
record that it was made from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.ingest.parse.hub_datasets import DatasetFields
from headwater.ingest.parse.hub_models import ModelFields
from headwater.ingest.parse.hub_records import Fields
from headwater.ingest.parse.hub_spaces import SpaceFields

FIELDS: Final[
    dict[str, type[ModelFields] | type[DatasetFields] | type[SpaceFields]]
] = {"models": ModelFields, "datasets": DatasetFields, "spaces": SpaceFields}
"""What the records of each kind of dump are read into."""

COLUMNS: Final = {
    route: tuple(item.encode_name for item in msgspec.structs.fields(fields))
    for route, fields in FIELDS.items()
}
"""The columns that are read, where a dump has them."""

_DATES: Final = ("createdAt", "lastModified")
_COUNTS: Final = ("downloads", "downloadsAllTime", "likes")
_FLAGS: Final = {"false": False, "true": True, "": None, "none": None, "null": None}
_JSON: Final = ("cardData", "config", "baseModels", "safetensors", "gguf")
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
_DAY: Final = 86_400  # seconds
_TICKS: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST_DAY: Final = -354_285  # of the year 1000
_LAST_DAY: Final = 2_932_896  # of the year 9999


@dataclass(frozen=True, slots=True)
class DumpRows:
    """Some rows of a dump: their columns in one form each.

    Attributes
    ----------
    route : str
        What the rows are.
    n_rows : int
        How many.
    columns : dict of str to pyarrow.Array
        Those that the dump has.
    moments : frozenset of str
        Columns that were timestamps of usual years, so that their text is sound.
    """

    route: str
    n_rows: int
    columns: dict[str, Any]
    moments: frozenset[str] = frozenset()

    def get(self, name: str) -> Any:
        """Return a column as an Arrow array, None when the dump hasn't got it."""
        return self.columns.get(name)

    def records(self, at: list[int]) -> Iterator[Fields]:
        """Yield rows as the records they were made from, for the parser of records."""
        fields = FIELDS[self.route]
        names = {item.encode_name: item.name for item in msgspec.structs.fields(fields)}
        taken = pa.array(at, pa.int64())
        values = {
            name: column.take(taken).to_pylist()
            for name, column in self.columns.items()
        }
        for row in range(len(at)):
            yield fields(
                **{
                    names[name]: _value(name, column[row])
                    for name, column in values.items()
                }
            )


def dump_rows(route: str, batch: pa.RecordBatch) -> DumpRows:
    """Return the columns of a batch that count, each in its one form.

    Text columns become Arrow strings, dates text as the API gives it, counts whole
    numbers where they all are; other columns stay as they are.
    """
    columns: dict[str, Any] = {}
    moments = set()
    for name in COLUMNS[route]:
        at = batch.schema.get_field_index(name)
        if at >= 0:
            columns[name] = _in_one_form(name, batch.column(at))
            if name in _DATES and _has_usual_years(batch.column(at)):
                moments.add(name)
    return DumpRows(route, batch.num_rows, columns, frozenset(moments))


def _in_one_form(name: str, column: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    if name == "tags" and not is_text_list(column):
        try:
            return column.cast(pa.list_(pa.string()))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return column
    if name in _DATES and pa.types.is_timestamp(column.type):
        return moment_texts(column)
    if name in _COUNTS and pa.types.is_floating(column.type):
        return _whole(column)
    if name in _COUNTS and pa.types.is_integer(column.type):
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            return column
    return column


def moment_texts(column: Any) -> Any:
    """Return timestamps as the API writes them: UTC, to the millisecond.

    Examples
    --------
    >>> import pyarrow as pa
    >>> moment_texts(pa.array([0, None, 86_399_999], pa.timestamp("ms", "UTC")))[2]
    <pyarrow.StringScalar: '1970-01-01T23:59:59.999Z'>
    """
    moments = pc.cast(column, pa.timestamp("ms", "UTC"), safe=False)
    if not _has_usual_years(moments):
        return pc.strftime(moments, format=_FORM)
    known = pc.fill_null(moments.cast(pa.int64()), 0).to_numpy()
    day, within = np.divmod(known, 1000 * _DAY)
    days = pa.array(day).dictionary_encode()
    dates = np.datetime_as_string(days.dictionary.to_numpy().astype("M8[D]"))
    second, thousandth = np.divmod(within, 1000)
    seconds, thousandths = _clock()
    text = np.empty((len(known), 24), np.uint8)
    text[:, :10] = _letters(dates, 10)[days.indices.to_numpy()]
    text[:, 10:20] = seconds[second]
    text[:, 20:] = thousandths[thousandth]
    ends = np.arange(len(known) + 1, dtype=np.int32) * 24
    valid = pc.is_valid(moments).buffers()[1] if moments.null_count else None
    return pa.Array.from_buffers(
        pa.string(), len(known), [valid, pa.py_buffer(ends), pa.py_buffer(text)]
    )


def _has_usual_years(column: Any) -> bool:
    """Whether a column is of timestamps, all in years of four digits."""
    if not pa.types.is_timestamp(column.type):
        return False
    ends = pc.min_max(column)
    if not ends["min"].is_valid:
        return True
    ticks = _DAY * _TICKS[column.type.unit]
    first, last = ends["min"].value // ticks, ends["max"].value // ticks
    return bool(first >= _FIRST_DAY and last <= _LAST_DAY)


@cache
def _clock() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return each second of a day and each millisecond of a second as letters."""
    seconds = np.datetime_as_string(np.arange(86_400).astype("M8[s]"))
    return (
        _letters(np.char.add(np.strings.slice(seconds, 10, 19), "."), 10),
        _letters(np.array([f"{at:03d}Z" for at in range(1000)]), 4),
    )


def _letters(texts: NDArray[Any], length: int) -> NDArray[np.uint8]:
    """Return ASCII texts of one length as rows of bytes."""
    return texts.astype(f"S{length}").view(np.uint8).reshape(len(texts), length)


def _whole(column: Any) -> Any:
    """Return a floating column as whole numbers, if it holds nothing else."""
    known = pc.if_else(pc.is_nan(column), None, column)
    try:
        return known.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def _value(name: str, value: Any) -> Any:
    """Return one value as the API gives it."""
    if isinstance(value, float) and name in _COUNTS:
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() else value
    if isinstance(value, str) and name in ("gated", "disabled", "private"):
        return _FLAGS.get(value.lower(), value)
    if name in _JSON:
        value = decode_json(value) if isinstance(value, str) else value
        return _without_nulls(value) if name != "cardData" else value
    return value


def _without_nulls(value: Any) -> Any:
    """Drop the fields that a struct has only because other rows fill them."""
    if isinstance(value, dict):
        kept = {key: _without_nulls(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def decode_json(text: str) -> Any:
    """Return the value of a JSON text; the text itself when it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def text_matches(column: Any, pattern: str) -> NDArray[np.bool_]:
    """Return where a text column matches a regular expression; False for null."""
    found = pc.match_substring_regex(column, pattern)
    return as_mask(found)


def as_mask(column: Any) -> NDArray[np.bool_]:
    """Return a column of flags as an array; null is False."""
    filled = pc.fill_null(column, fill_value=False)
    mask: NDArray[np.bool_] = filled.to_numpy(zero_copy_only=False)
    return mask


def is_text(column: Any) -> bool:
    """Whether a column is of Arrow strings."""
    return column is not None and pa.types.is_string(column.type)


def is_text_list(column: Any) -> bool:
    """Whether a column is of lists of Arrow strings."""
    kind = column.type
    is_list: bool = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return is_list and bool(pa.types.is_string(kind.value_type))
