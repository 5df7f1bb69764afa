"""The data-quality report against networkx, plain Python, and cases drawn by hand."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError
from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import Alias, Claim, ClaimBatch, Record
from headwater.graph.compile import compile_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.queries.quality import Finding, quality
from headwater.queries.quality_classes import CLASSES
from headwater.queries.quality_found import heaviest
from tests.drawing import DAY, draw, draw_batch, publish

HUB = ("hub:baseModels", "hub:cardData", "hub:tag")
WEIGHTS = ("adapter", "finetune", "quantized", "merge", "unspecified")
RELATIONS = [*WEIGHTS, "distilled_from", "mirror_of", "method", "successor_of"]


def findings(graph: LineageGraph, limit: int = 5) -> dict[str, Finding]:
    return {item.name: item for item in quality(graph, limit).findings}


def claim(
    child: str, parent: str, relation: str = "finetune", source: str = "hub:cardData",
    stance: str = "asserts", n: int = 0,
) -> Claim:  # fmt: skip
    return Claim(
        child, "model", parent, "model", relation, source, f"https://hub/{child}/{n}",
        DAY, DAY, stance=stance,
    )  # fmt: skip


def test_every_class_is_there_and_an_empty_graph_has_no_dirt(tmp_path: Path) -> None:
    found = findings(publish(tmp_path, ClaimBatch()))
    assert [item.name for item in CLASSES] == list(found)
    for item in found.values():
        assert (item.count, item.affected, item.of, item.share) == (0, 0, 0, None)
        assert item.examples == ()


@pytest.mark.parametrize("seed", range(5))
def test_phantoms_and_cycles_agree_with_networkx(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    names = [f"m{number}" for number in range(50)]
    phantoms = tuple(chance.sample(names, 14))
    edges = {
        (chance.choice(names), chance.choice(names)): chance.choice(RELATIONS)
        for _ in range(60)
    }
    graph = draw(
        tmp_path, *(f"{c} {r} {p}" for (c, p), r in edges.items()),
        nodes=tuple(set(names) - set(phantoms)), phantoms=phantoms,
    )  # fmt: skip
    down: nx.DiGraph[str] = nx.DiGraph()
    down.add_nodes_from(f"o/{name}" for name in names)
    down.add_edges_from(
        (f"o/{p}", f"o/{c}")
        for (c, p), r in edges.items()
        if c != p and r not in ("method", "successor_of")
    )
    named = {f"o/{name}" for pair in edges for name in pair}
    missing = {f"o/{name}" for name in phantoms} & named
    below = {node: nx.descendants(down, node) for node in missing}
    found = findings(graph, limit=100)
    item = found["phantom_parents"]
    assert len(missing) == item.count
    assert {node: len(nodes) for node, nodes in below.items()} == {
        example.id: example.weight for example in item.examples
    }
    weights = [example.weight for example in item.examples]
    assert sorted(weights, key=lambda weight: -(weight or 0)) == weights
    assert len(set().union(*below.values())) == item.affected
    for example in item.examples:
        assert f"{down.out_degree(example.id)} of them directly" in example.detail
    groups = [g for g in nx.strongly_connected_components(down) if len(g) > 1]
    item = found["cycles"]
    assert (len(groups), sum(map(len, groups))) == (item.count, item.affected)
    assert sorted(map(len, groups), reverse=True) == [e.weight for e in item.examples]
    for example in item.examples:
        (group,) = (group for group in groups if example.id in group)
        listed = example.detail.partition(": ")[2].partition(" and ")[0].split(", ")
        assert set(listed) <= group
        assert min(len(group), 6) == len(listed)


def test_a_cycle_through_data_is_told_from_one_by_weights(tmp_path: Path) -> None:
    item = findings(
        draw(
            tmp_path, "a finetune b", "b finetune a", "c trained_on data-d",
            "data-d generated_by c",
        )
    )["cycles"]  # fmt: skip
    assert item.breakdown == {"by weights": 1, "through data or outputs": 1}
    assert (item.affected, item.of, item.share) == (4, 4, 1.0)


def random_batch(chance: Random) -> ClaimBatch:
    names = [f"o/m{number}" for number in range(12)]
    batch = ClaimBatch()
    for number in range(150):
        child, parent = chance.choice(names), chance.choice(names)
        relation = chance.choice(RELATIONS)
        source = chance.choice([*HUB, "catalog", "gguf"])
        stance = chance.choice(["asserts", "asserts", "asserts", "denies"])
        batch.claims.append(claim(child, parent, relation, source, stance, number))
    return batch


@pytest.mark.parametrize("seed", range(6))
def test_claims_agree_with_plain_python(tmp_path: Path, seed: int) -> None:
    batch = random_batch(Random(seed))
    found = findings(publish(tmp_path, batch), limit=1000)

    edges: dict[tuple[str, str, bool], list[Claim]] = defaultdict(list)
    for item in batch.claims:
        key = (item.child, item.parent, item.relation == "successor_of")
        edges[key].append(item)
    loops = {key for key in edges if key[0] == key[1]}
    assert len(loops) == found["self_loops"].count
    assert len(edges) == found["self_loops"].of
    assert {key[0] for key in loops} == {e.id for e in found["self_loops"].examples}

    several = []
    for key, claims in edges.items():
        stated = {item.relation for item in claims if item.stance == "asserts"}
        if key not in loops and len(stated - {"unspecified"}) > 1:
            several.append(key[:2])
    item = found["several_relations"]
    assert (len(several), len(edges) - len(loops)) == (item.count, item.of)
    assert sorted(several) == sorted((e.id, e.other) for e in item.examples)
    assert len(several) == sum(item.breakdown.values())

    speaking = defaultdict(set)
    for item_ in batch.claims:
        if item_.relation in WEIGHTS and item_.source in HUB:
            speaking[item_.child].add(item_.source)
    lacking: dict[tuple[str, str | None], set[str]] = {}
    n_compared = 0
    for key, claims in edges.items():
        hub_weights = any(c.relation in WEIGHTS and c.source in HUB for c in claims)
        if key in loops or not hub_weights or len(speaking[key[0]]) < 2:
            continue
        n_compared += 1
        silent = speaking[key[0]] - {c.source for c in claims}
        if silent:
            lacking[key[:2]] = silent
    item = found["card_against_tags"]
    assert (len(lacking), n_compared) == (item.count, item.of)
    assert set(lacking) == {(e.id, e.other) for e in item.examples}
    for source in HUB:
        n_lacking = sum(source in silent for silent in lacking.values())
        assert n_lacking == item.breakdown.get(f"not in {source}", 0)
    for example in item.examples:
        absent = example.detail.partition("not in ")[2].split(" and ")
        assert lacking[example.id, example.other] == set(absent)


def test_several_relations_say_who_says_what(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a hub:cardData", "b quantized a hub:baseModels",
        "c finetune a hub:cardData", "c unspecified a hub:tag",
        "d finetune a", "d successor_of a",
    )  # fmt: skip
    item = findings(graph)["several_relations"]
    (example,) = item.examples
    assert (example.id, example.other) == ("o/b", "o/a")
    assert example.detail == (
        "quantized (hub:baseModels), finetune (hub:cardData); taken as quantized"
    )
    assert item.breakdown == {"finetune + quantized": 1}
    assert (item.count, item.of) == (1, 4)


def test_children_older_than_a_parent(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a", "c finetune a", "d trained_on data-e",
        "m mirror_of a", "app-x uses a", "u finetune a", "s successor_of a",
        days={"a": "2026-01-10", "b": "2026-01-01", "c": "2026-01-10",
              "d": "2025-12-01", "data-e": "2026-01-01", "m": "2020-01-01",
              "app-x": "2020-01-01", "s": "2020-01-01"},
    )  # fmt: skip
    item = findings(graph)["older_children"]
    assert [(e.id, e.other, e.weight) for e in item.examples] == [
        ("o/d", "datasets/o/data-e", 31), ("o/b", "o/a", 9),
    ]  # fmt: skip
    assert (item.count, item.of, item.share) == (2, 3, pytest.approx(2 / 3))
    assert "2025-12-01 before 2026-01-01" in item.examples[0].detail
    assert item.breakdown == {"finetune": 1, "trained_on": 1}


def test_licence_gaps_keep_absent_and_unknown_apart(tmp_path: Path) -> None:
    batch = draw_batch("b finetune a", "c finetune phantom", phantoms=("phantom",))
    hub = "https://hub/"
    batch.records += [
        Record("o/free", "model", "hub", hub + "free", DAY, licence="mit"),
        Record("o/none", "model", "hub", hub + "none", DAY, absent=("licence",)),
        Record("datasets/o/d", "dataset", "hub", hub + "d", DAY, absent=("task",)),
        Record("@o", "namespace", "hub", hub + "o", DAY),
    ]
    item = findings(publish(tmp_path, batch))["licence_gaps"]
    assert item.breakdown == {"unknown": 4, "absent": 1, "declared": 1}
    assert (item.count, item.of, item.share) == (5, 6, pytest.approx(5 / 6))
    assert (item.examples[0].id, item.examples[0].weight) == ("o/a", 1)


def test_undeclared_lineage_names_the_most_used(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a", "c finetune q/phantom", "data-z derived_from data-y",
        nodes=("x", "y", "z"), scratch=("s",), phantoms=("q/phantom",),
        downloads={"x": 5, "y": 70},
    )  # fmt: skip
    item = findings(graph)["undeclared_lineage"]
    # Only its own namespace builds on a, so a is no root either.
    assert [(e.id, e.weight) for e in item.examples] == [
        ("o/y", 70), ("o/x", 5), ("o/a", None), ("o/z", None),
    ]  # fmt: skip
    assert (item.count, item.of) == (4, 7)
    assert item.breakdown == {"undeclared": 4, "derived": 2, "established": 1}


def test_aliases_and_replacements(tmp_path: Path) -> None:
    batch = ClaimBatch()
    for name, number, day in (
        ("o/new", "1" * 24, "2026-02-01"), ("o/former", "1" * 24, "2026-01-01"),
        ("o/other", "2" * 24, DAY),
    ):  # fmt: skip
        document = f"https://hub/{name}"
        batch.records.append(Record(name, "model", "hub", document, day, hub_id=number))
    for alias, node, kind in (
        ("Gpt", "o/other", "legacy"), ("o/taken", "o/other", "replacement"),
        ("o/former", "o/elsewhere", "replacement"),
        ("o/round", "o/Circle", "redirect"), ("o/circle", "o/round", "redirect"),
    ):  # fmt: skip
        batch.aliases.append(Alias(alias, node, kind, "hub", "https://hub/a", DAY))
    parents = ["o/former", "O/Former", "gpt", "o/new", "o/taken", "o/Taken"]
    batch.claims += [claim(f"o/c{n}", parent) for n, parent in enumerate(parents)]
    found = findings(publish(tmp_path, batch))
    item = found["aliases"]
    assert [(e.id, e.other, e.weight) for e in item.examples] == [
        ("o/former", "o/new", 2), ("gpt", "o/other", 1),
    ]  # fmt: skip
    assert item.breakdown == {"in a circle, left out": 2, "legacy": 1, "rename": 1}
    # o/new, o/other, o/taken, o/elsewhere, six children, both ends of the circle.
    assert (item.count, item.affected, item.of) == (4, 2, 12)
    item = found["replacements"]
    assert [(e.id, e.other, e.weight) for e in item.examples] == [
        ("o/former", "o/elsewhere", 2), ("o/taken", "o/other", 2),
    ]  # fmt: skip
    assert (item.count, item.affected, item.of) == (2, 4, 6)


def test_what_was_left_out_on_reading(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first = {
        "skipped": {"base_model/local_path": 3, "base_model/self": 2, "tags/not_text": 1},
        "skipped_examples": {"base_model/local_path": ["o/a: /home/x/llama"]},
    }  # fmt: skip
    second = {
        "skipped": {"baseModels/local_path": 1, "tags/not_text": 4, "base_model/self": 1},
        "skipped_examples": {"base_model/self": ["o/a: o/a"]},
    }  # fmt: skip
    batch = draw_batch("b finetune a", "c finetune a", "d finetune d")
    store.publish(
        compile_snapshot(to_tables([batch])), [first, {"source": "catalog"}, second]
    )
    found = findings(LineageGraph(store.current()))
    item = found["local_paths"]
    # Twelve values left out, three claims.
    assert (item.count, item.of, item.share) == (4, 15, pytest.approx(4 / 15))
    assert item.breakdown == {"base_model/local_path": 3, "baseModels/local_path": 1}
    assert "o/a: /home/x/llama" in item.examples[0].detail
    assert all(example.is_reason for example in item.examples)
    assert found["skipped_values"].breakdown == {"tags/not_text": 5}
    item = found["self_loops"]
    assert (item.count, item.of) == (4, 6)
    assert item.breakdown == {"left out on reading": 3, "in the tables": 1}
    assert [e.id for e in item.examples] == ["o/d", "base_model/self"]
    assert [e.is_reason for e in item.examples] == [False, True]


def test_limit_bounds_examples_and_says_how_many_more(tmp_path: Path) -> None:
    graph = draw(tmp_path, nodes=tuple("abcdef"))
    item = findings(graph, limit=2)["undeclared_lineage"]
    assert ([e.id for e in item.examples], item.truncated) == (["o/a", "o/b"], 4)
    item = findings(graph, limit=0)["undeclared_lineage"]
    assert (item.count, item.examples, item.truncated) == (6, (), 6)
    with pytest.raises(InvalidArgumentError):
        quality(graph, limit=-1)


@pytest.mark.parametrize("seed", range(5))
def test_sources_of_edges_agree_with_each_edge(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    names = ("hub:tag", "catalog", "inferred:name", "hub:files", "local")
    lines = [
        f"m{child} finetune m{parent} {source}"
        for child in range(12)
        for parent in range(child)
        for source in chance.sample(names, chance.randint(0, 4))
    ]
    graph = draw(tmp_path, *lines, nodes=("x",))
    report = quality(graph)
    said = [graph.sources(edge) for edge in graph.parents.edges.tolist()]
    assert (
        report.n_edges == len(said) == len({line.rpartition(" ")[0] for line in lines})
    )
    found = {item.source: item for item in report.sources}
    assert found.keys() == {name for sources in said for name in sources}
    for name, item in found.items():
        assert item.edges == sum(name in sources for sources in said)
        assert item.first == sum(sources[0] == name for sources in said)
        assert item.alone == sum(sources == (name,) for sources in said)
    assert sum(item.first for item in report.sources) == report.n_edges


def test_disputed_edges_are_counted(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a hub:cardData", "b quantized a hub:tag", "c finetune a"
    )
    report = quality(graph)
    assert (report.n_edges, report.n_disputed) == (2, 1)


def test_the_report_is_the_same_each_time(catalogue: LineageGraph) -> None:
    assert quality(catalogue, 50) == quality(catalogue, 50)


@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), max_size=30),
    st.integers(0, 12),
)
def test_heaviest_is_a_sort(pairs: list[tuple[int, int]], limit: int) -> None:
    order = sorted(range(len(pairs)), key=lambda at: (-pairs[at][0], -pairs[at][1], at))
    keys = [np.array([pair[place] for pair in pairs], np.int64) for place in (0, 1)]
    assert order[:limit] == heaviest(limit, *keys)
