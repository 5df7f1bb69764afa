"""Concentration by definition: plain Python, exact fractions, one model at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import combinations

import networkx as nx

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATIONS, ROOT_STATUSES

WEIGHT = {"adapter", "finetune", "quantized", "merge", "unspecified", "mirror_of"}
Shares = dict[str, Fraction]


@dataclass
class Oracle:
    """The models of a graph as of a day, and what the weights of each lead to.

    ``split[v]`` says how the walk from parent to parent ends, ``roots[v]`` the different
    ends; an end is an owner's id, or ``?`` and a node where nothing is declared.
    """

    graph: LineageGraph
    by: str = "developer"
    day: date | None = None
    ends: dict[int, dict[int, Fraction]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph, names = self.graph, {item.name for item in RELATIONS}
        assert names >= WEIGHT
        relations = WEIGHT | ({"trained_on"} if self.by == "dataset" else set())
        whole, parents = nx.DiGraph(), nx.DiGraph()
        whole.add_nodes_from(range(graph.n_artefacts))
        rows = graph.parents
        for child in range(graph.n_artefacts):
            for at in range(rows.offsets[child], rows.offsets[child + 1]):
                parent = int(rows.targets[at])
                if RELATIONS[rows.relations[at]].name in relations:
                    whole.add_edge(child, parent)
        self.head = {}
        for members in nx.strongly_connected_components(whole):
            self.head |= dict.fromkeys(members, min(members))
        parents.add_nodes_from(self.head.values())
        for child, parent in whole.edges:
            if self.head[child] != self.head[parent] and self.exists(child, parent):
                parents.add_edge(self.head[child], self.head[parent])
        for node in reversed(list(nx.topological_sort(parents))):
            above = list(parents.successors(node))
            mine: dict[int, Fraction] = {}
            for other in above:
                for end, part in self.ends[other].items():
                    mine[end] = mine.get(end, Fraction(0)) + part / len(above)
            self.ends[node] = mine or {node: Fraction(1)}

    def exists(self, *nodes: int) -> bool:
        days = [self.graph.day(node) for node in nodes]
        return self.day is None or all(day is None or day <= self.day for day in days)

    def is_dated(self, node: int) -> bool:
        day = self.graph.day(node)
        return self.day is None or (day is not None and day <= self.day)

    def owner(self, root: int) -> str:
        """Return the owner of a root, ``?`` and the root for undeclared lineage."""
        graph, columns = self.graph, self.graph.columns
        if self.by == "dataset":
            is_known = graph.kind(root) == "dataset"
        else:
            is_known = ROOT_STATUSES[columns.root_status[root]] in (
                "established", "presumed",
            )  # fmt: skip
        if not is_known:
            return f"?{root}"
        candidates = {
            "developer": (columns.developer[root], columns.namespace[root]),
            "namespace": (columns.namespace[root],),
        }.get(self.by, ())
        node = next((int(item) for item in candidates if item >= 0), root)
        return str(graph.ids[node])

    def models(self) -> list[int]:
        graph = self.graph
        return [
            node
            for node in range(graph.n_artefacts)
            if graph.kind(node) == "model"
            and not graph.columns.phantom[node]
            and self.is_dated(node)
        ]

    def attribute(
        self,
        attribution: str,
        weight: Callable[[int], Fraction] = lambda node: Fraction(1),
        rename: Callable[[str], str] = lambda owner: owner,
        models: Iterable[int] | None = None,
    ) -> Shares:
        """Return the weight of each owner, undeclared ends among them."""
        found: Shares = {}
        for node in self.models() if models is None else models:
            ends = self.ends[self.head[node]]
            parts: Shares = {}
            for end, part in ends.items():
                owner = rename(self.owner(end))
                share = part if attribution == "fractional" else Fraction(1, len(ends))
                parts[owner] = parts.get(owner, Fraction(0)) + share
            if attribution == "any":
                parts = dict.fromkeys(parts, Fraction(1))
            elif attribution == "captive":
                parts = dict.fromkeys(parts, Fraction(1)) if len(parts) == 1 else {}
            for owner, part in parts.items():
                found[owner] = found.get(owner, Fraction(0)) + part * weight(node)
        return {owner: amount for owner, amount in found.items() if amount}

    def touched(self, owners: Iterable[str]) -> int:
        chosen = set(owners)
        return sum(
            any(self.owner(end) in chosen for end in self.ends[self.head[node]])
            for node in self.models()
        )

    def best_touched(self, k: int) -> int:
        """Return the most models that any choice of k owners touches."""
        owners = [item for item in self.attribute("any") if not item.startswith("?")]
        return max(
            (self.touched(some) for some in combinations(owners, min(k, len(owners)))),
            default=0,
        )


def declared(shares: Shares) -> Shares:
    return {owner: part for owner, part in shares.items() if not owner.startswith("?")}


def measured(amounts: Sequence[Fraction]) -> dict[str, float] | None:
    """Return every measure of a list of amounts, by its textbook formula."""
    total = sum(amounts)
    if not total:
        return None
    shares = sorted((amount / total for amount in amounts if amount), reverse=True)
    n, hhi = len(shares), sum(share**2 for share in shares)
    # Gini as half the relative mean absolute difference.
    differences = sum(abs(one - other) for one in shares for other in shares)
    entropy = -math.fsum(float(share) * math.log(share) for share in shares)
    return {
        "hhi": float(hhi), "effective_number": float(1 / hhi),
        "cr1": float(shares[0]), "cr4": float(sum(shares[:4])),
        "cr10": float(sum(shares[:10])), "gini": float(differences / (2 * n)),
        "entropy": entropy, "exp_entropy": math.exp(entropy),
    }  # fmt: skip
