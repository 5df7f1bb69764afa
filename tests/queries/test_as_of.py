from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from headwater.queries.as_of import nodes_as_of, released_by, undated
from tests.drawing import draw


def test_who_takes_part_on_a_day(tmp_path: Path) -> None:
    """Undated nodes take part in the graph, and are told apart from the dated."""
    graph = draw(
        tmp_path, "b finetune a", "c finetune b", nodes=("d",), phantoms=("a",),
        days={"b": "2024-01-10", "c": "2024-02-01"},
    )  # fmt: skip
    a, b, c, d = (graph.find(f"o/{name}") for name in "abcd")

    def names(mask: object) -> set[int]:
        return {node for node in (a, b, c, d) if mask[node]}  # type: ignore[index]

    assert names(undated(graph)) == {a, d}
    assert names(nodes_as_of(graph, date(2024, 1, 9))) == {a, d}
    assert names(nodes_as_of(graph, date(2024, 1, 10))) == {a, b, d}
    assert names(released_by(graph, date(2024, 1, 10))) == {b}
    assert names(released_by(graph, date(2024, 2, 1))) == {b, c}
    day, before = date(2023, 12, 1), None
    while day < date(2024, 3, 1):
        masks = nodes_as_of(graph, day), released_by(graph, day)
        if before is not None:
            assert all(
                (old <= new).all() for old, new in zip(before, masks, strict=True)
            )
        before, day = masks, day + timedelta(days=7)
