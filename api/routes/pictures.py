"""Routes that give what can be drawn: folded until it fits a screen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StringConstraints
from starlette.responses import Response

from headwater.api.asking import Answer, Page
from headwater.api.parameters import MAX_TARGETS, AsOf, Event, Name, One
from headwater.api.routes.breakage import Targets
from headwater.api.shapes import documented
from headwater.errors import InvalidArgumentError
from headwater.queries.impact_tree import ImpactTree
from headwater.queries.picture import Picture
from headwater.queries.session import Session

router = APIRouter(tags=["pictures"])
Opened = Annotated[
    list[str] | None,
    Query(
        max_length=100,
        description="SIDE:NUMBER:ID, for instance `down:10:meta-llama/Llama-2-7b-hf`: draw "
        "so many more of the neighbours behind this node, whatever the bounds.",
        examples=[["down:10:lmsys/vicuna-7b-v1.5"]],
    ),
]

EventTargets = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=500)]] | None,
    Query(
        max_length=MAX_TARGETS,
        description="What the event happens to, as in /what-breaks; several are one set. "
        "Default: the artefact that is drawn.",
    ),
]


@router.get("/picture", responses=documented(Picture))
async def picture_route(
    asked: One,
    id: Annotated[Name, Query(examples=["LLaMA 7B"])],
    rows: Annotated[
        int, Query(ge=1, le=200, description="Rows on each side, at most.")
    ] = 30,
    generations: Annotated[
        int, Query(ge=2, le=20, description="Columns besides the focus, at most.")
    ] = 5,
    opened: Opened = None,
    event: Annotated[
        Event | None,
        Query(
            description="Judge all that is shown as if this happened to the targets."
        ),
    ] = None,
    target: EventTargets = None,
    as_of: AsOf = None,
) -> Response:
    """Draw the lineage of an artefact as an hourglass: what is drawn and what is folded.

    Each of `groups` says how many relatives behind a node are not drawn, by relation;
    `opened` draws more of them.
    """

    def question(session: Session, page: Page) -> Answer:
        return Answer(
            session.picture(
                id, budget=rows, generations=generations,
                opened=_parse_opened(opened or ()), event=event,
                targets=target or (), as_of=as_of,
            )
        )  # fmt: skip

    return await asked.answer(question, pool="graph")


def _parse_opened(texts: list[str] | tuple[()]) -> dict[tuple[str, str], int]:
    opened: dict[tuple[str, str], int] = {}
    for text in texts:
        side, _, rest = text.partition(":")
        number, _, node = rest.partition(":")
        if (
            side not in ("up", "down")
            or not (number.isascii() and number.isdecimal() and len(number) <= 4)
            or not node
        ):
            raise InvalidArgumentError(
                f"opened takes SIDE:NUMBER:ID like down:10:gpt2, not {text[:80]!r}"
            )
        opened[side, node] = int(number)
    return opened


@router.get("/icicle", responses=documented(ImpactTree))
async def icicle_route(
    asked: One,
    target: Targets,
    event: Annotated[Event, Query()] = "deleted",
    below: Annotated[
        str | None,
        Query(max_length=500, description="Open the tree at this artefact."),
    ] = None,
    as_of: AsOf = None,
) -> Response:
    """Fold everything that stands on a target into one tree of some hundred blocks at most.

    Small siblings are folded into one block a verdict; `waves` has artefacts by
    generation and verdict.
    """

    def question(session: Session, page: Page) -> Answer:
        return Answer(
            session.impact_tree(*target, event=event, below=below, as_of=as_of)
        )

    return await asked.answer(question, pool="graph")
