"""Routes that give bills of materials."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from headwater.api.asking import Answer, Asked, Page
from headwater.api.parameters import BillVersion, One
from headwater.api.routes.breakage import Targets
from headwater.api.shapes import BillBody, CycloneDx, documented
from headwater.queries.cyclonedx import cyclonedx
from headwater.queries.session import Session

router = APIRouter(tags=["bills of materials"])
MAX_COMPONENTS: Final = 5_000


@router.get("/bom", responses=documented(CycloneDx))
async def bom_route(
    asked: One,
    target: Targets,
    spec_version: Annotated[
        BillVersion, Query(description="Version of CycloneDX.")
    ] = "1.6",
) -> Response:
    """Return artefacts and all that they stand on as a CycloneDX bill of materials.

    At most 5,000 components; the command line has no limit.
    """
    return await _answer(asked, BillBody(target, [], spec_version))


@router.post("/bom", responses=documented(CycloneDx))
async def bom_of_route(
    asked: One,
    body: Annotated[
        BillBody,
        Body(examples=[{"inventory": ["lmsys/vicuna-7b-v1.5", "no/such-model"]}]),
    ],
) -> Response:
    """Return the same of one's own inventory; nothing of it is kept."""
    return await _answer(asked, body)


async def _answer(asked: Asked, body: BillBody) -> Response:
    def question(session: Session, page: Page) -> Answer:
        bill = session.bill_of_materials(
            *body.targets, inventory=body.inventory, most=MAX_COMPONENTS
        )
        return Answer(cyclonedx(bill, body.spec_version))

    tagged = asked.request.method == "GET"
    return await asked.answer(question, pool="graph", tagged=tagged)
