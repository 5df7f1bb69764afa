"""Cards of a dump, read fast when they are as they should be, each different one once.

A card that has only fields of ordinary types decodes straight into a struct; any other
is left to the parser of Hub records, which knows every shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.ingest.parse.bulk_columns import DumpRows, as_mask, is_text
from headwater.ingest.parse.hub_context import Context, Subject
from headwater.ingest.parse.hub_fields import read_languages, read_licence
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
NOTHING: Final = 0
ODD: Final = -1
_MAX_LANGUAGES: Final = 1000
_NOBODY: Final = Subject("", "model", "", None)


@dataclass(frozen=True, slots=True)
class Cards:
    """The different cards of some rows.

    Attributes
    ----------
    fields : dict of str to tuple
        What each card says, field by field; an empty card stands in for one that
        cannot be read.
    is_odd : array of bool
        Which cannot, or have something odd about them; others may be marked.
    places : array of int, shape (n_rows,)
        The card of each row.
    """

    fields: dict[str, tuple[Any, ...]]
    is_odd: NDArray[np.bool_]
    places: NDArray[np.int64]


def read_cards(rows: DumpRows) -> Cards:
    """Return the cards of `rows`; a row without one has an empty one."""
    card = CARDS[rows.route]
    empty = card()
    column = rows.get("cardData")
    if column is None:
        listed, places = [empty], np.zeros(rows.n_rows, np.int64)
    elif not is_text(column):
        # Of another type, or null throughout.
        listed, places = [empty, None], as_mask(pc.is_valid(column)).astype(np.int64)
    else:
        encoded = column.dictionary_encode()
        decode = msgspec.json.Decoder(card).decode
        listed = [_decoded(decode, text) for text in encoded.dictionary.to_pylist()]
        listed.append(empty)
        last = len(listed) - 1
        places = pc.fill_null(encoded.indices, last).to_numpy().astype(np.int64)
    names = card.__struct_fields__
    values = map(attrgetter(*names), (found or empty for found in listed))
    return Cards(
        dict(zip(names, zip(*values, strict=True), strict=True)),
        np.array([found is None for found in listed]),
        places,
    )


def _decoded(decode: Callable[[str], Any], text: str) -> Any:
    try:
        return decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


class Codes(dict[Any, int]):
    """Numbers values as they come, by how they are stored.

    `read` gives that; None, and what it maps to None, is ``NOTHING``. What it maps to
    False is ``ODD``.
    """

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read
        self.words: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def __missing__(self, value: Any) -> int:
        word = None if value is None else self._read(value)
        if word is False:
            number = ODD
        elif word is None:
            number = NOTHING
        else:
            number = self._numbers.setdefault(word, len(self.words) + 1)
            if number > len(self.words):
                self.words.append(word)
        self[value] = number
        return number

    def of(self, values: Iterable[Any]) -> NDArray[np.int64]:
        """Return the numbers of `values`."""
        return np.fromiter(map(self.__getitem__, values), np.int64)


def short_texts() -> Codes:
    """Return codes of tasks or libraries."""
    return Codes(lambda text: clean_text(text) or None)


def licences(cards: Cards) -> tuple[Codes, NDArray[np.int64]]:
    """Return the licences of cards: codes of texts, and the code of each card."""
    codes = Codes(_licence)
    found = list(cards.fields["license"])
    for at, name in enumerate(cards.fields["license_name"]):
        if name is not None and found[at] is not None:
            found[at] = found[at], name
    return codes, codes.of(found)


def languages(cards: Cards) -> tuple[Codes, NDArray[np.int64]]:
    """Return the languages of cards: codes of tuples, and the code of each card."""
    codes = Codes(_languages)
    return codes, codes.of(
        tuple(value) if value.__class__ is list else value
        for value in cards.fields["language"]
    )


def _licence(value: str | tuple[str, str]) -> Any:
    licence, name = (value, None) if isinstance(value, str) else value
    return licence_text(licence, name) or False


def _languages(value: str | tuple[str, ...]) -> Any:
    if value == ():
        return None
    return len(value) <= _MAX_LANGUAGES and (language_codes(value) or False)


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
