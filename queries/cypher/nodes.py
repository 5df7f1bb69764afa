"""Single nodes on the server: by id, alias or number, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import IntArray
from headwater.queries.as_of import EPOCH
from headwater.queries.cypher.asking import Asking, clean

_FIND: Final = (
    "UNWIND $items AS item "
    "OPTIONAL MATCH (n:Node {key: item}) OPTIONAL MATCH (a:Name {key: item}) "
    "RETURN item, coalesce(n.node, a.node, -1)"
)
_NODE: Final = "MATCH (n:Node {node: $node}) RETURN n.id, n.name, n.kind"
_DAYS: Final = "UNWIND $items AS item MATCH (n:Node {node: item}) RETURN item, n.day"


def find(ask: Asking, texts: Sequence[str]) -> list[int]:
    """Return the node with each id or alias, whatever its case, or -1."""
    keys = [clean(text.lower()) for text in texts]
    found = dict(ask.each(_FIND, sorted(set(keys))))
    return [found[key] for key in keys]


def node_of(ask: Asking, node: int) -> tuple[str, str, str]:
    """Return the id, the friendly name and the kind of a node."""
    ((identity, name, kind),) = ask.rows(_NODE, node=node)
    return identity, name or identity, kind


def there_by(ask: Asking, nodes: IntArray) -> IntArray:
    """Return those of some nodes that take part as of the day.

    See :func:`headwater.queries.as_of.there_by`.
    """
    day = ask.day
    if day is None:
        return nodes
    days = dict(ask.each(_DAYS, nodes.tolist()))
    found = [node for node in nodes.tolist() if days[node] is None or days[node] <= day]
    if not found:
        first = EPOCH + timedelta(days=min(days.values()))
        what = node_of(ask, int(nodes[0]))[0] if len(nodes) == 1 else None
        raise InvalidArgumentError(
            f"{what or 'what was asked for'} was not there on {ask.as_of}: "
            f"the first release was on {first}"
        )
    return np.array(found, np.int32)
