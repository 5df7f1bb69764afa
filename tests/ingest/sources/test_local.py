"""Caches and folders of models on a disk, made in the test: what they say and hide."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import ConfigError, ParseError
from headwater.graph.claims import ClaimBatch, claim_problem
from headwater.ingest.parse.repository_files import MAX_CARD_BYTES, read_front_matter
from headwater.ingest.sources.local import default_cache, read_local
from tests.ingest.sources.gguf_files import entry, gguf

TODAY = date(2026, 11, 22)
SHA = "a" * 40


def cached(
    root: Path, name: str, files: dict[str, str | bytes], revision: str = SHA
) -> Path:
    """Lay a repository out as the cache does: blobs, and links to them."""
    entry_folder = root / name
    snapshot = entry_folder / "snapshots" / revision
    blobs = entry_folder / "blobs"
    for folder in (snapshot, blobs, entry_folder / "refs"):
        folder.mkdir(parents=True, exist_ok=True)
    (entry_folder / "refs" / "main").write_text(revision)
    for file, content in files.items():
        blob = blobs / f"{revision[:4]}-{file}"
        blob.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(blob, (1_700_000_000, 1_700_000_000))
        (snapshot / file).symlink_to(Path("../../blobs") / blob.name)
    return entry_folder


def folder(root: Path, name: str, files: dict[str, str | bytes]) -> Path:
    made = root / name
    made.mkdir(parents=True)
    for file, content in files.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (made / file).write_bytes(raw)
    return made


def card(**fields: Any) -> str:
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in fields.items()]
    return "---\n" + "".join(lines) + "---\n# Card\n"


def read(*paths: Path) -> ClaimBatch:
    batch = ClaimBatch()
    for part in read_local(paths, TODAY):
        batch.extend(part)
    assert not [claim for claim in batch.claims if claim_problem(claim)]
    return batch


def edges(batch: ClaimBatch) -> set[tuple[str, str, str, str]]:
    return {
        (claim.child, claim.relation, claim.parent, claim.source)
        for claim in batch.claims
    }


def test_the_cache_is_read_at_the_revision_of_main(tmp_path: Path) -> None:
    cached(
        tmp_path,
        "models--zoo--pet-lora",
        {
            "README.md": card(
                base_model="zoo/pet", datasets=["zoo/data"], license="mit"
            ),
            "adapter_config.json": json.dumps({"base_model_name_or_path": "zoo/pet"}),
        },
    )
    cached(
        tmp_path,
        "models--zoo--pet-lora",
        {"README.md": card(base_model="x/old")},
        "b" * 40,
    )
    (tmp_path / "models--zoo--pet-lora" / "refs" / "main").write_text(SHA)
    cached(
        tmp_path, "datasets--zoo--data", {"README.md": card(source_datasets=["a/b"])}
    )
    cached(tmp_path, "models--gpt2", {"config.json": "{}"})
    batch = read(tmp_path)
    assert edges(batch) == {
        ("zoo/pet-lora", "unspecified", "zoo/pet", "local"),
        ("zoo/pet-lora", "trained_on", "datasets/zoo/data", "local"),
        ("zoo/pet-lora", "adapter", "zoo/pet", "local"),
        ("datasets/zoo/data", "derived_from", "datasets/a/b", "local"),
    }
    records = {record.id: record for record in batch.records}
    assert set(records) == {"zoo/pet-lora", "datasets/zoo/data", "gpt2"}
    pet = records["zoo/pet-lora"]
    assert pet.document == f"https://huggingface.co/zoo/pet-lora/tree/{SHA}"
    assert (pet.licence, pet.state, pet.seen) == ("mit", None, "2023-11-14")
    assert {record.source for record in batch.records} == {"local"}
    assert {claim.revision for claim in batch.claims} == {SHA}


def test_without_a_main_the_newest_snapshot_counts(tmp_path: Path) -> None:
    made = cached(tmp_path, "models--a--b", {"README.md": card(base_model="x/old")})
    cached(tmp_path, "models--a--b", {"README.md": card(base_model="x/new")}, "b" * 40)
    os.utime(made / "snapshots" / SHA, (1, 1))
    (made / "refs" / "main").unlink()
    assert {edge[2] for edge in edges(read(tmp_path))} == {"x/new"}


def test_folders_of_the_cache_that_hold_nothing_are_counted(tmp_path: Path) -> None:
    (tmp_path / "models--a--b" / "refs").mkdir(parents=True)
    (tmp_path / "spaces--a--b" / "refs").mkdir(parents=True)
    (tmp_path / "models--a..b--c").mkdir()
    assert read(tmp_path).skipped == {
        "folder/no_snapshot": 1, "folder/no_model_or_dataset": 2
    }  # fmt: skip


def test_a_folder_is_a_repository_only_if_it_says_so_itself(tmp_path: Path) -> None:
    weights = {"model.safetensors": b"never read"}
    folder(
        tmp_path,
        "pet",
        {"README.md": "---\nmodel-index:\n- name: zoo/Pet\n---\n"} | weights,
    )
    folder(tmp_path, "cat", {"config.json": '{"_name_or_path": "zoo/cat"}'} | weights)
    folder(
        tmp_path,
        "sub/My Model",
        {"config.json": '{"_name_or_path": "zoo/dog"}'} | weights,
    )
    folder(tmp_path, "website", {"config.json": '{"port": 80}', "README.md": "# no"})
    batch = read(tmp_path)
    assert {record.id for record in batch.records} == {
        "zoo/Pet", "zoo/cat", "off-hub/local/sub~my-model"
    }  # fmt: skip
    # What a model was loaded from is a parent only where it is not the model itself.
    assert edges(batch) == {
        ("off-hub/local/sub~my-model", "unspecified", "zoo/dog", "local")
    }
    assert batch.claims[0].confidence == 0.5
    assert batch.claims[0].document.startswith("file:///")
    assert {record.id for record in read(tmp_path / "sub" / "My Model").records} == {
        "off-hub/local/my-model"
    }


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("./output", "local_path"),
        ("gpt2", "no_repository"),
        ("https://github.com/a/b", "no_repository"),
        ("", "placeholder"),
    ],
)
def test_name_or_path_is_read_with_care(
    tmp_path: Path, named: str, reason: str
) -> None:
    config = json.dumps({"_name_or_path": named, "model_type": "llama"})
    folder(tmp_path, "m", {"config.json": config})
    batch = read(tmp_path)
    assert batch.claims == []
    assert batch.skipped == {f"config._name_or_path/{reason}": 1}


def test_the_card_makes_name_or_path_needless(tmp_path: Path) -> None:
    config = json.dumps({"_name_or_path": "zoo/other", "model_type": "llama"})
    folder(tmp_path, "m", {"config.json": config, "README.md": card(base_model="a/b")})
    assert {claim.parent for claim in read(tmp_path).claims} == {"a/b"}


MERGE = """
merge_method: ties
base_model: zoo/base
models:
  - model: zoo/one+zoo/lora
  - model: {model: {path: zoo/two, revision: main}}
  - model: ./local
