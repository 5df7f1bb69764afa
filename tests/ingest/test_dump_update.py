"""A dump, then only what changed since: the same as a full crawl."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.errors import ConfigError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.history import DUMP_OVERLAP, update_marks
from headwater.ingest.imports import import_source, listed_dumps
from headwater.ingest.load import build
from headwater.ingest.parse.page_changes import moment
from headwater.ingest.report import RunReport
from headwater.ingest.sources.hub_routes import CrawlOptions
from tests.ingest.conftest import LoopbackHub, last_run, run_crawl
from tests.ingest.fakehub import synth
from tests.ingest.test_hub_update import touch

ROUTES = ("models",)
_COLUMNS = ("_id", "id", "author", "createdAt", "lastModified", "likes", "downloads",
            "downloadsAllTime", "pipeline_tag", "library_name", "tags", "baseModels",
            "safetensors", "sha", "gated", "private", "disabled")  # fmt: skip


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """260 models whose last changes lie at least three days before any test."""
    made = list(synth(260, 0, 0, seed=77, dirt=0.0, card_extra=0))
    limit = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    for record in made:
        if record.get("lastModified", "") > limit:
            record["lastModified"] = "2026-01-01T00:00:00.000Z"
    return made


def dump(folder: Path, hub: LoopbackHub) -> Path:
    """Write what the hub lists now as a Parquet file, as dumps of the Hub are."""
    rows = []
    for record in hub.catalogue.recs["models"].values():
        row = {name: record.get(name) for name in _COLUMNS}
        row["gated"] = str(row["gated"]) if row["gated"] else None
        parameters = (row.pop("safetensors") or {}).get("total")
        row["safetensors"] = {"total": parameters} if parameters else None
        row["cardData"] = json.dumps(record.get("cardData"))
        rows.append(row)
    path = folder / "models.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def update(data: Path, hub: LoopbackHub, **options: Any) -> RunReport:
    return run_crawl(data / "runs", hub.endpoint, routes=ROUTES, update=True,
                     dumps=listed_dumps(data), **options)  # fmt: skip


def published(data: Path) -> LineageGraph:
    build(data, packaged=False)
    return LineageGraph(SnapshotStore(data).current())


def nodes(graph: LineageGraph) -> dict[str, Any]:
    """Return what is known of each model, but for days, and fields no dump has."""
    names = ("kind", "state", "phantom", "hub_id", "namespace", "created", "modified",
             "downloads", "likes", "parameters", "task", "library", "licence",
             "licence_status", "language", "document", "root_status")  # fmt: skip
    return {
        row["id"]: tuple(map(repr, (row[name] for name in names)))
        for row in graph.rows("nodes")
    }


def claims(graph: LineageGraph) -> set[tuple[Any, ...]]:
    names = ("child", "parent", "relation", "source", "document", "declared_by", "raw")
    return {tuple(row[name] for name in names) for row in graph.rows("claims")}


def test_a_dump_and_an_update_equal_a_full_crawl(records, serve, tmp_path):
    hub = serve([dict(record) for record in records])
    path = dump(tmp_path / "dump", hub)
    models = [record["id"] for record in records if record["kind"] == "models"]
    for name in models[5:200:30]:
        touch(hub, name, likes=10**6, cardData={"base_model": models[0]}, tags=[],
              baseModels=None)  # fmt: skip
    hub.catalogue.add(
        {**records[-1], "id": "new/comer", "author": "new", "_id": "f" * 24,
         "createdAt": datetime.now(UTC).isoformat(),
         "lastModified": datetime.now(UTC).isoformat()}
    )  # fmt: skip
    data = tmp_path / "data"
    kept = import_source(data, "bulk", [str(path)], workers=1, endpoint=hub.endpoint)
    hub.server.reset()
    report = update(data, hub)
    run_crawl(tmp_path / "full" / "runs", hub.endpoint, routes=ROUTES)

    assert (kept.records, report.routes["models"].stop) == (260, "caught_up")
    assert report.routes["models"].records <= 50, "not the whole list"
    updated, full = published(data), published(tmp_path / "full")
    assert nodes(updated) == nodes(full)
    assert claims(updated) == claims(full)
    edges = ("child", "parent", "relation", "standing", "disputed")
    assert [[row[name] for name in edges] for row in updated.rows("edges")] == [
        [row[name] for name in edges] for row in full.rows("edges")
    ]
    assert updated.manifest.counts == full.manifest.counts


def test_the_mark_is_the_last_change_of_the_dump_less_a_day(records, serve, tmp_path):
    hub = serve([dict(record) for record in records])
    path = dump(tmp_path, hub)
    import_source(tmp_path, "bulk", [str(path)], workers=1, endpoint=hub.endpoint)

    (listed,) = listed_dumps(tmp_path)
    newest = max(record["lastModified"] for record in records if "_id" in record)
    assert moment(listed.newest) == moment(newest)
    options = CrawlOptions(hub.endpoint, ROUTES, update=True)
    marks = update_marks(tmp_path / "runs", options, [listed])
    assert moment(marks["models"]) == moment(newest) - DUMP_OVERLAP

    update(tmp_path, hub)
    later = update_marks(tmp_path / "runs", options, [listed])
    assert later["models"] > marks["models"], "the update is built on in its turn"


def test_a_change_that_lies_ahead_is_nobody_s_word(records, serve, tmp_path):
    ahead = [dict(record) for record in records[:30]]
    ahead[3]["lastModified"] = "2999-01-01T00:00:00.000Z"
    ahead[4]["lastModified"] = "9999"
    hub = serve(ahead)
    path = dump(tmp_path, hub)
    import_source(tmp_path, "bulk", [str(path)], workers=1, endpoint=hub.endpoint)

    (listed,) = listed_dumps(tmp_path)
    assert listed.newest < datetime.now(UTC).isoformat()


def test_nothing_is_gone_by_an_update(records, serve, tmp_path):
    hub = serve([dict(record) for record in records])
    path = dump(tmp_path, hub)
    import_source(tmp_path, "bulk", [str(path)], workers=1, endpoint=hub.endpoint)
    models = [record["id"] for record in records if record["kind"] == "models"]
    with hub.catalogue.lock:
        for name in models[:20]:
            del hub.catalogue.recs["models"][name]
        hub.catalogue.dirty("models")
    report = update(tmp_path, hub)
    graph = published(tmp_path)

    assert [row["id"] for row in graph.rows("nodes", state="gone")] == []
    # what it saw is a share of the dump, for want of a crawl
    share = report.routes["models"].share_of_all
    assert share == pytest.approx(report.records / 260)


def test_an_update_of_another_hub_is_refused(records, serve, tmp_path):
    hub = serve([dict(record) for record in records])
    path = dump(tmp_path, hub)
    import_source(tmp_path, "bulk", [str(path)], workers=1)  # of the Hub itself
    hub.server.reset()

    with pytest.raises(ConfigError, match=r"headwater import bulk models.parquet"):
        update(tmp_path, hub)
    assert hub.server.stats["requests"] == 0


def test_a_dump_without_changes_is_nothing_to_build_on(tmp_path):
    path = tmp_path / "models.parquet"
    pq.write_table(pa.table({"id": ["a/b"], "likes": [3]}), path)
    import_source(tmp_path, "bulk", [str(path)], workers=1)
    assert listed_dumps(tmp_path) == []


def test_the_newer_of_a_dump_and_a_crawl_of_one_day_counts(records, serve, tmp_path):
    """By the hour, not by the day: a dump of this morning gives way to this noon."""
    now = datetime.now(UTC)
    fresh = [dict(record) for record in records[:40]]
    for record in fresh:
        if record["kind"] == "models":
            record["lastModified"] = (now - timedelta(seconds=30)).isoformat()
    hub = serve(fresh)
    path = dump(tmp_path, hub)
    name = next(record["id"] for record in fresh if record["kind"] == "models")
    touch(hub, name, likes=123_456)
    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)
    import_source(tmp_path, "bulk", [str(path)], workers=1, endpoint=hub.endpoint)

    graph = published(tmp_path)
    assert graph.columns.likes[graph.find(name)] == 123_456
    assert last_run(tmp_path / "runs").started_day == now.date().isoformat()
