"""What is wrong with the data: classes of dirt with counts, shares and examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.claim_codes import read_claim_codes, read_edge_codes
from headwater.queries.quality_claims import (
    card_against_tags,
    self_loops,
    several_relations,
)
from headwater.queries.quality_classes import BY_NAME, CLASSES
from headwater.queries.quality_found import Example, Found
from headwater.queries.quality_graph import (
    cycles,
    licence_gaps,
    lineage_dag,
    older_children,
    phantom_parents,
    undeclared_lineage,
)
from headwater.queries.quality_names import aliases, replacements
from headwater.queries.quality_skips import local_paths, skipped_values
from headwater.queries.quality_sources import EdgeSource, edge_sources
from headwater.queries.results import Result


@dataclass(frozen=True, slots=True)
class Finding:
    """One class of dirt.

    Attributes
    ----------
    name, title : str
        The class, one of :data:`headwater.queries.quality_classes.CLASSES`.
    count : int
        How many there are.
    affected : int
        What the share counts, which `of_what` names.
    of : int
        Out of so many.
    share : float or None
        ``affected / of``, in 0..1; None when there is nothing to be a share of.
    of_what, meaning, advice : str
        What the share is of, what the class means and what to do.
    breakdown : dict of str to int
        The count by kind, relation, source or reason, the largest first; what belongs
        to two of them counts in both. For licences and roots all that were seen, by
        status.
    examples : tuple of Example
        The weightiest first.
    truncated : int
        How many further examples there are.
    """

    name: str
    title: str
    count: int
    affected: int
    of: int
    share: float | None
    of_what: str
    meaning: str
    advice: str
    breakdown: dict[str, int]
    examples: tuple[Example, ...]
    truncated: int


@dataclass(frozen=True, slots=True)
class Quality(Result):
    """The report.

    Attributes
    ----------
    snapshot, created : str
        Which snapshot was asked, and when it was compiled.
    n_edges, n_disputed : int
        Accepted edges, and those of them about which sources disagree.
    sources : tuple of EdgeSource
        Where the edges come from.
    findings : tuple of Finding
        In the order of the classes.
    """

    snapshot: str
    created: str
    n_edges: int
    n_disputed: int
    sources: tuple[EdgeSource, ...]
    findings: tuple[Finding, ...]


def quality(graph: LineageGraph, limit: int = 5) -> Quality:
    """Return every class of dirt in the snapshot.

    Parameters
    ----------
    limit : int
        Examples a class, 0 or more.

    Raises
    ------
    InvalidArgumentError
        When the limit is negative.

    Notes
    -----
    O(V + E + C) for V nodes, E edges and C claims, sorting for the examples on top; the
    descendants of all phantoms come from one pass over the graph, see
    :func:`headwater.graph.kernels.label_sets.reached_labels`.
    """
    if limit < 0:
        raise InvalidArgumentError(f"the number of examples is {limit}; 0 is the least")
    edges, claims = read_edge_codes(graph), read_claim_codes(graph)
    dag = lineage_dag(graph)
    found = {
        "phantom_parents": phantom_parents(graph, dag, limit),
        "aliases": aliases(graph, limit),
        "replacements": replacements(graph, len(claims), limit),
        "self_loops": self_loops(graph, edges, claims, limit),
        "cycles": cycles(graph, dag, limit),
        "several_relations": several_relations(graph, edges, claims, limit),
        "card_against_tags": card_against_tags(graph, edges, claims, limit),
        "local_paths": local_paths(graph, len(claims), limit),
        "skipped_values": skipped_values(graph, len(claims), limit),
        "older_children": older_children(graph, limit),
        "licence_gaps": licence_gaps(graph, limit),
        "undeclared_lineage": undeclared_lineage(graph, limit),
    }
    return Quality(
        snapshot=graph.manifest.id,
        created=graph.manifest.created,
        n_edges=len(graph.parents.edges),
        n_disputed=int(np.count_nonzero(graph.edge_disputed[graph.parents.edges])),
        sources=edge_sources(graph),
        findings=tuple(_finding(item.name, found[item.name]) for item in CLASSES),
    )


def _finding(name: str, found: Found) -> Finding:
    own = BY_NAME[name]
    return Finding(
        name=name,
        title=own.title,
        count=found.count,
        affected=found.affected,
        of=found.of,
        share=found.affected / found.of if found.of else None,
        of_what=own.of_what,
        meaning=own.meaning,
        advice=own.advice,
        breakdown=dict(
            sorted(found.breakdown.items(), key=lambda item: (-item[1], item[0]))
        ),
        examples=found.examples,
        truncated=found.n_examples - len(found.examples),
    )
