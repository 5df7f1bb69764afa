"""What an artefact stands on, and what stands on it; :mod:`headwater.queries.lineage`."""

from __future__ import annotations

from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import IntArray
from headwater.graph.schema import ARTEFACT_KINDS
from headwater.queries.cypher.asking import BATCH, Asking
from headwater.queries.cypher.edges import STEP, make_step
from headwater.queries.cypher.names import resolve_node
from headwater.queries.cypher.nodes import there_by
from headwater.queries.cypher.order import most_popular
from headwater.queries.cypher.patterns import LINEAGE, RECIPE, there
from headwater.queries.cypher.walk import Walk, walk
from headwater.queries.lineage import Lineage, Relative, not_an_artefact
from headwater.queries.proofs import Step

_FOCUS: Final = (
    "MATCH (n:Node {node: $node}) RETURN n.id, n.name, n.kind, n.state, n.root_status"
)
_RELATIVES: Final = (
    "UNWIND $items AS item MATCH (n:Node {node: item}) RETURN item, n.id, n.name, "
    "n.kind, n.state, n.phantom, n.root_status, n.downloads"
)
_KEYS: Final = ("downloads", "n_children")


def lineage(
    ask: Asking,
    text: str,
    *,
    depth: int | None = None,
    limit: int | None = None,
    skip: int = 0,
) -> Lineage:
    """Return the ancestors and descendants of an artefact with the edges among them."""
    node = resolve_node(ask, text)
    ((identity, name, kind, state, status),) = ask.rows(_FOCUS, node=node)
    if kind not in ARTEFACT_KINDS:
        raise not_an_artefact(identity, kind)
    if min(depth or 0, limit or 0, skip) < 0:
        raise InvalidArgumentError("depth, limit and skip cannot be negative")
    start = np.array([node], np.int32)
    there_by(ask, start)
    up = walk(ask, start, LINEAGE, up=True, depth=depth)
    down = walk(ask, start, LINEAGE, depth=depth)
    end = None if limit is None else skip + limit
    ancestors, descendants = _nearest(ask, up, end), _nearest(ask, down, end)
    listed = {node, *ancestors, *descendants}
    ancestors, descendants = ancestors[skip:], descendants[skip:]
    new = {*ancestors, *descendants} if skip else listed
    return Lineage(
        snapshot=ask.snapshot,
        id=identity,
        name=name or identity,
        kind=kind,
        state=state,
        root_status=status,
        ancestors=_describe(ask, ancestors, up),
        descendants=_describe(ask, descendants, down),
        n_ancestors=len(up.nodes),
        n_descendants=len(down.nodes),
        edges=_edges(ask, listed, new, node),
    )


def _nearest(ask: Asking, found: Walk, limit: int | None) -> list[int]:
    """Return the nodes that are listed: nearest first, then the most popular."""
    listed: list[int] = []
    for level in np.unique(found.depth).tolist():
        if limit is not None and len(listed) >= limit:
            break
        room = None if limit is None else limit - len(listed)
        listed += most_popular(ask, found.nodes[found.depth == level], _KEYS, room)
    return listed


def _describe(ask: Asking, nodes: list[int], found: Walk) -> tuple[Relative, ...]:
    numbers: IntArray = np.array(nodes, np.int32)
    depths = found.depth[np.searchsorted(found.nodes, numbers)].tolist()
    told = {row[0]: row[1:] for row in ask.each(_RELATIVES, nodes)}
    relatives = []
    for node, depth in zip(nodes, depths, strict=True):
        identity, name, kind, state, phantom, status, downloads = told[node]
        relatives.append(
            Relative(
                identity, name or identity, kind, state, depth, phantom, status, downloads
            )
        )  # fmt: skip
    return tuple(relatives)


def _edges(
    ask: Asking, listed: set[int], new: set[int], focus: int
) -> tuple[Step, ...]:
    """Return the edges of `new` among listed nodes; recipes only at the focus."""
    # A set that fits one statement is tested by the server, a longer one here.
    within = sorted(listed) if len(listed) <= BATCH else None
    recipe = (
        f"e.relation IN $recipes AND (c.node = $focus OR p.node = $focus) "
        f"AND {there('c', ask.day)} AND {there('p', ask.day)}"
    )
    among = "NOT e.relation IN $recipes"
    if within is not None:
        among += " AND p.node IN $within"
    statement = (
        "UNWIND $items AS item MATCH (c:Node {node: item})"
        f"-[e:{LINEAGE}|{RECIPE}]->(p) WHERE ({among}) OR ({recipe}) "
        f"RETURN c.node, p.node, {STEP}"
    )
    recipes = RECIPE.lower().split("|")
    rows = ask.each(
        statement, sorted(listed), focus=focus, within=within, recipes=recipes
    )
    steps = [
        make_step(*fields)
        for child, parent, *fields in rows
        if (child in new or parent in new)
        and (parent in listed or fields[2] in recipes)
    ]
    return tuple(
        sorted(steps, key=lambda step: (step.child, step.parent, step.relation))
    )
