"""Dumps made for tests: records of a synthetic Hub as Arrow tables of several eras."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.graph.claim_tables import SCHEMAS, ClaimTables, to_tables
from headwater.ingest.parse.hub_context import Context
from headwater.ingest.parse.hub_records import decode_record, identity, parse_record
from headwater.ingest.report import ParseReport
from tests.ingest.fakehub import synth

ENDPOINT = "https://huggingface.co"
DAY = "2026-11-22"
TEXT = pa.string()
BASES = pa.struct(
    [
        ("relation", TEXT),
        ("models", pa.list_(pa.struct([("_id", TEXT), ("id", TEXT)]))),
    ]
)
TENSORS = pa.struct(
    [("parameters", pa.struct([("BF16", pa.int64())])), ("total", pa.int64())]
)
CONFIG = pa.struct(
    [
        ("model_type", TEXT),
        ("peft", pa.struct([("base_model_name_or_path", TEXT), ("task_type", TEXT)])),
    ]
)
TYPES: dict[str, dict[str, Any]] = {
    "models": {
        "_id": TEXT, "id": TEXT, "createdAt": TEXT, "lastModified": TEXT,
        "downloads": pa.int64(), "downloadsAllTime": pa.int64(), "likes": pa.int64(),
        "library_name": TEXT, "pipeline_tag": TEXT, "tags": pa.list_(TEXT),
        "cardData": TEXT, "baseModels": BASES, "safetensors": TENSORS,
        "config": CONFIG,
    },
    "datasets": {
        "_id": TEXT, "id": TEXT, "createdAt": TEXT, "lastModified": TEXT,
        "downloads": pa.int64(), "likes": pa.int64(), "tags": pa.list_(TEXT),
        "cardData": TEXT, "sha": TEXT,
    },
    "spaces": {
        "_id": TEXT, "id": TEXT, "createdAt": TEXT, "lastModified": TEXT,
        "likes": pa.int64(), "models": pa.list_(TEXT), "datasets": pa.list_(TEXT),
        "cardData": TEXT, "sdk": TEXT, "tags": pa.list_(TEXT), "sha": TEXT,
    },
}  # fmt: skip


def synthetic_records() -> dict[str, list[dict[str, Any]]]:
    """Return records of a synthetic Hub, a third of them with something odd."""
    made = list(synth(1500, 500, 0, seed=11, dirt=0.3))
    return {route: [item for item in made if item["kind"] == route] for route in TYPES}


def dump_table(
    route: str,
    records: Iterable[dict[str, Any]],
    *,
    columns: Iterable[str] | None = None,
    era: str = "text",
) -> pa.Table:
    """Return records as a dump keeps them; an `era` has its own types of columns."""
    listed = list(records)
    arrays = {}
    for name, kind in TYPES[route].items():
        if columns is not None and name not in columns:
            continue
        values = [record.get(name) for record in listed]
        if name == "cardData":
            values = [None if value is None else json.dumps(value) for value in values]
        array = pa.array(values, kind)
        if era == "typed" and name in ("createdAt", "lastModified"):
            moments = [value and datetime.fromisoformat(value) for value in values]
            array = pa.array(moments, pa.timestamp("us", "UTC"))
        elif era == "typed" and kind == pa.int64():
            array = array.cast(pa.float64())
        elif era == "typed" and kind == TEXT:
            array = array.cast(pa.large_string())
        elif era == "typed" and name == "tags":
            array = array.cast(pa.large_list(pa.large_string()))
        elif era == "json" and name in ("baseModels", "config"):
            texts = [value and json.dumps(value) for value in values]
            array = pa.array(texts, TEXT)
        arrays[name] = array
    return pa.table(arrays)


def crawled(
    route: str, records: Iterable[dict[str, Any]], columns: Iterable[str]
) -> tuple[ClaimTables, ParseReport]:
    """Return what a crawl says of the same records: the oracle."""
    context, report = Context(ENDPOINT, DAY), ParseReport()
    kept = set(columns)
    seen: set[object] = set()
    for record in reversed(list(records)):
        shown = {key: value for key, value in record.items() if key in kept}
        fields = decode_record(context, route, json.dumps(shown).encode())
        assert fields is not None
        key = identity(fields)
        if key is not None and key in seen:
            report.duplicates += 1
        elif parse_record(context, route, fields) and key is not None:
            seen.add(key)
    report.add(context.batch, context.notes)
    return to_tables([context.batch]), report


def plain(*tables: ClaimTables) -> ClaimTables:
    """Return tables as one, with the plain types of their schemas."""
    return ClaimTables(
        **{
            name: pa.concat_tables(
                [getattr(item, name).cast(schema) for item in tables]
            )
            for name, schema in SCHEMAS.items()
        }
    )


def kept_tables(folder: Path) -> ClaimTables:
    """Return what is kept in the parts of a folder."""
    tables: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
    for file in sorted(folder.glob("*/*.parquet")):
        read = pq.read_table(file)
        assert read.schema.equals(SCHEMAS[file.stem]), "kept with other types"
        tables[file.stem].append(read.cast(SCHEMAS[file.stem]))
    return ClaimTables(
        **{
            name: pa.concat_tables([SCHEMAS[name].empty_table(), *listed])
            for name, listed in tables.items()
        }
    )


def lines(table: pa.Table) -> Iterator[str]:
    """Yield the rows of a table in an order of their own."""
    yield from sorted(json.dumps(row, sort_keys=True) for row in table.to_pylist())


def assert_same(got: ClaimTables, wanted: ClaimTables) -> None:
    for name in ("records", "claims", "aliases"):
        assert list(lines(getattr(got, name))) == list(lines(getattr(wanted, name)))
