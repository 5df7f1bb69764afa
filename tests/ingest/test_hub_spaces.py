"""What a Space's record says: an application and what it uses."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.ingest.sources.hub import parse
from tests.ingest.conftest import last_run, run_crawl
from tests.ingest.fakehub import synth
from tests.ingest.reading import ID, SHA, read


def space(**fields: Any) -> dict[str, Any]:
    return {"_id": ID, "id": "me/demo", **fields}


def used(record: dict[str, Any]) -> set[tuple[str, str, str, str, float]]:
    return {
        (claim.parent, claim.parent_kind, claim.source, claim.declared_by,
         claim.confidence)
        for claim in read(record, "spaces").batch.claims
        if (claim.child, claim.child_kind, claim.relation)
        == ("spaces/me/demo", "application", "uses")
    }  # fmt: skip


def test_a_card_and_a_guess_are_told_apart():
    record = space(
        models=["a/b", "a/c"],
        datasets=["a/d"],
        cardData={"models": ["A/B"], "datasets": ["a/e"]},
    )

    assert used(record) == {
        ("A/B", "model", "hub:cardData", "author", 1.0),
        ("a/b", "model", "hub:space", "hub", 1.0),
        ("a/c", "model", "hub:space", "hub", 0.8),
        ("datasets/a/e", "dataset", "hub:cardData", "author", 1.0),
        ("datasets/a/d", "dataset", "hub:space", "hub", 0.8),
    }


def test_the_record():
    (record,) = read(
        space(
            sdk="gradio", sha=SHA, likes=7, disabled=False,
            createdAt="2024-01-02T03:04:05.000Z",
            cardData={"license": "mit", "duplicated_from": "you/demo"},
        ),
        "spaces",
    ).batch.records  # fmt: skip

    assert (record.id, record.kind, record.state) == (
        "spaces/me/demo", "application", "present",
    )  # fmt: skip
    assert (record.library, record.licence, record.likes) == ("gradio", "mit", 7)
    assert record.created == "2024-01-02"
    assert record.document.endswith("/spaces/me/demo")
    assert record.note == "duplicated from spaces/you/demo"


def test_a_copy_is_counted_and_no_edge():
    context = read(space(cardData={"duplicated_from": "you/demo"}), "spaces")

    assert context.batch.claims == []
    assert context.notes.counts == {"space/duplicated": 1}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"models": "/home/me/x"}, "record.models/local_path"),
        ({"models": [7]}, "record.models/number"),
        ({"datasets": ["json"]}, "record.datasets/placeholder_dataset"),
        ({"cardData": {"models": [None]}}, "models/null"),
        ({"cardData": {"duplicated_from": "me/demo"}}, "duplicated_from/self"),
        ({"cardData": {"duplicated_from": ["x y z w v u"]}}, "duplicated_from/prose"),
        ({"cardData": 5}, "cardData/not_an_object"),
        ({"sdk": ["gradio"]}, "sdk/not_text"),
    ],
)
def test_dirt_is_counted(fields, reason):
    context = read(space(**fields), "spaces")

    assert context.batch.skipped[reason] == 1
    assert context.batch.claims == []
    assert len(context.batch.records) == 1


def test_spaces_are_crawled(serve, tmp_path):
    hub = serve(list(synth(60, 5, 30, seed=4, dirt=0.0, card_extra=0)))
    report = run_crawl(tmp_path, hub.endpoint, page_size=20, routes=("spaces",))

    claims = [claim for batch in parse(last_run(tmp_path)) for claim in batch.claims]
    assert report.routes["spaces"].records == 30
    assert hub.listed("models") == []
    assert len({(claim.child, claim.parent) for claim in claims}) == 30
    assert {claim.relation for claim in claims} == {"uses"}
