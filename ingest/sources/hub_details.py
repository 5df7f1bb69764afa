"""Detail calls for gaps: what became of parents that no list shows, who owns them.

The questions are fixed when a run of details begins; each answer is a page of the
route ``details`` or ``organisations``, so that such a run is resumed like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

import msgspec
import numpy as np

from headwater.errors import FetchError
from headwater.graph.arrays import NO_DAY
from headwater.graph.kernels.reach import reach
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import KINDS, STATES
from headwater.ingest.client import Answer, HubClient
from headwater.ingest.clock import Clock
from headwater.ingest.documents import Asked, PageHeader, RunDirectory
from headwater.ingest.parse.hub_details import NO_RECORD, ROUTE_OF, StoredAnswer
from headwater.ingest.progress import Progress
from headwater.ingest.sources import hub_namespaces
from headwater.ingest.sources.hub_namespaces import ask_overview
from headwater.ingest.sources.hub_redirects import follow
from headwater.ingest.sources.hub_routes import FIELDS, accepted_fields

ROUTE: Final = "details"
ROUTES: Final = (ROUTE, hub_namespaces.ROUTE)
_CANDIDATES: Final = 50
"""Candidates for each place of the ranking, those with the most children."""


def unresolved_parents(graph: LineageGraph, limit: int) -> list[Asked]:
    """Return the missing parents on which most depends, worst first.

    Missing is what was named and never seen, and what was there and is gone; not what
    is off the Hub. Ranked by the artefacts that stand on it, then by id.

    Notes
    -----
    The descendants are counted of the 50 `limit` that have the most children.
    """
    columns = graph.columns
    missing = columns.phantom | (columns.state == STATES.index("gone"))
    return _ranked(graph, missing, limit, ("model", "dataset"))


def used_parents(graph: LineageGraph, limit: int) -> list[Asked]:
    """Return the models of the Hub on which most depends, to compare their files."""
    here = np.isin(
        graph.columns.state, [STATES.index("present"), STATES.index("gated")]
    )
    return _ranked(graph, here & ~graph.columns.phantom, limit, ("model",))


def _ranked(
    graph: LineageGraph, wanted: np.ndarray, limit: int, kinds: Sequence[str]
) -> list[Asked]:
    n_children = np.diff(graph.children.offsets)[: graph.n_artefacts]
    kind = graph.columns.kind[: graph.n_artefacts]
    usable = wanted[: graph.n_artefacts] & (n_children > 0)
    usable &= np.isin(kind, [KINDS.index(name) for name in kinds])
    nodes = np.flatnonzero(usable)
    nodes = nodes[np.argsort(-n_children[nodes], kind="stable")][: _CANDIDATES * limit]
    ranked = []
    for node in nodes.tolist():
        name = graph.ids[node]
        if not name.startswith("off-hub/"):
            below = reach(
                graph.children, np.array([node], np.int32), LINEAGE_RELATIONS, None
            )
            ranked.append((-len(below.nodes), name, node))
    chosen = [node for _, _, node in sorted(ranked)[:limit]]
    identities = {
        row["node"]: row["hub_id"] for row in graph.rows("nodes", node=chosen)
    }
    return [
        Asked(
            id=graph.ids[node],
            kind=graph.kind(node),
            hub_id=identities.get(node),
            children_created=_children_created(graph, node),
        )
        for node in chosen
    ]


def _children_created(graph: LineageGraph, node: int) -> str | None:
    rows = graph.children
    children = rows.targets[rows.offsets[node] : rows.offsets[node + 1]]
    days = np.sort(graph.columns.day[children])
    days = days[days != NO_DAY]
    if not len(days):
        return None
    return str(np.datetime64(int(days[len(days) // 2]), "D"))


def fetch_details(
    run: RunDirectory, client: HubClient, progress: Progress, clock: Clock
) -> int:
    """Ask what has not been asked yet; return the number of answers stored.

    Raises
    ------
    FetchError, WrongTokenError, StorageError
        What stopped it; every answer stored before stays.
    """
    asked, route = run.state.asked, route_of(run)
    before = run.page_count(route)
    progress.start(route, len(asked), before)
    try:
        for number in range(before, len(asked)):
            answer = _ask(run, client, asked[number])
            body = msgspec.json.encode([answer])
            header = PageHeader(
                url=answer.url,
                next=None,
                fetched_at=clock.now().isoformat(timespec="milliseconds"),
                status=answer.status,
                n_records=1,
                bytes=len(body),
                sha256=hashlib.sha256(body).hexdigest(),
            )
            run.write_page(route, number + 1, header, body)
            progress.advance(1)
    finally:
        progress.finish()
    run.route(route).stop = "end"
    run.save()
    return len(asked) - before


def route_of(run: RunDirectory) -> str:
    """Return the route under which the answers of a run of details are kept."""
    return hub_namespaces.ROUTE if run.state.options.get("organisations") else ROUTE


def _ask(run: RunDirectory, client: HubClient, asked: Asked) -> StoredAnswer:
    """Return the answer about one repository or namespace."""
    if asked.kind == "namespace":
        reply = ask_overview(client, asked.id)
    else:
        route = ROUTE_OF[asked.kind]
        base = f"{client.endpoint}/api/{route}/"
        path = asked.id.removeprefix(f"{route}/")
        reply = follow(
            lambda address: _answer(run, client, address, route),
            f"{base}{quote(path)}",
            base,
        )
    answer = reply.answer
    return StoredAnswer(
        asked=asked,
        url=reply.url,
        with_token=client.has_token,
        hops=list(reply.hops),
        status=answer.status,
        error_code=answer.error_code,
        message=(answer.message or "")[:500] or None,
        problem=reply.problem,
        record=msgspec.Raw(answer.body) if answer.status == 200 else NO_RECORD,
    )


def _answer(run: RunDirectory, client: HubClient, address: str, route: str) -> Answer:
    """Ask for the fields that the Hub knows; which it does not is learnt once."""
    state = run.route(ROUTE)
    while True:
        fields = tuple(
            name
            for name in (*FIELDS[route], *_more_fields(run))
            if f"{route}.{name}" not in state.dropped_fields
        )
        query = [("expand[]", name) for name in fields]
        if _more_fields(run):
            query.append(("blobs", "true"))
        try:
            return client.get_answer(f"{address}?{urlencode(query)}")
        except FetchError as error:
            kept = accepted_fields(fields, error.problem) if error.status == 400 else ()
            if not kept:
                raise
            state.dropped_fields += [
                f"{route}.{name}" for name in fields if name not in kept
            ]


def _more_fields(run: RunDirectory) -> tuple[str, ...]:
    return ("siblings",) if run.state.options.get("files") is True else ()
