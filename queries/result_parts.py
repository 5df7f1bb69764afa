"""The tables of an answer: found by the fields of its class, the main one first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, get_args, get_origin, get_type_hints

import pyarrow as pa

from headwater.errors import InvalidArgumentError
from headwater.queries.impact_tree import Block, ImpactTree
from headwater.queries.lineage import Lineage, Relative
from headwater.queries.picture_values import Picture, PictureNode
from headwater.queries.proofs import Step
from headwater.queries.result_rows import (
    KEY,
    NUMBER,
    Column,
    Lead,
    Rows,
    columns_of,
    kinds_of,
    rows_of,
)
from headwater.queries.results import Result, Results
from headwater.queries.splits import Split, Splits
from headwater.queries.values import ValueCount, Values
from headwater.queries.watch import PathStep

ANSWER: Final = "answer"
"""Part of one row: what is neither a list nor a table."""
ROWS: Final = "rows"
"""The main part of a list of answers; those of its members are below it."""

_MAIN: Final = {
    "BillOfMaterials": "components",
    "WhatBreaks": "outcomes.victims",
    "Lineage": "relatives",
    "Why": "claims",
    "Shown": "fields",
    "Concentration": "pretrainers",
    "ConcentrationOverTime": "periods",
    "Chokepoints": "rankings.chokepoints",
    "ModelChokepoints": "by.singles",
    "LicenceSurvey": "verdicts",
    "ModelLicence": "inherited",
    "ModelOpenness": "roots.criteria",
    "Diff": "changes",
    "Quality": "findings",
    "WatchReport": "watched.changes",
    "SourceComparison": "differences",
    "Values": "values",
    "Picture": "nodes",
    "ImpactTree": "blocks",
    "Lock": "artefacts",
    "Own": "unresolved",
}
"""Where the main rows are not simply the first part."""

_KEYS: Final = {
    "counts": "verdict", "weights": "verdict", "verdicts": "verdict",
    "dropped": "obligation", "outcomes": "outcome", "splits": "dimension",
    "nodes": "kind", "edges": "relation", "states": "state",
    "root_statuses": "root_status", "truncated": "of", "breakdown": "of",
    "transitions": "field", "artefacts": "id",
}  # fmt: skip
"""What the keys of a table are called; else ``key``."""

_PAIRS: Final = {
    "largest": ("id", "models"), "where": ("name", "value"),
    "relations": ("relation", "count"), "relations_up": ("relation", "count"),
    "relations_down": ("relation", "count"), "verdicts": ("verdict", "count"),
}  # fmt: skip
"""What the halves of a list of pairs are called; else ``first`` and ``second``."""


@dataclass(frozen=True, slots=True)
class _Branch:
    """A part: what leads its rows, what they are, and where they come from."""

    lead: Lead
    kind: type | None
    types: tuple[tuple[str, pa.DataType], ...]
    items: Callable[[Any], Iterator[tuple[tuple[Any, ...], Any]]]
    only: Callable[[Column], bool] | None = None

    def rows(self, answer: Any, most: int | None = None) -> Rows:
        if self.kind is not None:
            return rows_of(
                self.kind, self.items(answer), self.lead, only=self.only, most=most
            )
        every = (*self.lead, *self.types)
        items = list(self.items(answer))
        return Rows(
            tuple(name for name, _ in every), tuple(type_ for _, type_ in every),
            tuple((*before, *values) for before, values in items[:most]), len(items),
        )  # fmt: skip


def part_names(answer: Result) -> tuple[str, ...]:
    """Return the names of the parts, the main one first."""
    return tuple(_branches(answer))


def part_rows(answer: Result, part: str | None = None, most: int | None = None) -> Rows:
    """Return one part of an answer.

    Parameters
    ----------
    most : int, optional
        Make at most so many rows; the rest is only counted.

    Raises
    ------
    InvalidArgumentError
        When it has no such part.
    """
    found = _branches(answer)
    name = next(iter(found)) if part is None else part
    if name not in found:
        raise InvalidArgumentError(
            f"{type(answer).__name__} has no part {name[:80]!r}; there are "
            f"{', '.join(found)}"
        )
    return found[name].rows(answer, most)


def arrow_table(answer: Result, part: str | None = None) -> pa.Table:
    """Return one part of an answer as an Arrow table."""
    return part_rows(answer, part).arrow()


def _branches(answer: Result) -> dict[str, _Branch]:
    if isinstance(answer, Results):
        return _of_list(answer)
    return _of_type(type(answer))


def names_of_parts(kind: type[Result]) -> tuple[str, ...]:
    """Return the names of the parts that answers of a class have."""
    return tuple(_of_type(kind))


def _of_type(kind: type) -> dict[str, _Branch]:
    found = {**_SPECIAL.get(kind, {}), **dict(_of_class(kind, (), _itself))}
    found[ANSWER] = _Branch((), kind, (), _itself, _is_single)
    main = _MAIN.get(kind.__name__, next(iter(found)))
    return {main: found[main], **found}


def _of_list(answer: Results[Any]) -> dict[str, _Branch]:
    kind = answer.kind

    def each(value: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        return (((), item) for item in value)

    return dict(_of_tuple(ROWS, kind, (), each))


def _is_single(column: Column) -> bool:
    return not (column.is_path or pa.types.is_list(column.type))


def _itself(answer: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield (), answer


_Items = Callable[[Any], Iterator[tuple[tuple[Any, ...], Any]]]


def _of_class(kind: type, lead: Lead, items: _Items) -> Iterator[tuple[str, _Branch]]:
    """Yield the parts below a class; those below lists bear a dotted name."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        (hint, *others) = kinds_of(hints[field.name])
        if others:
            continue
        yield from _of_field(field.name, hint, lead, _get(items, field.name))


