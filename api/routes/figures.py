"""Routes about the whole graph: chokepoints, openness, quality."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from headwater.api.asking import Answer, Page, with_part
from headwater.api.parameters import AsOf, Id, Listed, One
from headwater.api.shapes import documented
from headwater.queries.chokepoints import Chokepoints
from headwater.queries.chokepoints_graph import BY
from headwater.queries.chokepoints_model import ModelChokepoints
from headwater.queries.diff_sources import SourceComparison
from headwater.queries.openness import ModelOpenness, OpennessShares
from headwater.queries.quality import Quality
from headwater.queries.session import Session

router = APIRouter(tags=["figures"])
KEPT: Final = 10_000
"""Rows of an answer about the whole graph that are worked out; `truncated` has the rest."""
KEPT_CHOKEPOINTS: Final = 1_000

Sorts = Annotated[
    list[Literal["artefact", "namespace", "developer"]] | None,
    Query(description="Default: all three.", max_length=3),
]
Pairs = Annotated[
    bool,
    Query(description="Also two that together dominate what neither does alone."),
]


@router.get("/chokepoints", responses=documented(Chokepoints, paged=True))
async def chokepoints_route(
    asked: Listed,
    by: Sorts = None,
    weight: Annotated[
        Literal["models", "downloads", "downloads_all_time", "likes", "parameters"],
        Query(description="What the lists are ordered by."),
    ] = "models",
    pairs: Pairs = False,
    as_of: AsOf = None,
) -> Response:
    """List single points of failure: what every path to a model passes through.

    A page has up to `limit` of each list; substitutes are looked for for the first 20.
    """
    sorts = tuple(dict.fromkeys(by or BY))

    def question(session: Session, page: Page) -> Answer:
        def work() -> Chokepoints:
            return session.chokepoints(
                sorts, weight=weight, pairs=pairs, as_of=as_of,
                limit=KEPT_CHOKEPOINTS,
            )  # fmt: skip

        key = ("chokepoints", sorts, weight, pairs, as_of)
        found = asked.cached(session, key, work)
        lists = [item.chokepoints for item in found.rankings]
        body = with_part(
            found,
            rankings=tuple(_cut(item, "chokepoints", page) for item in found.rankings),
            pairs=tuple(_cut(item, "pairs", page) for item in found.pairs),
        )
        rows = (
            {"by": ranking.by, **asked.parts(item)}
            for ranking in body.rankings
            for item in ranking.chokepoints
        )
        every = [*map(len, lists), *(len(item.pairs) for item in found.pairs)]
        return Answer(body, rows, max(every, default=0))

    return await asked.answer(question, pool="whole")


def _cut(ranking: Any, name: str, page: Page) -> Any:
    """Return a ranking with one page of its list."""
    every = getattr(ranking, name)
    rows = tuple(page.of(every))
    left = max(0, len(every) - page.end) + ranking.truncated
    return with_part(ranking, truncated=left, **{name: rows})


@router.get("/artefacts/{id:path}/chokepoints", responses=documented(ModelChokepoints))
async def chokepoints_of_route(
    asked: One,
    id: Id,
    by: Sorts = None,
    pairs: Pairs = False,
    as_of: AsOf = None,
) -> Response:
    """List the single points of failure of one model, with paths and substitutes."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(session.chokepoints_of(id, by, pairs=pairs, as_of=as_of))

    return await asked.answer(question, pool="graph")


@router.get("/openness", responses=documented(OpennessShares))
async def openness_route(asked: One) -> Response:
    """Say how open the roots are that models stand on, by the European Open Source AI Index.

    The index has to be imported: headwater import osai-index FOLDER.
    """

    def question(session: Session, page: Page) -> Answer:
        return Answer(asked.cached(session, ("openness",), session.openness))

    return await asked.answer(question, pool="whole")


@router.get("/artefacts/{id:path}/openness", responses=documented(ModelOpenness))
async def openness_of_route(asked: One, id: Id) -> Response:
    """Say how open the roots are that one model stands on."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(session.openness_of(id))

    return await asked.answer(question, pool="graph")


Examples = Annotated[int, Query(ge=0, le=200, description="Examples a class.")]


@router.get("/quality", responses=documented(Quality))
async def quality_route(asked: One, limit: Examples = 5) -> Response:
    """Report what is wrong with the data: each class of dirt, its share, examples."""

    def question(session: Session, page: Page) -> Answer:
        return Answer(
            asked.cached(session, ("quality", limit), lambda: session.quality(limit))
        )

    return await asked.answer(question, pool="whole")


@router.get("/diff-sources", responses=documented(SourceComparison))
async def diff_sources_route(
    asked: One,
    a: Annotated[str, Query(max_length=100, examples=["catalog"])],
    b: Annotated[str, Query(max_length=100, examples=["ecosystem-graphs"])],
    limit: Annotated[int, Query(ge=0, le=1_000, description="Rows a kind.")] = 50,
) -> Response:
    """Show where two sources disagree about what stands on what."""

    def question(session: Session, page: Page) -> Answer:
        def work() -> SourceComparison:
            return session.diff_sources(a, b, limit)

        return Answer(asked.cached(session, ("diff-sources", a, b, limit), work))

    return await asked.answer(question, pool="whole")
