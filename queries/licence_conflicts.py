"""Which models drop obligations that they inherit, over the whole graph?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.licence_flow import (
    VERDICT_NAMES,
    LicenceFlow,
    is_model,
    licence_flow,
)
from headwater.queries.licence_paths import upstream
from headwater.queries.licence_table import NOTICE, UNLISTED, LicenceTable
from headwater.queries.proofs import Step
from headwater.queries.results import Result


@dataclass(frozen=True, slots=True)
class Conflict:
    """A model whose declared licence drops inherited obligations.

    Attributes
    ----------
    id, name : str
        The model.
    licence : str
        As declared.
    downloads : int or None
        Downloads of the last 30 days; None is unknown.
    dropped : tuple of str
        Obligations, in the order of the table.
    source, source_licence : str
        Nearest ancestor whose licence has one of them.
    path : tuple of Step
        Shortest way to it, nearest edge first.
    """

    id: str
    name: str
    licence: str
    downloads: int | None
    dropped: tuple[str, ...]
    source: str
    source_licence: str
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class LicenceSurvey(Result):
    """Licences of all models.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    n_models : int
        Models; those that are only named as a parent are left out.
    verdicts : dict of str to int
        Models by verdict, see :data:`headwater.queries.licence_flow.VERDICTS`.
    unlisted : int
        Models that declare a licence of which the table knows nothing.
    dropped : dict of str to int
        Models in conflict by obligation; a model may drop several.
    conflicts : tuple of Conflict
        Most downloaded first, then in the order of the graph; unknown downloads last.
    truncated : int
        Conflicts that are not listed.
    notice : str
        What this is not.
    """

    snapshot: str
    n_models: int
    verdicts: dict[str, int]
    unlisted: int
    dropped: dict[str, int]
    conflicts: tuple[Conflict, ...]
    truncated: int
    notice: str = NOTICE


def survey_licences(
    graph: LineageGraph,
    limit: int | None = None,
    table: LicenceTable | None = None,
) -> LicenceSurvey:
    """Return how many models keep, drop or miss what, and who is in conflict.

    Parameters
    ----------
    limit : int, optional
        At most so many conflicts; None lists all.

    Raises
    ------
    InvalidArgumentError
        When `limit` is negative.

    Notes
    -----
    O(V + E), and O(edges above it) for each conflict that is listed.
    """
    if limit is not None and limit < 0:
        raise InvalidArgumentError("limit cannot be negative")
    flow = licence_flow(graph, table)
    models = is_model(graph)
    counts = np.bincount(flow.verdict[models], minlength=len(VERDICT_NAMES)).tolist()
    is_conflict = models & (flow.dropped != 0)
    found = np.flatnonzero(is_conflict)
    order = np.lexsort((found, -graph.columns.downloads[found]))
    listed = found[order[:limit]].tolist()
    return LicenceSurvey(
        snapshot=graph.manifest.id,
        n_models=int(models.sum()),
        verdicts=dict(zip(VERDICT_NAMES, counts, strict=True)),
        unlisted=int((models & flow.declares & (flow.entry == UNLISTED)).sum()),
        dropped=_by_obligation(flow, is_conflict),
        conflicts=tuple(_conflict(graph, flow, node) for node in listed),
        truncated=len(found) - len(listed),
    )


def _by_obligation(flow: LicenceFlow, chosen: BoolArray) -> dict[str, int]:
    dropped = flow.dropped[chosen]
    return {
        item.id: int((dropped >> np.uint64(place) & np.uint64(1)).sum())
        for place, item in enumerate(flow.table.obligations)
    }


def _conflict(graph: LineageGraph, flow: LicenceFlow, node: int) -> Conflict:
    table, lost = flow.table, flow.dropped[node]
    above = upstream(graph, node)
    source = next(
        item
        for item in above.sources
        if flow.entry[item] >= 0 and table.has[flow.entry[item]] & lost
    )
    downloads = int(graph.columns.downloads[node])
    return Conflict(
        id=graph.ids[node],
        name=graph.name(node),
        licence=graph.word("licence", node) or "",
        downloads=None if downloads < 0 else downloads,
        dropped=table.names(int(lost)),
        source=graph.ids[source],
        source_licence=graph.word("licence", source) or "",
        path=above.path_to(source),
    )
