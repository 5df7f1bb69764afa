"""Dirt that shows in the graph: phantoms, cycles, dates, licences, undeclared lineage."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.arrays import NO_DAY
from headwater.graph.kernels.csr import BoolArray, row_sources
from headwater.graph.kernels.dag import Dag, condense
from headwater.graph.kernels.label_sets import reached_labels
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import (
    ARTEFACT_KINDS,
    KINDS,
    LICENCE_STATUSES,
    RELATIONS,
    ROOT_STATUSES,
)
from headwater.queries.claim_codes import read_node_codes
from headwater.queries.quality_found import Example, Found, heaviest, known

SHOWN_MEMBERS: Final = 6
DERIVATIONS: Final = np.array(
    [item.lineage and item.name not in ("uses", "mirror_of") for item in RELATIONS]
)
"""Relations whose parent must be there first: an application may change over to a newer
model, and a mirror may be older than the repository that it is a mirror of."""


def lineage_dag(graph: LineageGraph) -> Dag:
    """Return the edges of lineage with their cycles condensed."""
    return condense(graph.parents, LINEAGE_RELATIONS)


def phantom_parents(graph: LineageGraph, dag: Dag, limit: int) -> Found:
    """Return the phantoms, those with the most descendants first."""
    phantoms = np.flatnonzero(graph.columns.phantom)
    own = np.full(graph.n_nodes, -1, np.int32)
    own[phantoms] = np.arange(len(phantoms), dtype=np.int32)
    sets = reached_labels(dag, own)
    everybody = np.ones(graph.n_nodes, np.int64)
    # Every node has its own label too.
    below = sets.sum_by_label(everybody, len(phantoms)) - 1
    direct = np.bincount(dag.parents, minlength=graph.n_nodes)[phantoms]
    standing = sets.sizes()[sets.set_of] > (own >= 0)
    examples = tuple(
        Example(
            graph.ids[int(phantoms[at])],
            None,
            f"{below[at]:,} stand on it, {direct[at]:,} of them directly",
            int(below[at]),
        )
        for at in heaviest(limit, below, direct)
    )
    return Found(
        count=len(phantoms),
        affected=int(standing.sum()),
        of=graph.n_artefacts,
        breakdown=_tally(graph.columns.kind[phantoms], KINDS),
        examples=examples,
        n_examples=len(phantoms),
    )


def cycles(graph: LineageGraph, dag: Dag, limit: int) -> Found:
    """Return the components of two or more over the edges of lineage, largest first."""
    groups = sorted(dag.components().values(), key=lambda group: (-len(group), group))
    of_body = graph.columns.representative
    by_weights = sum(len(np.unique(of_body[group])) < len(group) for group in groups)
    breakdown = {
        "by weights": by_weights,
        "through data or outputs": len(groups) - by_weights,
    }
    return Found(
        count=len(groups),
        affected=sum(len(group) for group in groups),
        of=graph.n_artefacts,
        breakdown={name: number for name, number in breakdown.items() if number},
        examples=tuple(_cycle(graph, group) for group in groups[:limit]),
        n_examples=len(groups),
    )


def _cycle(graph: LineageGraph, group: list[int]) -> Example:
    names = [graph.ids[node] for node in group[:SHOWN_MEMBERS]]
    more = len(group) - len(names)
    rest = f" and {more:,} more" if more else ""
    detail = f"{len(group):,} artefacts: {', '.join(names)}{rest}"
    return Example(names[0], None, detail, len(group))


def older_children(graph: LineageGraph, limit: int) -> Found:
    """Return derivations whose child has the earlier date, widest gap first."""
    day = graph.columns.day
    child, parent = row_sources(graph.parents.offsets), graph.parents.targets
    dated = DERIVATIONS[graph.parents.relations]
    dated &= (day[child] != NO_DAY) & (day[parent] != NO_DAY)
    older = np.flatnonzero(dated & (day[child] < day[parent]))
    child, parent = child[older], parent[older]
    gap = day[parent] - day[child]
    names = tuple(item.name for item in RELATIONS)
    examples = tuple(
        Example(
            graph.ids[int(child[at])],
            graph.ids[int(parent[at])],
            f"{graph.day(int(child[at]))} before {graph.day(int(parent[at]))}, "
            f"{gap[at]:,} days ({names[graph.parents.relations[older[at]]]})",
            int(gap[at]),
        )
        for at in heaviest(limit, gap)
    )
    return Found(
        count=len(older),
        affected=len(older),
        of=int(dated.sum()),
        breakdown=_tally(graph.parents.relations[older], names),
        examples=examples,
        n_examples=len(older),
    )


def licence_gaps(graph: LineageGraph, limit: int) -> Found:
    """Return artefacts without a known licence, those with the most children first."""
    status = read_node_codes(graph, "licence_status", LICENCE_STATUSES)
    seen = (graph.columns.kind < len(ARTEFACT_KINDS)) & ~graph.columns.phantom
    gaps = seen & (status != LICENCE_STATUSES.index("declared"))
    nodes = np.flatnonzero(gaps)
    children = np.diff(graph.children.offsets)[nodes]
    downloads = graph.columns.downloads[nodes]
    examples = tuple(
        Example(
            graph.ids[int(nodes[at])],
            None,
            f"{LICENCE_STATUSES[status[nodes[at]]]}, {children[at]:,} artefacts name "
            "it as a parent",
            int(children[at]),
        )
        for at in heaviest(limit, children, downloads)
    )
    return _share_of(nodes, seen, _tally(status[seen], LICENCE_STATUSES), examples)


def undeclared_lineage(graph: LineageGraph, limit: int) -> Found:
    """Return models that nobody says anything about, the most used first."""
    status = graph.columns.root_status
    seen = (graph.columns.kind == KINDS.index("model")) & ~graph.columns.phantom
    nodes = np.flatnonzero(seen & (status == ROOT_STATUSES.index("undeclared")))
    downloads, likes = graph.columns.downloads[nodes], graph.columns.likes[nodes]
    examples = tuple(
        Example(
            graph.ids[int(nodes[at])],
            None,
            "downloads of 30 days unknown"
            if downloads[at] < 0
            else f"{downloads[at]:,} downloads of 30 days",
            known(int(downloads[at])),
        )
        for at in heaviest(limit, downloads, likes)
    )
    return _share_of(nodes, seen, _tally(status[seen], ROOT_STATUSES), examples)


def _share_of(
    nodes: NDArray[Any],
    seen: BoolArray,
    breakdown: dict[str, int],
    examples: tuple[Example, ...],
) -> Found:
    return Found(
        count=len(nodes),
        affected=len(nodes),
        of=int(seen.sum()),
        breakdown=breakdown,
        examples=examples,
        n_examples=len(nodes),
    )


def _tally(codes: NDArray[Any], words: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(words)).tolist()
    return {word: count for word, count in zip(words, counts, strict=True) if count}
