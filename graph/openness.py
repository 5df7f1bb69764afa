"""The ``openness`` table: what an index judges of systems, criterion by criterion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from headwater.graph.arrays import find_sorted
from headwater.graph.node_text import NodeText

CRITERIA: Final = (
    "datasources_basemodel", "datasources_endmodel", "weights_basemodel",
    "weights_endmodel", "trainingcode", "code", "hardware_architecture", "preprint",
    "paper", "modelcard", "datasheet", "package", "api", "licenses",
)  # fmt: skip
"""The criteria in the order of the European Open Source AI Index: availability,
documentation, access. See https://osai-index.eu/."""

CLASSES: Final = ("open", "partial", "closed")
"""From most to least open."""

SCHEMA: Final = pa.schema(
    [("system", pa.string()), ("end_model", pa.string()), ("base_model", pa.string()),
     ("criterion", pa.string()), ("openness", pa.string()),
     ("links", pa.list_(pa.field("l", pa.string()))), ("note", pa.string()),
     ("source", pa.string()), ("document", pa.string()), ("seen", pa.string())]
)  # fmt: skip


def openness_table(
    judgements: pa.Table, aliases: Mapping[str, str], text: NodeText
) -> pa.Table:
    """Return the ``openness`` table, ordered by system, then criterion.

    Parameters
    ----------
    judgements : pyarrow.Table
        As the sources give them. Of a document that was read on several days the newest
        reading counts.
    aliases : mapping of str to str
        Alias key -> key, chains already followed.
    text : NodeText
        Ids of the nodes; models are named as their nodes are.

    Notes
    -----
    O(n log n); an index has some hundred systems.
    """
    newest: dict[str, str] = {}
    rows = judgements.to_pylist()
    for row in rows:
        document = row["document"]
        newest[document] = max(newest.get(document, ""), row["seen"])
    kept: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=_content):
        if row["seen"] == newest[row["document"]]:
            kept.setdefault((row["system"], row["criterion"], row["document"]), row)
    order = {name: place for place, name in enumerate(CRITERIA)}
    ordered = sorted(
        kept.values(),
        key=lambda row: (row["system"], row["document"],
                         order.get(row["criterion"], len(order)), row["criterion"]),
    )  # fmt: skip
    for row in ordered:
        for end in ("end_model", "base_model"):
            row[end] = _node_id(row[end], aliases, text)
    columns = [
        pa.array([row[item.name] for row in ordered], item.type) for item in SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _content(row: Mapping[str, Any]) -> str:
    # Any total order makes the table independent of the order of the claims.
    return repr(sorted(row.items()))


def _node_id(
    given: str | None, aliases: Mapping[str, str], text: NodeText
) -> str | None:
    """Return the id of the node that an id stands for; as given if there is none."""
    if given is None:
        return None
    key = given.lower()
    node = find_sorted(text.ids, text.id_order, aliases.get(key, key))
    return text.ids[node] if node >= 0 else given
