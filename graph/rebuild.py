"""Public tables -> the arrays of their snapshot, by the functions that compile one.

The tables hold all that the arrays are made of but for one thing: which aliases lead to
which node, which the compiler also finds by the Hub's identities.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.backends.duckdb_compile import sorted_order
from headwater.graph.columns import codes_of, encode, flags, lookup, one_chunk
from headwater.graph.edge_rows import STANDINGS
from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray
from headwater.graph.node_table import COUNTS, NodeFields, node_columns
from headwater.graph.node_text import alias_arrays, node_text
from headwater.graph.record_fields import read_words
from headwater.graph.schema import KINDS, RELATION_CODE, SOURCE_CODE, STATES
from headwater.graph.table_rows import read_columns
from headwater.graph.topology import topology

_WORDS = ("released", "created", "task", "library", "licence")
_NODES = (
    "id", "kind", "state", "phantom", "namespace", "developer", "name", "scratch",
    *_WORDS, *COUNTS,
)  # fmt: skip
_EDGES = ("child_node", "parent_node", "relation", "standing", "disputed", "sources")


@dataclass(frozen=True, slots=True)
class _Edges:
    """Edges in the order of their table; see :class:`headwater.graph.topology.Edges`."""

    child: IntArray
    parent: IntArray
    relation: ByteArray
    standing: ByteArray
    disputed: BoolArray
    sources: IntArray


def rebuild_arrays(
    directory: Path, aliases: Iterable[tuple[str, int]]
) -> dict[str, NDArray[Any]]:
    """Return the arrays that belong to the tables of a snapshot.

    Parameters
    ----------
    directory : pathlib.Path
        Folder in which ``tables/`` has at least ``nodes`` and ``edges``.
    aliases : iterable of (str, int)
        Lower-case aliases and the nodes that they stand for, in any order.

    Notes
    -----
    O(V log V + E log E), and the memory of the columns that are read.
    """
    fields = _fields(read_columns(directory, "nodes", _NODES))
    edges = _edges(read_columns(directory, "edges", _EDGES))
    arrays = topology(fields, edges, np.arange(len(edges.child), dtype=np.int32))
    columns, _ = node_columns(fields)
    text = node_text(
        fields.ids, fields.whole("name"), sorted_order(pc.utf8_lower(fields.ids)),
        columns, np.diff(arrays["children_offsets"]),
    )  # fmt: skip
    keys = {alias: fields.ids[node].as_py().lower() for alias, node in aliases}
    return arrays | columns | text.arrays() | alias_arrays(keys, text)


def _fields(nodes: pa.Table) -> NodeFields:
    """Return the nodes as the compiler has them: each row is the record of its node."""
    ids = one_chunk(nodes["id"])
    kind = codes_of(nodes["kind"], KINDS).astype(np.int8)
    places = np.arange(len(ids), dtype=np.int32)
    developer, developers = encode(nodes["developer"])
    none = nodes.slice(0, 0)
    return NodeFields(
        ids=ids,
        kind=kind,
        state=codes_of(nodes["state"], STATES).astype(np.int8),
        phantom=flags(nodes["phantom"]),
        namespace=_namespaces(nodes["namespace"], ids, kind),
        developer=developer,
        developers=developers.to_pylist(),
        record=places,
        merged=np.full(len(ids), -1, np.int32),
        records=nodes,
        merged_records=none,
        words={name: read_words(nodes[name], none[name]) for name in _WORDS},
    )


def _namespaces(column: Any, ids: Any, kind: ByteArray) -> IntArray:
    """Return the node of each node's namespace, -1 where there is none."""
    codes, names = encode(column)
    spaces = np.flatnonzero(kind == KINDS.index("namespace")).astype(np.int32)
    found = pc.index_in(names, ids.take(pa.array(spaces)))
    places = pc.fill_null(found, -1).to_numpy().astype(np.int32)
    return lookup(lookup(spaces, places), codes).astype(np.int32)


def _edges(table: pa.Table) -> _Edges:
    child, parent = (
        one_chunk(table[name]).to_numpy() for name in ("child_node", "parent_node")
    )
    return _Edges(
        child,
        parent,
        codes_of(table["relation"], tuple(RELATION_CODE)).astype(np.int8),
        codes_of(table["standing"], STANDINGS).astype(np.int8),
        flags(table["disputed"]),
        _source_bits(one_chunk(table["sources"])),
    )


def _source_bits(lists: Any) -> IntArray:
    """Return the bit set of the sources in each list."""
    codes = codes_of(lists.flatten(), tuple(SOURCE_CODE))
    row = pc.list_parent_indices(lists).to_numpy()
    bits = np.zeros(len(lists), np.int32)
    np.bitwise_or.at(bits, row, np.int32(1) << codes)
    return bits
