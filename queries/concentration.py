"""How concentrated is the upstream: who stands behind the weights of the models?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.as_of import nodes_as_of
from headwater.queries.concentration_closure import Closure, closure
from headwater.queries.concentration_counts import Figures, figures
from headwater.queries.concentration_figures import (
    Amounts,
    LorenzPoint,
    intervals,
    lorenz_curve,
)
from headwater.queries.concentration_figures import Interval as Interval
from headwater.queries.concentration_inventory import Inventory, Resolved
from headwater.queries.concentration_select import WHERE as WHERE
from headwater.queries.concentration_select import choose
from headwater.queries.concentration_shares import Attributed, Upstream, attribute
from headwater.queries.results import Result

NOTABLE: Final = 0.01
"""Part of the weight that two attributions must place differently to be worth a word."""


@dataclass(frozen=True, slots=True)
class Pretrainer:
    """What models are attributed to: a developer, namespace or root, or a dataset.

    Attributes
    ----------
    id, name : str
        The node; a root without an owner stands for itself.
    amount : float
        Weight attributed to it, fractions included.
    share : float
        `amount` as a share of the declared weight. Under ``any`` these sum to more than
        1, under ``captive`` to less.
    n_roots : int
        Roots of it that are reached.
    """

    id: str
    name: str
    amount: float
    share: float
    n_roots: int


@dataclass(frozen=True, slots=True)
class OtherSplit:
    """What the other fractional attribution says.

    Attributes
    ----------
    attribution : str
        ``fractional-roots``.
    moved : float
        Share of the declared weight that it gives to others than the default does.
    notable : bool
        Whether that is over :data:`NOTABLE`.
    hhi, effective_number, cr1, cr4, cr10 : Interval
        Its figures.
    """

    attribution: str
    moved: float
    notable: bool
    hhi: Interval
    effective_number: Interval
    cr1: Interval
    cr4: Interval
    cr10: Interval


@dataclass(frozen=True, slots=True)
class Concentration(Result, Figures):
    """Shares of pretrainers and the figures over them.

    Figures are over shares that sum to 1: under ``any`` and ``captive``, each one's part
    of the sum of all. Fields not listed here are those of
    :class:`~headwater.queries.concentration_counts.Figures`.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    by, weight, attribution : str
        As asked.
    where : tuple of (str, str)
        The selection.
    as_of : date or None
        Only what was released by that day.
    n_unknown_where : int
        Models left out because nobody has told a value that was selected by.
    n_undated : int
        Models left out of an ``as_of`` because nobody has told their day.
    inventory : Resolved or None
        What of the user's own inventory was found, and what was not.
    lorenz : tuple of LorenzPoint
        Lorenz curve over the pretrainers, the smallest first.
    closure : Closure
        Closure curve; always over what each pretrainer reaches (``any``).
    fractional_roots : OtherSplit or None
        Beside the default attribution.
    pretrainers : tuple of Pretrainer
        Largest first.
    truncated : int
        Pretrainers that a limit cut off.
    """

    snapshot: str
    by: str
    weight: str
    attribution: str
    where: tuple[tuple[str, str], ...]
    as_of: date | None
    n_unknown_where: int
    n_undated: int
    inventory: Resolved | None
    lorenz: tuple[LorenzPoint, ...]
    closure: Closure
    fractional_roots: OtherSplit | None
    pretrainers: tuple[Pretrainer, ...]
    truncated: int


def concentration(
    graph: LineageGraph,
    where: Mapping[str, str] | None = None,
    *,
    by: str = "developer",
    weight: str | Inventory = "models",
    attribution: str = "fractional",
    as_of: date | None = None,
    limit: int | None = None,
) -> Concentration:
    """Return who stands behind the weights of the selected models.

    By default each model has weight 1, split equally among the parents of its weights,
    recursively, until it arrives at roots; a mirror counts as its original, a cycle that
    nothing leads into as one root. The shares of the roots' developers sum to 1 over
    declared lineage.

    Parameters
    ----------
    where : mapping of str to str, optional
        Selection by :data:`WHERE`, for instance ``{"task": "text-generation"}``.
    by : str
        ``developer`` (else its namespace), ``namespace`` or ``root``; ``dataset`` follows
        ``trained_on`` too and ends at datasets: those a model was trained on, and
        those that what it was made from was trained on.
    weight : str or Inventory
        ``models``, ``downloads`` (30 days), ``likes``, ``parameters``, or the user's own.
    attribution : str
        ``fractional``, ``fractional-roots``, ``any`` or ``captive``.
    as_of : date, optional
        Only what was released by that day, and edges among these; what is a root, and
        whose, is judged by all that is known today. Undated models are counted apart.
    limit : int, optional
        List at most so many pretrainers.

    Raises
    ------
    InvalidArgumentError
        When an option has no such value, or no model is selected.

    Notes
    -----
    O(V + E) beyond sorting. The graph is drawn together once
    (:func:`headwater.graph.kernels.contract.contract`); everything else looks at roots
    and merges only.
    """
    chosen = choose(graph, where or {}, weight, as_of)
    within = None if as_of is None else nodes_as_of(graph, as_of)
    upstream = Upstream(graph, by, within)
    nodes = np.flatnonzero(chosen.models)
    number = upstream.gather(nodes)
    mass = number
    if chosen.weight != "models":
        mass = upstream.gather(nodes, chosen.mass.take(nodes))
    rest = upstream.rest(mass)
    found = attribute(upstream, mass, attribution, rest)
    listed, truncated = _pretrainers(graph, upstream, found, rest, limit)
    return Concentration(
        **figures(upstream, number, mass, rest, found, chosen.n_no_figure),
        snapshot=graph.manifest.id,
        by=by,
        weight=chosen.weight,
        attribution=attribution,
        where=tuple(sorted((where or {}).items())),
        as_of=as_of,
        n_unknown_where=chosen.selection.n_unknown,
        n_undated=chosen.n_undated,
        inventory=chosen.inventory,
        lorenz=lorenz_curve(found.amounts),
        closure=closure(graph, upstream, mass),
        fractional_roots=(
            _beside(upstream, mass, found) if attribution == "fractional" else None
        ),
        pretrainers=listed,
        truncated=truncated,
    )


def _pretrainers(
    graph: LineageGraph,
    upstream: Upstream,
    found: Attributed,
    rest: Amounts,
    limit: int | None,
) -> tuple[tuple[Pretrainer, ...], int]:
    """Return owners with a share, the largest first, then by node; and how many are cut."""
    at = np.flatnonzero(found.amounts > 0)
    at = at[np.lexsort((upstream.owners[at], -found.amounts[at]))]
    shown = at[:limit]
    bearing = upstream.label[upstream.on_roots(rest) > 0]
    n_roots = np.bincount(bearing, minlength=len(upstream.owners))
    listed = tuple(
        Pretrainer(graph.ids[node], graph.name(node), amount, amount / found.declared, n)
        for node, amount, n in zip(
            upstream.owners[shown].tolist(), found.amounts[shown].tolist(),
            n_roots[shown].tolist(), strict=True,
        )
    )  # fmt: skip
    return listed, len(at) - len(shown)


def _beside(upstream: Upstream, mass: Amounts, found: Attributed) -> OtherSplit | None:
    """Return the split among distinct roots beside that among parents."""
    if not found.declared:
        return None
    other = attribute(upstream, mass, "fractional-roots", mass)
    if not other.declared:
        return None
    shares = found.amounts / found.declared, other.amounts / other.declared
    moved = float(np.abs(shares[0] - shares[1]).sum()) / 2
    made = intervals(other.amounts, other.loose, other.together)
    return OtherSplit(
        "fractional-roots", moved, moved > NOTABLE, made.hhi, made.effective_number,
        made.cr1, made.cr4, made.cr10,
    )  # fmt: skip
