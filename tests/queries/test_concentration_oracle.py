"""Every attribution, weighting and day against a computation by definition."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries import concentration_closure
from headwater.queries.concentration import Concentration, concentration
from headwater.queries.concentration_closure import GUARANTEE
from headwater.queries.concentration_figures import Interval
from headwater.queries.concentration_shares import ATTRIBUTIONS, BY
from headwater.queries.concentration_time import concentration_over_time
from tests.drawing import draw
from tests.queries.concentration_oracle import Oracle, Shares, declared, measured

NAMES = [f"{owner}/m{number}" for number, owner in enumerate("aabbccddeeffgghh")]
DATA = [f"{owner}/data-{number}" for number, owner in enumerate("axyz")]
DAYS = ["2024-01-05", "2024-01-20", "2024-02-10", "2024-04-30", "2024-05-01"]
RELATIONS = ["finetune", "finetune", "merge", "merge", "adapter", "mirror_of"]


def random_graph(folder: Path, seed: int) -> LineageGraph:
    """Draw merges, cycles, mirrors, phantoms, undated and young parents."""
    pick = random.Random(seed)
    lines = [
        f"{pick.choice(NAMES)} {pick.choice(RELATIONS)} {pick.choice(NAMES)}"
        for _ in range(pick.randrange(6, 22))
    ]
    lines += [
        f"{pick.choice(NAMES)} trained_on {pick.choice(DATA)}"
        for _ in range(pick.randrange(8))
    ]
    some = [name for name in NAMES if pick.random() < 0.8]
    return draw(
        folder,
        *dict.fromkeys(lines),
        nodes=tuple(NAMES),
        phantoms=tuple(name for name in NAMES if pick.random() < 0.1),
        scratch=tuple(name for name in NAMES if pick.random() < 0.2),
        days={name: pick.choice(DAYS) for name in some},
        downloads={name: pick.choice([0, 1, 7, 500]) for name in some},
        owners={"a": "one", "b": "one", "c": "two"},
    )


@pytest.fixture(scope="module", params=range(10))
def graph(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LineageGraph:
    return random_graph(tmp_path_factory.mktemp("graph"), request.param)


def close(
    interval: Interval, name: str, scenarios: list[dict[str, float] | None]
) -> None:
    """Check an interval against the measures of its scenarios, the point first."""
    told = [item[name] for item in scenarios if item is not None]
    point = (
        None if scenarios[0] is None else pytest.approx(scenarios[0][name], abs=1e-9)
    )
    assert interval.point == point, name
    assert interval.low == (pytest.approx(min(told), abs=1e-9) if told else None), name
    assert interval.high == (pytest.approx(max(told), abs=1e-9) if told else None), name


def check_measures(
    answer: object,
    oracle: Oracle,
    attribution: str,
    weight: Callable[[int], Fraction] = lambda node: Fraction(1),
    models: list[int] | None = None,
) -> Shares:
    found = oracle.attribute(attribution, weight, models=models)
    known = declared(found)
    largest = max(
        known, key=lambda item: (known[item], -oracle.graph.find(item)), default="?"
    )
    together = oracle.attribute(
        attribution, weight, lambda item: largest if item[0] == "?" else item, models
    )
    scenarios = [measured(list(shares.values())) for shares in (known, found, together)]
    for name in ("hhi", "effective_number", "cr1", "cr4", "cr10", "gini", "entropy",
                 "exp_entropy"):  # fmt: skip
        close(getattr(answer, name), name, scenarios)
    return known


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_shares_and_figures(graph: LineageGraph, by: str, attribution: str) -> None:
    oracle = Oracle(graph, by)
    answer = concentration(graph, by=by, attribution=attribution)
    known = check_measures(answer, oracle, attribution)
    assert {item.id: item.amount for item in answer.pretrainers} == pytest.approx(
        {owner: float(amount) for owner, amount in known.items()}
    )
    reach = [
        any(oracle.owner(end)[0] != "?" for end in oracle.ends[oracle.head[node]])
        for node in oracle.models()
    ]
    assert answer.n_models == len(reach)
    assert answer.n_undeclared == len(reach) - sum(reach)
    wanted = sum(reach) if attribution in ("any", "captive") else sum(known.values())
    assert answer.declared == pytest.approx(float(wanted))


@pytest.mark.parametrize("day", DAYS)
def test_as_of(graph: LineageGraph, day: str) -> None:
    moment = date.fromisoformat(day)
    oracle = Oracle(graph, day=moment)
    answer = concentration(graph, as_of=moment)
    check_measures(answer, oracle, "fractional")
    assert answer.n_models == len(oracle.models())
    every = Oracle(graph).models()
    assert answer.n_undated == sum(graph.day(node) is None for node in every)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("by", ["developer", "dataset"])
def test_over_time(graph: LineageGraph, by: str, attribution: str) -> None:
    """The stock is what ``as_of`` the last day says; the flow is that period's models."""
    answer = concentration_over_time(graph, "month", by=by, attribution=attribution)
    assert [item.period for item in answer.periods] == sorted(
        {
            str(graph.day(node))[:7]
            for node in Oracle(graph).models()
            if graph.day(node) is not None
        }
    )
    for item in answer.periods:
        oracle = Oracle(graph, by, item.last_day)
        check_measures(item.stock, oracle, attribution)
        assert item.stock.n_models == len(oracle.models())
        flow = [n for n in oracle.models() if str(graph.day(n)).startswith(item.period)]
        known = check_measures(item.flow, oracle, attribution, models=flow)
        assert item.flow.n_models == len(flow)
        assert item.flow.n_pretrainers == len(known)


