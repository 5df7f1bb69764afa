"""Routes about snapshots and what changed between them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from headwater.api.asking import Answer, Page
from headwater.api.parameters import Listed, One
from headwater.api.shapes import DiffAnswer, SnapshotsAnswer, documented
from headwater.graph.snapshot_names import CURRENT, PREVIOUS
from headwater.queries.diff import Diff
from headwater.queries.session import Session

router = APIRouter(tags=["time"])
KEPT_CHANGES: Final = 1_000

Snapshot = Annotated[
    str,
    Query(
        max_length=60,
        pattern=r"^[0-9A-Za-z-]+$",
        description="current, previous, an id or its beginning.",
    ),
]


@router.get("/snapshots", responses=documented(SnapshotsAnswer))
async def snapshots_route(asked: One) -> Response:
    """List the snapshots of the data directory, oldest first."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(SnapshotsAnswer(session.snapshot.id, session.snapshots()))

    return await asked.answer(question, tagged=False)


@router.get("/diff", responses=documented(DiffAnswer))
async def diff_route(
    asked: Listed,
    old: Snapshot = PREVIOUS,
    new: Snapshot = CURRENT,
    only: Annotated[
        list[str] | None,
        Query(max_length=30, description="List only these kinds of change."),
    ] = None,
) -> Response:
    """Show what changed between two snapshots, and what it did to the concentration.

    `limit` is that of each kind of change; `truncated` says what it left out.
    """

    def question(session: Session, page: Page) -> Answer:
        sessions = [session.at(name, elsewhere=False) for name in (old, new)]
        ids = tuple(item.snapshot.id for item in sessions)
        limit = min(page.limit, KEPT_CHANGES)
        kinds = tuple(only or ())

        def work() -> Diff:
            return sessions[1].diff(sessions[0], limit=limit, only=kinds)

        found = asked.cached(session, ("diff", ids, kinds, limit), work)
        return Answer(found, found.changes)

    return await asked.answer(question, pool="whole", tagged=False)
