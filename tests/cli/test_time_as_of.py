"""``--as-of`` on the commands about one artefact."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.queries.lineage import lineage
from headwater.queries.search import search
from headwater.queries.show import show
from headwater.queries.what_breaks import what_breaks
from tests.cli.conftest import Run
from tests.drawing import draw_batch

LINES = ("b finetune a", "c adapter b", "d merge b", "d merge undated", "b method m")
DAYS = {
    "a": "2023-01-01", "b": "2023-06-01", "c": "2024-01-01", "d": "2025-01-01",
    "m": "2024-06-01",
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dated")
    batch = draw_batch(*LINES, days=DAYS, scratch=("a",))
    content = compile_snapshot(to_tables([batch]))
    SnapshotStore(path).publish(content, [], datetime(2026, 1, 1, tzinfo=UTC))
    return path


def relatives(graph: LineageGraph, name: str, day: date) -> set[str]:
    answer = lineage(graph, name, as_of=day)
    return {item.id for item in (*answer.ancestors, *answer.descendants)}


def test_lineage_leaves_out_what_came_later(run: Run, data: Path) -> None:
    def edges(*day: str) -> set[tuple[str, str]]:
        answer: Any = run(
            "lineage", "o/b", "--json", *day, "--data-dir", str(data)
        ).json
        return {(item["child"], item["parent"]) for item in answer["edges"]}

    assert edges("--as-of", "2023-06-01") == {("o/b", "o/a")}
    assert edges("--as-of", "2024-01-01") == {("o/b", "o/a"), ("o/c", "o/b")}
    # A recipe that was not published yet is no recipe.
    assert ("o/b", "o/m") in edges("--as-of", "2024-06-01")
    assert edges() == edges("--as-of", "2025-01-01")


def test_show_counts_the_edges_of_that_day(run: Run, data: Path) -> None:
    def children(day: str) -> tuple[int, int]:
        ran = run("show", "o/b", "--as-of", day, "--json", "--data-dir", str(data))
        answer: Any = ran.json
        assert answer["as_of"] == day
        return answer["n_parents"], answer["n_children"]

    assert children("2023-06-01") == (1, 0)
    assert children("2024-02-01") == (1, 1)
    assert children("2025-02-01") == (1, 2)
    ran = run("show", "o/b", "--as-of", "2024-02-01", "--data-dir", str(data))
    assert "1 / 1 (as of 2024-02-01; the rest is of today)" in ran.out


def test_search_finds_what_was_there(run: Run, data: Path) -> None:
    def found(*day: str) -> set[str]:
        ran = run("search", "o/", "--json", *day, "--data-dir", str(data))
        answer: Any = ran.json
        return {item["id"] for item in answer}

    assert found("--as-of", "2023-06-01") == {"o/a", "o/b", "o/undated"}
    assert found() == {"o/a", "o/b", "o/c", "o/d", "o/m", "o/undated"}
    ran = run("search", "o/d", "--as-of", "2023-06-01", "--data-dir", str(data))
    assert "o/d" not in ran.out  # what comes near is shown instead


def test_why_says_which_claims_were_seen_later(run: Run, data: Path) -> None:
    ran = run("why", "o/b", "o/a", "--as-of", "2023-07-01", "--data-dir", str(data))
    assert ran.code == 0
    assert "1 of 1 claims were first seen after 2023-07-01" in ran.out
    answer: Any = run("why", "o/b", "o/a", "--json", "--data-dir", str(data)).json
    assert answer[0]["later"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("lineage", "o/d"),
        ("show", "o/d"),
        ("why", "o/d", "o/b"),
        ("what-breaks", "o/d"),
    ],
)
def test_what_was_not_there_yet_is_told(
    run: Run, data: Path, arguments: tuple[str, ...]
) -> None:
    """An empty answer would read as if nothing stood on it."""
    ran = run(*arguments, "--as-of", "2024-12-31", "--data-dir", str(data))
    assert (ran.code, ran.out) == (2, "")
    assert (
        "o/d was not there on 2024-12-31: the first release was on 2025-01-01"
        in ran.err
    )
    assert run(*arguments, "--as-of", "2025-01-01", "--data-dir", str(data)).code == 0
    assert run(*arguments, "--as-of", "soon", "--data-dir", str(data)).code == 2


@settings(max_examples=30)
@given(days=st.lists(st.integers(0, 1500), min_size=2, max_size=2))
def test_a_later_day_has_all_of_an_earlier_one(data: Path, days: list[int]) -> None:
    graph = LineageGraph(SnapshotStore(data).current())
    first, second = (date(2022, 6, 1) + timedelta(days=n) for n in sorted(days))
    hits = [
        {hit.id for hit in search(graph, "o/", as_of=day)} for day in (first, second)
    ]
    assert hits[0] <= hits[1]
    for name in hits[0]:
        assert relatives(graph, name, first) <= relatives(graph, name, second)
        assert (
            show(graph, name, first).n_children <= show(graph, name, second).n_children
        )
        answers = [
            what_breaks(graph, [name], ("deleted",), as_of=day)
            for day in (first, second)
        ]
        victims = [{item.id for item in one.outcomes[0].victims} for one in answers]
        assert victims[0] <= victims[1]
    for name in hits[1] - hits[0] - {"@o"}:
        with pytest.raises(InvalidArgumentError, match="was not there"):
            lineage(graph, name, as_of=first)
