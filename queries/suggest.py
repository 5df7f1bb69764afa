"""What a search box offers while somebody types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.results import Results
from headwater.queries.search import Hit, search


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that every question takes as a target.

    Attributes
    ----------
    id, name, kind : str
        A node, or a ``family``.
    downloads : int or None
        Downloads of the last 30 days; None is unknown.
    n_children : int
        Artefacts that name it as a parent; of a family its members.
    match : {"exact", "prefix", "substring", "near"}
        How it matched.
    """

    id: str
    name: str
    kind: str
    downloads: int | None
    n_children: int
    match: str


def suggest(graph: LineageGraph, text: str, limit: int = 8) -> Results[Suggestion]:
    """Return what may be meant: families first, as what-breaks does, then nodes.

    At most half of the list are families, unless there is nothing else.

    Raises
    ------
    InvalidArgumentError
        When the text is empty or the limit out of range.
    """
    known = (
        (slug, str(family["name"]), len(family["members"]))
        for slug, family in graph.vocabulary["families"].items()
    )
    return offer(text, limit, search(graph, text, limit), known)


def offer(
    text: str, limit: int, found: Results[Hit], known: Iterable[tuple[str, str, int]]
) -> Results[Suggestion]:
    """Return what may be meant, given the nodes that a search found.

    Parameters
    ----------
    found : Results of Hit
        Nodes.
    known : iterable of (slug, name, number of members)
        All families.
    """
    wanted = " ".join(text.casefold().split())
    hits = [
        Suggestion(hit.id, hit.name, hit.kind, hit.downloads, hit.n_children, hit.match)
        for hit in found
    ]
    families = sorted(
        _families(known, wanted), key=lambda item: (item.match, -item.n_children)
    )
    if hits and hits[0].match == "near" and families:
        hits = []
    room = max((limit + 1) // 2, limit - len(hits))
    families = families[:room]
    exact = [hit for hit in hits if hit.match == "exact"]
    rest = [hit for hit in hits if hit.match != "exact"]
    every = (*exact, *families, *rest)[:limit]
    return Results(every, Suggestion, found.snapshot)


def _families(
    known: Iterable[tuple[str, str, int]], wanted: str
) -> Iterator[Suggestion]:
    for slug, name, n_members in known:
        labels = (slug.casefold(), name.casefold(), f"family:{slug}".casefold())
        if wanted in labels:
            match = "exact"
        elif any(label.startswith(wanted) for label in labels[:2]):
            match = "prefix"
        else:
            continue
        if n_members:
            yield Suggestion(f"family:{slug}", name, "family", None, n_members, match)
