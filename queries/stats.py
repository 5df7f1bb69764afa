"""Headline figures of a snapshot: how much there is, and how much of it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import ByteArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS, ROOT_STATUSES, STATES
from headwater.queries.concentration import Interval, concentration
from headwater.queries.results import Result

_MODEL = KINDS.index("model")


@dataclass(frozen=True, slots=True)
class Stats(Result):
    """Figures of the start page.

    Attributes
    ----------
    snapshot, created : str
        Which snapshot, compiled when (ISO 8601, UTC).
    nodes : dict of str to int
        Nodes by kind.
    edges : dict of str to int
        Accepted edges by relation.
    states : dict of str to int
        Artefacts by state.
    phantoms : int
        Artefacts that were only ever named as a parent.
    root_statuses : dict of str to int
        Models by root status, phantoms included.
    n_known_origin, n_artefacts : int
        Artefacts of which it is known what they stand on, out of how many.
    known_origin : float or None
        The same as a share; the rest is unknown, which is not "nothing".
    sources : tuple of str
        What the snapshot was built from.
    n_models : int
        Models that the figures below are over.
    coverage : float or None
        Share of them whose lineage is declared.
    n_pretrainers : int
        Developers behind them.
    effective_number, cr4, hhi : Interval or None
        Concentration of developers, each model of weight 1 split among its parents;
        None: there is no model.
    largest, largest_name : str or None
        The developer with the largest share.
    """

    snapshot: str
    created: str
    nodes: dict[str, int]
    edges: dict[str, int]
    states: dict[str, int]
    phantoms: int
    root_statuses: dict[str, int]
    n_known_origin: int
    n_artefacts: int
    known_origin: float | None
    sources: tuple[str, ...]
    n_models: int
    coverage: float | None
    n_pretrainers: int
    effective_number: Interval | None
    cr4: Interval | None
    hhi: Interval | None
    largest: str | None
    largest_name: str | None


def stats(graph: LineageGraph) -> Stats:
    """Return the headline figures.

    Notes
    -----
    O(V + E), most of it for :func:`headwater.queries.concentration.concentration`.
    """
    columns, count = graph.columns, graph.n_artefacts
    kinds = columns.kind[:count]
    known = int(np.count_nonzero(columns.known_origin[:count]))
    try:
        found = concentration(graph, limit=1)
    except InvalidArgumentError:  # no model at all
        found = None
    largest = found.pretrainers[0] if found and found.pretrainers else None
    return Stats(
        snapshot=graph.manifest.id,
        created=graph.manifest.created,
        nodes=_tally(columns.kind, KINDS),
        edges=dict(graph.manifest.counts["edges"]),
        states=_tally(columns.state[:count], STATES),
        phantoms=int(np.count_nonzero(columns.phantom[:count])),
        root_statuses=_tally(
            columns.root_status[:count][kinds == _MODEL], ROOT_STATUSES
        ),
        n_known_origin=known,
        n_artefacts=count,
        known_origin=known / count if count else None,
        sources=tuple(
            dict.fromkeys(str(item["source"]) for item in graph.manifest.sources)
        ),
        n_models=0 if found is None else found.n_models,
        coverage=None if found is None else found.coverage,
        n_pretrainers=0 if found is None else found.n_pretrainers,
        effective_number=None if found is None else found.effective_number,
        cr4=None if found is None else found.cr4,
        hhi=None if found is None else found.hhi,
        largest=None if largest is None else largest.id,
        largest_name=None if largest is None else largest.name,
    )


def _tally(codes: ByteArray, words: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(words)).tolist()
    return {word: number for word, number in zip(words, counts, strict=True) if number}
