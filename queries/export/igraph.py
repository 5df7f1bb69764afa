"""The graph as an object of igraph, whose algorithms are written in C."""

from __future__ import annotations

from typing import Any

from headwater.errors import MissingDependencyError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.export.fields import EDGE_FIELDS, NODE_FIELDS, OWNER_FIELDS
from headwater.queries.export.networkx import edge_rows, node_rows
from headwater.queries.export.selection import select


def to_igraph(
    graph: LineageGraph,
    around: str | None = None,
    depth: int | None = None,
    *,
    owners: bool = False,
    all_edges: bool = False,
) -> Any:
    """Return the lineage graph, or one artefact's lineage, for igraph.

    Parameters
    ----------
    graph : LineageGraph
        A compiled snapshot.
    around, depth, owners, all_edges
        What to take, see :func:`headwater.queries.export.selection.select`.

    Returns
    -------
    igraph.Graph
        Directed, from child to parent. The vertex attribute ``name``, by which igraph
        looks vertices up, is the node id; the friendly name is ``label``. The other
        attributes bear the names of the columns of the tables ``nodes`` and ``edges``;
        None is not known, 0 a known 0.

    Raises
    ------
    MissingDependencyError
        When igraph, an optional dependency, is not installed.
    """
    try:
        import igraph
    except ImportError as error:
        raise MissingDependencyError("igraph", "igraph") from error
    selection = select(graph, around, depth, owners=owners, all_edges=all_edges)
    ids: list[str] = []
    told: list[dict[str, Any]] = []
    for node_id, row in node_rows(selection):
        ids.append(node_id)
        told.append(row)
    place = {node_id: number for number, node_id in enumerate(ids)}
    ends: list[tuple[int, int]] = []
    edges: list[dict[str, Any]] = []
    for child, parent, row in edge_rows(selection):
        ends.append((place[child], place[parent]))
        edges.append(row)
    made = igraph.Graph(n=len(ids), edges=ends, directed=True)
    made.vs["name"] = ids
    for item in NODE_FIELDS:
        name = "label" if item.name == "name" else item.name
        made.vs[name] = [row.get(item.name) for row in told]
    fields = (*EDGE_FIELDS, *OWNER_FIELDS[1:]) if owners else EDGE_FIELDS
    for item in fields:
        made.es[item.name] = [row.get(item.name) for row in edges]
    manifest = graph.manifest
    for name in ("created", "content_sha256"):
        made[name] = getattr(manifest, name)
    made["snapshot"] = manifest.id
    if selection.around is not None:
        made["around"] = selection.around
    return made
