"""The graph's layout and its Cypher are made from the tables of the domain."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from headwater.graph.backends.neo4j_changes import match_rows
from headwater.graph.backends.neo4j_schema import (
    EDGE_TYPES,
    INDEXES,
    LABELS,
    LINEAGE_TYPES,
    PARTS,
    RELATION_TYPES,
    Part,
    count_statement,
    create_statement,
    delete_statement,
    move_statement,
    quoted,
    schema_statements,
    upsert_statement,
)
from headwater.graph.data_dictionary import TABLES
from headwater.graph.schema import KINDS, RELATIONS

PAGE = Path(__file__).parents[2] / "docs" / "neo4j.md"


def part(name: str) -> Part:
    return next(item for item in PARTS if item.name == name)


def test_each_relation_is_a_type() -> None:
    assert set(EDGE_TYPES) == {item.name.upper() for item in RELATIONS} | {
        "REFUTED",
        "SELF",
    }
    assert set(LINEAGE_TYPES) < set(RELATION_TYPES.values())
    assert "METHOD" not in LINEAGE_TYPES


def test_each_kind_has_labels() -> None:
    assert set(LABELS) == set(KINDS)
    assert LABELS["model"] == ("Node", "Artefact", "Model")
    assert LABELS["developer"] == ("Node", "Developer")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("nodes", "nodes"), ("edges", "edges"), ("claims", "claims"), ("aliases", "aliases"),
        ("families", "families"), ("openness", "openness"), ("owned_by", "ownership"),
    ],
)  # fmt: skip
def test_every_column_of_a_public_table_is_a_property(name: str, table: str) -> None:
    assert set(TABLES[table]) <= set(part(name).properties)


def test_names_are_quoted_and_values_are_parameters() -> None:
    assert quoted("a`b") == "`a``b`"
    for item in PARTS:
        for variant in item.variants:
            text = create_statement(item, variant)
            assert text.startswith("UNWIND $rows AS r ")
            assert "'" not in text
            places = {int(at) for at in re.findall(r"r\[(\d+)\]", text)}
            assert places <= set(range(len(item.given)))
            assert set(range(len(item.properties))) <= places


def test_statements_of_an_edge() -> None:
    edges = part("edges")
    text = create_statement(edges, "FINETUNE")
    assert "MATCH (a:`Node` {`node`: r[" in text
    assert "CREATE (a)-[x:`FINETUNE` {" in text
    assert "DETACH" not in delete_statement(edges)
    assert "SET x.`edge` = r[1], x.`child_node` = r[2]" in move_statement(edges)


def test_a_node_keeps_its_place_and_loses_labels_of_other_kinds() -> None:
    text = upsert_statement(part("nodes"), "Node:Artefact:Model")
    assert "MERGE (x:`Node` {`id`: r[1]})" in text.replace("r[0]", "r[1]")
    assert "REMOVE x:`Application`:`Dataset`:`Developer`:`Namespace` SET x = {" in text


def test_indexes_are_made_of_some_labels_or_of_all() -> None:
    assert len(schema_statements()) == len(INDEXES) + 2
    assert list(schema_statements({"Claim"})) == ["headwater_claim_edge"]
    assert all("IF NOT EXISTS" in text for text in schema_statements().values())


def test_counts_do_not_group() -> None:
    """A constant in the same RETURN would group by it, and read every row."""
    for text in count_statement().split(" UNION ALL "):
        assert re.fullmatch(
            r"MATCH .* WITH count\(x\) AS n RETURN '\w+' AS part, n", text
        )


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_matched_once_each(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted, found = (rng.integers(0, 6, rng.integers(0, 15)) for _ in range(2))
    match = match_rows(wanted.astype(np.int64), found.astype(np.int64))
    hits = match >= 0
    assert len(set(match[hits].tolist())) == hits.sum()
    assert (wanted[hits] == found[match[hits]]).all()
    common = sum(min((wanted == x).sum(), (found == x).sum()) for x in range(6))
    assert hits.sum() == common


def test_the_page_names_every_type_label_and_part_of_the_marker() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in (*EDGE_TYPES, *(labels[-1] for labels in LABELS.values())):
        assert name in text, name
    for item in PARTS:
        for variant in item.variants:
            assert variant.rpartition(":")[2] in text, variant
