"""Look-up and search arrays of an overlay: made only when a query asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headwater.graph.arrays import Text, to_text
from headwater.graph.kernels.csr import IntArray
from headwater.graph.kernels.order import inverse
from headwater.graph.lookup import find_many
from headwater.graph.overlay_text import MemoryHaystack, fill, popular_places

if TYPE_CHECKING:
    from headwater.graph.overlay import OverlayGraph


def id_order(graph: OverlayGraph) -> dict[str, Any]:
    """Return ``id_order``: the order of the snapshot with new ids put in. O(V)."""
    base, patch = graph.base, graph.patch
    rows = patch.rows
    keys = [patch.ids[row].lower().encode() for row in rows.tolist()]
    found, places = find_many(base.ids, base.id_order, keys)
    new = np.flatnonzero(found < 0)
    new = np.array(sorted(new.tolist(), key=lambda at: keys[at]), np.int64)
    order = patch.numbering.after(base.id_order)
    at = places[new].astype(np.int64)
    renamed = patch.base_node[rows[new]]
    gone = np.flatnonzero(np.isin(base.id_order, renamed[renamed >= 0]))
    order = np.delete(order, gone)
    at -= np.searchsorted(gone, at)
    return {"id_order": np.insert(order, at, patch.number[rows[new]])}


def aliases(graph: OverlayGraph) -> dict[str, Any]:
    """Return ``aliases`` and ``alias_nodes``, those of both layers."""
    base = graph.base
    old = graph.patch.numbering.after(base.alias_nodes).tolist()
    names = {base.aliases[at]: node for at, node in enumerate(old)}
    names |= graph.alias_layer
    ordered = sorted(names.items(), key=lambda item: item[0].encode())
    nodes = np.array([node for _, node in ordered], np.int32)
    return {"aliases": to_text(name for name, _ in ordered), "alias_nodes": nodes}


def edge_columns(graph: OverlayGraph) -> dict[str, Any]:
    """Return ``edge_sources`` and ``edge_disputed``: new edges after the old ones."""
    return {
        name: np.concatenate([getattr(graph.base, name), graph.patch.array(name)])
        for name in ("edge_sources", "edge_disputed")
    }


def search_arrays(graph: OverlayGraph) -> dict[str, Any]:
    """Return ``search_text``, ``search_nodes`` and ``haystack``.

    Whoever is new, has other values or another number of children is put in its place
    anew; all others keep their order. O(bytes of the search text).
    """
    base, patch = graph.base, graph.patch
    moved = np.union1d(patch.number[patch.rows], graph.recounted).astype(np.int32)
    moves = np.zeros(graph.n_nodes, np.bool_)
    moves[moved] = True
    order = patch.numbering.after(base.search_nodes)
    order = order[~moves[order]]
    values = {
        "downloads": graph.columns.downloads, "likes": graph.columns.likes,
        "degree": np.diff(graph.children.offsets), "rank": inverse(graph.id_order),
    }  # fmt: skip
    wanted = {name: column[moved] for name, column in values.items()}
    ranked = np.lexsort(
        (wanted["rank"], -wanted["degree"], -wanted["likes"], -wanted["downloads"])
    )
    moved = moved[ranked]
    wanted = {name: column[ranked] for name, column in wanted.items()}
    nodes = np.insert(order, popular_places(values, order, wanted), moved)
    text, haystack = _text(graph, nodes)
    return {"search_nodes": nodes, "search_text": text, "haystack": haystack}


def _text(graph: OverlayGraph, nodes: IntArray) -> tuple[Text, MemoryHaystack]:
    """Return the entries of `nodes`, one after the other."""
    base, patch = graph.base, graph.patch
    numbering = patch.numbering
    entry = numbering.spread(inverse(base.search_nodes), -1)
    own = np.full(len(patch.ids), -1, np.int64)
    own[patch.array("search_nodes")] = np.arange(len(own))
    entry[patch.number[patch.rows]] = -1 - own[patch.rows]
    at = entry[nodes].astype(np.int64)
    is_kept = at >= 0
    fresh = patch.text("search")
    sizes: NDArray[np.int64] = np.empty(len(nodes), np.int64)
    sizes[is_kept] = np.diff(base.search_text.offsets)[at[is_kept]]
    sizes[~is_kept] = np.diff(fresh.offsets)[-1 - at[~is_kept]]
    offsets = np.zeros(len(nodes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    haystack = MemoryHaystack(int(offsets[-1]))
    fill(haystack.data, offsets, is_kept, base.search_text, at)
    for place in np.flatnonzero(~is_kept).tolist():
        source = -1 - int(at[place])
        begin, end = fresh.offsets[source : source + 2]
        haystack.data[offsets[place] : offsets[place + 1]] = fresh.data[begin:end]
    return Text(offsets, haystack.data), haystack
