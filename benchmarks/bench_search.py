"""A thousand searches as people type them: beginnings, parts, typos, nothing."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.search import search

N_QUERIES: Final = 1000
LIMIT: Final = 20
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


def draw_queries(graph: LineageGraph, seed: int = 0) -> list[tuple[str, str]]:
    """Return mixed queries with their class, a quarter of each.

    Half are made from the 20,000 most popular entries, half from any.
    """
    random = np.random.default_rng(seed)
    queries = []
    for number in range(N_QUERIES):
        pool = len(graph.search_nodes)
        place = int(random.integers(0, min(20_000, pool) if number % 8 < 4 else pool))
        key = graph.ids[int(graph.search_nodes[place])].lower()
        name = key.rpartition("/")[2] or key
        cut = int(random.integers(3, 9))
        at = int(random.integers(0, max(1, len(name) - cut)))
        wrong = int(random.integers(0, len(name)))
        letter = _LETTERS[int(random.integers(0, len(_LETTERS)))]
        text = {
            "prefix": key[: cut + 2],
            "substring": name[at : at + cut],
            "typo": name[:wrong] + letter + name[wrong + 1 :],
            "absent": "".join(
                _LETTERS[code] for code in random.integers(0, len(_LETTERS), cut + 2)
            ),
        }
        kind = tuple(text)[number % 4]
        queries.append((kind, text[kind].strip() or name))
    return queries


def measure(graph: LineageGraph) -> dict[str, Any]:
    """Return median and 95th percentile of seconds, of all and by class."""
    queries = draw_queries(graph)
    for _, text in queries[:8]:
        search(graph, text, LIMIT)
    took: dict[str, list[float]] = {"all": []}
    for kind, text in queries:
        start = time.perf_counter()
        search(graph, text, LIMIT)
        seconds = time.perf_counter() - start
        took["all"].append(seconds)
        took.setdefault(kind, []).append(seconds)
    return {
        kind: {
            "median": float(np.median(values)),
            "p95": float(np.quantile(values, 0.95)),
            "worst": max(values),
        }
        for kind, values in took.items()
    }
