"""A first look at a dump: its size, its day, and rows that a later row replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from headwater.errors import ConfigError
from headwater.graph.ids import is_repo_path
from headwater.ingest.parse.bulk_columns import as_mask, dump_rows, text_matches
from headwater.ingest.parse.bulk_sound import path_mask

_HUB_ID: Final = r"^[0-9a-fA-F]{24}$"
_DAY: Final = r"^\d{4}-\d\d-\d\d"
_COLUMNS: Final = ("_id", "id", "modelId", "createdAt", "lastModified", "private")


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
    """
    keys: list[Any] = []
    looked: list[dict[str, Any]] = []
    latest: str | None = None
    for path in files:
        file = pq.ParquetFile(path)
        names = [name for name in _COLUMNS if name in file.schema_arrow.names]
        if "id" not in names:
            raise ConfigError(f"{path} has no column 'id': it is no dump of the Hub")
        for batch in file.iter_batches(1 << 16, columns=names):
            rows = dump_rows(route, batch)
            keys.append(_identities(rows.columns))
            looked.append({n: rows.get(n) for n in ("id", "private")})
            for name in ("createdAt", "lastModified"):
                latest = _latest(rows.get(name), latest, today.isoformat())
    if not keys:
        return DumpSurvey(0, None, np.empty(0, np.int64))
    column = pa.chunked_array(keys, pa.string())
    return DumpSurvey(
        len(column),
        date.fromisoformat(latest) if latest else None,
        _replaced(column, looked),
    )


def _identities(columns: dict[str, Any]) -> Any:
    """Return what makes two rows the same: the ``_id``, else the name."""
    ids, own = columns["id"], columns.get("_id")
    if not pa.types.is_string(ids.type):
        return pa.nulls(len(ids), pa.string())
    if own is None or not pa.types.is_string(own.type):
        return pc.utf8_lower(ids)
    is_hub_id = text_matches(own, _HUB_ID)
    key = pc.ascii_lower(own)
    return (
        key
        if is_hub_id.all()
        else pc.if_else(pa.array(is_hub_id), key, pc.utf8_lower(ids))
    )


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
    usable: NDArray[np.bool_] = mask & ~_is_private(columns["private"], len(ids))
    return usable


def _replaced(keys: Any, looked: list[dict[str, Any]]) -> NDArray[np.int64]:
    """Return the rows that a later usable row with the same key replaces."""
    if pc.count_distinct(keys, mode="all").as_py() == len(keys):
        return np.empty(0, np.int64)
    usable = np.concatenate([_usable(columns) for columns in looked])
    rows = np.arange(len(keys), dtype=np.int64)
    table = pa.table({"key": keys, "row": rows}).filter(pa.array(usable))
    last = table.group_by("key").aggregate([("row", "max")])
    place = pc.index_in(keys, last["key"].combine_chunks())
    found = pc.fill_null(last["row_max"].take(place), -1).to_numpy()
    # A row without any key is like no other.
    replaced = (found > rows) & ~as_mask(pc.is_null(keys))
    return np.flatnonzero(replaced)


def _latest(column: Any, latest: str | None, today: str) -> str | None:
    if column is None or not pa.types.is_string(column.type):
        return latest
    days = pc.utf8_slice_codeunits(column, 0, 10)
    sound = text_matches(days, _DAY) & as_mask(pc.less_equal(days, today))
    found = pc.max(days.filter(pa.array(sound))).as_py()
    try:
        day = date.fromisoformat(found).isoformat() if found else None
    except ValueError:
        return latest
    return max(filter(None, (latest, day)), default=None)
