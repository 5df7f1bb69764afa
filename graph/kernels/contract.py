"""Chains drawn together: what is left of a lineage graph are its roots and its merges.

Nearly every model has one parent, and whatever is attributed to it goes on to that
parent undivided. So each node is led to its *anchor*, the first node above it where the
way ends or forks, by pointer doubling; the forks and what they stand on make the *core*,
a graph of some ten thousand nodes where the whole has millions.

References
----------
J. C. Wyllie, "The complexity of parallel computations", Cornell University TR 79-387
(1979): pointer doubling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import (
    BoolArray,
    Csr,
    IntArray,
    LongArray,
    build_csr,
    ranges,
    run_starts,
)
from headwater.graph.kernels.dag import Dag, condense


@dataclass(frozen=True, slots=True)
class Core:
    """Anchors of all nodes, and the edges at which ways fork.

    Attributes
    ----------
    anchor : int32 array, shape (V,)
        Where the undivided way up from each node ends: at a root, or at a node of the
        core. A component without a parent outside it is one root, its representative.
    nodes : int32 array, shape (K,)
        Nodes of the core, ascending: those with several parents or a late edge, and the
        anchors of their parents. Places in this array number the core.
    child, parent : int32 arrays, shape (M,)
        Edges of the core, those of the longest ways first. One for each distinct parent
        of a node: parents with the same anchor make several equal edges.
    start : int32 array, shape (M,)
        Period from which each edge exists; 0 where no periods were given.
    steps : int64 array, shape (number of levels,)
        Where the edges of each level begin, and where the last ones end.
    """

    anchor: IntArray
    nodes: IntArray
    child: IntArray
    parent: IntArray
    start: IntArray
    steps: LongArray

    def push(
        self, mass: NDArray[np.float64], active: BoolArray | None = None
    ) -> NDArray[np.float64]:
        """Return what rests where when nodes of the core split among their parents.

        Parameters
        ----------
        mass : float64 array, shape (K,)
            What has come to each node of the core.
        active : bool array, shape (M,), optional
            Edges that exist; a node with none of its own keeps what it has.

        Notes
        -----
        O(K + M), one step a level. The same split as
        :func:`~headwater.graph.kernels.mass.push_mass` on the whole graph.
        """
        held = mass.copy()
        child, parent, steps = self.child, self.parent, self.steps
        if active is not None and not active.all():
            before = np.zeros(len(active) + 1, np.int64)
            np.cumsum(active, out=before[1:])
            child, parent, steps = child[active], parent[active], before[steps]
        part = 1 / np.maximum(np.bincount(child, minlength=len(held)), 1)
        for begin, end in zip(steps[:-1].tolist(), steps[1:].tolist(), strict=True):
            below = child[begin:end]
            parts = held.take(below) * part.take(below)
            held[below] = 0.0
            np.add.at(held, parent[begin:end], parts)
        return held

    def reaches(self, wanted: BoolArray, active: BoolArray | None = None) -> BoolArray:
        """Return from which nodes of the core a wanted one is reached, itself included.

        Parameters
        ----------
        wanted : bool array, shape (K,)
            Nodes to be reached.
        active : bool array, shape (M,), optional
            Edges that exist.
        """
        found = wanted.copy()
        bounds = zip(
            self.steps[-2::-1].tolist(), self.steps[:0:-1].tolist(), strict=True
        )
        for begin, end in bounds:
            hit = found.take(self.parent[begin:end])
            if active is not None:
                hit &= active[begin:end]
            found[self.child[begin:end][hit]] = True
        return found

    def dag(self, active: BoolArray | None = None) -> Dag:
        """Return the core as a graph, equal edges once. O(K + M log M)."""
        child, parent = self.child, self.parent
        if active is not None:
            child, parent = child[active], parent[active]
        return _small_dag(child, parent, len(self.nodes))


def contract(
    parents: Csr,
    relations: BoolArray,
    representatives: IntArray,
    within: BoolArray | None = None,
    since: IntArray | None = None,
) -> Core:
    """Return the graph of some relations with its chains drawn together.

    Parameters
    ----------
    parents : Csr
        Edges from each node to its parents.
    relations : bool array, shape (number of relations,)
        Relation codes that count.
    representatives : int32 array, shape (V,)
        Components over these edges; a component counts as one node.
    within : bool array, shape (V,), optional
        Edges with an end outside it do not count.
    since : int32 array, shape (V,), optional
        Period from which each node exists. An edge exists from the later of its ends; a
        node that is there before one of its edges is part of the core.

    Notes
    -----
    O(E + V log(longest chain) + M log M) in a few dozen steps.

    Examples
    --------
    4 stands on 3, which merges 1 and 2; 1 stands on 0, and so does 2:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> a, b = np.array([1, 2, 3, 3, 4], np.int32), np.array([0, 0, 1, 2, 3], np.int32)
    >>> rows = build_csr(a, b, np.zeros(5, np.int8), np.arange(5, dtype=np.int32), 5)
    >>> core = contract(rows, np.array([True]), np.arange(5, dtype=np.int32))
    >>> core.anchor.tolist(), core.nodes.tolist()
    ([0, 0, 0, 3, 3], [0, 3])
    >>> core.child.tolist(), core.parent.tolist(), core.push(np.array([3.0, 2.0])).tolist()
    ([1, 1], [0, 0], [5.0, 0.0])
    """
    first, counts, targets = _kept_rows(parents, relations, within)
    anchor = representatives.copy()
    forked = representatives != np.arange(len(anchor), dtype=np.int32)
    # Members of a component, its representative too, may each bring a parent.
    forked[representatives[forked]] = True
    single = (counts == 1) & ~forked
    forked |= counts > 1
    child = np.flatnonzero(single).astype(np.int32)
    parent = targets.take(first.take(child))
    own = _component_starts(representatives, since)
    if since is not None and own is not None:
        late = since.take(parent) > since.take(child)
        forked[child[late]] = True
        child, parent = child[~late], parent[~late]
    # Self-loops lead nowhere, and what points at a member is led on to the component.
    anchor[child] = parent
    fork = np.flatnonzero(forked).astype(np.int32)
    below = np.repeat(fork, counts.take(fork))
    above = targets.take(ranges(first.take(fork), counts.take(fork)))
    begin = None
    if since is not None:
        begin = np.maximum(since.take(below), since.take(above))
    below, above, begin = _distinct(
        representatives.take(below), representatives.take(above), begin
    )
    alone = run_starts(below)
    alone &= np.append(alone[1:], True)[: len(alone)]
    if own is not None:
        alone &= begin <= own.take(below)
    anchor[below[alone]] = above[alone]
    _lead_to_the_end(anchor)
    kept = ~alone
    return _core(anchor, below[kept], anchor.take(above[kept]), begin[kept])


def _kept_rows(
    rows: Csr, relations: BoolArray, within: BoolArray | None
) -> tuple[IntArray, IntArray, IntArray]:
    """Return where each node's edges begin among those that count, how many, and all."""
    keep = relations.take(rows.relations)
    if within is not None:
        keep &= within.take(rows.targets)
    before = np.zeros(len(keep) + 1, np.int32)
    np.cumsum(keep, out=before[1:])
    offsets = before.take(rows.offsets)
    counts = np.diff(offsets)
    if within is not None:
        counts[~within] = 0
    return offsets[:-1], counts, rows.targets.take(np.flatnonzero(keep))


