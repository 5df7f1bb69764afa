"""Routes about concentration: who stands behind the weights of models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from headwater.api.asking import Answer, Asked, Page, with_part
from headwater.api.parameters import AsOf, Attribution, By, Listed
from headwater.api.shapes import InventoryBody, PeriodsBody, asked_first, documented
from headwater.errors import InvalidArgumentError
from headwater.queries.concentration import Concentration
from headwater.queries.concentration_time import ConcentrationOverTime
from headwater.queries.session import Session

router = APIRouter(tags=["concentration"])
KEPT: Final = 10_000
"""Pretrainers that are worked out; `truncated` has the rest."""
_INVENTORY: Final[list[Any]] = [
    {
        "inventory": [
            {"id": "lmsys/vicuna-7b-v1.5", "weight": 12},
            {"id": "mistralai/Mistral-7B-v0.1", "weight": 3},
            "openai-community/gpt2",
        ]
    }
]

OfWhom = Annotated[By, Query(description="Whose share.")]
Weight = Annotated[
    Literal["models", "downloads", "likes", "parameters"],
    Query(description="What a model weighs."),
]
HowCounted = Annotated[
    Attribution, Query(description="How a model counts for its roots.")
]
Where = Annotated[
    list[str] | None,
    Query(
        max_length=6,
        description="NAME=VALUE with task, licence, language, library, size or access; "
        "commas separate values.",
        examples=[["task=text-generation", "access=open,gated"]],
    ),
]


@router.get("/concentration", responses=documented(Concentration, paged=True))
async def concentration_route(
    asked: Listed,
    by: OfWhom = "developer",
    weight: Weight = "models",
    attribution: HowCounted = "fractional",
    where: Where = None,
    as_of: AsOf = None,
) -> Response:
    """Say who stands behind the models' weights, with shares and their interval.

    Left out unless `fields` names them: `lorenz`, `closure`.
    """
    options: dict[str, Any] = {
        "by": by, "weight": weight, "attribution": attribution, "as_of": as_of,
        "where": selection(where or []),
    }  # fmt: skip

    def find(session: Session) -> Concentration:
        def work() -> Concentration:
            return session.concentration(**options, limit=KEPT)

        return asked.cached(session, _key("concentration", options), work)

    return await _pretrainers(asked, find)


@router.post("/concentration", responses=documented(Concentration, paged=True))
async def concentration_of_route(
    asked: Listed, body: Annotated[InventoryBody, Body(examples=_INVENTORY)]
) -> Response:
    """Say who stands behind one's own models, each weighed as one says.

    Ids that the graph does not have count nowhere and are listed; nothing of it is kept.
    """
    asked = replace(asked, body=await asked.request.body())

    def find(session: Session) -> Concentration:
        return session.concentration(**body.options(), limit=KEPT)

    return await _pretrainers(asked, find, tagged=False)


async def _pretrainers(
    asked: Asked, find: Callable[[Session], Concentration], *, tagged: bool = True
) -> Response:
    def question(session: Session, page: Page) -> Answer:
        found = find(session)
        rows = page.of(found.pretrainers)
        left = len(found.pretrainers) - page.skip - len(rows) + found.truncated
        body = asked_first(with_part(found, pretrainers=tuple(rows), truncated=left))
        return Answer(body, rows, len(found.pretrainers), sparse=("lorenz", "closure"))

    return await asked.answer(question, pool="whole", tagged=tagged)


@router.get(
    "/concentration/over-time",
    responses=documented(ConcentrationOverTime, paged=True),
)
async def concentration_over_time_route(
    asked: Listed,
    length: Annotated[
        Literal["month", "quarter"], Query(description="Of a period.")
    ] = "quarter",
    by: OfWhom = "developer",
    weight: Weight = "models",
    attribution: HowCounted = "fractional",
    where: Where = None,
    as_of: AsOf = None,
) -> Response:
    """Say the same of each month or quarter: released in it, and all up to its end."""
    options: dict[str, Any] = {
        "length": length, "by": by, "weight": weight, "attribution": attribution,
        "as_of": as_of, "where": selection(where or []),
    }  # fmt: skip

    def find(session: Session) -> ConcentrationOverTime:
        def work() -> ConcentrationOverTime:
            return session.concentration_over_time(**options)

        return asked.cached(session, _key("over time", options), work)

    return await _periods(asked, find)


@router.post(
    "/concentration/over-time",
    responses=documented(ConcentrationOverTime, paged=True),
)
async def concentration_of_over_time_route(
    asked: Listed, body: Annotated[PeriodsBody, Body(examples=_INVENTORY)]
) -> Response:
    """Say the same of one's own models over time; nothing of them is kept."""
    asked = replace(asked, body=await asked.request.body())

    def find(session: Session) -> ConcentrationOverTime:
        return session.concentration_over_time(length=body.length, **body.options())

    return await _periods(asked, find, tagged=False)


async def _periods(
    asked: Asked,
    find: Callable[[Session], ConcentrationOverTime],
    *,
    tagged: bool = True,
) -> Response:
    def question(session: Session, page: Page) -> Answer:
        found = find(session)
        rows = page.of(found.periods)
        return Answer(with_part(found, periods=tuple(rows)), rows, len(found.periods))

    return await asked.answer(question, pool="whole", tagged=tagged)


def _key(name: str, options: dict[str, Any]) -> tuple[Any, ...]:
    where = tuple(options["where"].items())
    return (name, *(value for key, value in options.items() if key != "where"), where)


def selection(items: list[str]) -> dict[str, str]:
    """Return what ``where`` selects."""
    selection: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not value or name.strip() in selection:
            raise InvalidArgumentError(
                f"where takes NAME=VALUE, each name once, not {item[:80]!r}"
            )
        selection[name.strip()] = value
    return selection
