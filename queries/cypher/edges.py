"""Edges as they are shown: who stands on whom, by which relation, who says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from headwater.graph.schema import SOURCE_CODE, SOURCES
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.patterns import LINEAGE
from headwater.queries.proofs import Step

STEP: Final = "c.id, p.id, e.relation, e.disputed, e.sources"
"""What :func:`make_step` wants of an edge ``(c)-[e]->(p)``."""
_PAIRS: Final = (
    "UNWIND $items AS item MATCH (c:Node {node: item[0]})"
    # Without a label the parent is no place to begin: it may have a million children.
    f"-[e:{LINEAGE}]->(p) WHERE p.node = item[1] "
    f"RETURN item[0], item[1], {STEP}"
)


def make_step(
    child: str, parent: str, relation: str, disputed: bool, sources: Iterable[str]
) -> Step:
    """Return an edge; its sources are put in the order of their rank."""
    ranked = sorted(sources, key=_rank)
    return Step(child, parent, relation, disputed, tuple(ranked))


def _rank(source: str) -> int:
    return SOURCES[SOURCE_CODE[source]].rank


class Steps:
    """Edges by the numbers of their ends; each is fetched once a question."""

    def __init__(self, ask: Asking) -> None:
        self._ask = ask
        self._known: dict[tuple[int, int], Step] = {}

    def fetch(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Get those edges of lineage that are not known yet."""
        missing: list[Any] = sorted(set(pairs).difference(self._known))
        for child, parent, *fields in self._ask.each(_PAIRS, missing):
            self._known[child, parent] = make_step(*fields)

    def __getitem__(self, pair: tuple[int, int]) -> Step:
        return self._known[pair]
