"""DuckDB: tables sorted by parent, recursive queries that keep one row a node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.engines.answers import N_RELATIONS, Blast
from benchmarks.engines.inputs import Canonical, Inputs, Task

_BLAST: Final = """
    WITH RECURSIVE found(v, d) USING KEY (v) AS (
        SELECT v, 0 FROM start
        UNION
        SELECT e.child, min(f.d) + 1 FROM found f JOIN lineage e ON e.parent = f.v
        WHERE NOT EXISTS (SELECT 1 FROM recurring.found k WHERE k.v = e.child)
        GROUP BY e.child
    )
    SELECT d, relation, count(*), sum(downloads)::BIGINT
    FROM found JOIN node ON node.v = found.v WHERE d > 0 GROUP BY d, relation
"""
_ANCESTORS: Final = """
    WITH RECURSIVE found AS (
        SELECT m AS q, m AS v FROM models
        UNION
        SELECT f.q, e.parent FROM found f JOIN lineage e ON e.child = f.v
    ), above AS (
        SELECT q, count(*) - 1 AS n, sum(v)::BIGINT - q AS s FROM found GROUP BY q
    ), proof AS (
        SELECT q, count(*) AS n, sum(evidence)::BIGINT AS bits
        FROM found JOIN lineage e ON e.child = found.v GROUP BY q
    )
    SELECT above.q, above.n, s, coalesce(proof.n, 0) AS e, coalesce(bits, 0) AS b
    FROM above LEFT JOIN proof USING (q)
"""
_ROOTS: Final = """
    CREATE OR REPLACE TEMP TABLE root_of AS
    WITH RECURSIVE found AS (
        SELECT v, v AS root FROM node WHERE level = 0
        UNION
        SELECT e.child, f.root FROM found f JOIN cut e ON e.parent = f.v
    )
    SELECT v, root FROM found
"""
_CAPTIVE_LEVEL: Final = """
    INSERT INTO captive
    WITH held AS (
        SELECT e.child AS v, c.label FROM edge_by_level e
        JOIN captive c ON c.v = e.parent
        WHERE e.level = {level} GROUP BY e.child, c.label, e.n_parents
        HAVING count(*) = e.n_parents
    )
    SELECT v, label FROM held
    UNION
    SELECT v, owner FROM node WHERE level = {level} AND owner >= 0
"""


class DuckDb:
    """Edges sorted by parent, so that zone maps help; sets level by level.

    Each node's level is given to it beforehand, which no SQL would find as fast.
    """

    name = "DuckDB"

    def __init__(self, inputs: Inputs | None, path: Path | None = None) -> None:
        self.inputs = inputs
        self.db = duckdb.connect(str(path) if path else ":memory:")
        self.db.execute("SET preserve_insertion_order = false")
        if inputs is not None:
            self._load(inputs)

    def _load(self, inputs: Inputs) -> None:
        number = np.arange(inputs.n_nodes, dtype=np.int32)
        self._table(
            "node", "v", v=number, downloads=inputs.downloads, owner=inputs.owner,
            relation=inputs.relation, level=inputs.level, is_model=inputs.is_model,
        )  # fmt: skip
        self._table(
            "lineage", "parent, child",
            child=inputs.child, parent=inputs.parent, evidence=inputs.evidence,
        )  # fmt: skip
        self._table(
            "cut", "parent, child", child=inputs.cut_child, parent=inputs.cut_parent
        )
        self._table("models", "m", m=inputs.models)
        self._table("start", "v", v=inputs.root)
        self._table("members", "v", v=inputs.members)
        self.n_levels = int(inputs.level.max()) + 1
        self.db.execute("""
            CREATE TABLE edge_by_level AS
            SELECT child, parent, n.level, count(*) OVER (PARTITION BY child) AS n_parents
            FROM cut JOIN node n ON n.v = cut.child ORDER BY n.level, child
        """)

    def _table(self, name: str, order: str, **columns: Any) -> None:
        given = pa.table({key: np.asarray(item) for key, item in columns.items()})
        self.db.register("given", given)
        self.db.execute(f"CREATE TABLE {name} AS SELECT * FROM given ORDER BY {order}")
        self.db.unregister("given")

    def tasks(self) -> dict[str, Task]:
        """Return the questions that the engine answers."""
        return {
            "descendants": self.descendants,
            "ancestors, one by one": self.ancestors_singly,
            "ancestors, all at once": self.ancestors,
            "root sets": self.root_sets,
            "captive sets": self.captive_sets,
        }

    def descendants(self) -> Callable[[], Blast]:
        """Aggregate all that stands on the largest root."""
        rows = self.db.execute(_BLAST).fetchall()
        return lambda: _blast(rows)

    def blast_of_members(self) -> Blast:
        """Aggregate all that stands on the largest developer."""
        rows = self.db.execute(_BLAST.replace("FROM start", "FROM members")).fetchall()
        return _blast(rows)

    def ancestors_singly(self) -> Canonical:
        """Return ancestors and the evidence of the edges among them, model by model."""
        assert self.inputs is not None
        query = _ANCESTORS.replace("SELECT m AS q, m AS v FROM models", "SELECT $m, $m")
        query = query.replace("found AS (", "found(q, v) AS (")
        rows = [
            self.db.execute(query, {"m": model}).fetchone()
            for model in self.inputs.models.tolist()
        ]
        return lambda: np.array([row[1:] for row in rows if row], np.int64)

    def ancestors(self) -> Canonical:
        """Return ancestors and the evidence of the edges among them."""
        assert self.inputs is not None
        models = self.inputs.models
        found = self.db.execute(_ANCESTORS).fetchnumpy()

        def rows() -> object:
            order = np.argsort(found["q"])[np.argsort(np.argsort(models))]
            return np.stack(
                [np.asarray(found[name])[order] for name in ("n", "s", "e", "b")],
                axis=1,
            ).astype(np.int64)

        return rows

    def root_sets(self) -> Canonical:
        """Return the roots of every model."""
        self.db.execute(_ROOTS)

        def pairs() -> object:
            found = self.db.execute(
                "SELECT r.v, root FROM root_of r JOIN node USING (v) WHERE is_model"
            ).fetchnumpy()
            return np.sort(found["v"].astype(np.int64) << 32 | found["root"])

        return pairs

    def captive_sets(self) -> Canonical:
        """Count the models that are captive to each owner."""
        assert self.inputs is not None
        n_nodes = self.inputs.n_nodes
        self.db.execute("""
            CREATE OR REPLACE TEMP TABLE captive AS
            SELECT v, owner AS label FROM node WHERE level = 0 AND owner >= 0
        """)
        for level in range(1, self.n_levels):
            self.db.execute(_CAPTIVE_LEVEL.format(level=level))
        found = self.db.execute("""
            SELECT label, count(*) AS n FROM captive JOIN node USING (v)
            WHERE is_model GROUP BY label
        """).fetchnumpy()

        def counts() -> object:
            totals = np.zeros(n_nodes, np.int64)
            totals[found["label"]] = found["n"]
            return totals

        return counts


def _blast(rows: list[tuple[int, int, int, int]]) -> Blast:
    depth = max((row[0] for row in rows), default=0)
    by_relation = [0] * N_RELATIONS
    by_depth = [[0, 0] for _ in range(depth)]
    for level, relation, count, downloads in rows:
        by_relation[relation] += count
        by_depth[level - 1][0] += count
        by_depth[level - 1][1] += downloads
    return (
        sum(by_relation),
        sum(weight for _, weight in by_depth),
        tuple(by_relation),
        tuple((count, weight) for count, weight in by_depth),
    )
