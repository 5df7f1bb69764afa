"""Dataset records, and records of any content: nothing raises, all is counted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.claims import Claim, claim_problem, record_problem
from headwater.graph.ids import parse_node_id
from tests.ingest.reading import HUB, ID, edges, read
from tests.ingest.test_references import VALUES


def test_datasets_derive_from_what_is_an_id():
    context = read(
        {
            "_id": ID,
            "id": "me/data",
            "cardData": {
                "source_datasets": ["original", "extended|wikipedia", "squad", "o/d",
                                    "extended|o/e", "extended|translated|mnli", None,
                                    "me/data"],
                "license": "mit",
            },
            "tags": ["source_datasets:original", "source_datasets:o/d", "language:no"],
        },
        "datasets",
    )  # fmt: skip

    assert edges(context) == [
        ("datasets/me/data", f"datasets/{name}", "derived_from", source, by)
        for name, source, by in (
            ("squad", "hub:cardData", "author"),
            ("o/d", "hub:cardData", "author"),
            ("o/e", "hub:cardData", "author"),
            ("o/d", "hub:tag", "hub"),
        )
    ]
    assert context.batch.skipped == {
        "source_datasets/original": 1, "source_datasets/legacy_extended": 2,
        "source_datasets/null": 1, "source_datasets/self": 1,
        "tag.source_datasets/original": 1,
    }  # fmt: skip
    (record,) = context.batch.records
    assert record.document == f"{HUB}/datasets/me/data"
    assert (record.licence, record.language) == ("mit", ("no",))


@pytest.mark.parametrize("value", ["original", {"name": "o/d"}, 7, [["o/d"]], True])
def test_source_datasets_of_any_shape(value):
    record = {"id": "me/data", "cardData": {"source_datasets": value}}

    assert len(read(record, "datasets").batch.records) == 1


NAMES = ["_id", "id", "modelId", "cardData", "tags", "baseModels", "config", "gated",
         "disabled", "private", "createdAt", "lastModified", "downloads", "likes",
         "safetensors", "gguf", "sha", "library_name", "pipeline_tag",
         "downloadsAllTime"]  # fmt: skip
CARD = ["base_model", "base_model_relation", "datasets", "license", "license_name",
        "language", "new_version", "source_datasets", "library_name"]  # fmt: skip
TAGS = st.lists(
    st.one_of(
        st.sampled_from(["base_model:", "base_model:finetune:", "dataset:", "license:",
                         "source_datasets:", "language:"]).flatmap(
            lambda head: st.text(max_size=12).map(lambda rest: head + rest)
        ),
        VALUES,
    ),
    max_size=5,
)  # fmt: skip
JSON = VALUES.filter(lambda value: not isinstance(value, bytes))
RECORDS = st.fixed_dictionaries(
    {"id": st.one_of(st.just("me/mine"), JSON)},
    optional={
        **{name: JSON for name in NAMES if name != "id"},
        "cardData": st.one_of(
            JSON, st.dictionaries(st.sampled_from(CARD), JSON, max_size=6)
        ),
        "tags": st.one_of(JSON, TAGS),
    },
)


@settings(max_examples=500, deadline=None)
@given(RECORDS, st.sampled_from(["models", "datasets"]))
def test_no_record_raises_and_all_that_comes_of_it_is_well_formed(record, route):
    context = read(json.dumps(record, default=str).encode(), route)

    assert len(context.batch.records) <= 1
    for item in context.batch.records:
        assert record_problem(item) is None
        assert parse_node_id(item.id).kind == item.kind
        repr(item).encode()
    for claim in context.batch.claims:
        check_claim(claim)
    if not context.batch.records:
        assert sum(context.batch.skipped.values()) == 1


def check_claim(claim: Claim) -> None:
    assert claim_problem(claim) is None
    assert claim.child.lower() != claim.parent.lower()
    for node, kind in (
        (claim.child, claim.child_kind),
        (claim.parent, claim.parent_kind),
    ):
        assert parse_node_id(node).kind in (kind, None)
    assert claim.raw is None or len(claim.raw) <= 200
    repr(claim).encode()
