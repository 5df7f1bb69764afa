"""What an event at some targets does to what a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import ByteArray, IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.mirrors import find_mirrors
from headwater.graph.schema import EVENT_NAMES
from headwater.graph.verdicts import Judge, Verdicts, event_named
from headwater.queries.as_of import there_by
from headwater.queries.targets import resolve_targets


@dataclass(frozen=True, slots=True)
class Judged:
    """What an event does to all that stands on its targets.

    Attributes
    ----------
    targets : tuple of str
        Their ids.
    members : int32 array, ascending
        The artefacts that they stand for.
    found : Verdicts
        Of everything that stands on these.
    """

    targets: tuple[str, ...]
    members: IntArray
    found: Verdicts

    def is_member(self, node: int) -> bool:
        """Tell whether a node is part of the targets."""
        return _at(self.members, node) is not None

    def verdict(self, node: int) -> str | None:
        """Return the verdict of a node that stands on the targets, else None."""
        at = _at(self.found.nodes, node)
        verdicts = self.found.event.verdicts
        return None if at is None else verdicts[int(self.found.verdict[at])]

    def codes(self, nodes: IntArray) -> ByteArray:
        """Return the verdicts of nodes as positions; one more for who has none."""
        found, without = self.found, len(self.found.event.verdicts)
        codes = np.full(len(nodes), without, np.int8)
        if len(found.nodes):
            at = np.minimum(np.searchsorted(found.nodes, nodes), len(found.nodes) - 1)
            hit = found.nodes[at] == nodes
            codes[hit] = found.verdict[at[hit]]
        return codes


def judge_targets(
    graph: LineageGraph,
    targets: Sequence[str],
    event: str | None,
    as_of: date | None = None,
) -> Judged:
    """Return what an event does to all that stands on targets.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError, InvalidArgumentError
        When a target or the event cannot be used.
    """
    if event not in EVENT_NAMES:
        told = "give an event" if event is None else f"{event!r} is no event"
        raise InvalidArgumentError(f"{told}; there are {', '.join(EVENT_NAMES)}")
    resolved, members = resolve_targets(graph, targets)
    members = there_by(graph, members, as_of)
    alive = graph.alive(as_of)
    judge = Judge(graph, members, find_mirrors(graph, members, alive), alive)
    names = tuple(target.id for target in resolved)
    return Judged(names, members, judge.verdicts(event_named(event)))


def _at(nodes: IntArray, node: int) -> int | None:
    # A number of another type would have all nodes copied to that type first.
    at = int(np.searchsorted(nodes, np.int32(node)))
    return at if at < len(nodes) and nodes[at] == node else None
