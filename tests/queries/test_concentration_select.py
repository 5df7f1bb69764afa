"""Which models are selected, and what is said of those that nobody knows enough about."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from headwater.errors import InvalidArgumentError
from headwater.graph.claims import ClaimBatch, Record
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.concentration_select import (
    SIZES,
    WHERE,
    select_models,
    weigh_models,
)
from tests.drawing import DAY, publish

FIELDS: dict[str, dict[str, object]] = {
    "o/a": {"task": "text-generation", "licence": "mit", "library": "gguf",
            "language": ["en", "de"], "parameters": 999_999_999, "access": "open"},
    "o/b": {"task": "fill-mask", "licence": "MIT", "language": ["fr"],
            "parameters": 10**9, "access": "gated", "downloads": 0, "likes": 4},
    "o/c": {"task": "text-generation", "parameters": 7 * 10**10, "downloads": 5},
    "o/d": {"parameters": 10**11},
    "o/e": {},
}  # fmt: skip


@pytest.fixture
def graph(tmp_path: Path) -> LineageGraph:
    batch = ClaimBatch()
    for name, values in FIELDS.items():
        fields = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in values.items()
        }
        batch.records.append(
            Record(name, "model", "hub", "https://x", DAY, state="present", **fields)  # type: ignore[arg-type]
        )
    return publish(tmp_path, batch)


def names(graph: LineageGraph, mask: object) -> str:
    return "".join(graph.ids[node][2:] for node in np.flatnonzero(mask))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("where", "fits", "unknown"),
    [
        ({}, "abcde", 0),
        ({"task": "text-generation"}, "ac", 2),
        ({"task": "Text-Generation, fill-mask"}, "abc", 2),
        ({"licence": "mit"}, "ab", 3),
        ({"language": "de"}, "a", 3),
        ({"language": "en,FR"}, "ab", 3),
        ({"size": "under-1b"}, "a", 1),
        ({"size": "1b-10b"}, "b", 1),
        ({"size": "10b-100b,over-100b"}, "cd", 1),
        ({"task": "text-generation", "licence": "mit"}, "a", 3),
        ({"task": "fill-mask", "size": "1b-10b"}, "b", 1),
    ],
)
def test_what_is_selected(
    graph: LineageGraph, where: dict[str, str], fits: str, unknown: int
) -> None:
    """A model that is known not to fit one value is not among the unknown."""
    found = select_models(graph, where)
    assert (names(graph, found.models), found.n_unknown) == (fits, unknown)


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ({"colour": "red"}, "there are task"),
        ({"task": "text-generatoin"}, "text-generation"),
        ({"size": "7b"}, "under-1b"),
        ({"language": "xx"}, "no model has language=xx; there are de, en, fr"),
        ({"access": "free"}, "api, closed, gated, gone, open"),
        ({"task": " , "}, "needs a value"),
        ({"task": "fill-mask", "size": "under-1b"}, "no model is selected"),
    ],
)
def test_what_nothing_has(
    graph: LineageGraph, where: dict[str, str], hint: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=hint):
        select_models(graph, where)


def test_access_is_the_curators_word_else_the_state_on_the_hub(tmp_path: Path) -> None:
    """Off the Hub "present" says nothing of how the weights can be had."""
    batch = ClaimBatch()
    for name, state, access in (
        ("o/a", "present", None), ("b", "gated", None), ("o/c", "gone", None),
        ("o/d", "disabled", None), ("off-hub/x/e", "present", None),
        ("off-hub/x/f", "present", "api"), ("off-hub-x/g", "present", None),
        ("o/h", "present", "closed"),
    ):  # fmt: skip
        batch.records.append(
            Record(name, "model", "hub", "https://x", DAY, state=state, access=access)
        )
    graph = publish(tmp_path, batch)
    for value, wanted in (
        ("open", "ag"), ("gated", "b"), ("gone", "c"), ("api", "f"), ("closed", "h"),
        ("Open, API", "afg"),
    ):  # fmt: skip
        found = select_models(graph, {"access": value})
        ids = [graph.ids[node] for node in np.flatnonzero(found.models)]
        assert "".join(sorted(item[-1] for item in ids)) == wanted
        assert found.n_unknown == 2


def test_no_figure_is_not_zero(graph: LineageGraph) -> None:
    models = select_models(graph, {}).models
    mass, lacking = weigh_models(graph, models, "downloads")
    assert {graph.ids[n]: mass[n] for n in np.flatnonzero(models & ~lacking)} == {
        "o/b": 0.0, "o/c": 5.0,
    }  # fmt: skip
    assert names(graph, lacking) == "ade"
    assert names(graph, weigh_models(graph, models, "likes")[1]) == "acde"
    assert not weigh_models(graph, models, "models")[1].any()
    with pytest.raises(InvalidArgumentError, match="downloads, likes"):
        weigh_models(graph, models, "stars")


def test_size_classes_follow_each_other() -> None:
    bounds = list(SIZES.values())
    assert all(low[1] == high[0] for low, high in pairwise(bounds))
    assert "size" in WHERE
