"""What models can be selected by: tasks, licences, libraries and languages that occur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from headwater.errors import InvalidArgumentError
from headwater.graph.columns import encode, one_chunk
from headwater.graph.kernels.order import stable_order
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS
from headwater.queries.results import Result


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value, and how many models have it."""

    value: str
    models: int


@dataclass(frozen=True, slots=True)
class Values(Result):
    """Values of the columns of a selection, the most common first.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    task, licence, library, language : tuple of ValueCount
        As :data:`headwater.queries.concentration_select.WHERE` takes them.
    """

    snapshot: str
    task: tuple[ValueCount, ...]
    licence: tuple[ValueCount, ...]
    library: tuple[ValueCount, ...]
    language: tuple[ValueCount, ...]


def selectable_values(graph: LineageGraph, limit: int = 200) -> Values:
    """Return the most common values of the models of a snapshot.

    Parameters
    ----------
    limit : int
        At most so many values a column, 1 or more.

    Raises
    ------
    InvalidArgumentError
        When the limit is below 1.

    Notes
    -----
    O(V) for V nodes.
    """
    if limit < 1:
        raise InvalidArgumentError(f"the limit is {limit}; 1 is the least")
    is_model = graph.columns.kind == KINDS.index("model")

    def coded(name: str) -> tuple[ValueCount, ...]:
        codes = getattr(graph.columns, name)[is_model]
        words = [str(word) for word in graph.vocabulary[name]]
        return _ranked(codes[codes >= 0], words, limit)

    lists = one_chunk(graph.node_table(["language"])["language"])
    rows = pc.list_parent_indices(lists).to_numpy()
    codes, words = encode(pc.list_flatten(lists))
    own = codes[is_model[rows] & (codes >= 0)]
    languages = [str(word) for word in words.to_pylist()]
    return Values(
        graph.manifest.id, coded("task"), coded("licence"), coded("library"),
        _ranked(own, languages, limit),
    )  # fmt: skip


def _ranked(
    codes: np.ndarray[tuple[int], np.dtype[np.integer]], words: list[str], limit: int
) -> tuple[ValueCount, ...]:
    counts = np.bincount(codes, minlength=len(words))
    order = stable_order(-counts)[:limit]
    return tuple(
        ValueCount(words[code], n)
        for code, n in zip(order.tolist(), counts[order].tolist(), strict=True)
        if n
    )
