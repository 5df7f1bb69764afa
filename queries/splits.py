"""Victims by namespace, developer, relation, depth, task, licence and month."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.arrays import NO_DAY
from headwater.graph.kernels.csr import LongArray
from headwater.graph.kernels.order import stable_order
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS, RELATIONS
from headwater.graph.verdicts import Verdicts

UNKNOWN_KEY: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Split:
    """One part of the victims.

    Attributes
    ----------
    key : str
        Value of the dimension; ``unknown`` when nobody has told it.
    artefacts, captive : int
        Victims, and how many of them are captive.
    downloads : int
        Known downloads of the last 30 days, summed.
    """

    key: str
    artefacts: int
    captive: int
    downloads: int


_Coder = Callable[
    [LineageGraph, Verdicts], tuple[NDArray[np.integer[Any]], Callable[[int], str]]
]


class Splits(Sequence[Split]):
    """Parts of the victims, in order; each is made when it is looked at.

    Victims of a large developer come from more than a hundred thousand namespaces, of
    which a reader looks at twenty.

    Parameters
    ----------
    codes, artefacts, captive, downloads : int64 arrays, shape (k,)
        The parts: what they are of, and the figures of :class:`Split`.
    word : callable
        Returns the key behind a code.
    """

    def __init__(
        self,
        codes: LongArray,
        artefacts: LongArray,
        captive: LongArray,
        downloads: LongArray,
        word: Callable[[int], str],
    ) -> None:
        self._columns = (codes, artefacts, captive, downloads)
        self._word = word

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, place: int) -> Split: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Split, ...]: ...
    def __getitem__(self, place: int | slice) -> Split | tuple[Split, ...]:
        if isinstance(place, slice):
            return tuple(self._part(*row) for row in self._rows(place))
        code, artefacts, captive, downloads = (
            int(item[place]) for item in self._columns
        )
        return self._part(code, artefacts, captive, downloads)

    def __iter__(self) -> Iterator[Split]:
        return (self._part(*row) for row in self._rows(slice(None)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def _rows(self, chosen: slice) -> Iterator[tuple[int, int, int, int]]:
        return zip(*(item[chosen].tolist() for item in self._columns), strict=True)

    def _part(self, code: int, artefacts: int, captive: int, downloads: int) -> Split:
        return Split(self._word(code), artefacts, captive, downloads)


def split_victims(graph: LineageGraph, found: Verdicts, dimension: str) -> Splits:
    """Return the victims of an event by one dimension, largest part first.

    Months and depths come in their order; of equal parts the unknown one, then by key.
    What is not in :data:`BY_PROOF` is the same for every event.

    Raises
    ------
    InvalidArgumentError
        When there is no such dimension.

    Notes
    -----
    O(victims + span of the codes).
    """
    coder = DIMENSIONS.get(dimension)
    if coder is None:
        raise InvalidArgumentError(
            f"no split by {dimension!r}; there are {', '.join(DIMENSIONS)}"
        )
    codes, word = coder(graph, found)
    low = int(codes.min(initial=0))
    place = codes.astype(np.intp) - low
    counts = np.bincount(place)
    values = np.flatnonzero(counts)
    captive = np.bincount(place[found.captive], minlength=len(counts))
    sums = np.zeros(len(counts), np.int64)
    np.add.at(sums, place, np.maximum(graph.columns.downloads.take(found.nodes), 0))
    if dimension not in IN_ORDER:
        # Vocabularies and owners are numbered by their text.
        values = values[stable_order(-counts[values])]
    return Splits(values + low, counts[values], captive[values], sums[values], word)


def _owner(column: str) -> _Coder:
    def code(
        graph: LineageGraph, found: Verdicts
    ) -> tuple[NDArray[np.integer[Any]], Callable[[int], str]]:
        codes = getattr(graph.columns, column).take(found.nodes)
        return codes, lambda node: UNKNOWN_KEY if node < 0 else graph.ids[node]

    return code


def _word(column: str) -> _Coder:
    def code(
        graph: LineageGraph, found: Verdicts
    ) -> tuple[NDArray[np.integer[Any]], Callable[[int], str]]:
        words = graph.vocabulary[column]
        codes = getattr(graph.columns, column).take(found.nodes)
        return codes, lambda at: UNKNOWN_KEY if at < 0 else str(words[at])

    return code


def _relation(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.integer[Any]], Callable[[int], str]]:
    """Code the relation of the first edge of each proof."""
    codes = np.zeros(len(found.nodes), np.int64)
    for number, tree in enumerate(found.trees):
        mine = np.flatnonzero(found.tree == number)
        codes[mine] = graph.children.relations.take(tree.steps(found.nodes[mine]))
    return codes, lambda code: RELATIONS[code].name


def _depth(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.integer[Any]], Callable[[int], str]]:
    return found.depth, str


def _kind(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.integer[Any]], Callable[[int], str]]:
    return graph.columns.kind.take(found.nodes), lambda code: KINDS[code]


def _month(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.integer[Any]], Callable[[int], str]]:
    days = graph.columns.day.take(found.nodes)
    known = days != NO_DAY
    first = int(days.min(initial=0, where=known))
    # Victims share their days: each day is turned into a month once.
    every = np.arange(first, int(days.max(initial=0)) + 2, dtype=np.int64)
    of_day = every.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    # Unknown is the last month, not one at the beginning of time.
    last = int(of_day[-1]) + 1
    of_day[-1] = last
    months = of_day.take(np.where(known, days - first, len(every) - 1))

    def word(month: int) -> str:
        return UNKNOWN_KEY if month == last else str(np.datetime64(month, "M"))

    return months, word


DIMENSIONS: Final[dict[str, _Coder]] = {
    "namespace": _owner("namespace"),
    "developer": _owner("developer"),
    "relation": _relation,
    "depth": _depth,
    "kind": _kind,
    "task": _word("task"),
    "licence": _word("licence"),
    "month": _month,
}

IN_ORDER: Final = ("month", "depth")
"""Dimensions whose parts stand in their own order, not by size."""
BY_PROOF: Final = ("relation", "depth")
"""Dimensions that depend on what the event does."""
