"""How often does the licence change along the edges by which weights come?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import IntArray, row_sources
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import RELATIONS
from headwater.queries.licence_flow import declared_licences, owners
from headwater.queries.licence_table import (
    NOTICE,
    UNLISTED,
    LicenceTable,
    licence_table,
)
from headwater.queries.results import Result

ALL: Final = "all"
_UNNAMED: Final = -1


@dataclass(frozen=True, slots=True)
class Drift:
    """Edges of one relation, or all of them together.

    Attributes
    ----------
    relation : str
        The relation, or ``all``.
    edges : int
        Edges by which weights come.
    pairs : int
        Of these, edges both of whose ends name a licence.
    differ : int
        Of the pairs, those whose licences are not the same.
    differ_share : float or None
        The same as a share of the pairs; None without any.
    drops, adds : int
        Pairs in which the child's licence lacks an obligation that the parent's has, or
        has one that the parent's lacks; both may hold.
    bound : int
        Pairs whose parent's licence asks for more than attribution.
    loosened : int
        Of these, pairs in which the child's licence lacks one of the obligations beyond
        attribution.
    loosened_share : float or None
        The same as a share of `bound`; None without any.
    same_owner : int
        Pairs that differ while both ends have one owner, who is free to do so.
    child_absent : int
        Edges whose parent names a licence while the child declares none.
    parent_absent : int
        Edges whose child names a licence while the parent declares none.
    """

    relation: str
    edges: int
    pairs: int
    differ: int
    differ_share: float | None
    drops: int
    adds: int
    bound: int
    loosened: int
    loosened_share: float | None
    same_owner: int
    child_absent: int
    parent_absent: int


@dataclass(frozen=True, slots=True)
class Transition:
    """Two different licences along edges, the parent's first."""

    parent: str
    child: str
    edges: int


@dataclass(frozen=True, slots=True)
class LicenceDrift(Result):
    """Change of licences along edges.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    by_relation : tuple of Drift
        All relations together, then each that has edges, in the order of the schema.
    transitions : tuple of Transition
        Most frequent first, then by licence.
    truncated : int
        Transitions that are not listed.
    notice : str
        What this is not.
    """

    snapshot: str
    by_relation: tuple[Drift, ...]
    transitions: tuple[Transition, ...]
    truncated: int
    notice: str = NOTICE


def licence_drift(
    graph: LineageGraph,
    limit: int | None = None,
    table: LicenceTable | None = None,
) -> LicenceDrift:
    """Return how often parent and child have different licences, by relation.

    Two licences are the same when the table says so (``Apache 2.0`` is ``apache-2.0``)
    or, not being listed, when they are the same words. ``other`` and ``unknown`` name no
    licence, so edges from and to them are no pairs.

    Parameters
    ----------
    limit : int, optional
        At most so many transitions; None lists all.

    Raises
    ------
    InvalidArgumentError
        When `limit` is negative.

    Notes
    -----
    O(V + E).
    """
    if limit is not None and limit < 0:
        raise InvalidArgumentError("limit cannot be negative")
    table = table or licence_table()
    names, named = _named(graph, table)
    rows = graph.parents
    child = row_sources(rows.offsets)
    kept = np.flatnonzero(BODY_RELATIONS[rows.relations] & (child != rows.targets))
    child, parent, relation = child[kept], rows.targets[kept], rows.relations[kept]
    marks = _marks(graph, table, named, child, parent)
    drifts = [_drift(ALL, marks)]
    for code in np.flatnonzero(np.bincount(relation, minlength=len(RELATIONS))):
        of_relation = {name: mark[relation == code] for name, mark in marks.items()}
        drifts.append(_drift(RELATIONS[code].name, of_relation))
    differ = marks["differ"]
    ranked = _transitions(names, named[parent[differ]], named[child[differ]])
    shown = ranked[:limit]
    return LicenceDrift(
        graph.manifest.id, tuple(drifts), tuple(shown), len(ranked) - len(shown)
    )


def _named(graph: LineageGraph, table: LicenceTable) -> tuple[list[str], IntArray]:
    """Return different licences, and the place of each node's among them or -1."""
    names = [item.id for item in table.licences]
    places = {name: place for place, name in enumerate(names)}
    codes = []
    for word in graph.vocabulary["licence"]:
        place = table.find(word)
        folded = " ".join(word.lower().split())
        if place == UNLISTED and folded not in table.places:
            place = places.setdefault(folded, len(names))
            names += [folded] if place == len(names) else []
        codes.append(place)
    lookup = np.array([*codes, _UNNAMED], np.int32)
    return names, lookup[graph.columns.licence]


def _marks(
    graph: LineageGraph,
    table: LicenceTable,
    named: IntArray,
    child: IntArray,
    parent: IntArray,
) -> dict[str, NDArray[np.bool_]]:
    """Return what holds of each edge."""
    entry, _, absent = declared_licences(graph, table)
    none = np.uint64(0)
    has, lacks = np.append(table.has, none), np.append(table.lacks, none)
    beyond = has & ~table.bit("attribution")
    above, below = named[parent], named[child]
    pairs = (above >= 0) & (below >= 0)
    differ = pairs & (above != below)
    owner = owners(graph)
    up, down = entry[parent], entry[child]
    return {
        "pairs": pairs,
        "differ": differ,
        "drops": has[up] & lacks[down] != 0,
        "adds": has[down] & lacks[up] != 0,
        "bound": pairs & (beyond[up] != 0),
        "loosened": beyond[up] & lacks[down] != 0,
        "same_owner": differ & (owner[parent] == owner[child]) & (owner[child] >= 0),
        "child_absent": (above >= 0) & absent[child],
        "parent_absent": (below >= 0) & absent[parent],
    }


def _drift(relation: str, marks: dict[str, NDArray[np.bool_]]) -> Drift:
    counts: dict[str, Any] = {name: int(mark.sum()) for name, mark in marks.items()}
    pairs, bound = counts["pairs"], counts["bound"]
    return Drift(
        relation=relation,
        edges=len(marks["pairs"]),
        differ_share=counts["differ"] / pairs if pairs else None,
        loosened_share=counts["loosened"] / bound if bound else None,
        **counts,
    )


def _transitions(
    names: list[str], parent: IntArray, child: IntArray
) -> list[Transition]:
    packed = parent.astype(np.int64) * len(names) + child
    found, counts = np.unique(packed, return_counts=True)
    times = Counter(dict(zip(found.tolist(), counts.tolist(), strict=True)))
    listed = [
        Transition(names[key // len(names)], names[key % len(names)], number)
        for key, number in times.items()
    ]
    return sorted(listed, key=lambda item: (-item.edges, item.parent, item.child))
