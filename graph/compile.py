"""Claims -> snapshot: join, number, find roots, lay out arrays, write."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.aliases import follow_aliases
from headwater.graph.arrays import (
    NO_DAY,
    UNKNOWN,
    Text,
    bisect_key,
    encode_vocabulary,
    find_sorted,
    to_text,
)
from headwater.graph.backends.duckdb_compile import (
    Compiled,
    alias_candidates,
    compile_claims,
)
from headwater.graph.claim_tables import ClaimTables
from headwater.graph.kernels.components import component_representatives
from headwater.graph.kernels.csr import BoolArray, Csr, IntArray, build_csr
from headwater.graph.kernels.preorder import preorder
from headwater.graph.roots import BODY_RELATIONS, root_statuses
from headwater.graph.schema import (
    KINDS,
    RELATION_CODE,
    RELATIONS,
    ROOT_STATUSES,
    SOURCE_CODE,
    STATES,
)

_LINEAGE: Final = np.array([item.lineage for item in RELATIONS])


@dataclass(frozen=True, slots=True)
class SnapshotContent:
    """Everything that a snapshot holds, before it is written.

    Attributes
    ----------
    tables : dict of str to pyarrow.Table
        The public tables.
    arrays : dict of str to array
        The topology and columns, see :data:`headwater.graph.arrays.ARRAYS`.
    vocabulary : dict
        Words behind the codes, families and friendly names.
    counts : dict
        What was counted on the way.
    """

    tables: dict[str, pa.Table]
    arrays: dict[str, NDArray[Any]]
    vocabulary: dict[str, Any]
    counts: dict[str, Any]


def compile_snapshot(tables: ClaimTables) -> SnapshotContent:
    """Compile claim tables into the content of a snapshot.

    The result depends on the claims alone: not on the clock, not on the machine.
    """
    aliases, circular = follow_aliases(alias_candidates(tables))
    alias_table = pa.table(
        {
            "alias_key": pa.array(sorted(aliases), pa.string()),
            "key": pa.array([aliases[key] for key in sorted(aliases)], pa.string()),
        }
    )
    compiled = _renumber(compile_claims(tables, alias_table))
    nodes, edges = compiled.nodes, compiled.edges
    topology = _topology(nodes, edges)
    status = topology["root_status"]
    nodes = nodes.append_column(
        "root_status", pa.array([ROOT_STATUSES[code] for code in status.tolist()])
    )
    columns, words = _columns(nodes)
    text = _text(nodes, columns, topology["children_offsets"])
    families = _families(tables.families, nodes, text)
    arrays = {
        **topology, **columns, **_text_arrays(text), **_alias_arrays(aliases, text)
    }  # fmt: skip
    vocabulary = {**words, "labels": _labels(nodes, families), "families": families}
    counts = _counts(nodes, edges, compiled.claims)
    counts["circular_aliases"] = circular
    return SnapshotContent(
        {
            "nodes": nodes,
            "edges": edges,
            "claims": compiled.claims,
            "aliases": compiled.aliases,
            "ownership": compiled.ownership,
            "families": _family_table(families),
        },
        arrays,
        vocabulary,
        counts,
    )


def _int32(column: Any) -> IntArray:
    values: IntArray = column.to_numpy().astype(np.int32, copy=False)
    return values


def _renumber(compiled: Compiled) -> Compiled:
    """Give artefacts numbers in preorder of their primary parents, the rest after them."""
    edges, nodes = compiled.edges, compiled.nodes
    child, parent = _int32(edges["child_node"]), _int32(edges["parent_node"])
    is_artefact = ~np.isin(
        nodes["kind"].to_numpy(zero_copy_only=False), ("namespace", "developer")
    )
    n_artefacts = int(is_artefact.sum())
    primary = _primary_parents(edges, child, parent, n_artefacts)
    number = np.arange(nodes.num_rows, dtype=np.int32)
    number[:n_artefacts] = preorder(primary)
    order = np.argsort(number, kind="stable")
    nodes = nodes.take(pa.array(order))
    nodes = nodes.set_column(0, "node", pa.array(np.arange(len(order), dtype=np.int32)))

    slot = edges["slot"].to_numpy()
    edge_order = np.lexsort((slot, number[parent], number[child]))
    edge_number = np.empty(len(edge_order), np.int32)
    edge_number[edge_order] = np.arange(len(edge_order), dtype=np.int32)
    claims = _place_claims(compiled.claims, (child, parent, slot), edge_number)
    edges = edges.drop_columns(["child_node", "parent_node", "slot"])
    edges = edges.append_column("child_node", pa.array(number[child]))
    edges = edges.append_column("parent_node", pa.array(number[parent]))
    edges = edges.take(pa.array(edge_order))
    edges = edges.add_column(0, "edge", pa.array(np.arange(len(edges), dtype=np.int32)))
    return Compiled(nodes, edges, claims, compiled.aliases, compiled.ownership)


def _primary_parents(
    edges: pa.Table, child: IntArray, parent: IntArray, n_artefacts: int
) -> IntArray:
    """Return for each artefact the parent that it is numbered under, or -1."""
    codes = _relation_codes(edges)
    usable = np.flatnonzero(
        pc.equal(edges["standing"], "accepted").to_numpy() & _LINEAGE[codes]
    )
    # Weights first, then the lowest parent; the last write wins, so go backwards.
    by_body = ~BODY_RELATIONS[codes[usable]]
    order = usable[np.lexsort((parent[usable], by_body))][::-1]
    primary = np.full(n_artefacts, -1, np.int32)
    primary[child[order]] = parent[order]
    return primary


def _place_claims(
    claims: pa.Table,
    edge_keys: tuple[IntArray, IntArray, NDArray[Any]],
    edge_number: IntArray,
) -> pa.Table:
    """Give each claim the row of its edge and order claims by it.

    Edges come sorted by their keys, so a merge of sorted keys finds the edge.
    """
    keys = [
        np.stack([np.asarray(part, np.int64) for part in parts])
        for parts in (
            edge_keys,
            tuple(
                claims[name].to_numpy()
                for name in ("child_node", "parent_node", "slot")
            ),
        )
    ]
    width = 2 * (max((int(part.max()) for part in keys if part.size), default=0) + 1)
    edge_key, claim_key = (
        part[0] * width + part[1] * 2 + part[2] if part.size else np.empty(0, np.int64)
        for part in keys
    )
    edge = edge_number[np.searchsorted(edge_key, claim_key)]
    claims = claims.drop_columns(["child_node", "parent_node", "slot", "rank"])
    claims = claims.add_column(0, "edge", pa.array(edge.astype(np.int32)))
    return claims.take(pa.array(np.argsort(edge, kind="stable")))


def _relation_codes(edges: pa.Table) -> NDArray[np.int8]:
    names = pa.array(list(RELATION_CODE), pa.string())
    codes = pc.index_in(edges["relation"].combine_chunks(), names)
    return codes.to_numpy(zero_copy_only=False).astype(np.int8)  # type: ignore[no-any-return]


def _topology(nodes: pa.Table, edges: pa.Table) -> dict[str, NDArray[Any]]:
    n_nodes = nodes.num_rows
    child, parent = _int32(edges["child_node"]), _int32(edges["parent_node"])
    codes = _relation_codes(edges)
    accepted = np.flatnonzero(pc.equal(edges["standing"], "accepted").to_numpy())
    rows = accepted.astype(np.int32)
    parents = build_csr(child[rows], parent[rows], codes[rows], rows, n_nodes)
    children = build_csr(parent[rows], child[rows], codes[rows], rows, n_nodes)
    representative = _weight_components(child[rows], parent[rows], codes[rows], n_nodes)
    kind = _codes(nodes["kind"], KINDS)
    phantom = nodes["phantom"].to_numpy(zero_copy_only=False)
    namespace, developer = _owner_nodes(nodes)
    owner = np.where(namespace >= 0, namespace, developer)
    status = root_statuses(
        kind, phantom, _scratch(nodes), owner, parents, representative
    )
    arrays: dict[str, NDArray[Any]] = {
        "kind": kind,
        "state": _codes(nodes["state"], STATES),
        "phantom": phantom,
        "root_status": status,
        "representative": representative,
        "namespace": namespace,
        "developer": developer,
        "edge_sources": _source_bits(edges),
        "edge_disputed": edges["disputed"].to_numpy(zero_copy_only=False),
    }
    for name, csr in (("parents", parents), ("children", children)):
        arrays |= _csr_arrays(name, csr)
    return arrays


def _csr_arrays(name: str, csr: Csr) -> dict[str, NDArray[Any]]:
    return {
        f"{name}_{part}": getattr(csr, part)
        for part in ("offsets", "targets", "relations", "edges")
    }


def _weight_components(
    child: IntArray, parent: IntArray, codes: NDArray[np.int8], n_nodes: int
) -> IntArray:
    keep = BODY_RELATIONS[codes]
    child, parent = child[keep], parent[keep]
    none, rows = np.zeros(len(child), np.int8), np.arange(len(child), dtype=np.int32)
    up = build_csr(child, parent, none, rows, n_nodes)
    down = build_csr(parent, child, none, rows, n_nodes)
    return component_representatives(up.offsets, up.targets, down.offsets, down.targets)


def _codes(column: Any, words: tuple[str, ...]) -> NDArray[np.int8]:
    found = pc.index_in(column.combine_chunks(), pa.array(words, pa.string()))
    return found.to_numpy(zero_copy_only=False).astype(np.int8)  # type: ignore[no-any-return]


def _scratch(nodes: pa.Table) -> NDArray[np.int8]:
    filled = pc.fill_null(pc.cast(nodes["scratch"], pa.int8()), -1)
    return filled.to_numpy().astype(np.int8)  # type: ignore[no-any-return]


def _owner_nodes(nodes: pa.Table) -> tuple[IntArray, IntArray]:
    """Return the namespace node and the developer node of each node."""
    is_owner = pc.is_in(
        nodes["kind"], value_set=pa.array(["namespace", "developer"])
    ).to_numpy(zero_copy_only=False)
    at = np.flatnonzero(is_owner)
    owners = nodes["id"].take(pa.array(at)).combine_chunks()
    found = []
    for name in ("namespace", "developer"):
        place = pc.index_in(nodes[name].combine_chunks(), owners)
        filled = pc.fill_null(place, -1).to_numpy().astype(np.int64)
        numbers = np.append(at, -1)[filled] if len(at) else np.full(len(filled), -1)
        found.append(numbers.astype(np.int32))
    return found[0], found[1]


def _source_bits(edges: pa.Table) -> IntArray:
    lists = edges["sources"].combine_chunks()
    words = pa.array(list(SOURCE_CODE), pa.string())
    codes = pc.index_in(lists.values, words).to_numpy(zero_copy_only=False)
    offsets = lists.offsets.to_numpy()
    owner = np.repeat(np.arange(len(lists)), np.diff(offsets))
    bits = np.zeros(len(lists), np.int32)
    np.bitwise_or.at(bits, owner, (1 << codes.astype(np.int32)))
    return bits


def _columns(nodes: pa.Table) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    columns: dict[str, NDArray[Any]] = {}
    for name in ("downloads", "downloads_all_time", "likes", "parameters"):
        filled = pc.fill_null(nodes[name], UNKNOWN).to_numpy()
        columns[name] = filled.astype(np.int64)
    columns["day"] = _days(nodes)
    words: dict[str, list[str]] = {}
    for name in ("licence", "task", "library"):
        columns[name], words[name] = encode_vocabulary(nodes[name])
    return columns, words


def _days(nodes: pa.Table) -> IntArray:
    """Return the day of first release: the curated date, else the Hub's."""
    text = pc.coalesce(nodes["released"], nodes["created"]).combine_chunks()
    distinct = pc.unique(text)
    days = [
        NO_DAY if day is None else date.fromisoformat(day).toordinal() - 719163
        for day in distinct.to_pylist()
    ]
    places = pc.index_in(text, distinct).to_numpy(zero_copy_only=False)
    released: IntArray = np.array(days, np.int32)[places.astype(np.int64)]
    return released


