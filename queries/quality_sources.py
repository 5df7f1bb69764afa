"""Where the edges come from: how many each source asserts, first or alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import SOURCES


@dataclass(frozen=True, slots=True)
class EdgeSource:
    """What one source says of the accepted edges.

    Attributes
    ----------
    source, meaning : str
        As in the schema.
    edges : int
        Edges that it asserts.
    first : int
        Edges of which it is the most authoritative source; over all sources they sum to
        the number of edges.
    alone : int
        Edges that nobody else asserts.
    """

    source: str
    meaning: str
    edges: int
    first: int
    alone: int


def edge_sources(graph: LineageGraph) -> tuple[EdgeSource, ...]:
    """Return the sources that assert an edge, the one that is most often first leading.

    Notes
    -----
    O(E) for each of the schema's sources.
    """
    bits = graph.edge_sources[graph.parents.edges]
    left = np.ones(len(bits), np.bool_)
    found = []
    for code, source in sorted(enumerate(SOURCES), key=lambda item: item[1].rank):
        own = (bits >> code & 1).astype(np.bool_)
        first = own & left
        left &= ~own
        if own.any():
            alone = np.count_nonzero(bits == 1 << code)
            found.append(
                EdgeSource(
                    source.name, source.meaning, int(np.count_nonzero(own)),
                    int(np.count_nonzero(first)), int(alone),
                )
            )  # fmt: skip
    return tuple(sorted(found, key=lambda item: (-item.first, item.source)))
