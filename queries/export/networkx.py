"""The graph as an object of networkx, for small graphs and neighbourhoods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.export.fields import EDGE_FIELDS, NODE_FIELDS, names
from headwater.queries.export.markup import owner_parts
from headwater.queries.export.selection import Selection, select

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(
    graph: LineageGraph,
    around: str | None = None,
    depth: int | None = None,
    *,
    owners: bool = False,
    all_edges: bool = False,
) -> nx.MultiDiGraph[str]:
    """Return the lineage graph, or one artefact's lineage, for networkx.

    Parameters
    ----------
    graph : LineageGraph
        A compiled snapshot.
    around, depth, owners, all_edges
        What to take, see :func:`headwater.queries.export.selection.select`.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are ids; edges lead from child to parent, and their key is the relation.
        Attributes bear the names of the columns of the tables ``nodes`` and ``edges``.
        What is not known is not there: an attribute that is there and 0 is a known 0.

    Notes
    -----
    Some 3.5 kB a node and its edges in memory: for the whole Hub take a file.
    """
    import networkx as nx

    selection = select(graph, around, depth, owners=owners, all_edges=all_edges)
    manifest = graph.manifest
    made: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        snapshot=manifest.id, created=manifest.created,
        content_sha256=manifest.content_sha256,
    )  # fmt: skip
    if selection.around is not None:
        made.graph["around"] = selection.around
    made.add_nodes_from(node_rows(selection))
    for child, parent, told in edge_rows(selection):
        key = told["relation"]
        # Several documents may say who owns a namespace: each is an edge of its own.
        if made.has_edge(child, parent, key):
            key = f"{key} {made.number_of_edges(child, parent) + 1}"
        made.add_edge(child, parent, key, **told)
    return made


def node_rows(selection: Selection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the id of each node and what is known of it."""
    for part in selection.node_parts(["id", *names(NODE_FIELDS)]):
        for row in part.to_pylist():
            yield row.pop("id"), _known(row)


def edge_rows(selection: Selection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield both ends of each edge and what is known of it; ownership comes last."""
    for part in selection.edge_parts(["child", "parent", *names(EDGE_FIELDS)]):
        for row in part.to_pylist():
            yield row.pop("child"), row.pop("parent"), _known(row)
    if not selection.owners:
        return
    for _, children, parents, told in owner_parts(selection):
        columns = [column.to_pylist() for column in told.values()]
        rows = zip(children.to_pylist(), parents.to_pylist(), *columns, strict=True)
        for child, parent, *values in rows:
            yield child, parent, _known(dict(zip(told, values, strict=True)))


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are known; a list without members says nothing."""
    return {
        name: value for name, value in row.items() if value is not None and value != []
    }