@dataclass(frozen=True, slots=True)
class _NodeText:
    ids: Text
    names: Text
    id_order: IntArray
    search: Text
    search_nodes: IntArray


def _text(
    nodes: pa.Table, columns: dict[str, NDArray[Any]], offsets: IntArray
) -> _NodeText:
    ids = nodes["id"].to_pylist()
    names = nodes["name"].to_pylist()
    keys = [item.lower() for item in ids]
    id_order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int32)
    place = np.empty(len(keys), np.int64)
    place[id_order] = np.arange(len(keys))
    # What people mean first: downloads, likes, then what most is built on.
    order = np.lexsort(
        (
            place,
            -np.diff(offsets).astype(np.int64),
            -columns["likes"],
            -columns["downloads"],
        )
    ).astype(np.int32)
    search = to_text(
        f"{keys[node]}\t{(names[node] or '').casefold()}\n" for node in order.tolist()
    )
    return _NodeText(to_text(ids), to_text(names), id_order, search, order)


def _text_arrays(text: _NodeText) -> dict[str, NDArray[Any]]:
    return {
        "id_offsets": text.ids.offsets,
        "id_bytes": text.ids.data,
        "id_order": text.id_order,
        "name_offsets": text.names.offsets,
        "name_bytes": text.names.data,
        "search_offsets": text.search.offsets,
        "search_bytes": text.search.data,
        "search_nodes": text.search_nodes,
    }


