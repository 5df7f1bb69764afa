"""Obligations that flow down weight edges: one bit mask a model, the whole Hub at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import (
    BoolArray,
    ByteArray,
    IntArray,
    ranges,
    row_sources,
)
from headwater.graph.kernels.dag import Dag, condense
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import KINDS, LICENCE_STATUSES, ROOT_STATUSES
from headwater.queries.licence_table import (
    NO_LINEAGE,
    NO_TERMS,
    UNLISTED,
    LicenceTable,
    MaskArray,
    licence_table,
)

VERDICTS: Final = {
    "conflict": "the declared licence drops an obligation that an ancestor's licence has",
    "missing": "no licence is declared",
    "unknown": "it cannot be told whether obligations are dropped: never safe",
    "kept": "every obligation that is inherited has its like in the declared licence",
    "root": "declares a licence and stands on no other model's weights",
}
"""What becomes of a model's licence; the first that holds counts."""
VERDICT_NAMES: Final = tuple(VERDICTS)
_CODE: Final = {name: np.int8(code) for code, name in enumerate(VERDICT_NAMES)}
_ABSENT: Final = LICENCE_STATUSES[1]
_UNDECLARED: Final = ROOT_STATUSES.index("undeclared")


@dataclass(frozen=True, slots=True)
class LicenceFlow:
    """What every model declares and inherits.

    Attributes
    ----------
    table : LicenceTable
        The licences, their order and their bits.
    entry : int32 array, shape (V,)
        Place of the declared licence in the table, -1 when it is not listed or none is
        declared.
    declares, absent : bool arrays, shape (V,)
        Whether a licence is declared; whether the document was seen to declare none.
        Neither means that nobody has looked.
    inherited : uint64 array, shape (V,)
        Bits of the obligations of all ancestors, of the partly unknown licences among
        theirs, :data:`~headwater.queries.licence_table.NO_TERMS` and ``NO_LINEAGE``.
    verdict : int8 array, shape (V,)
        Place in :data:`VERDICT_NAMES`; meaningless for what is no model.
    dropped : uint64 array, shape (V,)
        Bits of the inherited obligations that the declared licence lacks.
    """

    table: LicenceTable
    entry: IntArray
    declares: BoolArray
    absent: BoolArray
    inherited: MaskArray
    verdict: ByteArray
    dropped: MaskArray


def licence_flow(graph: LineageGraph, table: LicenceTable | None = None) -> LicenceFlow:
    """Return what every model declares and inherits.

    A model inherits the obligations of its parents' licences and all that these inherit,
    over the edges by which weights come, mirrors included. Whoever owns a model may give
    it out under other terms: where parent and child are of one developer (or namespace)
    and the child declares a licence, the parent's own licence is left behind there; what
    the parent inherits from others is not.

    Notes
    -----
    O(V + E) after the condensation, level by level from the roots down. On a cycle every
    member inherits from all.
    """
    table = table or licence_table()
    entry, declares, absent = declared_licences(graph, table)
    dag = condense(graph.parents, BODY_RELATIONS, graph.columns.representative)
    inherited = _spread(dag, _gifts(graph, dag, table, entry, declares))
    has_parents = dag.offsets[1:] > dag.offsets[:-1]
    verdict, dropped = verdicts_of(table, entry, absent, inherited, has_parents)
    return LicenceFlow(table, entry, declares, absent, inherited, verdict, dropped)


def is_model(graph: LineageGraph) -> BoolArray:
    """Return which nodes are models that somebody has seen."""
    found: BoolArray = (graph.columns.kind == KINDS.index("model")) & (
        ~graph.columns.phantom
    )
    return found


def owners(graph: LineageGraph) -> IntArray:
    """Return the developer of each node, its namespace where none is known, else -1."""
    columns = graph.columns
    return np.where(columns.developer >= 0, columns.developer, columns.namespace)


def owner_of(graph: LineageGraph, node: int) -> int:
    """Return the owner of one node, see :func:`owners`."""
    columns = graph.columns
    developer = int(columns.developer[node])
    return developer if developer >= 0 else int(columns.namespace[node])


def declared_licences(
    graph: LineageGraph, table: LicenceTable
) -> tuple[IntArray, BoolArray, BoolArray]:
    """Return the place of each node's licence in the table, who declares, who does not.

    See Also
    --------
    LicenceFlow : what the three arrays mean.
    """
    words = graph.vocabulary["licence"]
    places = np.array([*(table.find(word) for word in words), UNLISTED], np.int32)
    declares: BoolArray = graph.columns.licence >= 0
    codes, statuses = graph.node_codes("licence_status")
    is_absent = np.array([*(word == _ABSENT for word in statuses), False])
    absent: BoolArray = is_absent[codes]
    return places[graph.columns.licence], declares, absent & ~declares


