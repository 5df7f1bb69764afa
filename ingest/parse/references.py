"""Fields that name other artefacts: whatever shape they have, ids or reasons.

The same rules serve cards, tags and configs, of models and of datasets; the field is
data typed by strangers, so that every shape of it has a treatment and none raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from headwater.ingest.parse.reference_text import MAX_INPUT, Target, read_reference
from headwater.ingest.parse.text import clean_text

MAX_ITEMS: Final = 64
MAX_DEPTH: Final = 3
_NAME_KEYS: Final = ("name", "model", "id", "model_id")


@dataclass(frozen=True, slots=True)
class Reference:
    """One artefact that a field names.

    Attributes
    ----------
    id, kind : str
        Node id and kind; an off-hub id has the kind that the field expects.
    revision : str or None
        Commit, branch or tag that the value adds to the id.
    raw : str
        The value as typed, cleaned of marks, at most 200 letters.
    count : int
        How often the field names it.
    notes : tuple of str
        What was odd about the value.
    """

    id: str
    kind: str
    revision: str | None
    raw: str
    count: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A value that names nothing: why, and what it was; ``count`` of them."""

    reason: str
    raw: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class References:
    """What a field says: the artefacts it names, what it lost, its shape."""

    accepted: tuple[Reference, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    shape: str = "text"

    def has(self, reason: str) -> bool:
        """Return whether a value was rejected for `reason`."""
        return any(item.reason == reason for item in self.rejected)


def normalise(
    value: object, kind: str, child_id: str, *, max_items: int = MAX_ITEMS
) -> References:
    """Return what the field `value` of `child_id` names where `kind` is expected.

    Self references are rejected as ``self``, artefacts of another kind as
    ``other_kind``; ids that differ by case only count as one.

    Parameters
    ----------
    value : object
        The field as JSON or YAML gave it.
    kind : {"model", "dataset"}
        What the field should name.
    child_id : str
        Node id of the artefact whose field it is.
    max_items : int
        How many values are read; the others are counted as ``too_many_items``.

    Examples
    --------
    >>> found = normalise(["a/b", None, "me/x", "a/B"], "model", "me/x")
    >>> [(item.id, item.count) for item in found.accepted]
    [('a/b', 2)]
    >>> [item.reason for item in found.rejected]
    ['null', 'self']
    """
    if value is None:
        return References(rejected=(Rejection("null", "None"),), shape="null")
    items: list[str] = []
    rejected: list[Rejection] = []
    for item in (value,) if isinstance(value, str) else _flatten(value, MAX_DEPTH):
        if isinstance(item, Rejection):
            rejected.append(item)
        elif len(items) + len(rejected) < max_items:
            items.append(item)
        else:
            rejected.append(Rejection("too_many_items", clean_text(item)))
    found: dict[str, Reference] = {}
    own = child_id.lower()
    for text in items:
        _read(text, kind, own, found, rejected)
    return References(tuple(found.values()), _folded(rejected), _shape(value))


def _read(
    text: str,
    kind: str,
    own: str,
    found: dict[str, Reference],
    rejected: list[Rejection],
) -> None:
    raw = clean_text(text)
    # The cache of what was read must not be filled with texts that are too long anyway.
    result = "too_long" if len(text) > MAX_INPUT else read_reference(text, kind)
    if isinstance(result, str):
        # A password in a URL must not be repeated in a report.
        shown = "(hidden)" if result == "url_with_credentials" else raw
        rejected.append(Rejection(result, shown))
        return
    for target in result:
        reason = _refused(target, kind, own)
        if reason is not None:
            rejected.append(Rejection(reason, raw))
            continue
        key = target.id.lower()
        old = found.get(key)
        found[key] = (
            Reference(target.id, target.kind, target.revision, raw, 1, target.notes)
            if old is None
            else replace(
                old,
                revision=old.revision or target.revision,
                count=old.count + 1,
                notes=tuple(dict.fromkeys((*old.notes, *target.notes))),
            )
        )


def _refused(target: Target, kind: str, own: str) -> str | None:
    if target.id.lower() == own:
        return "self"
    return None if target.kind == kind else "other_kind"


def _flatten(value: object, depth: int) -> Iterator[str | Rejection]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | dict) and depth == 0:
        yield Rejection("nested_too_deep", type(value).__name__)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _flatten(item, depth - 1)
    elif isinstance(value, dict):
        named = [value[key] for key in _NAME_KEYS if value.get(key) is not None]
        if named:
            yield from _flatten(named[0], depth - 1)
        else:
            yield Rejection("object_without_name", clean_text(str(list(value)[:8])))
    elif value is None:
        yield Rejection("null", "None")
    elif isinstance(value, bool):
        yield Rejection("boolean", str(value))
    elif isinstance(value, int | float):
        # repr of an int of a million digits is an error in itself
        is_huge = isinstance(value, int) and value.bit_length() > 256
        yield Rejection("number", "(huge)" if is_huge else repr(value))
    else:
        yield Rejection("other_type", type(value).__name__)


def _folded(rejected: list[Rejection]) -> tuple[Rejection, ...]:
    """Fold rejections of one reason into one each, its first value as example."""
    if not rejected:
        return ()
    folded: dict[str, Rejection] = {}
    for item in rejected:
        old = folded.get(item.reason)
        folded[item.reason] = (
            Rejection(item.reason, old.raw, old.count + item.count) if old else item
        )
    return tuple(folded.values())


def _shape(value: object) -> str:
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list | tuple):
        if any(isinstance(item, list | tuple) for item in value):
            return "nested_list"
        if any(isinstance(item, dict) for item in value):
            return "list_of_objects"
        return "list"
    return "text"
