"""Killed, interrupted, out of disk, changed under way: nothing is lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headwater.errors import (
    StorageError,
    StoreLockedError,
)
from headwater.ingest.documents import find_runs
from headwater.ingest.lock import exclusive_lock
from headwater.ingest.progress import NullProgress
from headwater.ingest.sources.hub import parse
from tests.ingest.conftest import (
    PAGE_SIZE,
    bodies,
    last_run,
    run_crawl,
    statements,
)
from tests.ingest.fakehub import synth

KILLS = 15
CRAWLER = """
import resource, sys
from pathlib import Path
from headwater.ingest.client import HubClient
from headwater.ingest.crawl import crawl
from headwater.ingest.sources.hub_routes import CrawlOptions

root, endpoint, page_size, file_bytes, update = sys.argv[1:6]
if int(file_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_bytes), int(file_bytes)))
routes = ("models",) if int(update) else ("models", "datasets")
options = CrawlOptions(
    endpoint, routes, page_size=int(page_size), update=bool(int(update))
)
print("ready", flush=True)
crawl(Path(root), options, HubClient(endpoint, token=False))
"""


def start_crawler(
    root: Path,
    endpoint: str,
    page_size: int,
    file_bytes: int = 0,
    *,
    update: bool = False,
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CRAWLER,
            root,
            endpoint,
            str(page_size),
            str(file_bytes),
            str(int(update)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def n_pages(root: Path) -> int:
    return len(list(root.glob("*/*/*.page.gz")))


def finish(process: subprocess.Popen[str]) -> str:
    _, errors = process.communicate(timeout=30)
    return errors


class Act(NullProgress):
    """Does something once some records are on disk."""

    def __init__(self, after: int, action: Callable[[], None]) -> None:
        self.left = after
        self.action = action

    def advance(self, n: int) -> None:
        self.left -= n
        if self.left <= 0 < self.left + n:
            self.action()


def test_kill_9_at_any_moment_costs_at_most_the_page_in_flight(serve, tmp_path):
    records = list(synth(400, 60, 0, seed=5, dirt=0.2, card_extra=0))
    hub = serve(records, latency=0.008)
    size = 4
    run_crawl(tmp_path / "whole", hub.endpoint, page_size=size)
    whole = last_run(tmp_path / "whole")
    requests_of_one = hub.server.stats["requests"]

    dice = random.Random(9)
    root, kills, resumed = tmp_path / "killed", 0, 0
    hub.server.reset()
    while kills < KILLS:
        before = n_pages(root)
        process = start_crawler(root, hub.endpoint, size)
        # One in three dies with a page more, however slow the machine.
        while kills % 3 == 2 and n_pages(root) <= before and process.poll() is None:
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.14))
        process.kill()
        finish(process)
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0
            shutil.rmtree(root)  # it was done before the blow: begin again
            hub.server.reset()
            kills -= resumed
            resumed = 0
            continue
        kills += 1
        resumed += 1

    report = run_crawl(root, hub.endpoint, page_size=size)
    run = last_run(root)
    assert len(find_runs(root)) == 1
    assert report.status == "complete"
    assert bodies(run) == bodies(whole)
    assert statements(run) == statements(whole)
    assert not list(run.path.rglob("*.tmp"))
    assert hub.server.stats["requests"] <= requests_of_one + resumed
    assert sum(route.new_records for route in report.routes.values()) < 460


def test_ctrl_c_marks_the_run_and_resuming_ends_with_the_same_pages(serve, tmp_path):
    records = list(synth(300, 0, 0, seed=5, card_extra=0))
    hub = serve(records, latency=0.02)
    process = start_crawler(tmp_path / "a", hub.endpoint, 5)
    while n_pages(tmp_path / "a") < 3 and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    errors = finish(process)

    assert errors.rstrip().endswith("KeyboardInterrupt")
    run = last_run(tmp_path / "a")
    assert run.state.status == "interrupted"
    assert run.state.routes["models"].stop == "interrupted"
    assert 0 < run.page_count("models") < 60
    report = json.loads((run.path / "report.json").read_text())
    assert report["routes"]["models"]["stop"] == "interrupted"

    run_crawl(tmp_path / "a", hub.endpoint, page_size=5)
    run_crawl(tmp_path / "b", hub.endpoint, page_size=5)
    assert bodies(last_run(tmp_path / "a")) == bodies(last_run(tmp_path / "b"))


def test_a_full_disk_is_a_storage_error_and_the_run_can_go_on(
    catalogue, serve, tmp_path
):
    hub = serve(catalogue)
    process = start_crawler(tmp_path / "a", hub.endpoint, PAGE_SIZE, file_bytes=4000)
    errors = finish(process)

    assert process.returncode == 1
    assert "headwater.errors.StorageError: cannot write" in errors
    assert "File too large" in errors
    assert not list((tmp_path / "a").rglob("*.tmp"))

    run_crawl(tmp_path / "a", hub.endpoint)
    run_crawl(tmp_path / "b", hub.endpoint)
    assert len(find_runs(tmp_path / "a")) == 1
    assert bodies(last_run(tmp_path / "a")) == bodies(last_run(tmp_path / "b"))


def test_no_space_in_the_middle_keeps_what_is_there(
    catalogue, serve, tmp_path, monkeypatch
):
    hub = serve(catalogue)
    real = os.fsync
    calls = iter(range(10**6))

    def full(handle: int) -> None:
        if next(calls) > 9:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        run_crawl(tmp_path, hub.endpoint)
    monkeypatch.undo()

    stored = last_run(tmp_path).page_count("models")
    assert 0 < stored < 5
    report = run_crawl(tmp_path, hub.endpoint)
    assert report.records == 290
    assert report.routes["models"].new_records == 230 - stored * PAGE_SIZE


def test_a_directory_that_cannot_be_written(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StorageError, match="cannot write"):
        run_crawl(tmp_path / "file" / "runs", hub.endpoint)
    with pytest.raises(StorageError, match="cannot write"):
        run_crawl(Path("/proc/headwater/runs"), hub.endpoint)
    assert hub.server.stats["requests"] == 0


@pytest.fixture
def nobody() -> Iterator[None]:
    """Be somebody whom permissions bind: root may write everywhere."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield
    os.seteuid(was)


