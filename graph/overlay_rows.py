"""Rows of the public tables as they are with an update laid over the snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from headwater.graph.overlay import OverlayGraph

_Row = dict[str, Any]


def overlay_rows(
    graph: OverlayGraph, table: str, wanted: Mapping[str, Any]
) -> list[_Row]:
    """Return the rows of a table that have the wanted values.

    Parameters
    ----------
    graph : OverlayGraph
        Numbers are those of this graph.
    table : {"nodes", "edges", "claims", "aliases", "openness"}
        By ``node``; ``child_node`` and maybe ``parent_node``; ``edge`` (a list); ``id``;
        anything.
    """
    return _BY_TABLE[table](graph, **wanted)


def _nodes(graph: OverlayGraph, node: int) -> list[_Row]:
    patch = graph.patch
    places = patch.rows[patch.number[patch.rows] == node]
    if len(places):
        table = patch.content.tables["nodes"]
        row = table.slice(int(places[0]), 1).to_pylist()[0]
    else:
        row = graph.base.rows("nodes", node=patch.numbering.before(node))[0]
    for name in ("namespace", "developer"):
        owner = int(getattr(graph.columns, name)[node])
        row[name] = graph.ids[owner] if owner >= 0 else None
    return [{**row, "node": node}]


def _edges(
    graph: OverlayGraph, child_node: int, parent_node: int | None = None
) -> list[_Row]:
    patch, numbering = graph.patch, graph.patch.numbering
    found = []
    is_old = not graph.is_new(child_node)
    before = numbering.before(child_node)
    if is_old and before not in patch.context.children.tolist():
        for row in graph.base.rows("edges", child_node=before):
            ends = np.array([row["child_node"], row["parent_node"]], np.int32)
            found.append((row, row["edge"], numbering.after(ends)))
    else:
        places = np.flatnonzero(patch.number == child_node)
        table = patch.content.tables["edges"]
        for row in table.filter(
            pc.is_in(table["child_node"], value_set=_values(places))
        ).to_pylist():
            ends = patch.number[[row["child_node"], row["parent_node"]]]
            found.append((row, row["edge"] + len(graph.base.edge_sources), ends))
    return [
        {**row, "edge": edge, "child_node": int(child), "parent_node": int(parent),
         "child": graph.ids[int(child)], "parent": graph.ids[int(parent)]}
        for row, edge, (child, parent) in found
        if parent_node is None or parent == parent_node
    ]  # fmt: skip


def _claims(graph: OverlayGraph, edge: list[int]) -> list[_Row]:
    first_new = len(graph.base.edge_sources)
    old = [number for number in edge if number < first_new]
    new = [number - first_new for number in edge if number >= first_new]
    rows = graph.base.rows("claims", edge=old) if old else []
    table = graph.patch.content.tables["claims"]
    for row in table.filter(
        pc.is_in(table["edge"], value_set=_values(new))
    ).to_pylist():
        rows.append({**row, "edge": row["edge"] + first_new})
    return rows


def _aliases(graph: OverlayGraph, id: str) -> list[_Row]:
    patch, node = graph.patch, graph.find(id)
    rows = []
    if not graph.is_new(node):
        before = graph.base.ids[patch.numbering.before(node)]
        rows = [{**row, "id": id} for row in graph.base.rows("aliases", id=before)]
    table = patch.content.tables["aliases"]
    # What has no source is an alias of the snapshot that the small compile had to know.
    table = table.filter(pc.not_equal(table["source"], ""))
    rows += [row for row in table.to_pylist() if graph.find(row["id"]) == node]
    return sorted(rows, key=lambda row: (row["alias"].lower(), row["alias"]))


def _openness(graph: OverlayGraph, **wanted: Any) -> list[_Row]:
    """Return the snapshot's rows: an index in an update waits for the next compile."""
    return graph.base.rows("openness", **wanted)


def _values(numbers: Any) -> Any:
    return pa.array(np.asarray(numbers, np.int32))


_BY_TABLE: Final[dict[str, Callable[..., list[_Row]]]] = {
    "nodes": _nodes,
    "edges": _edges,
    "claims": _claims,
    "aliases": _aliases,
    "openness": _openness,
}
