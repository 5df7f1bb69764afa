"""Dumps say what a crawl of the same records says, whatever their era and dirt."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import ConfigError, IngestError, ParseError, StorageError
from headwater.graph.claim_tables import concat, to_tables
from headwater.ingest.parse.bulk_columns import dump_rows
from headwater.ingest.parse.bulk_rows import read_ordinary
from headwater.ingest.parse.bulk_tables import parse_rows
from headwater.ingest.parse.hub_context import Context
from headwater.ingest.report import ParseReport
from headwater.ingest.sources import bulk
from headwater.ingest.sources.bulk import read_dump
from headwater.ingest.sources.bulk_survey import survey
from headwater.ingest.sources.bulk_workers import Workers
from tests.ingest.fakehub import synth
from tests.ingest.sources.dumps import (
    DAY,
    ENDPOINT,
    TYPES,
    assert_same,
    crawled,
    dump_table,
    kept_tables,
    plain,
)
from tests.ingest.sources.real_data import real_data

TODAY = date.fromisoformat(DAY)


def parsed(route: str, table: pa.Table) -> tuple[Any, ParseReport]:
    report = ParseReport()
    batch = table.combine_chunks().to_batches()[0]
    rows = dump_rows(route, batch)
    ordinary, others = parse_rows(route, rows, ENDPOINT, DAY, report)
    return plain(ordinary, to_tables([others])), report


@pytest.fixture(scope="module")
def records() -> dict[str, list[dict[str, Any]]]:
    made = list(synth(1500, 500, 0, seed=11, dirt=0.3))
    return {route: [item for item in made if item["kind"] == route] for route in TYPES}


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
    return concat(tables), report


def write(path: Path, table: pa.Table, group: int = 100) -> Path:
    pq.write_table(table, path, row_group_size=group)
    return path


def test_files_and_row_groups_make_one_dump(
    tmp_path: Path, records: dict[str, list[dict[str, Any]]]
) -> None:
    table = dump_table("models", records["models"])
    folder = tmp_path / "models"
    folder.mkdir()
    write(folder / "0000.parquet", table.slice(0, 700))
    write(folder / "0001.parquet", table.slice(700))
    kept = tmp_path / "kept"
    kept.mkdir()
    found = read_dump(folder, "models", kept, day=TODAY)
    wanted, report = crawled("models", records["models"], TYPES["models"])
    tables = kept_tables(kept)
    assert_same(tables, wanted)
    assert found.n_records == tables.records.num_rows
    assert found.n_claims == tables.claims.num_rows
    assert found.n_rows == 1500
    assert found.report.skipped == report.skipped
    assert sum(found.report.records.values()) == 1500


def test_two_processes_say_what_one_says(
    tmp_path: Path,
    records: dict[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "MIN_ROWS", 200)
    rows = [*records["models"], *records["models"][:300]]
    path = write(tmp_path / "models.parquet", dump_table("models", rows))
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    one = bulk.read_dump(path, "models", alone, day=TODAY)
    with Workers(2) as workers:
        two = bulk.read_dump(path, "models", together, day=TODAY, workers=workers)
    assert len(list(together.glob("*/records.parquet"))) > 3
    assert_same(kept_tables(together), kept_tables(alone))
    assert two.report.skipped == one.report.skipped
    assert (two.n_records, two.n_claims, two.newest) == (
        one.n_records, one.n_claims, one.newest
    )  # fmt: skip
    assert one.report.duplicates == 300


def test_the_last_usable_row_of_a_repository_counts(tmp_path: Path) -> None:
    rows = [
        {"_id": "1" * 24, "id": "a/old-name", "likes": 1},
        {"_id": "2" * 24, "id": "b/kept", "likes": 2},
        {"_id": "1" * 24, "id": "a/new-name", "likes": 3},
        {"_id": "2" * 24, "id": "not an id", "likes": 4},
        {"_id": None, "id": "C/same", "likes": 5},
        {"_id": None, "id": "c/Same", "likes": 6},
    ]
    path = write(tmp_path / "models.parquet", dump_table("models", rows), 2)
    found = read_dump(path, "models", tmp_path, day=TODAY)
    wanted, report = crawled("models", rows, TYPES["models"])
    tables = kept_tables(tmp_path)
    assert_same(tables, wanted)
    assert sorted(tables.records["id"].to_pylist()) == [
        "a/new-name", "b/kept", "c/Same"
    ]  # fmt: skip
    assert found.report.duplicates == report.duplicates == 2
    assert found.report.skipped == {"record/bad_id": 1}


def test_the_day_of_a_dump_is_that_of_its_last_change(tmp_path: Path) -> None:
    rows = [
        {"id": "a/b", "createdAt": "2024-01-01T00:00:00.000Z"},
        {"id": "a/c", "lastModified": "2025-03-04T00:00:00.000Z"},
        {"id": "a/d", "lastModified": "2999-01-01T00:00:00.000Z"},
        {"id": "a/e", "lastModified": "soon"},
    ]
    path = write(tmp_path / "models.parquet", dump_table("models", rows))
    assert read_dump(path, "models", tmp_path).day == "2025-03-04"
    assert survey([path], "models", TODAY).day == date(2025, 3, 4)


def test_what_is_no_dump_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no Parquet file"):
        read_dump(tmp_path / "absent", "models", tmp_path)
    with pytest.raises(ConfigError, match="models, datasets, spaces"):
        read_dump(tmp_path, "papers", tmp_path)
    other = write(tmp_path / "other.parquet", pa.table({"name": ["x"]}))
    with pytest.raises(ConfigError, match="no column 'id'"):
        read_dump(other, "models", tmp_path)
    other.write_bytes(b"PAR1 this is none PAR1")
    with pytest.raises(ParseError, match="no readable Parquet file"):
        read_dump(other, "models", tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_damage_inside_a_file_is_an_error_that_names_it(
    tmp_path: Path,
    records: dict[str, list[dict[str, Any]]],
    workers: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "MIN_ROWS", 200)
    # Two files, so that there are two parts to share out.
    folder = tmp_path / "dump"
    folder.mkdir()
    table = dump_table("models", records["models"])
    write(folder / "0.parquet", table)
    path = write(folder / "1.parquet", table)
    column = pq.ParquetFile(path).metadata.row_group(3)
    at = next(
        column.column(i).data_page_offset
        for i in range(column.num_columns)
        if column.column(i).path_in_schema == "cardData"
    )
    raw = bytearray(path.read_bytes())
    raw[at : at + 200] = b"\xff" * 200
    path.write_bytes(raw)
    with Workers(workers) as some, pytest.raises(ParseError, match="Parquet"):
        read_dump(folder, "models", tmp_path, workers=some)


def test_a_worker_that_is_ended_from_outside_is_told(
    tmp_path: Path, records: dict[str, list[dict[str, Any]]]
) -> None:
    path = write(tmp_path / "models.parquet", dump_table("models", records["models"]))
    with Workers(2) as workers:
        workers.start()
        assert workers._pool is not None
        workers._pool.submit(os._exit, 9)
        with pytest.raises(IngestError, match="--workers 1"):
            read_dump(path, "models", tmp_path, day=TODAY, workers=workers)


def test_a_directory_that_cannot_be_written_is_a_clean_error(tmp_path: Path) -> None:
    rows = [{"id": "a/b"}]
    path = write(tmp_path / "models.parquet", dump_table("models", rows))
    with pytest.raises(StorageError, match="absent"):
        read_dump(path, "models", tmp_path / "absent")


def test_ids_that_are_no_text_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "models.parquet", pa.table({"id": [1, 2]}))
    found = read_dump(path, "models", tmp_path, day=TODAY)
    assert found.report.skipped == {"record/no_id": 2}


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
