"""Routes about what breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from headwater.api.asking import Answer, Asked, Page
from headwater.api.parameters import AsOf, Event, Listed
from headwater.api.shapes import documented
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.what_breaks import what_breaks
from headwater.queries.what_breaks_shape import WhatBreaksShape, shape

router = APIRouter(tags=["what breaks"])
MAX_PARTS: Final = 1_000
"""Parts of a split that are sent."""
Dimension = Literal[
    "namespace", "developer", "relation", "depth", "kind", "task", "licence", "month"
]
Targets = Annotated[
    list[str],
    Query(
        min_length=1,
        max_length=50,
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
    return await _answer(asked, target, event or EVENT_NAMES, split_by or (), as_of)


async def _answer(
    asked: Asked,
    targets: Sequence[str],
    events: Sequence[str],
    splits: Sequence[str],
    as_of: date | None,
) -> Response:
    def question(graph: LineageGraph, page: Page) -> Answer:
        found = what_breaks(
            graph, targets, events, as_of=as_of, limit=page.limit, skip=page.skip,
            splits=splits,
        )  # fmt: skip
        answer = shape(found, MAX_PARTS)
        total = max(
            (
                page.skip + len(item.victims) + item.truncated
                for item in answer.events.values()
                if item.victims
            ),
            default=0,
        )
        return Answer(answer, _rows(asked, answer), total)

    return await asked.answer(question, pool="graph")


def _rows(asked: Asked, answer: WhatBreaksShape) -> Iterator[dict[str, Any]]:
    for event, outcome in answer.events.items():
        for victim in outcome.victims:
            yield {"event": event, **asked.parts(victim)}
