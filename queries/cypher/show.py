"""What is known of one node; :mod:`headwater.queries.show`."""

from __future__ import annotations

import numpy as np

from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.names import resolve_node
from headwater.queries.cypher.nodes import there_by
from headwater.queries.cypher.patterns import LINEAGE, there
from headwater.queries.show import Shown, shown_of

_EMPTY_LISTS = ("names", "language", "absent", "sources")
# A null is not stored: what is not there is null.
_COLUMNS = (
    "id", "name", "names", "kind", "state", "phantom", "namespace", "developer",
    "family", "root_status", "access", "released", "created", "modified", "downloads",
    "downloads_all_time", "likes", "parameters", "task", "library", "licence",
    "language", "hub_id", "absent", "sources", "document", "note",
)  # fmt: skip
_ALIASES = (
    "MATCH (n:Node {node: $node})<-[:ALIAS_OF]-(a:Alias) RETURN a.alias ORDER BY a.row"
)


def show(ask: Asking, text: str) -> Shown:
    """Return what the snapshot knows of a node."""
    node = resolve_node(ask, text)
    there_by(ask, np.array([node], np.int32))
    statement = (
        "MATCH (n:Node {node: $node}) RETURN properties(n), "
        f"COUNT {{ (n)-[:{LINEAGE}]->(p) WHERE {there('p', ask.day)} }}, "
        f"COUNT {{ (n)<-[:{LINEAGE}]-(c) WHERE {there('c', ask.day)} }}"
    )
    ((found, n_parents, n_children),) = ask.rows(statement, node=node)
    values = {name: found.get(name) for name in _COLUMNS}
    values |= {name: found.get(name) or [] for name in _EMPTY_LISTS}
    aliases = [alias for (alias,) in ask.rows(_ALIASES, node=node)]
    return shown_of(ask.snapshot, values, aliases, n_parents, n_children, ask.as_of)
