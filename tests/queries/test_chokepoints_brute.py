"""Chokepoints of random graphs: each one, and each two, taken away with networkx."""

from __future__ import annotations

import tempfile
from itertools import combinations
from pathlib import Path

import networkx as nx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import RELATION_CODE
from headwater.queries.chokepoints import Chokepoint, chokepoints
from headwater.queries.chokepoints_graph import BY
from headwater.queries.chokepoints_model import chokepoints_of
from headwater.queries.chokepoints_pairs import PairRanking
from tests.drawing import draw

NAMES = [f"{owner}/m{number}" for number, owner in enumerate("aabbccdde")]
OWNERS = {"a": "one", "b": "one", "c": "two"}
PHANTOMS = ("d/m6",)


def brute(
    graph: LineageGraph, label: dict[str, str]
) -> tuple[nx.DiGraph, dict[frozenset[str], set[str]]]:
    """Return what is lost with each label and each two, over the snapshot's own edges."""
    down = nx.DiGraph()
    down.add_nodes_from(NAMES)
    rows = graph.rows("edges", standing="accepted")
    body = [name for name, code in RELATION_CODE.items() if BODY_RELATIONS[code]]
    down.add_edges_from(
        (row["parent"], row["child"]) for row in rows if row["relation"] in body
    )
    sources = [
        part for part in nx.strongly_connected_components(down)
        if not any(u not in part for v in part for u in down.predecessors(v))
    ]  # fmt: skip
    lost = {}
    labels = sorted(set(label.values()))
    for taken in (frozenset(c) for k in (1, 2) for c in combinations(labels, k)):
        roots = {v for part in sources for v in part
                 if not any(label[item] in taken for item in part)}  # fmt: skip
        left = down.subgraph([v for v in down if label[v] not in taken])
        alive = roots.union(*(nx.descendants(left, root) for root in roots))
        members = {v for v in down if label[v] in taken}
        lost[taken] = set(down) - alive - members - set(PHANTOMS)
    return down, lost


def labels_by(graph: LineageGraph, down: nx.DiGraph, by: str) -> dict[str, str]:
    if by == "artefact":
        return {
            node: min(part, key=graph.find)
            for part in nx.strongly_connected_components(down)
            for node in part
        }
    short = {name: name.split("/")[0] for name in NAMES}
    if by == "namespace":
        return {name: f"@{owner}" for name, owner in short.items()}
    return {
        name: f"developer:{OWNERS[o]}" if o in OWNERS else f"@{o}"
        for name, o in short.items()
    }


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.sampled_from(["finetune", "merge", "mirror_of", "adapter", "distilled_from"]),
        max_size=18,
    ),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9)),
)  # fmt: skip
def test_taking_away_tells_the_same(
    edges: dict[tuple[str, str], str], downloads: dict[str, int]
) -> None:
    lines = [
        f"{child} {relation} {parent}" for (child, parent), relation in edges.items()
    ]
    downloads = {name: n for name, n in downloads.items() if name not in PHANTOMS}
    with tempfile.TemporaryDirectory() as folder:
        graph = draw(
            Path(folder), *lines, nodes=tuple(NAMES), downloads=downloads,
            owners=OWNERS, phantoms=PHANTOMS,
        )  # fmt: skip
        answer = chokepoints(graph, pairs=True, weight="downloads")
        down, _ = brute(graph, dict.fromkeys(NAMES, ""))
        for by, ranking, pairs in zip(BY, answer.rankings, answer.pairs, strict=True):
            label = labels_by(graph, down, by)
            _, lost = brute(graph, label)
            check_singles(ranking.chokepoints, lost, downloads)
            check_pairs(pairs, lost)
            for name in set(NAMES) - set(PHANTOMS):
                check_model(graph, name, by, label, lost)


def check_singles(
    found: tuple[Chokepoint, ...],
    lost: dict[frozenset[str], set[str]],
    downloads: dict[str, int],
) -> None:
    wanted = {next(iter(k)): v for k, v in lost.items() if len(k) == 1 and v}
    assert {item.id: item.dominates.models for item in found} == {
        name: len(models) for name, models in wanted.items()
    }
    for item in found:
        models = wanted[item.id]
        known = [downloads[name] for name in models if name in downloads]
        assert item.dominates.downloads == item.dominates.weight == sum(known)
        assert item.dominates.downloads_unknown == len(models) - len(known)
    order = [(-item.dominates.weight, -item.dominates.models) for item in found]
    assert order == sorted(order)


def check_pairs(pairs: PairRanking, lost: dict[frozenset[str], set[str]]) -> None:
    assert pairs.complete
    wanted = {}
    for both in (k for k in lost if len(k) == 2):
        a, b = sorted(both)
        alone = lost[frozenset([a])] | lost[frozenset([b])]
        assert lost[both] >= {m for m in alone if m in lost[both]}
        if lost[both] - alone:
            wanted[both] = (len(lost[both] - alone), len(lost[both]))
    assert {
        frozenset(half.id for half in pair.halves): (
            pair.adds.models, pair.together.models,
        )
        for pair in pairs.pairs
    } == wanted  # fmt: skip


def check_model(
    graph: LineageGraph,
    name: str,
    by: str,
    label: dict[str, str],
    lost: dict[frozenset[str], set[str]],
) -> None:
    (found,) = chokepoints_of(graph, name, [by], pairs=True).by
    own = label[name]
    wanted = {next(iter(k)) for k, v in lost.items() if len(k) == 1 and name in v}
    assert {item.id for item in found.singles} == wanted - {own}
    pairs = {
        k for k, v in lost.items()
        if len(k) == 2 and own not in k and name in v and not k & wanted
    }  # fmt: skip
    assert {frozenset(pair) for pair in found.pairs} == pairs
    for item in found.singles:
        assert item.path[0].child == name
        assert item.path[-1].parent == item.through[0]
        assert len(item.path) == item.distance
        assert all(label[node] == item.id for node in item.through)
