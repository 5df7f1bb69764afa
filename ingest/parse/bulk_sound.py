"""Which rows of a dump have ordinary values in their plain columns, all at a time."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.ingest.parse.bulk_columns import (
    DumpRows,
    as_mask,
    is_text,
    text_matches,
)

_SEGMENT: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?"
_PATH: Final = rf"^{_SEGMENT}/{_SEGMENT}$"
_NO_PATH: Final = r"--|\.\.|\.git(?:/|$)|^datasets/|^spaces/|^off-hub/"
_MAX_PATH: Final = 97  # of one slash and at least one letter a side: each at most 96
_HUB_ID: Final = r"^[0-9a-f]{24}$"
_MOMENT: Final = r"^\d{4}-\d\d-\d\d(?:[T ][0-9:.]+Z?)?$"
_MAX_MOMENT: Final = 40


def path_mask(column: Any) -> NDArray[np.bool_]:
    """Return where a text column is an ordinary ``owner/name``."""
    short = as_mask(pc.less_equal(pc.utf8_length(column), _MAX_PATH))
    mask: NDArray[np.bool_] = (
        short & text_matches(column, _PATH) & ~text_matches(column, _NO_PATH)
    )
    return mask


def sound_rows(rows: DumpRows) -> NDArray[np.bool_]:
    """Return which rows have ordinary values in the columns that are plain."""
    if not is_text(rows.get("id")):
        return np.zeros(rows.n_rows, np.bool_)
    sound = path_mask(rows.get("id"))
    for name in ("_id", "createdAt", "lastModified", "library_name", "pipeline_tag"):
        column = rows.get(name)
        if column is None:
            continue
        if not is_text(column):
            sound &= as_mask(pc.is_null(column))
        elif name == "_id":
            sound &= as_mask(pc.is_null(column)) | text_matches(column, _HUB_ID)
        elif name in ("createdAt", "lastModified") and name not in rows.moments:
            sound &= _sound_dates(column)
    for name in ("downloads", "downloadsAllTime", "likes"):
        column = rows.get(name)
        if column is not None:
            sound &= _sound_counts(column)
    for name in ("gated", "disabled", "private"):
        column = rows.get(name)
        if column is not None:
            sound &= ~_is_flagged(column)
    for name in ("safetensors", "gguf"):
        column = rows.get(name)
        if column is not None:
            sound &= as_mask(pc.is_null(column)) | _sound_counts(total_of(column))
    return sound


def _sound_dates(column: Any) -> NDArray[np.bool_]:
    days = pc.utf8_slice_codeunits(column, 0, 10)
    real = [day for day in pc.unique(days).to_pylist() if day and _is_day(day)]
    known = as_mask(pc.is_in(days, value_set=pa.array(real, pa.string())))
    short = as_mask(pc.less_equal(pc.utf8_length(column), _MAX_MOMENT))
    mask: NDArray[np.bool_] = as_mask(pc.is_null(column)) | (
        known & short & text_matches(column, _MOMENT)
    )
    return mask


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _sound_counts(column: Any) -> NDArray[np.bool_]:
    if pa.types.is_int64(column.type):
        return as_mask(pc.is_null(column)) | as_mask(pc.greater_equal(column, 0))
    return as_mask(pc.is_null(column))


def total_of(column: Any) -> Any:
    """Return the number of weights in a column of file headers, -1 where it lacks."""
    if pa.types.is_struct(column.type) and column.type.get_field_index("total") >= 0:
        total = pc.struct_field(column, "total")
        if pa.types.is_integer(total.type):
            return pc.fill_null(total.cast(pa.int64()), -1)
    return pa.array(np.full(len(column), -1, np.int64))


def _is_flagged(column: Any) -> NDArray[np.bool_]:
    """Return where a flag is neither false nor absent: few, and read one by one."""
    if pa.types.is_boolean(column.type):
        return as_mask(column)
    if is_text(column):
        off = pa.array(["false", "False"], pa.string())
        return ~as_mask(pc.or_(pc.is_null(column), pc.is_in(column, value_set=off)))
    return ~as_mask(pc.is_null(column))
