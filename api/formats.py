"""Answers as bytes: JSON, NDJSON, CSV; parts of them by ``fields=``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any, Final

import orjson

from headwater.api.problems import Near, ProblemError
from headwater.queries.spreadsheets import safe_cell

MEDIA_TYPES: Final = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
}
EVERYTHING: Final = "*"
_CHUNK: Final = 1 << 16
_MAX_FIELDS: Final = 100
Wanted = dict[str, "Wanted"]


def to_json(value: Any) -> bytes:
    """Return a value as JSON; equal values give equal bytes."""
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Sequence):
        return tuple(value)
    raise TypeError(type(value).__name__)


def choose_format(asked: str | None, accept: str | None) -> str:
    """Return the format of an answer; the parameter wins over the header.

    Raises
    ------
    ProblemError
        When the header allows none of them.
    """
    if asked is not None:
        return asked
    if not accept:
        return "json"
    ranked = sorted(
        (-_quality(item), place, item.partition(";")[0].strip().lower())
        for place, item in enumerate(accept.split(",")[:20])
    )
    known = {media.partition(";")[0]: name for name, media in MEDIA_TYPES.items()}
    known["application/ndjson"] = "ndjson"
    for quality, _, media in ranked:
        if quality == 0:
            continue
        if media in ("*/*", "application/*", "text/html"):
            return "json"
        if media == "text/*":
            return "csv"
        if media in known:
            return known[media]
    raise ProblemError(
        "not-acceptable",
        "answers come as application/json, application/x-ndjson and text/csv",
    )


def _quality(item: str) -> float:
    for part in item.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "q":
            try:
                return max(0.0, min(1.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def parse_fields(text: str) -> Wanted:
    """Return the fields that a text names.

    Examples
    --------
    >>> parse_fields("id,edges.child,edges.parent")
    {'id': {}, 'edges': {'child': {}, 'parent': {}}}
    """
    paths = [item.strip() for item in text.split(",") if item.strip()]
    if not paths or len(paths) > _MAX_FIELDS:
        raise ProblemError(
            "invalid-parameter",
            f"fields takes 1 to {_MAX_FIELDS} names with commas between, like id,name",
        )
    wanted: Wanted = {}
    for path in paths:
        place = wanted
        for name in path.split(".")[:10]:
            place = place.setdefault(name, {})
    return wanted


def keys_of(value: Any) -> list[str]:
    """Return the keys under which a value has parts."""
    if isinstance(value, Mapping):
        return list(value)
    return [item.name for item in dataclass_fields(value)]


def without(value: Any, left_out: Sequence[str]) -> dict[str, Any]:
    """Return an object without some of its keys."""
    return {key: _get(value, key) for key in keys_of(value) if key not in left_out}


def select(value: Any, wanted: Wanted) -> Any:
    """Return only the wanted fields of an object, or of each object in a list.

    Raises
    ------
    ProblemError
        When an object has no such field; near has the ones that it has.
    """
    if not wanted or value is None:
        return value
    if isinstance(value, Mapping) or (
        is_dataclass(value) and not isinstance(value, type)
    ):
        names = keys_of(value)
        if EVERYTHING in wanted:
            rest = wanted[EVERYTHING]
            return {
                name: select(_get(value, name), wanted.get(name, rest))
                for name in names
            }
        for name in wanted:
            if name not in names:
                raise ProblemError(
                    "invalid-parameter",
                    f"fields: there is no {name[:80]!r}; near has what there is",
                    [Near(item) for item in names],
                )
        return {
            name: select(_get(value, name), wanted[name])
            for name in names
            if name in wanted
        }
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [select(item, wanted) for item in value]
    raise ProblemError(
        "invalid-parameter",
        f"fields: {next(iter(wanted))[:80]!r} is asked of a value without parts",
    )


def _get(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


def ndjson_chunks(rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield rows as lines of JSON, some 64 KiB at a time."""
    held = bytearray()
    for row in rows:
        held += to_json(row)
        held += b"\n"
        if len(held) >= _CHUNK:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def csv_chunks(rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield rows as CSV with a header; what has parts is JSON in its cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names: list[str] | None = None
    for row in rows:
        if names is None:
            names = keys_of(row)
            writer.writerow(names)
        writer.writerow([_cell(_get(row, name)) for name in names])
        if text.tell() >= _CHUNK:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cell(value: Any) -> object:
    if value is None or isinstance(value, str | int | float):
        return safe_cell(value)
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return safe_cell(" ".join(value))
    return safe_cell(to_json(value).decode())
