"""What the rows of a dump name, whole columns at a time: tags and ``baseModels``.

A claim is a row, the name as typed, and a code that says where it stands and what it
claims: ``place + relation``, of the constants below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.ingest.parse.bulk_columns import (
    DumpRows,
    as_mask,
    is_text_list,
)
from headwater.ingest.parse.hub_models import RELATION_WORDS

UNSPECIFIED: Final = len(RELATION_WORDS)
RELATION_CODE: Final = {word: at for at, word in enumerate(RELATION_WORDS)}
TRAINED_ON: Final = 5
DERIVED_FROM: Final = 6
SUCCESSOR_OF: Final = 7
WIDTH: Final = 8
FROM_BASE_MODELS, FROM_CARD, FROM_TAG, FROM_CONFIG = (WIDTH * at for at in range(4))
N_CODES: Final = 4 * WIDTH
_BASE_TAG: Final = "base_model:"
_DATA_TAGS: Final = {
    "models": ("dataset:", FROM_TAG + TRAINED_ON),
    "datasets": ("source_datasets:", FROM_TAG + DERIVED_FROM),
}
_NO_ROWS: Final = np.empty(0, np.int64)

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NameClaims:
    """Claims as columns: row, name as typed (Arrow strings), code."""

    rows: Rows
    names: Any
    codes: Rows

    def filter(self, keep: Mask) -> NameClaims:
        """Return the claims where `keep` is true."""
        if keep.all():
            return self
        names = self.names.filter(pa.array(keep))
        return NameClaims(self.rows[keep], names, self.codes[keep])


def name_claims(rows: Any, names: Any, codes: Any) -> NameClaims:
    """Return columns or lists as claims; one code may stand for all."""
    at = np.asarray(rows, np.int64)
    code = np.broadcast_to(np.asarray(codes, np.int64), at.shape)
    text = names if isinstance(names, pa.Array) else pa.array(names, pa.string())
    return NameClaims(at, text, code)


def joined(parts: list[NameClaims]) -> NameClaims:
    """Return several sets of claims as one."""
    return NameClaims(
        np.concatenate([_NO_ROWS, *(part.rows for part in parts)]),
        pa.concat_arrays([pa.nulls(0, pa.string()), *(part.names for part in parts)]),
        np.concatenate([_NO_ROWS, *(part.codes for part in parts)]),
    )


@dataclass(frozen=True, slots=True)
class TagClaims:
    """What tags claim, and which rows have tags that stand in for a card's fields."""

    claims: list[NameClaims]
    has_licence: Mask
    has_language: Mask


def read_tags(rows: DumpRows, odd: Mask) -> TagClaims:
    """Read the tags of all rows; rows whose tags are out of the way become odd.

    Of base models a plain tag counts only where none is typed; one that repeats a
    typed one is how the Hub writes it.
    """
    column = rows.get("tags")
    nowhere = np.zeros(rows.n_rows, np.bool_)
    if column is None or pa.types.is_null(column.type):
        return TagClaims([], nowhere, nowhere)
    if not is_text_list(column):
        odd |= as_mask(pc.is_valid(column))
        return TagClaims([], nowhere, nowhere)
    owners = pc.list_parent_indices(column).to_numpy().astype(np.int64)
    flat = pc.list_flatten(column)
    if flat.null_count:
        odd[owners[as_mask(pc.is_null(flat))]] = True

    def found(prefix: str) -> Rows:
        return np.flatnonzero(as_mask(pc.starts_with(flat, prefix)))

    def tagged(prefix: str) -> tuple[Rows, Any]:
        at = found(prefix)
        names = pc.utf8_slice_codeunits(flat.take(pa.array(at)), len(prefix))
        return owners[at], names

    prefix, code = _DATA_TAGS[rows.route]
    claims = [name_claims(*tagged(prefix), code)]
    if rows.route == "models":
        claims += _base_tags(*tagged(_BASE_TAG), odd)
    flags = []
    for name in ("license:", "language:"):
        has = nowhere.copy()
        has[owners[found(name)]] = True
        flags.append(has)
    return TagClaims(claims, *flags)


def _base_tags(owners: Rows, values: Any, odd: Mask) -> list[NameClaims]:
    is_plain = np.ones(len(owners), np.bool_)
    typed = []
    for word, code in RELATION_CODE.items():
        mask = as_mask(pc.starts_with(values, f"{word}:"))
        names = pc.utf8_slice_codeunits(values.filter(pa.array(mask)), len(word) + 1)
        typed.append(name_claims(owners[mask], names, FROM_TAG + code))
        is_plain &= ~mask
    plain = name_claims(
        owners[is_plain], values.filter(pa.array(is_plain)), FROM_TAG + UNSPECIFIED
    )
    both = joined([*typed, plain])
    encoded = both.names.dictionary_encode()
    word = pc.fill_null(encoded.indices, 0).to_numpy().astype(np.int64)
    n_typed = len(both.rows) - len(plain.rows)
    last = np.full(len(odd), -1, np.int64)
    last[both.rows[:n_typed]] = word[:n_typed]
    beside = last[plain.rows] >= 0
    # Mostly a row has one of each; where it has more, they are looked up.
    other = beside & (last[plain.rows] != word[n_typed:])
    if other.any():
        key = both.rows * (len(encoded.dictionary) + 1) + word
        at = np.flatnonzero(other)
        covered = np.isin(key[n_typed:][at], key[:n_typed])
        odd[plain.rows[at[~covered]]] = True
    return [*typed, plain.filter(~beside)]


def read_base_models(rows: DumpRows, odd: Mask) -> list[NameClaims]:
    """Read what the Hub resolved; rows where it has another form become odd."""
    column = rows.get("baseModels") if rows.route == "models" else None
    if column is None or pa.types.is_null(column.type):
        return []
    if not _is_resolution(column.type):
        odd |= as_mask(pc.is_valid(column))
        return []
    relation = pc.struct_field(column, "relation")
    models = pc.struct_field(column, "models")
    words = pa.array([*RELATION_WORDS, None], pa.string())
    code = pc.fill_null(pc.index_in(relation, words), -1).to_numpy().astype(np.int64)
    has_models = as_mask(pc.is_valid(models))
    odd |= (code < 0) | (as_mask(pc.is_valid(relation)) & ~has_models)
    owners = pc.list_parent_indices(models).to_numpy().astype(np.int64)
    names = pc.struct_field(pc.list_flatten(models), "id")
    odd[owners[as_mask(pc.is_null(names))]] = True
    return [name_claims(owners, names, FROM_BASE_MODELS + np.maximum(code, 0)[owners])]


def _is_resolution(kind: Any) -> bool:
    """Whether a type is ``struct<relation: string, models: list<struct<id, ...>>>``."""
    if not pa.types.is_struct(kind):
        return False
    types = {kind.field(at).name: kind.field(at).type for at in range(kind.num_fields)}
    models = types.get("models")
    if models is None or not pa.types.is_list(models):
        return False
    model = models.value_type
    if not pa.types.is_struct(model) or not pa.types.is_string(types.get("relation")):
        return False
    # The first of these names that is there would be the one that counts.
    other = [model.get_field_index(name) for name in ("name", "model")]
    at = model.get_field_index("id")
    return at >= 0 and max(other) < 0 and bool(pa.types.is_string(model.field(at).type))