def test_downloads(graph: LineageGraph) -> None:
    columns, oracle = graph.columns, Oracle(graph)
    told = [node for node in oracle.models() if columns.downloads[node] >= 0]
    answer = concentration(graph, weight="downloads")
    check_measures(
        answer,
        oracle,
        "fractional",
        lambda n: Fraction(int(columns.downloads[n])),
        told,
    )
    assert answer.n_models == len(told)
    assert answer.n_no_figure == len(oracle.models()) - len(told)


def test_the_curve_is_greedy_and_keeps_its_promise(graph: LineageGraph) -> None:
    oracle = Oracle(graph)
    answer = concentration(graph).closure
    all_owners = declared(oracle.attribute("any"))
    touchable = oracle.touched(all_owners)
    closed: list[str] = []
    for point in answer.curve:
        best = max(
            (oracle.touched([*closed, other]) for other in all_owners), default=0
        )
        closed.append(point.id)
        assert oracle.touched(closed) == best
        assert point.share == pytest.approx(best / touchable)
        assert point.share >= GUARANTEE * oracle.best_touched(point.k) / touchable
        assert point.low <= point.share <= point.high
    if not answer.curve:
        assert touchable == 0
        return
    assert answer.curve[-1].share == pytest.approx(1)
    least = next(point.k for point in answer.curve if point.share >= 0.5 - 1e-12)
    assert answer.half.point == least
    exact = next(k for k in range(99) if 2 * oracle.best_touched(k) >= touchable)
    assert answer.half_at_least is not None
    assert answer.half_at_least <= exact <= least


@pytest.mark.parametrize("first", [1, 2, 3])
def test_stopping_early_changes_nothing(
    graph: LineageGraph, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search for half stops once the order is sure; so it does with small steps."""
    whole = concentration(graph).closure
    monkeypatch.setattr(concentration_closure, "_FIRST", first)
    monkeypatch.setattr(concentration_closure, "_FACTOR", 2)
    monkeypatch.setattr(concentration_closure, "CURVE", 3)
    part = concentration(graph).closure
    assert part.half == whole.half
    assert part.curve == whole.curve[:3]


def amounts(answer: Concentration) -> dict[str, float]:
    return {item.id: item.amount for item in answer.pretrainers}


def test_captive_is_at_most_fractional_is_at_most_any(graph: LineageGraph) -> None:
    for by in BY:
        found = {
            name: amounts(concentration(graph, by=by, attribution=name))
            for name in ATTRIBUTIONS
        }
        for owner, reach in found["any"].items():
            for split in ("fractional", "fractional-roots"):
                part = found[split].get(owner, 0.0)
                assert found["captive"].get(owner, 0.0) <= part + 1e-9
                assert part <= reach + 1e-9


def test_a_later_day_has_all_models_of_an_earlier_one(graph: LineageGraph) -> None:
    counts = [concentration(graph, as_of=date.fromisoformat(day)).n_models
              if day >= min(dated(graph)) else 0 for day in DAYS]  # fmt: skip
    assert counts == sorted(counts)


def dated(graph: LineageGraph) -> list[str]:
    return [str(graph.day(n)) for n in Oracle(graph).models() if graph.day(n)]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_an_undeclared_model_can_only_widen(seed: int, more: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pick = random.Random(seed)
        lines = [
            f"{pick.choice(NAMES)} finetune {pick.choice(NAMES)}"
            for _ in range(pick.randrange(1, 16))
        ]
        options = {"nodes": tuple(NAMES), "scratch": tuple(NAMES[:8])}
        few = concentration(draw(Path(folder) / "few", *lines, **options))
        options["nodes"] += tuple(f"lone{number}/u" for number in range(more))
        many = concentration(draw(Path(folder) / "many", *lines, **options))
    assert many.n_undeclared == few.n_undeclared + more
    for name in ("hhi", "effective_number", "cr1", "cr4", "cr10"):
        one, other = getattr(few, name), getattr(many, name)
        assert other.point == one.point
        assert other.low <= one.low + 1e-12
        assert other.high >= one.high - 1e-12
    shares = [item.share for item in few.pretrainers]
    assert sum(item.amount for item in few.pretrainers) == pytest.approx(few.declared)
    if shares:
        assert few.hhi.point is not None
        assert 1 / len(shares) - 1e-9 <= few.hhi.point <= 1 + 1e-9
