"""Routes about one node and its edges; search."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from headwater.api.asking import Answer, Page
from headwater.api.parameters import AsOf, Id, Listed, Name, One
from headwater.api.shapes import (
    SearchAnswer,
    SuggestAnswer,
    WhyAnswer,
    documented,
)
from headwater.errors import NodeNotFoundError
from headwater.graph.schema import RELATIONS
from headwater.queries.lineage import Lineage
from headwater.queries.session import Session
from headwater.queries.show import Shown
from headwater.queries.why import Why

router = APIRouter(tags=["artefacts"])
WINDOW: Final = 60
MAX_HITS: Final = 1_000
_LINEAGE: Final = frozenset(item.name for item in RELATIONS if item.lineage)

Text = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        description="Part of an id or a name; case does not matter.",
        examples=["vicuna"],
    ),
]
Child = Annotated[
    Name, Query(description="The node that stands on the other.", examples=["Vicuna"])
]
Parent = Annotated[
    Name, Query(description="The node that it stands on.", examples=["Alpaca"])
]


@router.get("/search", responses=documented(SearchAnswer, paged=True))
async def search_route(asked: Listed, q: Text, as_of: AsOf = None) -> Response:
    """Find artefacts, namespaces and developers, the most popular first."""

    def question(session: Session, page: Page) -> Answer:
        # What is best among so many: the same for every page, or rows would move.
        window = WINDOW if page.limit <= WINDOW else MAX_HITS
        found = session.search(q, window, as_of=as_of)
        hits = tuple(page.of(found))
        body = SearchAnswer(session.snapshot.id, hits)
        if len(found) < window:
            return Answer(body, hits, len(found))
        return Answer(body, hits, more=len(found) > page.end)

    return await asked.answer(question)


@router.get("/suggest", responses=documented(SuggestAnswer))
async def suggest_route(
    asked: One, q: Text, limit: Annotated[int, Query(ge=1, le=50)] = 8
) -> Response:
    """Offer what a search box may mean: families, artefacts, namespaces, developers."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(SuggestAnswer(session.snapshot.id, session.suggest(q, limit)))

    return await asked.answer(question)


Depth = Annotated[
    int | None, Query(ge=0, le=100, description="At most so many edges away.")
]


@router.get("/artefacts/{id:path}/lineage", responses=documented(Lineage, paged=True))
async def lineage_route(
    asked: Listed,
    id: Id,
    depth: Depth = None,
    as_of: AsOf = None,
) -> Response:
    """Return what an artefact stands on and what stands on it, nearest first.

    A page has up to `limit` relatives in each direction.
    """

    def question(session: Session, page: Page) -> Answer:
        found = session.lineage(
            id, depth=depth, limit=page.limit, skip=page.skip, as_of=as_of
        )
        rows = (
            {"direction": direction, **asked.parts(item)}
            for direction in ("ancestors", "descendants")
            for item in getattr(found, direction)
        )
        return Answer(found, rows, max(found.n_ancestors, found.n_descendants))

    return await asked.answer(question, pool="graph")


@router.get("/artefacts/{id:path}", responses=documented(Shown))
async def show_route(asked: One, id: Id, as_of: AsOf = None) -> Response:
    """Return what is known of a node, and what nobody has said."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(session.show(id, as_of=as_of))

    return await asked.answer(question)


@router.get("/why", responses=documented(WhyAnswer))
async def why_route(
    asked: One, child: Child, parent: Parent, as_of: AsOf = None
) -> Response:
    """Return the claims behind the edges between two nodes: who says so, where, when."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(
            WhyAnswer(session.snapshot.id, session.why(child, parent, as_of=as_of))
        )

    return await asked.answer(question)


@router.get("/edge", responses=documented(Why))
async def edge_route(
    asked: One, child: Child, parent: Parent, as_of: AsOf = None
) -> Response:
    """Return the lineage edge from one node to another, with all its claims.

    Where there is no lineage between the two: the edge of succession or method.
    """

    def question(session: Session, page: Page) -> Answer:
        edges = session.why(child, parent, as_of=as_of)
        if not edges:
            raise NodeNotFoundError(f"{child} -> {parent}")
        return Answer(
            next((edge for edge in edges if edge.relation in _LINEAGE), edges[0])
        )

    return await asked.answer(question)