def _gifts(
    graph: LineageGraph,
    dag: Dag,
    table: LicenceTable,
    entry: IntArray,
    declares: BoolArray,
) -> MaskArray:
    """Return what the parents of each node hand on of their own licences."""
    gives = np.append(table.has | table.own, NO_TERMS)
    child = row_sources(dag.offsets)
    gift = gives[entry.take(dag.parents)]
    owner = owners(graph)
    own = owner.take(child)
    relicensed = (own == owner.take(dag.parents)) & (own >= 0) & declares.take(child)
    gift[relicensed] = 0
    handed = np.zeros(dag.n_nodes, np.uint64)
    nodes = np.flatnonzero(dag.offsets[1:] > dag.offsets[:-1])
    handed[nodes] = _joined(gift, dag.offsets[nodes])
    handed[graph.columns.root_status == _UNDECLARED] |= NO_LINEAGE
    return handed


def _spread(dag: Dag, handed: MaskArray) -> MaskArray:
    """Return the union of what is handed to each node and to all its ancestors."""
    heads = dag.representatives
    others = np.flatnonzero(heads != np.arange(dag.n_nodes, dtype=np.int32))
    np.bitwise_or.at(handed, heads[others], handed[others])
    starts = dag.dag_offsets
    for level in range(1, len(dag.levels)):
        nodes = dag.levels[level]
        first = starts.take(nodes)
        counts = starts[1:].take(nodes) - first
        if int(counts.max()) == 1:
            above = handed.take(dag.dag_parents.take(first))
        else:
            parents = dag.dag_parents.take(ranges(first, counts))
            above = _joined(handed.take(parents), np.cumsum(counts) - counts)
        handed[nodes] |= above
    if len(others):
        handed[others] = handed[heads[others]]
    return handed


def _joined(masks: MaskArray, first: NDArray[np.integer]) -> MaskArray:
    """Return the union of each run of masks."""
    if not len(first):
        return np.zeros(0, np.uint64)
    found: MaskArray = np.bitwise_or.reduceat(masks, first)
    return found


def verdicts_of(
    table: LicenceTable,
    entry: IntArray,
    absent: BoolArray,
    inherited: MaskArray,
    has_parents: BoolArray,
) -> tuple[ByteArray, MaskArray]:
    """Return the verdict on each of k models and the obligations that it drops.

    Parameters
    ----------
    table : LicenceTable
        The licences.
    entry, absent, inherited : arrays, shape (k,)
        As in :class:`LicenceFlow`.
    has_parents : bool array, shape (k,)
        Whether the weights come from other models.
    """
    dropped = inherited & np.append(table.lacks, np.uint64(0))[entry]
    verdict = np.full(len(entry), _CODE["unknown"], np.int8)
    verdict[absent] = _CODE["missing"]
    conflict = dropped != 0
    verdict[conflict] = _CODE["conflict"]
    listed = np.flatnonzero((entry >= 0) & ~conflict)
    masks, of_mask = _distinct(inherited[listed])
    found = listed[_settled(table, masks)[of_mask, entry[listed]]]
    verdict[found] = np.where(has_parents[found], _CODE["kept"], _CODE["root"])
    return verdict, dropped


def _distinct(masks: MaskArray) -> tuple[MaskArray, NDArray[np.intp]]:
    # Few masks are different: finding them and looking each up is faster than a sort.
    found = np.unique(masks)
    return found, np.searchsorted(found, masks)


def _settled(table: LicenceTable, masks: MaskArray) -> BoolArray:
    """Return for each mask and licence whether nothing about it is left unknown.

    Shape (number of masks, number of licences).
    """
    every = np.uint64((1 << len(table.obligations)) - 1)
    settled: BoolArray = (masks & (NO_TERMS | NO_LINEAGE) == 0)[:, None] & (
        (masks & every)[:, None] & table.unknown[None, :] == 0
    )
    for place in np.flatnonzero(table.own):
        bears = masks & table.own[place] != 0
        if not bears.any():
            continue
        # Whoever keeps the same licence keeps what is unknown of it, too.
        fits = table.unknown[place] & ~table.has == 0
        fits[place] = not table.licences[place].is_generic
        settled[bears] &= fits
    return settled
