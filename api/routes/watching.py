"""Routes about what one's own artefacts stand on, and whether it has changed."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body
from starlette.responses import Response

from headwater.api.asking import Answer, Page
from headwater.api.parameters import MAX_LOCKED, One
from headwater.api.shapes import LockBody, documented
from headwater.errors import InvalidArgumentError
from headwater.queries.session import Session
from headwater.queries.watch import WatchReport
from headwater.queries.watch_lock import Lock, parse_lock

router = APIRouter(tags=["watching"])
MAX_STEPS: Final = 1_000_000
"""Steps of all paths of a report."""
_EXAMPLE: Final[dict[str, Any]] = {
    "format": "headwater-lock",
    "version": 1,
    "snapshot": "20260401T120000Z-00000000",
    "created": "2026-04-01T12:00:00Z",
    "watched": ["lmsys/vicuna-7b-v1.5"],
    "artefacts": {
        "lmsys/vicuna-7b-v1.5": {
            "kind": "model", "state": "present", "phantom": False,
            "hub_id": "64c9d2a8b5a3f5a1c0d1e2f3", "access": "open",
            "licence": "llama2", "licence_status": "declared",
            "parents": [{"parent": "meta-llama/Llama-2-7b-hf", "relation": "finetune"}],
        },
        "meta-llama/Llama-2-7b-hf": {
            "kind": "model", "state": "present", "phantom": False,
            "hub_id": "64b7b3f0c1d2e3f4a5b6c7d8", "access": "gated",
            "licence": "llama2", "licence_status": "declared",
            "parents": [],
        },
    },
}  # fmt: skip


@router.post("/lock", responses=documented(Lock))
async def lock_route(
    asked: One,
    body: Annotated[
        LockBody, Body(examples=[{"artefacts": ["lmsys/vicuna-7b-v1.5", "Zephyr"]}])
    ],
) -> Response:
    """Return what artefacts stand on, to be kept and compared later.

    The answer is the lock file of `headwater watch --write`. An older `snapshot` tells
    what they stood on then.
    """

    def question(session: Session, page: Page) -> Answer:
        return Answer(session.at(body.snapshot, elsewhere=False).lock(body.artefacts))

    return await asked.answer(question, pool="graph", tagged=False)


@router.post("/watch", responses=documented(WatchReport))
async def watch_route(
    asked: One, body: Annotated[Lock, Body(examples=[_EXAMPLE])]
) -> Response:
    """Say what has changed upstream of the artefacts of a lock file.

    The body is the file that `headwater watch --write` or `/v1/lock` made. Nothing of it
    is kept.
    """
    raw = await asked.request.body()

    def question(session: Session, page: Page) -> Answer:
        lock = parse_lock(raw, "the lock")
        if len(lock.watched) > MAX_LOCKED:
            raise InvalidArgumentError(
                f"the lock watches {len(lock.watched):,} artefacts, {MAX_LOCKED:,} is "
                "the limit here; headwater watch takes any number"
            )
        return Answer(session.watch(lock, MAX_STEPS))

    return await asked.answer(question, pool="graph", tagged=False)
