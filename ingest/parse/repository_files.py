"""The files of a model or dataset repository that speak of its lineage -> claims.

The front matter of ``README.md`` is what the Hub serves as ``cardData``, so that it goes
through the parser of Hub records: a card means the same on disk and over the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from headwater.errors import ParseError
from headwater.ingest.parse.gguf_header import GgufError, GgufHeader
from headwater.ingest.parse.gguf_lineage import claim_gguf
from headwater.ingest.parse.hub_context import (
    Context,
    Statement,
    Subject,
    add_claims,
    read_references,
)
from headwater.ingest.parse.hub_datasets import DatasetFields, parse_dataset
from headwater.ingest.parse.hub_models import ModelFields, parse_model
from headwater.ingest.parse.references import References
from headwater.ingest.parse.text import clean_text
from headwater.ingest.parse.yaml_text import load_yaml

LOCAL: Final = "local"
"""Source of what a card or a configuration on this disk says."""

MAX_CARD_BYTES: Final = 256 * 1024
"""How much of a README is read: the front matter has to end within it."""

MAX_JSON_BYTES: Final = 4 * 1024 * 1024
MAX_MERGEKIT_BYTES: Final = 256 * 1024
_MAX_MERGED: Final = 1000
_FRONT_MATTER = re.compile(
    r"\A(?:[ \t]*\r?\n)*---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_NAMED: Final = "config._name_or_path"
_NAMED_CONFIDENCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class RepositoryFiles:
    """The heads of the files that were found; None or empty where there is none.

    Of GGUF files it is the parsed header, or the error that it is none.
    """

    readme: bytes | None = None
    config: bytes | None = None
    adapter_config: bytes | None = None
    mergekit: bytes | None = None
    gguf: tuple[tuple[str, GgufHeader | GgufError], ...] = ()


def read_front_matter(raw: bytes, document: str) -> dict[str, Any] | None:
    r"""Return the front matter of a README, None when it has none.

    Raises
    ------
    ParseError
        When it is no UTF-8, no YAML, no mapping, or breaks the limits of
        :func:`~headwater.ingest.parse.yaml_text.load_yaml`.

    Examples
    --------
    >>> read_front_matter(b"---\nbase_model: a/b\n---\n# Card", "README.md")
    {'base_model': 'a/b'}
    >>> read_front_matter(b"# Card", "README.md") is None
    True
    """
    # The cut may have gone through a letter.
    head = raw[:MAX_CARD_BYTES]
    errors = "strict" if len(raw) <= MAX_CARD_BYTES else "ignore"
    try:
        text = head.decode("utf-8-sig", errors)
    except UnicodeDecodeError as error:
        raise ParseError(document, "not UTF-8") from error
    found = _FRONT_MATTER.match(text)
    if found is None:
        return None
    value = load_yaml(found[1], document, max_bytes=MAX_CARD_BYTES)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ParseError(document, "front matter is no mapping")
    return {key: item for key, item in value.items() if isinstance(key, str)}


def parse_repository(
    context: Context, subject: Subject, files: RepositoryFiles
) -> None:
    """Add the record and the claims of one repository on disk to the batch.

    What a file says about the state of the repository on the Hub is nothing; the
    record's state stays open. All is said by the source ``local``, but for GGUF headers
    and merge recipes, which have sources of their own. ``_name_or_path`` of
    ``config.json`` is whatever the weights were last loaded from: it counts, with half
    confidence and without a relation, only if it is ``owner/name`` and nothing else
    names a parent.
    """
    card = _card(context, subject, files.readme)
    before, before_claims = len(context.batch.records), len(context.batch.claims)
    if subject.kind == "dataset":
        parse_dataset(context, subject, DatasetFields(card=card, sha=subject.revision))
    else:
        _parse_model_files(context, subject, files, card)
    context.batch.records[before:] = [
        replace(record, state=None, source=LOCAL)
        for record in context.batch.records[before:]
    ]
    # The parsers of Hub records say `hub:cardData`, but what lies here is a copy, and
    # may be one that its owner changed.
    context.batch.claims[before_claims:] = [
        replace(claim, source=LOCAL) if claim.source.startswith("hub:") else claim
        for claim in context.batch.claims[before_claims:]
    ]


def _parse_model_files(
    context: Context, subject: Subject, files: RepositoryFiles, card: Any
) -> None:
    config = _json_object(context, subject, "config.json", files.config)
    adapter = _json_object(
        context, subject, "adapter_config.json", files.adapter_config
    )
    sections = {"peft": adapter} if adapter else None
    fields = ModelFields(card=card, config=sections, sha=subject.revision)
    parse_model(context, subject, fields)
    if files.mergekit is not None:
        _claim_merge(context, subject, files.mergekit)
    for name, header in files.gguf:
        if isinstance(header, GgufHeader):
            claim_gguf(context, subject, name, header)
        else:
            context.batch.skip(f"gguf/{header}", f"{subject.id}: {clean_text(name)}")
    if config and config.get("_name_or_path") is not None:
        _claim_name_or_path(context, subject, config["_name_or_path"])


def _card(context: Context, subject: Subject, raw: bytes | None) -> Any:
    if raw is None:
        return None
    try:
        return read_front_matter(raw, "README.md")
    except ParseError as error:
        context.batch.skip(
            "README.md/bad_front_matter", f"{subject.id}: {error.problem}"
        )
        return None


def _json_object(
    context: Context, subject: Subject, name: str, raw: bytes | None
) -> dict[str, Any]:
    if raw is None:
        return {}
    if len(raw) > MAX_JSON_BYTES:
        context.batch.skip(f"{name}/too_long", subject.id)
        return {}
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        context.batch.skip(f"{name}/no_valid_json", f"{subject.id}: {error}")
        return {}
    if not isinstance(value, dict):
        context.batch.skip(f"{name}/not_an_object", subject.id)
        return {}
    return value


def _claim_name_or_path(context: Context, subject: Subject, value: Any) -> None:
    found = read_references(context, subject, _NAMED, value, "model")
    kept = []
    for item in found.accepted:
        if "/" not in item.id or item.id.startswith("off-hub/"):
            context.batch.skip(f"{_NAMED}/no_repository", f"{subject.id}: {item.raw}")
        else:
            kept.append(item)
    own = subject.id.lower()
    if any(
        claim.child.lower() == own and claim.parent_kind == "model"
        for claim in context.batch.claims
    ):
        context.notes.add(f"{_NAMED}/not_needed", subject.id, len(kept))
        return
    at = len(context.batch.claims)
    statement = Statement(_NAMED, "hub:config", "unspecified", "tool")
    add_claims(context, subject, statement, References(tuple(kept)))
    context.batch.claims[at:] = [
        replace(claim, confidence=_NAMED_CONFIDENCE)
        for claim in context.batch.claims[at:]
    ]


def _claim_merge(context: Context, subject: Subject, raw: bytes) -> None:
    """Read mergekit's recipe: every model in it went into the merge."""
    name = "mergekit_config.yml"
    try:
        text = raw.decode("utf-8-sig")
        recipe = load_yaml(text, name, max_bytes=MAX_MERGEKIT_BYTES)
    except (ParseError, UnicodeDecodeError) as error:
        problem = getattr(error, "problem", "not UTF-8")
        context.batch.skip("mergekit/no_valid_yaml", f"{subject.id}: {problem}")
        return
    models = list(_merged_models(recipe, 0))
    if not models:
        context.batch.skip("mergekit/no_models", subject.id)
        return
    found = read_references(
        context, subject, "mergekit", models, "model", max_items=_MAX_MERGED
    )
    statement = Statement("mergekit", "mergekit", "merge", "tool")
    add_claims(context, subject, statement, found)


def _merged_models(recipe: Any, depth: int) -> Iterator[Any]:
    """Yield each value of ``model``, ``base_model`` and ``source_model`` in a recipe.

    They stand at the top, under ``models``, ``experts`` or ``slices[].sources[]``; a
    value is an id, ``id+lora``, or an object with ``path`` and ``lora``.
    """
    if depth > 6:
        return
    if isinstance(recipe, list):
        for item in recipe:
            yield from _merged_models(item, depth + 1)
    elif isinstance(recipe, dict):
        for key in ("base_model", "model", "source_model"):
            yield from _model_names(recipe.get(key))
        for key in ("models", "experts", "slices", "sources"):
            yield from _merged_models(recipe.get(key), depth + 1)


def _model_names(value: Any) -> Iterator[Any]:
    if isinstance(value, str):
        yield from value.split("+")
    elif isinstance(value, dict):
        for key in ("model", "path", "lora"):
            yield from _model_names(value.get(key))
    elif value is not None:
        yield value
