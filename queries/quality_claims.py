"""Dirt that shows in claims: self-loops, several relations, sources that lack an edge."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATIONS, SOURCE_CODE, SOURCES
from headwater.queries.claim_codes import (
    SELF,
    UNSPECIFIED,
    ClaimCodes,
    EdgeCodes,
    relation_names,
)
from headwater.queries.quality_found import Example, Found, heaviest, known
from headwater.queries.quality_skips import skips

HUB: Final = ("hub:baseModels", "hub:cardData", "hub:tag")
"""Sources that speak of one and the same thing: the base models of a repository."""
_HUB_BITS: Final = np.int32(sum(1 << SOURCE_CODE[name] for name in HUB))
_WEIGHTS: Final = np.array([item.flow == "weights" for item in RELATIONS])


def self_loops(
    graph: LineageGraph, edges: EdgeCodes, claims: ClaimCodes, limit: int
) -> Found:
    """Return artefacts named as their own parent: those in the tables, then refused ones.

    A crawl leaves most of them out when it reads; the snapshot keeps their number.
    """
    rows = np.flatnonzero(edges.standing == SELF)
    refused = [item for item in skips(graph) if item.is_about("self")]
    n_refused = sum(item.count for item in refused)
    examples = [
        Example(
            graph.ids[int(edges.child[rows[at]])],
            None,
            _says(claims, int(rows[at])),
            known(int(graph.columns.downloads[edges.child[rows[at]]])),
        )
        for at in _by_downloads(graph, edges.child[rows], limit)
    ]
    examples += [
        Example(item.reason, None, text, None, is_reason=True)
        for item in refused
        for text in item.examples
    ]
    count = len(rows) + n_refused
    breakdown = {"in the tables": len(rows), "left out on reading": n_refused}
    return Found(
        count=count,
        affected=count,
        of=len(edges) + n_refused,
        breakdown={name: number for name, number in breakdown.items() if number},
        examples=tuple(examples[:limit]),
        n_examples=count,
    )


def several_relations(
    graph: LineageGraph, edges: EdgeCodes, claims: ClaimCodes, limit: int
) -> Found:
    """Return edges for which claims state different relations, most used child first.

    ``unspecified`` states none, and a succession is an edge of its own.
    """
    stated = relation_bits(claims, len(edges), claims.asserts) & ~UNSPECIFIED
    counted = edges.standing != SELF
    rows = np.flatnonzero(counted & (np.bitwise_count(stated) > 1))
    masks, numbers = np.unique(stated[rows], return_counts=True)
    return Found(
        count=len(rows),
        affected=len(rows),
        of=int(counted.sum()),
        breakdown={
            " + ".join(relation_names(mask)): number
            for mask, number in zip(masks.tolist(), numbers.tolist(), strict=True)
        },
        examples=_pairs(graph, edges, claims, rows, limit),
        n_examples=len(rows),
    )


def card_against_tags(
    graph: LineageGraph, edges: EdgeCodes, claims: ClaimCodes, limit: int
) -> Found:
    """Return base models that one Hub source names and another, which speaks, does not.

    A source speaks of a child when it names any base model of it.
    """
    own = np.int32(1) << claims.source.astype(np.int32)
    by_weights = _WEIGHTS[claims.relation]
    of_weights = claims.gather(np.where(by_weights, own, 0), len(edges)) & _HUB_BITS
    named = claims.gather(own, len(edges)) & _HUB_BITS
    speaking = np.zeros(graph.n_nodes, np.int32)
    for name in HUB:
        bit = np.int32(1 << SOURCE_CODE[name])
        speaking[edges.child[(of_weights & bit) != 0]] |= bit
    spoken = speaking[edges.child]
    compared = (edges.standing != SELF) & (of_weights != 0)
    compared &= np.bitwise_count(spoken) > 1
    lacking = spoken & ~named
    rows = np.flatnonzero(compared & (lacking != 0))
    breakdown = {
        f"not in {name}": int(((lacking[rows] >> SOURCE_CODE[name]) & 1).sum())
        for name in HUB
    }
    examples = tuple(
        _pair(
            graph, edges, int(rows[at]),
            f"in {_source_names(int(named[rows[at]]))}, "
            f"not in {_source_names(int(lacking[rows[at]]))}",
        )
        for at in _by_downloads(graph, edges.child[rows], limit)
    )  # fmt: skip
    return Found(
        count=len(rows),
        affected=len(rows),
        of=int(compared.sum()),
        breakdown={name: number for name, number in breakdown.items() if number},
        examples=examples,
        n_examples=len(rows),
    )


def relation_bits(
    claims: ClaimCodes, n_edges: int, which: NDArray[np.bool_]
) -> IntArray:
    """Return for each edge the bit set of the relations that some claims state."""
    own = np.int32(1) << claims.relation.astype(np.int32)
    return claims.gather(np.where(which, own, np.int32(0)), n_edges)


def _pairs(
    graph: LineageGraph,
    edges: EdgeCodes,
    claims: ClaimCodes,
    rows: NDArray[np.int64],
    limit: int,
) -> tuple[Example, ...]:
    return tuple(
        _pair(
            graph, edges, int(rows[at]),
            f"{_says(claims, int(rows[at]))}; taken as "
            f"{RELATIONS[edges.relation[rows[at]]].name}",
        )
        for at in _by_downloads(graph, edges.child[rows], limit)
    )  # fmt: skip


def _pair(graph: LineageGraph, edges: EdgeCodes, row: int, detail: str) -> Example:
    child = int(edges.child[row])
    parent = graph.ids[int(edges.parent[row])]
    downloads = known(int(graph.columns.downloads[child]))
    return Example(graph.ids[child], parent, detail, downloads)


def _says(claims: ClaimCodes, edge: int) -> str:
    """Return each relation that is asserted of an edge, with its sources."""
    said: dict[str, dict[str, None]] = {}
    at = claims.of_edge(edge)
    for relation, source, asserts in zip(
        claims.relation[at].tolist(), claims.source[at].tolist(),
        claims.asserts[at].tolist(), strict=True,
    ):  # fmt: skip
        if asserts:
            word = RELATIONS[relation].name
            said.setdefault(word, {})[SOURCES[source].name] = None
    return ", ".join(f"{word} ({', '.join(names)})" for word, names in said.items())


def _source_names(bits: int) -> str:
    return " and ".join(name for name in HUB if bits >> SOURCE_CODE[name] & 1)


def _by_downloads(graph: LineageGraph, nodes: IntArray, limit: int) -> list[int]:
    return heaviest(limit, graph.columns.downloads[nodes])
