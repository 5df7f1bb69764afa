"""What a snapshot knows of the artefacts that an update speaks of, as claims again.

The new documents and this, compiled together, give those artefacts as a full compile of
everything would give them. What cannot be had that way is postponed, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.claim_tables import SCHEMAS, ClaimTables
from headwater.graph.kernels.csr import IntArray, edge_positions
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.lookup import find_many
from headwater.graph.schema import KINDS, RELATION_CODE
from headwater.graph.table_rows import find_rows, read_columns

RENAMED: Final = "a name that an artefact of the snapshot had before"
JOINED: Final = "two artefacts of the snapshot that turn out to be one"
CURATED: Final = "ownership and families, which are curated"
_LONG_AGO: Final = "0001-01-01"
_SUCCESSOR: Final = RELATION_CODE["successor_of"]


@dataclass(frozen=True, slots=True)
class Context:
    """An update with what the snapshot knows of the same artefacts.

    Attributes
    ----------
    tables : ClaimTables
        What to compile.
    children : int32 array, ascending
        Nodes of the snapshot whose edges to parents follow from `tables` alone.
    known : KnownIds
        Which nodes of the snapshot the ids are.
    postponed : dict of str to int
        What has to wait for the next compile: reason -> rows.
    """

    tables: ClaimTables
    children: IntArray
    known: KnownIds
    postponed: dict[str, int]


def read_context(base: LineageGraph, update: ClaimTables) -> Context:
    """Return an update with what a snapshot knows of the same artefacts.

    Notes
    -----
    Nothing is read from the tables for artefacts that are new to the snapshot; for the
    others the parts of the tables (some 260 thousand rows each) that hold them are.
    """
    update = ClaimTables(
        **{name: getattr(update, name).cast(SCHEMAS[name]) for name in SCHEMAS}
    )
    known = KnownIds(base)
    known.look_up(_ids_of(update))
    postponed: Counter[str] = Counter()
    curated = len(update.ownership) + len(update.families) + len(update.openness)
    if curated:
        postponed[CURATED] = curated
    update = _without_old_names(update, known, postponed)
    rows = _described(base, known, update)
    update = _without_joins(update, known, rows, postponed)
    read = set(update.records["document"].to_pylist())
    records = [_record(row, read) for row in rows.values()]
    children = _children(base, known, update)
    claims = _claims(base, children)
    outdated = [row for row in claims if row["document"] in read]
    kept = [row for row in claims if row["document"] not in read]
    known.look_up({row[end] for row in kept for end in ("child", "parent")})
    tables = ClaimTables(
        records=_joined(_seen_before(update.records, rows), records, "records"),
        claims=_joined(_said_before(update.claims, outdated), kept, "claims"),
        aliases=_joined(update.aliases, known.alias_rows(), "aliases"),
        ownership=SCHEMAS["ownership"].empty_table(),
        families=SCHEMAS["families"].empty_table(),
    )
    return Context(tables, children, known, dict(postponed))


@dataclass(slots=True)
class KnownIds:
    """Which nodes of the snapshot ids stand for, by lower-case id."""

    base: LineageGraph
    nodes: dict[str, int] = field(default_factory=dict)
    aliased: dict[str, int] = field(default_factory=dict)

    def look_up(self, ids: Iterable[str]) -> None:
        """Find ids that were not looked for before."""
        keys = sorted({item.lower() for item in ids} - self.nodes.keys())
        encoded = [key.encode() for key in keys]
        found, _ = find_many(self.base.ids, self.base.id_order, encoded)
        self.nodes.update(zip(keys, found.tolist(), strict=True))
        aliases = self.base.aliases
        if not len(aliases):
            return
        # Owners have no aliases.
        at = [
            item
            for item in np.flatnonzero(found < 0).tolist()
            if not keys[item].startswith(("@", "developer:"))
        ]
        order = np.arange(len(aliases), dtype=np.int32)
        places, _ = find_many(aliases, order, [encoded[item] for item in at])
        for item, place in zip(at, places.tolist(), strict=True):
            if place >= 0:
                node = int(self.base.alias_nodes[place])
                self.nodes[keys[item]] = self.aliased[keys[item]] = node

    def node(self, node_id: str) -> int:
        """Return the node that an id or alias stands for, or -1."""
        return self.nodes[node_id.lower()]

    def alias_rows(self) -> list[dict[str, Any]]:
        """Return the aliases of the snapshot that were met, as claims."""
        ids = self.base.ids
        return [
            {"alias": alias, "id": ids[node], "kind": "rename", "source": "",
             "document": "", "seen": _LONG_AGO}
            for alias, node in sorted(self.aliased.items())
        ]  # fmt: skip


def _ids_of(update: ClaimTables) -> set[str]:
    columns = [
        update.records["id"], update.claims["child"], update.claims["parent"],
        update.aliases["alias"], update.aliases["id"],
    ]  # fmt: skip
    return {item for column in columns for item in pc.unique(column).to_pylist()}


def _keep(table: pa.Table, flags: Iterable[bool]) -> pa.Table:
    return table.filter(pa.array(flags, pa.bool_()))


def _without_documents(update: ClaimTables, documents: set[str]) -> ClaimTables:
    """Leave out what some documents say."""
    left = pa.array(sorted(documents), pa.string())

    def rest(table: pa.Table) -> pa.Table:
        return table.filter(pc.invert(pc.is_in(table["document"], value_set=left)))

    return ClaimTables(
        rest(update.records), rest(update.claims), update.aliases, update.ownership,
        update.families,
    )  # fmt: skip


def _without_old_names(
    update: ClaimTables, known: KnownIds, postponed: Counter[str]
) -> ClaimTables:
    """Leave out what gives a name of the past to something else.

    All that was ever claimed of the old name would be claims of the new bearer.
    """
    if not known.aliased:
        return update
    records = update.records.select(["id", "document"]).to_pylist()
    documents = {
        row["document"] for row in records if row["id"].lower() in known.aliased
    }
    if documents:
        postponed[RENAMED] += len(documents)
        update = _without_documents(update, documents)
    aliases = update.aliases.to_pylist()
    fits = [
        row["alias"].lower() not in known.aliased
        or known.node(row["id"]) == known.node(row["alias"])
        for row in aliases
    ]
    postponed[RENAMED] += len(fits) - sum(fits)
    return ClaimTables(
        update.records, update.claims, _keep(update.aliases, fits), update.ownership,
        update.families,
    )  # fmt: skip


def _described(
    base: LineageGraph, known: KnownIds, update: ClaimTables
) -> dict[int, dict[str, Any]]:
    """Return what the snapshot holds of the nodes that the update describes."""
    ids = [*update.records["id"].to_pylist(), *update.aliases["id"].to_pylist()]
    ids += update.aliases["alias"].to_pylist()
    nodes = {known.node(item) for item in ids} - {-1}
    nodes |= _same_identity(base, known, update, nodes)
    columns = base.columns
    is_owner = KINDS.index("namespace")
    recorded = sorted(
        node
        for node in nodes
        if columns.kind[node] >= is_owner or not columns.phantom[node]
    )
    rows = find_rows(base.directory, "nodes", "node", recorded)
    return {row["node"]: row for row in rows if row["sources"]}


def _same_identity(
    base: LineageGraph, known: KnownIds, update: ClaimTables, nodes: set[int]
) -> set[int]:
    """Return nodes that have the Hub's ``_id`` of a record under another name.

    Who was created after the snapshot cannot be in it: only for others the column is
    looked through.
    """
    before = base.manifest.created[:10]
    rows = update.records.select(["id", "hub_id", "created"]).to_pylist()
    wanted = {
        row["hub_id"]
        for row in rows
        if row["hub_id"] and (row["created"] or "") <= before
    }
    if not wanted:
        return set()
    values = pa.array(sorted(wanted), pa.string())
    column = read_columns(base.directory, "nodes", ["hub_id"])["hub_id"]
    found = pc.indices_nonzero(pc.is_in(column, value_set=values)).to_pylist()
    hub_ids = column.take(pa.array(found, pa.int64())).to_pylist()
    for node, hub_id in zip(found, hub_ids, strict=True):
        known.nodes.setdefault(f"\0{hub_id}", node)
    return set(found) - nodes


def _without_joins(
    update: ClaimTables,
    known: KnownIds,
    rows: Mapping[int, dict[str, Any]],
    postponed: Counter[str],
) -> ClaimTables:
    """Leave out what makes one artefact of two that the snapshot tells apart."""
    groups = _Groups()
    for row in update.aliases.to_pylist():
        if row["kind"] != "replacement":
            groups.join(row["alias"].lower(), row["id"].lower())
    records = update.records.select(["id", "hub_id", "document"]).to_pylist()
    repeated = Counter(row["hub_id"] for row in (*records, *rows.values()))
    for row in (*records, *rows.values()):
        if row["hub_id"] and repeated[row["hub_id"]] > 1:
            groups.join(row["id"].lower(), f"\0{row['hub_id']}")
    for row in rows.values():
        known.nodes.setdefault(row["id"].lower(), row["node"])
    joined = groups.with_several(known.nodes)
    if not joined:
        return update
    documents = {row["document"] for row in records if row["id"].lower() in joined}
    fits = [item.lower() not in joined for item in update.aliases["alias"].to_pylist()]
    postponed[JOINED] += len(documents) + len(fits) - sum(fits)
    update = _without_documents(update, documents)
    return ClaimTables(
        update.records, update.claims, _keep(update.aliases, fits), update.ownership,
        update.families,
    )  # fmt: skip


class _Groups:
    """Names that stand for one thing (disjoint sets)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def _top(self, name: str) -> str:
        while (above := self._above.setdefault(name, name)) != name:
            self._above[name] = self._above[above]
            name = above
        return name

    def join(self, first: str, second: str) -> None:
        self._above[self._top(first)] = self._top(second)

    def with_several(self, nodes: Mapping[str, int]) -> set[str]:
        """Return the names in groups that hold more than one of `nodes`."""
        found: dict[str, set[int]] = {}
        for name in list(self._above):
            if (node := nodes.get(name, -1)) >= 0:
                found.setdefault(self._top(name), set()).add(node)
        return {name for name in self._above if len(found.get(self._top(name), ())) > 1}


