"""Concentration: a graph worked by hand, and properties on random ones."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.queries.concentration import concentration
from headwater.queries.concentration_time import concentration_over_time
from tests.drawing import draw


def test_worked_by_hand(tmp_path: Path) -> None:
    """Two roots of p and one of q; a merge of both; one undeclared model.

    Models: p/r, q/s, o/a (from p/r), o/b (from p/r), o/m (half p/r, half q/s), o/u.
    p has 1 + 1 + 1 + 0.5 = 3.5 of 5 declared, q 1.5; o/u is undeclared.
    """
    graph = draw(
        tmp_path, "a finetune p/r", "b adapter p/r", "m merge p/r", "m merge q/s",
        scratch=("p/r", "q/s"), nodes=("u",), owners={"p": "pp", "q": "qq"},
    )  # fmt: skip
    answer = concentration(graph)
    assert [
        (item.id, item.amount, pytest.approx(item.share)) for item in answer.pretrainers
    ] == [("developer:pp", 3.5, 0.7), ("developer:qq", 1.5, 0.3)]
    assert (answer.n_models, answer.declared) == (6, 5.0)
    assert pytest.approx(5 / 6) == answer.coverage
    assert answer.established == 1.0
    assert pytest.approx(0.58) == answer.hhi.point
    assert pytest.approx((3.5**2 + 1.5**2 + 1) / 36) == answer.hhi.low
    assert pytest.approx((4.5**2 + 1.5**2) / 36) == answer.hhi.high
    assert pytest.approx(1 / 0.58) == answer.effective_number.point
    assert pytest.approx(0.7) == answer.cr1.point
    assert pytest.approx(1.0) == answer.cr4.point


def test_a_mirror_counts_as_its_original(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "m/copy mirror_of p/r", "a finetune m/copy", scratch=("p/r",)
    )
    (only,) = concentration(graph).pretrainers
    assert (only.id, only.amount) == ("@p", 3.0)


def test_a_cycle_is_one_root(tmp_path: Path) -> None:
    graph = draw(tmp_path, "p/a finetune p/b", "p/b finetune p/a", "q/c finetune p/a")
    (only,) = concentration(graph).pretrainers
    assert (only.id, only.amount, only.n_roots) == ("@p", 3.0, 1)


def test_nothing_declared_has_no_point(tmp_path: Path) -> None:
    answer = concentration(draw(tmp_path, nodes=("a", "b")))
    assert (answer.hhi.point, answer.hhi.low, answer.hhi.high) == (None, 0.5, 1.0)
    assert answer.coverage == 0.0


def test_a_selection_of_nothing_is_an_error(tmp_path: Path) -> None:
    graph = draw(tmp_path, nodes=("a",))
    with pytest.raises(InvalidArgumentError):
        concentration(graph, {"task": "telepathy"})
    with pytest.raises(InvalidArgumentError):
        concentration(graph, {"colour": "red"})


def test_periods_at_the_ends_of_the_calendar(tmp_path: Path) -> None:
    """Nonsense dates are dates: they make periods of their own, nothing else."""
    graph = draw(
        tmp_path, "b finetune p/r", scratch=("p/r",), nodes=("c",),
        days={"p/r": "0001-01-01", "b": "1969-12-31", "c": "9999-12-31"},
    )  # fmt: skip
    months = concentration_over_time(graph, "month").periods
    assert [str(item.last_day) for item in months] == [
        "0001-01-31", "1969-12-31", "9999-12-31",
    ]  # fmt: skip
    quarters = concentration_over_time(graph, "quarter").periods
    assert [item.period for item in quarters] == ["0001-Q1", "1969-Q4", "9999-Q4"]
    assert [item.stock.n_models for item in quarters] == [1, 2, 3]
    assert [item.flow.n_undeclared for item in quarters] == [0, 0, 1]


def test_a_parent_younger_than_its_child_is_no_parent_yet(tmp_path: Path) -> None:
    """a is of January, its parent p/r of March: until then a's lineage is undeclared."""
    graph = draw(
        tmp_path, "a finetune p/r", "b finetune a", scratch=("p/r",),
        days={"a": "2024-01-05", "b": "2024-02-05", "p/r": "2024-03-05"},
    )  # fmt: skip
    early, late = (
        concentration(graph, as_of=date(2024, month, 28)) for month in (2, 3)
    )
    assert (early.n_models, early.n_undeclared, early.declared) == (2, 2, 0.0)
    assert (late.n_models, late.n_undeclared, late.declared) == (3, 0, 3.0)
    periods = concentration_over_time(graph, "month").periods
    assert [item.stock.n_undeclared for item in periods] == [1, 2, 0]
    assert [item.stock.largest for item in periods] == [None, None, "@p"]


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    graph = draw(tmp_path, nodes=("a",))
    for options in ({"by": "x"}, {"weight": "x"}, {"attribution": "x"}):
        with pytest.raises(InvalidArgumentError, match="there are"):
            concentration(graph, **options)
    with pytest.raises(InvalidArgumentError, match="month, quarter"):
        concentration_over_time(graph, "week")
    with pytest.raises(InvalidArgumentError, match="1 are undated"):
        concentration_over_time(graph, "month")


def test_datasets_are_inherited_with_the_weights(tmp_path: Path) -> None:
    """a was made from p/r (trained on x and y) and trained on z: z half, x and y 1/4."""
    graph = draw(
        tmp_path, "p/r trained_on data-x", "p/r trained_on data-y", "a finetune p/r",
        "a trained_on data-z", "q quantized a", nodes=("u",), phantoms=("data-z",),
    )  # fmt: skip
    answer = concentration(graph, by="dataset")
    assert {item.id: item.amount for item in answer.pretrainers} == {
        "datasets/o/data-x": 1.0, "datasets/o/data-y": 1.0, "datasets/o/data-z": 1.0,
    }  # fmt: skip
    assert (answer.n_undeclared, answer.established, answer.presumed) == (1, None, None)
    reach = concentration(graph, by="dataset", attribution="any")
    assert [item.amount for item in reach.pretrainers] == [3.0, 3.0, 2.0]
    assert concentration(graph, by="dataset", attribution="captive").pretrainers == ()


NAMES = [f"{owner}/m{number}" for number, owner in enumerate("aabbccdd")]


@settings(
    max_examples=15, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.sampled_from(["finetune", "merge", "mirror_of"]), max_size=12,
    ),
    st.sets(st.sampled_from(NAMES)),
)  # fmt: skip
def test_properties(edges: dict[tuple[str, str], str], scratch: set[str]) -> None:
    lines = [
        f"{child} {relation} {parent}" for (child, parent), relation in edges.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        graph = draw(
            Path(folder), *lines, nodes=tuple(NAMES), scratch=tuple(sorted(scratch))
        )
        answer = concentration(graph)
    shares = [item.share for item in answer.pretrainers]
    assert pytest.approx(answer.declared) == sum(
        item.amount for item in answer.pretrainers
    )
    assert answer.declared <= answer.n_models + 1e-9
    for interval in (answer.hhi, answer.effective_number, answer.cr1, answer.cr4):
        assert interval.low is not None
        assert interval.high is not None
        assert interval.low <= interval.high + 1e-9
        if answer.coverage == pytest.approx(1):
            assert (
                interval.point
                == pytest.approx(interval.low)
                == pytest.approx(interval.high)
            )
    if shares:
        assert pytest.approx(1) == sum(shares)
        assert answer.hhi.point is not None
        assert 1 / len(shares) - 1e-9 <= answer.hhi.point <= 1 + 1e-9
        assert shares == sorted(shares, reverse=True)