def _component_starts(
    representatives: IntArray, since: IntArray | None
) -> IntArray | None:
    """Return when the first member of each component is there, by representative."""
    if since is None:
        return None
    first = since.copy()
    members = np.flatnonzero(representatives != np.arange(len(since)))
    np.minimum.at(first, representatives[members], since[members])
    return first


def _distinct(
    child: IntArray, parent: IntArray, begin: IntArray | None
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the edges sorted, equal ones once with the earliest start; no self-loops."""
    leads = child != parent
    child, parent = child[leads], parent[leads]
    begin = None if begin is None else begin[leads]
    packed = child.astype(np.int64) << 32 | parent
    if begin is None:
        packed.sort()
        packed = packed[run_starts(packed)]
        starts = np.zeros(len(packed), np.int32)
    else:
        order = np.lexsort((begin, packed))
        packed, starts = packed[order], begin[order]
        first = run_starts(packed)
        packed, starts = packed[first], starts[first]
    # Conversion to int32 keeps the low half, which is the parent.
    return (packed >> 32).astype(np.int32), packed.astype(np.int32), starts


def _lead_to_the_end(anchor: IntArray) -> None:
    """Replace every pointer by the end of its way: each round doubles the steps."""
    moving = np.flatnonzero(anchor != np.arange(len(anchor), dtype=np.int32))
    here = anchor.take(moving)
    while moving.size:
        further = anchor.take(here)
        # Places first: a mask of no order costs a wrong guess at every turn.
        moved = np.flatnonzero(further != here)
        moving, here = moving.take(moved), further.take(moved)
        anchor[moving] = here


def _core(anchor: IntArray, child: IntArray, parent: IntArray, start: IntArray) -> Core:
    """Return the core made of the forking edges, numbered and in order of level."""
    in_core = np.zeros(len(anchor), np.bool_)
    in_core[child] = True
    in_core[parent] = True
    nodes = np.flatnonzero(in_core).astype(np.int32)
    number = np.empty(len(anchor), np.int32)
    number[nodes] = np.arange(len(nodes), dtype=np.int32)
    place, above = number.take(child), number.take(parent)
    levels = _small_dag(place, above, len(nodes)).levels
    level = np.zeros(len(nodes), np.int32)
    level[levels.order] = np.repeat(
        np.arange(len(levels), dtype=np.int32), np.diff(levels.starts)
    )
    depth = -level.take(place)
    order = np.argsort(depth, kind="stable")
    steps = np.searchsorted(depth[order], np.arange(1 - max(len(levels), 1), 1))
    return Core(anchor, nodes, place[order], above[order], start[order], steps)


def _small_dag(child: IntArray, parent: IntArray, n_nodes: int) -> Dag:
    rows = build_csr(
        child,
        parent,
        np.zeros(len(child), np.int8),
        np.arange(len(child), dtype=np.int32),
        n_nodes,
    )
    return condense(rows, np.ones(1, np.bool_), np.arange(n_nodes, dtype=np.int32))
