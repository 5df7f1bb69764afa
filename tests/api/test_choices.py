"""What can be chosen on the concentration page, and what its shares are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.concentration_roots import pretrainer_roots
from headwater.queries.values import selectable_values
from tests.api.serving import client, problem


def test_roots_and_values_are_those_of_the_queries(
    catalogue_dir: Path, catalogue: LineageGraph
) -> None:
    with client(catalogue_dir) as ask:
        answer = ask.get(
            "/v1/concentration/roots",
            params={"by": "namespace", "where": "task=text-generation"},
        ).json()
        found = pretrainer_roots(catalogue, {"task": "text-generation"}, by="namespace")
        assert answer["snapshot"] == catalogue.manifest.id
        for item, told in zip(found, answer["pretrainers"], strict=True):
            assert (told["id"], told["n_more"]) == (item.id, item.n_more)
            assert told["share"] == pytest.approx(item.share)
            assert [root["id"] for root in told["roots"]] == [
                root.id for root in item.roots
            ]
        values = ask.get("/v1/values").json()
        own = selectable_values(catalogue)
        for name in ("task", "licence", "library", "language"):
            assert [(item["value"], item["models"]) for item in values[name]] == [
                (item.value, item.models) for item in getattr(own, name)
            ]


def test_what_cannot_be_chosen_is_said(catalogue_dir: Path) -> None:
    with client(catalogue_dir) as ask:
        bad = ask.get("/v1/concentration/roots?by=dataset")
        problem(bad, 422, "invalid-parameter")
        bad = ask.get("/v1/concentration/roots?where=task=text-generatoin")
        assert "text-generation" in problem(bad, 422, "invalid-parameter")["detail"]
