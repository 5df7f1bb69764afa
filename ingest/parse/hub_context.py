"""What the parsers of Hub records share: where results go, and how fields are read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from headwater.graph.claims import Claim, ClaimBatch, claim_problem
from headwater.ingest.parse.references import References, normalise
from headwater.ingest.parse.text import clean_text

MAX_EXAMPLES: Final = 5
_Fields = TypeVar("_Fields", bound=msgspec.Struct)


@dataclass(slots=True)
class Notes:
    """Oddities that cost nothing, counted by kind with a few examples."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, example: str, count: int = 1) -> None:
        """Count one oddity."""
        self.counts[kind] += count
        kept = self.examples.setdefault(kind, [])
        if len(kept) < MAX_EXAMPLES:
            kept.append(example[:200])


@dataclass(slots=True)
class Context:
    """Where the records of one page come from and where their claims go."""

    endpoint: str
    day: str
    batch: ClaimBatch = field(default_factory=ClaimBatch)
    notes: Notes = field(default_factory=Notes)


@dataclass(frozen=True, slots=True)
class Subject:
    """The repository whose record is being read."""

    id: str
    kind: str
    document: str
    revision: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One field of one record: where it stands and what it claims."""

    place: str
    source: str
    relation: str
    declared_by: str
    parent_kind: str = "model"
    confidence: float = 1.0


def decode_fields(raw: bytes, fields: type[_Fields]) -> _Fields:
    """Return the record `raw` as `fields`, every field of any type.

    Raises
    ------
    ValueError
        When `raw` is no object, or cannot be decoded at all.
    """
    try:
        return msgspec.json.decode(raw, type=fields)
    except msgspec.ValidationError as error:
        if raw.lstrip()[:1] != b"{":
            raise ValueError("not_an_object") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    # Half a surrogate pair or a number out of range is legal JSON to some writers:
    # the standard library reads what the fast decoder refuses.
    try:
        return msgspec.convert(json.loads(raw), fields)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise ValueError("undecodable") from error


def read_references(
    context: Context,
    subject: Subject,
    place: str,
    value: object,
    kind: str,
    max_items: int | None = None,
) -> References:
    """Return what a field names; count what it lost and what was odd about it."""
    found = (
        normalise(value, kind, subject.id)
        if max_items is None
        else normalise(value, kind, subject.id, max_items=max_items)
    )
    for item in found.rejected:
        context.batch.skip(f"{place}/{item.reason}", f"{subject.id}: {item.raw}")
        context.batch.skipped[f"{place}/{item.reason}"] += item.count - 1
    # In `baseModels` a list of objects is how it should be.
    if found.shape not in ("text", "list", "null") and place != "baseModels":
        context.notes.add(f"{place}/{found.shape}", subject.id)
    for reference in found.accepted:
        for note in reference.notes:
            context.notes.add(f"{place}/{note}", f"{subject.id}: {reference.raw}")
        if reference.count > 1:
            context.notes.add(
                f"{place}/repeated", f"{subject.id}: {reference.id} x{reference.count}"
            )
    return found


def add_claims(
    context: Context, subject: Subject, statement: Statement, found: References
) -> None:
    """Add one claim for each artefact that a field names."""
    for reference in found.accepted:
        note = f"revision {reference.revision}" if reference.revision else None
        add_claim(
            context,
            Claim(
                child=subject.id,
                child_kind=subject.kind,
                parent=reference.id,
                parent_kind=statement.parent_kind,
                relation=statement.relation,
                source=statement.source,
                document=subject.document,
                first_seen=context.day,
                last_seen=context.day,
                revision=subject.revision,
                declared_by=statement.declared_by,
                confidence=statement.confidence,
                raw=reference.raw,
                note=note and clean_text(note),
            ),
        )


def add_claim(context: Context, claim: Claim) -> None:
    """Add a claim unless the schema refuses it, which is counted."""
    problem = claim_problem(claim)
    if problem is None:
        context.batch.claims.append(claim)
    else:
        context.batch.skip(f"claim/{problem}", f"{claim.child} -> {claim.parent}")


def object_field(
    context: Context, subject: Subject, place: str, value: Any
) -> dict[str, Any]:
    """Return a field that should be an object; what is not is counted and empty."""
    if isinstance(value, dict):
        return value
    if value is not None:
        context.batch.skip(f"{place}/not_an_object", f"{subject.id}: {value!r:.80}")
    return {}


def tag_list(context: Context, subject: Subject, value: Any) -> list[str]:
    """Return the tags that are text; others are counted."""
    if value is None:
        return []
    if not isinstance(value, list):
        context.batch.skip("tags/not_a_list", f"{subject.id}: {value!r:.80}")
        return []
    tags = [tag for tag in value if isinstance(tag, str)]
    if len(tags) != len(value):
        context.batch.skip("tags/not_text", subject.id)
    return tags
