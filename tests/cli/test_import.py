"""``headwater sources`` and ``headwater import``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.ingest.imports import READERS
from headwater.ingest.sources.registry import REGISTRY
from tests.cli.conftest import Run
from tests.ingest.conftest import LoopbackHub
from tests.ingest.sources.file_server import FileServer

ROWS = [
    {"_id": "1" * 24, "id": "acme/base", "author": "acme", "tags": ["license:mit"],
     "createdAt": "2024-01-01T00:00:00.000Z", "lastModified": "2024-02-01T00:00:00.000Z",
     "downloads": 10, "likes": 1, "cardData": json.dumps({"license": "mit"})},
    {"_id": "2" * 24, "id": "acme/tune", "author": "acme",
     "tags": ["base_model:acme/base", "base_model:finetune:acme/base"],
     "createdAt": "2024-03-01T00:00:00.000Z", "lastModified": "2024-04-01T00:00:00.000Z",
     "downloads": 5, "likes": 2, "cardData": json.dumps({"base_model": "acme/base"})},
]  # fmt: skip


def dump(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "models.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def edges(run: Run) -> set[tuple[str, str, str]]:
    rows: Any = run("sql", "SELECT child, parent, relation FROM edges", "--json").json
    return {(row["child"], row["parent"], row["relation"]) for row in rows}


def test_a_dump_becomes_a_snapshot(run: Run, tmp_path: Path) -> None:
    path = dump(tmp_path, ROWS)
    ran = run("import", "bulk", str(path), "--no-catalog", "--workers", "1", "--json")
    assert ran.code == 0, ran.err
    kept: Any = ran.json
    assert (kept["records"], kept["day"]) == (2, "2024-04-01")
    assert edges(run) == {("acme/tune", "acme/base", "finetune")}
    assert str(path) in "".join(run("status").out.split())


def test_importing_again_replaces_what_was_imported(run: Run, tmp_path: Path) -> None:
    path = dump(tmp_path, ROWS)
    arguments = ("import", "bulk", str(path), "--no-catalog", "--workers", "1")
    assert run(*arguments).code == 0
    before = {(c, p) for c, p, _ in edges(run)}
    dump(tmp_path, [ROWS[0], {**ROWS[1], "tags": [], "cardData": "{}"}])
    assert run(*arguments).code == 0
    assert before == {("acme/tune", "acme/base")}
    assert edges(run) == set()


def test_local_folders(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "models" / "my-lora"
    model.mkdir(parents=True)
    (model / "adapter_config.json").write_text(
        '{"base_model_name_or_path": "acme/base"}'
    )
    (model / "adapter_model.safetensors").write_bytes(b"")
    ran = run("import", "local", str(tmp_path / "models"), "--no-catalog")
    assert ran.code == 0, ran.err
    ((_, parent, relation),) = edges(run)
    assert (parent, relation) == ("acme/base", "adapter")
    claims: Any = run("sql", "SELECT source, document FROM claims", "--json").json
    assert [claim["source"] for claim in claims] == ["local"]
    assert claims[0]["document"] == model.as_uri()


def test_of_a_card_and_a_configuration_on_this_disk_the_clearer_counts(
    run: Run, tmp_path: Path
) -> None:
    model = tmp_path / "models" / "my-lora"
    model.mkdir(parents=True)
    (model / "adapter_config.json").write_text(
        '{"base_model_name_or_path": "acme/base"}'
    )
    (model / "README.md").write_text("---\nbase_model: acme/base\n---\n")
    ran = run("import", "local", str(tmp_path / "models"), "--no-catalog")
    assert ran.code == 0, ran.err
    assert {(parent, relation) for _, parent, relation in edges(run)} == {
        ("acme/base", "adapter")
    }


def test_every_source_is_listed_and_every_other_one_can_be_imported(run: Run) -> None:
    listed: Any = run("sources", "--json").json
    assert [entry.name for entry in REGISTRY] == [entry["name"] for entry in listed]
    assert set(READERS) == {entry.name for entry in REGISTRY} - {"hub", "catalog"}
    text = run("sources").out
    assert all(name in text for name in READERS)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[FileServer]:
    server = FileServer(content=dump(tmp_path, ROWS).read_bytes())
    yield server
    server.close()


def test_a_dump_from_elsewhere_on_the_web(
    run: Run, tmp_path: Path, served: FileServer
) -> None:
    ran = run("import", "bulk", served.url, "--no-catalog", "--workers", "1", "--json")
    assert ran.code == 0, ran.err
    kept: Any = ran.json
    (file,) = kept["downloads"]
    assert (kept["records"], file["url"], file["etag"]) == (2, served.url, '"v1"')
    assert file["sha256"] == hashlib.sha256(served.content).hexdigest()
    assert edges(run) == {("acme/tune", "acme/base", "finetune")}
    assert list((tmp_path / "data" / "downloads").iterdir()) == []
    assert served.url in "".join(run("status").out.split())


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PAR1 and no more", "no readable Parquet file"), (b"<html>", "no Parquet file")],
)
def test_a_damaged_dump_from_elsewhere(
    run: Run, tmp_path: Path, served: FileServer, content: bytes, said: str
) -> None:
    served.content = content
    ran = run("import", "bulk", served.url, "--workers", "1")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert said in ran.err
    assert not list((tmp_path / "data" / "downloads").glob("*.parquet")) or (
        content == b"<html>"
    )


def test_the_cap_on_downloads_is_a_setting(
    run: Run, served: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_MAX_DOWNLOAD_BYTES", "1_000")
    ran = run("import", "bulk", served.url, "--workers", "1")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "HEADWATER_MAX_DOWNLOAD_BYTES" in ran.err
    monkeypatch.setenv("HEADWATER_MAX_DOWNLOAD_BYTES", "lots")
    assert "must be a number of bytes" in run("status").err


def test_an_update_on_top_of_a_dump(run: Run, tmp_path: Path) -> None:
    hub = LoopbackHub([{"kind": "models", "private": False, **row} for row in ROWS])
    try:
        path = str(dump(tmp_path, ROWS))
        arguments = ("--no-catalog", "--endpoint", hub.endpoint)
        assert run("import", "bulk", path, "--workers", "1", *arguments).code == 0
        ran = run("crawl", "--update", "--only", "models", "--json", *arguments)
    finally:
        hub.close()
    assert ran.code == 0, ran.err
    report: Any = ran.json
    assert report["routes"]["models"]["stop"] in ("caught_up", "end")
    assert edges(run) == {("acme/tune", "acme/base", "finetune")}


def test_what_was_left_out_is_shown_by_quality(run: Run, tmp_path: Path) -> None:
    odd = {**ROWS[1], "tags": [], "cardData": json.dumps({"base_model": "/home/me/x"})}
    path = dump(tmp_path, [ROWS[0], odd])
    assert run("import", "bulk", str(path), "--workers", "1").code == 0
    ran = run("quality")
    assert ran.code == 0
    assert "acme/tune: /home/me/x" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bulk", "no-such-models.parquet"], "no-such-models.parquet"),
        (["bulk", "ftp://x/models.parquet"], "ftp://x"),
        (["bulk", "http://example.org/models.parquet"], "is not https"),
        (["bulk", "https://me:pw@example.org/models.parquet"], "a password"),
        (["bulk", "http://127.0.0.1:9/models.parquet"], "connection is refused"),
        (["bulk"], "headwater sources"),
        (["local", "/no/such/folder"], "/no/such/folder"),
        (["telepathy"], "bulk"),
    ],
)
def test_what_cannot_be_imported_is_a_clear_error(
    run: Run, arguments: list[str], said: str
) -> None:
    ran = run("import", *arguments)
    assert ran.code in (1, 2)
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_is_no_dump(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "models.parquet"
    path.write_text("not parquet")
    ran = run("import", "bulk", str(path))
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert run("build").code == 0, "a failed import leaves nothing behind"


def test_a_damaged_import_says_what_to_do(run: Run, tmp_path: Path) -> None:
    run("import", "bulk", str(dump(tmp_path, ROWS)), "--workers", "1")
    (note,) = (tmp_path / "data" / "imports").glob("*/import.json")
    note.write_text("{")
    ran = run("build")
    assert ran.code == 1
    assert "import it again" in ran.err
