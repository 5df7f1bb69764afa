"""Find artefacts, namespaces and developers by a part of their id or name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.search_index import BLOCK, SHORTEST, possible_blocks
from headwater.queries.near import near_entries, similar_labels
from headwater.queries.results import Results

_ADDRESS: Final = re.compile(
    r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/"
    r"((?:(?:datasets|spaces)/)?[^/?#\s]+(?:/[^/?#\s]+)?)"
)
_RANKS: Final = {"exact": 0, "prefix": 1, "substring": 2, "near": 2}
_BOUNDARIES: Final = (b"/", b"\t", b"@", b":")


@dataclass(frozen=True, slots=True)
class Hit:
    """One match.

    Attributes
    ----------
    id, name, kind : str
        The node.
    downloads : int or None
        Downloads of the last 30 days; None is unknown.
    n_children : int
        How many artefacts name it as a parent.
    match : {"exact", "prefix", "substring", "near"}
        How it matched.
    """

    id: str
    name: str
    kind: str
    downloads: int | None
    n_children: int
    match: str


def search(
    graph: LineageGraph, text: str, limit: int = 20, as_of: date | None = None
) -> Results[Hit]:
    """Return the best matches: exact first, then prefix, substring, near misses.

    Within a class the most popular come first (downloads, likes, direct children).

    Parameters
    ----------
    text : str
        Part of an id or a friendly name; case does not matter.
    limit : int
        At most this many, 1 to 1000.
    as_of : date, optional
        Only what existed on that day; owners, which have no date, always did.

    Raises
    ------
    InvalidArgumentError
        When the text is empty or the limit out of range.
    """
    wanted = checked_text(text, limit)
    alive = graph.alive(as_of)
    found: dict[int, str] = {}
    exact = graph.find(text.strip())
    if exact >= 0 and _is_there(alive, exact):
        found[exact] = "exact"
    for node in graph.find_prefix(wanted, limit):
        if _is_there(alive, node):
            found.setdefault(node, "prefix")
    for node, start in _containing(graph, wanted.encode("utf-8", "replace")):
        if len(found) >= limit * 2:
            break
        if node not in found and _is_there(alive, node):
            found[node] = "prefix" if start else "substring"
    if not found:
        near = near_entries(graph, wanted, limit)
        found = {node: "near" for node in near if _is_there(alive, node)}
    best = _best(graph, found)[:limit]
    hits = (_hit(graph, node, found[node]) for node in best)
    return Results(hits, Hit, graph.manifest.id)


def without_address(text: str) -> str:
    """Return the id in a pasted address of the Hub's web site, else the text itself.

    Examples
    --------
    >>> without_address("https://huggingface.co/datasets/EleutherAI/pile/tree/main")
    'datasets/EleutherAI/pile'
    >>> without_address("vicuna")
    'vicuna'
    """
    found = _ADDRESS.match(text)
    return found[1] if found else text


def checked_text(text: str, limit: int) -> str:
    """Return a text as it is searched for.

    Raises
    ------
    InvalidArgumentError
        When the text is empty or the limit out of range.
    """
    wanted = without_address(" ".join(text.casefold().split()))
    if not wanted or not 1 <= limit <= 1000:
        raise InvalidArgumentError("search needs a text and a limit from 1 to 1000")
    return wanted


def in_order(hits: Iterable[Hit]) -> list[Hit]:
    """Return matches as they are shown: by how they match, then the most popular.

    Near misses stay in their order, and so does what is equal.
    """
    return sorted(
        hits,
        key=lambda hit: (
            _RANKS[hit.match],
            0 if hit.match == "near" else -_known(hit.downloads),
            0 if hit.match == "near" else -hit.n_children,
        ),
    )


def _best(graph: LineageGraph, found: Mapping[int, str]) -> list[int]:
    """Return matches in the order of :func:`in_order`, before hits are made of them."""
    nodes = np.fromiter(found, np.int32, len(found))
    rank = np.array([_RANKS[match] for match in found.values()], np.int8)
    if "near" in found.values():
        return list(found)
    offsets = graph.children.offsets
    n_children = offsets.take(nodes + np.int32(1)) - offsets.take(nodes)
    downloads = np.maximum(graph.columns.downloads.take(nodes), -1)
    best: list[int] = nodes[np.lexsort((-n_children, -downloads, rank))].tolist()
    return best


def _known(count: int | None) -> int:
    return -1 if count is None else count


def _is_there(alive: BoolArray | None, node: int) -> bool:
    return alive is None or bool(alive[node])


def near_matches(graph: LineageGraph, text: str, limit: int = 5) -> tuple[str, ...]:
    """Return ids or names close to a text that was not found, best first."""
    wanted = " ".join(text.casefold().split())
    if not wanted:
        return ()
    found = similar_labels(wanted, graph.vocabulary["labels"], limit)
    by_id = [hit.id for hit in search(graph, text, limit)]
    mixed = [item for pair in zip_longest(found, by_id) for item in pair if item]
    return tuple(dict.fromkeys(mixed))[:limit]


def _n_children(graph: LineageGraph, node: int) -> int:
    return int(graph.children.offsets[node + 1] - graph.children.offsets[node])


def _hit(graph: LineageGraph, node: int, match: str) -> Hit:
    downloads = int(graph.columns.downloads[node])
    return Hit(
        graph.ids[node], graph.name(node), graph.kind(node),
        None if downloads < 0 else downloads, _n_children(graph, node), match,
    )  # fmt: skip


def _containing(graph: LineageGraph, wanted: bytes) -> Iterator[tuple[int, bool]]:
    """Yield nodes whose id or name contains the bytes, most popular first.

    The second value tells whether the match stands at the start of the id, the
    repository's name or the friendly name.
    """
    offsets, haystack = graph.search_text.offsets, graph.haystack
    for start, end in _where_to_look(graph, wanted):
        at = haystack.find(wanted, start, end)
        while at >= 0:
            # A number of the offsets' own type, or all of them are copied to another.
            entry = int(offsets.searchsorted(np.int64(at), side="right")) - 1
            begins = (
                at == int(offsets[entry]) or haystack.read(at - 1, at) in _BOUNDARIES
            )
            yield int(graph.search_nodes[entry]), begins
            at = haystack.find(wanted, int(offsets[entry + 1]), end)


def _where_to_look(graph: LineageGraph, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Yield the parts of the search text that may hold the bytes, in order."""
    offsets = graph.search_text.offsets
    if graph.search_blocks is None or len(wanted) < SHORTEST:
        yield 0, int(offsets[-1])
        return
    for block in possible_blocks(graph.search_blocks, wanted).tolist():
        first = block * BLOCK
        last = min(first + BLOCK, len(offsets) - 1)
        if first < last:
            yield int(offsets[first]), int(offsets[last])
