"""What one answer about one repository proves, and what it does not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headwater.graph.claims import ClaimBatch
from headwater.ingest.documents import Asked
from headwater.ingest.parse.hub_context import Context
from headwater.ingest.parse.hub_details import (
    Hop,
    StoredAnswer,
    claim_mirrors,
    decode_answer,
    parse_answer,
)


def read(**fields: Any) -> ClaimBatch:
    asked = fields.pop("asked", Asked(id="a/b", kind="model"))
    record = fields.pop("record", None)
    answer = StoredAnswer(
        asked=asked, url="https://hub/api/models/a/b", hops=fields.pop("hops", []),
        with_token=fields.pop("with_token", True), status=fields.pop("status", 200),
        record=msgspec.Raw(msgspec.json.encode(record)),
        **fields,
    )  # fmt: skip
    context = Context("https://hub", "2026-11-22")
    raw = msgspec.json.encode(answer)
    files = parse_answer(context, decode_answer(raw))
    claim_mirrors(context, [files] if files else [])
    return context.batch


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": 404, "error_code": "RepoNotFound"}, "gone"),
        ({"status": 404}, None),
        ({"status": 404, "error_code": "RepoNotFound", "with_token": False}, None),
        ({"status": 401, "with_token": False}, None),
        ({"status": 401, "error_code": "GatedRepo", "with_token": False}, "gated"),
        ({"status": 403, "error_code": "GatedRepo"}, "gated"),
        ({"status": 403}, None),
        ({"status": 403, "message": "Access to this resource is disabled."}, "disabled"),
        ({"status": 410}, "gone"),
        ({"status": 307, "hops": [Hop("u", 307, "v")], "problem": "circle"}, None),
    ],
)  # fmt: skip
def test_what_a_refusal_proves(fields, state):
    batch = read(**fields)

    assert [record.state for record in batch.records] == ([state] if state else [])
    assert sum(batch.skipped.values()) == (state is None)
    assert batch.claims == batch.aliases == []


@pytest.mark.parametrize(
    "record",
    [{}, {"id": 7}, {"id": "a b"}, {"id": "a/b", "private": True},
     {"id": "a/b", "siblings": 5}, {"id": "a/b", "siblings": [None, {"lfs": 3}, {}]},
     {"id": "a/b", "siblings": [{"rfilename": 1, "lfs": {"sha256": "x"}}]}],
)  # fmt: skip
def test_odd_records_are_no_crash(record):
    assert read(record=record).claims == []


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"asked": 1}', b"\xff"])
def test_a_damaged_answer_is_named(raw):
    with pytest.raises(ValueError, match=r"JSON|Expected|required|Input"):
        decode_answer(raw)
