"""Small graphs drawn as text, for tests.

``draw(path, "b finetune a", "c adapter b", present=["a"])`` makes a snapshot in which
each line is one accepted edge. Ids starting with ``data-`` are datasets, ``app-``
applications; everything has a record unless it is named in `phantoms`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import Claim, ClaimBatch, Ownership, Record
from headwater.graph.compile import compile_snapshot
from headwater.graph.ids import parse_node_id
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore

DAY = "2026-01-01"


def node_id(name: str) -> str:
    """Return the node id of a short name: o/b for b, datasets/o/data-x for data-x."""
    owner, _, rest = name.rpartition("/")
    path = f"{owner or 'o'}/{rest}"
    if rest.startswith("data-"):
        return f"datasets/{path}"
    return f"spaces/{path}" if rest.startswith("app-") else path


def kind_of(name: str) -> str:
    return parse_node_id(node_id(name)).kind or "model"


def draw_batch(
    *lines: str,
    nodes: tuple[str, ...] = (),
    phantoms: tuple[str, ...] = (),
    scratch: tuple[str, ...] = (),
    states: dict[str, str] | None = None,
    days: dict[str, str] | None = None,
    downloads: dict[str, int] | None = None,
    owners: dict[str, str] | None = None,
) -> ClaimBatch:
    batch = ClaimBatch()
    split = [line.split() for line in lines]
    names = dict.fromkeys(
        [*nodes, *(name for parts in split for name in (parts[0], parts[2])), *scratch]
    )
    for name in names:
        if name in phantoms:
            continue
        batch.records.append(
            Record(
                node_id(name), kind_of(name), "hub", f"https://hub/{name}", DAY,
                state=(states or {}).get(name, "present"),
                created=(days or {}).get(name),
                downloads=(downloads or {}).get(name),
                scratch=True if name in scratch else None,
            )
        )  # fmt: skip
    for parts in split:
        child, relation, parent, *source = parts
        batch.claims.append(
            Claim(
                node_id(child), kind_of(child), node_id(parent), kind_of(parent), relation,
                source[0] if source else "hub:baseModels", f"https://hub/{child}", DAY, DAY,
            )
        )  # fmt: skip
    for namespace, developer in (owners or {}).items():
        batch.ownership.append(
            Ownership(
                f"@{namespace}", f"developer:{developer}", "catalog", "https://x", DAY
            )
        )
    return batch


def publish(
    path: Path, *batches: ClaimBatch, created: datetime | None = None
) -> LineageGraph:
    """Compile batches into a store under `path` and open the snapshot."""
    store = SnapshotStore(path)
    store.publish(compile_snapshot(to_tables(batches)), [], created)
    return LineageGraph(store.current())


def draw(path: Path, *lines: str, **options: object) -> LineageGraph:
    return publish(path, draw_batch(*lines, **options))  # type: ignore[arg-type]
