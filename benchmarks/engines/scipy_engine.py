"""scipy.sparse.csgraph: one compressed matrix."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from benchmarks.engines.answers import first_of_component
from benchmarks.engines.inputs import Canonical, Inputs, Task


class Scipy:
    """The weight graph, with cycles, as a matrix of bytes with 32-bit indices."""

    name = "scipy"

    def __init__(self, inputs: Inputs) -> None:
        count = len(inputs.body_child)
        shape = (inputs.n_nodes, inputs.n_nodes)
        ends = inputs.body_child, inputs.body_parent
        self.matrix = csr_array((np.ones(count, np.int8), ends), shape=shape)

    def tasks(self) -> dict[str, Task]:
        """Return the questions that the engine answers."""
        return {"components": self.components}

    def components(self) -> Canonical:
        """Return strongly connected components."""
        _, found = connected_components(self.matrix, connection="strong")
        return lambda: first_of_component(found)
