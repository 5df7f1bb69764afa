"""Drift of licences along edges, counted by hand and by a plain loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATIONS
from headwater.queries.licence_drift import Drift, licence_drift
from headwater.queries.licence_table import licence_table
from tests.queries.licensed import NONE, draw_licensed


def test_worked_by_hand(tmp_path: Path) -> None:
    """Five fine-tunes of one: same, dropped, stricter, none declared, not named.

    And a quantised one, by the same owner, under other terms; a distilled one does not
    count.
    """
    graph = draw_licensed(
        tmp_path, "q/b finetune p/a", "q/c finetune p/a", "q/d finetune p/a",
        "q/e finetune p/a", "q/f finetune p/a", "p/g quantized p/a",
        "q/h distilled_from p/a",
        licences={
            "p/a": "apache-2.0", "q/b": "Apache 2.0", "q/c": "cc0-1.0",
            "q/d": "cc-by-nc-4.0", "q/e": NONE, "q/f": "other", "p/g": "mit",
            "q/h": "mit",
        },
    )  # fmt: skip
    answer = licence_drift(graph)
    assert answer.by_relation == (
        Drift("all", 6, 4, 3, 0.75, 1, 1, 0, 0, None, 1, 1, 0),
        Drift("finetune", 5, 3, 2, 2 / 3, 1, 1, 0, 0, None, 0, 1, 0),
        Drift("quantized", 1, 1, 1, 1.0, 0, 0, 0, 0, None, 1, 0, 0),
    )
    assert [(item.parent, item.child, item.edges) for item in answer.transitions] == [
        ("apache-2.0", "cc-by-nc-4.0", 1), ("apache-2.0", "cc0-1.0", 1),
        ("apache-2.0", "mit", 1),
    ]  # fmt: skip
    assert licence_drift(graph, 1).truncated == 2


def test_of_parents_that_ask_for_more_than_attribution_some_are_loosened(
    tmp_path: Path,
) -> None:
    """Kept, loosened, only attribution dropped; the last parent asks no more than that."""
    graph = draw_licensed(
        tmp_path, "q/b finetune p/a", "q/c finetune p/a", "q/d adapter p/x",
        licences={"p/a": "cc-by-nc-4.0", "q/b": "cc-by-nc-sa-4.0", "q/c": "mit",
                  "p/x": "mit", "q/d": "unlicense"},
    )  # fmt: skip
    every, finetune, _ = sorted(
        licence_drift(graph).by_relation, key=lambda item: -item.pairs
    )
    assert (every.pairs, every.drops, every.bound, every.loosened) == (3, 2, 2, 1)
    assert finetune.loosened_share == 0.5


def test_licences_that_are_not_listed_are_the_same_by_their_words(
    tmp_path: Path,
) -> None:
    graph = draw_licensed(
        tmp_path, "q/b finetune p/a", "q/c finetune p/a", "q/d finetune q/e",
        licences={"p/a": "strange", "q/b": "Strange", "q/c": "stranger", "q/e": NONE,
                  "q/d": "mit"},
    )  # fmt: skip
    everything = licence_drift(graph).by_relation[0]
    assert (everything.pairs, everything.differ, everything.drops) == (2, 1, 0)
    assert everything.parent_absent == 1


def test_without_edges_there_is_no_share(tmp_path: Path) -> None:
    graph = draw_licensed(tmp_path, nodes=("a",), licences={"a": "mit"})
    assert licence_drift(graph).by_relation == (
        Drift("all", 0, 0, 0, None, 0, 0, 0, 0, None, 0, 0, 0),
    )
    with pytest.raises(InvalidArgumentError):
        licence_drift(graph, -1)


def test_the_catalogue_agrees_with_a_plain_loop(catalogue: LineageGraph) -> None:
    table, rows = licence_table(), catalogue.parents
    flows = {item.name: item.flow in ("weights", "same_bytes") for item in RELATIONS}
    pairs = differ = 0
    for child in range(catalogue.n_nodes):
        for at in range(rows.offsets[child], rows.offsets[child + 1]):
            parent = int(rows.targets[at])
            if not flows[RELATIONS[rows.relations[at]].name] or parent == child:
                continue
            words = [catalogue.word("licence", node) for node in (child, parent)]
            if any(word is None or word in ("other", "unknown") for word in words):
                continue
            places = [table.find(word or "") for word in words]
            pairs += 1
            differ += places[0] != places[1] or (places[0] < 0 and words[0] != words[1])
    everything = licence_drift(catalogue).by_relation[0]
    assert pairs > 100
    assert (everything.pairs, everything.differ) == (pairs, differ)
