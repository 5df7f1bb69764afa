"""Find nodes by a part of their id or name; :mod:`headwater.queries.search`."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import Final

from headwater.queries.cypher.asking import Asking, clean
from headwater.queries.cypher.near import near_entries, near_labels
from headwater.queries.cypher.nodes import find
from headwater.queries.cypher.patterns import there
from headwater.queries.results import Results
from headwater.queries.search import Hit, checked_text, in_order
from headwater.queries.suggest import Suggestion, offer

_BOUNDARIES: Final = ("", "/", "\t", "@", ":")
_HITS: Final = (
    "UNWIND $items AS item MATCH (n:Node {node: item}) "
    "RETURN item, n.id, n.name, n.kind, n.downloads, n.n_children"
)
_FAMILIES: Final = (
    "MATCH (f:Family) RETURN f.family, f.name, COUNT { (f)<-[:MEMBER_OF]-() } "
    "ORDER BY f.row"
)


def search(ask: Asking, text: str, limit: int = 20) -> Results[Hit]:
    """Return the best matches: exact first, then prefix, substring, near misses."""
    wanted = checked_text(text, limit)
    found = _found(ask, text, wanted, limit)
    if not found:
        near = near_entries(ask, wanted, limit)
        found = {node: "near" for node in near if node in _living(ask, near)}
    hits = {
        node: Hit(identity, name or identity, kind, downloads, n_children, found[node])
        for node, identity, name, kind, downloads, n_children in ask.each(
            _HITS, list(found)
        )
    }
    ordered = in_order([hits[node] for node in found])
    return Results(ordered[:limit], Hit, ask.snapshot)


def suggest(ask: Asking, text: str, limit: int = 8) -> Results[Suggestion]:
    """Return what may be meant: families first; :mod:`headwater.queries.suggest`."""
    return offer(text, limit, search(ask, text, limit), ask.rows(_FAMILIES))


def near_matches(ask: Asking, text: str, limit: int = 5) -> tuple[str, ...]:
    """Return ids or names close to a text that was not found, best first."""
    wanted = " ".join(text.casefold().split())
    if not wanted:
        return ()
    # Of whatever day the question was: a name is wrong on all of them.
    ask = replace(ask, as_of=None)
    found = near_labels(ask, wanted, limit)
    by_id = [hit.id for hit in search(ask, text, limit)]
    mixed = [item for pair in zip_longest(found, by_id) for item in pair if item]
    return tuple(dict.fromkeys(mixed))[:limit]


def _found(ask: Asking, text: str, wanted: str, limit: int) -> dict[int, str]:
    """Return nodes that bear the text, in the order in which the engine meets them."""
    found: dict[int, str] = {}
    (exact,) = find(ask, [text.strip()])
    if exact >= 0 and _living(ask, [exact]):
        found[exact] = "exact"
    prefix = (
        "MATCH (n:Node) WHERE n.key STARTS WITH $wanted "
        f"WITH n ORDER BY n.key LIMIT $limit RETURN n.node, {there('n', ask.day)}"
    )
    for node, is_there in ask.rows(prefix, wanted=clean(wanted.lower()), limit=limit):
        if is_there:
            found.setdefault(node, "prefix")
    room = limit * 2 - len(found)
    if room <= 0:
        return found
    # The most popular first; what stands before the first match tells what it begins.
    containing = (
        "MATCH (n:Node) WHERE n.search CONTAINS $wanted "
        f"AND NOT n.node IN $found AND {there('n', ask.day)} "
        "WITH n ORDER BY coalesce(n.downloads, -1) DESC, coalesce(n.likes, -1) DESC, "
        "n.n_children DESC, n.key LIMIT $room "
        "RETURN n.node, right(split(n.search, $wanted)[0], 1)"
    )
    rows = ask.rows(containing, wanted=clean(wanted), found=list(found), room=room)
    for node, before in rows:
        found[node] = "prefix" if before in _BOUNDARIES else "substring"
    return found


def _living(ask: Asking, nodes: list[int]) -> set[int]:
    """Return those of some nodes that take part as of the day."""
    if ask.day is None:
        return set(nodes)
    text = (
        "UNWIND $items AS item MATCH (n:Node {node: item}) "
        f"WHERE {there('n', ask.day)} RETURN item"
    )
    return {node for (node,) in ask.each(text, nodes)}
