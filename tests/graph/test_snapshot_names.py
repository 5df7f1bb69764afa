"""Which snapshot a word means, and that one which somebody reads is not removed."""

from __future__ import annotations

import gc
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headwater.errors import (
    AmbiguousTargetError,
    InvalidArgumentError,
    NoSnapshotError,
)
from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot_names import find_snapshot
from headwater.graph.snapshot_use import is_in_use
from headwater.graph.store import SnapshotStore
from tests.drawing import draw_batch


def publish(path: Path, day: int) -> str:
    """Publish a snapshot of one model, dated the given day of January."""
    content = compile_snapshot(to_tables([draw_batch(nodes=(f"m{day}",))]))
    created = datetime(2026, 1, day, tzinfo=UTC)
    return SnapshotStore(path).publish(content, [], created).id


def test_every_way_to_name_a_snapshot(tmp_path: Path) -> None:
    store, other = SnapshotStore(tmp_path / "a"), SnapshotStore(tmp_path / "b")
    ids = [publish(store.directory, day) for day in (1, 2, 3)]
    (elsewhere,) = [publish(other.directory, 9)]
    assert find_snapshot(store, "current").name == ids[2]
    assert find_snapshot(store, "previous").name == ids[1]
    assert find_snapshot(store, ids[0]).name == ids[0]
    assert find_snapshot(store, "20260102").name == ids[1]
    assert find_snapshot(store, str(other.directory)).name == elsewhere
    assert find_snapshot(store, str(other.snapshots / elsewhere)).name == elsewhere
    with pytest.raises(AmbiguousTargetError, match=ids[1]):
        find_snapshot(store, "202601")
    for text in ("", "  ", "1999", "/nowhere", "../a/current"):
        with pytest.raises(InvalidArgumentError, match="headwater snapshots"):
            find_snapshot(store, text)
    with pytest.raises(InvalidArgumentError, match="before the current one"):
        find_snapshot(other, "previous")
    with pytest.raises(NoSnapshotError):
        find_snapshot(SnapshotStore(tmp_path / "c"), "current")


def test_what_somebody_reads_is_spared(tmp_path: Path) -> None:
    ids = [publish(tmp_path, day) for day in (1, 2, 3)]
    store = SnapshotStore(tmp_path)
    held = LineageGraph(store.snapshots / ids[0])
    assert [is_in_use(store.snapshots / name) for name in ids] == [True, False, False]
    assert store.prune(keep=1, spare_in_use=True) == [ids[1]]
    assert held.rows("nodes")
    del held
    gc.collect()
    assert store.prune(keep=1, spare_in_use=True) == [ids[0]]


def test_another_process_counts_as_a_reader(tmp_path: Path) -> None:
    ids = [publish(tmp_path, day) for day in (1, 2)]
    script = (
        "import sys; from pathlib import Path\n"
        "from headwater.graph.lineage_graph import LineageGraph\n"
        "held = LineageGraph(Path(sys.argv[1])); print('open', flush=True); input()\n"
    )
    folder = SnapshotStore(tmp_path).snapshots / ids[0]
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    assert SnapshotStore(tmp_path).prune(keep=1, spare_in_use=True) == []
    process.communicate("\n", timeout=60)
    assert SnapshotStore(tmp_path).prune(keep=1, spare_in_use=True) == [ids[0]]
