"""What the finders of dirt return, and how they choose examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Example:
    """One instance of a class of dirt.

    Attributes
    ----------
    id : str
        Node id, other name or reason; of a pair the child.
    other : str or None
        Of a pair the parent; of another name the artefact that it leads to.
    detail : str
        What is odd about it.
    weight : int or None
        What examples are ranked by; None: it is not known.
    is_reason : bool
        Whether `id` is the reason for which something was left out.
    """

    id: str
    other: str | None
    detail: str
    weight: int | None
    is_reason: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One class as a finder saw it.

    Attributes
    ----------
    count, affected, of, breakdown, examples
        As in :class:`headwater.queries.quality.Finding`; the breakdown in any order.
    n_examples : int
        How many examples there are to choose from.
    """

    count: int
    affected: int
    of: int
    breakdown: dict[str, int]
    examples: tuple[Example, ...]
    n_examples: int


def heaviest(limit: int, *keys: NDArray[Any]) -> list[int]:
    """Return the positions of the largest by the first key, then the second, and so on.

    Among equals the lowest position comes first. O(n + k log k) for k that reach the
    threshold of the first key.

    Examples
    --------
    >>> heaviest(2, np.array([3, 9, 9, 1]), np.array([0, 1, 2, 3]))
    [2, 1]
    """
    first = keys[0]
    candidates = np.arange(len(first))
    if 0 < limit < len(first):
        threshold = np.partition(first, len(first) - limit)[len(first) - limit]
        candidates = np.flatnonzero(first >= threshold)
    ascending = [-key[candidates].astype(np.int64) for key in reversed(keys)]
    order = np.lexsort((candidates, *ascending))[:limit]
    found: list[int] = candidates[order].tolist()
    return found


def known(value: int) -> int | None:
    """Return a count, None for one that nobody has told."""
    return None if value < 0 else value
