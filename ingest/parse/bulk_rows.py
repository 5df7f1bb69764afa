"""Ordinary rows of a bulk dump -> claims and fields, fast.

Nine of ten records of the Hub have nothing odd about them. These are read here, with the
whole columns at a time where that is possible; every other row is handed back, for the
parser of Hub records to read. Both give the same records and claims: a test turns
dumps full of dirt over both ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.ingest.parse.bulk_cards import (
    language_codes,
    licence_text,
    read_cards,
    short_text,
)
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
    checked,
    joined,
    name_claims,
    read_base_models,
    read_tags,
    successors_that_are_bases,
)
from headwater.ingest.parse.bulk_sound import sound_rows
from headwater.ingest.parse.hub_context import Notes

_MAX_LANGUAGES: Final = 1000


@dataclass(slots=True)
class OrdinaryRows:
    """What the ordinary rows of a batch say.

    Attributes
    ----------
    is_ordinary : array of bool, shape (n_rows,)
        Which rows they are; the others are to be read one by one.
    claims : NameClaims
        Their claims.
    licences, tasks, libraries : list of str or None
        Of all rows; what stands at a row that is not ordinary means nothing.
    languages : list of int
        Of all rows: places in `language_sets`.
    language_sets : dict
        Different sets of languages and their places.
    notes : Notes
        Oddities of ordinary rows.
    """

    is_ordinary: NDArray[np.bool_]
    claims: NameClaims
    licences: list[str | None]
    tasks: list[str | None]
    libraries: list[str | None]
    languages: list[int]
    language_sets: dict[tuple[str, ...], int] = field(default_factory=lambda: {(): 0})
    notes: Notes = field(default_factory=Notes)


def read_ordinary(rows: DumpRows) -> OrdinaryRows:
    """Read every ordinary row of `rows`; of Spaces, which are fewer, none is."""
    n = rows.n_rows
    found = OrdinaryRows(
        sound_rows(rows), joined([]), [None] * n, [None] * n, [None] * n, [0] * n
    )
    if rows.route == "spaces":
        found.is_ordinary[:] = False
    if found.is_ordinary.any():
        _RowReader(rows, found).read()
    return found


class _RowReader:
    """Goes over the rows whose plain columns are sound, and reads the rest of them."""

    def __init__(self, rows: DumpRows, found: OrdinaryRows) -> None:
        self.rows, self.found = rows, found
        self.is_model = rows.route == "models"
        self.odd = ~found.is_ordinary
        self.tags = read_tags(rows, self.odd)
        self.at: list[int] = []
        self.names: list[str] = []
        self.codes: list[int] = []

    def read(self) -> None:
        """Read all rows; those with something odd are marked and make no claims."""
        base_models = read_base_models(self.rows, self.odd)
        self._read_configs()
        self._read_all_cards()
        stated = name_claims(self.at, self.names, self.codes)
        claims = joined([*base_models, stated, *self.tags.claims])
        self.found.claims = checked(self.rows, claims, self.odd)
        self.found.is_ordinary = ~self.odd
        for example in successors_that_are_bases(self.rows, self.found.claims):
            self.found.notes.add("new_version/names_base", example)

    def _claim(self, row: int, names: Any, code: int) -> None:
        if isinstance(names, str):
            names = (names,)
        for name in names:
            self.at.append(row)
            self.names.append(name)
            self.codes.append(code)

    def _read_all_cards(self) -> None:
        odd = self.odd.tolist()
        libraries, tasks = (
            self._texts(name) for name in ("library_name", "pipeline_tag")
        )
        state = self._state_model if self.is_model else self._state_dataset
        for row, card in enumerate(self._cards()):
            if odd[row]:
                continue
            if card is None or not self._read_fields(row, card):
                odd[row] = True
                continue
            if self.is_model:
                text = libraries[row] or card.library_name
                self.found.libraries[row] = short_text(text) if text else None
                text = tasks[row] or card.pipeline_tag
                self.found.tasks[row] = short_text(text) if text else None
            odd[row] = not state(row, card)
        self.odd[:] = odd

    def _cards(self) -> Iterable[Any]:
        column = self.rows.get("cardData")
        if column is None:
            column = pa.nulls(self.rows.n_rows, pa.string())
        if is_text(column):
            return read_cards(self.rows.route, column)
        empty = next(iter(read_cards(self.rows.route, pa.nulls(1, pa.string()))))
        return (empty if value is None else None for value in column.to_pylist())

    def _texts(self, name: str) -> list[Any]:
        column = self.rows.get(name)
        return [None] * self.rows.n_rows if column is None else column.to_pylist()

    def _read_configs(self) -> None:
        """Read what PEFT wrote into configurations; what Adapters wrote is odd."""
        for row, value in self._configured().items():
            if not isinstance(value, dict) or value.get("adapter_transformers"):
                self.odd[row] = True
                continue
            peft = value.get("peft")
            if peft is None:
                continue
            name = peft.get("base_model_name_or_path") if isinstance(peft, dict) else 0
            if isinstance(name, str):
                self._claim(row, name, FROM_CONFIG + RELATION_CODE["adapter"])
            else:
                self.odd[row] = True

    def _configured(self) -> dict[int, Any]:
        """Return the configuration of the rows where it may name a parent."""
        column = self.rows.get("config")
        if not self.is_model or column is None:
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

    def _state_model(self, row: int, card: Any) -> bool:
        """Note what a card claims; False if a relation or new version is odd."""
        base = card.base_model
        if base is not msgspec.UNSET:
            relation = card.base_model_relation
            code = UNSPECIFIED if relation is None else RELATION_CODE.get(relation)
            if code is None:
                return False
            self._claim(row, base, FROM_CARD + code)
        if card.datasets is not None:
            self._claim(row, card.datasets, FROM_CARD + TRAINED_ON)
        if card.new_version is not None:
            if not isinstance(card.new_version, str):
                return False
            self._claim(row, card.new_version, FROM_CARD + SUCCESSOR_OF)
        return True

    def _state_dataset(self, row: int, card: Any) -> bool:
        if card.source_datasets is not None:
            self._claim(row, card.source_datasets, FROM_CARD + DERIVED_FROM)
        return True

    def _read_fields(self, row: int, card: Any) -> bool:
        """Read licence and languages; False if anything is odd."""
        found = self.found
        if card.license is not None:
            licence = licence_text(card.license, card.license_name)
            if licence is None:
                return False
            found.licences[row] = licence
        elif row in self.tags.has_licence:
            return False
        value = card.language
        if card.languages is not None:
            return False
        if value is None:
            return row not in self.tags.has_language
        if len(value) > _MAX_LANGUAGES:
            return False
        codes = language_codes(value if isinstance(value, str) else tuple(value))
        if codes is None:
            return False
        sets = found.language_sets
        found.languages[row] = sets.setdefault(codes, len(sets))
        return True
