"""Search and the resolution of what people type."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.errors import (
    AmbiguousTargetError,
    InvalidArgumentError,
    NodeNotFoundError,
)
from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import ClaimBatch, Family, Record
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.search import near_matches, search
from headwater.queries.targets import resolve_node, resolve_target
from tests.drawing import DAY, draw, publish


def named(
    tmp_path: Path, *pairs: tuple[str, str], families: tuple[Family, ...] = ()
) -> LineageGraph:
    batch = ClaimBatch()
    for node, name in pairs:
        kind = "developer" if node.startswith("developer:") else "model"
        batch.records.append(
            Record(node, kind, "catalog", "https://x", DAY, name=name, state="present",
                   developer="developer:acme" if node.startswith("acme/") else None)
        )  # fmt: skip
    batch.families.extend(families)
    assert to_tables([batch]).records.num_rows == len(pairs)
    return publish(tmp_path, batch)


def test_exact_then_prefix_then_substring(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, nodes=("a/llama", "a/llama-2", "b/tinyllama", "a/xllamax"),
        downloads={"b/tinyllama": 900, "a/xllamax": 5, "a/llama-2": 10},
    )  # fmt: skip
    found = [(hit.id, hit.match) for hit in search(graph, "a/llama")]
    assert found[:2] == [("a/llama", "exact"), ("a/llama-2", "prefix")]
    ids = [hit.id for hit in search(graph, "LLAMA")]
    # At the start of a repository's name beats inside it, then downloads decide.
    assert ids == ["a/llama-2", "a/llama", "b/tinyllama", "a/xllamax"]


def test_friendly_names_are_searched(tmp_path: Path) -> None:
    graph = named(tmp_path, ("a/x", "Große Hoffnung"))
    assert [hit.id for hit in search(graph, "große")] == ["a/x"]


def test_a_typo_finds_what_is_near(tmp_path: Path) -> None:
    graph = draw(tmp_path, nodes=("lmsys/vicuna-13b", "a/b"))
    assert [(hit.id, hit.match) for hit in search(graph, "vicunna-13b")] == [
        ("lmsys/vicuna-13b", "near")
    ]
    assert "lmsys/vicuna-13b" in near_matches(graph, "lmsys/vicuna13b")


@pytest.mark.parametrize(("text", "limit"), [("", 5), ("  ", 5), ("a", 0), ("a", 1001)])
def test_bounds(tmp_path: Path, text: str, limit: int) -> None:
    graph = draw(tmp_path, nodes=("a/b",))
    with pytest.raises(InvalidArgumentError):
        search(graph, text, limit)


def test_nothing_near_is_nothing(tmp_path: Path) -> None:
    assert search(draw(tmp_path, nodes=("a/b",)), "qqqqqqqqqqqq") == ()


def test_an_ambiguous_name_lists_what_it_may_mean(tmp_path: Path) -> None:
    graph = named(tmp_path, ("acme/one", "Apollo"), ("other/two", "Apollo"))
    with pytest.raises(AmbiguousTargetError) as caught:
        resolve_target(graph, "apollo")
    assert caught.value.candidates == ("acme/one", "other/two")
    with pytest.raises(AmbiguousTargetError):
        resolve_node(graph, "APOLLO")


def test_a_family_and_its_member_of_one_name_mean_the_family(tmp_path: Path) -> None:
    family = Family(
        "apollo", "Apollo", ("apollo models",), None, ("acme/apollo*",), "https://x"
    )
    graph = named(
        tmp_path, ("acme/apollo-1", "Apollo"), ("acme/apollo-2", "Apollo 2"), ("acme/zeus", "Zeus"),
        families=(family,),
    )  # fmt: skip
    target, members = resolve_target(graph, "Apollo")
    assert (target.id, target.n_members) == ("family:apollo", 2)
    assert [graph.ids[node] for node in members] == ["acme/apollo-1", "acme/apollo-2"]
    assert graph.ids[resolve_node(graph, "Apollo")] == "acme/apollo-1"


def test_a_name_that_a_family_shares_with_a_stranger_is_ambiguous(
    tmp_path: Path,
) -> None:
    family = Family("apollo", "Apollo", (), None, ("acme/apollo*",), "https://x")
    graph = named(
        tmp_path,
        ("acme/apollo-1", "Apollo 1"),
        ("other/x", "Apollo"),
        families=(family,),
    )
    with pytest.raises(AmbiguousTargetError):
        resolve_target(graph, "Apollo")


def test_owners_stand_for_what_they_published(tmp_path: Path) -> None:
    graph = draw(
        tmp_path,
        nodes=("a/x", "a/data-d", "b/y", "c/z"),
        owners={"a": "acme", "b": "acme"},
    )
    assert resolve_target(graph, "@A")[0].n_members == 2
    target, members = resolve_target(graph, "developer:acme")
    assert sorted(graph.ids[node] for node in members) == [
        "a/x",
        "b/y",
        "datasets/a/data-d",
    ]
    assert target.kind == "developer"


def test_an_owner_of_nothing_is_told(tmp_path: Path) -> None:
    graph = draw(tmp_path, nodes=("a/x",), owners={"nobody": "ghost"})
    with pytest.raises(InvalidArgumentError, match="crawl"):
        resolve_target(graph, "developer:ghost")


def test_filters(tmp_path: Path) -> None:
    batch = ClaimBatch()
    for name, licence in (("a/x", "mit"), ("a/y", "MIT"), ("a/z", "gpl-3.0")):
        batch.records.append(
            Record(name, "model", "hub", "https://x", DAY, licence=licence)
        )
    graph = publish(tmp_path, batch)
    assert resolve_target(graph, "licence:mit")[0].n_members == 2
    with pytest.raises(NodeNotFoundError, match=r"licence:gpl-3\.0"):
        resolve_target(graph, "licence:gpl")
