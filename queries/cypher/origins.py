"""How many artefacts there are, and of how many the origin is known; on any day.

The snapshot holds of which nodes the origin is known (:mod:`headwater.graph.origins`).
As of a day fewer are: of what was there then, the origin of what stands on something
that was not is unknown, and so is what stands on that.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.patterns import BODY, LINEAGE, there

_SOME: Final = (
    "UNWIND $items AS item MATCH (n:Node {node: item}) WHERE n.known_origin RETURN item"
)


@dataclass(frozen=True, slots=True)
class Origins:
    """What was there on a day.

    Attributes
    ----------
    artefacts, known : int
        How many were there, and the origin of how many was known.
    forgotten : frozenset of int
        Nodes of known origin of which it was not known on that day.
    """

    artefacts: int
    known: int
    forgotten: frozenset[int]


def read_origins(ask: Asking) -> Origins:
    """Return what was there, and of how much of it the origin was known."""
    forgotten = frozenset(_forgotten(ask)) if ask.day is not None else frozenset()
    ((artefacts, known),) = ask.rows(
        f"MATCH (n:Artefact) WHERE {there('n', ask.day)} "
        "RETURN count(n), count(CASE WHEN n.known_origin THEN 1 END)"
    )
    return Origins(artefacts, known - len(forgotten), forgotten)


def known_among(ask: Asking, origins: Origins, nodes: Collection[int]) -> set[int]:
    """Return those of some nodes, all of them there, whose origin was known."""
    found = {node for (node,) in ask.each(_SOME, list(nodes))}
    return found - origins.forgotten


def _forgotten(ask: Asking) -> set[int]:
    """Return the nodes whose known origin leads through what was not there yet."""
    # A model stands on its weights, everything else on each of its inputs.
    stands = (
        f"((c:Model AND type(e) IN {BODY.split('|')}) OR NOT c:Model) "
        f"AND c.known_origin AND {there('c', ask.day)}"
    )
    found = {
        node
        for (node,) in ask.rows(
            f"MATCH (p:Node) WHERE p.day > $day "
            f"MATCH (p)<-[e:{LINEAGE}]-(c) WHERE {stands} RETURN DISTINCT c.node"
        )
    }
    frontier = sorted(found)
    text = (
        f"UNWIND $items AS item MATCH (p:Node {{node: item}})<-[e:{LINEAGE}]-(c) "
        f"WHERE {stands} RETURN DISTINCT c.node"
    )
    while frontier:
        met = {node for (node,) in ask.each(text, frontier)} - found
        found |= met
        frontier = sorted(met)
    return found
