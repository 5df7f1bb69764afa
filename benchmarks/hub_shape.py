"""The shape of a synthetic Hub in whole numbers: who stands on whom, and how.

Everything is drawn with vectorised numpy from one seed; names and claims are made of it
in :mod:`benchmarks.hub_like`, whose docstring says where the parameters come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.schema import RELATION_CODE

DATASETS_PER_MODEL: Final = 0.8 / 3
NAMESPACES_PER_MODEL: Final = 1 / 6
DECLARED_SHARE: Final = 0.70
"""Share of models whose lineage is known: a parent is declared, or it is one."""
MERGE_SHARE: Final = 0.05
MAX_MERGED: Final = 65
PHANTOM_SHARE: Final = 0.053
CASE_SHARE: Final = 0.009
OLD_NAME_SHARE: Final = 0.0025
SELF_LOOP_SHARE: Final = 42 / 30_383
BACKWARDS_SHARE: Final = 0.01
FIRST_DAY: Final = 19_053
"""2022-03-02 in days since 1970-01-01: the Hub dates everything older to that day."""
LAST_DAY: Final = 20_758

PLAIN, OTHER_CASE, OLD_NAME = np.int8(0), np.int8(1), np.int8(2)
_WEIGHTS: Final = ("finetune", "adapter", "quantized", "unspecified")
_WEIGHT_SHARES: Final = (0.36, 0.33, 0.29, 0.02)


@dataclass(frozen=True, slots=True)
class Shape:
    """A Hub in numbers; nodes are models, datasets, missing models, missing datasets.

    Attributes
    ----------
    n_models, n_datasets, n_namespaces : int
        How many of each exist.
    n_missing_models, n_missing_datasets : int
        Parents that are named but have no record.
    family : int32 array, shape (n_models,)
        Family of each model, the largest first; -1 where no lineage is declared.
    namespace : int32 array, shape (n_nodes,)
        Namespace of every node, the busiest first.
    day : int32 array, shape (n_models + n_datasets,)
        Creation in days since 1970-01-01.
    popularity : int32 array, shape (n_models + n_datasets,)
        Rank by popularity, 0 is the most popular, over models and datasets apart.
    child, parent : int32 arrays, shape (E,)
        Edges in the order of their children.
    relation : int8 array, shape (E,)
        Relation codes of the schema.
    spelling : int8 array, shape (E,)
        How the parent is spelled: as it is, in other case, by its old name.
    """

    n_models: int
    n_datasets: int
    n_namespaces: int
    n_missing_models: int
    n_missing_datasets: int
    family: IntArray
    namespace: IntArray
    day: IntArray
    popularity: IntArray
    child: IntArray
    parent: IntArray
    relation: NDArray[np.int8]
    spelling: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class _Edges:
    child: IntArray
    parent: IntArray
    relation: NDArray[np.int8]


def draw_shape(n_models: int, rng: np.random.Generator) -> Shape:
    """Draw a Hub of `n_models` models; every other size follows from it.

    Complexity: O(N log N).
    """
    n_datasets = round(n_models * DATASETS_PER_MODEL)
    n_namespaces = max(8, round(n_models * NAMESPACES_PER_MODEL))
    missing = max(4, n_models // 60), max(4, n_datasets // 40)
    family, order, first = _families(n_models, rng)
    parent_of = _family_parents(order, first, family, n_models, rng)
    body = _body_edges(parent_of, order, first, family, rng)
    corpora = _dataset_edges(n_models, n_datasets, rng)
    edges = [body, *corpora, _odd_edges(parent_of, order, first, family, rng)]
    child, parent, relation = (
        np.concatenate([getattr(item, name) for item in edges])
        for name in ("child", "parent", "relation")
    )
    parent = _lose_parents(parent, n_models, n_datasets, missing, rng)
    by_child = np.argsort(child, kind="stable")
    spelling = rng.choice(
        np.array([PLAIN, OTHER_CASE, OLD_NAME]), len(child),
        p=(1 - CASE_SHARE - OLD_NAME_SHARE, CASE_SHARE, OLD_NAME_SHARE),
    )  # fmt: skip
    n_nodes = n_models + n_datasets + sum(missing)
    roots = order[first]
    return Shape(
        n_models, n_datasets, n_namespaces, *missing, family,
        _namespaces(n_nodes, n_namespaces, roots, rng),
        np.concatenate([_days(n_models, rng), _days(n_datasets, rng)]),
        _popularity(n_models, n_datasets, roots, rng),
        child[by_child], parent[by_child], relation[by_child], spelling,
    )  # fmt: skip


def _families(
    n_models: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the family of each model, members family by family, and where each begins.

    Sizes follow Zipf's law; the oldest member of a family is its root.
    """
    n_families = max(4, n_models // 40)
    weight = (np.arange(n_families) + 1.0) ** -1.12
    edges = np.cumsum(weight) / weight.sum()
    family = np.searchsorted(edges, rng.random(n_models)).astype(np.int32)
    family[rng.random(n_models) >= DECLARED_SHARE] = -1
    order = np.argsort(family, kind="stable").astype(np.int32)
    order = order[int((family < 0).sum()) :]
    listed = family[order]
    first = np.flatnonzero(np.r_[True, listed[1:] != listed[:-1]]).astype(np.int32)
    return family, order, first


def _family_parents(
    order: IntArray,
    first: IntArray,
    family: IntArray,
    n_models: int,
    rng: np.random.Generator,
) -> IntArray:
    """Return the main parent of each model: its root or an older member, or -1."""
    size = np.diff(np.append(first, len(order)))
    start = np.repeat(first, size)
    place = np.arange(len(order)) - start
    # Early members draw most children; a third of all stand on the root itself.
    older = np.floor(place * rng.random(len(order)) ** 2.2).astype(np.int64)
    older[rng.random(len(order)) < 0.35] = 0
    parents = np.full(n_models, -1, np.int32)
    derived = place > 0
    parents[order[derived]] = order[(start + older)[derived]]
    return parents


def _body_edges(
    parent_of: IntArray,
    order: IntArray,
    first: IntArray,
    family: IntArray,
    rng: np.random.Generator,
) -> _Edges:
    """Return fine-tunes, adapters, quantisations and merges."""
    child = np.flatnonzero(parent_of >= 0).astype(np.int32)
    codes = np.array([RELATION_CODE[name] for name in _WEIGHTS], np.int8)
    relation = rng.choice(codes, len(child), p=_WEIGHT_SHARES)
    merged = rng.random(len(child)) < MERGE_SHARE
    relation[merged] = RELATION_CODE["merge"]
    merges = child[merged]
    # Two parents are usual; the tail follows a power law.
    extra = np.minimum(np.floor(rng.pareto(1.6, len(merges))), MAX_MERGED - 2) + 1
    again = np.repeat(merges, extra.astype(np.int64))
    size = np.bincount(family[order], minlength=int(family.max()) + 1)
    start = np.zeros(len(size), np.int64)
    start[family[order[first]]] = first
    own = family[again]
    inside = start[own] + np.floor(rng.random(len(again)) * size[own]).astype(np.int64)
    other = order[rng.integers(0, len(order), len(again))]
    picked = np.where(rng.random(len(again)) < 0.7, order[inside], other)
    # A younger parent would make a cycle now and then; those are drawn on purpose.
    usable = picked < again
    again, picked = again[usable], picked[usable]
    widest = _widest_merge(parent_of, merges, order, rng)
    again = np.append(again, np.repeat(merges[-1:], len(widest)))
    picked = np.append(picked, widest)
    return _Edges(
        np.concatenate([child, again]),
        np.concatenate([parent_of[child], picked]).astype(np.int32),
        np.concatenate(
            [relation, np.full(len(again), RELATION_CODE["merge"], np.int8)]
        ),
    )


def _widest_merge(
    parent_of: IntArray, merges: IntArray, order: IntArray, rng: np.random.Generator
) -> IntArray:
    """Return the further parents of the youngest merge, all different."""
    if len(merges) == 0:
        return np.empty(0, np.int32)
    older = order[(order < merges[-1]) & (order != parent_of[merges[-1]])]
    return rng.choice(older, min(MAX_MERGED - 1, len(older)), replace=False)


def _dataset_edges(
    n_models: int, n_datasets: int, rng: np.random.Generator
) -> tuple[_Edges, _Edges, _Edges]:
    """Return what models were trained on, and what datasets were made from."""
    trained = np.flatnonzero(rng.random(n_models) < 0.4)
    child = np.repeat(trained, np.minimum(rng.geometric(0.52, len(trained)), 30))
    corpus = n_models + np.floor(rng.random(len(child)) ** 6 * n_datasets)
    made = np.flatnonzero(rng.random(n_datasets) < 0.22)
    copy = np.repeat(made, rng.geometric(0.75, len(made)))
    source = np.floor(rng.random(len(copy)) ** 4 * copy)
    synthetic = np.flatnonzero(rng.random(n_datasets) < 0.02)
    maker = np.floor(rng.random(len(synthetic)) ** 3 * n_models)
    return tuple(  # type: ignore[return-value]
        _Edges(
            child.astype(np.int32),
            parent.astype(np.int32),
            np.full(len(child), RELATION_CODE[name], np.int8),
        )
        for name, child, parent in (
            ("trained_on", child, corpus),
            ("derived_from", copy + n_models, source + n_models),
            ("generated_by", synthetic + n_models, maker),
        )
    )


def _odd_edges(
    parent_of: IntArray,
    order: IntArray,
    first: IntArray,
    family: IntArray,
    rng: np.random.Generator,
) -> _Edges:
    """Return self-loops, cycles, distillations and successions."""
    n_models = len(parent_of)
    derived = np.flatnonzero(parent_of >= 0)
    loops = derived[rng.random(len(derived)) < SELF_LOOP_SHARE]
    # Some parents name their child; among them the root of one of the largest families.
    closing = rng.choice(derived, max(1, n_models // 30_000), replace=False)
    famous = order[first[min(6, len(first) - 1)]]
    closing = np.append(closing, derived[parent_of[derived] == famous][:1])
    # Longer cycles: a grandparent names its grandchild.
    deep = derived[parent_of[parent_of[derived]] >= 0]
    far = rng.choice(deep, min(len(deep), max(1, n_models // 60_000)), replace=False)
    distilled = np.flatnonzero(rng.random(n_models) < 0.003)
    teacher = order[np.floor(rng.random(len(distilled)) ** 2 * len(order)).astype(int)]
    newer = derived[rng.random(len(derived)) < 0.008]
    parts = (
        ("finetune", loops, loops),
        ("finetune", parent_of[closing], closing),
        ("finetune", parent_of[parent_of[far]], far),
        ("distilled_from", distilled, teacher),
        ("successor_of", newer, parent_of[newer]),
    )
    return _Edges(
        np.concatenate([child for _, child, _ in parts]).astype(np.int32),
        np.concatenate([parent for _, _, parent in parts]).astype(np.int32),
        np.concatenate(
            [
                np.full(len(item), RELATION_CODE[name], np.int8)
                for name, item, _ in parts
            ]
        ),
    )


def _lose_parents(
    parent: IntArray,
    n_models: int,
    n_datasets: int,
    missing: tuple[int, int],
    rng: np.random.Generator,
) -> IntArray:
    """Let some edges name parents that have no record."""
    lost: BoolArray = rng.random(len(parent)) < PHANTOM_SHARE
    is_model = parent < n_models
    draw = rng.random(len(parent)) ** 3
    models = n_models + n_datasets + np.floor(draw * missing[0])
    datasets = n_models + n_datasets + missing[0] + np.floor(draw * missing[1])
    parent = np.where(lost & is_model, models, parent)
    return np.where(lost & ~is_model, datasets, parent).astype(np.int32)


def _namespaces(
    n_nodes: int, n_namespaces: int, roots: IntArray, rng: np.random.Generator
) -> IntArray:
    """Return the namespace of each node: a few publish thousands, most a handful."""
    namespace = np.floor(rng.random(n_nodes) ** 3 * n_namespaces).astype(np.int32)
    # Everyone publishes something: one random node each.
    own = rng.choice(n_nodes, min(n_nodes, n_namespaces), replace=False)
    namespace[own] = np.arange(len(own), dtype=np.int32)
    # The roots of the largest families come from the namespaces of developers.
    known = roots[: min(400, len(roots))]
    namespace[known] = np.arange(len(known)) * 7 % min(n_namespaces, 200)
    return namespace


def _days(count: int, rng: np.random.Generator) -> IntArray:
    """Return ascending days of an exponentially growing Hub, some out of order."""
    share = (np.arange(count) + 0.5) / max(count, 1)
    growth = 3.2
    day = np.log1p(share * np.expm1(growth)) / growth
    backwards = rng.random(count) < BACKWARDS_SHARE
    day[backwards] = rng.random(int(backwards.sum()))
    days: IntArray = np.floor(FIRST_DAY + day * (LAST_DAY - FIRST_DAY)).astype(np.int32)
    return days


def _popularity(
    n_models: int, n_datasets: int, roots: IntArray, rng: np.random.Generator
) -> IntArray:
    """Return ranks: roots of large families first, the rest at random."""
    score = rng.random(n_models) + 0.05
    place = np.arange(len(roots))
    score[roots] = np.minimum(score[roots], rng.random(len(roots)) * place / 3000.0)
    ranks = []
    for part in (score, np.arange(n_datasets) ** 0.3 * rng.random(n_datasets)):
        rank = np.empty(len(part), np.int32)
        rank[np.argsort(part, kind="stable")] = np.arange(len(part), dtype=np.int32)
        ranks.append(rank)
    return np.concatenate(ranks)
