"""New and changed artefacts on top of an opened snapshot, until the next compile.

The update is compiled together with what the snapshot knows of the same artefacts
(:mod:`headwater.graph.overlay_context`): a small compile by the rules of the large one.
Its nodes and edges are then laid over the arrays of the snapshot: new artefacts stand
after the old ones and before the owners, edges of artefacts that were read anew replace
the old ones, and roots, cycles and known origins are worked out again where they can
have changed. The answers are those that a full compile of old and new claims would give.

What an overlay does not do, and what it does instead:

* Ownership, families, and what would make one artefact of two or give an old name to
  something else is left out and counted in ``postponed``.
* Families keep their members, and artefacts that nobody names any more stay, as
  phantoms, and words that nobody bears any more stay.
* What has no record is spelled as before, whatever the update spells.
* Of an artefact with several records, what the one that was read anew no longer says
  stays. A document that speaks of many artefacts supersedes what it said of those that
  the update speaks of.
* SQL, the data-quality report and ``status`` read the tables of the snapshot alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any, Final

import numpy as np
import pyarrow as pa

from headwater.graph.claim_tables import ClaimTables, to_tables
from headwater.graph.claims import ClaimBatch
from headwater.graph.columns import encode
from headwater.graph.kernels.csr import (
    Csr,
    IntArray,
    edge_positions,
    row_sources,
)
from headwater.graph.lineage_graph import Columns, LineageGraph
from headwater.graph.overlay_columns import OverlayColumns
from headwater.graph.overlay_context import read_context
from headwater.graph.overlay_patch import (
    Patch,
    alias_nodes,
    make_patch,
    merged_labels,
    merged_words,
    new_fields,
)
from headwater.graph.overlay_rows import overlay_rows
from headwater.graph.overlay_search import (
    aliases,
    edge_columns,
    id_order,
    search_arrays,
)
from headwater.graph.overlay_text import LayeredText
from headwater.graph.overlay_topology import (
    Edges,
    Values,
    changed_components,
    new_origins,
    new_statuses,
    splice,
)
from headwater.graph.schema import ROOT_STATUSES
from headwater.graph.table_rows import read_columns

_PRESUMED: Final = ROOT_STATUSES.index("presumed")
_UNDECLARED: Final = ROOT_STATUSES.index("undeclared")


def overlay(base: LineageGraph, update: ClaimTables | ClaimBatch) -> OverlayGraph:
    """Return a graph of a snapshot with new and changed artefacts.

    Parameters
    ----------
    base : LineageGraph
        A snapshot as it was opened; it stays as it is. A second update goes with the
        first one: ``overlay(base, concat([first, second]))``.
    update : ClaimTables or ClaimBatch
        What was read since. A document that the snapshot holds an older version of
        supersedes it.

    Notes
    -----
    O(V + E) to copy the topology, O(k log V) for the k artefacts of the update; columns
    and text are copied when they are first asked for.
    """
    tables = to_tables([update]) if isinstance(update, ClaimBatch) else update
    return OverlayGraph(base, make_patch(base, read_context(base, tables)))


class OverlayGraph(LineageGraph):
    """A snapshot with an update laid over it; the face is that of the snapshot.

    Attributes
    ----------
    base : LineageGraph
        The snapshot.
    postponed : dict of str to int
        What has to wait for the next compile: reason -> rows.
    """

    def __init__(self, base: LineageGraph, patch: Patch) -> None:
        self.base = base
        self.patch = patch
        self.postponed = patch.context.postponed
        self.directory = base.directory
        numbering = patch.numbering
        self.n_nodes, self.n_artefacts = numbering.n_nodes, numbering.n_artefacts
        words, codes = merged_words(base, patch)
        self.vocabulary = {
            **base.vocabulary,
            **words,
            "labels": merged_labels(base, patch),
        }
        columns = OverlayColumns(
            base.columns, numbering, *new_fields(base, patch, codes)
        )
        self.columns: Columns = columns
        self.parents, self.children, changed = _edges(base, patch)
        self.recounted: IntArray = np.append(changed.gained, changed.lost)
        _settle(self, columns, changed)
        places = patch.rows
        self.ids = LayeredText(
            base.ids, patch.text("id"), numbering, patch.number[places], places
        )
        self.names = LayeredText(
            base.names, patch.text("name"), numbering, patch.number[places], places
        )
        self._by_key = {
            patch.ids[place].lower(): int(patch.number[place])
            for place in places.tolist()
        }
        self._keys = sorted((key.encode(), node) for key, node in self._by_key.items())
        self.alias_layer = alias_nodes(patch)
        self.manifest = _manifest(base, patch)

    def __getattr__(self, name: str) -> Any:
        # What few queries ask for is put together when it is first asked for.
        make = _LATER.get(name)
        if make is None:
            raise AttributeError(name)
        for found, value in make(self).items():
            self.__dict__.setdefault(found, value)
        return self.__dict__[name]

    def find(self, node_id: str) -> int:
        """Return the node with this id or alias, whatever its case, or -1."""
        key = node_id.lower()
        node = self._by_key.get(key)
        if node is None:
            before = self.base.find(key)
            if before >= 0:
                return int(self.patch.numbering.after(np.array([before], np.int32))[0])
            node = self.alias_layer.get(key, -1)
        return node

    def find_prefix(self, prefix: str, limit: int) -> list[int]:
        """Return up to `limit` nodes whose id starts with `prefix`, by id."""
        key = prefix.lower().encode("utf-8", "replace")
        own = ((item, node) for item, node in self._keys if item.startswith(key))
        replaced = {node for _, node in self._keys}
        numbering, base = self.patch.numbering, self.base
        spare = int((self.patch.base_node[self.patch.rows] >= 0).sum())
        before = np.array(base.find_prefix(prefix, limit + spare), np.int32)
        rest = (
            (base.ids.raw(old).lower(), new)
            for old, new in zip(
                before.tolist(), numbering.after(before).tolist(), strict=True
            )
            if new not in replaced
        )
        return [node for _, node in islice(merge(own, rest), limit)]

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """Return rows of a public table, of the update where it says something else."""
        return overlay_rows(self, table, wanted)

    def node_row(self, node: int) -> dict[str, Any]:
        """Return a node's row of the ``nodes`` table."""
        return self.rows("nodes", node=node)[0]

    def is_new(self, node: int) -> bool:
        """Return whether the snapshot does not have a node."""
        numbering = self.patch.numbering
        among = numbering.first_new <= node < numbering.n_artefacts
        return among or node >= numbering.n_old + numbering.shift

    def node_table(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of the ``nodes`` table in node order."""
        numbering, patch = self.patch.numbering, self.patch
        old = read_columns(self.directory, "nodes", columns)
        own = patch.content.tables["nodes"].select(list(columns)).cast(old.schema)
        at = numbering.old
        at[patch.number[patch.rows]] = numbering.n_old + patch.rows
        return pa.concat_tables([old, own]).take(pa.array(at))

    def node_codes(self, column: str) -> tuple[IntArray, list[str]]:
        """Return the code of each node's word in a column of ``nodes``, and the words."""
        codes, words = encode(self.node_table([column])[column])
        return codes, words.to_pylist()


_LATER: Final[dict[str, Callable[[OverlayGraph], dict[str, Any]]]] = {
    "id_order": id_order,
    "aliases": aliases,
    "alias_nodes": aliases,
    "edge_sources": edge_columns,
    "edge_disputed": edge_columns,
    "search_text": search_arrays,
    "search_nodes": search_arrays,
    "haystack": search_arrays,
}


def _edges(base: LineageGraph, patch: Patch) -> tuple[Csr, Csr, _Changed]:
    """Return the edges in both directions, and what is other than before."""
    own = patch.array("parents_offsets")
    child, parent = (
        patch.number[ends]
        for ends in (row_sources(own), patch.array("parents_targets"))
    )
    row = patch.array("parents_edges") + np.int32(len(base.edge_sources))
    added = Edges(child, parent, patch.array("parents_relations"), row)
    again = patch.context.children
    up = edge_positions(base.parents.offsets, again)
    lost = base.parents.targets[up]
    down = np.empty(0, np.int64)
    if up.size:
        gone = np.zeros(len(base.edge_sources), np.bool_)
        gone[base.parents.edges[up]] = True
        down = np.flatnonzero(gone[base.children.edges])
    n_nodes = patch.numbering.n_nodes
    # Owners have no edges, so no number among the ends changes.
    width = base.n_artefacts
    parents, children = (
        splice(_cut(rows, width), dropped, source, added, other, n_nodes)
        for rows, dropped, source, other in (
            (base.parents, up, child, parent), (base.children, down, parent, child),
        )
    )  # fmt: skip
    new = patch.number[patch.rows]
    changed = np.unique(
        np.concatenate([again, child, new[new < patch.numbering.n_artefacts]])
    )
    return parents, children, _Changed(changed.astype(np.int32), parent, lost)


@dataclass(frozen=True, slots=True)
class _Changed:
    """Nodes with other fields or parents than before; parents gained, parents lost."""

    nodes: IntArray
    gained: IntArray
    lost: IntArray


def _cut(rows: Csr, n_nodes: int) -> Csr:
    return Csr(rows.offsets[: n_nodes + 1], rows.targets, rows.relations, rows.edges)


def _settle(graph: OverlayGraph, columns: OverlayColumns, changed: _Changed) -> None:
    """Work out cycles, roots and known origins again where they can be others."""
    parents, children = graph.parents, graph.children
    nodes, lowest = changed_components(parents, columns.representative, changed.nodes)
    before = columns.representative[nodes]
    moved = before != lowest
    # Who left a cycle, and the lowest of those it left.
    parted = np.concatenate([nodes[moved], before[moved]])
    columns.amend("representative", nodes, lowest)
    status = columns.root_status
    # Who gains a child can only become a presumed root, who loses one can only cease to
    # be one: the large roots, which are neither, need not be looked at.
    gained = changed.gained[status[changed.gained] == _UNDECLARED]
    lost = changed.lost[status[changed.lost] == _PRESUMED]
    asked = np.unique(np.concatenate([changed.nodes, parted, gained, lost]))
    asked = asked.astype(np.int32)
    values = _values(graph)
    own, new = new_statuses(parents, children, columns.representative, values, asked)
    other = own[status[own] != new]
    columns.amend("root_status", own, new)
    start = np.unique(np.concatenate([changed.nodes, other])).astype(np.int32)
    columns.amend(
        "known_origin",
        *new_origins(
            parents, children, values, columns.root_status, columns.known_origin, start
        ),
    )


def _values(graph: OverlayGraph) -> Values:
    columns = graph.columns
    return Values(
        columns.kind, columns.phantom, columns.namespace, columns.developer,
        columns.scratch,
    )  # fmt: skip


def _manifest(base: LineageGraph, patch: Patch) -> Any:
    digest = hashlib.sha256()
    for name in sorted(patch.content.arrays):
        digest.update(np.ascontiguousarray(patch.array(name)).tobytes())
    told = int(patch.described.sum())
    counts = {
        **base.manifest.counts,
        "overlay": {
            "described": told,
            "new": int((patch.base_node < 0).sum()),
            "postponed": dict(patch.context.postponed),
        },
    }
    return replace(
        base.manifest, id=f"{base.manifest.id}+{digest.hexdigest()[:8]}", counts=counts
    )
