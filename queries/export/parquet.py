"""The public tables as plain Parquet files for Spark, DuckDB, polars and pandas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.graph.data_dictionary import TABLES
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.progress import Progress
from headwater.graph.snapshot import sha256_of
from headwater.queries.export.files import MARK, write_mark
from headwater.queries.export.selection import Selection, table_parts

_GROUP: Final = 262_144
"""Rows of a row group: enough for a reader to be busy with, few enough to hold."""


def write_parquet(selection: Selection, folder: Path, progress: Progress) -> None:
    """Write the tables of a selection into an empty folder, with what they mean.

    Every edge of the tables is there, whatever its standing; a selection has the rows
    that speak of its nodes and edges.
    """
    tables = {name: _write_table(selection, name, folder, progress) for name in TABLES}
    write_mark(
        folder, selection.graph.manifest,
        {"format": "parquet", "around": selection.around, "tables": tables},
    )  # fmt: skip
    readme = _readme(json.loads((folder / MARK).read_text(encoding="utf-8")))
    (folder / "README.md").write_text(readme, encoding="utf-8")


def _write_table(
    selection: Selection, name: str, folder: Path, progress: Progress
) -> dict[str, Any]:
    source = selection.graph.directory / "tables" / f"{name}.parquet"
    path = folder / f"{name}.parquet"
    schema = pq.read_schema(source)
    rows = _rows(selection, name)
    progress.start(name, len(rows), unit="rows")
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as made:
        parts = table_parts(selection.graph, name, rows, schema.names)
        for group in _grouped(parts):
            if name == "families":
                group = _members_within(group, selection)
            made.write_table(group, row_group_size=_GROUP)
            progress.advance(group.num_rows)
    progress.finish()
    return {
        "file": path.name,
        "rows": len(rows),
        "sha256": sha256_of(path),
        "columns": [
            {"name": item.name, "type": _type(item.type),
             "meaning": TABLES[name][item.name]}
            for item in schema
        ],
    }  # fmt: skip


def _type(kind: pa.DataType) -> str:
    return f"list<{kind.value_type}>" if pa.types.is_list(kind) else str(kind)


def _grouped(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Put small parts together until they make a row group."""
    waiting: list[pa.Table] = []
    n_rows = 0
    for part in parts:
        if waiting and n_rows + part.num_rows > _GROUP:
            yield pa.concat_tables(waiting)
            waiting, n_rows = [], 0
        waiting.append(part)
        n_rows += part.num_rows
    if waiting:
        yield pa.concat_tables(waiting)


def _rows(selection: Selection, name: str) -> IntArray:
    """Return the rows of a table that speak of the selection."""
    if name == "nodes":
        return selection.nodes
    if name == "edges":
        return selection.edges
    if name == "claims":
        return selection.claim_rows()
    path = selection.graph.directory / "tables" / f"{name}.parquet"
    n_rows = pq.read_metadata(path).num_rows
    if selection.around is None:
        return np.arange(n_rows, dtype=np.int32)
    return np.flatnonzero(_speaks_of(selection, pq.read_table(path))).astype(np.int32)


def _speaks_of(selection: Selection, table: pa.Table) -> BoolArray:
    """Return which rows of a small table name a node of the selection."""
    keep = np.zeros(table.num_rows, np.bool_)
    ids = pa.array([selection.graph.ids[node] for node in selection.nodes.tolist()])
    for column in ("id", "child", "end_model", "base_model"):
        if column in table.schema.names:
            found = pc.is_in(table[column], value_set=ids)
            keep |= found.to_numpy(zero_copy_only=False)
    if "member_nodes" in table.schema.names:
        lists = table["member_nodes"].to_pylist()
        chosen = set(selection.nodes.tolist())
        keep |= np.array([not chosen.isdisjoint(item) for item in lists], np.bool_)
    return keep


def _members_within(families: pa.Table, selection: Selection) -> pa.Table:
    """Return families with those of their members that are in the selection."""
    chosen = set(selection.nodes.tolist())
    lists = [
        [node for node in item if node in chosen]
        for item in families["member_nodes"].to_pylist()
    ]
    at = families.schema.get_field_index("member_nodes")
    field = families.schema.field(at)
    return families.set_column(at, field, pa.array(lists, field.type))


def _readme(value: dict[str, Any]) -> str:
    what = value["around"] and f"the lineage of `{value['around']}` in "
    lines = [
        "# Lineage of AI models as tables",
        "",
        f"This is {what or ''}snapshot `{value['snapshot']}` of {value['created']}, "
        f"written by {value['written_by']}.",
        "",
        "One Parquet file a table (zstd). An edge leads from `child` to the `parent` that "
        "it stands on; numbers of nodes and edges join the tables within this folder only. "
        "What is not known is null, never 0.",
        "",
        "```python",
        "import duckdb",
        "duckdb.sql(\"SELECT relation, count(*) FROM 'edges.parquet' GROUP BY 1\")",
        "",
        "edges = spark.read.parquet('edges.parquet')  # PySpark",
        "```",
    ]
    for table in value["tables"].values():
        lines += ["", f"## {table['file']}: {table['rows']:,} rows", ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        lines += [
            f"| `{item['name']}` | {item['type']} | {item['meaning']} |"
            for item in table["columns"]
        ]
    return "\n".join(lines) + "\n"
