"""Ordinary rows of a bulk dump -> claims and fields, fast.

Nine of ten records of the Hub have nothing odd about them. These are read here, with the
whole columns at a time and each different card, tag and name once; every other row is
handed back, for the parser of Hub records to read. Both give the same records and
claims: a test turns dumps full of dirt over both ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.ingest.parse.bulk_cards import (
    NOTHING,
    ODD,
    Cards,
    languages,
    licences,
    read_cards,
    short_texts,
)
from headwater.ingest.parse.bulk_claims import ReadClaims, read_claims
from headwater.ingest.parse.bulk_columns import (
    DumpRows,
    as_mask,
    decode_json,
    is_text,
    text_matches,
)
from headwater.ingest.parse.bulk_references import (
    DERIVED_FROM,
    FROM_CARD,
    FROM_CONFIG,
    RELATION_CODE,
    SUCCESSOR_OF,
    TRAINED_ON,
    UNSPECIFIED,
    NameClaims,
    Rows,
    joined,
    name_claims,
    read_base_models,
    read_tags,
)
from headwater.ingest.parse.bulk_sound import sound_rows
from headwater.ingest.parse.hub_context import Context

_UNREAD: Final = -2
_NAMING: Final = ("base_model", "base_model_relation", "datasets", "new_version")
_NO_CLAIMS: Final = ReadClaims(
    *(np.empty(0, np.int64) for _ in range(3)), *[pa.nulls(0, pa.string())] * 2
)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few different values: `codes` count from one, zero is none."""

    codes: NDArray[np.int64]
    words: list[Any]


@dataclass(frozen=True, slots=True)
class OrdinaryRows:
    """What the ordinary rows of a batch say.

    Attributes
    ----------
    is_ordinary : array of bool, shape (n_rows,)
        Which rows they are; the others are to be read one by one.
    claims : ReadClaims
        Their claims.
    fields : dict of str to Coded
        ``licence``, ``language``, ``task`` and ``library`` of all rows; what stands at
        a row that is not ordinary means nothing.
    """

    is_ordinary: NDArray[np.bool_]
    claims: ReadClaims
    fields: dict[str, Coded]


def read_ordinary(
    rows: DumpRows, ids: Any, documents: Any, context: Context
) -> OrdinaryRows:
    """Read every ordinary row of `rows`; of Spaces, which are fewer, none is.

    Parameters
    ----------
    rows : DumpRows
        The rows.
    ids, documents : pyarrow.Array, length n_rows
        Their node ids and addresses, where they have sound ones.
    context : Context
        Told of what is left out of ordinary rows, of oddities and legacy names.
    """
    odd = ~sound_rows(rows)
    if rows.route == "spaces" or odd.all():
        return OrdinaryRows(np.zeros(rows.n_rows, np.bool_), _NO_CLAIMS, {})
    tags = read_tags(rows, odd)
    base_models = read_base_models(rows, odd)
    configured = _read_configs(rows, odd)
    cards = read_cards(rows)
    stated = _stated(rows.route, cards)
    fields = {}
    for name, (codes, numbers), tagged in (
        ("licence", licences(cards), tags.has_licence),
        ("language", languages(cards), tags.has_language),
    ):
        of_row = numbers[cards.places]
        # A tag speaks for a card that is silent.
        odd |= (of_row == ODD) | ((of_row == NOTHING) & tagged)
        fields[name] = Coded(of_row, codes.words)
    if rows.route == "models":
        fields["task"] = _texts(rows, "pipeline_tag", cards)
        fields["library"] = _texts(rows, "library_name", cards)
    odd |= cards.is_odd[cards.places]
    named = joined([*base_models, _of_rows(stated, cards), configured, *tags.claims])
    claims = read_claims(rows, ids, documents, named, odd, context)
    return OrdinaryRows(~odd, claims, fields)


def _texts(rows: DumpRows, name: str, cards: Cards) -> Coded:
    """Return a column of short texts; where it says nothing, what the cards say."""
    codes = short_texts()
    of_card = codes.of(cards.fields[name])
    column = rows.get(name)
    if not is_text(column):
        return Coded(of_card[cards.places], codes.words)
    encoded = column.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    numbers = np.array(
        [*(codes[word] if word else _UNREAD for word in words), _UNREAD], np.int64
    )
    own = numbers[pc.fill_null(encoded.indices, len(words)).to_numpy()]
    found = np.where(own == _UNREAD, of_card[cards.places], own)
    return Coded(found, codes.words)


