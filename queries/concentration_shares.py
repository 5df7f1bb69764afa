"""Whose roots the models stand on, by each way of attributing them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.contract import Core, contract
from headwater.graph.kernels.csr import BoolArray, IntArray, LongArray, run_starts
from headwater.graph.kernels.dag import Dag
from headwater.graph.kernels.label_sets import root_sets
from headwater.graph.kernels.order import stable_order
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import KINDS, RELATION_CODE, ROOT_STATUSES
from headwater.queries.concentration_figures import Amounts

BY: Final = ("developer", "namespace", "root", "dataset")
"""What models are attributed to."""

ATTRIBUTIONS: Final = {
    "fractional": "a model is split equally among its parents, recursively",
    "fractional-roots": "a model is split equally among the different roots it leads to",
    "any": "a model counts whole for everyone that its weights lead to",
    "captive": "a model counts for the only one that all of its weights lead to",
}


@dataclass(frozen=True, slots=True)
class Attributed:
    """Weight by owner.

    Attributes
    ----------
    amounts : float64 array, shape (L,)
        What each owner has.
    loose : float64 array, shape (u,)
        What each root of undeclared lineage has, zeros left out.
    together : float64 array, shape (L,)
        What each owner has when all undeclared lineage leads to the largest.
    declared : float
        What the shares are shares of: split among owners, or for ``any`` and
        ``captive`` the weight of models that reach an owner at all.
    """

    amounts: Amounts
    loose: Amounts
    together: Amounts
    declared: float


_IS_DECLARED: Final = np.array(
    [name in ("established", "presumed") for name in ROOT_STATUSES]
)


def _in_order(chosen: BoolArray, since: IntArray | None) -> IntArray:
    """Return the nodes chosen, those that exist first before the others."""
    nodes = np.flatnonzero(chosen).astype(np.int32)
    return nodes if since is None else nodes[stable_order(since.take(nodes))]


def tally(places: IntArray, amounts: Amounts | None, length: int) -> Amounts:
    """Return the sum of the amounts (1 by default) at each place, shape (length,)."""
    sums: Amounts = np.bincount(places, amounts, minlength=length).astype(
        np.float64, copy=False
    )
    return sums


@dataclass(frozen=True, slots=True)
class FlatSets:
    """Sets written out one after another, for a few ten thousand nodes.

    Attributes
    ----------
    set_of : int32 array, shape (K,)
        Number of each node's set.
    offsets : int64 array, shape (S + 1,)
        Where each set begins.
    labels : int32 array
        The labels, each once in a set.
    """

    set_of: IntArray
    offsets: LongArray
    labels: IntArray

    @property
    def sizes(self) -> LongArray:
        """Number of labels in each set, shape (S,)."""
        return np.diff(self.offsets)

    def weigh(self, mass: Amounts) -> Amounts:
        """Return what the nodes that have each set weigh, shape (S,)."""
        return tally(self.set_of, mass, len(self.offsets) - 1)

    def add_up(self, held: Amounts, n_labels: int) -> Amounts:
        """Return for each label what the sets with it hold, shape (n_labels,)."""
        return tally(self.labels, np.repeat(held, self.sizes), n_labels)


class Upstream:
    """Where the ways up from every model end, and who owns the ends.

    Only the *slots* matter: nodes of the core first, then roots on which nothing but
    chains stands.

    Parameters
    ----------
    graph : LineageGraph
        The graph.
    by : str
        One of :data:`BY`.
    within : bool array, shape (V,), optional
        Nodes that take part.
    since : int32 array, shape (V,), optional
        Period from which each node exists.

    Raises
    ------
    InvalidArgumentError
        When there is no such `by`.
    """

    def __init__(
        self,
        graph: LineageGraph,
        by: str,
        within: BoolArray | None = None,
        since: IntArray | None = None,
    ) -> None:
        if by not in BY:
            raise InvalidArgumentError(
                f"cannot go by {by!r}; there are {', '.join(BY)}"
            )
        relations = BODY_RELATIONS.copy()
        if by == "dataset":
            relations[RELATION_CODE["trained_on"]] = True
        columns = graph.columns
        self.core: Core = contract(
            graph.parents, relations, columns.representative, within, since
        )
        self.by, self.n_core = by, len(self.core.nodes)
        ends = self.core.anchor == np.arange(graph.n_nodes, dtype=np.int32)
        kind = graph.columns.kind
        is_end = kind == KINDS.index("model")
        known = _IS_DECLARED.take(graph.columns.root_status)
        if by == "dataset":
            known = kind == KINDS.index("dataset")
            is_end |= known
        ends &= is_end
        ends[self.core.nodes] = False
        self.nodes = np.concatenate(
            [
                self.core.nodes,
                *(_in_order(ends & part, since) for part in (known, ~known)),
            ]
        )
        number = np.full(graph.n_nodes, -1, np.int32)
        number[self.nodes] = np.arange(len(self.nodes), dtype=np.int32)
        self.slot: IntArray = number.take(self.core.anchor)
        n_known = int(np.count_nonzero(ends & known))
        self.alone = slice(self.n_core + n_known, len(self.nodes))
        self.owned = slice(self.n_core, self.n_core + n_known)
        self._name_owners(graph, known)

    def _name_owners(self, graph: LineageGraph, known: BoolArray) -> None:
        columns = graph.columns
        at_core = known.take(self.core.nodes)
        self.core_roots = np.flatnonzero(at_core)
        self.core_others = np.flatnonzero(~at_core)
        roots = np.concatenate(
            [self.core.nodes[self.core_roots], self.nodes[self.owned]]
        )
        owner = roots
        if self.by == "namespace":
            owner = columns.namespace.take(roots)
        elif self.by == "developer":
            owner = columns.developer.take(roots)
            owner = np.where(owner >= 0, owner, columns.namespace.take(roots))
        owner = np.where(owner >= 0, owner, roots)
        is_owner = np.zeros(graph.n_nodes, np.bool_)
        is_owner[owner] = True
        self.owners: IntArray = np.flatnonzero(is_owner).astype(np.int32)
        self.label: IntArray = np.searchsorted(self.owners, owner).astype(np.int32)
        status = columns.root_status.take(roots)
        self.is_established: BoolArray = status == ROOT_STATUSES.index("established")
        self.core_label: IntArray = np.full(self.n_core, -1, np.int32)
        self.core_label[self.core_roots] = self.label[: len(self.core_roots)]

    def gather(
        self, nodes: LongArray, weights: NDArray[np.float64] | None = None
    ) -> Amounts:
        """Return what comes to each slot from some nodes, which weigh 1 by default."""
        return tally(self.slot.take(nodes), weights, len(self.nodes))

    def rest(self, mass: Amounts, active: BoolArray | None = None) -> Amounts:
        """Return what rests on each slot after every merge has split what it has."""
        held = mass.copy()
        held[: self.n_core] = self.core.push(mass[: self.n_core], active)
        return held

    def on_roots(self, rest: Amounts) -> Amounts:
        """Return what rests on each declared root, in the order of `label`."""
        return np.concatenate([rest[: self.n_core][self.core_roots], rest[self.owned]])

    def by_owner(self, rest: Amounts) -> Amounts:
        """Return what rests on the roots of each owner, shape (L,)."""
        return tally(self.label, self.on_roots(rest), len(self.owners))

    def loose(self, rest: Amounts) -> Amounts:
        """Return what rests on each root of undeclared lineage, zeros left out."""
        core, alone = rest[: self.n_core][self.core_others], rest[self.alone]
        return np.concatenate([core[core > 0], alone[alone > 0]])

    def split(self, rest: Amounts) -> Attributed:
        """Return the attribution in which what rests on roots is all there is."""
        amounts, loose = self.by_owner(rest), self.loose(rest)
        together = amounts.copy()
        if len(amounts):
            together[int(amounts.argmax())] += float(loose.sum())
        return Attributed(amounts, loose, together, float(amounts.sum()))

    def reaching(self, mass: Amounts, active: BoolArray | None = None) -> float:
        """Return the part of some mass from which a declared root is reached."""
        reached = self.core.reaches(self.core_label >= 0, active)
        return float(mass[self.owned].sum() + mass[: self.n_core][reached].sum())

    @cached_property
    def sets(self) -> FlatSets:
        """Roots below each node of the core, as slots."""
        return _roots_below(self.core.dag())


def attribute(
    upstream: Upstream,
    mass: Amounts,
    attribution: str,
    rest: Amounts,
    active: BoolArray | None = None,
) -> Attributed:
    """Return the weight of each owner.

    Parameters
    ----------
    upstream : Upstream
        Where the ways end.
    mass : float64 array, shape (slots,)
        What comes to each slot, from :meth:`Upstream.gather`.
    attribution : str
        One of :data:`ATTRIBUTIONS`.
    rest : float64 array, shape (slots,)
        What rests on each slot, from :meth:`Upstream.rest`.
    active : bool array, optional
        Edges of the core that exist.

    Raises
    ------
    InvalidArgumentError
        When there is no such attribution.

    Notes
    -----
    ``any`` and ``captive`` look at the roots that a model's weights lead to: a model is
    captive to an owner when all of them are the owner's. So an owner's captive weight is
    at most its fractional one, and that at most what it reaches.
    """
    if attribution not in ATTRIBUTIONS:
        raise InvalidArgumentError(
            f"no attribution {attribution!r}; there are {', '.join(ATTRIBUTIONS)}"
        )
    if attribution == "fractional":
        return upstream.split(rest)
    whole = active is None or active.all()
    sets = upstream.sets if whole else _roots_below(upstream.core.dag(active))
    if attribution == "fractional-roots":
        rest, n_core = mass.copy(), upstream.n_core
        parts = sets.weigh(mass[:n_core]) / np.maximum(sets.sizes, 1)
        rest[:n_core] = sets.add_up(parts, n_core)
        return upstream.split(rest)
    return _by_sets(
        upstream, sets, mass, captive=attribution == "captive", active=active
    )


def _roots_below(dag: Dag) -> FlatSets:
    sets = root_sets(dag)
    return FlatSets(sets.set_of, *sets.pool())


def owner_sets(upstream: Upstream, sets: FlatSets, undeclared: int = -1) -> FlatSets:
    """Return the owners behind sets of roots, each once.

    An undeclared root stands for itself, as the number of owners plus its slot, or for
    the owner `undeclared`.
    """
    n_owners = len(upstream.owners)
    label = upstream.core_label.astype(np.int64)
    own = np.arange(len(label)) + n_owners if undeclared < 0 else undeclared
    label = np.where(label >= 0, label, own)
    keys = np.repeat(np.arange(len(sets.sizes)) << 32, sets.sizes)
    keys |= label.take(sets.labels)
    keys.sort()
    keys = keys[run_starts(keys)]
    offsets = np.zeros(len(sets.offsets), np.int64)
    np.cumsum(np.bincount(keys >> 32, minlength=len(sets.sizes)), out=offsets[1:])
    return FlatSets(sets.set_of, offsets, (keys & 0xFFFF_FFFF).astype(np.int32))


def _by_sets(
    upstream: Upstream,
    sets: FlatSets,
    mass: Amounts,
    *,
    captive: bool,
    active: BoolArray | None,
) -> Attributed:
    n_owners, n_core = len(upstream.owners), upstream.n_core
    plain = mass.copy()
    plain[:n_core] = 0.0
    chains = upstream.by_owner(plain)

    def summed(owned: FlatSets) -> Amounts:
        weight, sizes = owned.weigh(mass[:n_core]), owned.sizes
        if captive:
            weight[sizes != 1] = 0.0
        return owned.add_up(weight, n_owners + n_core)

    apart = summed(owner_sets(upstream, sets))
    amounts = apart[:n_owners] + chains
    loose = np.concatenate([apart[n_owners:], plain[upstream.alone]])
    together = amounts
    if n_owners:
        largest = int(amounts.argmax())
        together = summed(owner_sets(upstream, sets, largest))[:n_owners] + chains
        together[largest] += float(plain[upstream.alone].sum())
    return Attributed(
        amounts, loose[loose > 0], together, upstream.reaching(mass, active)
    )
