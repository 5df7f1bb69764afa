"""Longer arrays: equal to a copy, and the file under them stays as it is."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.overlay_maps import _mapped, grown


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([np.int8, np.bool_, np.int32, np.int64]),
    st.integers(1, 40_000),
    st.integers(0, 40_000),
    st.integers(0, 2**32),
)
def test_a_longer_array_begins_with_the_file(
    tmp_path_factory: pytest.TempPathFactory, kind: type, n: int, more: int, seed: int
) -> None:
    path = tmp_path_factory.mktemp("array") / "values.npy"
    random = np.random.default_rng(seed)
    values = random.integers(0, 2, n).astype(kind)
    np.save(path, values)
    mapped = np.load(path, mmap_mode="r")
    found = _mapped(mapped, n + more)
    assert found is not None
    assert np.array_equal(found[:n], values)
    assert not found[n:].any()
    found[:] = 1
    assert found.all()
    assert np.array_equal(np.load(path), values)
    assert np.array_equal(mapped, values)


def test_it_outlives_the_file_and_what_it_was_made_from(tmp_path: Path) -> None:
    path = tmp_path / "values.npy"
    values = np.arange(1 << 19, dtype=np.int32)
    np.save(path, values)
    mapped = np.load(path, mmap_mode="r")
    found = grown(mapped, len(values) + 5)
    part = found[-9:]
    path.unlink()
    assert _mapped(mapped, 1 << 20) is None  # the file is gone: a copy it is
    assert np.array_equal(grown(mapped, 1 << 20)[: len(values)], values)
    del mapped, found
    gc.collect()
    assert part.tolist() == [*values[-4:].tolist(), 0, 0, 0, 0, 0]


def test_parts_and_other_arrays_are_copied(tmp_path: Path) -> None:
    path = tmp_path / "values.npy"
    np.save(path, np.arange(1 << 19, dtype=np.int32))
    mapped = np.load(path, mmap_mode="r")
    assert _mapped(np.asarray(mapped), 1 << 20) is not None
    assert _mapped(mapped[1:], 1 << 20) is None
    assert _mapped(np.asarray(mapped)[:-1], 1 << 20) is None
    assert _mapped(np.arange(9), 20) is None
    assert grown(mapped[1:9], 10).tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0]
