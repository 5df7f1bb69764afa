"""Which nodes and edges of a snapshot are exported: all, or one artefact's lineage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.kernels.reach import reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS
from headwater.graph.table_rows import read_columns
from headwater.queries.targets import resolve_node

ROWS_PER_PART: Final = 32_768
"""Rows that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported of a compiled snapshot.

    Attributes
    ----------
    graph : LineageGraph
        The snapshot.
    nodes, edges : int32 arrays
        Rows of the tables ``nodes`` and ``edges``, ascending.
    owners : bool
        Whether namespaces and developers are among the nodes, and ``published_by`` and
        ``owned_by`` stand beside the edges.
    around : str or None
        Id of the artefact whose lineage it is; None for the whole snapshot.
    """

    graph: LineageGraph
    nodes: IntArray
    edges: IntArray
    owners: bool
    around: str | None

    @property
    def n_artefacts(self) -> int:
        """How many of the nodes are artefacts."""
        return int(self.nodes.searchsorted(np.int32(self.graph.n_artefacts)))

    def node_parts(self, columns: list[str]) -> Iterator[pa.Table]:
        """Yield columns of the nodes, part by part."""
        return self._parts("nodes", self.nodes, columns)

    def edge_parts(self, columns: list[str]) -> Iterator[pa.Table]:
        """Yield columns of the edges, part by part."""
        return self._parts("edges", self.edges, columns)

    def claim_rows(self) -> IntArray:
        """Return the rows of the table ``claims`` that speak of the edges."""
        chosen = np.zeros(len(self.graph.edge_sources), np.bool_)
        chosen[self.edges] = True
        table = read_columns(self.graph.directory, "claims", ["edge"])
        return np.flatnonzero(chosen[table["edge"].to_numpy()]).astype(np.int32)

    def claim_parts(self, rows: IntArray, columns: list[str]) -> Iterator[pa.Table]:
        """Yield columns of some claims, part by part."""
        return self._parts("claims", rows, columns)

    def published(self) -> tuple[IntArray, IntArray]:
        """Return the artefacts that a namespace published, and the namespaces."""
        artefacts = self.nodes[: self.n_artefacts]
        spaces = self.graph.columns.namespace[artefacts]
        return artefacts[spaces >= 0], spaces[spaces >= 0]

    def owned(self) -> pa.Table:
        """Return the rows of the table ``ownership`` about namespaces that are in."""
        path = self.graph.directory / "tables" / "ownership.parquet"
        table = pq.read_table(path)
        chosen = self._chosen()
        ends = [
            [self.graph.find(name) for name in table[column].to_pylist()]
            for column in ("child", "parent")
        ]
        keep = [
            min(pair) >= 0 and all(bool(chosen[node]) for node in pair)
            for pair in zip(*ends, strict=True)
        ]
        return table.filter(pa.array(keep, pa.bool_()))

    def _chosen(self) -> BoolArray:
        chosen = np.zeros(self.graph.n_nodes, np.bool_)
        chosen[self.nodes] = True
        return chosen

    def _parts(
        self, table: str, rows: IntArray, columns: list[str]
    ) -> Iterator[pa.Table]:
        return table_parts(self.graph, table, rows, columns)


def select(
    graph: LineageGraph,
    around: str | None = None,
    depth: int | None = None,
    *,
    owners: bool = False,
    all_edges: bool = False,
) -> Selection:
    """Return what to export.

    Parameters
    ----------
    graph : LineageGraph
        A compiled snapshot.
    around : str, optional
        Id or name of an artefact: it, what it stands on and what stands on it.
    depth : int, optional
        At most so many edges away from it.
    owners : bool
        Namespaces and developers too.
    all_edges : bool
        Refuted edges and loops too, not only accepted ones.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When `around` names no single node.
    InvalidArgumentError
        When it names a namespace or a developer, or the depth cannot be used.

    Notes
    -----
    O(V + E) bytes; the tables are read when they are written.
    """
    if depth is not None and (around is None or depth < 0):
        raise InvalidArgumentError(
            "a depth is counted from an artefact and cannot be negative; give both: "
            "--around NAME --depth N"
        )
    focus = None if around is None else _focus(graph, around)
    artefacts = np.arange(graph.n_artefacts, dtype=np.int32)
    if focus is not None:
        artefacts = _relatives(graph, focus, depth)
    nodes = _with_owners(graph, artefacts, whole=focus is None) if owners else artefacts
    edges = _edges(graph, None if focus is None else artefacts, all_edges=all_edges)
    name = None if focus is None else graph.ids[focus]
    return Selection(graph, nodes, edges, owners, name)


def _focus(graph: LineageGraph, text: str) -> int:
    node = resolve_node(graph, text)
    if graph.kind(node) not in ARTEFACT_KINDS:
        raise InvalidArgumentError(
            f"{graph.ids[node]} is a {graph.kind(node)}; lineage is that of an artefact"
        )
    return node


def _relatives(graph: LineageGraph, focus: int, depth: int | None) -> IntArray:
    start = np.array([focus], np.int32)
    up = reach(graph.parents, start, LINEAGE_RELATIONS, None)
    down = reach(graph.children, start, LINEAGE_RELATIONS, graph.shared)
    near = [
        found.nodes if depth is None else found.nodes[found.depth <= depth]
        for found in (up, down)
    ]
    return np.unique(np.concatenate([start, *near])).astype(np.int32)


def _with_owners(graph: LineageGraph, artefacts: IntArray, *, whole: bool) -> IntArray:
    if whole:
        return np.arange(graph.n_nodes, dtype=np.int32)
    spaces = graph.columns.namespace[artefacts]
    owned = np.concatenate([artefacts, spaces[spaces >= 0]])
    developers = graph.columns.developer[owned]
    return np.unique(np.concatenate([owned, developers[developers >= 0]])).astype(
        np.int32
    )


def _edges(
    graph: LineageGraph, artefacts: IntArray | None, *, all_edges: bool
) -> IntArray:
    """Return the edges among artefacts, or all of them."""
    keep = np.full(len(graph.edge_sources), all_edges)
    keep[graph.parents.edges] = True
    if artefacts is not None:
        inside = np.zeros(graph.n_nodes, np.bool_)
        inside[artefacts] = True
        ends = read_columns(graph.directory, "edges", ["child_node", "parent_node"])
        for name in ("child_node", "parent_node"):
            keep &= inside[ends[name].to_numpy()]
    return np.flatnonzero(keep).astype(np.int32)


def table_parts(
    graph: LineageGraph, table: str, rows: IntArray, columns: list[str]
) -> Iterator[pa.Table]:
    """Yield rows of a public table in parts of at most :data:`ROWS_PER_PART`.

    Groups of rows of the file that hold none of them are passed over.
    """
    path = graph.directory / "tables" / f"{table}.parquet"
    with pq.ParquetFile(path) as file:
        first = 0
        for number in range(file.metadata.num_row_groups):
            stop = first + file.metadata.row_group(number).num_rows
            begin, end = rows.searchsorted(np.array([first, stop], np.int32)).tolist()
            if begin < end:
                group = file.read_row_group(number, columns=columns).select(columns)
                for at in range(begin, end, ROWS_PER_PART):
                    part = rows[at : min(end, at + ROWS_PER_PART)] - np.int32(first)
                    yield group.take(pa.array(part))
            first = stop
