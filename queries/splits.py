"""Victims by namespace, developer, relation, depth, task, licence and month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.arrays import NO_DAY
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
    [LineageGraph, Verdicts], tuple[NDArray[np.int64], Callable[[int], str]]
]


def split_victims(
    graph: LineageGraph, found: Verdicts, dimension: str
) -> tuple[Split, ...]:
    """Return the victims of an event by one dimension, largest part first.

    Raises
    ------
    InvalidArgumentError
        When there is no such dimension.
    """
    coder = DIMENSIONS.get(dimension)
    if coder is None:
        raise InvalidArgumentError(
            f"no split by {dimension!r}; there are {', '.join(DIMENSIONS)}"
        )
    codes, word = coder(graph, found)
    values, place = np.unique(codes, return_inverse=True)
    downloads = np.maximum(graph.columns.downloads[found.nodes], 0)
    sums = np.zeros(len(values), np.int64)
    np.add.at(sums, place, downloads)
    counts = np.bincount(place, minlength=len(values))
    captive = np.bincount(place, weights=found.captive, minlength=len(values))
    parts = [
        Split(word(int(value)), int(counts[at]), int(captive[at]), int(sums[at]))
        for at, value in enumerate(values)
    ]
    if dimension in ("month", "depth"):
        return tuple(parts)
    return tuple(sorted(parts, key=lambda part: (-part.artefacts, part.key)))


def _owner(column: str) -> _Coder:
    def code(
        graph: LineageGraph, found: Verdicts
    ) -> tuple[NDArray[np.int64], Callable[[int], str]]:
        codes = getattr(graph.columns, column)[found.nodes].astype(np.int64)
        return codes, lambda node: UNKNOWN_KEY if node < 0 else graph.ids[node]

    return code


def _word(column: str) -> _Coder:
    def code(
        graph: LineageGraph, found: Verdicts
    ) -> tuple[NDArray[np.int64], Callable[[int], str]]:
        words = graph.vocabulary[column]
        codes = getattr(graph.columns, column)[found.nodes].astype(np.int64)
        return codes, lambda at: UNKNOWN_KEY if at < 0 else str(words[at])

    return code


def _relation(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.int64], Callable[[int], str]]:
    """Code the relation of the first edge of each proof."""
    codes = np.zeros(len(found.nodes), np.int64)
    for number, tree in enumerate(found.trees):
        mine = np.flatnonzero(found.tree == number)
        via = tree.via[np.searchsorted(tree.nodes, found.nodes[mine])]
        codes[mine] = graph.children.relations[via]
    return codes, lambda code: RELATIONS[code].name


def _depth(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.int64], Callable[[int], str]]:
    return found.depth.astype(np.int64), str


def _kind(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.int64], Callable[[int], str]]:
    return graph.columns.kind[found.nodes].astype(np.int64), lambda code: KINDS[code]


def _month(
    graph: LineageGraph, found: Verdicts
) -> tuple[NDArray[np.int64], Callable[[int], str]]:
    days = graph.columns.day[found.nodes]
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months[days == NO_DAY] = np.iinfo(np.int64).max

    def word(month: int) -> str:
        if month == np.iinfo(np.int64).max:
            return UNKNOWN_KEY
        return str(np.datetime64(month, "M"))

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
