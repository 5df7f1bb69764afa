"""Fields in which one artefact differs between two snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.columns import encode
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import LICENCE_STATUSES, STATES
from headwater.queries.diff_match import Matching

_GONE: Final = STATES.index("gone")
_UNKNOWN: Final = STATES.index("unknown")
UNSAID: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Words:
    """Values by code, looked up when they are asked for; -1 is unknown."""

    words: Sequence[str]
    codes: NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, place: int) -> str:
        return self.word(int(self.codes[place]))

    def word(self, code: int) -> str:
        """Return the word behind a code."""
        return UNSAID if code < 0 else self.words[code]


def count_transitions(before: Words, after: Words) -> dict[str, int]:
    """Return how often which value became which, most frequent first.

    Examples
    --------
    >>> before = Words(["mit"], np.array([0, -1, 0]))
    >>> count_transitions(before, Words(["mit", "gpl-3.0"], np.array([1, 1, 1])))
    {'mit → gpl-3.0': 2, 'unknown → gpl-3.0': 1}
    """
    pairs = np.stack([before.codes, after.codes]).astype(np.int64)
    found, counts = np.unique(pairs, axis=1, return_counts=True)
    tally = {
        f"{before.word(own)} → {after.word(other)}": count
        for own, other, count in zip(*found.tolist(), counts.tolist(), strict=True)
    }
    return dict(sorted(tally.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """Artefacts whose field differs.

    Attributes
    ----------
    old, new : int32 arrays, shape (k,)
        Nodes.
    before, after : Words, length k
        Values; see :func:`compare_fields` for what is no value.
    """

    old: IntArray
    new: IntArray
    before: Words
    after: Words


def compare_fields(
    old: LineageGraph, new: LineageGraph, matching: Matching
) -> dict[str, FieldChanges]:
    """Return what changed in artefacts that both snapshots have.

    ``deleted`` is a state that became ``gone``, ``state`` any other change of state.
    ``licence`` is the declared licence, ``none`` where the document has none and
    ``unknown`` where nobody has told; to learn that there is none is no change.
    ``access`` is curated and compared where both snapshots have it. ``developer`` is
    who is behind it, ``unknown`` where nobody has said. Of what was only named as a
    parent in one of them nothing but the state is compared; what the newer snapshot
    only names was not seen, see :func:`only_named_now`.
    """
    before, after = matching.pairs
    seen = ~old.columns.phantom[before] & ~new.columns.phantom[after]
    own, other = old.columns.state[before], new.columns.state[after]
    differs = (own != other) & ~only_named_now(old, new, matching)
    gone = other == _GONE
    found = {
        "deleted": _changes(matching, differs & gone, own, other, STATES),
        "state": _changes(matching, differs & ~gone, own, other, STATES),
    }
    access, words = _shared_codes(_text(old, "access"), _text(new, "access"))
    values = access[0][before], access[1][after]
    both = seen & (values[0] >= 0) & (values[1] >= 0)
    found["access"] = _changes(
        matching, both & (values[0] != values[1]), *values, words
    )
    found["licence"] = _licences(old, new, matching, seen)
    owners, words = _shared_codes(_text(old, "developer"), _text(new, "developer"))
    values = owners[0][before], owners[1][after]
    found["developer"] = _changes(
        matching, seen & (values[0] != values[1]), *values, words
    )
    return found


def only_named_now(
    old: LineageGraph, new: LineageGraph, matching: Matching
) -> BoolArray:
    """Return of which pairs the older snapshot has a record, the newer one only a name."""
    before, after = matching.pairs
    found: BoolArray = (
        ~old.columns.phantom[before]
        & new.columns.phantom[after]
        & (new.columns.state[after] == _UNKNOWN)
    )
    return found


def _licences(
    old: LineageGraph, new: LineageGraph, matching: Matching, seen: BoolArray
) -> FieldChanges:
    before, after = matching.pairs
    own = old.columns.licence[before]
    place, words = _union(old.vocabulary["licence"], new.vocabulary["licence"])
    own = np.append(place, np.int32(-1))[own]
    other = new.columns.licence[after]
    differs = np.flatnonzero(seen & (own != other))
    # Where none is declared, one snapshot may know that there is none.
    statuses = [*words, *(_STATUS_WORDS[name] for name in LICENCE_STATUSES)]
    values = []
    for graph, codes, nodes in ((old, own, before), (new, other, after)):
        lacking, names = encode(graph.node_table(["licence_status"])["licence_status"])
        status = np.array(
            [len(words) + LICENCE_STATUSES.index(name) for name in names.to_pylist()],
            np.int32,
        )[lacking[nodes[differs]]]
        values.append(np.where(codes[differs] >= 0, codes[differs], status))
    return FieldChanges(
        before[differs], after[differs],
        Words(statuses, values[0]), Words(statuses, values[1]),
    )  # fmt: skip


_STATUS_WORDS: Final = {
    "unknown": UNSAID, "absent": "none", "declared": UNSAID, "not_applicable": "none",
}  # fmt: skip


def _changes(
    matching: Matching, where: BoolArray, own: Any, other: Any, words: Sequence[str]
) -> FieldChanges:
    at = np.flatnonzero(where)
    return FieldChanges(
        matching.pairs[0][at], matching.pairs[1][at],
        Words(words, own[at]), Words(words, other[at]),
    )  # fmt: skip


def _text(graph: LineageGraph, name: str) -> tuple[IntArray, list[str]]:
    codes, words = encode(graph.node_table([name])[name])
    return codes, words.to_pylist()


def _shared_codes(
    old: tuple[IntArray, list[str]], new: tuple[IntArray, list[str]]
) -> tuple[tuple[IntArray, IntArray], list[str]]:
    """Return the codes of both columns in one vocabulary; -1 stays -1."""
    place, words = _union(old[1], new[1])
    return (np.append(place, np.int32(-1))[old[0]], new[0]), words


def _union(old: Sequence[str], new: Sequence[str]) -> tuple[IntArray, list[str]]:
    """Return where each older word stands in the union, which begins with the newer."""
    place = {word: at for at, word in enumerate(new)}
    for word in old:
        place.setdefault(word, len(place))
    return np.array([place[word] for word in old], np.int32), list(place)
