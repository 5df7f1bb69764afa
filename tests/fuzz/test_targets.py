"""The fuzzing targets on random and nearly right input; what once failed stays here."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

FOUND: dict[str, tuple[bytes, ...]] = {
    # Lists of nothing, which named nothing and were not counted either.
    "reference": (b",[", b"];[", b"[,[", b",[]"),
}
"""Inputs that a fuzzer found to break a target, by its name."""


@pytest.mark.parametrize("name", TARGETS)
def test_the_inputs_to_begin_from_and_those_that_were_found(name: str) -> None:
    check, seeds = TARGETS[name]
    for seed in (*seeds, *FOUND.get(name, ())):
        check(seed)


def spoilt(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Return strategies that cut, join and overwrite the seeds, or make anything."""
    part = st.builds(
        lambda seed, low, high: seed[low : low + high],
        st.sampled_from(seeds), st.integers(0, 60), st.integers(0, 200),
    )  # fmt: skip
    mixed = st.lists(st.one_of(part, st.binary(max_size=12)), max_size=6)
    return st.one_of(mixed.map(b"".join), st.binary(max_size=80))


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_is_nearly_right_surprises(name: str) -> None:
    check, seeds = TARGETS[name]
    settings(max_examples=300, deadline=None)(given(spoilt(seeds))(check))()


TEXT = st.text(max_size=20)
YAML_SCALAR = st.one_of(
    TEXT,
    st.sampled_from(["no", "~", "2024-01-01", "&a", "*a", "!!binary", "1_0", "@x"]),
)
YAML = st.recursive(
    YAML_SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(YAML_SCALAR, inner, max_size=3).map(
            lambda pairs: f"{{{', '.join(f'{k}: {v}' for k, v in pairs.items())}}}"
        ),
    ),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["base_model", "datasets", "license", "language", "new_version", "tags",
     "base_model_relation", "source_datasets", "library_name", "model-index"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(FIELDS, YAML), max_size=5))
def test_front_matter_of_any_fields(lines: list[tuple[str, str]]) -> None:
    text = "".join(f"{name}: {value}\n" for name, value in lines)
    raw = text.encode("utf-8", "surrogatepass")
    TARGETS["yaml"][0](raw)
    TARGETS["card"][0](b"---\n" + raw + b"---\n")


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["base_model:", "base_model:merge:", "dataset:", "license:",
                             "language:", "source_datasets:", "arxiv:", ""]),
            TEXT,
        ),
        max_size=8,
    )
)  # fmt: skip
def test_tags_of_any_text(tags: list[tuple[str, str]]) -> None:
    record = {"id": "me/mine", "tags": [head + rest for head, rest in tags]}
    TARGETS["record"][0](json.dumps(record).encode())


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"general.name", b"general.base_model.count",
                             b"general.base_model.0.repo_url", b"general.license",
                             b"general.source.url", b"general.datasets", b"x"]),
            st.integers(0, 13), st.binary(max_size=24),
        ),
        max_size=5,
    ),
    st.integers(0, 6),
)  # fmt: skip
def test_gguf_entries_of_any_type(
    entries: list[tuple[bytes, int, bytes]], more: int
) -> None:
    body = b"".join(
        len(key).to_bytes(8, "little") + key + kind.to_bytes(4, "little") + value
        for key, kind, value in entries
    )
    count = (len(entries) + more).to_bytes(8, "little")
    TARGETS["gguf"][0](b"GGUF\x03\0\0\0" + b"\0" * 8 + count + body)
