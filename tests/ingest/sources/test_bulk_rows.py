"""Rows of dumps say what a crawl of the same records says, whatever their era and dirt."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.graph.claim_tables import concat, to_tables
from headwater.ingest.parse.bulk_columns import dump_rows
from headwater.ingest.parse.bulk_rows import read_ordinary
from headwater.ingest.parse.bulk_tables import parse_rows
from headwater.ingest.parse.hub_context import Context
from headwater.ingest.report import ParseReport
from tests.ingest.fakehub import synth
from tests.ingest.sources.dumps import (
    DAY,
    ENDPOINT,
    TYPES,
    assert_same,
    crawled,
    dump_table,
    plain,
    synthetic_records,
)
from tests.ingest.sources.real_data import real_data


def parsed(route: str, table: pa.Table) -> tuple[Any, ParseReport]:
    report = ParseReport()
    batch = table.combine_chunks().to_batches()[0]
    rows = dump_rows(route, batch)
    ordinary, others = parse_rows(route, rows, ENDPOINT, DAY, report)
    return plain(ordinary, to_tables([others])), report


@pytest.fixture(scope="module")
def records() -> dict[str, list[dict[str, Any]]]:
    return synthetic_records()


@pytest.mark.parametrize("era", ["text", "typed", "json"])
@pytest.mark.parametrize("route", ["models", "datasets"])
def test_a_dump_says_what_a_crawl_says(
    records: dict[str, list[dict[str, Any]]], route: str, era: str
) -> None:
    table = dump_table(route, records[route], era=era)
    got, report = parsed(route, table)
    wanted, wanted_report = crawled(route, records[route], TYPES[route])
    assert_same(got, wanted)
    assert report.records == wanted_report.records
    assert report.claims == wanted_report.claims
    assert report.skipped == wanted_report.skipped
    assert report.notes == wanted_report.notes


def test_spaces_of_a_dump_say_what_a_crawl_says() -> None:
    made = [item for item in synth(60, 20, 200, seed=5) if item["kind"] == "spaces"]
    got, report = parsed("spaces", dump_table("spaces", made))
    wanted, wanted_report = crawled("spaces", made, TYPES["spaces"])
    assert_same(got, wanted)
    assert report.claims == wanted_report.claims
    assert sum(sum(relations.values()) for relations in report.claims.values()) >= 200


def test_counts_and_flags_of_any_type_are_read() -> None:
    table = pa.table(
        {
            "id": pa.array(["a/b", "a/c", "a/d", "a/e"]).dictionary_encode(),
            "downloads": pa.array([1.0, float("nan"), 2.5, None]),
            "likes": pa.array([1, 2, 3, 2**64 - 1], pa.uint64()),
            "gated": ["auto", "False", None, "false"],
            "disabled": [False, True, None, False],
            "tags": pa.array([["mit"], None, [], [None]]),
        }
    )
    got, report = parsed("models", table)
    rows = {row["id"]: row for row in got.records.to_pylist()}
    assert [rows[node]["downloads"] for node in sorted(rows)] == [1, None, None, None]
    assert [rows[node]["likes"] for node in sorted(rows)] == [1, 2, 3, None]
    states = [rows[node]["state"] for node in sorted(rows)]
    assert states == ["gated", "disabled", "present", "present"]
    assert report.skipped == {
        "downloads/not_a_number": 1, "likes/out_of_range": 1, "tags/not_text": 1
    }  # fmt: skip


def test_timestamps_beyond_the_calendar_are_no_dates() -> None:
    far = 10_500 * 31_556_952
    moments = pa.array([0, far, None], pa.timestamp("s", "UTC"))
    table = pa.table({"id": ["a/b", "a/c", "a/d"], "createdAt": moments})
    got, report = parsed("models", table)
    rows = {row["id"]: row["created"] for row in got.records.to_pylist()}
    assert rows == {"a/b": "1970-01-01", "a/c": None, "a/d": None}
    assert report.skipped == {"createdAt/not_a_date": 1}


@pytest.mark.parametrize(
    "columns",
    [
        ("id",),
        ("_id", "id", "tags"),
        ("id", "cardData", "likes"),
        ("id", "tags", "baseModels", "createdAt"),
    ],
)
def test_columns_that_a_dump_lacks_are_fields_that_a_record_lacks(
    records: dict[str, list[dict[str, Any]]], columns: tuple[str, ...]
) -> None:
    table = dump_table("models", records["models"], columns=columns)
    got, _ = parsed("models", table)
    assert_same(got, crawled("models", records["models"], columns)[0])


def test_most_clean_rows_take_the_fast_way() -> None:
    made = [item for item in synth(1500, 400, 0, dirt=0.0) if item["kind"] == "models"]
    batch = dump_table("models", made).combine_chunks().to_batches()[0]
    rows = dump_rows("models", batch)
    found = read_ordinary(rows, rows.get("id"), rows.get("id"), Context(ENDPOINT, DAY))
    assert found.is_ordinary.mean() > 0.97


def test_usual_oddities_of_names_take_the_fast_way_too() -> None:
    made: list[dict[str, Any]] = [
        {"id": "me/x", "cardData": {"base_model": "gpt2"},
         "baseModels": {"relation": None, "models": [{"id": "openai-community/gpt2"}]}},
        {"id": "me/merge", "cardData": {"base_model": ["a/b", "c/d", "A/b", "a/b"]}},
        {"id": "me/url", "cardData": {"base_model": "https://huggingface.co/a/b "}},
        {"id": "me/no", "cardData": {"base_model": "N/A", "datasets": ["imagefolder"]}},
        {"id": "me/tag", "tags": ["dataset:generator", "dataset:squad", "dataset:a/b"]},
        {"id": "me/old", "cardData": {"new_version": "a/b", "base_model": ["A/B"]}},
    ]  # fmt: skip
    table = dump_table("models", made)
    rows = dump_rows("models", table.combine_chunks().to_batches()[0])
    found = read_ordinary(rows, rows.get("id"), rows.get("id"), Context(ENDPOINT, DAY))
    assert found.is_ordinary.all()
    got, report = parsed("models", table)
    wanted, wanted_report = crawled_all("models", made)
    assert_same(got, wanted)
    assert got.aliases["alias"].to_pylist() == ["gpt2"]
    assert report.notes == wanted_report.notes
    assert report.notes["base_model/repeated"] == 1
    assert report.note_examples == wanted_report.note_examples
    assert report.skipped == wanted_report.skipped
    assert report.skipped_examples == wanted_report.skipped_examples


_name = st.sampled_from(
    ["a/b", "A/B", "me/x", "gpt2", "c/d-1.5", "c--d/e", "datasets/a/b", "models/a/b",
     "", " a/b", "a/b@main", "https://hf.co/a/b", "../x", "none", "a/b/c", "мe/x",
     "original", "extended|a/b", "squad", "from scratch", "x" * 100 + "/y", "x/gpt2",
     "GPT2", " Original ", "extended", "extended-by/me", "imagefolder", "llama3:8b",
     "checkpoint-5", "a/checkpoint-5", "path/x", "www.a.org/x", "org/name", "A/b.git",
     "/home/me/x", "a/b, c/d", "ollama:x", "https://me:pw@hf.co/a/b", "a/b/tree/main",
     "https://huggingface.co/datasets/a/b", '"a/b"']
)  # fmt: skip
_value = st.one_of(
    _name,
    st.none(),
    st.integers(-5, 5),
    st.booleans(),
    st.lists(st.one_of(_name, st.none(), st.integers(0, 3)), max_size=4),
    st.lists(_name, max_size=3).map(lambda names: [{"name": name} for name in names]),
    st.lists(st.just("a/b"), min_size=60, max_size=70),
)
_relation = st.sampled_from(["finetune", "adapter", "merge", "quantized", "odd", None])
_card = st.fixed_dictionaries(
    {},
    optional={
        "base_model": _value,
        "base_model_relation": _relation,
        "datasets": _value,
        "source_datasets": _value,
        "language": st.one_of(
            _value, st.sampled_from(["en", ["en", "en"], "no", False])
        ),
        "languages": st.sampled_from(["fr", ["de"]]),
        "license": st.sampled_from(
            ["mit", "other", "", None, ["a", "b"], 7, " x\u200b"]
        ),
        "license_name": st.sampled_from(["My-Licence", "a licence", None, 3]),
        "library_name": st.sampled_from(["peft", "", None, 4]),
        "pipeline_tag": st.sampled_from(["text-generation", None, ["x"]]),
        "new_version": st.sampled_from(["a/b", "me/x", None]),
    },
)
_tag = st.one_of(
    st.builds("base_model:{}".format, _name),
    st.builds("base_model:{}:{}".format, _relation, _name),
    st.builds("dataset:{}".format, _name),
    st.builds("source_datasets:{}".format, _name),
    st.sampled_from(["license:mit", "license:", "language:en", "en", "region:us"]),
)
_record = st.fixed_dictionaries(
    {
        "id": st.sampled_from(
            ["me/x", "Me/X", "a/b", "gpt2", "a--b/c", "x.git", "spaces/x", "you/y.git"]
        )
    },
    optional={
        "_id": st.sampled_from(["6" * 24, "zz", "A" * 24, None]),
        "cardData": st.one_of(_card, st.none(), st.just([1]), st.just("x")),
        "tags": st.one_of(st.none(), st.lists(st.one_of(_tag, st.none()), max_size=6)),
        "createdAt": st.sampled_from(
            ["2024-02-30T00:00:00.000Z", "2024-02-29T01:02:03.000Z", "2024", "", None]
        ),
        "downloads": st.sampled_from([0, 7, -1, None]),
        "likes": st.sampled_from([0, 2**40, None]),
        "library_name": st.sampled_from(["transformers", "", " x ", "ab\u202ec", None]),
        "pipeline_tag": st.sampled_from(["text-generation", None]),
        "safetensors": st.sampled_from(
            [{"total": 5}, {"total": 0}, {"parameters": {"BF16": 9}}, None]
        ),
        "sha": st.sampled_from(["a" * 40, "main", None]),
        "config": st.sampled_from(
            [
                {"model_type": "x"},
                {"peft": {"base_model_name_or_path": "a/b"}},
                {"peft": {"base_model_name_or_path": "./local"}},
                {"peft": {"base_model_name_or_path": "me/x"}},
                {"peft": {"task_type": "t"}},
            ]
        ),
        "baseModels": st.builds(
            lambda relation, names: {
                "relation": relation,
                "models": [{"_id": "5" * 24, "id": name} for name in names],
            },
            _relation,
            st.lists(_name, max_size=3),
        ),
    },
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["models", "datasets"]),
    st.sampled_from(["text", "json"]),
    st.lists(_record, min_size=1, max_size=6),
)
def test_both_ways_agree_on_any_record(
    route: str, era: str, made: list[dict[str, Any]]
) -> None:
    for record in made:
        # A struct cannot tell an absent field from one that is null.
        if not (record.get("baseModels") or {"models": 1})["models"]:
            del record["baseModels"]
    got, report = parsed(route, dump_table(route, made, era=era))
    context = crawled_all(route, made)
    assert_same(got, context[0])
    assert report.skipped == context[1].skipped
    assert report.notes == context[1].notes


def crawled_all(route: str, made: list[dict[str, Any]]) -> tuple[Any, ParseReport]:
    """Crawl records one by one: without a later one replacing an earlier one."""
    report = ParseReport()
    tables = []
    for record in made:
        shown = {name: record[name] for name in record if name in TYPES[route]}
        if shown.get("baseModels", {"relation": ""}) and "baseModels" in shown:
            bases = shown["baseModels"]
            if bases["relation"] is None:
                shown["baseModels"] = {"models": bases["models"]}
        table, own = crawled(route, [shown], TYPES[route])
        tables.append(table)
        report.skipped.update(own.skipped)
        report.notes.update(own.notes)
        report.skipped_examples.update(own.skipped_examples)
        report.note_examples.update(own.note_examples)
    return concat(tables), report


def test_real_records_say_the_same_as_a_dump() -> None:
    path = real_data("hub/models.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    columns = [
        name for name in TYPES["models"] if name not in ("config", "safetensors")
    ]
    got, report = parsed("models", dump_table("models", rows, columns=columns))
    wanted, wanted_report = crawled("models", rows, columns)
    assert_same(got, wanted)
    assert report.claims == wanted_report.claims