def _alias_arrays(aliases: dict[str, str], text: _NodeText) -> dict[str, NDArray[Any]]:
    placed = [
        (alias, node)
        for alias, key in sorted(aliases.items())
        if (node := find_sorted(text.ids, text.id_order, key)) >= 0
    ]
    words = to_text(alias for alias, _ in placed)
    return {
        "alias_offsets": words.offsets,
        "alias_bytes": words.data,
        "alias_nodes": np.array([node for _, node in placed], np.int32),
    }


def _families(
    families: pa.Table, nodes: pa.Table, text: _NodeText
) -> dict[str, dict[str, Any]]:
    """Return each family with the node numbers of its members, ascending."""
    found: dict[str, dict[str, Any]] = {}
    curated = nodes["family"]
    for row in sorted(families.to_pylist(), key=lambda row: str(row["id"])):
        member: BoolArray = (
            pc.fill_null(pc.equal(curated, row["id"]), fill_value=False)
            .to_numpy(zero_copy_only=False)
            .copy()
        )
        for pattern in row["members"]:
            member[_matching(pattern.lower(), text)] = True
        found[row["id"]] = {
            "name": row["name"],
            "names": list(row["names"]),
            "developer": row["developer"],
            "document": row["document"],
            "members": np.flatnonzero(member).tolist(),
        }
    return found