def _record(row: Mapping[str, Any], read: set[str]) -> dict[str, Any] | None:
    """Return a row of the ``nodes`` table as a record; None when it was read anew.

    Of several records the table keeps the outcome: what the leading document alone
    said cannot be told from the rest, so it stays when that document was read anew.
    """
    sources = sorted(
        row["sources"],
        key=lambda name: 0 if name.startswith("hub") else 1 if name == "catalog" else 2,
    )
    if row["document"] in read:
        sources = sources[1:]
    if not sources:
        return None
    names = SCHEMAS["records"].names
    kept = {name: row[name] for name in names if name in row}
    return {**kept, "source": sources[0], "seen": row["last_seen"]}


def _children(base: LineageGraph, known: KnownIds, update: ClaimTables) -> IntArray:
    """Return the nodes whose edges to parents may be others after the update."""
    described = {known.node(item) for item in update.records["id"].to_pylist()}
    speaking = {
        known.node(item) for item in pc.unique(update.claims["child"]).to_pylist()
    }
    nodes = np.array(sorted(described - {-1}), np.int32)
    # A card also tells which model came after its own.
    at = edge_positions(base.children.offsets, nodes)
    later = base.children.targets[at[base.children.relations[at] == _SUCCESSOR]]
    found = described | speaking | set(later.tolist())
    return np.array(sorted(found - {-1}), np.int32)


