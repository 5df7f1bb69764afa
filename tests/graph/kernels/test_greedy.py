from itertools import combinations
from math import e

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels.csr import IntArray
from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.greedy import greedy_cover
from headwater.graph.kernels.label_sets import LabelSets, reached_labels
from headwater.graph.kernels.label_spread import SetTree
from tests.graph.kernels.shapes import ALL, Graph, ints, star

N_LABELS = 7


def stored(set_of: IntArray, held: list[set[int]]) -> LabelSets:
    """Return given sets as the kernels store them; the first one is empty."""
    tree = SetTree()
    row = np.repeat(np.arange(len(held)), [len(item) for item in held])
    labels = ints(*[label for item in held for label in sorted(item)])
    number = tree.grow(np.zeros(len(held), np.int32), row, labels)
    return LabelSets(number[set_of], tree.base, tree.label, tree.stages)


@st.composite
def covers(draw: st.DrawFn) -> tuple[LabelSets, np.ndarray, list[set[int]]]:
    label_sets = st.sets(st.integers(0, N_LABELS - 1), max_size=4)
    held: list[set[int]] = [set(), *draw(st.lists(label_sets, max_size=8))]
    set_of = draw(st.lists(st.integers(0, len(held) - 1), max_size=12))
    n = len(set_of)
    weights = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    sets = stored(ints(*set_of), held)
    return sets, np.array(weights, np.int64), [held[number] for number in set_of]


def weight_of(taken: set[int], weights: np.ndarray, held: list[set[int]]) -> int:
    pairs = zip(weights.tolist(), held, strict=True)
    return sum(weight for weight, labels in pairs if labels & taken)


@settings(deadline=None, max_examples=300)
@given(covers())
def test_lazy_greedy_is_greedy(case) -> None:
    sets, weights, held = case
    taken: list[int] = []
    covered: list[int] = []
    while True:
        before = weight_of(set(taken), weights, held)
        gains = [
            weight_of({*taken, label}, weights, held) - before
            for label in range(N_LABELS)
        ]
        if max(gains) == 0:
            break
        taken.append(gains.index(max(gains)))
        covered.append(before + max(gains))
    cover = greedy_cover(sets, weights)
    assert cover.labels.tolist() == taken
    assert cover.covered.tolist() == covered
    assert cover.total == weights.sum()
    assert greedy_cover(sets, weights, limit=2).labels.tolist() == taken[:2]


@settings(deadline=None, max_examples=100)
@given(covers())
def test_greedy_is_within_its_guarantee(case) -> None:
    sets, weights, held = case
    cover = greedy_cover(sets, weights)
    for k in range(1, len(cover.labels) + 1):
        best = max(
            weight_of(set(some), weights, held)
            for some in combinations(range(N_LABELS), k)
        )
        assert (1 - 1 / e) * best <= cover.covered[k - 1] <= best


@settings(deadline=None, max_examples=100)
@given(covers(), st.sampled_from([0.0, 0.3, 0.5, 0.8, 0.9, 1.0]))
def test_least_and_share(case, share: float) -> None:
    sets, weights, _ = case
    whole = greedy_cover(sets, weights)
    enough = [
        k for k, part in enumerate(whole.covered, 1) if part >= share * whole.total
    ]
    wanted = 0 if share * whole.total <= 0 else next(iter(enough), None)
    assert whole.least(share) == wanted
    stopped = greedy_cover(sets, weights, share=share)
    if wanted is not None:
        assert stopped.labels.tolist() == whole.labels[:wanted].tolist()


def test_a_star_needs_one_label() -> None:
    own = np.arange(10_001, dtype=np.int32)
    sets = reached_labels(condense(star(10_000).parents, ALL), own)
    cover = greedy_cover(sets, np.ones(10_001, np.int64), share=0.9)
    assert cover.labels.tolist() == [0]
    assert cover.shares.tolist() == [1.0]
    assert cover.least(0.5) == cover.least(0.9) == 1


def test_nothing_to_cover() -> None:
    sets = reached_labels(condense(Graph(0, ()).parents, ALL), ints())
    cover = greedy_cover(sets, np.empty(0, np.int64))
    assert (cover.labels.tolist(), cover.total, cover.least(0.5)) == ([], 0, 0)
    sets = reached_labels(condense(Graph(2, ()).parents, ALL), ints(-1, 0))
    cover = greedy_cover(sets, np.array([3, 1]))
    assert cover.shares.tolist() == pytest.approx([0.25])
    assert cover.least(0.5) is None


def test_a_label_that_waits_is_taken_before_one_that_lost_its_gain() -> None:
    # 1, 2 and 3 cover 5 each; 1 and 2 share 4 of it.
    sets = stored(ints(1, 2, 3, 4), [set(), {1, 2}, {1}, {2}, {3}])
    cover = greedy_cover(sets, np.array([4, 1, 1, 5]))
    assert cover.labels.tolist() == [1, 3, 2]
    assert cover.covered.tolist() == [5, 10, 11]
