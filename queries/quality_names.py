"""Dirt that shows in names: aliases, and names that another artefact took over."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow.parquet as pq

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.claim_codes import count_parent_names
from headwater.queries.quality_found import Example, Found


def aliases(graph: LineageGraph, limit: int) -> Found:
    """Return other names of artefacts, those that the most claims use first."""
    names = [graph.aliases[place] for place in range(len(graph.aliases))]
    target = dict(zip(names, graph.alias_nodes.tolist(), strict=True))
    kinds = {
        alias.lower(): kind
        for alias, _, kind in _reported(graph)[::-1]
        if kind != "replacement"
    }
    # Two ids with one _id are a rename that nobody had to report.
    kind_of = {name: kinds.get(name, "rename") for name in names}
    used = count_parent_names(graph, ())
    breakdown = Counter(kind_of.values())
    circular = len(graph.manifest.counts.get("circular_aliases", ()))
    if circular:
        breakdown["in a circle, left out"] = circular
    ranked = sorted(names, key=lambda name: (-used[name], name))
    named = np.unique(graph.alias_nodes)
    return Found(
        count=len(names) + circular,
        affected=int((named < graph.n_artefacts).sum()),
        of=graph.n_artefacts,
        breakdown=dict(breakdown),
        examples=tuple(
            Example(
                name,
                graph.ids[target[name]],
                f"{kind_of[name]}, {used[name]:,} claims name a parent so",
                used[name],
            )
            for name in ranked[:limit]
        ),
        n_examples=len(names),
    )


def replacements(graph: LineageGraph, n_claims: int, limit: int) -> Found:
    """Return names that another artefact took over, most named as a parent first."""
    taken = {
        (alias, node): None
        for alias, node, kind in _reported(graph)
        if kind == "replacement"
    }
    lowered = {alias.lower() for alias, _ in taken}
    used = count_parent_names(graph, lowered) if lowered else Counter()
    ranked = sorted(taken, key=lambda pair: (-used[pair[0].lower()], pair))
    return Found(
        count=len(taken),
        affected=sum(used[name] for name in lowered),
        of=n_claims,
        breakdown={},
        examples=tuple(
            Example(
                alias,
                node,
                f"{used[alias.lower()]:,} claims name a parent so",
                used[alias.lower()],
            )
            for alias, node in ranked[:limit]
        ),
        n_examples=len(taken),
    )


def _reported(graph: LineageGraph) -> list[tuple[str, str, str]]:
    """Return (alias, node id, kind) as sources report them, in the table's order."""
    path = graph.directory / "tables" / "aliases.parquet"
    table = pq.read_table(path, columns=["alias", "id", "kind"])
    return list(
        zip(*(table[name].to_pylist() for name in ("alias", "id", "kind")), strict=True)
    )
