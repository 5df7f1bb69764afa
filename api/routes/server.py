"""Routes about the server and its snapshot."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

import headwater
from headwater.api.asking import Answer, Page, Server
from headwater.api.guard import API_VERSION
from headwater.api.metrics import MEDIA_TYPE, Metrics
from headwater.api.parameters import One
from headwater.api.shapes import Health, documented
from headwater.queries.session import Session
from headwater.queries.stats import Stats

router = APIRouter(tags=["server"])
_DEGRADED = "a newer snapshot is there and cannot be opened: headwater status says why"


@router.get("/health", responses=documented(Health))
async def health_route(asked: One) -> Response:
    """Say whether the server can answer, and from which snapshot. Needs no key."""

    def question(session: Session, page: Page) -> Answer:
        problem = asked.server.reader.problem
        return Answer(
            Health(
                status="ok" if problem is None else "degraded",
                version=headwater.__version__,
                api_version=API_VERSION,
                snapshot=session.snapshot.id,
                created=session.snapshot.created,
                problem=None if problem is None else _DEGRADED,
            )
        )

    return await asked.answer(question, tagged=False)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics_route(request: Request) -> Response:
    """Return figures about the server for Prometheus."""
    server: Server = request.app.state.server
    metrics: Metrics = request.app.state.metrics
    waiting = {
        f'{{pool="{name}"}}': float(number)
        for name, number in server.workers.under_way().items()
    }
    cache = server.cache
    # It may have to open a new snapshot, which must not hold up every other request.
    session = await server.workers.run("small", server.reader.session)
    manifest = session.snapshot
    told = f'{{id="{manifest.id}",version="{headwater.__version__}"}}'
    text = metrics.text(
        {
            "headwater_questions": ("Questions in line and under way.", waiting),
            "headwater_cache_hits": ("Whole-graph answers kept.", {"": cache.hits}),
            "headwater_cache_misses": ("Worked out.", {"": cache.misses}),
            "headwater_snapshot_info": ("The snapshot that is asked.", {told: 1.0}),
            "headwater_snapshot_degraded": (
                "1 when a newer snapshot cannot be opened.",
                {"": float(server.reader.problem is not None)},
            ),
        }
    )
    return Response(text, media_type=MEDIA_TYPE, headers={"cache-control": "no-store"})


@router.get("/stats", responses=documented(Stats))
async def stats_route(asked: One) -> Response:
    """Return headline figures: how much there is, how much of it is known, how concentrated."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(asked.cached(session, ("stats",), session.stats))

    return await asked.answer(question, pool="whole")
