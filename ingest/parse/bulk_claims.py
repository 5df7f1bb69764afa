"""Names that rows of a dump give -> claims of ordinary rows, and what these lose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.claims import Alias
from headwater.ingest.parse.bulk_columns import DumpRows
from headwater.ingest.parse.bulk_names import ACCEPTED, NameTable, read_names
from headwater.ingest.parse.bulk_references import (
    DERIVED_FROM,
    FROM_BASE_MODELS,
    FROM_CARD,
    FROM_CONFIG,
    FROM_TAG,
    N_CODES,
    SUCCESSOR_OF,
    TRAINED_ON,
    UNSPECIFIED,
    WIDTH,
    Mask,
    NameClaims,
    Rows,
)
from headwater.ingest.parse.hub_context import MAX_EXAMPLES, Context
from headwater.ingest.parse.references import MAX_ITEMS

_FIELDS: Final = {
    FROM_BASE_MODELS: "baseModels", FROM_CARD: "base_model", FROM_TAG: "tag.base_model",
    FROM_CONFIG: "config.peft", FROM_CARD + TRAINED_ON: "datasets",
    FROM_TAG + TRAINED_ON: "tag.dataset", FROM_CARD + DERIVED_FROM: "source_datasets",
    FROM_TAG + DERIVED_FROM: "tag.source_datasets", FROM_CARD + SUCCESSOR_OF: "new_version",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadClaims:
    """Claims as columns.

    Attributes
    ----------
    rows, codes : array of int
        Row; where the name stands and what it claims.
    places : array of int
        Place of the name in `ids` and `raw`.
    ids, raw : pyarrow.Array
        Node ids; names as they are stored.
    """

    rows: Rows
    codes: Rows
    places: Rows
    ids: Any
    raw: Any

    def filter(self, keep: Mask) -> ReadClaims:
        """Return the claims where `keep` is true."""
        if keep.all():
            return self
        return ReadClaims(
            self.rows[keep], self.codes[keep], self.places[keep], self.ids, self.raw
        )


def read_claims(
    rows: DumpRows, ids: Any, documents: Any, named: NameClaims, odd: Mask,
    context: Context,
) -> ReadClaims:  # fmt: skip
    """Return the claims of rows without anything odd, and mark the other rows.

    Odd is a name that takes the parser of records, the row's own id, and more names in
    one place than a card may have. Names that stand for nothing are counted in the
    `context`, with oddities, repetitions and legacy names.

    Parameters
    ----------
    rows : DumpRows
        The rows.
    ids, documents : pyarrow.Array, length n_rows
        Their node ids and addresses.
    named : NameClaims
        All that they name.
    odd : array of bool, shape (n_rows,)
        Rows that are odd already.
    context : Context
        Told what is left out.
    """
    table, places = _table(rows, named)
    claims = ReadClaims(named.rows, named.codes, places, table.ids, table.raw)
    lowered = pc.ascii_lower(table.ids).dictionary_encode()
    keys = lowered.indices.to_numpy()[places].astype(np.int64)
    outcome = table.outcome[places]
    own = pc.index_in(pc.ascii_lower(ids), lowered.dictionary)
    own_key = pc.fill_null(own, -1).to_numpy()
    odd[claims.rows[(outcome < ACCEPTED) | (own_key[claims.rows] == keys)]] = True
    again = _repeated(claims, keys, table, odd)
    sound = ~odd[claims.rows]
    _tell(claims.filter(sound & ~again), table, ids, context)
    accepted = sound & (outcome == ACCEPTED)
    _tell_repeated(claims, keys, accepted, again, ids, context)
    accepted &= ~again
    kept = claims.filter(accepted)
    if rows.route == "models":
        _tell_successors(kept, keys[accepted], ids, context)
        context.batch.aliases.extend(_legacy_names(kept, documents, context.day))
    return kept


def _table(rows: DumpRows, named: NameClaims) -> tuple[NameTable, Rows]:
    """Return what the different names stand for, and the place of each claim's."""
    encoded = named.names.dictionary_encode()
    word = pc.fill_null(encoded.indices, 0).to_numpy()
    relation = named.codes % WIDTH
    is_data = (relation == TRAINED_ON) | (relation == DERIVED_FROM)
    places = np.zeros(len(word), np.int64)
    tables: list[NameTable] = []
    start = 0
    for kind, mask in (("model", ~is_data), ("dataset", is_data)):
        used = np.zeros(len(encoded.dictionary), np.bool_)
        used[word[mask]] = True
        names = encoded.dictionary.filter(pa.array(used))
        tables.append(read_names(names, kind, is_source=rows.route == "datasets"))
        places[mask] = (np.cumsum(used) - 1 + start)[word[mask]]
        start += len(names)
    return _joined(*tables), places


