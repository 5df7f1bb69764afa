"""Readers go on while snapshots are published, damaged and removed around them."""

from __future__ import annotations

import gc
import os
import random
import shutil
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headwater.errors import DamagedSnapshotError, InvalidArgumentError, NoSnapshotError
from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.reader import SnapshotReader
from headwater.graph.snapshot import Manifest
from headwater.graph.store import SnapshotStore
from headwater.queries.lineage import lineage
from headwater.queries.search import search
from headwater.queries.what_breaks import what_breaks
from tests.drawing import draw, draw_batch

START = datetime(2026, 1, 1, tzinfo=UTC)


def publish(path: Path, number: int) -> Manifest:
    """Publish the snapshot in which `number` models stand on o/root."""
    lines = [f"m{place} finetune root" for place in range(number)]
    content = compile_snapshot(to_tables([draw_batch(*lines, nodes=("root",))]))
    moment = START + timedelta(seconds=number)
    return SnapshotStore(path).publish(content, [], moment)


def ask(graph: LineageGraph) -> tuple[str, int]:
    """Ask several questions and return the snapshot and the number of models."""
    answer = what_breaks(graph, ["o/root"], limit=1)
    assert answer.snapshot == graph.manifest.id
    found = lineage(graph, "o/root")
    counts = {sum(item.counts.values()) for item in answer.outcomes}
    assert counts == {answer.outside} == {found.n_descendants}
    hits = search(graph, "o/m", limit=1000)
    assert len(hits) == found.n_descendants
    return answer.snapshot, found.n_descendants


def test_a_published_snapshot_is_noticed_and_swapped_in(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    reader = SnapshotReader(tmp_path)
    before = reader.graph()
    assert reader.graph() is before
    manifest = publish(tmp_path, 2)
    after = reader.graph()
    assert after.manifest.id == manifest.id
    assert reader.graph() is after
    assert ask(before)[1] == 1
    assert ask(after)[1] == 2
    assert reader.problem is None


def test_nothing_is_opened_while_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, 1)
    reader = SnapshotReader(tmp_path)
    opened: list[Path] = []
    monkeypatch.setattr("headwater.graph.reader.open_graph", opened.append)
    for _ in range(100):
        reader.graph()
    SnapshotStore(tmp_path)._point_at(reader.graph().manifest.id)
    reader.graph()
    assert opened == []


def test_a_change_is_opened_by_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others get the old graph at once, the new one when it is there."""
    publish(tmp_path, 1)
    reader = SnapshotReader(tmp_path)
    old = reader.graph()
    opening, go_on = threading.Event(), threading.Event()
    opened: list[Path] = []

    def open_slowly(path: Path) -> LineageGraph:
        opened.append(path)
        opening.set()
        assert go_on.wait(30)
        return LineageGraph(path)

    monkeypatch.setattr("headwater.graph.reader.open_graph", open_slowly)
    publish(tmp_path, 2)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(reader.graph)
        assert opening.wait(30)
        assert all(reader.graph() is old for _ in range(10))
        go_on.set()
        assert ask(first.result())[1] == 2
    assert len(opened) == 1
    assert reader.graph() is first.result()


@pytest.mark.parametrize(
    "harm", ["truncated", "changed", "missing", "manifest", "gone"]
)
def test_a_damaged_snapshot_never_replaces_a_good_one(
    tmp_path: Path, harm: str
) -> None:
    publish(tmp_path, 1)
    reader = SnapshotReader(tmp_path)
    good = reader.graph()
    spare = tmp_path / "spare"
    # As a copy that was cut off would be: the pointer is there, the files are not whole.
    manifest = publish(spare, 2)
    folder = tmp_path / "snapshots" / manifest.id
    if harm != "gone":
        shutil.copytree(spare / "snapshots" / manifest.id, folder)
        path = folder / "arrays" / "downloads.npy"
        if harm == "missing":
            path.unlink()
        elif harm == "manifest":
            (folder / "manifest.json").unlink()
        else:
            data = path.read_bytes()
            path.write_bytes(data[:-1] if harm == "truncated" else data[:-1] + b"\7")
    SnapshotStore(tmp_path)._point_at(manifest.id)
    assert reader.graph() is good
    assert isinstance(reader.problem, DamagedSnapshotError)
    assert ask(reader.graph())[1] == 1
    with pytest.raises(DamagedSnapshotError):
        reader.refresh()
    assert reader.graph() is good
    mended = publish(tmp_path, 3)
    assert reader.graph().manifest.id == mended.id
    assert reader.problem is None
    assert reader.refresh() is reader.graph()


def test_a_half_written_snapshot_is_not_seen(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    reader = SnapshotReader(tmp_path)
    good = reader.graph()
    (tmp_path / "snapshots" / f".partial-{os.getpid()}").mkdir()
    assert reader.graph() is good
    assert reader.problem is None
    (tmp_path / "current").unlink()
    assert reader.graph() is good
    assert isinstance(reader.problem, NoSnapshotError)


def test_there_must_be_a_snapshot_to_begin_with(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshotError):
        SnapshotReader(tmp_path)


def mapped(folder: Path) -> int:
    """Return how many maps of a folder's files this process holds."""
    return Path("/proc/self/maps").read_text().count(str(folder))


