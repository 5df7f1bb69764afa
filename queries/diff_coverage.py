"""Whether somebody looked: what a snapshot's crawls would have shown if it existed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow.compute as pc

from headwater.graph.columns import one_chunk
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS, KINDS


def listed_kinds(old: LineageGraph, new: LineageGraph) -> set[str]:
    """Return the kinds of which the newer snapshot holds a whole list of the Hub.

    A list counts when a crawl read it from end to end without restriction (its account
    in the manifest says so), of a Hub that the older snapshot knows, began after that
    one was compiled, and shows at least half as many: a Hub that shows less is broken,
    not empty.
    """
    hubs = {source.get("endpoint") for source in _crawls(old)}
    compiled = datetime.fromisoformat(old.manifest.created)
    found = set()
    for source in _crawls(new):
        listed, started = source.get("listed") or {}, source.get("started")
        if source.get("endpoint") not in hubs or not started:
            continue
        if datetime.fromisoformat(started) < compiled:
            continue
        found |= {
            kind for kind in ARTEFACT_KINDS
            if listed.get(kind, 0) * 2 >= _n_listed(old, kind) > 0
        }  # fmt: skip
    return found


def _crawls(graph: LineageGraph) -> list[dict[str, Any]]:
    return [item for item in graph.manifest.sources if item.get("source") == "hub"]


def _n_listed(graph: LineageGraph, kind: str) -> int:
    seen = (graph.columns.kind == KINDS.index(kind)) & ~graph.columns.phantom
    return int(seen.sum())


def reasons_of_absence(
    old: LineageGraph, new: LineageGraph, went: IntArray
) -> dict[str, IntArray]:
    """Return the nodes of the older snapshot that the newer one lacks, by reason.

    ``deleted``: the newer snapshot holds the whole list on which it stood.
    ``not_seen``: nobody looked, so nothing is known. ``unnamed``: it was only ever named
    as a parent, and nobody names it any more.
    """
    unnamed = old.columns.phantom[went]
    deleted = np.zeros(len(went), np.bool_)
    listed = listed_kinds(old, new) if len(went) else set()
    if listed:
        codes = [KINDS.index(kind) for kind in sorted(listed)]
        deleted = np.isin(old.columns.kind[went], codes) & _stood_on_list(old)[went]
        deleted &= ~unnamed
    return {
        "deleted": went[deleted],
        "not_seen": went[~deleted & ~unnamed],
        "unnamed": went[unnamed],
    }


def _stood_on_list(graph: LineageGraph) -> BoolArray:
    """Return which nodes have a record from a list of the Hub."""
    lists = one_chunk(graph.node_table(["sources"])["sources"])
    is_hub = pc.equal(lists.flatten(), "hub").to_numpy(zero_copy_only=False)
    found = np.zeros(graph.n_nodes, np.bool_)
    found[pc.list_parent_indices(lists).to_numpy()[is_hub]] = True
    return found
