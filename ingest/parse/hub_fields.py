"""The plain fields of a Hub record: dates, counts, licence, language, state."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from headwater.ingest.parse.hub_context import Context, Subject
from headwater.ingest.parse.text import clean_text

_MAX_COUNT: Final = 2**63 - 1
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?\Z", re.ASCII
)
_HUB_ID = re.compile(r"[0-9a-f]{24}\Z", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40,64}\Z", re.ASCII)
_SLUG = re.compile(r"[a-z0-9][a-z0-9._+\-]{0,63}\Z", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9_ ()\-]{0,40}\Z")
_MAX_LANGUAGES: Final = 1000


def _skip(context: Context, subject: Subject, place: str, value: object) -> None:
    context.batch.skip(place, f"{subject.id}: {clean_text(repr(value)[:400], 80)}")


def read_hub_id(context: Context, subject: Subject, value: Any) -> str | None:
    """Return the ``_id`` when it is one."""
    if isinstance(value, str) and _HUB_ID.match(value):
        return value
    if value is not None:
        _skip(context, subject, "_id/not_an_object_id", value)
    return None


def read_revision(value: Any) -> str | None:
    """Return the commit when it is one."""
    return value if isinstance(value, str) and _SHA.match(value) else None


def read_date(
    context: Context, subject: Subject, place: str, value: Any
) -> tuple[str | None, str | None]:
    """Return the day and the full text of an ISO 8601 moment."""
    if value is None:
        return None, None
    match = _DATE.match(value) if isinstance(value, str) and len(value) <= 40 else None
    try:
        if match is not None and isinstance(value, str):
            return date.fromisoformat(match[1]).isoformat(), value
    except ValueError:
        pass
    _skip(context, subject, f"{place}/not_a_date", value)
    return None, None


def read_count(
    context: Context, subject: Subject, place: str, value: Any
) -> int | None:
    """Return a number that is a whole one from 0 to 2**63 - 1."""
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value <= _MAX_COUNT:
            return value
        _skip(context, subject, f"{place}/out_of_range", value.bit_length())
    elif value is not None:
        _skip(context, subject, f"{place}/not_a_number", value)
    return None


def read_text(context: Context, subject: Subject, place: str, value: Any) -> str | None:
    """Return short free text, cleaned; None when empty."""
    if isinstance(value, str):
        return clean_text(value) or None
    if value is not None:
        _skip(context, subject, f"{place}/not_text", value)
    return None


def read_state(context: Context, subject: Subject, gated: Any, disabled: Any) -> str:
    """Return the state of a repository that the Hub lists."""
    if disabled is True:
        return "disabled"
    if gated in ("auto", "manual") or gated is True:
        return "gated"
    if gated not in (None, False):
        _skip(context, subject, "gated/unknown_value", gated)
    return "present"


def read_licence(
    context: Context, subject: Subject, card: dict[str, Any], tags: list[str]
) -> str | None:
    """Return the licence that the card declares, else the one that the tags name.

    ``other`` with a ``license_name`` that is a plain slug becomes that slug.
    """
    value = card.get("license")
    if isinstance(value, list):
        named = [item for item in value if isinstance(item, str) and item.strip()]
        if len(named) > 1:
            context.notes.add("licence/several", f"{subject.id}: {named!r:.120}")
        value = named[0] if named else None
    licence = read_text(context, subject, "licence", value)
    if licence is None:
        tagged = (tag[8:] for tag in tags if tag.startswith("license:"))
        licence = next((clean_text(tag) for tag in tagged if tag.strip()), None)
    if licence is not None and licence.lower() == "other":
        name = card.get("license_name")
        slug = clean_text(name).lower() if isinstance(name, str) else ""
        return slug if _SLUG.match(slug) else licence
    return licence


def read_languages(
    context: Context, subject: Subject, card: dict[str, Any], tags: list[str]
) -> tuple[str, ...]:
    """Return the language codes that the card declares, else ``language:`` tags."""
    value = card.get("language", card.get("languages"))
    items = value if isinstance(value, list) else [] if value is None else [value]
    found: list[str] = []
    for item in items[:_MAX_LANGUAGES]:
        if item is False:
            # YAML 1.1 reads the code of Norwegian as a refusal.
            context.notes.add("language/no_read_as_false", subject.id)
            found.append("no")
        elif isinstance(item, str) and _LANGUAGE.match(item.strip()):
            found.append(clean_text(item))
        elif item is not None:
            _skip(context, subject, "language/not_a_code", item)
    if not items:
        tagged = (tag[9:] for tag in tags if tag.startswith("language:"))
        found = [clean_text(tag) for tag in tagged if _LANGUAGE.match(tag)]
    return tuple(dict.fromkeys(found))


def read_parameters(
    context: Context, subject: Subject, safetensors: Any, gguf: Any
) -> int | None:
    """Return the number of weights that the headers of the files add up to."""
    for place, value in (("safetensors", safetensors), ("gguf", gguf)):
        if value is None:
            continue
        if not isinstance(value, dict):
            _skip(context, subject, f"{place}/not_an_object", value)
            continue
        total = value.get("total")
        dtypes = value.get("parameters")
        if total is None and isinstance(dtypes, dict):
            counts = [read_count(context, subject, place, n) for n in dtypes.values()]
            total = sum(n for n in counts if n is not None)
        count = read_count(context, subject, f"{place}.total", total)
        if count:
            return count
    return None
