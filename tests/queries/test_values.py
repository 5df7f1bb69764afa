"""Values that models can be selected by, counted by plain Python."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from headwater.errors import InvalidArgumentError
from headwater.graph.claims import Record
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.concentration import concentration
from headwater.queries.values import selectable_values
from tests.drawing import DAY, draw_batch, publish


def test_values_of_models_alone_are_counted(tmp_path: Path) -> None:
    batch = draw_batch()
    for number, (task, languages) in enumerate(
        [("fill-mask", ("en", "de")), ("fill-mask", ("en",)), ("asr", ()), (None, ())]
    ):
        batch.records.append(
            Record(
                f"o/m{number}", "model", "hub", "https://x", DAY, task=task,
                language=languages or None,
            )
        )  # fmt: skip
    batch.records.append(
        Record("datasets/o/d", "dataset", "hub", "https://x", DAY, task="other")
    )
    found = selectable_values(publish(tmp_path, batch))
    assert [(item.value, item.models) for item in found.task] == [
        ("fill-mask", 2), ("asr", 1),
    ]  # fmt: skip
    assert [(item.value, item.models) for item in found.language] == [
        ("en", 2), ("de", 1),
    ]  # fmt: skip
    assert (found.licence, found.library) == ((), ())
    assert len(selectable_values(publish(tmp_path, batch), 1).task) == 1
    with pytest.raises(InvalidArgumentError):
        selectable_values(publish(tmp_path, batch), 0)


def test_each_value_selects_as_many_models(catalogue: LineageGraph) -> None:
    found = selectable_values(catalogue)
    table = catalogue.node_table(["kind", "task"]).to_pylist()
    tasks = Counter(
        row["task"] for row in table if row["kind"] == "model" and row["task"]
    )
    assert {item.value: item.models for item in found.task} == dict(tasks)
    for name in ("task", "licence", "library", "language"):
        for item in getattr(found, name)[:3]:
            chosen = concentration(catalogue, {name: item.value}, limit=1)
            assert chosen.n_models == item.models
