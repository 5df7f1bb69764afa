"""Arrow columns made of numbers: names, ids, days and lists, without a Python row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_FIRST: Final = (
    "amber", "arctic", "blue", "bold", "brave", "bright", "calm", "clear", "cosmic",
    "crisp", "deep", "dusty", "early", "fast", "fine", "free", "gentle", "golden",
    "grand", "green", "happy", "hidden", "keen", "kind", "late", "light", "lucky",
    "merry", "misty", "neat", "noble", "nova", "pale", "polar", "proud", "quick",
    "quiet", "rapid", "red", "royal", "sharp", "silent", "silver", "small", "solar",
    "sunny", "swift", "warm", "wild", "wise",
)  # fmt: skip
_SECOND: Final = (
    "AI", "Alder", "Badger", "Birch", "Brook", "Cedar", "Cloud", "Comet", "Crane",
    "Delta", "Eagle", "Elm", "Falcon", "Fern", "Finch", "Fox", "Hare", "Hawk",
    "Heron", "Ivy", "Jay", "Lab", "Lark", "Leaf", "Lynx", "Maple", "Meadow", "Moon",
    "Moss", "Oak", "Otter", "Owl", "Peak", "Pine", "Raven", "Reef", "River", "Robin",
    "Rowan", "Sage", "Seal", "Star", "Stone", "Swan", "Tern", "Vale", "Wave", "Wolf",
    "Wren", "Yew",
)  # fmt: skip


def words(codes: Any, vocabulary: Sequence[str]) -> pa.Array:
    """Return words by code as a dictionary column; a code of -1 is null."""
    codes = np.asarray(codes)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int8), mask=codes < 0), pa.array(vocabulary)
    )


def coded(codes: Any, texts: pa.Array) -> pa.Array:
    """Return different texts by code as a dictionary column."""
    return pa.DictionaryArray.from_arrays(
        pa.array(np.asarray(codes).astype(np.int32)), texts
    )


def text(codes: Any, vocabulary: Sequence[str]) -> pa.Array:
    """Return words by code as plain text; a code of -1 is null."""
    codes = np.asarray(codes)
    return pa.array(vocabulary, pa.string()).take(
        pa.array(codes.astype(np.int32), mask=codes < 0)
    )


def join(*parts: Any) -> pa.Array:
    """Return texts one after the other; a null makes the result null."""
    return pc.binary_join_element_wise(*parts, "")


def number(values: Any) -> pa.Array:
    """Return whole numbers as text."""
    return pc.cast(pa.array(np.asarray(values)), pa.string())


def owner_names(numbers: NDArray[Any]) -> pa.Array:
    """Return the name of each namespace, different for different numbers."""
    high, low = np.divmod(numbers, len(_FIRST) * len(_SECOND))
    names = join(
        text(low // len(_SECOND), _FIRST), "-", text(low % len(_SECOND), _SECOND)
    )
    return pc.if_else(pa.array(high == 0), names, join(names, number(high)))


def family_names(numbers: NDArray[Any]) -> pa.Array:
    """Return the name of each model family, different for different numbers."""
    high, low = np.divmod(numbers, len(_SECOND))
    return join(text(low, [word.title() + "or" for word in _SECOND]), number(high))


def days(values: Any) -> pa.Array:
    """Return days since 1970-01-01 as ISO 8601 dates."""
    values = np.asarray(values, np.int64)
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    epoch = date(1970, 1, 1)
    calendar = [
        (epoch + timedelta(days=day)).isoformat() for day in range(low, high + 1)
    ]
    return text(values - low, calendar)


def hexadecimal(count: int, n_bytes: int, rng: np.random.Generator) -> pa.Array:
    """Return random identifiers of twice `n_bytes` hexadecimal digits."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    raw = rng.integers(0, 256, (count, n_bytes), np.uint8)
    data = np.empty((count, n_bytes, 2), np.uint8)
    data[:, :, 0], data[:, :, 1] = digits[raw >> 4], digits[raw & 15]
    offsets = np.arange(count + 1, dtype=np.int32) * (2 * n_bytes)
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(data.reshape(-1))
    )


def lists(chosen: NDArray[np.bool_], vocabulary: Sequence[str]) -> pa.Array:
    """Return for each row of a truth table the words whose column is true."""
    offsets = np.zeros(len(chosen) + 1, np.int32)
    np.cumsum(chosen.sum(axis=1), out=offsets[1:])
    values = text(np.nonzero(chosen)[1], vocabulary)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def empty_lists(count: int) -> pa.Array:
    """Return empty lists of text."""
    return pa.ListArray.from_arrays(
        pa.array(np.zeros(count + 1, np.int32)), pa.array([], pa.string())
    )
