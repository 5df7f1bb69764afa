"""Greedy cover: the few labels whose nodes make up most of the weight.

References
----------
G. L. Nemhauser, L. A. Wolsey, M. L. Fisher, "An analysis of approximations for
maximizing submodular set functions", Math. Program. 14 (1978), 265-294: at every step
the greedy choice covers at least 1 - 1/e of what the best choice of as many labels does.
J. Leskovec et al., "Cost-effective outbreak detection in networks", KDD 2007: lazy
evaluation (CELF), which gives the same choice for a fraction of the work.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray, LongArray
from headwater.graph.kernels.label_sets import LabelSets
from headwater.graph.kernels.order import stable_order


@dataclass(frozen=True, slots=True)
class GreedyCover:
    """Labels in the order in which a greedy choice takes them.

    Attributes
    ----------
    labels : int32 array, shape (k,)
        Labels taken.
    covered : int64 array, shape (k,)
        Weight covered by the first, the first two, ...
    total : int
        Weight of all nodes, those without labels included.
    """

    labels: IntArray
    covered: LongArray
    total: int

    @property
    def shares(self) -> NDArray[np.float64]:
        """The closure curve: `covered` as shares of the total, 0..1."""
        return self.covered / max(self.total, 1)

    def least(self, share: float) -> int | None:
        """Return how many labels the greedy choice takes to cover a share (0..1).

        None when the labels taken do not cover that much. The least possible number
        may be smaller: greedy is near the best choice, not equal to it.
        """
        goal = share * self.total
        step = int(np.searchsorted(self.covered, goal, side="left"))
        if goal <= 0:
            return 0
        return step + 1 if step < len(self.covered) else None


def greedy_cover(
    sets: LabelSets,
    weights: NDArray[np.int64],
    *,
    share: float = 1.0,
    limit: int | None = None,
) -> GreedyCover:
    """Return labels, each the one that covers most of what is still uncovered.

    Parameters
    ----------
    sets : LabelSets
        Labels of each node; a node is covered by any of them. The union sets of
        :func:`~headwater.graph.kernels.label_sets.reached_labels` make cover
        submodular, which the guarantee needs; dominating sets do not.
    weights : int64 array, shape (V,)
        Weight of each node, not negative.
    share : float
        Stop once this share (0..1) of the total weight is covered.
    limit : int, optional
        Stop after so many labels.

    Returns
    -------
    GreedyCover
        Of equals the lowest label is taken first. Labels that would add nothing are
        left out.

    Notes
    -----
    Nodes with the same set are one item. O(V + P log P) for a pool of P labels, then
    O(size of a label) for every gain that is computed again.

    Examples
    --------
    Set 1 holds the label 7, set 2 that and 8; the first node has none:

    >>> base, label = np.array([0, 0, 1], np.int32), np.array([-1, 7, 8], np.int32)
    >>> sets = LabelSets(np.array([0, 1, 2], np.int32), base, label, np.array([1, 2, 3]))
    >>> cover = greedy_cover(sets, np.array([1, 1, 2]))
    >>> cover.labels.tolist(), cover.shares.tolist(), cover.least(0.5)
    ([7], [0.75], 1)
    """
    total = int(weights.sum())
    value = sets.weigh(weights)
    members, gains = _members_by_label(sets, value)
    useful = np.flatnonzero(gains)
    useful = useful[stable_order(-gains[useful])]
    # Labels enter the queue when their first gain comes up, which most never does.
    waiting = zip((-gains[useful]).tolist(), useful.tolist(), strict=True)
    upcoming = next(waiting, None)
    queue: list[tuple[int, int]] = []
    exact_at: dict[int, int] = {}
    labels: list[int] = []
    covered: list[int] = []
    done = 0
    most = len(useful) if limit is None else limit
    while len(labels) < most and done < share * total:
        while upcoming and (not queue or upcoming < queue[0]):
            heapq.heappush(queue, upcoming)
            upcoming = next(waiting, None)
        if not queue:
            break
        negative, label = heapq.heappop(queue)
        if exact_at.get(label, 0) < len(labels):
            # A gain only shrinks: what was computed earlier is an upper bound.
            exact_at[label] = len(labels)
            gain = int(value[members(label)].sum())
            if gain > 0:
                heapq.heappush(queue, (-gain, label))
            continue
        value[members(label)] = 0
        done -= negative
        labels.append(label)
        covered.append(done)
    return GreedyCover(np.array(labels, np.int32), np.array(covered, np.int64), total)


def _members_by_label(
    sets: LabelSets, value: NDArray[np.int64]
) -> tuple[Callable[[int], IntArray], LongArray]:
    """Return a look-up of the sets that hold a label, and the value of each label."""
    offsets, labels = sets.pool()
    sizes = np.diff(offsets)
    n_labels = int(labels.max(initial=-1)) + 1
    gains = np.zeros(n_labels, np.int64)
    np.add.at(gains, labels, np.repeat(value, sizes))
    packed = labels.astype(np.int64) << 32
    packed |= np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    if not value.all():
        packed = packed[np.repeat(value != 0, sizes)]
    packed.sort()
    holders = packed.astype(np.int32)
    starts = np.searchsorted(packed >> 32, np.arange(n_labels + 1))

    def members(label: int) -> IntArray:
        return holders[starts[label] : starts[label + 1]]

    return members, gains
