"""Victims as they are shown, fetched page by page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np

from headwater.graph.kernels.csr import IntArray
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.edges import Steps
from headwater.queries.cypher.verdicts import Found
from headwater.queries.what_breaks_values import Victim

PAGE: Final = 1_000
_NODES: Final = (
    "UNWIND $items AS item MATCH (n:Node {node: item}) "
    "RETURN item, n.id, n.name, n.kind, n.downloads"
)
_MERGES: Final = (
    "UNWIND $items AS item MATCH (n:Node {node: item})-[:MERGE]->(p) "
    "RETURN item, collect(p.node)"
)
_IDS: Final = "UNWIND $items AS item MATCH (n:Node {node: item}) RETURN item, n.id"


class Victims:
    """Victims of one question; edges that many proofs share are fetched once.

    Parameters
    ----------
    members : int32 array, ascending
        The target.
    mirrors : dict of int to int
        Of the members that have one, the mirror.
    """

    def __init__(self, ask: Asking, members: IntArray, mirrors: dict[int, int]) -> None:
        self._ask = ask
        self._steps = Steps(ask)
        self._mirrors = mirrors
        self._lost = np.setdiff1d(members, list(mirrors)).astype(np.int32)
        self._ids: dict[int, str] = {}

    def of(
        self, found: Found, nodes: list[int], broken: IntArray | None
    ) -> Iterator[Victim]:
        """Yield victims in the order of `nodes`.

        Parameters
        ----------
        broken : int32 array, ascending, or None
            What breaks: a merge loses those among its parents, and what is lost itself.
            None: the event takes no parents away.
        """
        for start in range(0, len(nodes), PAGE):
            yield from self._page(found, nodes[start : start + PAGE], broken)

    def _page(
        self, found: Found, nodes: list[int], broken: IntArray | None
    ) -> Iterator[Victim]:
        places = np.searchsorted(found.nodes, np.array(nodes, np.int32)).tolist()
        paths = [
            found.proofs[found.proof[at]].path(node)
            for node, at in zip(nodes, places, strict=True)
        ]
        self._steps.fetch(pair for path in paths for pair in pairwise(path))
        told = {row[0]: row[1:] for row in self._ask.each(_NODES, nodes)}
        merges = self._merges(nodes, broken)
        self._name_mirrors(path[-1] for path in paths)
        for node, at, path in zip(nodes, places, paths, strict=True):
            identity, name, kind, downloads = told[node]
            verdict = found.event.verdicts[found.verdict[at]]
            mirror = None
            if verdict == "recoverable":
                mirror = self._ids[self._mirrors[path[-1]]]
            lost, parents = merges.get(node, (None, None))
            yield Victim(
                identity, name or identity, kind, verdict, bool(found.captive[at]),
                int(found.depth[at]), downloads, mirror, lost, parents,
                tuple(self._steps[pair] for pair in pairwise(path)),
            )  # fmt: skip

    def _merges(
        self, nodes: list[int], broken: IntArray | None
    ) -> dict[int, tuple[int, int]]:
        """Return of each merge how many of how many parents the event takes."""
        if broken is None:
            return {}
        rows = list(self._ask.each(_MERGES, nodes))
        return {
            node: (
                int(
                    np.isin(parents, self._lost).sum() + np.isin(parents, broken).sum()
                ),
                len(parents),
            )
            for node, parents in rows
        }

    def _name_mirrors(self, ends: Iterator[int]) -> None:
        wanted = {self._mirrors[end] for end in ends if end in self._mirrors}
        missing: list[Any] = sorted(wanted.difference(self._ids))
        self._ids.update(self._ask.each(_IDS, missing))
