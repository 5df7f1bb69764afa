"""Which blocks of the search text can hold a piece of text at all.

For each block of entries it is kept which groups of three bytes occur in it, hashed to
16 bits: a Bloom filter with one function, stored by group, so that a question reads one
short row for each group of three in the needle. A needle that occurs nowhere, which
would cost a scan of everything, is ruled out of nearly all blocks.

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
_N_CODES: Final = 1 << 16


def block_trigrams(data: NDArray[np.uint8], offsets: LongArray) -> NDArray[np.uint8]:
    """Return for each hashed group of three bytes the blocks in which it occurs.

    Parameters
    ----------
    data : uint8 array
        Entries one after another.
    offsets : int64 array, shape (N + 1,)
        Where each entry begins.

    Returns
    -------
    uint8 array, shape (65536, number of blocks / 8)
        Bits by block, the first block in the highest bit.

    Notes
    -----
    O(bytes + 65536 x blocks / 8).
    """
    n_blocks = -(-(len(offsets) - 1) // BLOCK)
    index = np.zeros((_N_CODES, -(-n_blocks // 8)), np.uint8)
    for group in range(index.shape[1]):
        found = np.zeros((8, _N_CODES), np.bool_)
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


def _codes(data: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the hash of each three consecutive bytes."""
    wide = data.astype(np.uint32)
    groups: NDArray[np.uint32] = wide[:-2] << np.uint32(16)
    groups |= wide[1:-1] << np.uint32(8)
    groups |= wide[2:]
    # Fibonacci hashing: the high bits of a product with 2**32 over the golden ratio.
    groups *= np.uint32(2654435769)
    groups >>= np.uint32(16)
    return groups
