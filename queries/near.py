"""Near misses: what somebody may have meant who typed something that is nowhere.

All choices are first compared by which pairs of letters they hold, a word of 64 bits
each, and only the closest few hundred letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from headwater.graph.kernels.csr import LongArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.near_pairs import Choices, pair_bits, read_choices

MIN_SCORE: Final = 60.0
"""Least similarity, 0 to 100: twice the common letters over all letters."""
COMPARED: Final = 512
"""So many choices are compared letter by letter."""

_known: WeakKeyDictionary[LineageGraph, Choices] = WeakKeyDictionary()


def near_entries(graph: LineageGraph, wanted: str, limit: int) -> list[int]:
    """Return nodes with a similar id or name among the most popular, best first.

    The choices of a graph are prepared when it is first asked, which takes O(bytes).
    """
    choices = _known.get(graph)
    if choices is None:
        choices = _known[graph] = read_choices(graph.search_text)
    closest = _closest(choices, wanted.encode("utf-8", "replace"))
    data = graph.search_text.data
    texts = [
        data[start:end].tobytes().decode("utf-8", "replace")
        for start, end in zip(
            choices.starts[closest].tolist(),
            choices.ends[closest].tolist(),
            strict=True,
        )
    ]
    nodes = graph.search_nodes[choices.entry[closest]].tolist()
    return most_similar(wanted, texts, nodes, limit)


def most_similar(
    wanted: str, texts: Sequence[str], nodes: Sequence[int], limit: int
) -> list[int]:
    """Return the nodes whose texts are most similar, each once, best first.

    Parameters
    ----------
    texts, nodes : sequences
        Choices, the most popular first, and the node of each.
    """
    from rapidfuzz import fuzz, process  # only a typo needs it

    found = process.extract(
        wanted, texts, scorer=fuzz.ratio, limit=limit * 3, score_cutoff=MIN_SCORE
    )
    return list(dict.fromkeys(nodes[place] for _, _, place in found))[:limit]


def similar_labels(
    wanted: str, labels: Sequence[Sequence[str]], limit: int
) -> list[str]:
    """Return what bears the most similar friendly names, each once, best first.

    Parameters
    ----------
    labels : sequence of (friendly name, id)
        In the order of the vocabulary.
    """
    from rapidfuzz import fuzz, process  # only a name that was not found needs it

    close = process.extract(
        wanted, [label for label, _ in labels], scorer=fuzz.ratio, limit=limit * 2,
        score_cutoff=MIN_SCORE,
    )  # fmt: skip
    return list(dict.fromkeys(labels[place][1] for _, _, place in close))


def pairs_of(wanted: bytes) -> np.uint64:
    """Return the hashed pairs of neighbouring bytes of a text."""
    codes = pair_bits(np.frombuffer(wanted, np.uint8))
    return np.bitwise_or.reduce(codes) if len(codes) else np.uint64(0)


def _closest(choices: Choices, wanted: bytes) -> LongArray:
    """Return the choices with most pairs in common, the most popular first."""
    pairs = pairs_of(wanted)
    common = np.bitwise_count(choices.pairs & pairs)
    # Sorensen and Dice: twice what is common over all there is.
    every = choices.n_pairs + np.float32(np.bitwise_count(pairs))
    similarity = common / np.maximum(every, np.float32(1))
    hopeful = np.flatnonzero(similarity > 0)
    if len(hopeful) > COMPARED:
        cut = np.partition(similarity[hopeful], -COMPARED)[-COMPARED]
        above = np.flatnonzero(similarity > cut)
        level = np.flatnonzero(similarity == cut)[: COMPARED - len(above)]
        hopeful = np.sort(np.concatenate([above, level]))
    return hopeful
