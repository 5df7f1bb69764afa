"""Figures against scipy, numpy and textbook formulas; intervals worked by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.queries.concentration_figures import (
    LORENZ_POINTS,
    intervals,
    lorenz_curve,
    measures,
)
from tests.queries.concentration_oracle import measured

AMOUNTS = st.lists(
    st.one_of(st.integers(0, 30), st.fractions(0, 30, max_denominator=9)), max_size=30
)


@given(AMOUNTS)
def test_measures_by_their_formulas(amounts: list) -> None:
    from fractions import Fraction

    found = measures(np.array([float(item) for item in amounts]))
    wanted = measured([Fraction(item) for item in amounts])
    if wanted is None:
        assert found is None
        return
    assert found is not None
    for name, value in wanted.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-9), name
    n = sum(item > 0 for item in amounts)
    assert 1 / n - 1e-12 <= found.hhi <= 1 + 1e-12
    assert 1 - 1e-9 <= found.effective_number <= n + 1e-9
    assert found.effective_number <= found.exp_entropy * (1 + 1e-9)


def test_entropy_and_lorenz_of_a_million_against_scipy() -> None:
    """Long lists take another way: equal whole numbers are counted, not sorted."""
    stats = pytest.importorskip("scipy.stats", reason="optional: scipy")
    random = np.random.default_rng(1)
    amounts = np.concatenate(
        [np.ones(900_000), random.pareto(1.2, 90_000), random.integers(0, 9000, 10_000)]
    )
    found = measures(amounts)
    assert found is not None
    shares = amounts[amounts > 0] / amounts.sum()
    assert found.entropy == pytest.approx(float(stats.entropy(shares)))
    assert found.hhi == pytest.approx(float((shares**2).sum()))
    ascending = np.sort(shares)
    assert found.cr10 == pytest.approx(float(ascending[-10:].sum()))
    # Gini is one minus twice the area under the Lorenz curve (trapezes, exact here).
    heights = np.concatenate([[0.0], np.cumsum(ascending)])
    area = float(((heights[1:] + heights[:-1]) / 2).mean())
    assert found.gini == pytest.approx(1 - 2 * area)
    points = lorenz_curve(amounts)
    assert len(points) == LORENZ_POINTS + 1
    for point in points:
        place = round(point.pretrainers * len(ascending))
        assert point.share == pytest.approx(float(heights[place]), abs=1e-9)


@given(AMOUNTS)
def test_a_lorenz_curve_rises_below_the_diagonal(amounts: list) -> None:
    points = lorenz_curve(np.array([float(item) for item in amounts]))
    if not points:
        assert not any(amounts)
        return
    assert (points[0].pretrainers, points[0].share) == (0.0, 0.0)
    assert (points[-1].pretrainers, points[-1].share) == (1.0, pytest.approx(1.0))
    for before, after in pairwise(points):
        assert before.share <= after.share + 1e-12
        assert after.share <= after.pretrainers + 1e-12


def test_an_interval_without_declared_lineage() -> None:
    """Two undeclared models: each for itself 1/2, together 1; there is no point."""
    found = intervals(np.zeros(0), np.ones(2), np.zeros(0))
    assert (found.hhi.point, found.hhi.low, found.hhi.high) == (None, 0.5, 1.0)
    assert (found.cr4.low, found.cr4.high) == (1.0, 1.0)
    nothing = intervals(np.zeros(0), np.zeros(0), np.zeros(0))
    assert (nothing.hhi.point, nothing.hhi.low, nothing.hhi.high) == (None, None, None)


def test_one_heavy_undeclared_model_moves_both_ends() -> None:
    """Alone it is nearly everything: the point stays inside its own interval."""
    found = intervals(np.array([1.0, 1.0]), np.array([98.0]), np.array([99.0, 1.0])).hhi
    assert found.point == 0.5
    assert (found.low, found.high) == (0.5, pytest.approx((99**2 + 1) / 10_000))
