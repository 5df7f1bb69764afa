"""The closure curve: what share of models is touched when k pretrainers close.

References
----------
G. L. Nemhauser, L. A. Wolsey, M. L. Fisher, "An analysis of approximations for
maximizing submodular set functions", Math. Program. 14 (1978), 265-294: for each k, the
greedy choice touches at least 1 - 1/e (63 %) of what the best k would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import IntArray
from headwater.graph.kernels.greedy import greedy_cover
from headwater.graph.kernels.label_sets import LabelSets
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.concentration_figures import Amounts, Interval
from headwater.queries.concentration_shares import FlatSets, Upstream, owner_sets

CURVE: Final = 100
"""Points of the curve that an answer holds at most."""
GUARANTEE: Final = 1 - 1 / np.e
"""Part of the best possible choice that the greedy one is sure to reach."""
_FIRST: Final = 256
_FACTOR: Final = 4
_EXACT: Final = 2.0**50


@dataclass(frozen=True, slots=True)
class ClosurePoint:
    """One more pretrainer closes.

    Attributes
    ----------
    k : int
        How many have closed.
    id, name : str
        The one that closes now, chosen on declared lineage.
    share : float
        Share (0..1) of the weight of declared lineage that stands on one of the k.
    low, high : float
        The same of all that was selected: with every undeclared model a root of its own,
        and with all of them on the largest; the point if it is outside.
    """

    k: int
    id: str
    name: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Closure:
    """The closure curve by greedy choice.

    Attributes
    ----------
    curve : tuple of ClosurePoint
        At most :data:`CURVE` points.
    n_points : int
        How many pretrainers there are to close.
    guarantee : float
        1 - 1/e: no k of them touch more than the greedy share divided by this.
    half : Interval
        Least number that touches half of the weight, by greedy choice; None where even
        all of them don't.
    half_at_least : int or None
        No choice whatever touches half with fewer: k of them touch at most the
        sum of what the k largest reach.
    """

    curve: tuple[ClosurePoint, ...]
    n_points: int
    guarantee: float
    half: Interval
    half_at_least: int | None


@dataclass(frozen=True, slots=True)
class _Gains:
    """What each choice adds, falling; labels of undeclared roots are -1."""

    labels: IntArray
    gains: Amounts

    def half(self, total: float) -> int | None:
        reached = np.flatnonzero(np.cumsum(self.gains) >= total / 2 * (1 - 1e-12))
        return int(reached[0]) + 1 if reached.size and total else None

    def at(self, k: int) -> float:
        return float(self.gains[:k].sum())


def closure(graph: LineageGraph, upstream: Upstream, mass: Amounts) -> Closure:
    """Return the closure curve over owners of roots.

    A model is touched when any of its roots belongs to a pretrainer that closes.

    Parameters
    ----------
    mass : float64 array, shape (slots,)
        What comes to each slot, from :meth:`Upstream.gather`.

    Notes
    -----
    Owners whose models no other owner shares have gains that never change: they are
    sorted, and only the rest is chosen greedily. O(slots log slots).
    """
    sets = upstream.sets
    n_core, n_owners = upstream.n_core, len(upstream.owners)
    plain = mass.copy()
    plain[:n_core] = 0.0
    own = upstream.by_owner(plain)
    lone = np.sort(upstream.loose(plain))[::-1]
    total, touchable = float(mass.sum()), upstream.reaching(mass)
    apart = owner_sets(upstream, sets)
    core = mass[:n_core]
    none = np.zeros(0)
    known = _choose(_declared_only(apart, n_owners), core, own, none, touchable)
    free = _choose(apart, core, own, lone, total)
    stuck = known
    if n_owners and total > touchable:
        reach = apart.add_up(apart.weigh(core), n_owners + n_core)[:n_owners] + own
        largest = int(reach.argmax())
        stacked = own.copy()
        stacked[largest] += lone.sum()
        stuck = _choose(owner_sets(upstream, sets, largest), core, stacked, none, total)
    halves = [known.half(touchable), free.half(total), stuck.half(total)]
    told = [value for value in halves if value is not None]
    return Closure(
        curve=_points(graph, upstream, (known, touchable), (free, stuck), total),
        n_points=int(np.count_nonzero(known.gains > 0)),
        guarantee=float(GUARANTEE),
        half=Interval(halves[0], min(told, default=None), max(told, default=None)),
        half_at_least=_bound(apart, core, own, touchable),
    )


def _points(
    graph: LineageGraph,
    upstream: Upstream,
    point: tuple[_Gains, float],
    scenarios: tuple[_Gains, _Gains],
    total: float,
) -> tuple[ClosurePoint, ...]:
    known, touchable = point
    found = []
    for k, label in enumerate(known.labels[:CURVE].tolist(), 1):
        share = min(1.0, known.at(k) / touchable)
        others = [min(1.0, item.at(k) / total) for item in scenarios]
        node = int(upstream.owners[label])
        found.append(
            ClosurePoint(
                k, graph.ids[node], graph.name(node), share,
                min(share, *others), max(share, *others),
            )
        )  # fmt: skip
    return tuple(found)


def _bound(sets: FlatSets, core: Amounts, own: Amounts, touchable: float) -> int | None:
    reach = sets.add_up(sets.weigh(core), len(own) + len(core))[: len(own)] + own
    reach = np.sort(reach)[::-1]
    return _Gains(np.zeros(0, np.int32), reach).half(touchable)


def _declared_only(sets: FlatSets, n_owners: int) -> FlatSets:
    keep = sets.labels < n_owners
    offsets = np.concatenate([[0], np.cumsum(keep)])[sets.offsets]
    return FlatSets(sets.set_of, offsets, sets.labels[keep])


def _choose(
    sets: FlatSets, core: Amounts, own: Amounts, lone: Amounts, total: float
) -> _Gains:
    """Return the greedy choices until half is touched, and at least :data:`CURVE`.

    Parameters
    ----------
    sets : FlatSets
        Owners behind each node of the core.
    core : float64 array
        Weight of each node of the core.
    own : float64 array, shape (L,)
        Weight that stands on each owner alone, the core left out.
    lone : float64 array
        Weights of roots that nothing shares, falling.
    total : float
        Of which half is to be touched.
    """
    weight, sizes = sets.weigh(core), sets.sizes
    n_labels = max(len(own), int(sets.labels.max(initial=-1)) + 1)
    alone = np.zeros(n_labels)
    alone[: len(own)] = own
    single = np.flatnonzero(sizes == 1)
    np.add.at(alone, sets.labels[sets.offsets[single]], weight[single])
    several = np.repeat((sizes > 1) & (weight > 0), sizes)
    is_tangled = np.zeros(n_labels, np.bool_)
    is_tangled[sets.labels[several]] = True
    tangled = np.flatnonzero(is_tangled).astype(np.int32)
    constant = alone.copy()
    constant[tangled] = 0.0
    fixed = np.flatnonzero(constant).astype(np.int32)
    fixed = fixed[np.argsort(-constant[fixed], kind="stable")]
    problem = _tangle(sets, weight, alone, tangled)
    limit = _FIRST
    while True:
        chosen = _greedy(*problem, tangled, limit)
        part = lone[: limit * _FACTOR]
        merged = _merged(chosen, fixed, constant[fixed], part, len(own))
        # Below the last gain that is known the order is not; of equals who is first is not.
        known = chosen.gains[-1:] if len(chosen.labels) == limit else np.zeros(0)
        if len(part) < len(lone):
            known = np.append(known, part[-1])
        if not len(known):
            return merged
        sure = int(np.count_nonzero(merged.gains > known.max()))
        level = int(np.count_nonzero(merged.gains >= known.max()))
        step = merged.half(total)
        if sure >= CURVE and step is not None and step <= level:
            return merged
        limit *= _FACTOR


def _tangle(
    sets: FlatSets, weight: Amounts, alone: Amounts, tangled: IntArray
) -> tuple[FlatSets, Amounts]:
    """Return sets of several owners, and one of each such owner alone, with weights."""
    rows = np.flatnonzero((sets.sizes > 1) & (weight > 0))
    inside = np.zeros(len(sets.sizes), np.bool_)
    inside[rows] = True
    labels = sets.labels[np.repeat(inside, sets.sizes)]
    place = np.zeros(len(alone), np.int32)
    place[tangled] = np.arange(len(tangled), dtype=np.int32)
    labels = place.take(labels)
    counts = np.concatenate([[0], sets.sizes[rows], np.ones(len(tangled), np.int64)])
    made = FlatSets(
        np.arange(1, len(counts), dtype=np.int32),
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([labels, np.arange(len(tangled), dtype=np.int32)]),
    )
    return made, np.concatenate([weight[rows], alone[tangled]])


def _greedy(sets: FlatSets, weight: Amounts, tangled: IntArray, limit: int) -> _Gains:
    whole = float(weight.sum())
    # The kernel counts in whole numbers; large or broken weights are scaled for it.
    exact = whole < _EXACT and bool((weight == np.floor(weight)).all())
    scale = 1.0 if exact else _EXACT / whole
    whole_numbers = np.rint(weight * scale).astype(np.int64)
    cover = greedy_cover(_nested(sets), whole_numbers, limit=limit)
    gains = np.diff(cover.covered, prepend=0) / scale
    return _Gains(tangled[cover.labels].astype(np.int32), gains)


def _merged(
    chosen: _Gains, fixed: IntArray, constant: Amounts, lone: Amounts, n_owners: int
) -> _Gains:
    """Return all choices, the greatest gain first; of equal ones the lowest label."""
    labels = np.concatenate([chosen.labels, fixed, np.full(len(lone), n_owners)])
    gains = np.concatenate([chosen.gains, constant, lone])
    order = np.lexsort((labels, -gains))
    labels = labels[order]
    return _Gains(
        np.where(labels < n_owners, labels, -1).astype(np.int32), gains[order]
    )


def _nested(sets: FlatSets) -> LabelSets:
    """Return sets in the form of the kernel: each a chain of sets, one label longer."""
    sizes = sets.sizes
    place = np.arange(len(sets.labels)) - np.repeat(sets.offsets[:-1], sizes)
    order = np.argsort(place, kind="stable")
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(1, len(order) + 1, dtype=np.int32)
    base = np.zeros(len(order) + 1, np.int32)
    later = np.flatnonzero(place > 0)
    base[number[later]] = number[later - 1]
    label = np.full(len(order) + 1, -1, np.int32)
    label[number] = sets.labels
    steps = np.arange(int(sizes.max(initial=0)) + 1)
    stages = np.searchsorted(place[order], steps).astype(np.int64) + 1
    last = np.zeros(len(sizes), np.int32)
    last[sizes > 0] = number[sets.offsets[1:][sizes > 0] - 1]
    return LabelSets(last.take(sets.set_of), base, label, stages)
