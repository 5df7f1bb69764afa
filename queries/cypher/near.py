"""Near misses, found on the server; :mod:`headwater.queries.near` says what is near."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from headwater.graph.near_pairs import BYTES, pair_bytes
from headwater.queries.cypher.asking import Asking
from headwater.queries.near import COMPARED, most_similar, pairs_of, similar_labels

# A list of `1 + BYTES` small numbers a choice: how many pairs it holds, and which. What
# each byte has in common with the one wanted stands in `$common[place][byte]`.
_CLOSEST: Final = (
    "MATCH (n:Node) WHERE n.near IS NOT NULL "
    "WITH n, n.near AS near "
    f"UNWIND range(0, size(near) / {1 + BYTES} - 1) AS choice "
    f"WITH n, choice, near[choice * {1 + BYTES}] AS pairs, "
    + " + ".join(
        f"$common[{place}][near[choice * {1 + BYTES} + {1 + place}]]"
        for place in range(BYTES)
    )
    + " AS common WHERE common > 0 "
    "WITH n, choice, toFloat(common) / (pairs + $pairs) AS similarity "
    "ORDER BY similarity DESC, coalesce(n.downloads, -1) DESC, "
    "coalesce(n.likes, -1) DESC, n.n_children DESC, n.key, choice LIMIT $most "
    "RETURN n.node, choice, n.search, n.downloads, n.likes, n.n_children, n.key"
)
_LABELS: Final = "MATCH (l:Label) RETURN l.label, l.id ORDER BY l.row"


def near_entries(ask: Asking, wanted: str, limit: int) -> list[int]:
    """Return nodes with a similar id or name among the most popular, best first."""
    pairs = pairs_of(wanted.encode("utf-8", "replace"))
    ours = pair_bytes(np.array([pairs]))[0]
    every = np.arange(256, dtype=np.uint8)
    common = [np.bitwise_count(every & byte).tolist() for byte in ours]
    found = list(
        ask.rows(
            _CLOSEST, common=common, pairs=int(np.bitwise_count(pairs)), most=COMPARED
        )
    )
    found.sort(key=_popularity)
    texts = [_texts_of(search)[choice] for _, choice, search, *_ in found]
    return most_similar(wanted, texts, [row[0] for row in found], limit)


def _popularity(row: tuple[Any, ...]) -> tuple[Any, ...]:
    _, choice, _, downloads, likes, n_children, key = row
    return (
        -(-1 if downloads is None else downloads), -(-1 if likes is None else likes),
        -n_children, key.encode(), choice,
    )  # fmt: skip


def _texts_of(search: str) -> list[str]:
    """Return the id, the repository's name and the friendly name, as far as there."""
    identity, _, name = search.partition("\t")
    _, slash, repository = identity.rpartition("/")
    return [
        identity,
        *([repository] if slash else []),
        *([name] if name else []),
    ]


def near_labels(ask: Asking, wanted: str, limit: int) -> list[str]:
    """Return what bears a friendly name close to a text, best first."""
    labels = list(ask.rows(_LABELS))
    return similar_labels(wanted, labels, limit)
