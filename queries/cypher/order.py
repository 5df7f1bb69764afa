"""Order by popularity, found by the server part by part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headwater.graph.kernels.csr import IntArray
from headwater.queries.cypher.asking import Asking


def most_popular(
    ask: Asking, nodes: IntArray, keys: Sequence[str], limit: int | None
) -> list[int]:
    """Return nodes by some figures, the largest first, then by number.

    Parameters
    ----------
    nodes : int32 array
        Nodes to put in order.
    keys : sequence of str
        Properties, the most important first; unknown stands below 0.
    limit : int, optional
        How many are wanted; None: all.

    Notes
    -----
    The server orders and cuts each part of
    :data:`~headwater.queries.cypher.asking.BATCH` nodes, so that it never holds all of
    them; what is left of the parts is put together here.
    """
    figures = ", ".join(f"coalesce(n.{key}, -1) AS {key}" for key in keys)
    order = ", ".join(f"{key} DESC" for key in keys)
    cut = "" if limit is None else "LIMIT $limit"
    rows = list(
        ask.each(
            "UNWIND $items AS item MATCH (n:Node {node: item}) "
            f"RETURN item, {figures} ORDER BY {order}, item {cut}",
            nodes.tolist(),
            limit=limit,
        )
    )
    found = np.array(rows, np.int64).reshape(-1, 1 + len(keys))
    by = (found[:, 0], *(-found[:, at] for at in range(len(keys), 0, -1)))
    ordered: list[int] = found[:, 0][np.lexsort(by)][:limit].tolist()
    return ordered
