"""Pairs of chokepoints: models that neither would take down alone, but both would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import (
    LongArray,
    ranges,
    run_starts,
)
from headwater.graph.kernels.label_sets import LabelSets
from headwater.graph.kernels.pair_sets import PairSets, split
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.chokepoints_graph import Dominated, Figures, heaviest


@dataclass(frozen=True, slots=True)
class Half:
    """One of a pair.

    Attributes
    ----------
    id, name : str
        The artefact, namespace or developer.
    cycle : tuple of str
        Artefacts on a cycle of declared parents, which count as one; usually empty.
    alone : Dominated
        Other models that it dominates alone.
    """

    id: str
    name: str
    cycle: tuple[str, ...]
    alone: Dominated


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that together dominate models which neither dominates alone.

    Attributes
    ----------
    halves : tuple of two Half
        In the order of the nodes.
    adds : Dominated
        Models of which every path from a root passes through one of the two, while
        neither is on every path.
    together : Dominated
        All models of which every path passes through one of the two, the two (or what
        they own) not counted.
    """

    halves: tuple[Half, Half]
    adds: Dominated
    together: Dominated


@dataclass(frozen=True, slots=True)
class PairRanking:
    """Pairs of one sort, those that add most first.

    Attributes
    ----------
    by : str
        ``artefact``, ``namespace`` or ``developer``.
    n_found : int
        Pairs that add at least one model.
    pairs : tuple of Pair
        By the weight and the number of the models that they add, then by node.
    truncated : int
        How many a limit left out.
    complete : bool
        Whether all pairs were sought. If not, `adds` and `together` are at least what
        they say, and pairs may be missing.
    not_searched : int
        Models with several parents that were left out because they have too many
        candidates, see :data:`headwater.graph.kernels.pairs.MOST`.
    """

    by: str
    n_found: int
    pairs: tuple[Pair, ...]
    truncated: int
    complete: bool
    not_searched: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """What single chokepoints dominate, and what two of them both do.

    Attributes
    ----------
    sets : LabelSets or None
        Labels of each node. None: labels are nodes of a dominator tree, of which two
        that form a pair have no node in common.
    under, lost : Figures
        By label: all that it dominates, and what is lost with it by definition.
    """

    sets: LabelSets | None
    under: Figures
    lost: Figures

    def shared(self, pairs: LongArray, figures: Figures) -> Figures:
        """Return for ascending pairs the figures of the nodes that both dominate.

        O(V + pool), and the pairs that stand in the sets.
        """
        if self.sets is None:
            return figures.mapped(lambda _: np.zeros(len(pairs), np.int64))
        sets, low_high = self.sets, split(pairs)
        wanted = np.zeros(len(self.under.models), np.bool_)
        for half in low_high:
            wanted[half] = True
        offsets, labels = sets.pool()
        kept = np.flatnonzero(wanted.take(labels))
        number = (np.searchsorted(offsets, kept, side="right") - 1).astype(np.int32)
        label = labels.take(kept).astype(np.int64)
        starts = np.flatnonzero(run_starts(number))
        sizes = np.diff(starts, append=len(number))
        # Each label with all that come after it in the same set.
        rest = np.repeat(starts + sizes, sizes) - np.arange(len(number)) - 1
        one = np.repeat(np.arange(len(number)), rest)
        two = ranges(np.arange(len(number)) + 1, rest)
        a, b = label.take(one), label.take(two)
        code = (np.minimum(a, b) << 32) | np.maximum(a, b)
        place = np.searchsorted(pairs, code)
        place[place == len(pairs)] = 0
        found = np.flatnonzero(pairs.take(place) == code) if len(pairs) else place[:0]
        place, which = place[found], number.take(one[found])

        def add_up(row: LongArray) -> LongArray:
            total = np.zeros(len(pairs), np.int64)
            np.add.at(total, place, sets.weigh(row).take(which))
            return total

        return figures.mapped(add_up)


def rank_pairs(
    graph: LineageGraph,
    by: str,
    found: PairSets,
    figures: Figures,
    overlap: Overlap,
    cycles: Mapping[int, list[int]],
    limit: int | None,
) -> PairRanking:
    """Return the pairs that add most.

    Parameters
    ----------
    found : PairSets
        Pairs of each node.
    figures : Figures
        What each node weighs.
    overlap : Overlap
        What the single ones dominate.
    cycles : mapping of int to list of int
        Members of each component, by the node that stands for it.
    limit : int, optional
        At most so many; None means all.
    """
    pairs = found.distinct()
    adds = figures.mapped(lambda row: found.sum_by_pair(pairs, row))
    order, n_found = heaviest(adds, limit)
    chosen: NDArray[np.int64] = np.sort(order)
    pairs, adds = pairs[chosen], adds.at(chosen)
    one, two = split(pairs)
    alone = overlap.under.less(overlap.lost)
    together = (
        adds.plus(alone.at(one))
        .plus(alone.at(two))
        .less(overlap.shared(pairs, figures))
    )
    place = np.searchsorted(chosen, order)

    def half(node: int) -> Half:
        return _half(graph, node, cycles.get(node, ()), alone.of(node))

    return PairRanking(
        by=by,
        n_found=n_found,
        pairs=tuple(
            Pair(
                (half(int(one[at])), half(int(two[at]))),
                adds.of(at), together.of(at),
            )
            for at in place.tolist()
        ),
        truncated=n_found - len(order),
        complete=len(found.left_out) == 0,
        not_searched=len(found.left_out),
    )  # fmt: skip


def _half(
    graph: LineageGraph, node: int, cycle: Sequence[int], alone: Dominated
) -> Half:
    return Half(
        graph.ids[node],
        graph.name(node),
        tuple(graph.ids[item] for item in cycle),
        alone,
    )
