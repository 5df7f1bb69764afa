"""Each different name that the rows of a dump give: what node it stands for, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.ids import artefact_id
from headwater.ingest.parse.bulk_columns import as_mask, text_matches
from headwater.ingest.parse.bulk_sound import path_mask
from headwater.ingest.parse.reference_text import (
    MAX_INPUT,
    NO_PATH,
    NOTHING,
    read_reference,
)
from headwater.ingest.parse.text import clean_text

ACCEPTED: Final = 0
ODD: Final = -1
# These do more than to be left out, or must not be shown.
_TOLD_ELSEWHERE: Final = ("from_scratch", "url_with_credentials")
_NOTHING: Final = pa.array(sorted(NOTHING), pa.string())


@dataclass(frozen=True, slots=True)
class NameTable:
    """What different names stand for.

    Attributes
    ----------
    ids, raw : pyarrow.Array
        Node id, and the name as it is stored; the name itself where there is no node.
    outcome : array of int
        ``ACCEPTED``; ``ODD`` for what the parser of records has to read; else one
        more than a place in `reasons`.
    reasons : list of str
        Why names stand for nothing.
    noted : array of int
        Place in `notes`: what is odd about a name that is accepted.
    notes : list of tuple of str
        The first is empty.
    """

    ids: Any
    raw: Any
    outcome: NDArray[np.int64]
    reasons: list[str]
    noted: NDArray[np.int64]
    notes: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Name:
    """A node that a name stands for, the name as stored, and what is odd about it."""

    id: str
    raw: str
    notes: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def read_name(text: str, kind: str) -> Name | str | None:
    """Return the one node of `kind` that `text` names, or why it names nothing.

    None for what takes the parser of records: several nodes, a revision, a node of
    another kind, and reasons with consequences.
    """
    if len(text) > MAX_INPUT:
        return None
    found = read_reference(text, kind)
    if isinstance(found, str):
        return None if found in _TOLD_ELSEWHERE else found
    if len(found) != 1 or found[0].kind != kind or found[0].revision:
        return None
    return Name(found[0].id, clean_text(text), found[0].notes)


def plain_mask(names: Any) -> NDArray[np.bool_]:
    """Return which names are an ordinary ``owner/name``: nearly all of them."""
    mask: NDArray[np.bool_] = (
        path_mask(names)
        & ~text_matches(names, NO_PATH)
        & ~as_mask(pc.is_in(pc.ascii_lower(names), value_set=_NOTHING))
    )
    return mask


def read_names(names: Any, kind: str, *, is_source: bool) -> NameTable:
    """Return what different names stand for, where a node of `kind` is expected.

    Parameters
    ----------
    names : pyarrow.Array
        Strings without null.
    kind : {"model", "dataset"}
        What they should name.
    is_source : bool
        Whether datasets name them as their sources, of which some are categories.
    """
    plain = plain_mask(names)
    outcome = np.zeros(len(names), np.int64)
    noted = np.zeros(len(names), np.int64)
    reasons: dict[str, int] = {}
    notes: dict[tuple[str, ...], int] = {(): 0}
    ids, raw = [], []
    others = np.flatnonzero(~plain)
    for at, text in zip(others.tolist(), _at(names, others), strict=True):
        found = None if is_source and _is_category(text) else read_name(text, kind)
        if isinstance(found, Name):
            noted[at] = notes.setdefault(found.notes, len(notes))
        else:
            reason = ODD if found is None else reasons.setdefault(found, len(reasons))
            outcome[at] = ODD if found is None else reason + 1
            found = Name(text, clean_text(text), ())
        ids.append(found.id)
        raw.append(found.raw)
    prefixed = pc.binary_join_element_wise(artefact_id(kind, ""), names, "")
    put = pa.array(~plain)
    return NameTable(
        pc.replace_with_mask(prefixed, put, pa.array(ids, pa.string())),
        pc.replace_with_mask(names, put, pa.array(raw, pa.string())),
        outcome, list(reasons), noted, list(notes),
    )  # fmt: skip


def _at(names: Any, places: NDArray[np.int64]) -> list[str]:
    found: list[str] = names.take(pa.array(places)).to_pylist()
    return found


def _is_category(text: str) -> bool:
    """Whether a source of a dataset is, or may be, a category; or has spaces around."""
    lowered = text.strip().lower()
    return text != text.strip() or lowered.startswith(("original", "extended"))
