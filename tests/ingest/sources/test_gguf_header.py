"""Headers of GGUF files: built by hand, cut, lied about, and at random."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.ingest.parse.gguf_header import (
    GgufError,
    GgufHeader,
    parse_gguf_header,
)
from tests.ingest.sources.gguf_files import STRING, entry, gguf, text


def array(key: str, kind: int, *items: bytes, count: int | None = None) -> bytes:
    length = struct.pack("<Q", len(items) if count is None else count)
    return text(key) + struct.pack("<II", 9, kind) + length + b"".join(items)


@pytest.mark.parametrize(("version", "order"), [(2, "<"), (3, "<"), (3, ">"), (1, "<")])
def test_versions_and_byte_orders(version: int, order: str) -> None:
    size = "I" if version == 1 else "Q"
    word = struct.pack(order + size, 12) + b"general.name"
    value = struct.pack(order + size, 3) + b"Pet"
    raw = (
        b"GGUF"
        + struct.pack(order + "I" + size + size, version, 0, 1)
        + word
        + struct.pack(order + "I", STRING)
        + value
    )
    header = parse_gguf_header(raw)
    assert (header.version, header.text("name")) == (version, "Pet")


def test_what_is_not_general_is_stepped_over() -> None:
    raw = gguf(
        entry("llama.block_count", 7),
        array("tokenizer.ggml.tokens", STRING, *[text("x") for _ in range(500)]),
        array("tokenizer.ggml.scores", 6, *[struct.pack("<f", 1.0)] * 9),
        array("odd.nested", 9, struct.pack("<IQ", 4, 1) + struct.pack("<I", 3)),
        entry("general.type", "adapter"),
        array("general.datasets", STRING, text("a/b"), text("c/d")),
        array("general.sizes", 4, struct.pack("<I", 1)),
    )
    header = parse_gguf_header(raw)
    assert header.is_complete
    assert header.general == {
        "type": "adapter", "datasets": ["a/b", "c/d"], "sizes": []
    }  # fmt: skip


def test_the_base_models() -> None:
    header = parse_gguf_header(
        gguf(
            entry("general.base_model.count", 2),
            entry("general.base_model.0.name", "Pet"),
            entry("general.base_model.0.organization", "Zoo"),
            entry("general.base_model.1.repo_url", "https://huggingface.co/a/b"),
        )
    )
    first, second = header.base_models()
    assert (first.name, first.organization, first.repo_url) == ("Pet", "Zoo", None)
    assert second.repo_url == "https://huggingface.co/a/b"
    assert header.base_models("dataset") == []


@pytest.mark.parametrize("count", [2**64 - 1, "2", -1, True, 1.0])
def test_the_number_of_base_models_is_not_trusted(count: Any) -> None:
    header = GgufHeader(3, {"base_model.count": count})
    assert len(header.base_models()) == (64 if count == 2**64 - 1 else 0)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not_gguf"),
        (b"GGML" + b"\0" * 40, "not_gguf"),
        (b"GGUF\x03\0\0\0", "not_gguf"),
        (b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "unknown_version"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "too_many_entries"),
        (gguf(struct.pack("<Q", 2**62) + b"x" * 40), "key_too_long"),
        (
            gguf(text("general.x") + struct.pack("<IQ", STRING, 2**62)),
            "text_too_long",
        ),
        (gguf(text("general.x") + struct.pack("<I", 99)), "unknown_type"),
        (gguf(text("other.x") + struct.pack("<I", 99)), "unknown_type"),
        (
            gguf(text("general.x") + struct.pack("<IQ", STRING, 1) + b"\xff"),
            "bad_text",
        ),
        (
            gguf(text("other.x") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 3),
            "nested_too_deep",
        ),
    ],
)
def test_lies_are_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(GgufError, match=f"^{reason}$"):
        parse_gguf_header(raw)


@pytest.mark.parametrize("kind", [0, 4, STRING, 9, 10])
def test_an_array_that_claims_to_be_huge_ends_with_the_bytes(kind: int) -> None:
    raw = gguf(
        entry("general.name", "Pet"), array("x.y", kind, b"\0" * 64, count=2**60)
    )
    header = parse_gguf_header(raw)
    assert not header.is_complete
    assert header.text("name") == "Pet"


def test_a_cut_header_keeps_what_came_before() -> None:
    whole = gguf(entry("general.name", "Pet"), entry("general.author", "Zoo"))
    seen = set()
    for end in range(24, len(whole) + 1):
        header = parse_gguf_header(whole[:end])
        assert header.is_complete == (end == len(whole))
        seen.add(tuple(header.general.items()))
    assert len(seen) == 3


@given(st.binary(max_size=300), st.integers(0, 3))
def test_random_bytes_never_do_harm(noise: bytes, version: int) -> None:
    for raw in (noise, b"GGUF" + struct.pack("<IQQ", version, 0, 3) + noise):
        try:
            header = parse_gguf_header(raw)
        except GgufError:
            continue
        assert isinstance(header.general, dict)


@given(st.data())
def test_a_damaged_header_never_does_harm(data: st.DataObject) -> None:
    raw = bytearray(
        gguf(
            entry("general.name", "Pet"),
            entry("general.base_model.count", 1),
            entry("general.base_model.0.repo_url", "https://huggingface.co/a/b"),
        )
    )
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(GgufError):
        parse_gguf_header(bytes(raw)).base_models()
