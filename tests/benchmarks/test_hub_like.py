"""The synthetic Hub: deterministic, and shaped as its documentation says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from benchmarks.hub_like import generate, publish
from headwater.graph.claim_tables import SCHEMAS, ClaimTables
from headwater.graph.compile import SnapshotContent, compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS, RELATION_CODE

SIZE = 6000


@pytest.fixture(scope="module")
def tables() -> ClaimTables:
    return generate(SIZE, seed=3)


@pytest.fixture(scope="module")
def content(tables: ClaimTables) -> SnapshotContent:
    return compile_snapshot(tables)


def test_equal_seeds_give_equal_tables_and_others_do_not(tables: ClaimTables) -> None:
    again, other = generate(SIZE, seed=3), generate(SIZE, seed=4)
    for name in SCHEMAS:
        assert getattr(tables, name).equals(getattr(again, name))
    assert not tables.claims.equals(other.claims)


def test_columns_are_those_of_claim_tables(tables: ClaimTables) -> None:
    for name, schema in SCHEMAS.items():
        assert getattr(tables, name).schema.names == schema.names
        getattr(tables, name).slice(0, 50).cast(schema)


def test_two_publications_are_equal_byte_for_byte(tmp_path: Path) -> None:
    one, two = (publish(2000, tmp_path / name, seed=1) for name in ("one", "two"))
    assert one.files == two.files
    graph = LineageGraph(tmp_path / "one" / "snapshots" / one.id)
    assert graph.n_artefacts > 2000


def test_too_few_models_are_refused() -> None:
    with pytest.raises(ValueError, match="no shape"):
        generate(999)


def test_sizes(content: SnapshotContent) -> None:
    kinds = dict(enumerate(np.bincount(content.arrays["kind"], minlength=5)))
    count = {KINDS[code]: int(number) for code, number in kinds.items()}
    assert SIZE <= count["model"] <= SIZE * 1.1
    assert 0.26 <= count["dataset"] / SIZE <= 0.29
    assert 0.14 <= count["namespace"] / SIZE <= 0.18
    edges = len(content.arrays["parents_targets"])
    assert 1.3 <= edges / SIZE <= 2.0


def test_families_are_heavy_tailed_and_connected(content: SnapshotContent) -> None:
    arrays = content.arrays
    degree = np.sort(np.diff(arrays["children_offsets"]))[::-1]
    # One artefact in a hundred bears two fifths of all edges.
    assert degree[: len(degree) // 100].sum() > 0.4 * degree.sum()
    by_merge = arrays["parents_relations"] == RELATION_CODE["merge"]
    owner = np.repeat(
        np.arange(len(arrays["kind"])), np.diff(arrays["parents_offsets"])
    )
    # Two of the 65 may be one lost parent or the model itself under its old name.
    assert 60 <= np.bincount(owner[by_merge]).max() <= 65


def test_dirt_is_there(tables: ClaimTables, content: SnapshotContent) -> None:
    counts = content.counts
    assert counts["standings"]["self"] > 0
    assert counts["standings"]["refuted"] > 0
    assert counts["disputed"] > 0
    assert counts["phantoms"] > 0
    assert {"gated", "unknown", "present"} <= counts["states"].keys()
    members = np.bincount(content.arrays["representative"])
    assert members.max() >= 2, "a cycle"
    assert tables.aliases.num_rows > 0
    claims = content.tables["claims"]
    given = pc.not_equal(claims["parent"], claims["parent_as_given"])
    assert 0.005 < pc.mean(given).as_py() < 0.03
    relations = set(counts["edges"])
    assert {"mirror_of", "successor_of", "generated_by", "uses"} <= relations
