"""Which single labels dominate some nodes, written out for those nodes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, IntArray, LongArray, ranges
from headwater.graph.kernels.dominators import DominatorTree
from headwater.graph.kernels.label_sets import LabelSets

DEEPEST: Final = 512
"""A node with more dominators than this is not asked for them."""


@dataclass(frozen=True, slots=True)
class Singles:
    """Labels of some nodes.

    Attributes
    ----------
    place : int32 array, shape (V,)
        Where each node stands; nodes that were not asked for stand at 0.
    offsets : int64 array, shape (k + 2,)
        Where the labels at each place begin. Place 0 has none.
    labels : int32 array, shape (total,)
        Labels in no order, each once a node.
    missing : bool array, shape (V,)
        Nodes with too many labels; they have none here.
    """

    place: IntArray
    offsets: LongArray
    labels: IntArray
    missing: BoolArray

    def sizes_of(self, nodes: IntArray) -> LongArray:
        """Return the number of labels of each node."""
        at = self.place.take(nodes)
        sizes: LongArray = self.offsets[1:].take(at) - self.offsets.take(at)
        return sizes

    def gather(self, nodes: IntArray) -> tuple[LongArray, IntArray]:
        """Return the sizes of some nodes, and their labels one after another."""
        sizes, starts = self.sizes_of(nodes), self.offsets.take(self.place.take(nodes))
        return sizes, self.labels.take(ranges(starts, sizes))

    def of(self, node: int) -> set[int]:
        """Return the labels of one node."""
        return set(self.gather(np.array([node], np.int32))[1].tolist())


def node_singles(tree: DominatorTree, nodes: IntArray) -> Singles:
    """Return the dominators of some distinct nodes, themselves included.

    Notes
    -----
    O(V + total), in one step for each dominator of the deepest node.

    Examples
    --------
    >>> tree = DominatorTree(np.array([-1, 0, 1], np.int32), np.array([1, 2, 3], np.int32))
    >>> found = node_singles(tree, np.array([2], np.int32))
    >>> sorted(found.of(2)), found.of(1)
    ([0, 1, 2], set())
    """
    above, number = tree.parent, np.arange(len(tree.parent), dtype=np.int32)
    return _walked(nodes, nodes, tree.depth.take(nodes), above, number, len(number))


def label_singles(sets: LabelSets, nodes: IntArray) -> Singles:
    """Return the labels of some distinct nodes. O(V + S + total)."""
    start = sets.set_of.take(nodes)
    # The empty set is its own base: the walk ends there, as it does at a root.
    above = np.where(sets.base == 0, np.int32(-1), sets.base)
    sizes = sets.sizes().take(start)
    return _walked(nodes, start, sizes, above, sets.label, len(sets.set_of))


def _walked(
    nodes: IntArray,
    start: IntArray,
    sizes: LongArray | IntArray,
    above: IntArray,
    label: IntArray,
    n_nodes: int,
) -> Singles:
    """Return the labels met from each start upwards; those of -1 are none."""
    missing = np.zeros(n_nodes, np.bool_)
    deep = sizes > DEEPEST
    missing[nodes[deep]] = True
    nodes, current, sizes = nodes[~deep], start[~deep], sizes[~deep]
    place = np.zeros(n_nodes, np.int32)
    place[nodes] = np.arange(1, len(nodes) + 1, dtype=np.int32)
    offsets = np.zeros(len(nodes) + 2, np.int64)
    np.cumsum(sizes, out=offsets[2:])
    labels = np.empty(int(offsets[-1]), np.int32)
    at = offsets[1:-1].copy()
    while current.size:
        found = label.take(current)
        some = found >= 0
        labels[at[some]] = found[some]
        at += some
        current = above.take(current)
        going = current >= 0
        at, current = at[going], current[going]
    return Singles(place, offsets, labels, missing)
