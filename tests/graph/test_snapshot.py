"""Snapshots on disk: whole, repeatable, readable by others, honest about damage."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from headwater.errors import (
    DamagedSnapshotError,
    NoSnapshotError,
    SnapshotVersionError,
    StorageError,
)
from headwater.graph.arrays import ARRAYS
from headwater.graph.claim_tables import to_tables
from headwater.graph.compile import compile_snapshot
from headwater.graph.data_dictionary import TABLES
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.snapshot import check_files, read_manifest
from headwater.graph.store import SnapshotStore
from tests.drawing import draw, draw_batch

LINES = (
    "b finetune a",
    "c merge b",
    "c merge a",
    "m trained_on data-d",
    "app-x uses c",
)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("manifest.json", ".verified")
    }


def test_same_claims_give_the_same_bytes(tmp_path: Path) -> None:
    """Only the manifest bears the date; the order of the input does not matter."""
    first = draw(tmp_path / "1", *LINES)
    again = draw(tmp_path / "2", *LINES)
    assert files_of(first.directory) == files_of(again.directory)
    assert first.manifest.content_sha256 == again.manifest.content_sha256
    turned = draw(tmp_path / "3", *LINES[::-1])
    assert files_of(first.directory) == files_of(turned.directory)


def test_every_file_is_in_the_manifest_and_described(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    assert set(files_of(graph.directory)) == set(graph.manifest.files)
    assert {f"arrays/{spec.name}.npy" for spec in ARRAYS} <= set(graph.manifest.files)
    for name, columns in TABLES.items():
        described = graph.manifest.tables[name]["columns"]
        assert list(columns) == [column["name"] for column in described] or set(
            columns
        ) == {column["name"] for column in described}


def test_pandas_polars_and_duckdb_read_the_tables(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    path = graph.directory / "tables" / "edges.parquet"
    expected = [
        ("o/b", "o/a", "finetune"),
        ("o/c", "o/a", "merge"),
        ("o/c", "o/b", "merge"),
        ("o/m", "datasets/o/data-d", "trained_on"),
        ("spaces/o/app-x", "o/c", "uses"),
    ]
    columns = ["child", "parent", "relation"]
    assert expected == sorted(
        map(tuple, pd.read_parquet(path)[columns].values.tolist())
    )
    assert expected == sorted(pl.read_parquet(path).select(columns).rows())
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT child, parent, relation FROM '{path}' ORDER BY ALL"
        ).fetchall()
    assert expected == rows


def test_arrays_hold_the_same_edges_in_both_directions(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    up = {
        (child, int(parent))
        for child in range(graph.n_nodes)
        for parent in graph.parents.targets[graph.parents.slice(child)]
    }
    down = {
        (int(child), parent)
        for parent in range(graph.n_nodes)
        for child in graph.children.targets[graph.children.slice(parent)]
    }
    assert up == down
    assert len(up) == 5


def test_numbers_are_preorder_of_primary_parents(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a", "d finetune a", "c finetune b", "y finetune x"
    )
    ids = [graph.ids[node] for node in range(graph.n_artefacts)]
    assert ids == ["o/a", "o/b", "o/c", "o/d", "o/x", "o/y"]


@pytest.mark.parametrize("number", range(0, 50, 7))
def test_a_truncated_file_is_named(tmp_path: Path, number: int) -> None:
    graph = draw(tmp_path, *LINES)
    names = sorted(graph.manifest.files)
    path = graph.directory / names[number % len(names)]
    if not path.stat().st_size:
        return
    path.write_bytes(path.read_bytes()[:-1])
    before = files_of(graph.directory)
    with pytest.raises(DamagedSnapshotError, match=path.name) as caught:
        LineageGraph(graph.directory)
    assert "headwater build" in str(caught.value)
    assert before == files_of(graph.directory)


def test_a_changed_byte_is_noticed_on_open(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    path = graph.directory / "tables" / "nodes.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedSnapshotError, match="checksum"):
        LineageGraph(graph.directory)


def test_silent_rot_is_found_by_verification(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    path = graph.directory / "arrays" / "downloads.npy"
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(DamagedSnapshotError, match=r"downloads\.npy"):
        check_files(graph.directory, graph.manifest, thorough=True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    (graph.directory / "arrays" / "kind.npy").unlink()
    with pytest.raises(DamagedSnapshotError, match=r"kind\.npy"):
        LineageGraph(graph.directory)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": 2}', "\x00"])
def test_a_broken_manifest_is_a_clear_error(tmp_path: Path, text: str) -> None:
    graph = draw(tmp_path, *LINES)
    (graph.directory / "manifest.json").write_text(text)
    with pytest.raises(DamagedSnapshotError, match="manifest"):
        LineageGraph(graph.directory)


def test_another_format_is_refused(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    path = graph.directory / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format_version": 99}))
    with pytest.raises(SnapshotVersionError, match="99"):
        LineageGraph(graph.directory)


def test_nothing_published_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshotError, match="headwater build"):
        SnapshotStore(tmp_path / "none").current()


@pytest.mark.parametrize("pointer", ["", "../..", "nowhere", ".partial-1"])
def test_a_pointer_to_nothing_is_damage(tmp_path: Path, pointer: str) -> None:
    draw(tmp_path, *LINES)
    (tmp_path / "current").write_text(pointer)
    with pytest.raises(DamagedSnapshotError):
        SnapshotStore(tmp_path).current()


def test_a_crash_while_writing_leaves_the_last_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = draw(tmp_path, *LINES)
    content = compile_snapshot(to_tables([draw_batch("z finetune y")]))
    for moment in ("rename", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, moment, _power_cut)
            with pytest.raises(StorageError):
                SnapshotStore(tmp_path).publish(content, [])
        assert SnapshotStore(tmp_path).current() == first.directory
        check_files(first.directory, read_manifest(first.directory), thorough=True)
    assert not list((tmp_path / "snapshots").glob(".partial*"))
    SnapshotStore(tmp_path).publish(content, [])
    assert LineageGraph(SnapshotStore(tmp_path).current()).find("o/z") >= 0


def _power_cut(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_leftovers_of_a_killed_writer_are_swept(tmp_path: Path) -> None:
    draw(tmp_path, *LINES)
    dead = tmp_path / "snapshots" / ".partial-999999999"
    dead.mkdir()
    draw(tmp_path, *LINES)
    assert not dead.exists()


def test_an_old_snapshot_stays_readable_after_a_new_one(tmp_path: Path) -> None:
    first = draw(tmp_path, *LINES)
    content = compile_snapshot(to_tables([draw_batch("z finetune y")]))
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    second = SnapshotStore(tmp_path).publish(content, [], moment)
    assert [first.manifest.id, second.id] == [
        m.id for m in SnapshotStore(tmp_path).list()
    ]
    assert first.find("o/b") >= 0
    assert int(np.diff(first.parents.offsets)[first.find("o/b")]) == 1


def test_a_read_only_directory_is_a_clear_error(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("not a directory")
    with pytest.raises(StorageError, match="--data-dir"):
        draw(target, *LINES)


def test_a_copied_snapshot_opens(tmp_path: Path) -> None:
    graph = draw(tmp_path / "a", *LINES)
    copy = tmp_path / "copy"
    shutil.copytree(graph.directory, copy, copy_function=shutil.copyfile)
    assert graph.n_nodes == LineageGraph(copy).n_nodes


def test_an_empty_graph_is_a_graph(tmp_path: Path) -> None:
    graph = draw(tmp_path)
    assert graph.n_nodes == 0
    assert graph.find("a/b") == -1
