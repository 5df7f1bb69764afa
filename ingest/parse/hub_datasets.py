"""A dataset's record as the list route gives it: one record, what it derives from."""

from __future__ import annotations

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
)

_TAG: Final = "source_datasets:"


class DatasetFields(msgspec.Struct, frozen=True):
    """The fields of a dataset's record that are read; each may be of any type."""

    hub_id: Any = msgspec.field(default=None, name="_id")
    id: Any = None
    model_id: Any = None
    card: Any = msgspec.field(default=None, name="cardData")
    created: Any = msgspec.field(default=None, name="createdAt")
    modified: Any = msgspec.field(default=None, name="lastModified")
    disabled: Any = None
    gated: Any = None
    private: Any = None
    downloads: Any = None
    downloads_all_time: Any = msgspec.field(default=None, name="downloadsAllTime")
    likes: Any = None
    sha: Any = None
    tags: Any = None


def parse_dataset(context: Context, subject: Subject, fields: DatasetFields) -> None:
    """Add the record and the claims of one dataset to the batch."""
    card = object_field(context, subject, "cardData", fields.card)
    tags = tag_list(context, subject, fields.tags)
    declared = card.get("source_datasets")
    if declared is not None:
        statement = Statement(
            "source_datasets", "hub:cardData", "derived_from", "author", "dataset"
        )
        _sources(context, subject, statement, declared)
    tagged = [tag[len(_TAG) :] for tag in tags if tag.startswith(_TAG)]
    if tagged:
        statement = Statement(
            "tag.source_datasets", "hub:tag", "derived_from", "hub", "dataset"
        )
        _sources(context, subject, statement, tagged)
    context.batch.records.append(_record(context, subject, fields, card, tags))


def _sources(
    context: Context, subject: Subject, statement: Statement, value: Any
) -> None:
    items = value if isinstance(value, list) else [value]
    kept: list[Any] = []
    for item in items:
        name = item.strip() if isinstance(item, str) else item
        if not isinstance(name, str):
            kept.append(name)
        elif name.lower() == "original":
            context.batch.skip(f"{statement.place}/original", subject.id)
        elif name.lower().startswith("extended"):
            # `extended|squad` is a category of an old form. Only what is written as
            # owner/name can be told from `extended|other-tweet-datasets`.
            target = name.rpartition("|")[2].strip()
            if "/" in target:
                kept.append(target)
            else:
                context.batch.skip(
                    f"{statement.place}/legacy_extended", f"{subject.id}: {name[:80]}"
                )
        else:
            kept.append(name)
    if kept:
        found = read_references(context, subject, statement.place, kept, "dataset")
        add_claims(context, subject, statement, found)


def _record(
    context: Context,
    subject: Subject,
    fields: DatasetFields,
    card: dict[str, Any],
    tags: list[str],
) -> Record:
    created, _ = read_date(context, subject, "createdAt", fields.created)
    _, modified = read_date(context, subject, "lastModified", fields.modified)
    licence = read_licence(context, subject, card, tags)
    language = read_languages(context, subject, card, tags)
    is_full = isinstance(fields.card, dict) or isinstance(fields.tags, list)
    lacking = (("licence", licence), ("language", language)) if is_full else ()
    return Record(
        id=subject.id,
        kind="dataset",
        source="hub",
        document=subject.document,
        seen=context.day,
        hub_id=read_hub_id(context, subject, fields.hub_id),
        state=read_state(context, subject, fields.gated, fields.disabled),
        created=created,
        modified=modified,
        downloads=read_count(context, subject, "downloads", fields.downloads),
        downloads_all_time=read_count(
            context, subject, "downloadsAllTime", fields.downloads_all_time
        ),
        likes=read_count(context, subject, "likes", fields.likes),
        licence=licence,
        language=language,
        absent=tuple(name for name, value in lacking if not value),
    )
