"""The ``edges`` and ``claims`` tables, part by part."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from headwater.graph.claim_tables import ClaimTables
from headwater.graph.columns import Repeated, TableParts, one_chunk, word_column
from headwater.graph.edge_rows import STANDINGS, EdgeRows
from headwater.graph.kernels.csr import IntArray
from headwater.graph.schema import RELATION_CODE, SOURCES

_LIST: Final = pa.list_(pa.field("l", pa.string()))
_RELATIONS: Final = tuple(RELATION_CODE)
ROWS: Final = 32_768
"""Rows of a part: who asks why reads a few rows, and decodes a part for them."""

EDGE_SCHEMA: Final = pa.schema(
    [("edge", pa.int32()), ("child", pa.string()), ("parent", pa.string()),
     ("relation", pa.string()), ("standing", pa.string()), ("disputed", pa.bool_()),
     ("sources", _LIST), ("confidence", pa.float64()), ("n_claims", pa.int64()),
     ("first_seen", pa.string()), ("last_seen", pa.string()),
     ("child_node", pa.int32()), ("parent_node", pa.int32())]
)  # fmt: skip
_CLAIM_TEXT: Final = (
    "relation", "stance", "source", "document", "revision", "declared_by",
    "first_seen", "last_seen", "raw", "note",
)  # fmt: skip
CLAIM_SCHEMA: Final = pa.schema(
    [("edge", pa.int32()), ("child", pa.string()), ("parent", pa.string()),
     ("relation", pa.string()), ("stance", pa.string()), ("source", pa.string()),
     ("document", pa.string()), ("revision", pa.string()),
     ("declared_by", pa.string()), ("primary", pa.bool_()),
     ("confidence", pa.float64()), ("first_seen", pa.string()),
     ("last_seen", pa.string()), ("raw", pa.string()), ("note", pa.string()),
     ("child_as_given", pa.string()), ("parent_as_given", pa.string())]
)  # fmt: skip


def edge_table(edges: EdgeRows, order: IntArray, ids: Any) -> TableParts:
    """Return the ``edges`` table: `edges` in `order`, their ends by number in `ids`.

    Parameters
    ----------
    edges : EdgeRows
        Edges; child and parent are final node numbers.
    order : int32 array, shape (E,)
        Which edge stands in each row.
    ids : pyarrow.Array
        Ids by node number.
    """
    bits, bit_code = np.unique(edges.sources, return_inverse=True)
    lists = pa.array(
        [
            sorted(item.name for code, item in enumerate(SOURCES) if mask >> code & 1)
            for mask in bits.tolist()
        ],
        _LIST,
    )

    children, parents = Repeated(edges.child, ids), Repeated(edges.parent, ids)

    def make(start: int, stop: int) -> list[Any]:
        at = order[start:stop]
        confidence = edges.confidence[at]
        return [
            pa.array(np.arange(start, stop, dtype=np.int32)),
            children.part(at),
            parents.part(at),
            word_column(edges.relation[at], _RELATIONS),
            word_column(edges.standing[at], STANDINGS),
            pa.array(edges.disputed[at]),
            lists.take(pa.array(bit_code[at])),
            pa.array(confidence, mask=np.isnan(confidence)),
            pa.array(edges.n_claims[at]),
            word_column(edges.first_seen[at], edges.days),
            word_column(edges.last_seen[at], edges.days),
            pa.array(edges.child[at]),
            pa.array(edges.parent[at]),
        ]

    return TableParts(EDGE_SCHEMA, len(order), make, ROWS)


def claim_table(
    tables: ClaimTables,
    rows: IntArray,
    edge: IntArray,
    ends: tuple[IntArray, IntArray],
    ids: Any,
) -> TableParts:
    """Return the ``claims`` table: `rows` of the claims, each about an `edge`.

    Parameters
    ----------
    tables : ClaimTables
        What the sources said.
    rows, edge : int32 arrays, shape (C,)
        Which claim stands in each row, and the edge it speaks of.
    ends : pair of int32 arrays, shape (E,)
        Child and parent node of each edge.
    ids : pyarrow.Array
        Ids by node number.
    """
    claims = {
        name: Repeated.of(tables.claims[name])
        for name in (*_CLAIM_TEXT, "child", "parent")
    }
    primary, confidence = (
        one_chunk(tables.claims[name]) for name in ("primary", "confidence")
    )

    def make(start: int, stop: int) -> list[Any]:
        at, own = rows[start:stop], edge[start:stop]
        columns = {name: claims[name].part(at) for name in _CLAIM_TEXT}
        columns |= {
            "edge": pa.array(own),
            "child": Repeated(ends[0], ids).part(own),
            "parent": Repeated(ends[1], ids).part(own),
            "primary": primary.take(pa.array(at)),
            "confidence": confidence.take(pa.array(at)),
            "child_as_given": claims["child"].part(at),
            "parent_as_given": claims["parent"].part(at),
        }
        return [columns[name] for name in CLAIM_SCHEMA.names]

    return TableParts(CLAIM_SCHEMA, len(rows), make, ROWS)
