"""Why is there an edge? Its claims, each with its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from headwater.errors import NodeNotFoundError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import PRIMARY_RANK, SOURCE_CODE, SOURCES
from headwater.queries.as_of import there_by
from headwater.queries.results import Result, Results
from headwater.queries.targets import resolve_node


@dataclass(frozen=True, slots=True)
class Evidence:
    """One claim about an edge; the fields are those of the ``claims`` table."""

    relation: str
    stance: str
    source: str
    document: str
    revision: str | None
    declared_by: str
    primary: bool
    confidence: float
    first_seen: str
    last_seen: str
    raw: str | None
    note: str | None
    child_as_given: str
    parent_as_given: str


@dataclass(frozen=True, slots=True)
class Why(Result):
    """An edge and the claims behind it.

    Attributes
    ----------
    snapshot, child, parent, relation : str
        The edge.
    standing : str
        ``accepted``, ``refuted`` or ``self``.
    disputed : bool
        Whether sources disagree.
    claims : tuple of Evidence
        Most authoritative first.
    verdict : str
        One sentence that says why this relation won.
    later : int or None
        Claims first seen after the day asked as of, which count all the same: that a
        claim was not seen yet does not mean that it was not made. None: no day.
    """

    snapshot: str
    child: str
    parent: str
    relation: str
    standing: str
    disputed: bool
    claims: tuple[Evidence, ...]
    verdict: str
    later: int | None


def why(
    graph: LineageGraph, child: str, parent: str, as_of: date | None = None
) -> Results[Why]:
    """Return the edges from one node to another with all their claims.

    There is at most one edge of lineage a pair, and one of succession beside it.

    Raises
    ------
    NodeNotFoundError
        When a name is unknown, or no source speaks of the pair.
    InvalidArgumentError
        When one of the two was not there on the day `as_of`.
    """
    first, second = resolve_node(graph, child), resolve_node(graph, parent)
    for node in (first, second):
        there_by(graph, np.array([node], np.int32), as_of)
    edges = graph.rows("edges", child_node=first, parent_node=second)
    if not edges:
        text = f"{graph.ids[first]} -> {graph.ids[second]}"
        parents = graph.rows("edges", child_node=first)
        near = [f"{graph.ids[first]} -> {row['parent']}" for row in parents]
        raise NodeNotFoundError(text, near[:5])
    claims = graph.rows("claims", edge=[edge["edge"] for edge in edges])
    return explain(graph.manifest.id, edges, claims, as_of)


def explain(
    snapshot: str,
    edges: Sequence[Mapping[str, Any]],
    claims: Sequence[Mapping[str, Any]],
    as_of: date | None,
) -> Results[Why]:
    """Return edges with their claims, given the rows of both tables."""
    answers = (_answer(snapshot, edge, claims, as_of) for edge in edges)
    return Results(answers, Why, snapshot)


def _answer(
    snapshot: str,
    edge: Mapping[str, Any],
    claims: Sequence[Mapping[str, Any]],
    as_of: date | None,
) -> Why:
    own = [
        Evidence(**_fields(claim)) for claim in claims if claim["edge"] == edge["edge"]
    ]
    own.sort(key=lambda item: (_rank(item), item.source, item.document, item.relation))
    later = None
    if as_of is not None:
        later = sum(claim.first_seen > as_of.isoformat() for claim in own)
    return Why(
        snapshot, edge["child"], edge["parent"], edge["relation"],
        edge["standing"], edge["disputed"], tuple(own), _sentence(edge, own), later,
    )  # fmt: skip


def _fields(claim: Mapping[str, Any]) -> dict[str, Any]:
    return {name: claim.get(name) for name in Evidence.__slots__}


def _rank(claim: Evidence) -> int:
    if claim.primary and claim.source == "catalog":
        return PRIMARY_RANK
    return SOURCES[SOURCE_CODE[claim.source]].rank


def _sentence(edge: Mapping[str, Any], claims: list[Evidence]) -> str:
    best = claims[0]
    who = {"hub": "the Hub", "curator": "a curated record", "press": "the press"}.get(
        best.declared_by, f"the {best.declared_by}"
    )
    basis = f"{best.source}{' with a primary source' if best.primary else ''}"
    if edge["standing"] == "self":
        return "The artefact names itself; the edge is kept as evidence and not walked."
    if edge["standing"] == "refuted":
        return (
            f"Not counted: {basis} denies what "
            f"{', '.join(sorted({c.source for c in claims if c.stance == 'asserts'}))} says."
        )
    decided = next(
        (c for c in claims if c.stance == "asserts" and c.relation == edge["relation"]),
        best,
    )
    if decided is not best and best.relation == "unspecified":
        return (
            f"{best.source} names the parent without a relation; "
            f"{decided.source} says {decided.relation}."
        )
    return f"{edge['relation']} by {basis} ({who})."
