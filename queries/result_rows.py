"""Values as rows: columns and their types are read from the annotations of a class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from headwater.queries.concentration_figures import Interval
from headwater.queries.diff import Bounded
from headwater.queries.proofs import Step
from headwater.queries.watch import PathStep

_PLAIN: Final = {
    str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(),
    date: pa.date32(),
}  # fmt: skip
_WORDS: Final = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type, and how a value of the class fills it."""

    name: str
    type: pa.DataType
    read: Callable[[Any], Any]
    is_path: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """One part of an answer.

    Attributes
    ----------
    names : tuple of str
        Of the columns.
    types : tuple of pyarrow.DataType
        Theirs.
    rows : tuple of tuple
        Values in the order of the columns.
    n : int
        How many rows there are; only the first of them may be in `rows`.
    """

    names: tuple[str, ...]
    types: tuple[pa.DataType, ...]
    rows: tuple[tuple[Any, ...], ...]
    n: int

    def arrow(self) -> pa.Table:
        """Return the same as an Arrow table."""
        values = list(zip(*self.rows, strict=True)) or [()] * len(self.names)
        return pa.Table.from_arrays(
            [pa.array(v, t) for v, t in zip(values, self.types, strict=True)],
            names=list(self.names),
        )


Lead = Sequence[tuple[str, pa.DataType]]
KEY: Final = pa.string()
NUMBER: Final = pa.int64()


def rows_of(
    kind: type,
    items: Iterable[tuple[tuple[Any, ...], Any]],
    lead: Lead = (),
    *,
    only: Callable[[Column], bool] | None = None,
    most: int | None = None,
) -> Rows:
    """Return values of a class as rows, each led by values of its own.

    Parameters
    ----------
    items : iterable of (tuple, value)
        What leads the row, and the value.
    lead : sequence of (str, type)
        Columns of the first; what the class has a column of is called ``of_`` that.
    only : callable, optional
        Which columns of the class are wanted.
    most : int, optional
        Make at most so many rows; the rest is only counted.
    """
    every = list(items)
    columns = [item for item in columns_of(kind) if only is None or only(item)]
    taken = {column.name for column in columns}
    led = [f"of_{name}" if name in taken else name for name, _ in lead]
    return Rows(
        (*_unlike(led), *(column.name for column in columns)),
        (*(type_ for _, type_ in lead), *(column.type for column in columns)),
        tuple(
            (*before, *(column.read(item) for column in columns))
            for before, item in every[:most]
        ),
        len(every),
    )


def _unlike(names: Sequence[str]) -> list[str]:
    """Return names of which a repeated one bears a number.

    Examples
    --------
    >>> _unlike(["by", "id", "id"])
    ['by', 'id', 'id_2']
    """
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return made


@cache
def columns_of(kind: type) -> tuple[Column, ...]:
    """Return the columns of a dataclass; lists of values and tables are none."""
    return tuple(_columns(kind))


def _columns(kind: type) -> Iterator[Column]:
    hints = get_type_hints(kind)
    for field in fields(kind):
        yield from _field(field.name, hints[field.name])


def _field(name: str, hint: Any) -> Iterator[Column]:
    def read(value: Any) -> Any:
        return getattr(value, name)

    kind, *others = kinds_of(hint)
    if others:
        yield Column(name, pa.string(), lambda value: _words(read(value)))
        return
    if kind is Bounded:
        kind = Interval  # what it stands for
    if kind in _PLAIN:
        yield Column(name, _PLAIN[kind], read)
    elif isinstance(kind, type) and is_dataclass(kind):
        for inner in columns_of(kind):
            yield Column(_joined(name, kind, inner), inner.type, _through(name, inner))
    elif get_origin(kind) is tuple:
        first, *rest = get_args(kind)
        if first is str and rest == [...]:
            yield Column(name, _WORDS, lambda value: list(read(value)))
        elif first in (Step, PathStep):
            yield Column(name, KEY, lambda value: path_text(read(value)), is_path=True)
        elif is_dataclass(first) and rest != [...]:  # a pair: each has its columns
            for place, half in enumerate((first, *rest), 1):
                for inner in columns_of(half):
                    yield Column(
                        f"{name}_{place}_{inner.name}", inner.type,
                        _at(name, place - 1, inner),
                    )  # fmt: skip
        elif first is str and rest == [str]:
            for place in (1, 2):
                yield Column(f"{name}_{place}", KEY, _nth(name, place - 1))


def kinds_of(hint: Any) -> tuple[Any, ...]:
    """Return what a value may be apart from None."""
    if get_origin(hint) in (Union, UnionType):
        return tuple(item for item in get_args(hint) if item is not NoneType)
    return (hint,)


def _joined(name: str, kind: type, inner: Column) -> str:
    if kind is Interval:
        return name if inner.name == "point" else f"{name}_{inner.name}"
    return f"{name}_{inner.name}"


def _through(name: str, inner: Column) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        nested = getattr(value, name)
        return None if nested is None else inner.read(nested)

    return read


def _at(name: str, place: int, inner: Column) -> Callable[[Any], Any]:
    return lambda value: inner.read(getattr(value, name)[place])


def _nth(name: str, place: int) -> Callable[[Any], Any]:
    return lambda value: getattr(value, name)[place]


def _words(value: Any) -> str | None:
    """Return a value that may be a text, a number or a list as a text."""
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def path_text(path: Sequence[Step | PathStep]) -> str:
    """Return a path of edges as one text; nothing for a path without edges.

    Examples
    --------
    >>> path_text([PathStep("a/lora", "adapter", "b/chat"),
    ...            PathStep("b/chat", "finetune", "c/base")])
    'a/lora –adapter→ b/chat –finetune→ c/base'
    """
    if not path:
        return ""
    return "".join(
        [path[0].child, *(f" –{step.relation}→ {step.parent}" for step in path)]
    )


def pandas_types(pd: Any) -> dict[pa.DataType, Any]:
    """Return the nullable type of pandas for each Arrow type that columns have."""
    return {
        pa.string(): pd.StringDtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.float64(): pd.Float64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