def _joined(first: NameTable, second: NameTable) -> NameTable:
    more = np.where(second.outcome > ACCEPTED, len(first.reasons), 0)
    return NameTable(
        pa.concat_arrays([first.ids, second.ids]),
        pa.concat_arrays([first.raw, second.raw]),
        np.concatenate([first.outcome, second.outcome + more]),
        [*first.reasons, *second.reasons],
        np.concatenate([first.noted, second.noted + len(first.notes)]),
        [*first.notes, *second.notes],
    )


def _repeated(claims: ReadClaims, keys: Rows, table: NameTable, odd: Mask) -> Mask:
    """Return which claims repeat one of their row and place; mark very long lists.

    Where something else is noted about one of them than about the first, the row is odd.
    """
    group = claims.rows * N_CODES + claims.codes
    again = np.zeros(len(group), np.bool_)
    if np.bincount(claims.rows, minlength=1).max() > MAX_ITEMS:
        found, count = np.unique(group, return_counts=True)
        odd[found[count > MAX_ITEMS] // N_CODES] = True
    several = np.flatnonzero(table.outcome[claims.places] == ACCEPTED)
    pair = group[several] * (len(claims.ids) + 1) + keys[several]
    ordered = np.sort(pair)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return again
    in_row = np.zeros_like(odd)
    in_row[twice // (len(claims.ids) + 1) // N_CODES] = True
    some = in_row[claims.rows[several]]
    several, pair = several[some], pair[some]
    _, first, own = np.unique(pair, return_index=True, return_inverse=True)
    noted = table.noted[claims.places[several]]
    odd[claims.rows[several[noted != noted[first][own]]]] = True
    again[several] = True
    again[several[first]] = False
    return again


def _tell_repeated(
    claims: ReadClaims, keys: Rows, accepted: Mask, again: Mask, ids: Any,
    context: Context,
) -> None:  # fmt: skip
    """Note nodes that come several times in one place: of merges, some do."""
    in_row = np.zeros(len(ids), np.bool_)
    in_row[claims.rows[again & accepted]] = True
    at = np.flatnonzero(accepted & in_row[claims.rows])
    group = claims.rows[at] * N_CODES + claims.codes[at]
    pair = group * (len(claims.ids) + 1) + keys[at]
    _, first, number = np.unique(pair, return_index=True, return_counts=True)
    several = number > 1
    for place, count in zip(
        at[first[several]].tolist(), number[several].tolist(), strict=True
    ):
        row, name = int(claims.rows[place]), int(claims.places[place])
        context.notes.add(
            f"{_field(int(claims.codes[place]))}/repeated",
            f"{ids[row].as_py()}: {claims.ids[name].as_py()} x{count}",
        )


def _tell(claims: ReadClaims, table: NameTable, ids: Any, context: Context) -> None:
    """Count the names that stand for nothing, and what is odd about the others."""
    outcome, noted = table.outcome[claims.places], table.noted[claims.places]
    for code, place, at in _groups(claims, outcome, outcome > ACCEPTED):
        reason = f"{_field(code)}/{table.reasons[place - 1]}"
        examples = _examples(claims, at, ids)
        for example in examples:
            context.batch.skip(reason, example)
        context.batch.skipped[reason] += len(at) - len(examples)
    has_notes = np.array([bool(notes) for notes in table.notes])[noted]
    for code, place, at in _groups(claims, noted, has_notes & (outcome == ACCEPTED)):
        examples = _examples(claims, at, ids)
        for note in table.notes[place]:
            kind = f"{_field(code)}/{note}"
            for example in examples:
                context.notes.add(kind, example)
            context.notes.counts[kind] += len(at) - len(examples)


def _groups(
    claims: ReadClaims, values: Rows, chosen: Mask
) -> Iterator[tuple[int, int, Rows]]:
    """Yield code, value and claims for each pair of a code and a value."""
    at = np.flatnonzero(chosen)
    pair = values[at] * N_CODES + claims.codes[at]
    for found in np.unique(pair).tolist():
        yield found % N_CODES, found // N_CODES, at[pair == found]


def _examples(claims: ReadClaims, at: Rows, ids: Any) -> list[str]:
    return [
        f"{ids[claims.rows[place]].as_py()}: {claims.raw[claims.places[place]].as_py()}"
        for place in at[:MAX_EXAMPLES].tolist()
    ]


def _field(code: int) -> str:
    """Return the field of a record that a code is about."""
    is_base = code % WIDTH <= UNSPECIFIED
    return _FIELDS[code - code % WIDTH if is_base else code]


def _tell_successors(
    claims: ReadClaims, keys: Rows, ids: Any, context: Context
) -> None:
    """Note models whose new version is one of their bases."""
    relation = claims.codes % WIDTH
    width = len(claims.ids) + 1
    pair = claims.rows * width + keys
    newer = np.flatnonzero(relation == SUCCESSOR_OF)
    has_newer = np.zeros(len(ids), np.bool_)
    has_newer[claims.rows[newer]] = True
    bases = pair[has_newer[claims.rows] & (relation <= UNSPECIFIED)]
    for at in newer[np.isin(pair[newer], bases)].tolist():
        row, place = int(claims.rows[at]), int(claims.places[at])
        context.notes.add(
            "new_version/names_base", f"{ids[row].as_py()}: {claims.ids[place].as_py()}"
        )


def _legacy_names(claims: ReadClaims, documents: Any, day: str) -> Iterator[Alias]:
    """Yield an alias where a card says ``gpt2`` and the Hub reads ``org/gpt2``."""
    is_base = claims.codes % WIDTH <= UNSPECIFIED
    typed, meant = (
        _only_ones(claims, is_base & (claims.codes // WIDTH == place // WIDTH))
        for place in (FROM_CARD, FROM_BASE_MODELS)
    )
    n_rows = len(documents)
    resolved = np.full(n_rows, -1, np.int64)
    resolved[claims.rows[meant]] = claims.places[meant]
    is_bare = ~np.asarray(_has_owner(claims.ids))[claims.places[typed]]
    for at in typed[is_bare & (resolved[claims.rows[typed]] >= 0)].tolist():
        row = int(claims.rows[at])
        name = claims.ids[int(claims.places[at])].as_py()
        node = claims.ids[int(resolved[row])].as_py()
        if node.lower().endswith("/" + name.lower()):
            yield Alias(
                name, node, "legacy", "hub:baseModels", documents[row].as_py(), day
            )


def _only_ones(claims: ReadClaims, chosen: Mask) -> Rows:
    """Return the claims that are the only chosen one of their row."""
    at = np.flatnonzero(chosen)
    count = np.bincount(claims.rows[at], minlength=1)
    only: Rows = at[count[claims.rows[at]] == 1]
    return only


def _has_owner(ids: Any) -> Mask:
    mask: Mask = pc.match_substring(ids, "/").to_numpy(zero_copy_only=False)
    return mask
