"""YAML from strangers on a real disk: bombs, depth, tags; only the card is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.ingest.sources.gguf_files import gguf
from tests.ingest.sources.test_local import card, folder, read

BOMB = "".join(
    f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]\n"
    for level in range(1, 10)
)


@pytest.mark.parametrize(
    ("yaml", "why"),
    [
        ("l0: &l0 x\n" + BOMB, "aliases are not allowed"),
        ("a: &a [*a]", "aliases are not allowed"),
        ("a: " + "[" * 40 + "]" * 40, "too deep or too large"),
        ("a: " + "[" * 50_000, "too deep or too large"),
        ("a: [" + "1," * 120_000 + "]", "too deep or too large"),
        ("a: !!python/object/apply:os.system [exit]", "could not determine"),
        ("{[1]: 2}", "unhashable"),
        ("a: b: c", "mapping values"),
        ("{{ x }}", "unhashable"),
    ],
)
def test_front_matter_that_is_out_of_bounds_costs_itself_only(
    tmp_path: Path, yaml: str, why: str
) -> None:
    files = {"model_index.json": "{}", "README.md": f"---\n{yaml}\n---\n"}
    folder(tmp_path, "m", files)
    folder(tmp_path, "n", {"README.md": card(base_model="a/b"), "x.gguf": gguf()})
    started = time.monotonic()
    batch = read(tmp_path)

    assert time.monotonic() - started < 5
    assert batch.skipped == {"README.md/bad_front_matter": 1}
    (example,) = batch.examples["README.md/bad_front_matter"]
    assert why in example
    assert len(batch.records) == 2
    assert {claim.parent for claim in batch.claims} == {"a/b"}