def _claims(base: LineageGraph, children: IntArray) -> list[dict[str, Any]]:
    """Return all claims of the edges that begin at some nodes, as they were made."""
    edges = [edge for node in children.tolist() for edge in _edge_rows(base, node)]
    if not edges:
        return []
    ends = {
        row["edge"]: row
        for row in find_rows(base.directory, "edges", "edge", edges)
        if row["child_node"] in set(children.tolist())
    }
    found = []
    for row in find_rows(base.directory, "claims", "edge", sorted(ends)):
        edge = ends[row["edge"]]
        row["child"], row["parent"] = row["child_as_given"], row["parent_as_given"]
        for end in ("child", "parent"):
            row[f"{end}_kind"] = base.kind(edge[f"{end}_node"])
        found.append(row)
    return found


def _edge_rows(base: LineageGraph, node: int) -> range:
    """Return rows of the ``edges`` table that hold all edges of a child, maybe more.

    The table is ordered by child; edges that are not walked lie between those that are.
    """
    rows = base.parents
    start, end = int(rows.offsets[node]), int(rows.offsets[node + 1])
    first = int(rows.edges[start - 1]) + 1 if start else 0
    last = int(rows.edges[end]) if end < len(rows.edges) else len(base.edge_sources)
    return range(first, last)


def _joined(table: pa.Table, rows: Iterable[Any], name: str) -> pa.Table:
    schema = SCHEMAS[name]
    plain = [
        {column: row.get(column) for column in schema.names} for row in rows if row
    ]
    return pa.concat_tables([table, pa.Table.from_pylist(plain, schema)])


def _seen_before(records: pa.Table, rows: Mapping[int, dict[str, Any]]) -> pa.Table:
    """Carry over the day on which a document that was read anew was first read."""
    first = {row["document"]: row["first_seen"] for row in rows.values()}
    if not first:
        return records
    days = [
        min(first[document], day or seen) if document in first else day
        for document, day, seen in zip(
            *(records[name].to_pylist() for name in ("document", "first_seen", "seen")),
            strict=True,
        )
    ]
    return _with_days(records, days)


def _said_before(claims: pa.Table, outdated: list[dict[str, Any]]) -> pa.Table:
    """Carry over the day on which what is still said was first said."""
    if not outdated:
        return claims
    key = ("child", "parent", "relation", "source", "document")
    first: dict[tuple[Any, ...], str] = {}
    for row in outdated:
        own = tuple(row[name] for name in key)
        first[own] = min(first.get(own, row["first_seen"]), row["first_seen"])
    rows = claims.select([*key, "first_seen"]).to_pylist()
    days = [
        min(row["first_seen"], first.get(tuple(row[name] for name in key), "9"))
        for row in rows
    ]
    return _with_days(claims, days)


def _with_days(table: pa.Table, days: list[str | None]) -> pa.Table:
    at = table.schema.get_field_index("first_seen")
    return table.set_column(at, "first_seen", pa.array(days, pa.string()))
