"""A graph without cycles: components condensed to single nodes, sorted by level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.graph.kernels.components import component_representatives
from headwater.graph.kernels.csr import (
    BoolArray,
    Csr,
    IntArray,
    LongArray,
    row_offsets,
    row_sources,
)
from headwater.graph.kernels.levels import Levels, topological_levels


@dataclass(frozen=True, slots=True)
class Dag:
    """Edges from nodes to their parents, before and after condensation.

    Self-loops and repeated edges are left out of both. Without cycles the two are the
    same arrays.

    Attributes
    ----------
    offsets, parents : int32 arrays, shapes (V + 1,), (E,)
        Distinct parents of each node, ascending; cycles as they are.
    dag_offsets, dag_parents : int32 arrays, shapes (V + 1,), (F,)
        The same between representatives; rows of other members are empty.
    dag_child_offsets, dag_children : int32 arrays, shapes (V + 1,), (F,)
        The condensed edges the other way round.
    representatives : int32 array, shape (V,)
        Lowest-numbered node of each node's component.
    levels : Levels
        Representatives by the length of the longest condensed path from a root.
    position : int32 array, shape (V,)
        Place of each node's representative in ``levels.order``.
    above : int32 array, shape (length of levels.order,)
        For each place the place of its first condensed parent; itself at a root.
    merges : int32 array
        Places with several condensed parents, ascending.
    """

    offsets: IntArray
    parents: IntArray
    dag_offsets: IntArray
    dag_parents: IntArray
    dag_child_offsets: IntArray
    dag_children: IntArray
    representatives: IntArray
    levels: Levels
    position: IntArray
    above: IntArray
    merges: IntArray

    @property
    def n_nodes(self) -> int:
        """Number of nodes, V."""
        return len(self.offsets) - 1

    def components(self) -> dict[int, list[int]]:
        """Return the members of each component of two or more, by representative."""
        own = np.arange(self.n_nodes, dtype=np.int32)
        others = np.flatnonzero(self.representatives != own)
        found: dict[int, list[int]] = {}
        for node in others.tolist():
            head = int(self.representatives[node])
            found.setdefault(head, [head]).append(node)
        return found


def condense(
    parents: Csr,
    relations: BoolArray,
    representatives: IntArray | None = None,
    within: BoolArray | None = None,
) -> Dag:
    """Return the graph of some relations with its cycles condensed.

    Parameters
    ----------
    parents : Csr
        Edges from each node to its parents.
    relations : bool array, shape (number of relations,)
        Relation codes that count.
    representatives : int32 array, shape (V,), optional
        Components over exactly these edges, from
        :func:`~headwater.graph.kernels.components.component_representatives`; None:
        they are found here.
    within : bool array, shape (V,), optional
        Edges with an end outside it do not count.

    Notes
    -----
    O(V + E log E).

    Examples
    --------
    1 and 2 on a cycle that stands on 0:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> a, b = np.array([1, 1, 2], np.int32), np.array([0, 2, 1], np.int32)
    >>> rows = build_csr(a, b, np.zeros(3, np.int8), np.arange(3, dtype=np.int32), 3)
    >>> dag = condense(rows, np.array([True]))
    >>> dag.representatives.tolist(), dag.levels.order.tolist()
    ([0, 1, 1], [0, 1])
    """
    n_nodes = parents.n_nodes
    child, parent = _simple_edges(parents, relations, within)
    offsets = row_offsets(child, n_nodes)
    down = None
    if representatives is None:
        down = _reversed_rows(child, parent, n_nodes)
        representatives = component_representatives(offsets, parent, *down)
    on_cycle = representatives != np.arange(n_nodes, dtype=np.int32)
    if not on_cycle.any():
        down = down or _reversed_rows(child, parent, n_nodes)
        levels = topological_levels(*down)
        placed = _places(levels, offsets, parent, None)
        return Dag(
            offsets, parent, offsets, parent, *down, representatives, levels, *placed
        )
    dag_child, dag_parent = _condensed_edges(child, parent, representatives)
    down = _reversed_rows(dag_child, dag_parent, n_nodes)
    dag_offsets = row_offsets(dag_child, n_nodes)
    levels = _without(topological_levels(*down), on_cycle)
    placed = _places(levels, dag_offsets, dag_parent, representatives)
    return Dag(
        offsets,
        parent,
        dag_offsets,
        dag_parent,
        *down,
        representatives,
        levels,
        *placed,
    )


def _places(
    levels: Levels,
    offsets: IntArray,
    parents: IntArray,
    representatives: IntArray | None,
) -> tuple[IntArray, IntArray, IntArray]:
    """Return `position`, `above` and `merges`: the rows in the order of the levels.

    A kernel that goes level by level reads and writes them one after another, instead
    of all over the memory.
    """
    order = levels.order
    position = np.empty(len(offsets) - 1, np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    if representatives is not None:
        position = position.take(representatives)
    above = np.arange(len(order), dtype=np.int32)
    roots = int(levels.starts[1]) if len(levels) else 0
    below = order[roots:]
    first = offsets.take(below)
    above[roots:] = position.take(parents.take(first))
    several = offsets[1:].take(below) - first > 1
    merges = np.flatnonzero(several).astype(np.int32)
    return position, above, merges + np.int32(roots)


def _simple_edges(
    rows: Csr, relations: BoolArray, within: BoolArray | None
) -> tuple[IntArray, IntArray]:
    """Return children and parents, distinct and sorted, self-loops left out."""
    child, parent = row_sources(rows.offsets), rows.targets
    keep: BoolArray = child != parent
    walkable = relations.take(rows.relations)
    if not walkable.all():
        keep &= walkable
    if within is not None:
        keep &= within.take(child) & within.take(parent)
    if not keep.all():
        child, parent = child[keep], parent[keep]
    # The rows are sorted, so edges of several relations stand side by side.
    new = np.ones(len(child), np.bool_)
    new[1:] = (child[1:] != child[:-1]) | (parent[1:] != parent[:-1])
    return (child, parent) if new.all() else (child[new], parent[new])


def _condensed_edges(
    child: IntArray, parent: IntArray, representatives: IntArray
) -> tuple[IntArray, IntArray]:
    packed = _packed(representatives.take(child), representatives.take(parent))
    high = packed >> 32
    keep = np.ones(len(packed), np.bool_)
    np.not_equal(packed[1:], packed[:-1], out=keep[1:])
    keep &= high != packed & 0xFFFF_FFFF
    packed = packed[keep]
    return (packed >> 32).astype(np.int32), packed.astype(np.int32)


def _reversed_rows(
    child: IntArray, parent: IntArray, n_nodes: int
) -> tuple[IntArray, IntArray]:
    # Conversion to int32 keeps the low half, which is the child.
    return row_offsets(parent, n_nodes), _packed(parent, child).astype(np.int32)


def _packed(high: IntArray, low: IntArray) -> LongArray:
    """Return the sorted pairs, each in one integer."""
    packed = high.astype(np.int64) << 32
    packed |= low
    packed.sort()
    return packed


def _without(levels: Levels, gone: BoolArray) -> Levels:
    """Return `levels` without some nodes of level 0."""
    first = levels[0]
    kept = first[~gone[first]]
    removed = len(first) - len(kept)
    starts = levels.starts - removed
    starts[0] = 0
    return Levels(np.concatenate([kept, levels.order[len(first) :]]), starts)
