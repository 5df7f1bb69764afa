"""A model's record as the list route gives it: one record, its claims of lineage."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from headwater.graph.claims import Alias, Claim, Record
from headwater.ingest.parse.hub_context import (
    Context,
    Statement,
    Subject,
    add_claim,
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
    read_parameters,
    read_state,
    read_text,
)
from headwater.ingest.parse.references import References

RELATION_WORDS: Final = ("finetune", "adapter", "quantized", "merge")
# The Hub resolved these parents itself, so that a long list is one and not a mistake.
_MAX_RESOLVED: Final = 1000
_TAG: Final = "base_model:"
_DATASET_TAG: Final = "dataset:"


class ModelFields(msgspec.Struct, frozen=True):
    """The fields of a model's record that are read; each may be of any type."""

    hub_id: Any = msgspec.field(default=None, name="_id")
    id: Any = None
    model_id: Any = msgspec.field(default=None, name="modelId")
    base_models: Any = msgspec.field(default=None, name="baseModels")
    card: Any = msgspec.field(default=None, name="cardData")
    config: Any = None
    created: Any = msgspec.field(default=None, name="createdAt")
    modified: Any = msgspec.field(default=None, name="lastModified")
    disabled: Any = None
    gated: Any = None
    private: Any = None
    downloads: Any = None
    downloads_all_time: Any = msgspec.field(default=None, name="downloadsAllTime")
    likes: Any = None
    library: Any = msgspec.field(default=None, name="library_name")
    task: Any = msgspec.field(default=None, name="pipeline_tag")
    safetensors: Any = None
    gguf: Any = None
    sha: Any = None
    tags: Any = None


def parse_model(context: Context, subject: Subject, fields: ModelFields) -> None:
    """Add the record and the claims of one model to the batch."""
    card = object_field(context, subject, "cardData", fields.card)
    tags = tag_list(context, subject, fields.tags)
    resolved = _base_models(context, subject, fields.base_models)
    declared = _card_parents(context, subject, card)
    tagged = _tagged_parents(context, subject, tags)
    config = _config_parents(context, subject, fields.config)
    _datasets(context, subject, card, tags)
    bases = {item.id.lower() for found in (resolved, declared, *tagged, *config)
             for item in found.accepted}  # fmt: skip
    _successor(context, subject, card, bases)
    _legacy_name(context, subject, declared, resolved)
    scratch = _is_from_scratch(context, subject, declared, bases)
    context.batch.records.append(_record(context, subject, fields, card, tags, scratch))


def _record(
    context: Context,
    subject: Subject,
    fields: ModelFields,
    card: dict[str, Any],
    tags: list[str],
    scratch: bool | None,
) -> Record:
    created, _ = read_date(context, subject, "createdAt", fields.created)
    _, modified = read_date(context, subject, "lastModified", fields.modified)
    found: dict[str, Any] = {
        "licence": read_licence(context, subject, card, tags),
        "task": read_text(
            context, subject, "task", fields.task or card.get("pipeline_tag")
        ),
        "library": read_text(
            context, subject, "library", fields.library or card.get("library_name")
        ),
        "language": read_languages(context, subject, card, tags),
        "parameters": read_parameters(
            context, subject, fields.safetensors, fields.gguf
        ),
    }
    # Only a record that brought its card or tags can be seen to lack what is in them.
    is_full = isinstance(fields.card, dict) or isinstance(fields.tags, list)
    return Record(
        id=subject.id,
        kind="model",
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
        scratch=scratch,
        absent=tuple(name for name, value in found.items() if not value)
        if is_full
        else (),
        **found,
    )


def _base_models(context: Context, subject: Subject, value: Any) -> References:
    """Read the Hub's own resolution: ``{"relation": ..., "models": [{"id", ...}]}``."""
    if value is None:
        return References()
    relation: Any = None
    if isinstance(value, dict) and "models" in value:
        relation, value = value.get("relation"), value["models"]
    if relation not in RELATION_WORDS:
        if relation is not None:
            context.notes.add("baseModels/relation", f"{subject.id}: {relation!r:.60}")
        relation = "unspecified"
    found = read_references(
        context, subject, "baseModels", value, "model", _MAX_RESOLVED
    )
    statement = Statement("baseModels", "hub:baseModels", relation, "hub")
    add_claims(context, subject, statement, found)
    return found


def _card_parents(
    context: Context, subject: Subject, card: dict[str, Any]
) -> References:
    if "base_model" not in card:
        return References()
    relation = card.get("base_model_relation")
    if relation not in RELATION_WORDS:
        if relation is not None:
            context.notes.add("base_model_relation", f"{subject.id}: {relation!r:.60}")
        relation = "unspecified"
    found = read_references(context, subject, "base_model", card["base_model"], "model")
    statement = Statement("base_model", "hub:cardData", relation, "author")
    add_claims(context, subject, statement, found)
    return found


