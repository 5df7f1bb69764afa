"""What every engine gets before the clock starts: plain arrays out of one snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from headwater.graph.arrays import NO_DAY
from headwater.graph.kernels.csr import (
    Csr,
    IntArray,
    build_csr,
    row_sources,
)
from headwater.graph.kernels.dag import Dag, condense
from headwater.graph.kernels.label_sets import reached_labels, root_sets
from headwater.graph.kernels.order import inverse
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import KINDS

N_ANCESTOR_QUERIES: Final = 1000


@dataclass(frozen=True, slots=True)
class Inputs:
    """One graph as plain arrays; V nodes.

    Attributes
    ----------
    child, parent, evidence : int32 arrays, shape (E,)
        Lineage edges, by child, and the bit set of the sources that assert each.
    body_child, body_parent : int32 arrays, shape (F,)
        Edges by which weights come (mirrors included), distinct, cycles and all.
    cut_child, cut_parent : int32 arrays, shape (G,)
        The same without the edges within cycles: libraries differ in what they make of
        a cycle, so the questions that need an order are asked without them.
    level : int32 array, shape (V,)
        Length of the longest path from a root over the cut edges.
    downloads : int64 array, shape (V,)
        Known downloads, 0 where nobody has told.
    relation : int8 array, shape (V,)
        Relation of each node's first lineage edge, 0 without one.
    owner : int32 array, shape (V,)
        Number of the developer, or namespace, of each model; -1 unknown.
    is_model : bool array, shape (V,)
        Nodes that root sets and captive sets are asked of.
    members : int32 array
        Artefacts of the developer with most models below its own.
    models : int32 array
        Random models to ask ancestors of.
    root : int32 array, shape (1,)
        The root below which most models stand.
    place : int32 array, shape (V,)
        Where the Hub lists each node: by creation, the undated last. Libraries number
        nodes so, as they come; :func:`listed` puts the arrays in that order.
    """

    child: IntArray
    parent: IntArray
    evidence: IntArray
    body_child: IntArray
    body_parent: IntArray
    cut_child: IntArray
    cut_parent: IntArray
    level: IntArray
    downloads: NDArray[np.int64]
    relation: NDArray[np.int8]
    owner: IntArray
    is_model: NDArray[np.bool_]
    members: IntArray
    models: IntArray
    root: IntArray
    place: IntArray

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.downloads)


Canonical = Callable[[], Any]
"""Brings an answer into the form in which answers are compared; not on the clock."""
Task = Callable[[], Canonical]
"""Answers one question in full, on the clock."""


class Engine(Protocol):
    """One engine with its graph in memory.

    Attributes
    ----------
    name : str
        As it stands in the table.
    """

    name: str

    def tasks(self) -> dict[str, Task]:
        """Return the questions that the engine answers."""
        ...


def cut_rows(inputs: Inputs) -> Csr:
    """Return the cut edges as rows of parents."""
    count = len(inputs.cut_child)
    rows = np.arange(count, dtype=np.int32)
    zeros = np.zeros(count, np.int8)
    return build_csr(inputs.cut_child, inputs.cut_parent, zeros, rows, inputs.n_nodes)


def cut_dag(inputs: Inputs) -> Dag:
    """Return the graph of the cut edges in order."""
    own = np.arange(inputs.n_nodes, dtype=np.int32)
    return condense(cut_rows(inputs), np.array([True]), own)


def draw_inputs(graph: LineageGraph, seed: int = 0) -> Inputs:
    """Return the inputs of a snapshot; equal snapshots, equal inputs."""
    rows, columns = graph.parents, graph.columns
    source = row_sources(rows.offsets)
    lineage = np.flatnonzero(LINEAGE_RELATIONS[rows.relations])
    # Both relations of a pair that has two are one edge for everybody.
    distinct = np.ones(len(lineage), np.bool_)
    distinct[1:] = (np.diff(source[lineage]) != 0) | (
        np.diff(rows.targets[lineage]) != 0
    )
    lineage = lineage[distinct]
    child, parent = source[lineage], rows.targets[lineage]
    relation = np.zeros(graph.n_nodes, np.int8)
    relation[child[::-1]] = rows.relations[lineage[::-1]]
    dag = condense(rows, BODY_RELATIONS, columns.representative)
    body_child, body_parent = row_sources(dag.offsets), dag.parents
    kept = columns.representative[body_child] != columns.representative[body_parent]
    is_model = columns.kind == KINDS.index("model")
    owner = np.where(columns.developer >= 0, columns.developer, columns.namespace)
    owner = np.where(is_model, owner, -1).astype(np.int32)
    roots = root_sets(dag).sum_by_label(np.ones(graph.n_nodes, np.int64), graph.n_nodes)
    developer = np.where(is_model, columns.developer, -1).astype(np.int32)
    reached = reached_labels(dag, developer)
    below = reached.sum_by_label(np.ones(graph.n_nodes, np.int64), graph.n_nodes)
    largest = int(below.argmax())
    random = np.random.default_rng(seed)
    level = np.zeros(graph.n_nodes, np.int32)
    inputs = Inputs(
        child, parent, graph.edge_sources[rows.edges[lineage]],
        body_child, body_parent, body_child[kept], body_parent[kept], level,
        np.maximum(columns.downloads, 0), relation, owner, is_model,
        np.flatnonzero(columns.developer[: graph.n_artefacts] == largest).astype(np.int32),
        random.choice(np.flatnonzero(is_model), N_ANCESTOR_QUERIES, False).astype(np.int32),
        np.array([roots.argmax()], np.int32),
        inverse(_creation_order(columns.day, seed)),
    )  # fmt: skip
    levels = cut_dag(inputs).levels
    for number in range(len(levels)):
        level[levels[number]] = number
    return inputs


def _creation_order(day: IntArray, seed: int) -> IntArray:
    """Return nodes by day of creation, those of one day at random, the undated last."""
    undated = day == NO_DAY
    random = np.random.default_rng([seed, 1]).permutation(len(day))
    return np.lexsort((random, day, undated)).astype(np.int32)


def listed(inputs: Inputs) -> Inputs:
    """Return the same graph with nodes numbered as the Hub lists them.

    Numbering in preorder is part of how headwater compiles a graph; a library gets what
    a crawl gives. Owners stay the labels that they are.
    """
    place = inputs.place
    order = inverse(place)
    per_node = {
        name: getattr(inputs, name).take(order)
        for name in ("level", "downloads", "relation", "owner", "is_model")
    }
    nodes = {
        name: place.take(getattr(inputs, name))
        for name in ("members", "models", "root")
    }
    edges: dict[str, Any] = {}
    for prefix in ("", "body_", "cut_"):
        child = place.take(getattr(inputs, f"{prefix}child"))
        parent = place.take(getattr(inputs, f"{prefix}parent"))
        by_child = np.lexsort((parent, child))
        edges |= {
            f"{prefix}child": child.take(by_child),
            f"{prefix}parent": parent.take(by_child),
        }
        if not prefix:
            edges["evidence"] = inputs.evidence.take(by_child)
    own = np.arange(inputs.n_nodes, dtype=np.int32)
    return Inputs(**edges, **per_node, **nodes, place=own)


def save(inputs: Inputs, directory: Path) -> None:
    """Write the arrays, one file each, for engines in processes of their own."""
    directory.mkdir(parents=True, exist_ok=True)
    for item in dataclass_fields(inputs):
        np.save(directory / f"{item.name}.npy", getattr(inputs, item.name))


def load(directory: Path) -> Inputs:
    """Return saved inputs, memory-mapped."""
    return Inputs(
        **{
            item.name: np.load(directory / f"{item.name}.npy", mmap_mode="r")
            for item in dataclass_fields(Inputs)
        }
    )
