"""What breaks of somebody's own: a scenario of several targets against an inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS, EVENT_NAMES
from headwater.queries.as_of import there_by
from headwater.queries.results import Result
from headwater.queries.targets import resolve_targets
from headwater.queries.what_breaks import what_breaks
from headwater.queries.what_breaks_values import WhatBreaks


@dataclass(frozen=True, slots=True)
class Own(Result):
    """What of an inventory is in the graph.

    Attributes
    ----------
    n_ids : int
        Ids that were given, repeated ones too.
    n_artefacts : int
        Different artefacts that they name.
    in_target : tuple of str
        Those that the target itself has; they have no verdict.
    unresolved : tuple of str
        Ids that nothing in the graph has: unknown, which is not safe.
    not_artefacts : tuple of str
        Ids of namespaces and developers.
    """

    n_ids: int
    n_artefacts: int
    in_target: tuple[str, ...]
    unresolved: tuple[str, ...]
    not_artefacts: tuple[str, ...]


def scenario(
    graph: LineageGraph,
    targets: Sequence[str],
    events: Sequence[str] = EVENT_NAMES,
    *,
    inventory: Sequence[str],
    as_of: date | None = None,
    limit: int | None = None,
    skip: int = 0,
    splits: Sequence[str] = (),
) -> tuple[WhatBreaks, Own]:
    """Return what events do to the artefacts of an inventory.

    Parameters
    ----------
    inventory : sequence of str
        Ids and aliases, whatever their case. Friendly names are not looked up.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError, InvalidArgumentError
        As for :func:`headwater.queries.what_breaks.what_breaks`; also when nothing of
        the inventory is an artefact of the graph.

    Notes
    -----
    O(n log V) for n ids beside the question itself.
    """
    found = [graph.find(text.strip()) for text in inventory]
    kinds = [None if node < 0 else graph.kind(node) for node in found]
    nodes, unresolved, others = sort_out(inventory, found, kinds)
    answer = what_breaks(
        graph, targets, events, as_of=as_of, limit=limit, skip=skip, splits=splits,
        among=nodes,
    )  # fmt: skip
    _, members = resolve_targets(graph, targets)
    members = there_by(graph, members, as_of)
    both = np.intersect1d(nodes, members)
    own = Own(
        n_ids=len(inventory),
        n_artefacts=len(nodes),
        in_target=tuple(graph.ids[node] for node in both.tolist()),
        unresolved=unresolved,
        not_artefacts=others,
    )
    return answer, own


def sort_out(
    texts: Sequence[str], found: Sequence[int], kinds: Sequence[str | None]
) -> tuple[IntArray, tuple[str, ...], tuple[str, ...]]:
    """Return artefacts, ascending, ids that nothing has, and ids of owners.

    Parameters
    ----------
    texts : sequence of str
        The ids of an inventory.
    found, kinds : sequences
        Node and kind of each; None where there is no such node.

    Raises
    ------
    InvalidArgumentError
        When nothing of it is an artefact.
    """
    nodes: set[int] = set()
    unresolved: dict[str, None] = {}
    others: dict[str, None] = {}
    for text, node, kind in zip(texts, found, kinds, strict=True):
        if kind is None:
            unresolved[text] = None
        elif kind in ARTEFACT_KINDS:
            nodes.add(node)
        else:
            others[text] = None
    if not nodes:
        first = f", the first is {texts[0][:120]!r}" if texts else ""
        raise InvalidArgumentError(
            f"the inventory names no artefact of the graph: {len(texts):,} ids{first}"
        )
    return np.array(sorted(nodes), np.int32), tuple(unresolved), tuple(others)
