"""The public tables as data: columns with their types, and how many rows go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.graph import edge_table, node_table
from headwater.graph.columns import ROWS_PER_PART
from headwater.graph.data_dictionary import TABLES
from headwater.graph.openness import SCHEMA as OPENNESS_SCHEMA


def _texts(table: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in TABLES[table]])


SCHEMAS: Final[dict[str, pa.Schema]] = {
    "nodes": node_table.SCHEMA,
    "edges": edge_table.EDGE_SCHEMA,
    "claims": edge_table.CLAIM_SCHEMA,
    "aliases": _texts("aliases"),
    "ownership": _texts("ownership"),
    "families": pa.schema(
        [
            (name, pa.list_(pa.int32()) if name == "member_nodes" else pa.string())
            for name in TABLES["families"]
        ]
    ),
    "openness": OPENNESS_SCHEMA,
}


PARTS: Final = dict.fromkeys(SCHEMAS, ROWS_PER_PART) | {
    "nodes": node_table.ROWS, "edges": edge_table.ROWS, "claims": edge_table.ROWS,
}  # fmt: skip
"""How many rows of each table are made and written at a time."""


def writing(directory: Path) -> dict[str, Any]:
    """Return what the bytes of a snapshot's tables depend on, besides their rows.

    Returns
    -------
    dict
        ``by``: the version of the library that wrote them; ``parts``: the rows that go
        together in each table.
    """
    parts = dict(PARTS)
    by = ""
    for name in parts:
        metadata = pq.read_metadata(directory / "tables" / f"{name}.parquet")
        by = metadata.created_by
        # Of more than one group all but the last are full.
        if metadata.num_row_groups > 1:
            parts[name] = metadata.row_group(0).num_rows
    return {"by": by, "parts": parts}
