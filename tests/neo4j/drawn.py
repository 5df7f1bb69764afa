"""Small snapshots for a server: every part has rows, and some of the text is hostile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from headwater.graph.claim_tables import ClaimTables, to_tables
from headwater.graph.claims import Alias, ClaimBatch, Family, Judgement
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from tests.drawing import draw_batch
from tests.graph.overlay_oracle import draw_two

START = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = (
    'say "hi", she said', "two\nlines\r\nand a\ttab", "back\\slash \\' \\\"", "semi;colon",
    "unit\x1fseparator", "", " spaces ", "ünïcödé 漢字 🦙", "${jndi:x} $param `tick`",
    "'; MATCH (n) DETACH DELETE n //", "nul\x00byte", ",,,", '"""',
)  # fmt: skip


def hostile() -> ClaimBatch:
    """Return artefacts whose text is meant to break out of a field."""
    names = [f"m{number}" for number in range(len(HOSTILE))]
    batch = draw_batch(*(f"{name} finetune base" for name in names), scratch=("base",))
    batch.records = [
        replace(
            record, name=text, names=(text, "x"), task=text, licence=text, note=text
        )
        for record, text in zip(batch.records, (*HOSTILE, "base"), strict=True)
    ]
    batch.claims = [
        replace(claim, raw=text, note=text, document=text)
        for claim, text in zip(batch.claims, HOSTILE, strict=True)
    ]
    batch.aliases = [
        Alias(f"o/old{number}", f"o/m{number}", "rename", "catalog", text, "2026-01-01")
        for number, text in enumerate(HOSTILE)
    ]
    batch.families = [
        Family("fam", 'The "F", family', ("f\x1fam", ""), None, ("o/m*",), "https://x")
    ]
    batch.openness = [
        Judgement("s", "o/m1", None, "code", "open", (text, "x"), text, "osai-index",
                  f"https://x/{number}", "2026-01-01")
        for number, text in enumerate(HOSTILE)
    ]  # fmt: skip
    return batch


def all_parts(seed: int = 1) -> ClaimTables:
    """Return claims that give each part some rows."""
    return to_tables([*draw_two(seed), hostile()])


def publish(path: Path, tables: ClaimTables, day: int = 0) -> LineageGraph:
    """Return the graph of the snapshot of some claims, compiled on a day."""
    store = SnapshotStore(path)
    store.publish(compile_snapshot(tables), [], START + timedelta(days=day))
    return LineageGraph(store.current())
