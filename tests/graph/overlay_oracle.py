"""Random claims in two versions, and what a full compile of both would answer."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from headwater.errors import LineageError
from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import (
    Alias,
    Claim,
    ClaimBatch,
    Ownership,
    Record,
)
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.overlay import OverlayGraph
from headwater.graph.schema import EVENT_NAMES, RELATIONS
from headwater.graph.store import SnapshotStore
from headwater.queries.lineage import lineage
from headwater.queries.search import search
from headwater.queries.show import show
from headwater.queries.splits import DIMENSIONS
from headwater.queries.what_breaks import what_breaks
from headwater.queries.why import why

OLD, NEW = "2026-01-01", "2026-03-01"
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
WORDS = ("mit", "apache-2.0", "llama2", "other", None)
SPLITS = tuple(item for item in DIMENSIONS if item != "relation")
SOURCES = ("hub:baseModels", "hub:cardData", "hub:tag", "catalog")


def document(node_id: str) -> str:
    return f"https://hub/{node_id}"


def kind_of(name: str) -> str:
    head = name.partition("/")[0]
    return {"datasets": "dataset", "spaces": "application"}.get(head, "model")


def names_of(rng: random.Random, n: int) -> list[str]:
    found = []
    for number in range(n):
        prefix = rng.choices(["", "datasets/", "spaces/"], [8, 2, 1])[0]
        found.append(f"{prefix}o{rng.randrange(4)}/x{number}")
    return found


def record_of(rng: random.Random, name: str, day: str) -> Record:
    return Record(
        name, kind_of(name), "hub", document(name), day,
        hub_id=f"hub-{name}", name=rng.choice([None, None, f"Name {name[-2:]}"]),
        state=rng.choice(["present", "present", "gated", "gone"]),
        created=day if day == NEW else rng.choice([OLD, "2025-05-05"]),
        downloads=rng.choice([None, 0, 5, 5, 90, 1000]),
        likes=rng.choice([None, 0, 3]), parameters=rng.choice([None, 7_000]),
        task=rng.choice(WORDS), library=rng.choice(WORDS), licence=rng.choice(WORDS),
        scratch=rng.choice([None, None, None, True, False]),
        absent=rng.choice([(), ("licence",)]),
    )  # fmt: skip


def claims_of(
    rng: random.Random, child: str, names: list[str], day: str
) -> list[Claim]:
    """Return what the document of a child says of its parents."""
    found = []
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        parent = rng.choice(names)
        fitting = [
            item.name for item in RELATIONS
            if kind_of(child) in item.children and kind_of(parent) in item.parents
        ]  # fmt: skip
        if not fitting:
            continue
        relation, source = rng.choice(fitting), rng.choice(SOURCES)
        ends = (child, kind_of(child), parent, kind_of(parent))
        if relation == "successor_of" and rng.random() < 0.5:
            ends = (*ends[2:], *ends[:2])  # the card of the older one tells it
        found.append(
            Claim(
                *ends, relation, source, document(child), day, day,
                stance=rng.choices(["asserts", "denies"], [9, 1])[0],
                primary=source == "catalog" and rng.random() < 0.3,
                confidence=rng.choice([1.0, 0.5]), note=rng.choice([None, "a note"]),
            )
        )  # fmt: skip
    return found


def draw_two(seed: int) -> tuple[ClaimBatch, ClaimBatch]:
    """Return what was said first, and then: new artefacts, and old ones read anew."""
    rng = random.Random(seed)
    names = names_of(rng, rng.choice([3, 8, 20]))
    n_old = rng.randrange(1, len(names) + 1)
    old, new = ClaimBatch(), ClaimBatch()
    for name in names[:n_old]:
        if rng.random() < 0.8:
            old.records.append(record_of(rng, name, OLD))
            old.claims += claims_of(rng, name, names, OLD)
    again = rng.choice([0.0, 0.2, 0.7])
    for place, name in enumerate(names):
        if rng.random() < (again if place < n_old else 0.8):
            new.records.append(record_of(rng, name, NEW))
            new.claims += claims_of(rng, name, names, NEW)
    for number in range(4):
        if rng.random() < 0.5:
            owned = Ownership(
                f"@o{number}", f"developer:d{number % 2}", "catalog", "d", OLD
            )
            old.ownership.append(owned)
    return old, new


def superseded(old: ClaimBatch, new: ClaimBatch) -> ClaimBatch:
    """Return both: of a document the newer version, with the day it was first seen."""
    read = {record.document for record in new.records}
    days: dict[Any, str] = {}
    for row in (*old.records, *old.claims):
        key = row.document if isinstance(row, Record) else key_of(row)
        days[key] = min(days.get(key, "9"), row.first_seen or OLD)
    both = ClaimBatch()
    both.extend(old)
    both.records = [item for item in old.records if item.document not in read]
    both.claims = [item for item in old.claims if item.document not in read]
    for record in new.records:
        first = days.get(record.document)
        both.records.append(replace(record, first_seen=first) if first else record)
    for claim in new.claims:
        first = days.get(key_of(claim), claim.first_seen)
        both.claims.append(replace(claim, first_seen=first))
    both.aliases += new.aliases
    return both


def key_of(claim: Claim) -> tuple[str, ...]:
    return claim.child, claim.parent, claim.relation, claim.source, claim.document


def compiled(path: Path, batch: ClaimBatch) -> LineageGraph:
    store = SnapshotStore(path)
    store.publish(compile_snapshot(to_tables([batch])), [], CREATED)
    return LineageGraph(store.current())


def full_compile(path: Path, old: ClaimBatch, new: ClaimBatch) -> LineageGraph:
    """Compile everything, with a mention of all that the old documents name.

    Parents that nobody names any more stay in an overlay. A replacement is no alias: it
    only mentions both ends.
    """
    both = superseded(old, new)
    for name in sorted(
        {end for claim in old.claims for end in (claim.child, claim.parent)}
    ):
        both.aliases.append(
            Alias("gone/gone", name, "replacement", "catalog", "mention", OLD)
        )
    return compiled(path, both)


def plain(value: Any) -> Any:
    """Return an answer without what depends on the numbers of nodes.

    Numbers break ties: of equals in a list, of equally short proofs, of equal mirrors.
    """
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    answer = {**asdict(value)}
    if "snapshot" in answer:
        answer["snapshot"] = ""
    for name in ("ancestors", "descendants"):
        if name in answer:
            answer[name] = sorted(answer[name], key=lambda item: item["id"])
    for outcome in answer.get("outcomes", ()):
        outcome["splits"] = {
            name: sorted((asdict(part) for part in parts), key=lambda part: part["key"])
            for name, parts in outcome["splits"].items()
        }
        victims = sorted(outcome["victims"], key=lambda item: item["id"])
        outcome["victims"] = victims
        for victim in victims:
            steps = victim["proof"]
            assert victim["depth"] == len(steps)
            assert all(a["parent"] == b["child"] for a, b in pairwise(steps))
            victim["proof"] = steps and steps[0]["child"]
            victim["mirror"] = victim["mirror"] is not None
    return answer


def asked(question: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return plain(question(*arguments, **options))
    except LineageError as error:
        return type(error).__name__


def same(graph: OverlayGraph, full: LineageGraph) -> None:
    """Ask both graphs the same questions."""
    assert full.n_artefacts == graph.n_artefacts
    assert full.n_nodes == graph.n_nodes
    ids = [full.ids[node] for node in range(full.n_nodes)]
    for item in ids:
        node, other = graph.find(item), full.find(item)
        assert graph.ids[node] == full.ids[other] == item
        assert graph.names[node] == full.names[other]
        same_columns(graph, full, node, other)
        mine, theirs = asked(show, graph, item), asked(show, full, item)
        theirs["aliases"] = tuple(
            name for name in theirs["aliases"] if name != "gone/gone"
        )
        assert mine == theirs
        if other >= full.n_artefacts:
            continue
        assert asked(lineage, graph, item) == asked(lineage, full, item)
        rows = full.parents
        for parent in rows.targets[rows.slice(other)].tolist():
            pair = item, full.ids[parent]
            assert asked(why, graph, *pair) == asked(why, full, *pair)
    same_breakage(graph, full, ids)
    same_searches(graph, full)


def same_columns(
    graph: LineageGraph, full: LineageGraph, node: int, other: int
) -> None:
    for name in ("kind", "state", "phantom", "root_status", "known_origin", "day",
                 "downloads", "downloads_all_time", "likes", "parameters"):  # fmt: skip
        mine, theirs = getattr(graph.columns, name), getattr(full.columns, name)
        assert mine[node] == theirs[other], (name, full.ids[other])
    for name in ("licence", "task", "library"):
        assert graph.word(name, node) == full.word(name, other)
    for name in ("namespace", "developer"):
        owners = [
            value.ids[at]
            if (at := int(getattr(value.columns, name)[place])) >= 0
            else ""
            for value, place in ((graph, node), (full, other))
        ]
        assert owners[0] == owners[1]


def same_breakage(graph: LineageGraph, full: LineageGraph, ids: list[str]) -> None:
    for target in [*ids, "licence:mit", "licence:llama2", "task:other"]:
        mine, theirs = (
            asked(what_breaks, item, [target], events=EVENT_NAMES, splits=SPLITS)
            for item in (graph, full)
        )
        if mine != theirs:
            # A word that nobody bears any more stays: it names nothing.
            assert theirs == "NodeNotFoundError", target
            assert mine["members"] == 0


def same_searches(graph: LineageGraph, full: LineageGraph) -> None:
    for text in ("o1/x1", "x1", "name", "o", "datasets/", "@o2", "x", "o0/", "d0"):
        assert asked(search, graph, text, 1000) == asked(search, full, text, 1000), text
    for text in ("o", "o1/x", "datasets/o", "@"):
        for limit in (1, 3, 1000):
            mine, theirs = (
                [item.ids[node] for node in item.find_prefix(text, limit)]
                for item in (graph, full)
            )
            assert mine == theirs
    for name in ("id_order", "search_nodes"):
        mine, theirs = (
            [item.ids[node] for node in getattr(item, name).tolist()]
            for item in (graph, full)
        )
        assert mine == theirs
    for name in ("search_text", "aliases"):
        mine, theirs = getattr(graph, name), getattr(full, name)
        assert mine.data.tobytes() == theirs.data.tobytes()
        assert mine.offsets.tolist() == theirs.offsets.tolist()
    whole = graph.ids.data.tobytes().decode()
    assert whole == "".join(graph.ids[node] for node in range(graph.n_nodes))
    columns = ["id", "name", "licence", "state"]
    mine, theirs = (
        sorted(item.node_table(columns).to_pylist(), key=lambda row: row["id"])
        for item in (graph, full)
    )
    assert mine == theirs
