"""Runs on disk: which is resumed, what a damaged one says, what is asked for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from headwater.errors import ConfigError, DamagedRunError, IncompleteCrawlError
from headwater.ingest.documents import RunDirectory, find_runs
from headwater.ingest.history import latest_incomplete
from headwater.ingest.sources.hub import parse
from headwater.ingest.sources.hub_routes import CrawlOptions
from tests.ingest.conftest import bodies, last_run, run_crawl


def test_a_complete_run_is_not_resumed(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    run_crawl(tmp_path, hub.endpoint)
    report = run_crawl(tmp_path, hub.endpoint)

    first, second = find_runs(tmp_path)
    assert report.run_id == second.state.run_id
    assert bodies(first) == bodies(second)
    assert report.routes["models"].expected == 230


def test_a_run_with_other_options_or_not_asked_for_is_not_resumed(
    catalogue, serve, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "after": 2, "do": "status", "status": 404})
    with pytest.raises(IncompleteCrawlError):
        run_crawl(tmp_path, hub.endpoint)
    hub.fault()
    assert latest_incomplete(
        tmp_path, CrawlOptions(hub.endpoint, ("models", "datasets"), page_size=50)
    )

    run_crawl(tmp_path, hub.endpoint, author="Qwen")
    run_crawl(tmp_path, hub.endpoint, resume=False)
    assert [run.state.status for run in find_runs(tmp_path)] == [
        "interrupted", "complete", "complete",
    ]  # fmt: skip


def test_killed_between_the_last_page_and_its_mark(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    run_crawl(tmp_path, hub.endpoint)
    run = last_run(tmp_path)
    run.state.status = "running"
    run.state.routes = {}
    run.save()
    hub.server.reset()

    report = run_crawl(tmp_path, hub.endpoint)

    assert report.run_id == run.state.run_id
    assert (report.status, report.records) == ("complete", 290)
    assert hub.server.stats["requests"] == 0


def test_limit_author_and_filter(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    report = run_crawl(tmp_path / "a", hub.endpoint, limit=120)
    assert report.routes["models"].records == 120
    assert report.routes["models"].stop == "limit"
    assert report.routes["datasets"].records == 60
    assert report.routes["models"].share_seen == 1.0

    wanted = next(r for r in catalogue if "license:mit" in r.get("tags", ()))
    tags = ("license:mit", "region:us")
    report = run_crawl(
        tmp_path / "b", hub.endpoint, author=wanted["author"], filters=tags
    )
    expected = [
        r for r in catalogue
        if r.get("author") == wanted["author"] and {*tags} <= {*r["tags"]}
    ]  # fmt: skip
    assert report.records == len(expected)
    assert len(expected) > 0


@pytest.mark.parametrize(
    "options",
    [{"endpoint": "ftp://x"}, {"endpoint": "huggingface.co"}, {"limit": 0},
     {"page_size": 0}, {"page_size": 1001}, {"routes": ()}, {"routes": ("papers",)},
     {"endpoint": "http://[bad"}, {"endpoint": "http://h:x"}],
)  # fmt: skip
def test_options_that_make_no_sense(options):
    with pytest.raises(ConfigError):
        CrawlOptions(**options)


class Damage:
    def flip(path: Path) -> None:  # noqa: N805
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)

    def truncate(path: Path) -> None:  # noqa: N805
        path.write_bytes(path.read_bytes()[:-20])

    def empty(path: Path) -> None:  # noqa: N805
        path.write_bytes(b"")

    def remove(path: Path) -> None:  # noqa: N805
        path.unlink()


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "remove"])
def test_a_damaged_page_is_named(damage, catalogue, serve, tmp_path):
    hub = serve(catalogue)
    run_crawl(tmp_path, hub.endpoint)
    run = last_run(tmp_path)
    path = run.page_path("models", 3)

    getattr(Damage, damage)(path)

    with pytest.raises(DamagedRunError, match="000003"):
        list(parse(run))


def test_a_damaged_last_page_stops_a_resumed_crawl_before_it_builds_on_it(
    catalogue, serve, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "after": 2, "do": "status", "status": 404})
    with pytest.raises(IncompleteCrawlError):
        run_crawl(tmp_path, hub.endpoint)
    hub.fault()
    Damage.flip(last_run(tmp_path).page_path("models", 2))

    with pytest.raises(DamagedRunError, match="000002"):
        run_crawl(tmp_path, hub.endpoint)

    last_run(tmp_path).page_path("models", 2).unlink()
    assert run_crawl(tmp_path, hub.endpoint).records == 290


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}', "\xff"])
def test_a_broken_run_json_is_named_and_passed_over(text, catalogue, serve, tmp_path):
    hub = serve(catalogue)
    run_crawl(tmp_path, hub.endpoint, limit=10)
    path = last_run(tmp_path).path
    (path / "run.json").write_text(text, encoding="latin-1")

    with pytest.raises(DamagedRunError, match=r"run\.json"):
        RunDirectory.open(path)
    assert find_runs(tmp_path) == []
    assert run_crawl(tmp_path, hub.endpoint, limit=10).status == "complete"


def test_another_run_version_is_refused(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    run_crawl(tmp_path, hub.endpoint, limit=10)
    run = last_run(tmp_path)
    run.state.version = 2
    run.save()

    with pytest.raises(DamagedRunError, match="format 2"):
        RunDirectory.open(run.path)


def test_the_report_counts_what_the_pages_said(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    batches = []
    report = run_crawl(tmp_path, hub.endpoint, load=batches.append)
    stored = json.loads((last_run(tmp_path).path / "report.json").read_text())

    assert stored["parse"]["records"] == {"model": 230, "dataset": 60}
    claims = [claim for batch in batches for claim in batch.claims]
    assert sum(map(sum, (c.values() for c in stored["parse"]["claims"].values()))) == (
        len(claims)
    )
    skipped = sum(sum(batch.skipped.values()) for batch in batches)
    assert sum(stored["parse"]["skipped"].values()) == skipped > 0
    assert stored["parse"]["skipped_examples"]["base_model/local_path"]
    assert stored["requests"] == report.requests == hub.server.stats["requests"]
    assert stored["routes"]["models"]["bytes"] > 0
    assert stored["run_id"] == report.run_id


def test_a_page_rewritten_by_another_hand_is_noticed(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    run_crawl(tmp_path, hub.endpoint)
    run = last_run(tmp_path)
    path = run.page_path("models", 3)
    data = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(data.replace(b"license:mit", b"license:mat")))

    with pytest.raises(DamagedRunError, match="checksum"):
        list(parse(run))


def test_half_written_files_are_cleared_away(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "after": 2, "do": "status", "status": 404})
    with pytest.raises(IncompleteCrawlError):
        run_crawl(tmp_path, hub.endpoint)
    hub.fault()
    leftover = last_run(tmp_path).path / "models" / "000099.page.gz.tmp"
    leftover.write_bytes(b"half")

    assert run_crawl(tmp_path, hub.endpoint).records == 290
    assert not leftover.exists()
