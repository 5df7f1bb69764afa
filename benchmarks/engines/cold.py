"""A new process: import, open, and say what stands on the largest developer.

::

    python -m benchmarks.engines.cold ENGINE DIRECTORY DEVELOPER

Each engine starts from the file that it opens fastest. headwater answers what breaks,
with verdicts, proofs and sums; the others count the descendants and add up downloads.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import Any

Answer = tuple[int, int]
"""Artefacts outside the set that stand on it, and their downloads."""


def headwater(directory: Path, developer: str) -> Answer:
    """Open the published snapshot."""
    from headwater.graph.lineage_graph import LineageGraph
    from headwater.graph.store import SnapshotStore
    from headwater.queries.what_breaks import what_breaks

    graph = LineageGraph(SnapshotStore(directory).current())
    answer = what_breaks(graph, [developer], ["deleted"], limit=20)
    weights = answer.outcomes[0].weights.values()
    return sum(item.artefacts for item in weights), sum(
        item.downloads for item in weights
    )


def networkx(directory: Path, developer: str) -> Answer:
    """Unpickle the graph and its list of downloads."""
    import pickle

    import networkx as nx
    import numpy as np

    gc.disable()  # or unpickling millions of dictionaries takes twice as long
    with (directory / "inputs" / "networkx.pickle").open("rb") as file:
        graph, downloads = pickle.load(file)
    members = np.load(directory / "inputs" / "members.npy").tolist()
    layers = nx.bfs_layers(graph, members)
    next(layers)
    found = [node for layer in layers for node in layer]
    return len(found), sum([downloads[node] for node in found])


def igraph(directory: Path, developer: str) -> Answer:
    """Build the graph from numpy files, with one more node above the members."""
    import igraph
    import numpy as np

    def array(name: str) -> Any:
        return np.load(directory / "inputs" / f"{name}.npy")

    downloads, members = array("downloads"), array("members")
    source = len(downloads)
    edges = np.concatenate(
        [
            np.stack([array("parent"), array("child")], axis=1),
            np.stack([np.full(len(members), source), members], axis=1),
        ]
    ).astype(np.int64)
    graph = igraph.Graph(n=source + 1, edges=edges, directed=True)
    nodes, starts, _ = graph.bfs(source, mode="out")
    found = np.array(nodes[starts[2] :])
    return len(found), int(downloads[found].sum())


def duckdb(directory: Path, developer: str) -> Answer:
    """Open the database file."""
    from benchmarks.engines.duckdb_engine import DuckDb

    found = DuckDb(None, directory / "inputs" / "graph.duckdb").blast_of_members()
    return found[0], found[1]


def main() -> None:
    """Print the answer and the memory that it took."""
    engine, directory, developer = sys.argv[1:]
    answer = {
        "headwater": headwater, "networkx": networkx, "igraph": igraph, "DuckDB": duckdb,
    }[engine](Path(directory), developer)  # fmt: skip
    from benchmarks.bench_machine import memory

    print(json.dumps({"answer": answer, "memory": memory()}))  # noqa: T201


if __name__ == "__main__":
    main()
