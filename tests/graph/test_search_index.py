"""The index of blocks may let a block in for nothing, but never leave one out."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from headwater.graph.overlay_text import MemoryHaystack
from headwater.graph.search_index import BLOCK, block_groups, possible_blocks

texts = st.lists(st.text("abcé/-", max_size=12), min_size=1, max_size=40)


def index_of(
    entries: list[str], repeat: int = 1
) -> tuple[bytes, list[int], NDArray[np.uint8]]:
    encoded = [entry.encode() + b"\n" for entry in entries for _ in range(repeat)]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(item) for item in encoded], out=offsets[1:])
    data = b"".join(encoded)
    made = block_groups(np.frombuffer(data, np.uint8), offsets)
    return data, offsets.tolist(), made


@settings(max_examples=60, deadline=None)
@given(texts, st.text("abcé/-", min_size=3, max_size=9))
def test_no_block_that_holds_it_is_left_out(entries: list[str], needle: str) -> None:
    # Each entry many times over, so that there are several blocks.
    data, offsets, made = index_of(entries, repeat=BLOCK // 8)
    found = set(possible_blocks(made, needle.encode()).tolist())
    for block in range(-(-(len(offsets) - 1) // BLOCK)):
        last = min((block + 1) * BLOCK, len(offsets) - 1)
        if needle.encode() in data[offsets[block * BLOCK] : offsets[last]]:
            assert block in found


def test_what_is_nowhere_is_ruled_out() -> None:
    _, _, made = index_of(["alpha/model", "beta/other"], repeat=BLOCK * 10)
    assert made.shape == (131072, 3)
    assert len(possible_blocks(made, b"alpha")) == 10
    assert not len(possible_blocks(made, b"zqxvw"))


def test_groups_of_five_tell_apart_what_groups_of_three_cannot() -> None:
    # Every three bytes of "abcdef" stand somewhere in these, no five of them do.
    _, _, made = index_of(["abcd-bcde", "cdef-abc"], repeat=BLOCK)
    assert len(possible_blocks(made, b"abcd")) > 0
    assert not len(possible_blocks(made, b"abcdef"))


def test_an_empty_text_has_no_blocks() -> None:
    made = block_groups(np.empty(0, np.uint8), np.zeros(1, np.int64))
    assert made.shape == (131072, 0)
    assert not len(possible_blocks(made, b"abc"))


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60).map(lambda data: data.replace(b"z", b"\0")),
    st.binary(min_size=1, max_size=3),
    st.integers(0, 70),
    st.integers(0, 70),
)
def test_the_haystack_finds_what_bytes_find(
    data: bytes, needle: bytes, start: int, end: int
) -> None:
    haystack = MemoryHaystack(len(data))
    haystack.data[:] = np.frombuffer(data, np.uint8)
    start, end = min(start, len(data)), min(end, len(data))
    assert haystack.find(needle, start, end) == data.find(needle, start, end)
    inner = data[len(data) // 2 :]
    if inner:
        assert haystack.find(inner, 0, len(data)) == data.find(inner)
