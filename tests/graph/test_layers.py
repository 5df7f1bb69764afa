"""Layers: an update over a compiled snapshot, opened like any other."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headwater.errors import DamagedSnapshotError, GraphError
from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.layers import open_compiled, open_graph
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.reader import SnapshotReader
from headwater.graph.snapshot import Manifest, read_manifest
from headwater.graph.store import SnapshotStore
from headwater.queries.lineage import lineage
from headwater.queries.status import status
from headwater.queries.what_breaks import what_breaks
from tests.drawing import draw_batch
from tests.graph.overlay_oracle import draw_two, full_compile, same

START = datetime(2026, 1, 1, tzinfo=UTC)


def publish(path: Path, *lines: str, second: int = 0) -> Manifest:
    content = compile_snapshot(to_tables([draw_batch(*lines)]))
    moment = START + timedelta(seconds=second)
    return SnapshotStore(path).publish(content, [], moment)


def lay(path: Path, base: Manifest, *lines: str, second: int = 1) -> Manifest:
    tables = to_tables([draw_batch(*lines)])
    moment = START + timedelta(seconds=second)
    return SnapshotStore(path).publish_layer(tables, base, base.sources, moment)


def test_a_layer_is_opened_like_a_snapshot(tmp_path: Path) -> None:
    base = publish(tmp_path, "a finetune root")
    manifest = lay(tmp_path, base, "b quantized a")
    store = SnapshotStore(tmp_path)
    graph = open_graph(store.current())
    assert graph.manifest == manifest == read_manifest(store.current())
    assert (manifest.base, base.base) == (base.id, None)
    assert manifest.counts["layer"] == {"records": 2, "claims": 1}
    answer = what_breaks(graph, ["o/root"], limit=9)
    assert (answer.snapshot, answer.outside) == (manifest.id, 2)
    assert lineage(open_compiled(store.current()), "o/root").n_descendants == 1
    with pytest.raises(GraphError, match="open_graph"):
        LineageGraph(store.current())


@pytest.mark.parametrize("seed", range(12))
def test_it_answers_as_a_full_compile(tmp_path: Path, seed: int) -> None:
    old, new = draw_two(seed)
    store = SnapshotStore(tmp_path)
    base = store.publish(compile_snapshot(to_tables([old])), [], START)
    store.publish_layer(to_tables([new]), base, [], START + timedelta(seconds=1))
    graph = open_graph(store.current())
    same(graph, full_compile(tmp_path / "full", old, new))


def test_readers_change_over_to_a_layer_and_back(tmp_path: Path) -> None:
    base = publish(tmp_path, "a finetune root")
    reader = SnapshotReader(tmp_path)
    assert reader.graph().manifest.id == base.id
    first = lay(tmp_path, base, "b quantized root", second=1)
    assert reader.graph().manifest.id == first.id
    second = lay(tmp_path, base, "b quantized root", "c quantized b", second=2)
    assert reader.graph().manifest.id == second.id
    assert lineage(reader.graph(), "o/root").n_descendants == 3
    compiled = publish(tmp_path, "a finetune root", "b quantized a", second=3)
    assert reader.graph().manifest.id == compiled.id


def test_what_a_layer_lies_over_is_kept_with_it(tmp_path: Path) -> None:
    publish(tmp_path, "z finetune root", second=0)
    base = publish(tmp_path, "a finetune root", second=1)
    publish(tmp_path, "y finetune root", second=2)
    older = lay(tmp_path, base, "b quantized root", second=3)
    layer = lay(tmp_path, base, "c quantized root", second=4)
    store = SnapshotStore(tmp_path)
    assert base.id not in store.prune(1)
    assert {path.name for path in store.snapshots.iterdir()} == {base.id, layer.id}
    assert older.id not in {item.id for item in store.list()}
    assert lineage(open_graph(store.current()), "o/root").n_descendants == 2


def test_a_layer_without_its_snapshot_says_so(tmp_path: Path) -> None:
    base = publish(tmp_path, "a finetune root")
    lay(tmp_path, base, "b quantized a")
    store = SnapshotStore(tmp_path)
    shutil.rmtree(store.snapshots / base.id)
    with pytest.raises(DamagedSnapshotError, match=r"lies over .* which is gone"):
        open_graph(store.current())


@pytest.mark.parametrize("damage", [b"", b"PAR1 no parquet", None])
def test_a_damaged_layer_is_refused(tmp_path: Path, damage: bytes | None) -> None:
    base = publish(tmp_path, "a finetune root")
    lay(tmp_path, base, "b quantized a")
    folder = SnapshotStore(tmp_path).current()
    path = folder / "layer" / "claims.parquet"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(DamagedSnapshotError, match=r"claims\.parquet"):
        open_graph(folder)


@pytest.mark.parametrize("name", ["../elsewhere", ".hidden", "", 7])
def test_a_base_is_the_name_of_a_snapshot(tmp_path: Path, name: object) -> None:
    import json

    base = publish(tmp_path, "a finetune root")
    lay(tmp_path, base, "b quantized a")
    folder = SnapshotStore(tmp_path).current()
    value = json.loads((folder / "manifest.json").read_text())
    value["base"] = name
    (folder / "manifest.json").write_text(json.dumps(value))
    with pytest.raises(DamagedSnapshotError):
        open_graph(folder)


def test_status_checks_both(tmp_path: Path) -> None:
    base = publish(tmp_path, "a finetune root")
    lay(tmp_path, base, "b quantized a")
    store = SnapshotStore(tmp_path)
    assert status(open_graph(store.current()), verify=True).verified
    victim = store.snapshots / base.id / "tables" / "edges.parquet"
    graph = open_graph(store.current())
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(DamagedSnapshotError, match=r"edges\.parquet"):
        status(graph, verify=True)
