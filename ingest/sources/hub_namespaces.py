"""Overviews of namespaces: which of them are asked for, and how.

One name may be a user or an organisation, never both; a list does not say which. The
most used namespaces are organisations, so that this route is asked first.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import numpy as np

from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.ingest.client import HubClient
from headwater.ingest.documents import Asked
from headwater.ingest.sources.hub_redirects import Reply, follow

ROUTE: Final = "organisations"
ROUTES: Final = ("organizations", "users")
"""The Hub's routes for the overview of a namespace, in the order they are asked."""

_UNKNOWN_HERE: Final = frozenset({401, 403, 404, 410})


def used_namespaces(graph: LineageGraph, limit: int) -> list[Asked]:
    """Return the namespaces of the Hub on which others build most, the first first.

    Ranked by the lineage edges that come from artefacts of other owners, then by id.
    Who only builds on their own work is not asked about.

    Notes
    -----
    O(E + V log V); only the namespaces that are chosen, and their equals, are read.
    """
    columns, rows = graph.columns, graph.children
    n_nodes = len(columns.kind)
    sizes = np.diff(rows.offsets)
    parent = np.repeat(columns.namespace[: len(sizes)], sizes)
    child = columns.namespace[rows.targets]
    counted = LINEAGE_RELATIONS[rows.relations] & (parent >= 0) & (parent != child)
    uses = np.bincount(parent[counted], minlength=n_nodes)
    least = np.sort(uses)[::-1][:limit].min(initial=1)
    used = np.flatnonzero(uses >= max(1, int(least)))
    ranked = sorted((-int(uses[node]), graph.ids[node]) for node in used.tolist())
    return [Asked(id=name, kind="namespace") for _, name in ranked[:limit]]


def overview_url(endpoint: str, route: str, name: str) -> str:
    """Return the address of an overview.

    Examples
    --------
    >>> overview_url("https://hub", "users", "@julien-c")
    'https://hub/api/users/julien-c/overview'
    """
    return f"{endpoint}/api/{route}/{quote(name.removeprefix('@'), safe='')}/overview"


def ask_overview(client: HubClient, name: str) -> Reply:
    """Return what the Hub says of a namespace; as a user if it is no organisation.

    Raises
    ------
    FetchError, WrongTokenError
        As for :meth:`headwater.ingest.client.HubClient.get_answer`.
    """
    organisation, user = (
        (overview_url(client.endpoint, route, name), f"{client.endpoint}/api/{route}/")
        for route in ROUTES
    )
    reply = follow(client.get_answer, *organisation)
    if reply.answer.status in _UNKNOWN_HERE:
        reply = follow(client.get_answer, *user)
    return reply
