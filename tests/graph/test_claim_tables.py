"""Claim tables: text as codes and as text, one set and several, say the same."""

from __future__ import annotations

import pyarrow as pa
import pytest

from headwater.graph.claim_tables import (
    SCHEMAS,
    ClaimTables,
    coded_claims,
    concat,
    in_one_piece,
    plain_table,
    put_together,
    to_tables,
)
from tests.drawing import draw_batch

LINES = ("b finetune a", "c quantized b", "d merge b", "d merge c")


def tables(*lines: str) -> ClaimTables:
    return to_tables([draw_batch(*lines)])


def in_codes(given: ClaimTables) -> ClaimTables:
    """Return the tables as imports hand them on: in chunks, with words of their own."""
    claims = pa.concat_tables(
        [coded_claims(given.claims.slice(at, 1)) for at in range(len(given.claims))]
    )
    return ClaimTables(
        given.records, claims, given.aliases, given.ownership, given.families
    )


def same(one: ClaimTables, other: ClaimTables) -> bool:
    return all(
        plain_table(getattr(one, name)).equals(plain_table(getattr(other, name)))
        for name in SCHEMAS
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_put_together_is_all_of_them_in_order(count: int) -> None:
    parts = [tables(*LINES[at : at + 2]) for at in range(count)]
    whole = concat(parts)
    mixed = [in_codes(part) if at % 2 else part for at, part in enumerate(parts)]
    assert same(concat(mixed), whole)
    found = put_together(mixed)
    assert mixed == []
    assert same(found, whole)
    for name in SCHEMAS:
        table = getattr(found, name)
        assert all(column.num_chunks <= 1 for column in table.columns), name
    for column in found.claims.columns:
        assert not pa.types.is_string(column.type)


def test_one_piece_stays_as_it_is() -> None:
    once = in_one_piece(tables(*LINES))
    again = in_one_piece(once)
    assert same(once, again)
    for one, other in zip(once.claims.columns, again.claims.columns, strict=True):
        ours, theirs = one.chunk(0), other.chunk(0)
        assert [b and b.address for b in ours.buffers()] == (
            [b and b.address for b in theirs.buffers()]
        )
