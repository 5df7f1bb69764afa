"""Where two sources disagree about what stands on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.edge_rows import STANDINGS
from headwater.graph.kernels.csr import BoolArray, IntArray, LongArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS, RELATION_CODE, RELATIONS, SOURCE_CODE
from headwater.queries.claim_codes import (
    UNSPECIFIED,
    ClaimCodes,
    EdgeCodes,
    read_claim_codes,
    read_edge_codes,
    relation_names,
)
from headwater.queries.results import Result

OUTCOMES: Final = (
    "b_denies", "a_denies", "relation", "only_a", "only_b", "less_specific", "agree",
)  # fmt: skip
"""What becomes of an edge that one of the two asserts; the first that fits counts."""
DIFFERENCES: Final = OUTCOMES[:5]
"""Those that are disagreements; where one names a relation and the other leaves it open,
neither is wrong."""
TOPICS: Final = ("models", "datasets", "successions")
"""What a source speaks of: a child's parents of this kind."""
_SUCCESSION: Final = RELATION_CODE["successor_of"]


@dataclass(frozen=True, slots=True)
class Topic:
    """How far two sources agree about parents of one kind.

    Attributes
    ----------
    topic : str
        One of :data:`TOPICS`.
    both, only_a, only_b : int
        Children of whose parents of this kind both speak, only A, only B.
    outcomes : dict of str to int
        Edges of the children of which both speak, by outcome; see :data:`OUTCOMES`.
    """

    topic: str
    both: int
    only_a: int
    only_b: int
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One edge about which two sources disagree.

    Attributes
    ----------
    outcome : str
        One of :data:`DIFFERENCES`.
    child, parent : str
        Node ids.
    relations_a, relations_b : tuple of str
        Relations that each asserts; empty when it asserts no such edge.
    relation, standing : str
        What the graph makes of it.
    downloads : int or None
        Of the child, 30 days; None: unknown.
    """

    outcome: str
    child: str
    parent: str
    relations_a: tuple[str, ...]
    relations_b: tuple[str, ...]
    relation: str
    standing: str
    downloads: int | None


@dataclass(frozen=True, slots=True)
class SourceComparison(Result):
    """Two sources side by side.

    Attributes
    ----------
    snapshot, a, b : str
        What was compared.
    topics : tuple of Topic
        By kind of parent; those of which neither speaks are left out.
    differences : tuple of Difference
        In the order of :data:`DIFFERENCES`, the most used child first.
    truncated : dict of str to int
        Further differences by outcome.
    """

    snapshot: str
    a: str
    b: str
    topics: tuple[Topic, ...]
    differences: tuple[Difference, ...]
    truncated: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Said:
    """What one source says of each edge.

    Attributes
    ----------
    relations : int32 array, shape (E,)
        Bit set of the relations that it asserts.
    denies, speaks : bool arrays, shapes (E,)
        Whether it denies the edge; whether it says anything of it.
    """

    relations: IntArray
    denies: BoolArray
    speaks: BoolArray


def diff_sources(
    graph: LineageGraph, a: str, b: str, limit: int | None = None
) -> SourceComparison:
    """Return the edges about which two sources disagree.

    Silence counts only where a source could be expected to speak: edges are compared
    for children of whose parents of that kind both sources say something. That a card
    names a dataset is no disagreement with a source that only knows base models.

    Parameters
    ----------
    a, b : str
        Names of sources, as in the ``claims`` table: ``hub:cardData``, ``catalog`` ...
    limit : int, optional
        At most so many differences an outcome; None: all.

    Raises
    ------
    InvalidArgumentError
        When a source has no claim in the snapshot, both are the same, or the limit is
        negative.

    Notes
    -----
    O(V + E + C) for V nodes, E edges and C claims.
    """
    _check(graph, a, b, limit)
    edges, claims = read_edge_codes(graph), read_claim_codes(graph)
    said = [_said(claims, len(edges), SOURCE_CODE[name]) for name in (a, b)]
    topics, outcome = _compare(graph, edges, *said)
    differences: list[Difference] = []
    truncated: dict[str, int] = {}
    for code, name in enumerate(DIFFERENCES):
        rows = _by_downloads(graph, edges, np.flatnonzero(outcome == code))
        shown = rows if limit is None else rows[:limit]
        differences += [_difference(graph, edges, said, row, name) for row in shown]
        truncated[name] = len(rows) - len(shown)
    return SourceComparison(
        graph.manifest.id, a, b, topics, tuple(differences), truncated
    )


def _compare(
    graph: LineageGraph, edges: EdgeCodes, a: _Said, b: _Said
) -> tuple[tuple[Topic, ...], IntArray]:
    """Return the topics, and the outcome of each edge that is compared, else -1."""
    topic, outcome = _topics(graph, edges), _outcomes(a, b)
    topics = []
    compared = np.zeros(len(edges), np.bool_)
    for code, name in enumerate(TOPICS):
        about = topic == code
        in_a, in_b = (_children(graph, edges, said.speaks & about) for said in (a, b))
        both = in_a & in_b
        if not (in_a | in_b).any():
            continue
        shared = about & both[edges.child] & (outcome >= 0)
        compared |= shared
        counts = np.bincount(outcome[shared], minlength=len(OUTCOMES)).tolist()
        topics.append(
            Topic(
                topic=name,
                both=int(both.sum()),
                only_a=int((in_a & ~both).sum()),
                only_b=int((in_b & ~both).sum()),
                outcomes=dict(zip(OUTCOMES, counts, strict=True)),
            )
        )
    outcome[~compared] = -1
    return tuple(topics), outcome


def _check(graph: LineageGraph, a: str, b: str, limit: int | None) -> None:
    there = sorted(graph.manifest.counts["claims"])
    for name in (a, b):
        if name not in there or name not in SOURCE_CODE:
            raise InvalidArgumentError(
                f"no claim in the snapshot comes from {name!r}; there are "
                f"{', '.join(there) or 'no claims at all'}"
            )
    if a == b:
        raise InvalidArgumentError(f"{a} agrees with itself; name two sources")
    if limit is not None and limit < 0:
        raise InvalidArgumentError(f"the limit is {limit}; 0 is the least")


def _said(claims: ClaimCodes, n_edges: int, source: int) -> _Said:
    own = claims.source == source
    bits = np.int32(1) << claims.relation.astype(np.int32)
    none = np.int32(0)
    relations = claims.gather(np.where(own & claims.asserts, bits, none), n_edges)
    denied = claims.gather(np.where(own & ~claims.asserts, bits, none), n_edges) != 0
    return _Said(relations, denied, denied | (relations != 0))


def _topics(graph: LineageGraph, edges: EdgeCodes) -> IntArray:
    topic = np.where(
        graph.columns.kind[edges.parent] == KINDS.index("dataset"),
        TOPICS.index("datasets"),
        TOPICS.index("models"),
    ).astype(np.int32)
    topic[edges.relation == _SUCCESSION] = TOPICS.index("successions")
    return topic


def _children(graph: LineageGraph, edges: EdgeCodes, spoken: BoolArray) -> BoolArray:
    found = np.zeros(graph.n_nodes, np.bool_)
    found[edges.child[spoken]] = True
    return found


def _outcomes(a: _Said, b: _Said) -> IntArray:
    """Return the place of each edge in :data:`OUTCOMES`, -1 when neither asserts it."""
    in_a, in_b = a.relations != 0, b.relations != 0
    stated = a.relations & ~UNSPECIFIED, b.relations & ~UNSPECIFIED
    found = np.select(
        [
            in_a & b.denies,
            in_b & a.denies,
            (stated[0] != 0) & (stated[1] != 0) & (stated[0] != stated[1]),
            in_a & ~in_b,
            in_b & ~in_a,
            in_a & in_b & (stated[0] != stated[1]),
            in_a & in_b,
        ],
        list(range(len(OUTCOMES))),
        default=-1,
    )
    return found.astype(np.int32)


def _by_downloads(graph: LineageGraph, edges: EdgeCodes, rows: LongArray) -> list[int]:
    order = np.lexsort((rows, -graph.columns.downloads[edges.child[rows]]))
    found: list[int] = rows[order].tolist()
    return found


def _difference(
    graph: LineageGraph, edges: EdgeCodes, said: list[_Said], row: int, outcome: str
) -> Difference:
    child = int(edges.child[row])
    downloads = int(graph.columns.downloads[child])
    relations = [relation_names(int(item.relations[row])) for item in said]
    return Difference(
        outcome=outcome,
        child=graph.ids[child],
        parent=graph.ids[int(edges.parent[row])],
        relations_a=relations[0],
        relations_b=relations[1],
        relation=RELATIONS[edges.relation[row]].name,
        standing=STANDINGS[edges.standing[row]],
        downloads=None if downloads < 0 else downloads,
    )
