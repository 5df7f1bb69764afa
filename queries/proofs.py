"""Proof paths: the shortest chain of edges that earns a verdict, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATIONS
from headwater.graph.verdicts import ProofTree


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a proof or a lineage.

    Attributes
    ----------
    child, parent : str
        Node ids.
    relation : str
        Relation of the edge.
    disputed : bool
        Whether sources disagree about it.
    sources : tuple of str
        Who asserts it, most authoritative first.
    """

    child: str
    parent: str
    relation: str
    disputed: bool
    sources: tuple[str, ...]


def edge_step(graph: LineageGraph, child: int, parent: int, position: int) -> Step:
    """Return the edge at a position of the children rows."""
    edge = int(graph.children.edges[position])
    return Step(
        graph.ids[child],
        graph.ids[parent],
        RELATIONS[graph.children.relations[position]].name,
        bool(graph.edge_disputed[edge]),
        graph.sources(edge),
    )


def parent_step(graph: LineageGraph, child: int, position: int) -> Step:
    """Return the edge at a position of the parents rows."""
    rows = graph.parents
    edge = int(rows.edges[position])
    return Step(
        graph.ids[child],
        graph.ids[int(rows.targets[position])],
        RELATIONS[rows.relations[position]].name,
        bool(graph.edge_disputed[edge]),
        graph.sources(edge),
    )


def proof_path(
    graph: LineageGraph, tree: ProofTree, node: int
) -> tuple[tuple[Step, ...], int]:
    """Return the proof of a node, nearest edge first, and the node where it ends."""
    steps: list[Step] = []
    current: ProofTree | None = tree
    while current is not None:
        position = current.step(node)
        if position < 0:
            break
        parent = _source(graph.children.offsets, position)
        steps.append(edge_step(graph, node, parent, position))
        node = parent
        current = current.above or current
    return tuple(steps), node


def _source(offsets: IntArray, position: int) -> int:
    # A number of another type would have all offsets copied to that type first.
    return int(offsets.searchsorted(np.int32(position), side="right")) - 1
