"""The columns of an overlay, each put together when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import Columns
from headwater.graph.overlay_text import Numbering


class OverlayColumns(Columns):
    """Columns of a snapshot with the values of some nodes replaced.

    Parameters
    ----------
    base : Columns
        The columns of the snapshot.
    numbering : Numbering
        Where its nodes went.
    recode : mapping of str to int32 array
        New code of each old code of a column, with -1 for -1 at the end; columns that
        are not named keep theirs.
    nodes : int32 array, shape (k,)
        Nodes with values of their own, all new nodes among them.
    values : mapping of str to array, shape (k,)
        Those values by column.

    Notes
    -----
    A column is copied when it is first asked for: O(V). Two threads that ask at once
    make two equal copies.
    """

    __slots__ = ("_base", "_nodes", "_numbering", "_recode", "_values")

    _base: Columns
    _nodes: IntArray
    _numbering: Numbering
    _recode: Mapping[str, IntArray]
    _values: Mapping[str, NDArray[Any]]

    def __init__(
        self,
        base: Columns,
        numbering: Numbering,
        recode: Mapping[str, IntArray],
        nodes: IntArray,
        values: Mapping[str, NDArray[Any]],
    ) -> None:
        for name, value in (
            ("_base", base), ("_numbering", numbering), ("_recode", recode),
            ("_nodes", nodes), ("_values", values),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in Columns.__slots__:
            raise AttributeError(name)
        column = self._make(name)
        object.__setattr__(self, name, column)
        return column

    def _make(self, name: str) -> NDArray[Any]:
        before: NDArray[Any] = getattr(self._base, name)
        if name in self._recode:
            before = self._recode[name][before]
        column = self._numbering.spread(before, 0)
        if name in ("namespace", "developer") and self._numbering.shift:
            moved = column >= self._numbering.first_new
            np.add(column, self._numbering.shift, out=column, where=moved)
        elif name == "representative":
            owners = column[self._numbering.n_artefacts :]
            owners += np.int32(self._numbering.shift)
        if name == "representative":
            for new in self._numbering.new_nodes():
                column[new] = new
        if name in self._values:
            column[self._nodes] = self._values[name]
        if name == "namespace":
            # A namespace that publishes something is its own.
            used = column[self._nodes]
            column[used[used >= 0]] = used[used >= 0]
        return column

    def amend(self, name: str, nodes: IntArray, values: NDArray[Any]) -> None:
        """Replace values; only while nobody else has seen them."""
        column: NDArray[Any] = getattr(self, name)
        column[nodes] = values
