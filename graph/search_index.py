"""Which blocks of the search text can hold a piece of text at all.

For each block of entries it is kept which groups of three bytes and which of five occur
in it, each hashed to 16 bits: two Bloom filters with one function, stored by group, so
that a question reads one short row for each group in the needle. A needle that occurs
nowhere, which would cost a scan of everything, is ruled out of nearly all blocks; groups
of five do that where all groups of three are common, as in ``model-1234``.

References
----------
B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", Comm. ACM 13
(1970), 422-426. R. Cox, "Regular expression matching with a trigram index" (2012).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.graph.kernels.csr import LongArray

BLOCK: Final = 2048
"""Entries in a block."""
SHORTEST: Final = 3
"""Bytes that a needle needs to rule out any block."""
_LENGTHS: Final = (SHORTEST, 5)
_N_CODES: Final = 1 << 16


def block_groups(data: NDArray[np.uint8], offsets: LongArray) -> NDArray[np.uint8]:
    """Return for each hashed group of three or five bytes the blocks in which it occurs.

    Parameters
    ----------
    data : uint8 array
        Entries one after another.
    offsets : int64 array, shape (N + 1,)
        Where each entry begins.

    Returns
    -------
    uint8 array, shape (2 x 65536, number of blocks / 8)
        Bits by block, the first block in the highest bit; groups of five come second.

    Notes
    -----
    O(bytes + 131072 x blocks / 8).
    """
    n_blocks = -(-(len(offsets) - 1) // BLOCK)
    n_rows = len(_LENGTHS) * _N_CODES
    index = np.zeros((n_rows, -(-n_blocks // 8)), np.uint8)
    for group in range(index.shape[1]):
        found = np.zeros((8, n_rows), np.bool_)
        for place in range(min(8, n_blocks - group * 8)):
            first = (group * 8 + place) * BLOCK
            last = min(first + BLOCK, len(offsets) - 1)
            found[place, _codes(data[offsets[first] : offsets[last]])] = True
        index[:, group] = np.packbits(found, axis=0)[0]
    return index


def possible_blocks(index: NDArray[np.uint8], needle: bytes) -> LongArray:
    """Return the blocks that may hold `needle`, ascending; all for a short one.

    Complexity: O(length of the needle x blocks / 8).
    """
    codes = _codes(np.frombuffer(needle, np.uint8))
    rows = np.bitwise_and.reduce(index[codes], axis=0)
    return np.flatnonzero(np.unpackbits(rows))


def _codes(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the row of each group of consecutive bytes, by length."""
    wide = data.astype(np.uint64)
    rows = [
        np.uint64(number * _N_CODES) + _hashed(wide, length)
        for number, length in enumerate(_LENGTHS)
        if len(wide) >= length
    ]
    return np.concatenate(rows) if rows else wide[:0]


def _hashed(wide: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    count = len(wide) - length + 1
    groups = wide[:count].copy()
    for place in range(1, length):
        groups <<= np.uint64(8)
        groups |= wide[place : place + count]
    # Fibonacci hashing: the high bits of a product with 2**64 over the golden ratio.
    groups *= np.uint64(11400714819323198485)
    groups >>= np.uint64(48)
    return groups