def _matching(pattern: str, text: _NodeText) -> IntArray:
    """Return the nodes that an id, or a prefix with a trailing ``*``, names."""
    key = pattern.removesuffix("*").encode()
    low = bisect_key(text.ids, text.id_order, key)
    high = low
    while high < len(text.id_order):
        own = text.ids.raw(int(text.id_order[high])).lower()
        if own != key and not (pattern.endswith("*") and own.startswith(key)):
            break
        high += 1
    return text.id_order[low:high]


def _family_table(families: dict[str, dict[str, Any]]) -> pa.Table:
    return pa.table(
        {
            "family": pa.array(list(families), pa.string()),
            "name": pa.array([item["name"] for item in families.values()], pa.string()),
            "developer": pa.array(
                [item["developer"] for item in families.values()], pa.string()
            ),
            "document": pa.array(
                [item["document"] for item in families.values()], pa.string()
            ),
            "member_nodes": pa.array(
                [item["members"] for item in families.values()], pa.list_(pa.int32())
            ),
        }
    )


def _labels(nodes: pa.Table, families: dict[str, dict[str, Any]]) -> list[list[str]]:
    """Return (case-folded friendly name, id) pairs, sorted."""
    named = nodes.filter(
        pc.or_(
            pc.is_valid(nodes["name"]),
            pc.greater(pc.list_value_length(nodes["names"]), 0),
        )
    )
    labels = {
        (label.casefold(), row["id"])
        for row in named.select(["id", "name", "names"]).to_pylist()
        for label in (row["name"], *row["names"])
        if label
    }
    for slug, family in families.items():
        for label in (slug, family["name"], *family["names"]):
            labels.add((label.casefold(), f"family:{slug}"))
    return [list(pair) for pair in sorted(labels)]


def _counts(nodes: pa.Table, edges: pa.Table, claims: pa.Table) -> dict[str, Any]:
    def tally(column: Any) -> dict[str, int]:
        return dict(sorted(Counter(column.to_pylist()).items()))

    return {
        "nodes": tally(nodes["kind"]),
        "states": tally(nodes["state"]),
        "root_statuses": tally(nodes["root_status"]),
        "phantoms": int(pc.sum(nodes["phantom"]).as_py() or 0),
        "edges": tally(
            edges["relation"].filter(pc.equal(edges["standing"], "accepted"))
        ),
        "standings": tally(edges["standing"]),
        "disputed": int(pc.sum(edges["disputed"]).as_py() or 0),
        "claims": tally(claims["source"]),
    }
