"""Pairs of labels that together dominate what neither of them dominates alone.

Only a node with several parents can depend on two labels without depending on one: of
its parents some stand on the first label, the others on the second. So pairs begin at
such nodes; everything else has the pairs of its parent.

References
----------
F. E. Allen, J. Cocke, "A program data flow analysis procedure", Comm. ACM 19 (1976),
137-147: the equations that :mod:`headwater.graph.kernels.label_sets` solves for single
labels. M. Teslenko, E. Dubrova, "An efficient algorithm for finding double-vertex
dominators in circuit graphs", DATE (2005): the question for pairs of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import (
    IntArray,
    LongArray,
    edge_positions,
    run_starts,
)
from headwater.graph.kernels.dag import Dag
from headwater.graph.kernels.dominators import DominatorTree
from headwater.graph.kernels.label_sets import LabelSets
from headwater.graph.kernels.pair_sets import PairPool, PairSets, split
from headwater.graph.kernels.pair_singles import (
    Singles,
    label_singles,
    node_singles,
)
from headwater.graph.kernels.pairs_at import (
    Parents,
    pairs_at_merges,
    pairs_in_component,
)

MOST: Final = 4096
"""A node whose parents have more labels and pairs than this, all taken together, or
which has more candidate pairs, is left out: two merged chains of length n have n * n
pairs."""

POOL: Final = 1 << 25
"""So many pairs are kept in all; nodes that come after that are left out."""

_CHUNK: Final = 1 << 21
_ROWS: Final = 1 << 15


def pairs_of_labels(
    dag: Dag, own: IntArray, sets: LabelSets, *, most: int = MOST
) -> PairSets:
    """Return for each node the pairs of labels of which every path from a root meets one.

    A pair is left out where one of its two labels dominates the node alone. With P(v)
    the pairs and D(v) the single labels of v: {a, b} is in P(v) when for every parent p
    of v either a or b is in D(p) or {a, b} is in P(p), while neither is in D(v).

    Parameters
    ----------
    dag : Dag
        The graph.
    own : int32 array, shape (V,)
        Label of each node, -1 for none.
    sets : LabelSets
        D, from :func:`~headwater.graph.kernels.label_sets.dominating_labels`.
    most : int
        Bound on what is sought at one node, see :data:`MOST`.

    Notes
    -----
    Exact but for what `left_out` names. Of the pairs of a node with several parents,
    each either is a pair of one of them, or joins a label of the first parent with a
    label of the first parent that lacks it; those candidates are formed and tested
    against all parents. O(V + E + candidates log candidates), in one step a level.
    Within a component that is entered from outside the freedom of each member is found
    for each candidate; one that nothing enters is one root and has no pairs.

    Examples
    --------
    3 merges the roots 0 and 1; 4 stands on it:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> from headwater.graph.kernels.dag import condense
    >>> from headwater.graph.kernels.label_sets import dominating_labels
    >>> a, b = np.array([3, 3, 4], np.int32), np.array([0, 1, 3], np.int32)
    >>> rows = build_csr(a, b, np.zeros(3, np.int8), np.arange(3, dtype=np.int32), 5)
    >>> dag, own = condense(rows, np.array([True])), np.array([7, 8, 9, 5, 6], np.int32)
    >>> pairs_of_labels(dag, own, dominating_labels(dag, own)).of(4)
    [(7, 8)]

    See Also
    --------
    pairs_of_nodes : each node its own label.
    """
    nodes = _above_merges(dag)
    members = [item for part in dag.components().values() for item in part]
    if members:
        nodes = np.union1d(nodes, np.array(members, np.int32))
        rows = edge_positions(dag.offsets, np.array(members, np.int32))
        nodes = np.union1d(nodes, dag.parents.take(rows))
    return _PairSpread(dag, own, label_singles(sets, nodes), most).run()


def pairs_of_nodes(dag: Dag, tree: DominatorTree, *, most: int = MOST) -> PairSets:
    """Return for each node the pairs of nodes of which every path from a root meets one.

    As :func:`pairs_of_labels` with each node as its own label.

    Parameters
    ----------
    dag : Dag
        A graph in which no component has two members.
    tree : DominatorTree
        Its dominator tree.
    most : int
        Bound on what is sought at one node, see :data:`MOST`.

    Examples
    --------
    2 merges the roots 0 and 1:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> from headwater.graph.kernels.dag import condense
    >>> from headwater.graph.kernels.dominators import dominator_tree
    >>> a, b = np.array([2, 2], np.int32), np.array([0, 1], np.int32)
    >>> rows = build_csr(a, b, np.zeros(2, np.int8), np.arange(2, dtype=np.int32), 3)
    >>> dag = condense(rows, np.array([True]))
    >>> pairs_of_nodes(dag, dominator_tree(dag)).of(2)
    [(0, 1)]
    """
    return _PairSpread(dag, None, node_singles(tree, _above_merges(dag)), most).run()


def _above_merges(dag: Dag) -> IntArray:
    """Return the parents of nodes with several parents, ascending."""
    several = np.flatnonzero(np.diff(dag.offsets) > 1).astype(np.int32)
    parents = np.sort(dag.parents.take(edge_positions(dag.offsets, several)))
    return parents[run_starts(parents)]


class _PairSpread:
    """Sets of pairs under way from the roots down."""

    def __init__(
        self,
        dag: Dag,
        own: IntArray | None,
        singles: Singles,
        most: int,
    ) -> None:
        self.dag, self.own, self.singles, self.most = dag, own, singles, most
        self.set_of: IntArray = np.zeros(dag.n_nodes, np.int32)
        self.pool = PairPool()
        self.left_out: list[int] = []

    def run(self) -> PairSets:
        """Return the pairs of every node."""
        dag = self.dag
        components = dag.components()
        is_head = np.zeros(dag.n_nodes, np.bool_)
        is_head[list(components)] = True
        for level in range(len(dag.levels)):
            nodes = dag.levels[level]
            if components:
                heads = is_head.take(nodes)
                for head in nodes[heads].tolist():
                    self._place_component(components[head])
                nodes = nodes[~heads]
            if level == 0:
                continue
            starts = dag.offsets.take(nodes)
            several = dag.offsets[1:].take(nodes) - starts > 1
            alone = ~several
            self._inherit(nodes[alone], dag.parents.take(starts[alone]))
            merges = nodes[several]
            for chunk in self._chunks(merges):
                self._add(chunk, *pairs_at_merges(self._parents(chunk), self.most))
        left_out = np.sort(np.array(self.left_out, np.int32))
        return self.pool.finished(self.set_of, left_out)

    def _add(self, nodes: IntArray, sizes: LongArray, pairs: LongArray) -> None:
        """Give nodes their sets; a size of -1 says that a node was left out."""
        if len(self.pool.pairs) + len(pairs) > POOL:
            sizes, pairs = np.full(len(nodes), -1, np.int64), pairs[:0]
        self.left_out += nodes[sizes < 0].tolist()
        self.set_of[nodes] = self.pool.add(np.maximum(sizes, 0), pairs)

    def _inherit(self, nodes: IntArray, parents: IntArray) -> None:
        """Hand sets on to nodes with one parent, less the pairs that hold their label."""
        sets = self.set_of.take(parents)
        some = np.flatnonzero(sets)
        if not some.size:
            return
        nodes, sets = nodes[some], sets[some]
        self.set_of[nodes] = sets
        if self.own is None:
            return
        own = self.own.take(nodes)
        key = (sets.astype(np.int64) << 32) | (own + 1)
        order = np.argsort(key, kind="stable")
        group = np.cumsum(run_starts(key[order])) - 1
        first = order[run_starts(key[order])]
        sizes, pairs = self.pool.gather(sets[first])
        row = np.repeat(np.arange(len(first)), sizes)
        low, high = split(pairs)
        label = own[first].take(row)
        keep = (low != label) & (high != label)
        if keep.all():
            return
        changed = np.zeros(len(first), np.bool_)
        changed[row[~keep]] = True
        keep &= changed.take(row)
        made = np.zeros(len(first), np.int32)
        made[changed] = self.pool.add(
            np.bincount(row[keep], minlength=len(first))[changed], pairs[keep]
        )
        new = np.empty(len(nodes), np.int32)
        new[order] = np.where(changed, made, sets[first])[group]
        self.set_of[nodes] = new

    def _chunks(self, merges: IntArray) -> Iterator[IntArray]:
        """Yield merges in pieces of bounded work."""
        if not merges.size:
            return
        offsets = self.dag.offsets
        counts = offsets[1:].take(merges) - offsets.take(merges)
        parents = self.dag.parents.take(edge_positions(offsets, merges))
        work = self._work(parents)
        ends = np.cumsum(counts)
        done = np.cumsum(np.minimum(work, self.most + 1))[ends - 1]
        piece = done // _CHUNK + np.arange(len(merges)) // _ROWS
        cuts = np.flatnonzero(np.diff(piece, prepend=-1, append=-2))
        for begin, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            yield merges[begin:end]

    def _work(self, parents: IntArray) -> LongArray:
        labels = self.singles.sizes_of(parents)
        pairs = self.pool.sizes_of(self.set_of.take(parents))
        work: LongArray = labels + pairs + 1
        return work

    def _parents(self, merges: IntArray) -> Parents:
        """Return what the parents of merges have; those with too much have nothing."""
        offsets = self.dag.offsets
        counts = offsets[1:].take(merges) - offsets.take(merges)
        parents = self.dag.parents.take(edge_positions(offsets, merges))
        row = np.repeat(np.arange(len(merges)), counts)
        work = np.bincount(row, self._work(parents), len(merges))
        fits = work <= self.most
        fits[row[self.singles.missing.take(parents)]] = False
        usable = fits.take(row)
        kept = parents[usable]
        sizes = np.zeros(len(parents), np.int64)
        pair_sizes = np.zeros(len(parents), np.int64)
        sizes[usable], labels = self.singles.gather(kept)
        pair_sizes[usable], pairs = self.pool.gather(self.set_of.take(kept))
        own = None if self.own is None else self.own.take(merges)
        return Parents(counts, own, sizes, labels, pair_sizes, pairs, fits)

    def _place_component(self, members: list[int]) -> None:
        dag, own = self.dag, self.own
        assert own is not None
        rows = {
            node: dag.parents[dag.offsets[node] : dag.offsets[node + 1]].tolist()
            for node in members
        }
        outside = {item for row in rows.values() for item in row if item not in rows}
        if not outside:
            return
        nodes = np.array(sorted(outside), np.int32)
        every = np.concatenate([nodes, np.array(members, np.int32)])
        if (
            int(self._work(nodes).sum()) + len(members) > self.most
            or self.singles.missing.take(every).any()
        ):
            self.left_out += members
            return
        singles = {node: self.singles.of(node) for node in every.tolist()}
        pairs = {
            node: set(self.pool.gather(self.set_of[node : node + 1])[1].tolist())
            for node in nodes.tolist()
        }
        label = {node: int(own[node]) for node in members}
        above = {node: singles[node] for node in nodes.tolist()}
        found = pairs_in_component(rows, label, above, pairs, self.most)
        if found is None:
            self.left_out += members
            return
        for node, codes in found.items():
            alone = singles[node]
            kept = [c for c in sorted(codes) if not {c >> 32, c & 0xFFFF_FFFF} & alone]
            self._add(
                np.array([node], np.int32),
                np.array([len(kept)], np.int64),
                np.array(kept, np.int64),
            )
