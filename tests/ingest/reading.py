"""Reads single records, for the tests of what records say."""

from __future__ import annotations

import json
from typing import Any

from headwater.ingest.parse.hub_context import Context
from headwater.ingest.parse.hub_records import decode_record, parse_record

HUB = "https://huggingface.co"
DAY = "2026-11-22"
ID = "6" * 24
SHA = "b" * 40


def read(record: object, route: str = "models") -> Context:
    context = Context(HUB, DAY)
    raw = record if isinstance(record, bytes) else json.dumps(record).encode()
    fields = decode_record(context, route, raw)
    if fields is not None:
        parse_record(context, route, fields)
    return context


def model(**fields: Any) -> dict[str, Any]:
    return {"_id": ID, "id": "me/mine", **fields}


def card(**fields: Any) -> dict[str, Any]:
    return model(cardData=fields)


def edges(context: Context) -> list[tuple[str, str, str, str, str]]:
    return [
        (claim.child, claim.parent, claim.relation, claim.source, claim.declared_by)
        for claim in context.batch.claims
    ]
