"""The ``edges`` and ``claims`` tables as plain numbers, for questions about all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.graph.columns import codes_of, one_chunk
from headwater.graph.edge_rows import STANDINGS
from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray, run_starts
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATION_CODE, RELATIONS, SOURCE_CODE

UNSPECIFIED: Final = 1 << RELATION_CODE["unspecified"]
SELF: Final = STANDINGS.index("self")


@dataclass(frozen=True, slots=True)
class EdgeCodes:
    """E edges, refuted ones and self-loops included, in the order of their table.

    Attributes
    ----------
    child, parent : int32 arrays, shape (E,)
        Nodes.
    relation, standing : int8 arrays, shape (E,)
        Relation codes; positions in :data:`headwater.graph.edge_rows.STANDINGS`.
    """

    child: IntArray
    parent: IntArray
    relation: ByteArray
    standing: ByteArray

    def __len__(self) -> int:
        return len(self.child)


@dataclass(frozen=True, slots=True)
class ClaimCodes:
    """C claims, ordered by edge.

    Attributes
    ----------
    edge : int32 array, shape (C,)
        Row of the edge that each speaks of.
    relation, source : int8 arrays, shape (C,)
        Codes of the schema.
    asserts : bool array, shape (C,)
        False for a denial.
    """

    edge: IntArray
    relation: ByteArray
    source: ByteArray
    asserts: BoolArray

    def __len__(self) -> int:
        return len(self.edge)

    def of_edge(self, edge: int) -> slice:
        """Return where the claims about an edge stand. O(log C)."""
        return slice(
            int(np.searchsorted(self.edge, edge)),
            int(np.searchsorted(self.edge, edge, side="right")),
        )

    def gather(self, bits: IntArray, n_edges: int) -> IntArray:
        """Return for each edge the union of the bit sets of its claims.

        Parameters
        ----------
        bits : int32 array, shape (C,)
            A bit set for each claim.
        n_edges : int
            Number of edges E.

        Notes
        -----
        O(C + E).
        """
        found = np.zeros(n_edges, np.int32)
        if len(self):
            starts = np.flatnonzero(run_starts(self.edge))
            found[self.edge[starts]] = np.bitwise_or.reduceat(bits, starts)
        return found


def read_edge_codes(graph: LineageGraph) -> EdgeCodes:
    """Return all edges of the snapshot as numbers. O(E)."""
    parts: list[tuple[Any, ...]] = [
        (
            one_chunk(batch["child_node"]).to_numpy(),
            one_chunk(batch["parent_node"]).to_numpy(),
            codes_of(batch["relation"], tuple(RELATION_CODE)).astype(np.int8),
            codes_of(batch["standing"], STANDINGS).astype(np.int8),
        )
        for batch in _batches(
            graph, "edges", ("relation", "standing"), ("child_node", "parent_node")
        )
    ]
    kinds = (np.int32, np.int32, np.int8, np.int8)
    return EdgeCodes(*_joined(parts, kinds))


def read_claim_codes(graph: LineageGraph) -> ClaimCodes:
    """Return all claims of the snapshot as numbers: seven bytes a claim. O(C)."""
    parts: list[tuple[Any, ...]] = [
        (
            one_chunk(batch["edge"]).to_numpy(),
            codes_of(batch["relation"], tuple(RELATION_CODE)).astype(np.int8),
            codes_of(batch["source"], tuple(SOURCE_CODE)).astype(np.int8),
            codes_of(batch["stance"], ("asserts",)) == 0,
        )
        for batch in _batches(
            graph, "claims", ("relation", "source", "stance"), ("edge",)
        )
    ]
    return ClaimCodes(*_joined(parts, (np.int32, np.int8, np.int8, np.bool_)))


def count_parent_names(graph: LineageGraph, names: Collection[str]) -> Counter[str]:
    """Return how many claims name their parent by a name that is not its id.

    Parameters
    ----------
    names : collection of str
        Lower-case names that count even where they are the parent's id.

    Returns
    -------
    collections.Counter
        Claims by lower-case name as given.

    Notes
    -----
    O(C) over the text of the claims, a batch at a time.
    """
    wanted = pa.array(sorted(names), pa.string())
    counts: Counter[str] = Counter()
    for batch in _batches(graph, "claims", (), ("parent", "parent_as_given")):
        given = pc.utf8_lower(batch["parent_as_given"])
        other = pc.not_equal(given, pc.utf8_lower(batch["parent"]))
        chosen = given.filter(pc.or_(other, pc.is_in(given, wanted)))
        for item in pc.value_counts(chosen).to_pylist():
            counts[item["values"]] += item["counts"]
    return counts


def read_node_codes(graph: LineageGraph, column: str, words: Sequence[str]) -> IntArray:
    """Return where each node's value of a text column stands in `words`; else -1."""
    parts = [
        (codes_of(batch[column], words),)
        for batch in _batches(graph, "nodes", (column,), ())
    ]
    codes: IntArray = _joined(parts, (np.int32,))[0]
    return codes


def relation_names(bits: int) -> tuple[str, ...]:
    """Return the relations of a bit set, in the order of the schema."""
    return tuple(
        relation.name for code, relation in enumerate(RELATIONS) if bits >> code & 1
    )


def _batches(
    graph: LineageGraph, table: str, words: tuple[str, ...], others: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    path = graph.directory / "tables" / f"{table}.parquet"
    with pq.ParquetFile(path, read_dictionary=list(words)) as file:
        yield from file.iter_batches(1 << 18, columns=[*words, *others])


def _joined(parts: Sequence[tuple[Any, ...]], kinds: Sequence[Any]) -> list[Any]:
    return [
        np.concatenate([np.empty(0, kind), *(part[place] for part in parts)])
        for place, kind in enumerate(kinds)
    ]
