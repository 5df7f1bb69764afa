"""Why is there an edge? :mod:`headwater.queries.why`."""

from __future__ import annotations

import numpy as np

from headwater.errors import NodeNotFoundError
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.names import resolve_node
from headwater.queries.cypher.nodes import node_of, there_by
from headwater.queries.cypher.patterns import EDGES
from headwater.queries.results import Results
from headwater.queries.why import Why, explain

_PAIR = (
    # Without a label the parent is no place to begin: it may have a million children.
    f"MATCH (c:Node {{node: $child}})-[e:{EDGES}]->(p) WHERE p.node = $parent "
    "RETURN properties(e) ORDER BY e.edge"
)
_PARENTS = f"MATCH (c:Node {{node: $child}})-[e:{EDGES}]->(p) RETURN p.id ORDER BY e.edge LIMIT 5"
_CLAIMS = "MATCH (k:Claim) WHERE k.edge IN $edges RETURN properties(k) ORDER BY k.row"


def why(ask: Asking, child: str, parent: str) -> Results[Why]:
    """Return the edges from one node to another with all their claims."""
    first, second = resolve_node(ask, child), resolve_node(ask, parent)
    for node in (first, second):
        there_by(ask, np.array([node], np.int32))
    edges = [edge for (edge,) in ask.rows(_PAIR, child=first, parent=second)]
    if not edges:
        start = node_of(ask, first)[0]
        near = [f"{start} -> {name}" for (name,) in ask.rows(_PARENTS, child=first)]
        raise NodeNotFoundError(f"{start} -> {node_of(ask, second)[0]}", near)
    numbers = [edge["edge"] for edge in edges]
    claims = [claim for (claim,) in ask.rows(_CLAIMS, edges=numbers)]
    return explain(ask.snapshot, edges, claims, ask.as_of)
