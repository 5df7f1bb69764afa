"""Single points of failure: on which artefacts, namespaces, developers models hang.

An artefact *dominates* a model when every path of weights from the model's roots to it
passes through the artefact; an owner does when every such path passes through some
artefact of the owner, not necessarily the same one on each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.kernels.dag import Dag
from headwater.graph.kernels.dominators import dominator_tree
from headwater.graph.kernels.label_sets import dominating_labels
from headwater.graph.kernels.pairs import pairs_of_labels, pairs_of_nodes
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS, ROOT_STATUSES
from headwater.graph.verdicts import known_origins
from headwater.queries.as_of import nodes_as_of
from headwater.queries.chokepoints_graph import (
    BY,
    Dominated,
    Figures,
    counted_models,
    heaviest,
    model_figures,
    owners,
    weight_graph,
    without_cycles,
)
from headwater.queries.chokepoints_pairs import (
    Overlap,
    PairRanking,
    rank_pairs,
)
from headwater.queries.chokepoints_substitutes import Substitutes, find_substitutes
from headwater.queries.results import Result

SEARCHED: Final = 20
"""For so many of each list substitutes are looked for, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Chokepoint:
    """Something that models hang on.

    Attributes
    ----------
    id, name, kind : str
        The artefact, namespace or developer.
    state : str
        Its state; ``unknown`` when it was only ever named as a parent.
    root_status : str
        Of an artefact, whether it is a root itself; ``not_applicable`` for owners.
    cycle : tuple of str
        Artefacts on a cycle of declared parents, which count as one; usually empty.
    own_models : int
        Models that are lost with it by definition: itself, the cycle, all of an owner.
    dominates : Dominated
        The other models of which every path passes through it.
    substitutes : Substitutes or None
        What could serve in its place; None: not searched.
    """

    id: str
    name: str
    kind: str
    state: str
    root_status: str
    cycle: tuple[str, ...]
    own_models: int
    dominates: Dominated
    substitutes: Substitutes | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Chokepoints of one sort, the heaviest first.

    Attributes
    ----------
    by : str
        ``artefact``, ``namespace`` or ``developer``.
    n_found : int
        How many dominate at least one other model.
    chokepoints : tuple of Chokepoint
        By weight, models, number of the node.
    truncated : int
        How many a limit left out.
    """

    by: str
    n_found: int
    chokepoints: tuple[Chokepoint, ...]
    truncated: int


@dataclass(frozen=True, slots=True)
class Chokepoints(Result):
    """Single points of failure of all models.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    as_of : date or None
        Day as of which it was asked.
    weight : str
        What the lists are ordered by.
    n_models : int
        Models, those aside that were only ever named as a parent.
    known : int
        Models whose weights all end in established or presumed roots.
    undeclared : int
        Models that name no parent and are no known root: what they hang on is unknown,
        which is not "nothing".
    in_part : int
        The rest: some of what they stand on is undeclared or was never seen. What
        dominates them does so for certain; more may.
    rankings : tuple of Ranking
        One for each sort that was asked for.
    pairs : tuple of PairRanking
        The same for pairs; empty when not asked for.
    """

    snapshot: str
    as_of: date | None
    weight: str
    n_models: int
    known: int
    undeclared: int
    in_part: int
    rankings: tuple[Ranking, ...]
    pairs: tuple[PairRanking, ...]


def chokepoints(
    graph: LineageGraph,
    by: Sequence[str] = BY,
    *,
    weight: str = "models",
    pairs: bool = False,
    as_of: date | None = None,
    limit: int | None = None,
    searched: int = SEARCHED,
) -> Chokepoints:
    """Return what dominates most models, alone and in pairs.

    Parameters
    ----------
    by : sequence of str
        Of :data:`BY`. A developer who is not known is stood in for by the namespace.
    weight : str
        Of :data:`WEIGHTS`: what the lists are ordered by.
    pairs : bool
        Whether to look for pairs as well.
    as_of : date, optional
        Only what existed on that day; what has no date is taken to have existed.
    limit : int, optional
        At most so many of each list; None means all.
    searched : int
        For so many of each list substitutes are looked for.

    Raises
    ------
    InvalidArgumentError
        When a sort or weight does not exist, or a bound is negative.

    Notes
    -----
    Mirrors count as derived from their original, and cycles as one artefact. Owners are
    found by label, not by node: two paths may meet an owner at different models, which
    the dominator tree does not see. O(V + E log V), a few hundred milliseconds a sort
    for three million models.

    See Also
    --------
    headwater.queries.chokepoints_model.chokepoints_of : of one model, with paths.
    headwater.queries.what_breaks.what_breaks : its captive models are these.
    """
    check_sorts(by)
    if (limit is not None and limit < 0) or searched < 0:
        raise InvalidArgumentError("a limit cannot be negative")
    alive = None if as_of is None else nodes_as_of(graph, as_of)
    models = counted_models(graph, alive)
    asked = _Asked(
        graph, alive, model_figures(graph, models, weight), limit, searched, pairs=pairs
    )
    found = [asked.answer(item) for item in dict.fromkeys(by)]
    known = int(np.count_nonzero(known_origins(graph, alive) & models))
    status = graph.columns.root_status
    undeclared = models & (status == ROOT_STATUSES.index("undeclared"))
    n_undeclared = int(np.count_nonzero(undeclared))
    n_models = int(np.count_nonzero(models))
    return Chokepoints(
        snapshot=graph.manifest.id,
        as_of=as_of,
        weight=weight,
        n_models=n_models,
        known=known,
        undeclared=n_undeclared,
        in_part=n_models - known - n_undeclared,
        rankings=tuple(ranking for ranking, _ in found),
        pairs=tuple(ranked for _, ranked in found if ranked is not None),
    )


def check_sorts(by: Sequence[str]) -> None:
    """Raise InvalidArgumentError unless these are sorts of chokepoints."""
    wrong = [item for item in by if item not in BY]
    if wrong or not by:
        raise InvalidArgumentError(
            f"no chokepoints by {', '.join(wrong) or 'nothing'}; there are {', '.join(BY)}"
        )


class _Asked:
    """One question; what its sorts have in common is found once."""

    def __init__(
        self,
        graph: LineageGraph,
        alive: BoolArray | None,
        figures: Figures,
        limit: int | None,
        searched: int,
        *,
        pairs: bool,
    ) -> None:
        self.graph, self.alive, self.figures = graph, alive, figures
        self.limit, self.searched, self.pairs = limit, searched, pairs
        self.dag: Dag = weight_graph(graph, alive)
        self.cycles = self.dag.components()
        self.owners: dict[str, IntArray] = {}

    def answer(self, by: str) -> tuple[Ranking, PairRanking | None]:
        """Return the chokepoints of one sort, and the pairs when asked for."""
        if by == "artefact":
            return self._artefacts()
        own = self._own(by)
        sets = dominating_labels(self.dag, own)
        lost = self.figures.grouped(own)
        n_labels = self.graph.n_nodes
        under = self.figures.mapped(lambda row: sets.sum_by_label(row, n_labels))
        ranking = self._ranking(by, under.less(lost), lost)
        if not self.pairs:
            return ranking, None
        found = pairs_of_labels(self.dag, own, sets)
        overlap = Overlap(sets, under, lost)
        return ranking, rank_pairs(
            self.graph, by, found, self.figures, overlap, {}, self.limit
        )

    def _artefacts(self) -> tuple[Ranking, PairRanking | None]:
        dag = without_cycles(self.dag)
        tree = dominator_tree(dag)
        lost = self.figures
        if self.cycles:
            lost = lost.grouped(self.dag.representatives)
        under = lost.mapped(tree.subtree_sums)
        ranking = self._ranking("artefact", under.less(lost), lost)
        if not self.pairs:
            return ranking, None
        found = pairs_of_nodes(dag, tree)
        overlap = Overlap(None, under, lost)
        return ranking, rank_pairs(
            self.graph, "artefact", found, lost, overlap, self.cycles, self.limit
        )

    def _ranking(self, by: str, dominated: Figures, lost: Figures) -> Ranking:
        order, n_found = heaviest(dominated, self.limit)
        chosen = tuple(
            self._chokepoint(
                by, node, dominated.of(node), int(lost.models[node]), place
            )
            for place, node in enumerate(order.tolist())
        )
        return Ranking(by, n_found, chosen, n_found - len(chosen))

    def _chokepoint(
        self, by: str, node: int, dominated: Dominated, n_own: int, place: int
    ) -> Chokepoint:
        graph = self.graph
        cycle: tuple[str, ...] = ()
        if by == "artefact":
            members = np.array(self.cycles.get(node, [node]), np.int32)
            if len(members) > 1:
                cycle = tuple(graph.ids[item] for item in members.tolist())
        substitutes = None
        if place < self.searched:
            if by != "artefact":
                members = self._members(by, node)
            substitutes = find_substitutes(graph, members, self.alive)
        status = ROOT_STATUSES[graph.columns.root_status[node]]
        return Chokepoint(
            graph.ids[node], graph.name(node), graph.kind(node), graph.state(node),
            status, cycle, n_own, dominated, substitutes,
        )  # fmt: skip

    def _members(self, by: str, owner: int) -> IntArray:
        """Return the models of an owner, those included that were never seen."""
        graph = self.graph
        own = self._own(by)[: graph.n_artefacts]
        members = np.flatnonzero(own == owner).astype(np.int32)
        kept = graph.columns.kind.take(members) == KINDS.index("model")
        if self.alive is not None:
            kept &= self.alive.take(members)
        found: IntArray = members[kept]
        return found

    def _own(self, by: str) -> IntArray:
        if by not in self.owners:
            self.owners[by] = owners(self.graph, by)
        return self.owners[by]