def _stated(route: str, cards: Cards) -> NameClaims:
    """Return what cards claim, cards in place of rows; mark what is odd about them."""
    at: list[int] = []
    names: list[str] = []
    codes: list[int] = []

    def claim(place: int, named: str | list[str], code: int) -> None:
        if named.__class__ is str:
            at.append(place)
            names.append(named)
            codes.append(code)
        else:
            at.extend([place] * len(named))
            names.extend(named)
            codes.extend([code] * len(named))

    fields = cards.fields
    for place, value in enumerate(fields["languages"]):
        if value is not None:
            cards.is_odd[place] = True
    if route == "datasets":
        for place, value in enumerate(fields["source_datasets"]):
            if value is not None:
                claim(place, value, FROM_CARD + DERIVED_FROM)
        return name_claims(at, names, codes)
    for place, (base, relation, data, newer) in enumerate(
        zip(*(fields[name] for name in _NAMING), strict=True)
    ):
        if base is not msgspec.UNSET:
            code = UNSPECIFIED if relation is None else RELATION_CODE.get(relation)
            if code is None:
                cards.is_odd[place] = True
                continue
            claim(place, base, FROM_CARD + code)
        if data is not None:
            claim(place, data, FROM_CARD + TRAINED_ON)
        if newer is not None:
            if isinstance(newer, str):
                claim(place, newer, FROM_CARD + SUCCESSOR_OF)
            else:
                cards.is_odd[place] = True
    return name_claims(at, names, codes)


def _of_rows(stated: NameClaims, cards: Cards) -> NameClaims:
    """Return the claims of cards as claims of the rows that have these cards."""
    count = np.bincount(stated.rows, minlength=len(cards.is_odd))
    first = np.cumsum(count) - count
    of_row = count[cards.places]
    rows = np.repeat(np.arange(len(of_row)), of_row)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(of_row) - of_row, of_row)
    at: Rows = np.repeat(first[cards.places], of_row) + within
    return NameClaims(rows, stated.names.take(pa.array(at)), stated.codes[at])


def _read_configs(rows: DumpRows, odd: NDArray[np.bool_]) -> NameClaims:
    """Read what PEFT wrote into configurations; what Adapters wrote is odd."""
    at: list[int] = []
    names: list[str] = []
    for row, value in _configured(rows).items():
        if not isinstance(value, dict) or value.get("adapter_transformers"):
            odd[row] = True
            continue
        peft = value.get("peft")
        if peft is None:
            continue
        name = peft.get("base_model_name_or_path") if isinstance(peft, dict) else 0
        if isinstance(name, str):
            at.append(row)
            names.append(name)
        else:
            odd[row] = True
    return name_claims(at, names, FROM_CONFIG + RELATION_CODE["adapter"])


def _configured(rows: DumpRows) -> dict[int, Any]:
    """Return the configuration of the rows where it may name a parent."""
    column = rows.get("config")
    if rows.route != "models" or column is None:
        return {}
    if is_text(column):
        named = text_matches(column, '"peft"|"adapter_transformers"')
        odd = ~text_matches(column, r"^\s*\{") & as_mask(pc.is_valid(column))
        at = np.flatnonzero(named | odd)
        values = map(decode_json, column.take(pa.array(at)).to_pylist())
        return dict(zip(at.tolist(), values, strict=True))
    mask = as_mask(pc.is_valid(column))
    if pa.types.is_struct(column.type):
        parts = [
            as_mask(pc.is_valid(pc.struct_field(column, name)))
            for name in ("peft", "adapter_transformers")
            if column.type.get_field_index(name) >= 0
        ]
        mask = np.logical_or.reduce([np.zeros_like(mask), *parts])
    at = np.flatnonzero(mask)
    values = column.take(pa.array(at)).to_pylist()
    return dict(zip(at.tolist(), values, strict=True))
