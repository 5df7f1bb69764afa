"""Columns of words as codes: the same values as the column itself, null as -1."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.graph.claim_tables import to_tables
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.overlay import overlay
from tests.drawing import draw, draw_batch


def words(graph: LineageGraph, column: str) -> list[str | None]:
    codes, found = graph.node_codes(column)
    return [found[code] if code >= 0 else None for code in codes.tolist()]


@pytest.mark.parametrize("column", ["licence_status", "kind", "task", "namespace"])
def test_codes_stand_for_the_values_of_the_column(
    tmp_path: Path, catalogue: LineageGraph, column: str
) -> None:
    assert (
        words(catalogue, column) == catalogue.node_table([column])[column].to_pylist()
    )
    base = draw(tmp_path, "b finetune a", phantoms=("a",))
    update = draw_batch("c adapter b", "p/a finetune b")
    graph = overlay(base, to_tables([update]))
    assert words(graph, column) == graph.node_table([column])[column].to_pylist()
    assert len(words(graph, column)) == graph.n_nodes