slices:
  - sources: [{model: zoo/three, layer_range: [0, 2]}, {model: zoo/three}]
experts: [{source_model: zoo/four, positive_prompts: [x]}]
"""


def test_every_model_of_a_merge_recipe_is_a_parent(tmp_path: Path) -> None:
    folder(tmp_path, "m", {"mergekit_config.yml": MERGE})
    batch = read(tmp_path)
    assert edges(batch) == {
        ("off-hub/local/m", "merge", f"zoo/{name}", "mergekit")
        for name in ("base", "one", "lora", "two", "three", "four")
    }
    assert batch.skipped == {"mergekit/local_path": 1}


HUB = "https://huggingface.co/"


def gguf_edges(tmp_path: Path, *entries: bytes) -> set[tuple[str, str, str]]:
    folder(tmp_path, "m", {"m-Q4.gguf": gguf(*entries), "m-Q8.gguf": gguf(*entries)})
    batch = read(tmp_path)
    found = [(claim.child, claim.relation, claim.parent) for claim in batch.claims]
    assert len(set(found)) == len(found)
    assert {claim.source for claim in batch.claims} <= {"gguf"}
    return set(found)


def test_a_gguf_file_is_a_conversion_of_its_source(tmp_path: Path) -> None:
    assert gguf_edges(
        tmp_path,
        entry("general.source.repo_url", HUB + "zoo/pet"),
        entry("general.base_model.count", 1),
        entry("general.base_model.0.repo_url", HUB + "zoo/base"),
        entry("general.dataset.count", 1),
        entry("general.dataset.0.repo_url", HUB + "datasets/zoo/data"),
    ) == {
        ("off-hub/local/m", "quantized", "zoo/pet"),
        ("zoo/pet", "unspecified", "zoo/base"),
        ("zoo/pet", "trained_on", "datasets/zoo/data"),
    }


def test_a_base_of_the_same_name_is_what_was_converted(tmp_path: Path) -> None:
    base = [
        entry("general.base_model.count", 2),
        entry("general.base_model.0.name", "Pet 7B"),
        entry("general.base_model.0.repo_url", HUB + "zoo/Pet-7B"),
        entry("general.base_model.1.name", "Other"),
        entry("general.base_model.1.repo_url", HUB + "zoo/other"),
    ]
    assert gguf_edges(tmp_path, entry("general.name", "pet-7b"), *base) == {
        ("off-hub/local/m", "quantized", "zoo/Pet-7B"),
        ("off-hub/local/m", "unspecified", "zoo/other"),
    }


def test_the_base_of_a_source_was_not_converted(tmp_path: Path) -> None:
    assert gguf_edges(
        tmp_path,
        entry("general.name", "Pet"),
        entry("general.source.huggingface.repository", "zoo/pet"),
        entry("general.base_model.count", 1),
        entry("general.base_model.0.name", "Pet"),
        entry("general.base_model.0.repo_url", HUB + "old-zoo/pet"),
    ) == {
        ("off-hub/local/m", "quantized", "zoo/pet"),
        ("zoo/pet", "unspecified", "old-zoo/pet"),
    }


def test_an_adapter_in_a_gguf_file_loads_with_its_base(tmp_path: Path) -> None:
    assert gguf_edges(
        tmp_path,
        entry("general.type", "adapter"),
        entry("general.base_model.count", 2),
        entry("general.base_model.0.repo_url", HUB + "zoo/pet"),
        entry("general.base_model.1.name", "No Address"),
    ) == {("off-hub/local/m", "adapter", "zoo/pet")}


def test_later_parts_of_a_split_gguf_file_are_not_read(tmp_path: Path) -> None:
    folder(
        tmp_path,
        "m",
        {
            "m-00001-of-00002.gguf": gguf(entry("general.license", "mit")),
            "m-00002-of-00002.gguf": b"no header here",
            "odd.gguf": b"GGUF",
        },
    )
    batch = read(tmp_path)
    assert batch.skipped == {"gguf/not_gguf": 1}
    assert [record.licence for record in batch.records] == ["mit"]


def test_links_out_of_the_folder_and_odd_files_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(card(base_model="zoo/secret"))
    root = tmp_path / "models"
    made = folder(root, "m", {"model_index.json": "{}"})
    (made / "README.md").symlink_to(secret)
    os.mkfifo(made / "config.json")
    (made / "adapter_config.json").mkdir()
    (root / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    entry_folder = cached(root, "models--a--b", {})
    (entry_folder / "snapshots" / SHA / "README.md").symlink_to(secret)
    batch = read(root)
    assert batch.claims == []
    assert batch.skipped["file/link_out_of_the_folder"] == 2
    assert batch.skipped["file/no_regular_file"] == 2
    assert {record.id for record in batch.records} == {"off-hub/local/m", "a/b"}


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("README.md", b"---\nlicense: \xff\n---\n", "README.md/bad_front_matter"),
        ("README.md", b"---\n@id\n---\n", "README.md/bad_front_matter"),
        ("README.md", b"---\n- a\n---\n", "README.md/bad_front_matter"),
        ("README.md", b"---\na: &x [1]\nb: *x\n---\n", "README.md/bad_front_matter"),
        ("config.json", b'{"model_type": ', "config.json/no_valid_json"),
        ("config.json", b"[" * 100_000, "config.json/no_valid_json"),
        ("adapter_config.json", b"[1]", "adapter_config.json/not_an_object"),
        (
            "adapter_config.json",
            b"1" * (4 << 20) + b"11",
            "adapter_config.json/too_long",
        ),
        ("mergekit_config.yml", b"models: [", "mergekit/no_valid_yaml"),
        ("mergekit_config.yml", b"\xff", "mergekit/no_valid_yaml"),
        ("mergekit_config.yml", b"a: 1", "mergekit/no_models"),
    ],
)
def test_damaged_files_are_counted(
    tmp_path: Path, file: str, content: bytes, reason: str
) -> None:
    folder(tmp_path, "m", {"model_index.json": "{}", file: content})
    batch = read(tmp_path)
    assert batch.skipped == {reason: 1}
    assert len(batch.records) == 1


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"---\r\nlicense: mit\r\n---\r\ntext", {"license": "mit"}),
        (b"\xef\xbb\xbf\n\n---\nlanguage: no\n---", {"language": "no"}),
        (b"---\n1: x\na: 2024-01-01\n---\n", {"a": "2024-01-01"}),
        (b"---\n---\n", None),
        (b"text\n---\na: b\n---\n", None),
        (b"---\na: b\n----\n", None),
        (b"---\na: b\n", None),
        (b"---\ra: b\r---\r", None),
        (b"---\na: b\n---\n" + b"\xc3\xa4" * MAX_CARD_BYTES, {"a": "b"}),
        (b"---\na: " + b"b" * MAX_CARD_BYTES + b"\n---\n", None),
    ],
)
def test_front_matter(raw: bytes, wanted: dict[str, Any] | None) -> None:
    assert read_front_matter(raw, "README.md") == wanted


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_front_matter_of_any_bytes(raw: bytes) -> None:
    for text in (raw, b"---\n" + raw + b"\n---\n"):
        try:
            found = read_front_matter(text, "README.md")
        except ParseError:
            continue
        assert found is None or isinstance(found, dict)


def test_depth_and_unreadable_folders_are_counted(tmp_path: Path) -> None:
    folder(tmp_path, "/".join("abcdefghij"), {"model_index.json": "{}"})
    assert read(tmp_path / "a").skipped == {"folder/too_deep": 1}
    with pytest.raises(ConfigError, match="no folder"):
        read(tmp_path / "absent")


@pytest.fixture
def frozen_time() -> float:
    return datetime(2999, 1, 1, tzinfo=UTC).timestamp()


def test_no_claim_is_later_than_today(tmp_path: Path, frozen_time: float) -> None:
    made = folder(
        tmp_path, "m", {"README.md": card(base_model="a/b"), "x.gguf": gguf()}
    )
    for path in made.iterdir():
        os.utime(path, (frozen_time, frozen_time))
    assert {claim.first_seen for claim in read(tmp_path).claims} == {"2026-11-22"}


def test_the_default_is_the_cache_of_huggingface_hub() -> None:
    assert default_cache().name == "hub"
