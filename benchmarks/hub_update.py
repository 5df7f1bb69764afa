"""New models for a published Hub, as a crawl a day later would find them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np

from headwater.graph.claim_tables import ClaimTables, to_tables
from headwater.graph.claims import Claim, ClaimBatch, Record
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS

_RELATIONS: Final = ("finetune", "quantized", "adapter", "merge")


def draw_update(graph: LineageGraph, n_models: int, seed: int = 0) -> ClaimTables:
    """Return records and claims of models that `graph` does not have.

    Three in four stand on something: as popular a parent as the edges of the graph
    make likely (the parent of a random edge), one in twenty on two, one in fifty on a
    model that has no record. One in eight new models is built on another new one. One
    in ten belongs to a namespace that is new as well.

    Parameters
    ----------
    graph : LineageGraph
        What was published.
    n_models : int
        How many new models.
    seed : int
        Seed of all that is drawn.
    """
    rng = np.random.default_rng([seed, n_models])
    day = str(date.fromisoformat(graph.manifest.created[:10]) + timedelta(days=1))
    is_model = graph.columns.kind[graph.parents.targets] == KINDS.index("model")
    popular = graph.parents.targets[np.flatnonzero(is_model)]
    owners = np.flatnonzero(graph.columns.kind == KINDS.index("namespace"))
    batch = ClaimBatch()
    names: list[str] = []
    for number in range(n_models):
        owner = graph.ids[int(owners[rng.integers(0, len(owners))])][1:]
        if rng.random() < 0.1:
            owner = f"newcomer-{number // 2}"
        name = f"{owner}/brand-new-{seed}-{number}"
        names.append(name)
        address = f"https://huggingface.co/{name}"
        batch.records.append(
            Record(
                name, "model", "hub", address, day, hub_id=f"ff{seed:06d}{number:016d}",
                state="present", created=day, downloads=int(rng.integers(0, 300)),
                likes=int(rng.integers(0, 5)), task="text-generation",
                library="transformers", licence="apache-2.0",
            )
        )  # fmt: skip
        if rng.random() < 0.25:
            continue
        for _ in range(2 if rng.random() < 0.05 else 1):
            parent = graph.ids[int(popular[rng.integers(0, len(popular))])]
            if rng.random() < 0.125:
                parent = names[int(rng.integers(0, len(names)))]
            elif rng.random() < 0.02:
                parent = f"{owner}/missing-{number}"
            relation = _RELATIONS[int(rng.integers(0, len(_RELATIONS)))]
            for source in ("hub:baseModels", "hub:cardData"):
                batch.claims.append(
                    Claim(
                        name, "model", parent, "model", relation, source, address, day,
                        day, declared_by="hub" if source == "hub:baseModels" else "author",
                    )
                )  # fmt: skip
    return to_tables([batch])
