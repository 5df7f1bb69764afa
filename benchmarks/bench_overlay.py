"""Ten thousand new models on top of an open snapshot, and a first query."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np

from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import Claim, ClaimBatch, Record
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.overlay import overlay
from headwater.queries.what_breaks import what_breaks

N_NEW: Final = 10_000
_DAY: Final = "2026-11-23"
_ROUNDS: Final = 3


def new_models(graph: LineageGraph, seed: int = 0) -> ClaimBatch:
    """Return records and claims of models that stand on popular ones."""
    random = np.random.default_rng(seed)
    popular = graph.search_nodes[: min(20_000, len(graph.search_nodes))]
    models = popular[graph.columns.kind[popular] == 0]
    batch = ClaimBatch()
    for number, parent in enumerate(random.choice(models, N_NEW).tolist()):
        child, document = (
            f"newcomer-{number % 997}/model-{number}",
            f"https://x/{number}",
        )
        batch.records.append(
            Record(child, "model", "hub", document, _DAY, state="present", downloads=1)
        )
        batch.claims.append(
            Claim(
                child, "model", graph.ids[parent], "model", "finetune",
                "hub:baseModels", document, _DAY, _DAY,
            )
        )  # fmt: skip
    return batch


def measure(graph: LineageGraph) -> dict[str, Any]:
    """Return seconds from claim tables to the first answer, the new models in it."""
    batch = new_models(graph)
    tables = to_tables([batch])
    target = batch.claims[0].parent
    before = what_breaks(graph, [target], ["deleted"], limit=20)
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        after = what_breaks(overlay(graph, tables), [target], ["deleted"], limit=20)
        taken.append(time.perf_counter() - start)
    assert after.outside == before.outside + N_NEW
    return {"models": N_NEW, "median": float(np.median(taken)), "least": min(taken)}
