"""Cards of a dump, read fast when they are as they should be.

A card that has only fields of ordinary types decodes straight into a struct; any other
is left to the parser of Hub records, which knows every shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from headwater.graph.ids import artefact_id
from headwater.ingest.parse.hub_context import Context, Subject
from headwater.ingest.parse.hub_fields import read_languages, read_licence
from headwater.ingest.parse.reference_text import MAX_INPUT, read_reference
from headwater.ingest.parse.text import clean_text

_TextList = str | list[str] | msgspec.UnsetType


class ModelCard(msgspec.Struct, gc=False):
    """What a model's card may say in the ordinary way."""

    base_model: _TextList = msgspec.UNSET
    base_model_relation: str | None = None
    datasets: str | list[str] | None = None
    language: str | list[str] | None = None
    languages: Any = None
    library_name: str | None = None
    license: str | None = None
    license_name: str | None = None
    new_version: Any = None
    pipeline_tag: str | None = None


class DatasetCard(msgspec.Struct, gc=False):
    """What a dataset's card may say in the ordinary way."""

    language: str | list[str] | None = None
    languages: Any = None
    license: str | None = None
    license_name: str | None = None
    source_datasets: str | list[str] | None = None


CARDS: Final = {"models": ModelCard, "datasets": DatasetCard}
Card = ModelCard | DatasetCard
_NOBODY: Final = Subject("", "model", "", None)


def read_cards(route: str, column: Any) -> Iterator[Card | None]:
    """Yield the card of each row of a text column; None for what is out of the way.

    A row without a card has an empty one.
    """
    decode = msgspec.json.Decoder(CARDS[route]).decode
    empty = CARDS[route]()
    for text in column.to_pylist():
        if text is None:
            yield empty
            continue
        try:
            yield decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            yield None


@lru_cache(maxsize=1 << 18)
def plain_node(text: str, kind: str) -> tuple[str, str] | None:
    """Return node id and look-up key that `text` spells out, None if it is odd."""
    if len(text) > MAX_INPUT:
        return None
    found = read_reference(text, kind)
    if isinstance(found, str) or len(found) != 1:
        return None
    target = found[0]
    if target.notes or target.revision or target.id != artefact_id(kind, text):
        return None
    return target.id, target.id.lower()


@lru_cache(maxsize=1 << 14)
def short_text(text: str) -> str | None:
    """Return a licence, task or library as it is stored."""
    return clean_text(text) or None


@lru_cache(maxsize=1 << 14)
def licence_text(licence: str, name: str | None) -> str | None:
    """Return a licence as it is stored, None when there is something odd about it."""
    context, card = _scratch(), {"license": licence, "license_name": name}
    found = read_licence(context, _NOBODY, card, [])
    return found if _is_clean(context) else None


@lru_cache(maxsize=1 << 14)
def language_codes(value: str | tuple[str, ...]) -> tuple[str, ...] | None:
    """Return languages as they are stored, None when there is something odd."""
    context = _scratch()
    listed = [value] if isinstance(value, str) else list(value)
    found = read_languages(context, _NOBODY, {"language": listed}, [])
    return found if found and _is_clean(context) else None


def _scratch() -> Context:
    return Context("", "")


def _is_clean(context: Context) -> bool:
    return not context.batch.skipped and not context.notes.counts
