"""An overlay answers as a full compile of the old and the new claims would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.claims import (
    Alias,
    Claim,
    ClaimBatch,
    Family,
    Ownership,
    Record,
)
from headwater.graph.overlay import OverlayGraph, overlay
from headwater.graph.overlay_context import CURATED, JOINED, RENAMED
from headwater.queries.lineage import lineage
from headwater.queries.what_breaks import what_breaks
from tests.graph.overlay_oracle import (
    NEW,
    OLD,
    compiled,
    document,
    draw_two,
    full_compile,
    kind_of,
    same,
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_answer_is_that_of_a_full_compile(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("two")
    old, new = draw_two(seed)
    graph = overlay(compiled(tmp_path / "old", old), new)
    assert graph.postponed == {}
    same(graph, full_compile(tmp_path / "full", old, new))


def laid_over(tmp_path: Path, old: ClaimBatch, new: ClaimBatch) -> OverlayGraph:
    """Lay `new` over `old` and check it against a full compile."""
    graph = overlay(compiled(tmp_path / "old", old), new)
    same(graph, full_compile(tmp_path / "full", old, new))
    return graph


def hub_record(name: str, day: str = OLD, **fields: Any) -> Record:
    options = {"hub_id": f"hub-{name}", "state": "present", "created": day, **fields}
    return Record(name, kind_of(name), "hub", document(name), day, **options)


def hub_claim(child: str, relation: str, parent: str, day: str = OLD) -> Claim:
    return Claim(
        child, kind_of(child), parent, kind_of(parent), relation, "hub:baseModels",
        document(child), day, day,
    )  # fmt: skip


def batch_of(*rows: Record | Claim | Alias) -> ClaimBatch:
    batch = ClaimBatch()
    for row in rows:
        place = {Record: batch.records, Claim: batch.claims, Alias: batch.aliases}
        place[type(row)].append(row)  # type: ignore[attr-defined]
    return batch


def test_nothing_new_changes_nothing(tmp_path: Path) -> None:
    old = batch_of(hub_record("o/a"), hub_claim("o/b", "finetune", "o/a"))
    graph = laid_over(tmp_path, old, ClaimBatch())
    assert graph.n_nodes == graph.base.n_nodes
    assert graph.manifest.counts["overlay"]["new"] == 0


def test_an_update_of_an_empty_snapshot(tmp_path: Path) -> None:
    new = batch_of(hub_record("o/b", NEW), hub_claim("o/b", "finetune", "o/a", NEW))
    graph = laid_over(tmp_path, ClaimBatch(), new)
    assert graph.find("O/A") >= 0
    assert graph.columns.phantom[graph.find("o/a")]


def test_a_parent_is_now_claimed_from_elsewhere(tmp_path: Path) -> None:
    """A model that nobody spoke for becomes a presumed root, its children known."""
    old = batch_of(
        hub_record("o/a"), hub_record("o/b"), hub_claim("o/b", "finetune", "o/a")
    )
    new = batch_of(hub_record("p/c", NEW), hub_claim("p/c", "adapter", "o/a", NEW))
    graph = laid_over(tmp_path, old, new)
    assert not graph.base.columns.known_origin[graph.base.find("o/b")]
    assert graph.columns.known_origin[graph.find("o/b")]


def test_new_edges_close_and_open_cycles(tmp_path: Path) -> None:
    names = ["o/a", "o/b", "o/c", "o/d"]
    old = batch_of(
        *(hub_record(name) for name in names),
        hub_claim("o/a", "finetune", "o/b"), hub_claim("o/b", "finetune", "o/a"),
        hub_claim("o/c", "finetune", "o/b"), hub_claim("o/d", "finetune", "o/c"),
    )  # fmt: skip
    closed = batch_of(hub_record("o/a", NEW), hub_claim("o/a", "merge", "o/d", NEW))
    graph = laid_over(tmp_path / "1", old, closed)
    lowest = {int(graph.columns.representative[graph.find(name)]) for name in names}
    assert len(lowest) == 1
    opened = laid_over(tmp_path / "2", old, batch_of(hub_record("o/b", NEW)))
    found = [int(opened.columns.representative[opened.find(name)]) for name in names]
    assert found == [opened.find(name) for name in names]


def test_a_phantom_gets_a_record_and_a_case(tmp_path: Path) -> None:
    old = batch_of(hub_record("o/b"), hub_claim("o/b", "finetune", "o/base-x"))
    graph = laid_over(tmp_path, old, batch_of(hub_record("o/Base-X", NEW, downloads=7)))
    assert graph.ids[graph.find("o/base-x")] == "o/Base-X"
    assert graph.n_nodes == graph.base.n_nodes


@pytest.mark.parametrize("told_by", ["alias", "identity"])
def test_a_rename_keeps_the_artefact(tmp_path: Path, told_by: str) -> None:
    old = batch_of(
        hub_record("o/old", downloads=5), hub_record("o/c"),
        hub_claim("o/c", "finetune", "o/old"),
    )  # fmt: skip
    identity = "hub-o/old" if told_by == "identity" else None
    new = batch_of(
        replace(hub_record("q/new", NEW), hub_id=identity, created="2025-01-01"),
        hub_record("o/d", NEW), hub_claim("o/d", "quantized", "o/old", NEW),
    )  # fmt: skip
    if told_by == "alias":
        new.aliases.append(Alias("o/old", "q/new", "rename", "hub", "d", NEW))
        old.records[0] = replace(old.records[0], hub_id=None)
    graph = laid_over(tmp_path, old, new)
    assert graph.find("o/old") == graph.find("q/new") >= 0
    assert graph.n_artefacts == graph.base.n_artefacts + 1
    assert lineage(graph, "q/new").n_descendants == 2


def test_an_old_name_still_means_the_artefact(tmp_path: Path) -> None:
    old = batch_of(
        hub_record("o/a"), Alias("o/before", "o/a", "rename", "hub", "d", OLD)
    )
    new = batch_of(hub_record("o/b", NEW), hub_claim("o/b", "adapter", "o/Before", NEW))
    graph = laid_over(tmp_path, old, new)
    assert lineage(graph, "o/a").n_descendants == 1


def test_the_older_model_tells_its_successor(tmp_path: Path) -> None:
    """A card read anew also takes back what it said of the model after it."""
    succession = replace(
        hub_claim("o/v2", "successor_of", "o/v1"), document=document("o/v1")
    )
    old = batch_of(hub_record("o/v1"), hub_record("o/v2"), succession)
    graph = laid_over(tmp_path, old, batch_of(hub_record("o/v1", NEW)))
    assert not graph.parents.relations.size


def test_what_has_to_wait_is_left_out_and_counted(tmp_path: Path) -> None:
    old = batch_of(
        hub_record("o/a"), hub_record("o/b"),
        Alias("o/before", "o/a", "rename", "hub", "d", OLD),
    )  # fmt: skip
    new = batch_of(
        hub_record("o/before", NEW), hub_claim("o/before", "finetune", "o/b", NEW),
        Alias("o/b", "o/a", "rename", "hub", "d", NEW),
        Alias("o/before", "o/b", "rename", "hub", "d", NEW),
    )  # fmt: skip
    new.ownership.append(Ownership("@o", "developer:x", "catalog", "d", NEW))
    new.families.append(Family("f", "F", (), None, ("o/*",), "d"))
    graph = overlay(compiled(tmp_path, old), new)
    assert graph.postponed == {CURATED: 2, RENAMED: 2, JOINED: 1}
    assert graph.manifest.counts["overlay"]["postponed"] == graph.postponed
    assert graph.n_nodes == graph.base.n_nodes
    assert lineage(graph, "o/b").n_descendants == 0


def test_families_keep_their_members(tmp_path: Path) -> None:
    old = batch_of(hub_record("o/x-1"))
    old.families.append(Family("x", "The X", (), None, ("o/x*",), "d"))
    graph = overlay(compiled(tmp_path, old), batch_of(hub_record("o/x-2", NEW)))
    assert what_breaks(graph, ["family:x"]).members == 1


def test_an_update_can_be_laid_over_again(tmp_path: Path) -> None:
    """The base stays as it was: two updates are one longer update."""
    base = compiled(tmp_path, batch_of(hub_record("o/a")))
    first = batch_of(hub_record("o/b", NEW), hub_claim("o/b", "finetune", "o/a", NEW))
    second = batch_of(hub_record("o/c", NEW), hub_claim("o/c", "finetune", "o/b", NEW))
    assert lineage(overlay(base, first), "o/a").n_descendants == 1
    first.extend(second)
    assert lineage(overlay(base, first), "o/a").n_descendants == 2
    assert base.n_artefacts == 1
    assert base.find("o/b") == -1
