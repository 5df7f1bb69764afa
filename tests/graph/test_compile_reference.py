"""The compiler against a slow one, on random claims full of dirt."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from headwater.graph.claim_tables import SCHEMAS, ClaimTables, to_tables
from headwater.graph.claims import Alias, Claim, ClaimBatch, Ownership, Record
from headwater.graph.compile import SnapshotContent, compile_snapshot
from headwater.graph.schema import RELATIONS, SOURCES
from tests.graph.compile_reference import FIRST_KNOWN, reference

DAYS = ("2026-09-01", "2026-10-01", "2026-11-22")
IDS = {
    "model": [
        *(f"{owner}/{name}" for owner in ("Meta", "meta", "zoo") for name in ("A", "b")),
        "gpt2", "ZOO/a", "off-hub/openai/gpt", "off-hub/x/y",
    ],
    "dataset": ["datasets/zoo/pile", "datasets/squad", "datasets/Zoo/Pile",
                "off-hub/x/y"],
    "application": ["spaces/zoo/chat", "off-hub/openai/chat"],
}  # fmt: skip


def random_record(draw: Random, number: int) -> Record:
    def maybe(value: Any) -> Any:
        return value if draw.random() < 0.4 else None

    kind = draw.choice(["model", "model", "dataset", "application"])
    return Record(
        id=draw.choice(IDS[kind]), kind=kind,
        source=draw.choice(["hub", "catalog", "mteb"]),
        document=f"d{number}", seen=draw.choice(DAYS), hub_id=maybe(draw.choice("pqr")),
        name=maybe(f"Name {number}"),
        names=tuple(draw.sample(["One", "Two", "Three"], draw.randrange(3))),
        state=maybe(draw.choice(["present", "gated", "gone"])),
        created=maybe(draw.choice(DAYS)), released=maybe(draw.choice(DAYS)),
        modified=maybe("m"), downloads=maybe(number), likes=maybe(2**40 + number),
        parameters=maybe(7), task=maybe(draw.choice("tu")), library=maybe("l"),
        licence=maybe(draw.choice(["mit", "apache-2.0"])),
        language=tuple(draw.sample(["en", "fr"], draw.randrange(3))),
        scratch=maybe(draw.random() < 0.5), family=maybe("fam"),
        developer=maybe("developer:acme"), access=maybe("open"),
        note=maybe("ein Übel"), absent=draw.choice([(), ("licence", "task")]),
        first_seen=maybe(DAYS[0]),
    )  # fmt: skip


def random_claim(draw: Random, number: int) -> Claim:
    relation = draw.choice(RELATIONS)
    child_kind = draw.choice(relation.children)
    parent_kind = draw.choice(relation.parents)
    first, last = sorted((draw.choice(DAYS), draw.choice(DAYS)))
    return Claim(
        child=draw.choice(IDS[child_kind]), child_kind=child_kind,
        parent=draw.choice(IDS[parent_kind]), parent_kind=parent_kind,
        relation=relation.name, source=draw.choice(SOURCES).name,
        document=draw.choice(["d", "e"]), first_seen=first, last_seen=last,
        stance="denies" if draw.random() < 0.2 else "asserts",
        revision=draw.choice([None, "r"]), primary=draw.random() < 0.3,
        confidence=draw.choice([0.3, 0.8, 1.0]),
        raw=draw.choice([None, f"raw {number}"]), note=draw.choice([None, "note"]),
    )  # fmt: skip


def random_batch(seed: int) -> ClaimBatch:
    draw = Random(seed)
    batch = ClaimBatch()
    batch.records += [
        random_record(draw, number) for number in range(draw.randrange(12))
    ]
    batch.claims += [random_claim(draw, number) for number in range(draw.randrange(25))]
    others = ["gpt2", "old/name", "Meta/A", "old/b"]
    for alias in draw.sample(others, draw.randrange(4)):
        kind = draw.choice(["rename", "legacy", "replacement"])
        target, day = draw.choice(IDS["model"]), draw.choice(DAYS)
        if alias.lower() != target.lower():
            batch.aliases.append(Alias(alias, target, kind, "catalog", "d", day))
    for name in draw.sample(["@Meta", "@zoo", "@alone"], draw.randrange(4)):
        developer = f"developer:{draw.choice('uv')}"
        batch.ownership.append(
            Ownership(name, developer, "catalog", "d", draw.choice(DAYS))
        )
    return batch


def check(batch: ClaimBatch, content: SnapshotContent) -> None:
    expected = reference(batch)
    nodes = {row["id"]: row for row in content.tables["nodes"].to_pylist()}
    assert nodes.keys() == expected.nodes.keys()
    for node_id, want in expected.nodes.items():
        got = nodes[node_id]
        for name in (*FIRST_KNOWN, "kind", "state", "phantom", "names", "language",
                     "absent", "sources", "document", "first_seen", "last_seen",
                     "licence_status", "namespace", "developer"):  # fmt: skip
            assert got[name] == want[name], (node_id, name)
    edges = content.tables["edges"].to_pylist()
    wanted = sorted(
        ({**edge, "slot": place[2]} for place, edge in expected.edges.items()),
        key=lambda edge: (
            nodes[edge["child"]]["node"], nodes[edge["parent"]]["node"], edge["slot"],
        ),
    )  # fmt: skip
    assert len(edges) == len(wanted)
    for row, (got, want) in enumerate(zip(edges, wanted, strict=True)):
        assert got["edge"] == row
        assert got["child_node"] == nodes[got["child"]]["node"]
        assert got["parent_node"] == nodes[got["parent"]]["node"]
        del want["slot"]
        assert {name: got[name] for name in want} == want
    place = {
        (edge["child"], edge["parent"], edge["relation"] == "successor_of"): edge[
            "edge"
        ]
        for edge in edges
    }
    found = [
        (row["child"], row["parent"], row["relation"] == "successor_of",
         *(row[name] for name in ("relation", "stance", "source", "document", "revision",
                                  "declared_by", "primary", "confidence", "first_seen",
                                  "last_seen", "raw", "note", "child_as_given",
                                  "parent_as_given")))
        for row in content.tables["claims"].to_pylist()
    ]  # fmt: skip
    assert found == sorted(expected.claims, key=lambda row: place[row[:3]])


@pytest.mark.parametrize("block", range(4))
def test_random_claims_compile_as_in_the_reference(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        batch = random_batch(seed)
        check(batch, compile_snapshot(to_tables([batch])))


def same(one: SnapshotContent, other: SnapshotContent) -> bool:
    return (
        all(one.tables[name].equals(other.tables[name]) for name in one.tables)
        and all(
            (one.arrays[name] == other.arrays[name]).all()
            and one.arrays[name].shape == other.arrays[name].shape
            for name in one.arrays
        )
        and one.vocabulary == other.vocabulary
        and one.counts == other.counts
    )


@pytest.mark.parametrize("seed", range(300, 310))
def test_order_of_the_claims_does_not_matter(seed: int) -> None:
    batch = random_batch(seed)
    # Claims that differ only in what is not compared keep the order they came in.
    batch.claims = [
        replace(claim, raw=f"raw {number}") for number, claim in enumerate(batch.claims)
    ]
    shuffled = ClaimBatch(
        **{name: getattr(batch, name)[::-1] for name in SCHEMAS}  # type: ignore[arg-type]
    )
    assert same(
        compile_snapshot(to_tables([batch])), compile_snapshot(to_tables([shuffled]))
    )


@pytest.mark.parametrize("seed", range(320, 325))
def test_chunks_and_dictionaries_do_not_matter(seed: int) -> None:
    batch = random_batch(seed)
    tables = to_tables([batch])
    split = ClaimTables(
        **{
            name: pa.concat_tables(
                [getattr(tables, name).slice(0, 3), getattr(tables, name).slice(3)]
            )
            for name in SCHEMAS
        }
    )
    words = {
        "records": ("kind", "source", "seen", "state", "created", "licence", "absent"),
        "claims": ("relation", "source", "stance", "first_seen", "last_seen", "note"),
    }
    encoded = {}
    for name, columns in words.items():
        table = getattr(split, name)
        for column in columns:
            if pa.types.is_string(table[column].type):
                at = table.schema.get_field_index(column)
                table = table.set_column(at, column, table[column].dictionary_encode())
        encoded[name] = table
    other = ClaimTables(
        encoded["records"], encoded["claims"], split.aliases, split.ownership,
        split.families,
    )  # fmt: skip
    assert same(compile_snapshot(tables), compile_snapshot(other))


def test_nothing_compiles_to_nothing() -> None:
    content = compile_snapshot(to_tables([]))
    assert all(table.num_rows == 0 for table in content.tables.values())
    assert len(content.arrays["id_offsets"]) == 1
