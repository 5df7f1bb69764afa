"""Dumps are read from files, by one process or several, and kept as they say."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.errors import ConfigError, IngestError, ParseError, StorageError
from headwater.ingest.sources import bulk
from headwater.ingest.sources.bulk import read_dump
from headwater.ingest.sources.bulk_survey import survey
from headwater.ingest.sources.bulk_workers import Workers
from tests.ingest.sources.dumps import (
    DAY,
    TYPES,
    assert_same,
    crawled,
    dump_table,
    kept_tables,
    synthetic_records,
)

TODAY = date.fromisoformat(DAY)


@pytest.fixture(scope="module")
def records() -> dict[str, list[dict[str, Any]]]:
    return synthetic_records()


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