@pytest.mark.skipif(sys.platform != "linux", reason="optional: reads /proc")
def test_old_maps_go_with_the_last_reader(tmp_path: Path) -> None:
    publish(tmp_path, 5)
    reader = SnapshotReader(tmp_path)
    held = reader.graph()
    folder, watch = held.directory, weakref.ref(held)
    publish(tmp_path, 6)
    assert reader.graph() is not held
    assert mapped(folder) > 0
    assert SnapshotStore(tmp_path).prune(keep=1) == [folder.name]
    assert ask(held)[1] == 5
    del held
    gc.collect()
    assert watch() is None
    assert mapped(folder) == 0


def test_threads_ask_while_snapshots_are_published(tmp_path: Path) -> None:
    numbers = {publish(tmp_path, 1).id: 1}
    reader = SnapshotReader(tmp_path)
    done = threading.Event()

    def keep_asking() -> list[tuple[str, int]]:
        answers = []
        while not done.is_set():
            answers.append(ask(reader.graph()))
        return answers

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(keep_asking) for _ in range(4)]
        store = SnapshotStore(tmp_path)
        for number in range(2, 12):
            numbers[publish(tmp_path, number).id] = number
            store.prune(keep=1 + number % 2)
        done.set()
        answers = [item for job in running for item in job.result(60)]
    assert answers
    assert all(numbers[snapshot] == count for snapshot, count in answers)
    assert ask(reader.graph())[1] == 11
    assert reader.problem is None


_READER = """
import sys
from pathlib import Path
from headwater.graph.reader import SnapshotReader
from tests.graph.test_hot_swap import ask
reader, seen = SnapshotReader(Path(sys.argv[1])), {}
print("ready", flush=True)
while not (Path(sys.argv[1]) / "done").exists():
    snapshot, count = ask(reader.graph())
    assert seen.setdefault(snapshot, count) == count
print(*(f"{snapshot}={count}" for snapshot, count in seen.items()))
print(ask(reader.graph())[1])
"""


def test_processes_ask_while_snapshots_are_published(tmp_path: Path) -> None:
    numbers = {publish(tmp_path, 1).id: 1}
    root = Path(__file__).parents[2]
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", _READER, str(tmp_path)], cwd=root, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in readers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for number in range(2, 10):
        numbers[publish(tmp_path, number).id] = number
        SnapshotStore(tmp_path).prune(keep=2)
    (tmp_path / "done").touch()
    for process in readers:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        seen, last = out.splitlines()
        assert last == "9"
        for item in seen.split():
            snapshot, _, count = item.partition("=")
            assert numbers[snapshot] == int(count)


def test_eight_threads_answer_as_one_does(tmp_path: Path) -> None:
    """Readers share one graph, and nothing locks."""
    rng = random.Random(4)
    names = [f"o{place % 5}/x{place}" for place in range(60)]
    relations = ("finetune", "adapter", "merge", "quantized", "unspecified")
    lines = {
        f"{child} {rng.choice(relations)} {rng.choice(names)}"
        for child in names for _ in range(rng.choice([0, 1, 1, 3]))
    }  # fmt: skip
    graph = draw(tmp_path, *sorted(lines), nodes=tuple(names))
    questions = [(rng.randrange(3), rng.choice(names)) for _ in range(400)]

    def answer(question: tuple[int, str]) -> object:
        number, name = question
        if number == 0:
            return what_breaks(graph, [name], splits=("namespace", "depth"))
        return (lineage if number == 1 else search)(graph, name)

    serial = [answer(question) for question in questions]
    fresh = LineageGraph(graph.directory)  # with nothing remembered yet
    graph = fresh
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, questions)) == serial


def test_retention_keeps_the_newest_and_the_current(tmp_path: Path) -> None:
    ids = [publish(tmp_path, number).id for number in range(1, 6)]
    store = SnapshotStore(tmp_path)
    assert store.prune(keep=9) == []
    assert store.prune(keep=4) == ids[:1]
    store._point_at(ids[1])
    assert store.prune(keep=2) == ids[2:4]
    assert [item.id for item in store.list()] == [ids[1], ids[4]]
    assert store.prune(keep=1) == [ids[4]]
    assert store.current().name == ids[1]
    with pytest.raises(InvalidArgumentError, match="at least 1"):
        store.prune(keep=0)
    (tmp_path / "current").unlink()
    with pytest.raises(NoSnapshotError):
        store.prune(keep=1)
    assert [item.id for item in store.list()] == [ids[1]]
