"""Mass that flows from every node up to the roots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import ranges
from headwater.graph.kernels.dag import Dag


def push_mass(dag: Dag, mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much mass comes to each root when nodes split theirs among parents.

    Each node hands everything it has and gets to its distinct parents in equal parts,
    recursively: the weight of a node is attributed to its roots by the probability that
    a random walk from parent to parent ends there.

    Parameters
    ----------
    dag : Dag
        The graph. A component is one node, and so is one parent.
    mass : float64 array, shape (V,)
        What each node has of its own; a component has the sum of its members.

    Returns
    -------
    float64 array, shape (V,)
        Mass that arrives at each root (at the representative of a component without a
        parent outside it), zero elsewhere. It sums to the sum of `mass`.

    Notes
    -----
    O(V + E), level by level from the leaves up; the order of additions, and so every
    last bit, is the same each time.

    Examples
    --------
    2 merges the roots 0 and 1:

    >>> from headwater.graph.kernels.csr import build_csr
    >>> from headwater.graph.kernels.dag import condense
    >>> a, b = np.array([2, 2], np.int32), np.array([0, 1], np.int32)
    >>> rows = build_csr(a, b, np.zeros(2, np.int8), np.arange(2, dtype=np.int32), 3)
    >>> push_mass(condense(rows, np.array([True])), np.ones(3)).tolist()
    [1.5, 1.5, 0.0]
    """
    held = np.zeros(dag.n_nodes, np.float64)
    np.add.at(held, dag.representatives, mass)
    starts, levels = dag.dag_offsets, dag.levels
    for level in range(len(levels) - 1, 0, -1):
        nodes = levels[level]
        first = starts.take(nodes)
        counts = starts[1:].take(nodes) - first
        parts = held.take(nodes) / counts
        held[nodes] = 0.0
        if int(counts.max()) == 1:
            parents = dag.dag_parents.take(first)
        else:
            parents = dag.dag_parents.take(ranges(first, counts))
            parts = np.repeat(parts, counts)
        np.add.at(held, parents, parts)
    return held
