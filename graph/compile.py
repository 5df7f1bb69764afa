"""Claims -> snapshot: join, number, find roots, lay out arrays.

The steps, each in a module of its own: spellings of ids -> keys (spellings), keys ->
nodes (node_rows), claims -> edges (edge_rows), final numbers (numbering), roots, text
for look-up and search (node_text), families. Tables are not built here but described
(node_table, edge_table): they are made part by part while they are written.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.aliases import follow_aliases
from headwater.graph.backends.duckdb_compile import alias_candidates
from headwater.graph.claim_tables import ClaimTables, in_one_piece
from headwater.graph.columns import (
    LazyTables,
    encode,
    whole_table,
)
from headwater.graph.edge_rows import STANDINGS, EdgeRows, claim_order, read_edges
from headwater.graph.edge_table import claim_table, edge_table
from headwater.graph.families import family_table, friendly_names, read_families
from headwater.graph.kernels.csr import ByteArray, IntArray
from headwater.graph.kernels.order import inverse
from headwater.graph.node_rows import read_nodes
from headwater.graph.node_table import (
    NodeFields,
    node_columns,
    node_table,
    read_fields,
)
from headwater.graph.node_text import alias_arrays, node_text, order_by_id
from headwater.graph.numbering import number_edges, number_nodes
from headwater.graph.openness import openness_table
from headwater.graph.schema import (
    KINDS,
    RELATION_CODE,
    ROOT_STATUSES,
    STATES,
)
from headwater.graph.spellings import Spellings, number_ids, read_spellings
from headwater.graph.topology import topology


@dataclass(frozen=True, slots=True)
class SnapshotContent:
    """Everything that a snapshot holds, before it is written.

    Attributes
    ----------
    tables : mapping of str to pyarrow.Table
        The public tables, each made when it is asked for.
    arrays : dict of str to array
        The topology and columns, see :data:`headwater.graph.arrays.ARRAYS`.
    vocabulary : dict
        Words behind the codes, families and friendly names.
    counts : dict
        What was counted on the way.
    """

    tables: LazyTables
    arrays: dict[str, NDArray[Any]]
    vocabulary: dict[str, Any]
    counts: dict[str, Any]


def compile_snapshot(tables: ClaimTables) -> SnapshotContent:
    """Compile claim tables into the content of a snapshot.

    The result depends on the claims alone: not on the clock, not on the machine. The
    claim tables must not change until the content has been written.

    Notes
    -----
    O(n log n) in the number of claims, records and nodes.
    """
    tables = in_one_piece(tables)
    # Two threads at most, where two steps do not need each other: Arrow, DuckDB and
    # numpy leave the interpreter alone while they work.
    with ThreadPoolExecutor(1) as beside:
        graph = _join(tables, beside)
        fields, edges, order = graph.fields, graph.edges, graph.edge_order
        ordered = beside.submit(_ordered_claims, tables, edges, order)
        valued = beside.submit(node_columns, fields)
        arrays = topology(fields, edges, order)
        columns, words = valued.result()
        nodes = beside.submit(node_table, fields, arrays["root_status"])
        degree = np.diff(arrays["children_offsets"])
        text = node_text(
            fields.ids, fields.whole("name"), graph.id_order, columns, degree
        )
        arrays |= {**columns, **text.arrays(), **alias_arrays(graph.aliases, text)}
    families = read_families(tables.families, fields, text)
    labels = friendly_names(fields, families)
    counts = _counts(fields, arrays["root_status"], edges, tables)
    counts["circular_aliases"] = graph.circular_aliases
    small = {
        **graph.tables,
        "families": family_table(families),
        "openness": openness_table(tables.openness, graph.aliases, text),
    }
    edge_ends = edges.child[order], edges.parent[order]
    sources = {
        "nodes": nodes.result(),
        "edges": edge_table(edges, order, fields.ids),
        "claims": claim_table(tables, *ordered.result(), edge_ends, fields.ids),
        **{name: whole_table(table) for name, table in small.items()},
    }
    vocabulary = {**words, "labels": labels, "families": families}
    return SnapshotContent(LazyTables(sources), arrays, vocabulary, counts)


@dataclass(frozen=True, slots=True)
class _Joined:
    """Nodes and edges by their final numbers; spellings and keys are done with.

    Attributes
    ----------
    fields : NodeFields
        Nodes, and where their fields come from.
    edges, edge_order : EdgeRows and int32 array
        Edges between nodes, and which of them stands in each row of the table.
    id_order : int32 array, shape (V,)
        Nodes ordered by lower-case id.
    aliases : dict of str to str
        Alias key -> key.
    circular_aliases : list of str
        Aliases left out because they led back to themselves.
    tables : dict of str to pyarrow.Table
        ``aliases`` and ``ownership``.
    """

    fields: NodeFields
    edges: EdgeRows
    edge_order: IntArray
    id_order: IntArray
    aliases: dict[str, str]
    circular_aliases: list[str]
    tables: dict[str, pa.Table]


def _join(tables: ClaimTables, beside: ThreadPoolExecutor) -> _Joined:
    """Return the nodes and edges of claim tables, numbered."""
    found = beside.submit(alias_candidates, tables)
    numbered = number_ids(tables)
    aliases, circular = follow_aliases(found.result())
    spellings = read_spellings(tables, numbered, aliases)
    ends = spellings.key[spellings.child], spellings.key[spellings.parent]
    joined = beside.submit(read_edges, tables.claims, *ends)
    rows = read_nodes(tables, spellings)
    edges = joined.result()
    number = number_nodes(edges, rows.of_key, rows.kind)
    number_of_key = number[rows.of_key]
    edges, edge_order = number_edges(edges, number_of_key)
    fields = read_fields(tables, rows, inverse(number))
    named = spellings, number_of_key, fields.ids
    return _Joined(
        fields, edges, edge_order,
        order_by_id(fields.ids, number[rows.by_key], number[rows.odd]),
        aliases, circular,
        {"aliases": _aliases(tables, *named), "ownership": _ownership(tables, *named)},
    )  # fmt: skip


def _ordered_claims(
    tables: ClaimTables, edges: EdgeRows, edge_order: IntArray
) -> tuple[IntArray, IntArray]:
    own = np.repeat(inverse(edge_order), edges.n_claims)
    return claim_order(tables.claims, edges.claims, own)


def _named(spelling: IntArray, spellings: Spellings, nodes: IntArray, ids: Any) -> Any:
    """Return the id of the node that each spelling stands for."""
    return ids.take(pa.array(nodes[spellings.key[spelling]]))


def _aliases(
    tables: ClaimTables, spellings: Spellings, nodes: IntArray, ids: Any
) -> pa.Table:
    """Return the ``aliases`` table."""
    meant = _named(spellings.alias, spellings, nodes, ids)
    at = tables.aliases.schema.get_field_index("id")
    table = tables.aliases.set_column(at, "id", meant)
    table = table.append_column("key", pc.utf8_lower(table["alias"]))
    order = pc.sort_indices(
        table,
        sort_keys=[
            (name, "ascending")
            for name in ("key", "alias", "kind", "id", "source", "document", "seen")
        ],
    )
    columns = ["alias", "id", "kind", "source", "document", "seen"]
    return table.take(order).select(columns)


def _ownership(
    tables: ClaimTables, spellings: Spellings, nodes: IntArray, ids: Any
) -> pa.Table:
    """Return the ``ownership`` table."""
    owned = tables.ownership
    table = pa.table(
        {
            "child": _named(spellings.namespace, spellings, nodes, ids),
            "parent": owned["developer"],
            "relation": pa.array(["owned_by"] * len(owned), pa.string()),
            **{name: owned[name] for name in ("source", "document", "seen")},
            "key": pc.utf8_lower(owned["namespace"]),
        }
    )
    order = pc.sort_indices(
        table,
        sort_keys=[
            (name, "ascending")
            for name in ("key", "parent", "source", "document", "seen")
        ],
    )
    return table.take(order).drop_columns(["key"])


def _tally(codes: NDArray[Any], words: Any) -> dict[str, int]:
    counts = np.bincount(codes[codes >= 0], minlength=len(words)).tolist()
    return {
        word: count for word, count in sorted(zip(words, counts, strict=True)) if count
    }


def _counts(
    fields: NodeFields, status: ByteArray, edges: EdgeRows, tables: ClaimTables
) -> dict[str, Any]:
    accepted = edges.standing == STANDINGS.index("accepted")
    source, sources = encode(tables.claims["source"])
    return {
        "nodes": _tally(fields.kind, KINDS),
        "states": _tally(fields.state, STATES),
        "root_statuses": _tally(status, ROOT_STATUSES),
        "phantoms": int(fields.phantom.sum()),
        "edges": _tally(edges.relation[accepted], tuple(RELATION_CODE)),
        "standings": _tally(edges.standing, STANDINGS),
        "disputed": int(edges.disputed.sum()),
        "claims": _tally(source[edges.claims], sources.to_pylist()),
    }
