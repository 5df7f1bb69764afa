"""Families and friendly names: what people call artefacts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.arrays import bisect_key
from headwater.graph.kernels.csr import IntArray
from headwater.graph.node_table import NodeFields, vocabulary
from headwater.graph.node_text import NodeText
from headwater.graph.schema import KINDS


def read_families(
    families: pa.Table, fields: NodeFields, text: NodeText
) -> dict[str, dict[str, Any]]:
    """Return each family with the node numbers of its members, ascending."""
    found: dict[str, dict[str, Any]] = {}
    codes, slugs = vocabulary(fields, "family")
    for row in sorted(families.to_pylist(), key=lambda row: str(row["id"])):
        members = set()
        if row["id"] in slugs:
            members |= set(np.flatnonzero(codes == slugs.index(row["id"])).tolist())
        for pattern in row["members"]:
            members |= set(_matching(pattern.lower(), text).tolist())
        found[row["id"]] = {
            "name": row["name"],
            "names": list(row["names"]),
            "developer": row["developer"],
            "document": row["document"],
            "members": sorted(members),
        }
    return found


def _matching(pattern: str, text: NodeText) -> IntArray:
    """Return the nodes that an id, or a prefix with a trailing ``*``, names."""
    key = pattern.removesuffix("*").encode()
    # No byte of UTF-8 is 0xff, so this stands after all that begins with the key.
    end = key + (b"\xff" if pattern.endswith("*") else b"\0")
    low = bisect_key(text.ids, text.id_order, key)
    return text.id_order[low : bisect_key(text.ids, text.id_order, end)]


def family_table(families: dict[str, dict[str, Any]]) -> pa.Table:
    """Return the ``families`` table."""
    columns: dict[str, Any] = {"family": pa.array(list(families), pa.string())}
    for name in ("name", "developer", "document"):
        values = [item[name] for item in families.values()]
        columns[name] = pa.array(values, pa.string())
    members = [item["members"] for item in families.values()]
    columns["member_nodes"] = pa.array(members, pa.list_(pa.int32()))
    return pa.table(columns)


def friendly_names(
    fields: NodeFields, families: dict[str, dict[str, Any]]
) -> list[list[str]]:
    """Return (case-folded friendly name, id) pairs, sorted.

    Not the full name of a namespace: its owner chose it, and may have chosen somebody
    else's. It is shown beside the id, and means nothing by itself.
    """
    name, names = fields.whole("name"), fields.whole("names")
    has_names = pc.fill_null(pc.greater(pc.list_value_length(names), 0), False)
    is_curated = pa.array(fields.kind != KINDS.index("namespace"))
    named = pc.indices_nonzero(
        pc.and_(pc.or_(pc.is_valid(name), has_names), is_curated)
    )
    rows = pa.table(
        {item: column.take(named) for item, column in
         (("id", fields.ids), ("name", name), ("names", names))}
    )  # fmt: skip
    labels = {
        (label.casefold(), row["id"])
        for row in rows.to_pylist()
        for label in (row["name"], *(row["names"] or ()))
        if label
    }
    for slug, family in families.items():
        for label in (slug, family["name"], *family["names"]):
            labels.add((label.casefold(), f"family:{slug}"))
    return [list(pair) for pair in sorted(labels)]
