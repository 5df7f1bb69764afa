"""Routes behind the concentration page: what can be chosen, and what shares are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from headwater.api.asking import Answer, Page
from headwater.api.parameters import AsOf, One
from headwater.api.routes.concentration import Weight, Where, selection
from headwater.api.shapes import documented
from headwater.queries.concentration_roots import PretrainerRoots
from headwater.queries.session import Session
from headwater.queries.values import Values

router = APIRouter(tags=["figures"])


@dataclass(frozen=True, slots=True)
class RootsAnswer:
    """The largest pretrainers with their largest roots."""

    snapshot: str
    pretrainers: tuple[PretrainerRoots, ...]


@router.get("/concentration/roots", responses=documented(RootsAnswer))
async def concentration_roots_route(
    asked: One,
    by: Annotated[
        Literal["developer", "namespace"], Query(description="Whose share.")
    ] = "developer",
    weight: Weight = "models",
    where: Where = None,
    as_of: AsOf = None,
) -> Response:
    """Say which roots the shares of the largest pretrainers are made of.

    As `fractional` attribution splits them, so the roots of one sum to its share.
    """
    chosen = selection(where or [])

    def question(session: Session, page: Page) -> Answer:
        def work() -> RootsAnswer:
            return RootsAnswer(
                session.snapshot.id,
                session.pretrainer_roots(chosen, by=by, weight=weight, as_of=as_of),
            )

        key = ("roots", by, weight, tuple(chosen.items()), as_of)
        return Answer(asked.cached(session, key, work))

    return await asked.answer(question, pool="whole")


@router.get("/values", responses=documented(Values))
async def values_route(asked: One) -> Response:
    """List the tasks, licences, libraries and languages of models, the most common first."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(asked.cached(session, ("values",), session.values))

    return await asked.answer(question, pool="whole")
