"""Cards of a dump, read fast when they are as they should be, each different one once.

A card that has only fields of ordinary types decodes straight into a struct; any other
is left to the parser of Hub records, which knows every shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
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
    listed : list of Card
        An empty card stands in for one that cannot be read.
    is_odd : array of bool
        Which cannot, or have something odd about them; others may be marked.
    places : array of int, shape (n_rows,)
        The card of each row.
    """

    listed: list[Any]
    is_odd: NDArray[np.bool_]
    places: NDArray[np.int64]


def read_cards(rows: DumpRows) -> Cards:
    """Return the cards of `rows`; a row without one has an empty one."""
    empty = CARDS[rows.route]()
    column = rows.get("cardData")
    if column is None:
        return Cards([empty], np.zeros(1, np.bool_), np.zeros(rows.n_rows, np.int64))
    if not is_text(column):
        # Of another type, or null throughout.
        places = as_mask(pc.is_valid(column)).astype(np.int64)
        return Cards([empty, empty], np.array([False, True]), places)
    encoded = column.dictionary_encode()
    decode = msgspec.json.Decoder(CARDS[rows.route]).decode
    listed = [_decoded(decode, text) for text in encoded.dictionary.to_pylist()]
    is_odd = np.array([*(card is None for card in listed), False])
    places = pc.fill_null(encoded.indices, len(listed)).to_numpy().astype(np.int64)
    return Cards([*(card or empty for card in listed), empty], is_odd, places)


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
        return np.array([self[value] for value in values], np.int64)


def short_texts() -> Codes:
    """Return codes of tasks or libraries."""
    return Codes(lambda text: clean_text(text) or None)


def licences(cards: Cards) -> tuple[Codes, NDArray[np.int64]]:
    """Return the licences of cards: codes of texts, and the code of each card."""
    codes = Codes(_licence)
    return codes, codes.of(
        card.license
        if card.license_name is None or card.license is None
        else (card.license, card.license_name)
        for card in cards.listed
    )


def languages(cards: Cards) -> tuple[Codes, NDArray[np.int64]]:
    """Return the languages of cards: codes of tuples, and the code of each card."""
    codes = Codes(_languages)
    return codes, codes.of(
        tuple(card.language) if card.language.__class__ is list else card.language
        for card in cards.listed
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