def test_a_read_only_directory(catalogue, serve, nobody):
    hub = serve(catalogue)
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        with pytest.raises(StorageError, match="Permission denied"):
            run_crawl(Path(name) / "runs", hub.endpoint)
        Path(name).chmod(0o755)
    assert hub.server.stats["requests"] == 0


def test_a_directory_that_becomes_read_only(catalogue, serve, nobody):
    """What is there stays, and the run goes on once it can be written again."""
    hub = serve(catalogue)
    with tempfile.TemporaryDirectory() as name:
        runs = Path(name) / "runs"

        def lock() -> None:
            (last_run(runs).path / "models").chmod(0o555)

        with pytest.raises(StorageError, match="Permission denied"):
            run_crawl(runs, hub.endpoint, progress=Act(100, lock))
        (last_run(runs).path / "models").chmod(0o755)
        assert last_run(runs).page_count("models") == 2
        report = run_crawl(runs, hub.endpoint)
        assert (report.records, report.routes["models"].new_records) == (290, 130)


def test_two_crawls_at_once(catalogue, serve, tmp_path):
    hub = serve(catalogue, latency=0.05)
    errors: list[Exception] = []

    def second() -> None:
        try:
            run_crawl(tmp_path, hub.endpoint)
        except StoreLockedError as error:
            errors.append(error)

    def while_running() -> None:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    run_crawl(tmp_path, hub.endpoint, progress=Act(100, while_running))

    assert len(errors) == 1
    assert f"process {os.getpid()}" in str(errors[0])
    assert len(find_runs(tmp_path)) == 1


def test_the_lock_of_a_killed_process_is_no_lock(tmp_path):
    code = (
        "import sys, time; from pathlib import Path;"
        "from headwater.ingest.lock import exclusive_lock\n"
        "with exclusive_lock(Path(sys.argv[1])):\n"
        "    print('ready', flush=True); time.sleep(60)"
    )
    path = tmp_path / "x.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()

    with (
        pytest.raises(StoreLockedError, match=f"process {process.pid}"),
        exclusive_lock(path),
    ):
        pass
    process.kill()
    process.communicate()
    with exclusive_lock(path):
        pass


def test_changes_on_the_hub_during_the_crawl_lose_nothing(catalogue, serve, tmp_path):
    hub = serve(catalogue)
    models = [r["id"] for r in catalogue if r["kind"] == "models"]
    newest, oldest = models[-1], models[0]
    gone, renamed_late, renamed_seen = models[5], models[8], models[-2]
    added = {**catalogue[-3], "kind": "models", "id": "new/comer", "author": "new",
             "_id": "f" * 24, "createdAt": "2027-01-01T00:00:00.000Z"}  # fmt: skip

    def change() -> None:
        # what the control route of the fake hub does, without a request to itself
        with hub.catalogue.lock:
            recs = hub.catalogue.recs["models"]
            del recs[gone]
            for old, new in (
                (renamed_late, "moved/late"),
                (renamed_seen, "moved/seen"),
            ):
                record = recs.pop(old)
                hub.catalogue.add({**record, "id": new, "author": "moved"})
            hub.catalogue.add(added)
            recs[newest]["likes"] = 10**6
            hub.catalogue.dirty("models")

    run_crawl(tmp_path, hub.endpoint, progress=Act(100, change))

    found = {record.id for batch in parse(last_run(tmp_path)) for record in batch.records
             if record.kind == "model"}  # fmt: skip
    expected = set(models) - {gone, renamed_late} | {"moved/late"}
    assert found == expected
    assert newest in found
    assert oldest in found
