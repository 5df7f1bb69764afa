"""The roots behind each pretrainer: what a share is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.as_of import nodes_as_of
from headwater.queries.concentration_select import choose
from headwater.queries.concentration_shares import Upstream
from headwater.queries.results import Results


@dataclass(frozen=True, slots=True)
class RootPart:
    """A root and its share of the declared weight."""

    id: str
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class PretrainerRoots:
    """One pretrainer, its share and its largest roots.

    Attributes
    ----------
    id, name : str
        The pretrainer.
    share : float
        Its share of the declared weight.
    roots : tuple of RootPart
        Its largest roots, largest first.
    n_more : int
        How many further roots of it bear weight.
    """

    id: str
    name: str
    share: float
    roots: tuple[RootPart, ...]
    n_more: int


def pretrainer_roots(
    graph: LineageGraph,
    where: Mapping[str, str] | None = None,
    *,
    by: str = "developer",
    weight: str = "models",
    as_of: date | None = None,
    pretrainers: int = 24,
    roots: int = 6,
) -> Results[PretrainerRoots]:
    """Return the largest pretrainers with their largest roots, as ``fractional`` splits.

    The shares are those of :func:`headwater.queries.concentration.concentration` with
    the default attribution, so the roots of a pretrainer sum to its share there.

    Parameters
    ----------
    where, by, weight, as_of
        As there.
    pretrainers, roots : int
        At most so many pretrainers, and roots of each.

    Raises
    ------
    InvalidArgumentError
        When an option has no such value, or no model is selected.

    Notes
    -----
    O(V + E) beyond sorting the roots.
    """
    chosen = choose(graph, where or {}, weight, as_of)
    within = None if as_of is None else nodes_as_of(graph, as_of)
    upstream = Upstream(graph, by, within)
    nodes = np.flatnonzero(chosen.models)
    mass = upstream.gather(nodes, chosen.mass.take(nodes))
    resting = upstream.on_roots(upstream.rest(mass))
    total = float(resting.sum())
    ends = np.concatenate(
        [
            upstream.nodes[: upstream.n_core][upstream.core_roots],
            upstream.nodes[upstream.owned],
        ]
    )
    amounts = np.bincount(upstream.label, resting, len(upstream.owners))
    largest = np.lexsort((upstream.owners, -amounts))[:pretrainers]
    found = []
    for label in largest[amounts[largest] > 0].tolist():
        own = np.flatnonzero((upstream.label == label) & (resting > 0))
        own = own[np.lexsort((ends[own], -resting[own]))]
        parts = tuple(
            RootPart(graph.ids[node], graph.name(node), held / total)
            for node, held in zip(
                ends[own[:roots]].tolist(), resting[own[:roots]].tolist(), strict=True
            )
        )
        owner = int(upstream.owners[label])
        found.append(
            PretrainerRoots(
                graph.ids[owner], graph.name(owner), float(amounts[label]) / total, parts,
                max(0, len(own) - roots),
            )
        )  # fmt: skip
    return Results(found, PretrainerRoots, graph.manifest.id)
