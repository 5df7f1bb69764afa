"""What else could serve where a chokepoint fails: mirrors, and siblings of a base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, Csr, IntArray, edge_positions
from headwater.graph.kernels.reach import reach
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.mirrors import find_mirrors
from headwater.graph.roots import BODY_RELATIONS, WEIGHT_RELATIONS
from headwater.graph.schema import KINDS, RELATIONS, STATES

NAMED: Final = 3
"""So many mirrors and siblings are named; the others are counted."""
_SERVING: Final = np.isin(np.array(STATES), ["present", "gated"])


@dataclass(frozen=True, slots=True)
class Mirror:
    """Other repository, same bytes.

    Attributes
    ----------
    of, id, name : str
        The artefact that would be lost, and its mirror.
    downloads : int or None
        Downloads of the mirror in 30 days; None is unknown.
    """

    of: str
    id: str
    name: str
    downloads: int | None


@dataclass(frozen=True, slots=True)
class Sibling:
    """A model that was made from the same ancestor in the same way.

    Attributes
    ----------
    id, name, state : str
        The model; present or gated.
    ancestor, relation : str
        What both were made from, and how.
    built_on : int
        Models that name it as the parent of their weights.
    downloads : int or None
        Downloads of 30 days; None is unknown.
    """

    id: str
    name: str
    state: str
    ancestor: str
    relation: str
    built_on: int
    downloads: int | None


@dataclass(frozen=True, slots=True)
class Substitutes:
    """What was found to serve in place of a chokepoint; zero is "none known".

    Attributes
    ----------
    n_members, n_mirrored : int
        Models that would be lost, and how many of them have a mirror outside.
    mirrors : tuple of Mirror
        Those of the models on which most is built, at most :data:`NAMED`.
    base : str
        The model of it on which most is built; siblings are siblings of this one.
    n_siblings : int
        Models not downstream of the chokepoint that stand on the nearest ancestor which
        has any such, by the relation by which the base comes from there.
    siblings : tuple of Sibling
        Those on which most is built, at most :data:`NAMED`.
    """

    n_members: int
    n_mirrored: int
    mirrors: tuple[Mirror, ...]
    base: str
    n_siblings: int
    siblings: tuple[Sibling, ...]


def find_substitutes(
    graph: LineageGraph, members: IntArray, alive: BoolArray | None = None
) -> Substitutes:
    """Return what could serve in place of some models.

    Parameters
    ----------
    members : int32 array, ascending, not empty
        What would be lost: a model, the models on a cycle, or all models of an owner.
    alive : bool array, shape (V,), optional
        Only these nodes.

    Notes
    -----
    A root has no siblings: whatever has the same root stands on it. Nobody has tested
    whether a sibling can do the work of the base. O(edges met).
    """
    mirrors = find_mirrors(graph, members, alive)
    at = np.flatnonzero(mirrors >= 0)
    built_on = _built_on(graph, members, alive)
    downloads = graph.columns.downloads.take(members)
    order = np.lexsort((members, -downloads, -built_on))
    base = int(members[order[0]])
    named = order[mirrors[order] >= 0][:NAMED]
    n_siblings, siblings = _siblings(graph, base, members, alive)
    return Substitutes(
        len(members), len(at),
        tuple(
            Mirror(graph.ids[lost], graph.ids[kept], graph.name(kept), _downloads(graph, kept))
            for lost, kept in zip(members[named].tolist(), mirrors[named].tolist(), strict=True)
        ),
        graph.ids[base], n_siblings, siblings,
    )  # fmt: skip


def _downloads(graph: LineageGraph, node: int) -> int | None:
    known = int(graph.columns.downloads[node])
    return None if known < 0 else known


def _built_on(
    graph: LineageGraph, nodes: IntArray, alive: BoolArray | None
) -> IntArray:
    """Return how many models name each node as the parent of their weights."""
    place, _, _ = _edges(graph.children, nodes, WEIGHT_RELATIONS, alive)
    return np.bincount(place, minlength=len(nodes)).astype(np.int32)


def _edges(
    rows: Csr, nodes: IntArray, relations: BoolArray, alive: BoolArray | None
) -> tuple[IntArray, IntArray, IntArray]:
    """Return edges of nodes: the place of the node, the other end, the relation."""
    at = edge_positions(rows.offsets, nodes)
    counts = rows.offsets[1:].take(nodes) - rows.offsets.take(nodes)
    place = np.repeat(np.arange(len(nodes), dtype=np.int32), counts)
    other, code = rows.targets.take(at), rows.relations.take(at).astype(np.int32)
    keep = relations.take(code)
    if alive is not None:
        keep &= alive.take(other)
    return place[keep], other[keep], code[keep]


def _siblings(
    graph: LineageGraph, base: int, members: IntArray, alive: BoolArray | None
) -> tuple[int, tuple[Sibling, ...]]:
    """Return how many siblings there are, and the most built-on of them."""
    barred = None
    frontier, seen = np.array([base], np.int32), {base}
    while True:
        _, parent, code = _edges(graph.parents, frontier, WEIGHT_RELATIONS, alive)
        fresh = np.array(sorted(set(parent.tolist()) - seen), np.int32)
        if not len(fresh):
            return 0, ()
        seen.update(fresh.tolist())
        if barred is None:
            barred = _barred(graph, base, members, alive)
        ways = set(zip(parent.tolist(), code.tolist(), strict=True))
        found = _made_alike(graph, fresh, ways, barred, alive)
        if found:
            return _named(graph, found, alive)
        frontier = fresh


def _barred(
    graph: LineageGraph, base: int, members: IntArray, alive: BoolArray | None
) -> BoolArray:
    """Return the nodes that are lost too, and the ancestors of the base."""
    barred = np.zeros(graph.n_nodes, np.bool_)
    barred[members] = True
    lost = reach(graph.children, members, BODY_RELATIONS, graph.shared, alive)
    barred[lost.nodes] = True
    start = np.array([base], np.int32)
    barred[reach(graph.parents, start, BODY_RELATIONS, None, alive).nodes] = True
    return barred


def _made_alike(
    graph: LineageGraph,
    ancestors: IntArray,
    ways: set[tuple[int, int]],
    barred: BoolArray,
    alive: BoolArray | None,
) -> dict[int, tuple[int, int]]:
    """Return models made from the ancestors in the same ways -> (ancestor, relation)."""
    place, child, code = _edges(graph.children, ancestors, WEIGHT_RELATIONS, alive)
    parent, columns = ancestors[place], graph.columns
    good = ~barred.take(child) & _SERVING.take(columns.state.take(child))
    good &= columns.kind.take(child) == KINDS.index("model")
    wanted = np.zeros(len(child), np.bool_)
    for ancestor, relation in ways:
        wanted |= (parent == ancestor) & (code == relation)
    kept = np.flatnonzero(good & wanted)[::-1]
    return {
        node: (ancestor, relation)
        for node, ancestor, relation in zip(
            child[kept].tolist(),
            parent[kept].tolist(),
            code[kept].tolist(),
            strict=True,
        )
    }


def _named(
    graph: LineageGraph, found: dict[int, tuple[int, int]], alive: BoolArray | None
) -> tuple[int, tuple[Sibling, ...]]:
    nodes = np.array(sorted(found), np.int32)
    built_on = _built_on(graph, nodes, alive)
    order = np.lexsort((nodes, -graph.columns.downloads.take(nodes), -built_on))[:NAMED]
    named = []
    for place in order.tolist():
        node = int(nodes[place])
        ancestor, relation = found[node]
        named.append(
            Sibling(
                graph.ids[node], graph.name(node), graph.state(node),
                graph.ids[ancestor], RELATIONS[relation].name, int(built_on[place]),
                _downloads(graph, node),
            )
        )  # fmt: skip
    return len(found), tuple(named)