def _tagged_parents(
    context: Context, subject: Subject, tags: list[str]
) -> list[References]:
    """Read ``base_model:<relation>:<id>``, and ``base_model:<id>`` if alone."""
    values = [tag[len(_TAG) :] for tag in tags if tag.startswith(_TAG)]
    typed: dict[str, list[str]] = {}
    plain: list[str] = []
    for value in values:
        relation, colon, target = value.partition(":")
        if colon and relation in RELATION_WORDS:
            typed.setdefault(relation, []).append(target)
        else:
            plain.append(value)
    found: list[References] = []
    for relation, targets in typed.items():
        found.append(_claim_tags(context, subject, targets, relation))
    covered = {target for targets in typed.values() for target in targets}
    names = {item.id.lower() for group in found for item in group.accepted}
    rest = [value for value in plain if value not in covered]
    if rest:
        references = read_references(
            context, subject, "tag.base_model", rest, "model", _MAX_RESOLVED
        )
        new = tuple(i for i in references.accepted if i.id.lower() not in names)
        references = References(new, references.rejected, references.shape)
        statement = Statement("tag.base_model", "hub:tag", "unspecified", "hub")
        add_claims(context, subject, statement, references)
        found.append(references)
    return found


def _claim_tags(
    context: Context, subject: Subject, targets: list[str], relation: str
) -> References:
    found = read_references(
        context, subject, "tag.base_model", targets, "model", _MAX_RESOLVED
    )
    add_claims(
        context, subject, Statement("tag.base_model", "hub:tag", relation, "hub"), found
    )
    return found


def _config_parents(context: Context, subject: Subject, value: Any) -> list[References]:
    """Read what PEFT and Adapters write into the configuration: always adapters."""
    config = object_field(context, subject, "config", value)
    found = []
    for section, key in (
        ("peft", "base_model_name_or_path"),
        ("adapter_transformers", "model_name"),
    ):
        place = f"config.{section}"
        named = object_field(context, subject, place, config.get(section)).get(key)
        if named is not None:
            references = read_references(context, subject, place, named, "model")
            statement = Statement(place, "hub:config", "adapter", "tool")
            add_claims(context, subject, statement, references)
            found.append(references)
    return found


def _datasets(
    context: Context, subject: Subject, card: dict[str, Any], tags: list[str]
) -> None:
    if card.get("datasets") is not None:
        found = read_references(
            context, subject, "datasets", card["datasets"], "dataset"
        )
        statement = Statement(
            "datasets", "hub:cardData", "trained_on", "author", "dataset"
        )
        add_claims(context, subject, statement, found)
    tagged = [t[len(_DATASET_TAG) :] for t in tags if t.startswith(_DATASET_TAG)]
    if tagged:
        found = read_references(
            context, subject, "tag.dataset", tagged, "dataset", _MAX_RESOLVED
        )
        statement = Statement("tag.dataset", "hub:tag", "trained_on", "hub", "dataset")
        add_claims(context, subject, statement, found)


def _successor(
    context: Context, subject: Subject, card: dict[str, Any], bases: set[str]
) -> None:
    """Read ``new_version`` the other way: the new version succeeds this model."""
    value = card.get("new_version")
    if value is None:
        return
    found = read_references(context, subject, "new_version", value, "model")
    for item in found.accepted:
        if item.id.lower() in bases:
            context.notes.add("new_version/names_base", f"{subject.id}: {item.id}")
        add_claim(
            context,
            Claim(
                child=item.id,
                child_kind="model",
                parent=subject.id,
                parent_kind="model",
                relation="successor_of",
                source="hub:cardData",
                document=subject.document,
                first_seen=context.day,
                last_seen=context.day,
                revision=subject.revision,
                declared_by="author",
                raw=item.raw,
            ),
        )


def _legacy_name(
    context: Context, subject: Subject, declared: References, resolved: References
) -> None:
    """Add an alias where the card says ``gpt2`` and the Hub reads ``org/gpt2``."""
    if len(declared.accepted) != 1 or len(resolved.accepted) != 1:
        return
    typed, meant = declared.accepted[0].id, resolved.accepted[0].id
    if "/" not in typed and meant.lower().endswith("/" + typed.lower()):
        context.batch.aliases.append(
            Alias(typed, meant, "legacy", "hub:baseModels", subject.document,
                  context.day)
        )  # fmt: skip


def _is_from_scratch(
    context: Context, subject: Subject, declared: References, bases: set[str]
) -> bool | None:
    if not declared.has("from_scratch"):
        return None
    if bases:
        context.notes.add("base_model/scratch_and_parents", subject.id)
        return None
    return True
