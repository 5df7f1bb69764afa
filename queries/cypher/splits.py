"""Victims by namespace, month, task and the like, grouped by the server.

:mod:`headwater.queries.splits` says what the parts are and how they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.schema import KINDS, RELATION_CODE, RELATIONS
from headwater.queries.as_of import EPOCH
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.patterns import LINEAGE
from headwater.queries.cypher.verdicts import Found
from headwater.queries.splits import DIMENSIONS, IN_ORDER, UNKNOWN_KEY, Splits

_LAST: Final = "\U0010ffff"
"""Above every month: the unknown one stands last."""
_Reader = Callable[..., tuple[Any, str]]
_OWNERS: Final = ("namespace", "developer")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the victims: what it is ordered by, its key, its figures."""

    order: Any
    key: str
    figures: tuple[int, int, int]


def split_victims(ask: Asking, found: Found, dimension: str) -> Splits:
    """Return the victims of an event by one dimension, largest part first.

    Raises
    ------
    InvalidArgumentError
        When there is no such dimension.
    """
    if dimension not in DIMENSIONS:
        raise InvalidArgumentError(
            f"no split by {dimension!r}; there are {', '.join(DIMENSIONS)}"
        )
    parts = sorted(_merged(_parts(ask, found, dimension)), key=lambda part: part.order)
    if dimension not in IN_ORDER:
        parts.sort(key=lambda part: -part.figures[0])
    table = np.array([part.figures for part in parts], np.int64).reshape(-1, 3)
    keys = [part.key for part in parts]
    return Splits(
        np.arange(len(parts)), table[:, 0], table[:, 1], table[:, 2], keys.__getitem__
    )


def _merged(parts: Iterable[_Part]) -> list[_Part]:
    """Return parts with those of one key added up."""
    sums: dict[Any, _Part] = {}
    for part in parts:
        held = sums.get(part.order)
        if held is not None:
            pairs = zip(held.figures, part.figures, strict=True)
            artefacts, captive, downloads = (a + b for a, b in pairs)
            part = _Part(part.order, part.key, (artefacts, captive, downloads))
        sums[part.order] = part
    return list(sums.values())


def _parts(ask: Asking, found: Found, dimension: str) -> Iterable[_Part]:
    if dimension == "relation":
        rows = _by_relation(ask, found)
    elif dimension == "depth":
        rows = _by_depth(ask, found)
    else:
        own = f"n.{dimension}_node" if dimension in _OWNERS else "null"
        value = "n.day" if dimension == "month" else f"n.{dimension}"
        rows = _grouped(
            ask,
            "MATCH (n:Node {node: item / 2}) "
            f"WITH item, n, {own} AS owner, {value} AS value",
            "owner, value",
            [node * 2 + is_captive for node, is_captive in _flagged(found)],
        )
    read: _Reader = _READERS.get(dimension, _word)
    for *values, count, captive, downloads in rows:
        order, key = read(*values)
        yield _Part(order, key, (count, captive, downloads))


def _flagged(found: Found) -> Iterable[tuple[int, int]]:
    return zip(found.nodes.tolist(), found.captive.astype(int).tolist(), strict=True)


def _grouped(
    ask: Asking, match: str, values: str, items: list[Any], captive: str = "item % 2"
) -> Iterable[tuple[Any, ...]]:
    return ask.each(
        f"UNWIND $items AS item {match} RETURN {values}, count(*), sum({captive}), "
        "sum(coalesce(n.downloads, 0))",
        items,
    )


def _by_depth(ask: Asking, found: Found) -> Iterable[tuple[Any, ...]]:
    items = [
        [node, is_captive, depth]
        for (node, is_captive), depth in zip(
            _flagged(found), found.depth.tolist(), strict=True
        )
    ]
    return _grouped(
        ask, "MATCH (n:Node {node: item[0]})", "null, item[2]", items, "item[1]"
    )


def _by_relation(ask: Asking, found: Found) -> Iterable[tuple[Any, ...]]:
    """Group by the relation of the first edge of each proof."""
    toward = np.zeros(len(found.nodes), np.int32)
    for number, proofs in enumerate(found.proofs):
        mine = np.flatnonzero(found.proof == number)
        toward[mine] = proofs.walk.steps(found.nodes[mine])
    items = [
        [node, is_captive, parent]
        for (node, is_captive), parent in zip(
            _flagged(found), toward.tolist(), strict=True
        )
    ]
    # Without a label the parent is no place to begin: it may have a million children.
    match = (
        f"MATCH (n:Node {{node: item[0]}})-[e:{LINEAGE}]->(p) WHERE p.node = item[2]"
    )
    return _grouped(ask, match, "null, e.relation", items, "item[1]")


def _owner(node: int | None, name: str | None) -> tuple[Any, str]:
    return (-1, UNKNOWN_KEY) if node is None else (node, name or UNKNOWN_KEY)


def _word(_: None, word: str | None) -> tuple[Any, str]:
    # Vocabularies are in the order of their words; nobody has told stands before them.
    return ((0, ""), UNKNOWN_KEY) if word is None else ((1, word), word)


def _kind(_: None, kind: str) -> tuple[Any, str]:
    return KINDS.index(kind), kind


def _relation(_: None, relation: str) -> tuple[Any, str]:
    code = RELATION_CODE[relation]
    return code, RELATIONS[code].name


def _depth(_: None, depth: int) -> tuple[Any, str]:
    return depth, str(depth)


def _month(_: None, day: int | None) -> tuple[Any, str]:
    if day is None:
        return _LAST, UNKNOWN_KEY
    month = f"{EPOCH + timedelta(days=day):%Y-%m}"
    return month, month


_READERS: Final[dict[str, _Reader]] = {
    "namespace": _owner,
    "developer": _owner,
    "kind": _kind,
    "relation": _relation,
    "depth": _depth,
    "month": _month,
}
