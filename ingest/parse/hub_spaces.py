"""A Space's record as the list route gives it: one application, what it uses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec

from headwater.graph.claims import Record
from headwater.ingest.parse.hub_context import (
    Context,
    Statement,
    Subject,
    add_claims,
    object_field,
    read_references,
    tag_list,
)
from headwater.ingest.parse.hub_fields import (
    read_count,
    read_date,
    read_hub_id,
    read_languages,
    read_licence,
    read_state,
    read_text,
)

_GUESSED: Final = 0.8
"""Confidence in what the Hub reads out of a Space's code: a name in a menu, in a
comment or in dead code counts there like one that is loaded."""

_MAX_USED: Final = 1000
_FIELDS: Final = (("models", "model"), ("datasets", "dataset"))


class SpaceFields(msgspec.Struct, frozen=True):
    """The fields of a Space's record that are read; each may be of any type."""

    hub_id: Any = msgspec.field(default=None, name="_id")
    id: Any = None
    model_id: Any = None
    card: Any = msgspec.field(default=None, name="cardData")
    created: Any = msgspec.field(default=None, name="createdAt")
    modified: Any = msgspec.field(default=None, name="lastModified")
    datasets: Any = None
    disabled: Any = None
    likes: Any = None
    models: Any = None
    private: Any = None
    sdk: Any = None
    sha: Any = None
    tags: Any = None


def parse_space(context: Context, subject: Subject, fields: SpaceFields) -> None:
    """Add the record and the claims of one Space to the batch."""
    card = object_field(context, subject, "cardData", fields.card)
    tags = tag_list(context, subject, fields.tags)
    for name, kind in _FIELDS:
        declared = _declared(context, subject, name, kind, card.get(name))
        _found(context, subject, name, kind, getattr(fields, name), declared)
    context.batch.records.append(_record(context, subject, fields, card, tags))


def _declared(
    context: Context, subject: Subject, name: str, kind: str, value: Any
) -> set[str]:
    """Claim what the card names; return its ids in lower case."""
    if value is None:
        return set()
    found = read_references(context, subject, name, value, kind)
    statement = Statement(name, "hub:cardData", "uses", "author", kind)
    add_claims(context, subject, statement, found)
    return {item.id.lower() for item in found.accepted}


def _found(
    context: Context,
    subject: Subject,
    name: str,
    kind: str,
    value: Any,
    declared: set[str],
) -> None:
    """Claim what the Hub names: the card's word again, or its own guess."""
    if not value:
        return
    place = f"record.{name}"
    found = read_references(context, subject, place, value, kind, _MAX_USED)
    for is_guess in (False, True):
        part = tuple(
            item for item in found.accepted if (item.id.lower() in declared) != is_guess
        )
        confidence = _GUESSED if is_guess else 1.0
        statement = Statement(place, "hub:space", "uses", "hub", kind, confidence)
        add_claims(context, subject, statement, replace(found, accepted=part))


def _origin(context: Context, subject: Subject, card: dict[str, Any]) -> str | None:
    """Return a note on the Space that this one was copied from.

    A copy of an application is no lineage: it says nothing of what the copy runs now.
    """
    value = card.get("duplicated_from")
    if value is None:
        return None
    found = read_references(context, subject, "duplicated_from", value, "application")
    if not found.accepted:
        return None
    origin = found.accepted[0].id
    context.notes.add("space/duplicated", f"{subject.id}: {origin}")
    return f"duplicated from {origin}"


def _record(
    context: Context,
    subject: Subject,
    fields: SpaceFields,
    card: dict[str, Any],
    tags: list[str],
) -> Record:
    created, _ = read_date(context, subject, "createdAt", fields.created)
    _, modified = read_date(context, subject, "lastModified", fields.modified)
    licence = read_licence(context, subject, card, tags)
    is_full = isinstance(fields.card, dict) or isinstance(fields.tags, list)
    return Record(
        id=subject.id,
        kind="application",
        source="hub",
        document=subject.document,
        seen=context.day,
        hub_id=read_hub_id(context, subject, fields.hub_id),
        state=read_state(context, subject, None, fields.disabled),
        created=created,
        modified=modified,
        likes=read_count(context, subject, "likes", fields.likes),
        library=read_text(context, subject, "sdk", fields.sdk or card.get("sdk")),
        licence=licence,
        language=read_languages(context, subject, card, tags),
        note=_origin(context, subject, card),
        absent=("licence",) if is_full and not licence else (),
    )
