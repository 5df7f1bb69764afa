"""What chokepoints are computed over: the weight graph, owners, and what models weigh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray, IntArray, LongArray
from headwater.graph.kernels.dag import Dag, condense
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import KINDS

BY: Final = ("artefact", "namespace", "developer")
"""What can be a chokepoint."""
WEIGHTS: Final = ("models", "downloads", "downloads_all_time", "likes", "parameters")
"""What a model can weigh by; ``downloads`` are those of 30 days."""


@dataclass(frozen=True, slots=True)
class Dominated:
    """Models that stand or fall with something.

    Attributes
    ----------
    models : int
        How many; what falls with itself (the artefact, the owner's own models) is not
        counted.
    downloads : int
        Their downloads of 30 days where these are known, summed.
    downloads_unknown : int
        Models among them whose downloads nobody has told.
    weight : int
        The same sum for the weight that was asked for.
    weight_unknown : int
        Models among them for which nobody has told it.
    """

    models: int
    downloads: int
    downloads_unknown: int
    weight: int
    weight_unknown: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The five figures of :class:`Dominated`, one row each: of nodes, labels or pairs.

    Attributes
    ----------
    rows : tuple of int64 arrays
        Models, downloads, unknown downloads, weight, unknown weight. Equal rows are one
        array, so that nothing is summed twice.
    """

    rows: tuple[LongArray, ...]

    def mapped(self, change: Callable[[LongArray], LongArray]) -> Figures:
        """Return the figures with something done to each row."""
        done: dict[int, LongArray] = {}
        for row in self.rows:
            if id(row) not in done:
                done[id(row)] = change(row)
        return Figures(tuple(done[id(row)] for row in self.rows))

    def grouped(self, label: IntArray) -> Figures:
        """Return the sums over nodes of equal label, placed at the label; -1 is none."""
        some = np.flatnonzero(label >= 0)
        which = label.take(some)

        def add_up(row: LongArray) -> LongArray:
            total = np.zeros(len(row), np.int64)
            np.add.at(total, which, row.take(some))
            return total

        return self.mapped(add_up)

    def less(self, other: Figures) -> Figures:
        """Return the differences."""
        return Figures(tuple(a - b for a, b in zip(self.rows, other.rows, strict=True)))

    def plus(self, other: Figures) -> Figures:
        """Return the sums."""
        return Figures(tuple(a + b for a, b in zip(self.rows, other.rows, strict=True)))

    def at(self, places: NDArray[np.integer[Any]]) -> Figures:
        """Return the figures at some places."""
        return self.mapped(lambda row: row.take(places))

    def of(self, place: int) -> Dominated:
        """Return the figures at one place."""
        return Dominated(*(int(row[place]) for row in self.rows))

    @property
    def models(self) -> LongArray:
        """How many models."""
        return self.rows[0]

    @property
    def weight(self) -> LongArray:
        """How much they weigh."""
        return self.rows[3]


def heaviest(figures: Figures, limit: int | None) -> tuple[LongArray, int]:
    """Return places by weight, models, number, and how many have a model at all.

    O(n), and O(m log m) for those m that can come so far up.
    """
    places = np.flatnonzero(figures.models)
    n_found = len(places)
    weight = figures.weight.take(places)
    if limit is not None and 0 < limit < n_found:
        least = np.partition(weight, n_found - limit)[n_found - limit]
        places, weight = places[weight >= least], weight[weight >= least]
    order = np.lexsort((places, -figures.models.take(places), -weight))
    return places[order[:limit]], n_found


def counted_models(graph: LineageGraph, alive: BoolArray | None) -> BoolArray:
    """Return the models that are counted: all that were ever seen, shape (V,)."""
    selected: BoolArray = (graph.columns.kind == KINDS.index("model")) & (
        ~graph.columns.phantom
    )
    return selected if alive is None else selected & alive


def model_figures(graph: LineageGraph, models: BoolArray, weight: str) -> Figures:
    """Return the figures of each node; what is no counted model has zeros.

    Raises
    ------
    InvalidArgumentError
        When there is no such weight.
    """
    if weight not in WEIGHTS:
        raise InvalidArgumentError(
            f"no weight {weight!r}; there are {', '.join(WEIGHTS)}"
        )
    ones = models.astype(np.int64)
    downloads = _told(graph.columns.downloads, models)
    if weight == "models":
        return Figures((ones, *downloads, ones, np.zeros(len(ones), np.int64)))
    if weight == "downloads":
        return Figures((ones, *downloads, *downloads))
    return Figures((ones, *downloads, *_told(getattr(graph.columns, weight), models)))


def _told(values: LongArray, models: BoolArray) -> tuple[LongArray, LongArray]:
    known = models & (values >= 0)
    return np.where(known, values, 0), (models & ~known).astype(np.int64)


def weight_graph(graph: LineageGraph, alive: BoolArray | None) -> Dag:
    """Return the graph over which weights come, mirrors included."""
    if alive is None:
        return condense(graph.parents, BODY_RELATIONS, graph.columns.representative)
    return condense(graph.parents, BODY_RELATIONS, None, alive)


def without_cycles(dag: Dag) -> Dag:
    """Return the graph in which each component is one node, its representative."""
    return replace(
        dag,
        offsets=dag.dag_offsets,
        parents=dag.dag_parents,
        representatives=np.arange(dag.n_nodes, dtype=np.int32),
    )


def owners(graph: LineageGraph, by: str) -> IntArray:
    """Return the owner of each node, -1 where there is none.

    A developer who is not known is stood in for by the namespace, as everywhere.
    """
    columns = graph.columns
    if by == "namespace":
        return columns.namespace
    return np.where(columns.developer >= 0, columns.developer, columns.namespace)
