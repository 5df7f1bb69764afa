"""What breaks of somebody's own list; :mod:`headwater.queries.scenario`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.names import resolve_targets
from headwater.queries.cypher.nodes import find, there_by
from headwater.queries.cypher.origins import Origins
from headwater.queries.cypher.what_breaks import what_breaks
from headwater.queries.scenario import Own, sort_out
from headwater.queries.what_breaks_values import WhatBreaks

_KINDS: Final = (
    "UNWIND $items AS item MATCH (n:Node {node: item}) RETURN item, n.kind, n.id"
)


def scenario(
    ask: Asking,
    targets: Sequence[str],
    events: Sequence[str],
    origins: Callable[[Asking], Origins],
    *,
    inventory: Sequence[str],
    limit: int | None = None,
    skip: int = 0,
    splits: Sequence[str] = (),
) -> tuple[WhatBreaks, Own]:
    """Return what events do to the artefacts of an inventory."""
    found = find(ask, [text.strip() for text in inventory])
    told = {
        node: (kind, identity)
        for node, kind, identity in ask.each(_KINDS, sorted(set(found)))
    }
    kinds = [told[node][0] if node in told else None for node in found]
    nodes, unresolved, others = sort_out(inventory, found, kinds)
    answer = what_breaks(
        ask, targets, events, origins, limit=limit, skip=skip, splits=splits,
        among=nodes,
    )  # fmt: skip
    _, members = resolve_targets(ask, targets)
    both = np.intersect1d(nodes, there_by(ask, members)).tolist()
    own = Own(
        n_ids=len(inventory),
        n_artefacts=len(nodes),
        in_target=tuple(told[node][1] for node in both),
        unresolved=unresolved,
        not_artefacts=others,
    )
    return answer, own
