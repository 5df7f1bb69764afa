"""What the change from one snapshot to another did to the concentration."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Protocol, runtime_checkable

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.concentration import Concentration, concentration

SHARES: Final = 20
"""Developers whose shares are compared."""


@runtime_checkable
class Bounded(Protocol):
    """A figure with its interval, as the concentration gives it."""

    @property
    def point(self) -> float | None:
        """On declared lineage only."""

    @property
    def low(self) -> float | None:
        """As low as undeclared lineage can make it."""

    @property
    def high(self) -> float | None:
        """As high as undeclared lineage can make it."""


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure of :func:`headwater.queries.concentration.concentration` in both."""

    name: str
    before: Bounded
    after: Bounded


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A developer's share of the declared weight in both; 0 is none at all."""

    id: str
    name: str
    before: float
    after: float


def compare_concentration(
    old: LineageGraph, new: LineageGraph
) -> tuple[tuple[FigureChange, ...], tuple[ShareChange, ...]]:
    """Return every interval of both, and the shares of the largest developers.

    Both are empty when one of the snapshots has no model.
    """
    before, after = _concentration(old), _concentration(new)
    if before is None or after is None:
        return (), ()
    return _figures(before, after), _shares(before, after)


def _figures(before: Concentration, after: Concentration) -> tuple[FigureChange, ...]:
    return tuple(
        FigureChange(item.name, getattr(before, item.name), getattr(after, item.name))
        for item in fields(before)
        if isinstance(getattr(before, item.name), Bounded)
    )


def _shares(before: Concentration, after: Concentration) -> tuple[ShareChange, ...]:
    old, new = ({one.id: one for one in item.pretrainers} for item in (before, after))
    found = [
        ShareChange(
            id_, (new.get(id_) or old[id_]).name,
            old[id_].share if id_ in old else 0.0,
            new[id_].share if id_ in new else 0.0,
        )
        for id_ in old.keys() | new.keys()
    ]  # fmt: skip
    found.sort(key=lambda item: (-max(item.before, item.after), item.id))
    return tuple(found[:SHARES])


def _concentration(graph: LineageGraph) -> Concentration | None:
    try:
        return concentration(graph)
    except InvalidArgumentError:
        return None  # no model at all