def _of_field(
    name: str, hint: Any, lead: Lead, items: _Items
) -> Iterator[tuple[str, _Branch]]:
    arguments = get_args(hint)
    if hint is Block:
        return  # a tree: its blocks are a part of their own, see _SPECIAL
    if is_dataclass(hint) and isinstance(hint, type):
        for below, branch in _of_class(hint, lead, items):
            yield f"{name}.{below}", branch
    elif get_origin(hint) is tuple and arguments[-1] is ...:
        yield from _of_tuple(name, arguments[0], lead, _each(items))
    elif get_origin(hint) is dict:
        yield from _of_dict(name, arguments[1], lead, items)


def _of_tuple(
    name: str, kind: Any, lead: Lead, items: _Items
) -> Iterator[tuple[str, _Branch]]:
    if is_dataclass(kind) and isinstance(kind, type):
        if kind in (Step, PathStep) and lead:
            return  # a path of a row is one text in it
        yield name, _Branch(lead, kind, (), items)
        key = next(item.name for item in fields(kind) if item.name != "snapshot")
        type_ = {column.name: column.type for column in columns_of(kind)}.get(key)
        if type_ in (KEY, NUMBER):
            led = (*lead, (key, type_))
            for below, branch in _of_class(kind, led, _led(items, key)):
                yield f"{name}.{below}", branch
    elif get_origin(kind) is tuple:
        second = {str: KEY, float: pa.float64(), int: NUMBER}[get_args(kind)[1]]
        names = _PAIRS.get(name, ("first", "second"))
        types = ((names[0], KEY), (names[1], second))
        yield name, _Branch(lead, None, types, items)
    elif kind is str and not lead:
        yield name, _Branch(lead, None, ((name, KEY),), _single(items))


def _of_dict(
    name: str, kind: Any, lead: Lead, items: _Items
) -> Iterator[tuple[str, _Branch]]:
    led = (*lead, (_KEYS.get(name, "key"), KEY))
    if kind is int:
        yield name, _Branch(led, None, (("count", NUMBER),), _pairs(items))
    elif kind is Splits:
        yield name, _Branch(led, Split, (), _each(_pairs(items, bare=True)))
    elif is_dataclass(kind) and isinstance(kind, type):
        yield name, _Branch(led, kind, (), _pairs(items, bare=True))
        for below, branch in _of_class(kind, led, _pairs(items, bare=True)):
            yield f"{name}.{below}", branch
    elif get_origin(kind) is dict:
        deeper = (*led, ("change", KEY))
        types = (("count", NUMBER),)
        yield name, _Branch(deeper, None, types, _pairs(_pairs(items, bare=True)))


def _get(items: _Items, name: str) -> _Items:
    def read(answer: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        for before, item in items(answer):
            value = getattr(item, name)
            if value is not None:
                yield before, value

    return read


def _each(items: _Items) -> _Items:
    def read(answer: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        return ((before, one) for before, many in items(answer) for one in many)

    return read


def _led(items: _Items, key: str) -> _Items:
    def read(answer: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        return (((*before, getattr(one, key)), one) for before, one in items(answer))

    return read


def _single(items: _Items) -> _Items:
    def read(answer: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        return ((before, (value,)) for before, value in items(answer))

    return read


def _pairs(items: _Items, *, bare: bool = False) -> _Items:
    def read(answer: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        for before, table in items(answer):
            assert isinstance(table, Mapping)
            for key, value in table.items():
                yield (*before, key), value if bare else (value,)

    return read


def _relatives(answer: Lineage) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for direction in ("ancestors", "descendants"):
        for item in getattr(answer, direction):
            yield (direction,), item


def _values(answer: Values) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for column in ("task", "licence", "library", "language"):
        for item in getattr(answer, column):
            yield (column,), item


def _nodes(answer: Picture) -> Iterator[tuple[tuple[Any, ...], Any]]:
    return (((), item) for item in answer.nodes)


def _blocks(answer: ImpactTree) -> Iterator[tuple[tuple[Any, ...], Any]]:
    def below(
        block: Block, above: str | None, depth: int
    ) -> Iterator[tuple[tuple[Any, ...], Any]]:
        yield (depth, above), block
        for child in block.children:
            yield from below(child, block.id, depth + 1)

    yield from below(answer.root, None, 0)


def _special(
    kind: type, items: Callable[[Any], Iterable[Any]], *lead: tuple[str, pa.DataType]
) -> _Branch:
    return _Branch(lead, kind, (), lambda answer: iter(items(answer)))


_SPECIAL: Final[dict[type, dict[str, _Branch]]] = {
    Lineage: {"relatives": _special(Relative, _relatives, ("direction", KEY))},
    Values: {"values": _special(ValueCount, _values, ("column", KEY))},
    Picture: {"nodes": _special(PictureNode, _nodes)},
    ImpactTree: {
        "blocks": _special(Block, _blocks, ("generation", NUMBER), ("above", KEY))
    },
}
"""Parts that no single field holds."""
