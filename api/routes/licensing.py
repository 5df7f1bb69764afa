"""Routes about licences. What they say is information, not legal advice."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from headwater.api.asking import Answer, Page, with_part
from headwater.api.parameters import Id, Listed, One
from headwater.api.routes.figures import KEPT
from headwater.api.shapes import documented
from headwater.queries.licence_conflicts import LicenceSurvey
from headwater.queries.licence_drift import LicenceDrift
from headwater.queries.licences import ModelLicence
from headwater.queries.session import Session

router = APIRouter(tags=["licences"])


@router.get("/licences", responses=documented(LicenceSurvey))
async def licences_route(asked: One) -> Response:
    """Count the models that keep, drop or miss what their ancestors' licences ask."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(asked.cached(session, ("licences",), lambda: session.licences(0)))

    return await asked.answer(question, pool="whole")


@router.get("/licences/conflicts", responses=documented(LicenceSurvey, paged=True))
async def conflicts_route(asked: Listed) -> Response:
    """List the models that drop what they inherit, with the path that brings it."""

    def question(session: Session, page: Page) -> Answer:
        found = asked.cached(session, ("conflicts",), lambda: session.licences(KEPT))
        rows = tuple(page.of(found.conflicts))
        left = max(0, len(found.conflicts) - page.end) + found.truncated
        body = with_part(found, conflicts=rows, truncated=left)
        return Answer(body, rows, len(found.conflicts))

    return await asked.answer(question, pool="whole")


@router.get("/licences/drift", responses=documented(LicenceDrift, paged=True))
async def drift_route(asked: Listed) -> Response:
    """Say how often the licence changes along edges, by relation; rows: transitions."""

    def question(session: Session, page: Page) -> Answer:
        found = asked.cached(session, ("drift",), lambda: session.licence_drift(KEPT))
        rows = tuple(page.of(found.transitions))
        left = max(0, len(found.transitions) - page.end) + found.truncated
        body = with_part(found, transitions=rows, truncated=left)
        return Answer(body, rows, len(found.transitions))

    return await asked.answer(question, pool="whole")


@router.get("/artefacts/{id:path}/licences", responses=documented(ModelLicence))
async def licences_of_route(asked: One, id: Id) -> Response:
    """Say what a model's licence asks, what it inherits from whom, and what it drops."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(session.licence(id))

    return await asked.answer(question, pool="graph")
