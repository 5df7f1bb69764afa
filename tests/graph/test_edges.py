"""How claims become edges: precedence, disputes, denials, aliases, identity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headwater.graph.claims import Alias, Claim, ClaimBatch, Record
from headwater.graph.lineage_graph import LineageGraph
from tests.drawing import DAY, draw, draw_batch, publish


def claim(relation: str, source: str, **changes: object) -> Claim:
    made = Claim(
        "o/c", "model", "o/p", "model", relation, source, "https://x/c", DAY, DAY
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def edges_of(graph: LineageGraph) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(
        graph.directory / "tables" / "edges.parquet"
    ).to_pylist()
    return rows


def only_edge(tmp_path: Path, *claims: Claim) -> dict[str, object]:
    batch = draw_batch(nodes=("c", "p"))
    batch.claims.extend(claims)
    (edge,) = edges_of(publish(tmp_path, batch))
    return edge


@pytest.mark.parametrize(
    ("claims", "relation", "disputed"),
    [
        (
            [("finetune", "hub:baseModels"), ("quantized", "hub:cardData")],
            "finetune",
            True,
        ),
        ([("quantized", "hub:cardData"), ("finetune", "hub:tag")], "quantized", True),
        ([("adapter", "hub:tag"), ("finetune", "hub:config")], "adapter", True),
        ([("finetune", "hub:config"), ("quantized", "catalog")], "finetune", True),
        ([("finetune", "catalog"), ("merge", "inferred:name")], "finetune", True),
        ([("finetune", "hub:cardData"), ("finetune", "hub:tag")], "finetune", False),
        # A source that names the parent without a relation does not contradict one.
        ([("unspecified", "hub:cardData"), ("finetune", "hub:tag")], "finetune", False),
        ([("unspecified", "hub:cardData")], "unspecified", False),
    ],
)
def test_relation_follows_the_precedence_of_sources(
    tmp_path: Path, claims: list[tuple[str, str]], relation: str, disputed: bool
) -> None:
    edge = only_edge(tmp_path, *(claim(*item) for item in claims))
    assert (relation, disputed) == (edge["relation"], edge["disputed"])
    assert sorted({source for _, source in claims}) == edge["sources"]


def test_a_curated_record_with_a_primary_source_wins(tmp_path: Path) -> None:
    edge = only_edge(
        tmp_path,
        claim("finetune", "hub:baseModels"),
        claim("mirror_of", "catalog", primary=True),
    )
    assert (edge["relation"], edge["disputed"]) == ("mirror_of", True)


def test_a_primary_denial_refutes_and_both_are_kept(tmp_path: Path) -> None:
    edge = only_edge(
        tmp_path,
        claim("finetune", "catalog", declared_by="press"),
        claim("finetune", "catalog", primary=True, stance="denies"),
    )
    assert (edge["standing"], edge["disputed"], edge["n_claims"]) == (
        "refuted",
        True,
        2,
    )


def test_a_weaker_denial_only_disputes(tmp_path: Path) -> None:
    edge = only_edge(
        tmp_path,
        claim("finetune", "hub:baseModels"),
        claim("finetune", "catalog", stance="denies", declared_by="press"),
    )
    assert (edge["standing"], edge["disputed"]) == ("accepted", True)


def test_sources_that_name_other_parents_disagree(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "c merge p hub:cardData", "c merge q hub:cardData", "c finetune r hub:tag",
        "d finetune p hub:cardData",
    )  # fmt: skip
    disputed = {(e["child"], e["parent"]): e["disputed"] for e in edges_of(graph)}
    assert disputed == {
        ("o/c", "o/p"): True, ("o/c", "o/q"): True, ("o/c", "o/r"): True, ("o/d", "o/p"): False,
    }  # fmt: skip


def test_data_sources_do_not_disagree_about_base_models(tmp_path: Path) -> None:
    graph = draw(tmp_path, "c finetune p hub:tag", "c trained_on data-d hub:cardData")
    assert not any(edge["disputed"] for edge in edges_of(graph))


def test_succession_stands_beside_lineage(tmp_path: Path) -> None:
    batch = draw_batch("c finetune p")
    batch.claims.append(claim("successor_of", "hub:cardData"))
    relations = sorted(
        str(edge["relation"]) for edge in edges_of(publish(tmp_path, batch))
    )
    assert relations == ["finetune", "successor_of"]


def test_self_loops_are_kept_and_not_walked(tmp_path: Path) -> None:
    batch = draw_batch(nodes=("c",))
    batch.claims.append(claim("finetune", "hub:tag", parent="O/C"))
    graph = publish(tmp_path, batch)
    assert [edge["standing"] for edge in edges_of(graph)] == ["self"]
    assert len(graph.parents.targets) == 0


def test_every_claim_is_findable_from_its_edge(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "c finetune p hub:tag", "c merge q hub:cardData", "b adapter c",
        "c trained_on data-d",
    )  # fmt: skip
    edges = {edge["edge"]: edge for edge in edges_of(graph)}
    claims = pq.read_table(graph.directory / "tables" / "claims.parquet").to_pylist()
    assert len(claims) == 4
    for item in claims:
        edge = edges[item["edge"]]
        assert (edge["child"], edge["parent"]) == (item["child"], item["parent"])


def test_a_parent_that_was_never_seen_is_kept(tmp_path: Path) -> None:
    graph = draw(tmp_path, "c finetune gone", phantoms=("gone",))
    node = graph.find("o/gone")
    assert (graph.state(node), bool(graph.columns.phantom[node])) == ("unknown", True)


def test_ids_are_compared_without_case(tmp_path: Path) -> None:
    batch = draw_batch(nodes=("c", "p"))
    batch.claims.append(claim("finetune", "hub:tag", parent="O/P"))
    (edge,) = edges_of(publish(tmp_path, batch))
    assert edge["parent"] == "o/p"


def alias(other: str, node: str, kind: str = "legacy") -> Alias:
    return Alias(other, node, kind, "catalog", "https://x", DAY)


def test_an_alias_leads_to_its_artefact(tmp_path: Path) -> None:
    batch = draw_batch(nodes=("c", "p"))
    batch.claims.append(claim("finetune", "hub:tag", parent="old"))
    batch.aliases += [alias("old", "older"), alias("older", "o/p", "rename")]
    graph = publish(tmp_path, batch)
    assert graph.find("OLD") == graph.find("o/p") >= 0
    assert edges_of(graph)[0]["parent"] == "o/p"


def test_a_replacement_is_another_artefact(tmp_path: Path) -> None:
    batch = draw_batch("c finetune old", nodes=("new",), phantoms=("old",))
    batch.aliases.append(alias("o/old", "o/new", "replacement"))
    graph = publish(tmp_path, batch)
    assert graph.find("o/old") != graph.find("o/new")


def test_a_name_that_was_registered_again_is_no_alias(tmp_path: Path) -> None:
    batch = ClaimBatch()
    batch.records += [
        Record("o/a", "model", "hub", "https://x/a", DAY, hub_id="1" * 24),
        Record("o/b", "model", "hub", "https://x/b", DAY, hub_id="2" * 24),
    ]
    batch.aliases.append(alias("o/a", "o/b", "rename"))
    graph = publish(tmp_path, batch)
    assert graph.find("o/a") != graph.find("o/b")


def test_one_hub_id_under_two_names_is_a_rename(tmp_path: Path) -> None:
    batch = draw_batch("c finetune old", phantoms=("old",))
    batch.records += [
        Record("o/old", "model", "hub", "https://x/1", "2026-01-01", hub_id="1" * 24),
        Record("o/new", "model", "hub", "https://x/2", "2026-02-01", hub_id="1" * 24),
    ]
    graph = publish(tmp_path, batch)
    assert graph.find("o/old") == graph.find("o/new") >= 0
    assert edges_of(graph)[0]["parent"] == "o/new"


def test_circular_aliases_are_dropped_and_reported(tmp_path: Path) -> None:
    batch = draw_batch(nodes=("c",))
    batch.aliases += [alias("x", "y"), alias("y", "x")]
    graph = publish(tmp_path, batch)
    assert graph.manifest.counts["circular_aliases"] == ["x", "y"]


def test_several_relations_of_one_kind_of_ends(tmp_path: Path) -> None:
    graph = draw(
        tmp_path,
        "data-e derived_from data-d",
        "data-e generated_by m",
        "app-x uses data-e",
    )
    assert {"derived_from", "generated_by", "uses"} == {
        e["relation"] for e in edges_of(graph)
    }


@pytest.mark.parametrize(
    ("name", "status"),
    [("s", "established"), ("p", "presumed"), ("u", "undeclared"), ("g", "presumed"),
     ("c", "derived"), ("data-d", "not_applicable"), ("x", "presumed"), ("y", "presumed")],
)  # fmt: skip
def test_root_statuses(tmp_path: Path, name: str, status: str) -> None:
    graph = draw(
        tmp_path, "c finetune s", "q/d finetune p", "e finetune u", "e merge g",
        "data-d generated_by c", "x finetune y", "y finetune x", "z/w adapter y",
        scratch=("s",), phantoms=("g",),
    )  # fmt: skip
    (row,) = pq.read_table(
        graph.directory / "tables" / "nodes.parquet",
        filters=[("id", "=", "datasets/o/data-d" if "data" in name else f"o/{name}")],
    ).to_pylist()
    assert status == row["root_status"]
