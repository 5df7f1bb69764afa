"""A small graph with hostile text, zeros and gaps, and what an export must say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from headwater.graph.claims import Alias, Claim, ClaimBatch, Family, Record
from headwater.graph.lineage_graph import LineageGraph
from tests.drawing import DAY, draw_batch, publish

HOSTILE = (
    "plain",
    "<script>alert('&amp;')</script> & \"quoted\" ]]> --> <!--",
    "controls \x00\x01\x08\x0b\x1f\x7f\x85 end",
    "line\r\nends\rand\ttabs\n",
    "turned \u202e\u2066around\u2069\u202c \u200f \u061c \ufeff",
    "separators \u2028 \u2029, no characters \ufffe \uffff, astral \U0001f9ec",
    r"looks escaped: \u0001 \u005c \\u0041 \n {\"a\": 1} C:\users",
    " leading and trailing ",
    "=HYPERLINK(1), {{7*7}}, ${x}, %s, %0A",
)
"""Texts that break careless writers."""


def hostile_graph(path: Path) -> LineageGraph:
    """Return a snapshot whose names, notes, lists and documents are hostile."""
    batch = draw_batch(
        "b finetune a", "c merge b", "c merge a", "m trained_on data-d",
        "app-x uses c", "q quantized b", "new successor_of a", "new finetune a",
        "copy mirror_of a", "b method z", "self finetune self",
        phantoms=("z",), downloads={"a": 0, "b": 7, "c": 2**40},
        owners={"o": "someone"},
    )  # fmt: skip
    for number, text in enumerate(HOSTILE):
        batch.records.append(
            Record(
                f"o/h{number}", "model", "catalog", f"https://x/{text}", DAY, name=text,
                names=(text, f"other {text}"), note=text, licence=text, task="t",
                language=("en", "fr") if number % 2 else (), scratch=number % 2 == 0,
                parameters=0 if number == 0 else None, likes=0, absent=("licence",),
            )
        )  # fmt: skip
        batch.claims.append(
            Claim(
                f"o/h{number}", "model", "o/a", "model", "finetune", "catalog",
                f"https://x/{text}", DAY, DAY, raw=text, note=text,
                primary=number % 2 == 0, confidence=0.1 * (number + 1),
            )
        )  # fmt: skip
    batch.claims.append(
        Claim("o/q", "model", "o/a", "model", "finetune", "catalog", "https://x/no",
              DAY, DAY, stance="denies", primary=True)
    )  # fmt: skip
    batch.aliases.append(Alias("o/old-a", "o/a", "rename", "hub", "https://x", DAY))
    batch.families.append(Family("fam", "Fam", (), None, ("o/h*",), "https://x"))
    return publish(path, batch, ClaimBatch())


def table(graph: LineageGraph, name: str) -> list[dict[str, Any]]:
    """Return the rows of a public table."""
    rows: list[dict[str, Any]] = pq.read_table(
        graph.directory / "tables" / f"{name}.parquet"
    ).to_pylist()
    return rows


def known(row: dict[str, Any], *left_out: str) -> dict[str, Any]:
    """Return what is known in a row: no null, no empty list."""
    return {
        name: value
        for name, value in row.items()
        if name not in left_out and value is not None and value != []
    }


def told_nodes(
    graph: LineageGraph, *, owners: bool = False
) -> dict[str, dict[str, Any]]:
    """Return what an export tells of each node."""
    kinds = ("namespace", "developer")
    return {
        row["id"]: known(row, "node", "id")
        for row in table(graph, "nodes")
        if owners or row["kind"] not in kinds
    }


def told_edges(
    graph: LineageGraph, *, all_edges: bool = False
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return what an export tells of each edge, by child, parent and relation."""
    return {
        (row["child"], row["parent"], row["relation"]): known(
            row, "edge", "child", "parent", "child_node", "parent_node"
        )
        for row in table(graph, "edges")
        if all_edges or row["standing"] == "accepted"
    }


def read_lists(row: dict[str, Any]) -> dict[str, Any]:
    """Return attributes of a format without lists, JSON texts read."""
    lists = ("names", "language", "absent", "sources")
    return {
        name: json.loads(value) if name in lists else value
        for name, value in row.items()
    }
