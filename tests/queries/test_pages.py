"""Pages of lineage and of what breaks, put together, are the whole answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.lineage import lineage
from headwater.queries.what_breaks import what_breaks
from tests.drawing import draw


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    lines = [f"c{number} finetune root" for number in range(7)]
    lines += [f"d{number} adapter c{number % 3}" for number in range(6)]
    return draw(
        tmp_path_factory.mktemp("pages"), *lines, "c0 merge c1", "root finetune old",
        scratch=("old",), downloads={"c3": 50, "d1": 9},
    )  # fmt: skip


@given(st.integers(1, 20))
def test_pages_of_lineage_add_up(graph: LineageGraph, size: int) -> None:
    whole = lineage(graph, "o/root")
    pages = [
        lineage(graph, "o/root", limit=size, skip=skip) for skip in range(0, 20, size)
    ]
    assert [item for page in pages for item in page.descendants] == list(
        whole.descendants
    )
    assert [item for page in pages for item in page.ancestors] == list(whole.ancestors)
    # Every edge is told with the later of its two ends.
    assert {edge for page in pages for edge in page.edges} == set(whole.edges)
    assert all(page.n_descendants == whole.n_descendants for page in pages)


@given(st.integers(1, 20))
def test_pages_of_victims_add_up(graph: LineageGraph, size: int) -> None:
    whole = what_breaks(graph, ["o/old"])
    for place, outcome in enumerate(whole.outcomes):
        pages = [
            what_breaks(graph, ["o/old"], limit=size, skip=skip).outcomes[place]
            for skip in range(0, 20, size)
        ]
        listed = [victim for page in pages for victim in page.victims]
        assert listed == list(outcome.victims)
        assert pages[0].truncated == max(0, len(outcome.victims) - size)
        assert pages[-1].truncated == 0


def test_nothing_is_passed_over_backwards(graph: LineageGraph) -> None:
    with pytest.raises(InvalidArgumentError, match="negative"):
        lineage(graph, "o/root", skip=-1)


def test_a_page_past_the_end_is_empty(tmp_path: Path) -> None:
    graph = draw(tmp_path, "b finetune a")
    page = lineage(graph, "o/a", limit=5, skip=5)
    assert (page.descendants, page.edges, page.n_descendants) == ((), (), 1)
