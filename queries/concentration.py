"""How concentrated is the upstream: who stands behind the weights of the models?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray
from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.mass import push_mass
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import KINDS, ROOT_STATUSES

WHERE: Final = ("task", "licence", "library", "access")
"""Columns that a selection may name; several values are joined by commas."""

_Mass = NDArray[np.float64]
_Figure = Callable[[_Mass], float]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure on declared lineage, and how far undeclared lineage can move it.

    Attributes
    ----------
    point : float or None
        On declared lineage only; None when none is declared.
    low, high : float or None
        With every undeclared model a root of its own, and with all of them on the
        largest pretrainer; the smaller first.
    """

    point: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Pretrainer:
    """A developer (or namespace) of roots.

    Attributes
    ----------
    id, name : str
        The node; a root without an owner stands for itself.
    models : float
        Models attributed to it, fractions included.
    share : float
        Share in 0..1 of the models of declared lineage.
    n_roots : int
        Roots of it that are reached.
    """

    id: str
    name: str
    models: float
    share: float
    n_roots: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """Shares of pretrainers and the figures over them.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    attribution : str
        ``fractional``: weight 1 a model, split equally among parents, recursively.
    where : tuple of (str, str)
        The selection.
    n_models : int
        Models selected.
    declared : float
        Of them, models whose weights end in established or presumed roots.
    coverage : float or None
        The same as a share of all that were selected.
    established : float or None
        Share of the declared that rests on established roots.
    hhi, effective_number, cr1, cr4, cr10 : Interval
        Herfindahl-Hirschman index (sum of squared shares), its inverse, and the share
        of the one, four and ten largest.
    pretrainers : tuple of Pretrainer
        Largest first.
    """

    snapshot: str
    attribution: str
    where: tuple[tuple[str, str], ...]
    n_models: int
    declared: float
    coverage: float | None
    established: float | None
    hhi: Interval
    effective_number: Interval
    cr1: Interval
    cr4: Interval
    cr10: Interval
    pretrainers: tuple[Pretrainer, ...]


def concentration(
    graph: LineageGraph, where: Mapping[str, str] | None = None
) -> Concentration:
    """Return who stands behind the weights of the selected models.

    Each model has weight 1, split equally among the parents of its weights,
    recursively, until it arrives at roots; a mirror counts as its original. The
    shares of the roots' developers sum to 1 over declared lineage.

    Parameters
    ----------
    where : mapping of str to str, optional
        Selection by :data:`WHERE`, for instance ``{"task": "text-generation"}``.

    Raises
    ------
    InvalidArgumentError
        When the selection names another column, or selects no model.

    Notes
    -----
    O(V + E). HHI: A. O. Hirschman, "The paternity of an index", American Economic
    Review 54 (1964), 761-762.
    """
    selected = _select(graph, where or {})
    dag = condense(graph.parents, BODY_RELATIONS, graph.columns.representative)
    arrived = push_mass(dag, selected.astype(np.float64))
    status = graph.columns.root_status
    undeclared = arrived * (status == ROOT_STATUSES.index("undeclared"))
    declared = arrived - undeclared
    total, known = float(arrived.sum()), float(declared.sum())
    owners, masses, n_roots = _by_owner(graph, declared)
    loose = undeclared[undeclared > 0]
    established = declared[status == ROOT_STATUSES.index("established")].sum()
    return Concentration(
        snapshot=graph.manifest.id,
        attribution="fractional",
        where=tuple(sorted((where or {}).items())),
        n_models=int(selected.sum()),
        declared=known,
        coverage=known / total if total else None,
        established=float(established) / known if known else None,
        hhi=_interval(masses, loose, _hhi),
        effective_number=_interval(masses, loose, lambda shares: 1 / _hhi(shares)),
        cr1=_interval(masses, loose, lambda shares: _largest(shares, 1)),
        cr4=_interval(masses, loose, lambda shares: _largest(shares, 4)),
        cr10=_interval(masses, loose, lambda shares: _largest(shares, 10)),
        pretrainers=tuple(
            Pretrainer(graph.ids[node], graph.name(node), mass, mass / known, roots)
            for node, mass, roots in zip(
                owners.tolist(), masses.tolist(), n_roots.tolist(), strict=True
            )
        ),
    )


def _select(graph: LineageGraph, where: Mapping[str, str]) -> BoolArray:
    unknown = [name for name in where if name not in WHERE]
    if unknown:
        raise InvalidArgumentError(
            f"cannot select by {', '.join(unknown)}; there are {', '.join(WHERE)}"
        )
    selected: BoolArray = (graph.columns.kind == KINDS.index("model")) & (
        ~graph.columns.phantom
    )
    if where:
        table = graph.node_table(list(where))
        for name, text in where.items():
            values = [value.strip().lower() for value in text.split(",")]
            lowered = pc.utf8_lower(table[name])
            chosen = pc.fill_null(
                pc.is_in(lowered, pa.array(values, pa.string())), False
            )
            selected &= chosen.to_numpy(zero_copy_only=False)
    if not selected.any():
        raise InvalidArgumentError(
            f"no model has {', '.join(f'{name}={value}' for name, value in where.items())}"
        )
    return selected


def _by_owner(
    graph: LineageGraph, mass: _Mass
) -> tuple[NDArray[Any], _Mass, NDArray[Any]]:
    """Return owners of roots with what arrived at them, largest first."""
    roots = np.flatnonzero(mass > 0)
    columns = graph.columns
    owner = np.where(
        columns.developer[roots] >= 0,
        columns.developer[roots],
        columns.namespace[roots],
    )
    owner = np.where(owner >= 0, owner, roots)
    owners, place = np.unique(owner, return_inverse=True)
    sums = np.zeros(len(owners), np.float64)
    np.add.at(sums, place, mass[roots])
    counts = np.bincount(place, minlength=len(owners))
    order = np.lexsort((owners, -sums))
    return owners[order], sums[order], counts[order]


def _interval(masses: _Mass, loose: _Mass, figure: _Figure) -> Interval:
    total = masses.sum() + loose.sum()
    if not total:
        return Interval(None, None, None)
    point = figure(masses / masses.sum()) if len(masses) else None
    alone = figure(np.concatenate([masses, loose]) / total)
    if not len(masses):
        return Interval(None, *sorted((alone, 1.0)))
    stacked = masses.copy()
    stacked[0] += loose.sum()
    together = figure(stacked / total)
    return Interval(point, min(alone, together), max(alone, together))


def _hhi(shares: _Mass) -> float:
    return float(np.square(shares).sum())


def _largest(shares: _Mass, k: int) -> float:
    return float(np.sort(shares)[::-1][:k].sum())
