"""The synthetic dump says, record by record, what the synthetic claims say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.hub_dump import write_dump
from benchmarks.hub_dump_fields import DIRTY_SHARE
from benchmarks.hub_like import generate
from headwater.graph.claim_tables import ClaimTables
from headwater.ingest.parse.bulk_columns import COLUMNS
from headwater.ingest.sources.bulk import Dump, read_dump
from tests.ingest.sources.dumps import kept_tables

SIZE = 6000
Statement = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dump")
    assert write_dump(SIZE, made, seed=3)["datasets"] == SIZE * 0.8 / 3
    return made


@pytest.fixture(scope="module")
def dumps(folder: Path, kept: Path) -> list[Dump]:
    return [
        read_dump(folder / f"{route}.parquet", route, kept)
        for route in ("models", "datasets")
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def tables(dumps: list[Dump], kept: Path) -> ClaimTables:
    assert len(dumps) == 2
    return kept_tables(kept)


def statements(table: pa.Table, source: str) -> set[Statement]:
    """Return what a source says, parents in lower case: nobody's typing counts."""
    return {
        (row["child"], row["parent"].lower(), row["relation"], row["document"])
        for row in table.to_pylist()
        if row["source"] == source and row["child"].lower() != row["parent"].lower()
    }


def test_tags_and_configurations_claim_what_the_claims_say(
    tables: ClaimTables,
) -> None:
    told = generate(SIZE, seed=3).claims
    read = tables.claims
    for source in ("hub:tag", "hub:config"):
        wanted = statements(told, source)
        assert len(wanted) > 500
        assert statements(read, source) == wanted


def test_cards_differ_by_their_dirt_alone(tables: ClaimTables) -> None:
    told = statements(generate(SIZE, seed=3).claims, "hub:cardData")
    read = statements(tables.claims, "hub:cardData")
    # A card has one relation for all its parents, and one successor.
    lost = {item[:2] for item in told} - {item[:2] for item in read}
    assert len(lost) < 2.5 * DIRTY_SHARE * SIZE
    assert {item[:2] for item in read} <= {item[:2] for item in told}


def test_columns_are_those_that_an_import_reads(folder: Path) -> None:
    for route in ("models", "datasets"):
        names = pq.read_schema(folder / f"{route}.parquet").names
        assert set(names) <= set(COLUMNS[route])
        table = pq.read_table(folder / f"{route}.parquet")
        assert table["id"].null_count == table["_id"].null_count == 0


def test_every_kind_of_dirt_is_met(dumps: list[Dump]) -> None:
    skipped, notes = dumps[0].report.skipped, dumps[0].report.notes
    reasons = {name for name in [*skipped, *notes] if name.startswith("base_model/")}
    assert len(reasons) >= 7
    assert dumps[0].n_records == SIZE
