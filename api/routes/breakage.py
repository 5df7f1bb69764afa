"""Routes about what breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query
from pydantic import StringConstraints
from starlette.responses import Response

from headwater.api.asking import Answer, Asked, Page
from headwater.api.parameters import MAX_TARGETS, AsOf, Dimension, Event, Listed
from headwater.api.shapes import ScenarioAnswer, ScenarioBody, documented
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.session import Session
from headwater.queries.what_breaks import WhatBreaks
from headwater.queries.what_breaks_shape import WhatBreaksShape, shape

router = APIRouter(tags=["what breaks"])
MAX_PARTS: Final = 1_000
"""Parts of a split that are sent."""
Targets = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=500)]],
    Query(
        min_length=1,
        max_length=MAX_TARGETS,
        description="Node id, @namespace, developer:NAME, family:NAME, licence:NAME, "
        "task:NAME, library:NAME or a friendly name; several are one set.",
        examples=[["family:llama"]],
    ),
]
Events = Annotated[
    list[Event] | None,
    Query(description="Default: all four.", max_length=4, examples=[["deleted"]]),
]
SplitBy = Annotated[
    list[Dimension] | None,
    Query(description="Also victims by these.", max_length=8),
]


@router.get("/what-breaks", responses=documented(WhatBreaksShape, paged=True))
async def what_breaks_route(
    asked: Listed,
    target: Targets,
    event: Events = None,
    split_by: SplitBy = None,
    as_of: AsOf = None,
) -> Response:
    """Say what breaks if something is frozen, gated, deleted or relicensed.

    A page has up to `limit` victims of each event, worst first.
    """
    body = ScenarioBody(target, event or [], None, split_by or [], as_of)
    return await _answer(asked, body)


@router.post("/what-breaks", responses=documented(ScenarioAnswer, paged=True))
async def scenario_route(
    asked: Listed,
    body: Annotated[
        ScenarioBody,
        Body(
            examples=[
                {
                    "targets": ["family:llama", "developer:mistral-ai"],
                    "events": ["deleted"],
                    "inventory": ["lmsys/vicuna-7b-v1.5", "openai-community/gpt2"],
                }
            ]
        ),
    ],
) -> Response:
    """Say what breaks of several targets, and what of one's own inventory.

    With `inventory` all figures are about its artefacts alone; ids that the graph does
    not have are listed as unresolved, which is not safe. Nothing of it is kept.
    """
    raw = await asked.request.body()
    return await _answer(replace(asked, body=raw), body)


async def _answer(asked: Asked, body: ScenarioBody) -> Response:
    def question(session: Session, page: Page) -> Answer:
        options: dict[str, Any] = {
            "as_of": body.as_of, "limit": page.limit, "skip": page.skip,
            "splits": body.split_by,
        }  # fmt: skip
        events = body.events or EVENT_NAMES
        answer: WhatBreaksShape
        if body.inventory is None:
            found = session.what_breaks(*body.targets, events=events, **options)
            answer = shape(found, MAX_PARTS)
        else:
            found, own = session.scenario(
                *body.targets, events=events, inventory=body.inventory, **options
            )
            told = asked.parts(shape(found, MAX_PARTS))
            answer = ScenarioAnswer(**told, inventory=own)
        return Answer(answer, _rows(asked, answer), _total(found))

    tagged = asked.request.method == "GET"
    return await asked.answer(question, pool="graph", tagged=tagged)


def _total(found: WhatBreaks) -> int:
    """Return how many victims there are; as many for every event."""
    safe = ("unaffected", "unknown")
    counts = found.outcomes[0].counts
    return sum(number for name, number in counts.items() if name not in safe)


def _rows(asked: Asked, answer: WhatBreaksShape) -> Iterator[dict[str, Any]]:
    for event, outcome in answer.events.items():
        for victim in outcome.victims:
            yield {"event": event, **asked.parts(victim)}
