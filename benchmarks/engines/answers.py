"""The form in which answers are compared, and sets that libraries leave to Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Blast = tuple[int, int, tuple[int, ...], tuple[tuple[int, int], ...]]
"""Count, downloads, count by relation, (count, downloads) by depth 1, 2, ..."""

N_RELATIONS = 16


def blast_of_layers(
    nodes: NDArray[Any],
    starts: Sequence[int],
    downloads: NDArray[np.int64],
    relation: NDArray[np.int8],
) -> Blast:
    """Return the aggregates of nodes in breadth-first order; layer 0 is left out."""
    taken = downloads[nodes]
    by_depth = tuple(
        (int(end - begin), int(taken[begin:end].sum()))
        for begin, end in pairwise(starts[1:])
    )
    below = nodes[starts[1] :]
    by_relation = np.bincount(relation[below], minlength=N_RELATIONS)
    return (
        len(below),
        int(taken[starts[1] :].sum()),
        tuple(by_relation.tolist()),
        by_depth,
    )


def representatives(
    components: Iterable[Sequence[int]], n_nodes: int
) -> NDArray[np.int32]:
    """Return for each node the lowest node of its component."""
    found = np.arange(n_nodes, dtype=np.int32)
    for members in components:
        if len(members) > 1:
            found[list(members)] = min(members)
    return found


def first_of_component(membership: NDArray[Any]) -> NDArray[np.int32]:
    """Return for each node the lowest node with the same component number."""
    lowest = np.full(int(membership.max()) + 1, len(membership), np.int64)
    np.minimum.at(lowest, membership, np.arange(len(membership)))
    return lowest[membership].astype(np.int32)


def pairs_of(
    sets: Sequence[frozenset[int]], is_model: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return (node, label) of all models' sets as sorted numbers."""
    nodes = np.flatnonzero(is_model)
    sizes = [len(sets[node]) for node in nodes.tolist()]
    labels = [label for node in nodes.tolist() for label in sets[node]]
    return np.sort(np.repeat(nodes, sizes) << 32 | np.array(labels, np.int64))


def spread_roots(
    order: Iterable[int], parents: Callable[[int], Sequence[int]], n_nodes: int
) -> list[frozenset[int]]:
    """Return each node's roots, parents first; equal sets are one object."""
    empty: frozenset[int] = frozenset()
    sets = [empty] * n_nodes
    for node in order:
        above = parents(node)
        if not above:
            sets[node] = frozenset((node,))
        elif len(above) == 1:
            sets[node] = sets[above[0]]
        else:
            sets[node] = empty.union(*[sets[item] for item in above])
    return sets


def spread_captive(
    order: Iterable[int],
    parents: Callable[[int], Sequence[int]],
    owner: Sequence[int],
    n_nodes: int,
) -> list[frozenset[int]]:
    """Return the owners on every path to each node, parents first."""
    empty: frozenset[int] = frozenset()
    sets = [empty] * n_nodes
    for node in order:
        above, own = parents(node), owner[node]
        if not above:
            held = empty
        elif len(above) == 1:
            held = sets[above[0]]
        else:
            held = sets[above[0]].intersection(*[sets[item] for item in above[1:]])
        sets[node] = held if own < 0 or own in held else held | {own}
    return sets


def tally(
    sets: Sequence[frozenset[int]], is_model: Sequence[bool], n_nodes: int
) -> NDArray[np.int64]:
    """Return how many models' sets hold each label; equal objects are counted once."""
    shared: dict[int, list[Any]] = {}
    for held, counts in zip(sets, is_model, strict=True):
        if counts:
            known = shared.get(id(held))
            if known is None:
                shared[id(held)] = [held, 1]
            else:
                known[1] += 1
    totals = np.zeros(n_nodes, np.int64)
    for held, count in shared.values():
        for label in held:
            totals[label] += count
    return totals
