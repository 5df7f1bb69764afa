"""The verdict engine against a brute-force reading of the rules with networkx."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from random import Random
from typing import Final

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import EVENT_NAMES
from headwater.graph.verdicts import known_origins
from headwater.queries.what_breaks import Victim, what_breaks
from tests.drawing import draw, draw_batch, kind_of, node_id, publish

MODELS: Final = ("o/m0", "o/m1", "p/m2", "p/m3", "q/m4")
DATASETS: Final = ("o/data-0", "p/data-1")
APPS: Final = ("o/app-0", "p/app-1")
LOAD: Final = {"adapter", "uses"}
WEIGHTS: Final = {"adapter", "finetune", "quantized", "merge", "unspecified"}
DIRECT: Final = {
    "finetune", "quantized", "merge", "distilled_from", "trained_on", "derived_from",
    "generated_by",
}  # fmt: skip
LINEAGE: Final = DIRECT | LOAD | {"unspecified", "mirror_of"}
Edges = dict[tuple[str, str], str]

model_pairs = st.tuples(
    st.sampled_from(MODELS),
    st.sampled_from(
        [*sorted(WEIGHTS), "distilled_from", "method", "mirror_of", "successor_of"]
    ),
    st.sampled_from(MODELS),
)
other_pairs = st.one_of(
    st.tuples(
        st.sampled_from(MODELS), st.just("trained_on"), st.sampled_from(DATASETS)
    ),
    st.tuples(
        st.sampled_from(DATASETS), st.just("derived_from"), st.sampled_from(DATASETS)
    ),
    st.tuples(
        st.sampled_from(DATASETS), st.just("generated_by"), st.sampled_from(MODELS)
    ),
    st.tuples(
        st.sampled_from(APPS), st.just("uses"), st.sampled_from(MODELS + DATASETS)
    ),
)


@st.composite
def typed_graphs(draw_value: st.DrawFn) -> dict[str, object]:
    """Random graphs with cycles, self-loops, merges, mirrors and phantoms."""
    listed = draw_value(
        st.lists(st.one_of(model_pairs, model_pairs, other_pairs), max_size=16)
    )
    edges: Edges = {}
    for child, relation, parent in listed:
        edges.setdefault((child, parent), relation)  # one relation a pair
    names = [*MODELS, *DATASETS, *APPS]
    referenced = {name for pair in edges for name in pair}
    return {
        "edges": edges,
        "phantoms": draw_value(
            st.sets(st.sampled_from(sorted(referenced) or names[:1]), max_size=2)
        ),
        "scratch": draw_value(st.sets(st.sampled_from(MODELS), max_size=3)),
        "states": draw_value(
            st.dictionaries(
                st.sampled_from(MODELS), st.sampled_from(["gone", "gated"]), max_size=2
            )
        ),
        "members": draw_value(
            st.sets(st.sampled_from(MODELS + DATASETS), min_size=1, max_size=3)
        ),
    }


class Oracle:
    """The tables of the rules, word for word; slow and simple."""

    def __init__(self, case: dict[str, object]) -> None:
        self.edges: Edges = {
            pair: relation
            for pair, relation in case["edges"].items()
            if pair[0] != pair[1]  # type: ignore[attr-defined]
        }
        self.phantoms: set[str] = case["phantoms"]  # type: ignore[assignment]
        self.names = [*MODELS, *DATASETS, *APPS]
        self.scratch: set[str] = case["scratch"] - self.phantoms  # type: ignore[operator]
        self.states: dict[str, str] = case["states"]  # type: ignore[assignment]
        self.members: set[str] = case["members"]  # type: ignore[assignment]

    def graph(self, relations: set[str]) -> nx.DiGraph[str]:
        """Edges of some relations, parent to child."""
        found: nx.DiGraph[str] = nx.DiGraph()
        found.add_nodes_from(self.names)
        found.add_edges_from(
            (parent, child)
            for (child, parent), rel in self.edges.items()
            if rel in relations
        )
        return found

    def below(self, sources: set[str], relations: set[str]) -> set[str]:
        graph = self.graph(relations)
        return {
            node
            for node in self.names
            if node not in self.members
            and any(nx.has_path(graph, s, node) for s in sources)
        }

    def lost(self) -> set[str]:
        lost = set(self.members)
        for (child, parent), relation in self.edges.items():
            for own, other in ((child, parent), (parent, child)):
                present = other not in self.phantoms and self.states.get(other) is None
                if (
                    relation == "mirror_of"
                    and own in lost
                    and other not in self.members
                    and present
                ):
                    lost.discard(own)
        return lost

    def three_rules(self, lost: set[str]) -> tuple[set[str], set[str], set[str]]:
        breaks = self.below(lost, LOAD)
        may = self.below(lost, LOAD | {"unspecified"}) - breaks
        gone = lost | breaks
        direct = {
            child
            for (child, parent), relation in self.edges.items()
            if relation in DIRECT and parent in gone and child not in self.members
        }
        return breaks, may, direct

    def verdict(self, node: str, event: str) -> str:
        if event in ("deleted", "gated"):
            breaks, may, direct = self.three_rules(self.lost())
            again = set().union(*self.three_rules(self.members))
            rules = [("breaks", breaks), ("may_break", may), ("unrebuildable", direct),
                     ("recoverable", again)]  # fmt: skip
            last = "exposed"
        elif event == "frozen":
            rules, last = [("stranded", self.below(self.members, WEIGHTS))], "exposed"
        else:
            body = WEIGHTS | {"mirror_of"}
            rules, last = [("encumbered", self.below(self.members, body))], "contested"
        rules.append((last, self.below(self.members, LINEAGE)))
        for name, hit in rules:
            if node in hit:
                return name
        return "unaffected" if node in self.known() else "unknown"

    def known(self) -> set[str]:
        body = self.graph(WEIGHTS | {"mirror_of"}).subgraph(MODELS)
        condensed = nx.condensation(body)
        good_component = {}
        for component in condensed:
            members = condensed.nodes[component]["members"]
            if condensed.in_degree(component):
                continue
            elsewhere = any(
                child.split("/")[0] != parent.split("/")[0]
                for parent, child in body.edges
                if parent in members and child not in members
            )
            established = bool(members & self.scratch)
            good_component[component] = established or (
                elsewhere and not members & self.phantoms
            )
            if members & self.phantoms:
                good_component[component] = False
        known = set()
        for component in condensed:
            above = {component, *nx.ancestors(condensed, component)}
            if all(good_component.get(item, True) for item in above):
                known |= condensed.nodes[component]["members"]
        changed = True
        while changed:
            changed = False
            for node in set(DATASETS + APPS) - known:
                inputs = [
                    p
                    for (c, p), rel in self.edges.items()
                    if c == node and rel in LINEAGE
                ]
                if inputs and all(item in known for item in inputs):
                    known.add(node)
                    changed = True
        return known

    def free(self) -> set[str]:
        """Who has an origin that no path through the set is needed to reach."""
        substance: nx.DiGraph[str] = nx.DiGraph()
        substance.add_nodes_from(self.names)
        for (child, parent), relation in self.edges.items():
            by_body = relation in WEIGHTS | {"mirror_of"}
            if by_body if kind_of(child) == "model" else relation in LINEAGE:
                substance.add_edge(parent, child)
        roots = [
            component
            for component in nx.strongly_connected_components(substance)
            if not any(
                p not in component for n in component for p in substance.predecessors(n)
            )
        ]
        rest = substance.subgraph(set(self.names) - self.members)
        free: set[str] = set()
        for component in roots:
            if not component & self.members:
                for node in component:
                    free |= {node, *nx.descendants(rest, node)}
        return free


def check_proof(oracle: Oracle, victim: Victim, event: str, prefix: str) -> None:
    node = victim.id
    assert victim.depth == len(victim.proof)
    relations = [step.relation for step in victim.proof]
    for step in victim.proof:
        assert step.child == node
        assert step.sources
        node = step.parent
    assert node in {node_id(prefix + name) for name in oracle.members}
    if event in ("deleted", "gated"):
        shape = {
            "breaks": set(relations) <= LOAD,
            "may_break": set(relations) <= LOAD | {"unspecified"}
            and "unspecified" in relations,
            "unrebuildable": relations[0] in DIRECT and set(relations[1:]) <= LOAD,
            "recoverable": victim.mirror is not None,
            "exposed": set(relations) <= LINEAGE,
        }
        assert shape[victim.verdict]


def cases(
    case: dict[str, object], prefix: str = ""
) -> tuple[list[str], dict[str, object]]:
    """Return a case as lines and options of the drawing, all names prefixed."""

    def named(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(prefix + name for name in names))

    edges: Edges = case["edges"]  # type: ignore[assignment]
    lines = [
        f"{prefix}{child} {relation} {prefix}{parent}"
        for (child, parent), relation in edges.items()
    ]
    states: dict[str, str] = case["states"]  # type: ignore[assignment]
    return lines, {
        "phantoms": named(case["phantoms"]),  # type: ignore[arg-type]
        "scratch": named(case["scratch"]),  # type: ignore[arg-type]
        "states": {prefix + name: state for name, state in states.items()},
        "nodes": named((*MODELS, *DATASETS, *APPS)),
    }


def check(graph: LineageGraph, oracle: Oracle, prefix: str = "") -> None:
    """Compare every verdict, proof and captivity of one drawn graph."""
    there = {name: graph.find(node_id(prefix + name)) for name in oracle.names}
    members = sorted(name for name in oracle.members if there[name] >= 0)
    if not members:
        return
    answer = what_breaks(graph, [node_id(prefix + name) for name in members])
    known = known_origins(graph)
    free = oracle.free()
    for outcome, event in zip(answer.outcomes, EVENT_NAMES, strict=True):
        found = {victim.id: victim for victim in outcome.victims}
        assert answer.outside == sum(outcome.counts.values())
        for name, node in there.items():
            if name in oracle.members or node < 0:
                continue
            verdict = oracle.verdict(name, event)
            victim = found.pop(node_id(prefix + name), None)
            if victim is None:
                assert verdict == ("unaffected" if known[node] else "unknown"), name
                continue
            assert verdict == victim.verdict, (name, event)
            assert victim.captive is (name not in free), name
            check_proof(oracle, victim, event, prefix)
        assert not found


@settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(typed_graphs())
def test_engine_agrees_with_the_rules(case: dict[str, object]) -> None:
    lines, options = cases(case)
    with tempfile.TemporaryDirectory() as folder:
        check(draw(Path(folder), *lines, **options), Oracle(case))


def random_case(chance: Random) -> dict[str, object]:
    """Return a dense random graph: the rules interact where edges are many."""
    edges: Edges = {}
    for _ in range(chance.randint(3, 14)):
        kind = chance.random()
        if kind < 0.75:
            relation = chance.choice(
                ["adapter", "adapter", "finetune", "merge", "unspecified", "mirror_of",
                 "distilled_from", "method", "quantized", "successor_of"]
            )  # fmt: skip
            pair = (chance.choice(MODELS), chance.choice(MODELS))
        elif kind < 0.85:
            relation, pair = (
                "uses",
                (chance.choice(APPS), chance.choice(MODELS + DATASETS)),
            )
        elif kind < 0.9:
            relation, pair = (
                "trained_on",
                (chance.choice(MODELS), chance.choice(DATASETS)),
            )
        elif kind < 0.95:
            relation, pair = (
                "generated_by",
                (chance.choice(DATASETS), chance.choice(MODELS)),
            )
        else:
            relation, pair = (
                "derived_from",
                (chance.choice(DATASETS), chance.choice(DATASETS)),
            )
        edges.setdefault(pair, relation)
    return {
        "edges": edges,
        "phantoms": set(chance.sample(MODELS, chance.choice([0, 0, 1]))),
        "scratch": set(chance.sample(MODELS, chance.choice([0, 1, 2]))),
        "states": dict.fromkeys(
            chance.sample(MODELS, chance.choice([0, 0, 1])), "gone"
        ),
        "members": set(chance.sample(MODELS + DATASETS, chance.choice([1, 1, 2, 3]))),
    }


@pytest.mark.parametrize("seed", range(6))
def test_engine_agrees_on_many_graphs_in_one_snapshot(
    tmp_path: Path, seed: int
) -> None:
    """Hundreds of islands in one snapshot: one compilation, many comparisons."""
    chance = Random(seed)
    batches, oracles = [], {}
    for number in range(300):
        case = random_case(chance)
        prefix = f"i{number}."
        lines, options = cases(case, prefix)
        batches.append(draw_batch(*lines, **options))  # type: ignore[arg-type]
        oracles[prefix] = Oracle(case)
    graph = publish(tmp_path, *batches)
    for prefix, oracle in oracles.items():
        check(graph, oracle, prefix)


def test_the_oracle_sees_every_verdict() -> None:
    """The generator must not be so narrow that a rule is never met."""
    case: dict[str, object] = {
        "edges": {
            ("o/m1", "o/m0"): "adapter", ("p/m2", "o/m0"): "unspecified",
            ("p/m3", "o/m0"): "finetune", ("q/m4", "p/m3"): "finetune",
            ("p/app-1", "o/data-0"): "uses",
        },
        "phantoms": set(), "scratch": {"q/m4"}, "states": {}, "members": {"o/m0"},
    }  # fmt: skip
    oracle = Oracle(case)
    met = {
        oracle.verdict(name, event)
        for name, event in product(oracle.names, EVENT_NAMES)
    }
    assert {"breaks", "may_break", "unrebuildable", "exposed", "stranded", "encumbered",
            "unaffected", "unknown"} <= met  # fmt: skip
