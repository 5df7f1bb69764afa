"""The figures of one list of models: measures, coverage, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.graph.kernels.csr import BoolArray
from headwater.queries.concentration_figures import (
    Amounts,
    MeasureIntervals,
    intervals,
)
from headwater.queries.concentration_shares import Attributed, Upstream


@dataclass(frozen=True, slots=True)
class Figures(MeasureIntervals):
    """The measures with their intervals, and what they are about.

    Attributes
    ----------
    n_models : int
        Models that count.
    n_undeclared : int
        Of these, models that reach no established or presumed root (no dataset): what
        they stand on, nobody has declared.
    n_no_figure : int
        Models selected that are not among `n_models`, because nobody has told what they
        weigh.
    total, declared : float
        Weight of the models that count, and the part of it that the shares are of.
    coverage : float or None
        The second as a share of the first.
    established, presumed : float or None
        Share of the declared that rests on established and on presumed roots, split as
        ``fractional`` does; None for datasets, which are neither.
    n_pretrainers : int
        Owners that have a share.
    """

    n_models: int
    n_undeclared: int
    n_no_figure: int
    total: float
    declared: float
    coverage: float | None
    established: float | None
    presumed: float | None
    n_pretrainers: int


def figures(
    upstream: Upstream,
    number: Amounts,
    mass: Amounts,
    rest: Amounts,
    found: Attributed,
    n_no_figure: int,
    active: BoolArray | None = None,
) -> dict[str, Any]:
    """Return the fields of :class:`Figures`.

    Parameters
    ----------
    number, mass : float64 arrays, shape (slots,)
        Models and weight that come to each slot.
    rest : float64 array, shape (slots,)
        Weight that rests on each slot.
    """
    total = float(mass.sum())
    resting = upstream.on_roots(rest)
    sure: float | None = None
    if upstream.by != "dataset" and resting.any():
        sure = float(resting[upstream.is_established].sum() / resting.sum())
    n_models = round(float(number.sum()))
    reached = round(upstream.reaching(number, active))
    made = intervals(found.amounts, found.loose, found.together)
    return {name: getattr(made, name) for name in MeasureIntervals.__slots__} | {
        "n_models": n_models,
        "n_undeclared": n_models - reached,
        "n_no_figure": n_no_figure,
        "total": total,
        "declared": found.declared,
        "coverage": found.declared / total if total else None,
        "established": sure,
        "presumed": None if sure is None else 1 - sure,
        "n_pretrainers": int(np.count_nonzero(found.amounts > 0)),
    }
