"""What the sources left out when they read: the manifest keeps counts and examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.quality_found import Example, Found

_OWN_CLASS = ("self", "local_path")


@dataclass(frozen=True, slots=True)
class Skip:
    """Values left out for one reason, over all sources.

    Attributes
    ----------
    reason : str
        ``place/reason``, for instance ``baseModels/local_path``.
    count : int
        How many.
    examples : tuple of str
        What they looked like; empty when the snapshot keeps none.
    """

    reason: str
    count: int
    examples: tuple[str, ...]

    def is_about(self, reason: str) -> bool:
        """Return whether the reason is this one, wherever it stood."""
        return self.reason.rpartition("/")[2] == reason


def skips(graph: LineageGraph) -> tuple[Skip, ...]:
    """Return what all sources left out, the most frequent reason first."""
    counts: dict[str, int] = {}
    examples: dict[str, dict[str, None]] = {}
    for source in graph.manifest.sources:
        for reason, count in source.get("skipped", {}).items():
            counts[reason] = counts.get(reason, 0) + int(count)
        for reason, texts in source.get("skipped_examples", {}).items():
            examples.setdefault(reason, {}).update(dict.fromkeys(map(str, texts)))
    return tuple(
        Skip(reason, counts[reason], tuple(examples.get(reason, ())))
        for reason in sorted(counts, key=lambda name: (-counts[name], name))
    )


def local_paths(graph: LineageGraph, n_claims: int, limit: int) -> Found:
    """Return paths on somebody's disk that stand where a parent should."""
    return _found(graph, n_claims, limit, lambda item: item.is_about("local_path"))


def skipped_values(graph: LineageGraph, n_claims: int, limit: int) -> Found:
    """Return what was left out for any reason that has no class of its own."""
    return _found(
        graph, n_claims, limit, lambda item: not any(map(item.is_about, _OWN_CLASS))
    )


def _found(
    graph: LineageGraph, n_claims: int, limit: int, wanted: Callable[[Skip], bool]
) -> Found:
    every = skips(graph)
    chosen = [item for item in every if wanted(item)]
    count = sum(item.count for item in chosen)
    return Found(
        count=count,
        affected=count,
        of=n_claims + sum(item.count for item in every),
        breakdown={item.reason: item.count for item in chosen},
        examples=tuple(
            Example(item.reason, None, _detail(item), item.count, is_reason=True)
            for item in chosen[:limit]
        ),
        n_examples=len(chosen),
    )


def _detail(item: Skip) -> str:
    return "; ".join((f"{item.count:,} values", *item.examples[:2]))
