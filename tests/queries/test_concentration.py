"""Concentration: a graph worked by hand, and properties on random ones."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.queries.concentration import concentration
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
