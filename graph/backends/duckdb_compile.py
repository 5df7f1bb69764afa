"""The steps of the compiler that are best said in SQL.

Text is sorted here, renames are found here, and the few nodes of which there are several
records get one. Everything of the size of the graph is the business of Arrow and numpy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.claim_tables import ClaimTables
from headwater.graph.kernels.csr import IntArray

# Which source a field follows: the Hub's newest record, then curated, then the rest.
_RECORD_RANK: Final = """CASE WHEN starts_with(source, 'hub') THEN 0
    WHEN source = 'catalog' THEN 1 ELSE 2 END"""

# Below this the connection costs more than sorting with one thread.
_FEW: Final = 50_000

FIRST_KNOWN: Final = (
    "hub_id", "name", "state", "created", "released", "modified", "downloads",
    "downloads_all_time", "likes", "parameters", "task", "library", "licence",
    "scratch", "family", "developer", "access", "note",
)  # fmt: skip


def sorted_order(texts: Any) -> IntArray:
    """Return the positions that sort different texts by their bytes."""
    if len(texts) < _FEW:
        few: IntArray = pc.array_sort_indices(texts).to_numpy().astype(np.int32)
        return few
    places = pa.array(np.arange(len(texts), dtype=np.int32))
    found = _run(
        "SELECT place FROM texts ORDER BY text",
        texts=pa.table({"text": texts, "place": places}),
    )
    order: IntArray = found["place"].to_numpy()
    return order


def alias_candidates(tables: ClaimTables) -> list[tuple[str, str]]:
    """Return (alias key, target key) pairs that name one artefact, newest first.

    Besides the aliases that sources report, two ids with one Hub ``_id`` are a rename:
    the one seen last is the name. An alias is left out when the Hub lists another
    repository under that very name (it was registered again).
    """
    found = _run(
        _ALIAS_CANDIDATES,
        in_records=tables.records.select(["id", "hub_id", "seen"]),
        in_aliases=tables.aliases,
    )
    return list(
        zip(found["alias_key"].to_pylist(), found["key"].to_pylist(), strict=True)
    )


def merge_records(records: pa.Table) -> pa.Table:
    """Return one record for each node, each field from the best source that knows it.

    Parameters
    ----------
    records : pyarrow.Table
        Records with three more columns: ``node`` (any number that stands for the node),
        ``spelling`` (a number that stands for the id) and ``by_alias`` (whether the id
        is another name of the node).

    Returns
    -------
    pyarrow.Table
        By ascending ``node``; ``spelling`` is that of the id to show.
    """
    if not records.num_rows:
        return _nothing_merged(records.schema)
    return _run(_MERGE, in_records=records)


@lru_cache(maxsize=4)
def _nothing_merged(schema: pa.Schema) -> pa.Table:
    """Return the outcome for no record, which planning the statement alone delays."""
    return _run(_MERGE, in_records=schema.empty_table())


def _run(statement: str, **tables: pa.Table) -> pa.Table:
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        result: pa.Table = connection.sql(statement).to_arrow_table()
    return result


_ALIAS_CANDIDATES: Final = """
WITH repeated AS (SELECT hub_id FROM in_records WHERE hub_id IS NOT NULL
        GROUP BY hub_id HAVING count(*) > 1),
    hub AS (SELECT lower(id) AS key, hub_id, max(seen) AS seen
        FROM in_records SEMI JOIN repeated USING (hub_id) GROUP BY 1, 2),
    newest AS (SELECT hub_id, arg_max(key, (seen, key)) AS key FROM hub
        GROUP BY hub_id HAVING count(DISTINCT key) > 1),
    listed AS (SELECT lower(id) AS key FROM in_records WHERE hub_id IS NOT NULL
        AND lower(id) IN (SELECT lower(alias) FROM in_aliases))
SELECT alias_key, key FROM (
    SELECT hub.key AS alias_key, newest.key, hub.seen, 0 AS origin
        FROM hub JOIN newest USING (hub_id) WHERE hub.key <> newest.key
    UNION ALL
    SELECT lower(a.alias), lower(a.id), a.seen, 1 FROM in_aliases a
        WHERE a.kind <> 'replacement' AND lower(a.alias) NOT IN (SELECT key FROM listed))
ORDER BY origin, seen DESC, alias_key, key"""

_MERGE: Final = f"""
WITH ranked AS (
    SELECT *, {_RECORD_RANK} * 100000000
        - CAST(strftime(CAST(seen AS DATE), '%Y%m%d') AS BIGINT) AS rank
    FROM in_records)
SELECT node,
    arg_min(spelling, (by_alias, rank, id)) AS spelling,
    arg_min(kind, (rank, kind)) AS kind,
    {
    ", ".join(
        f"arg_min({name}, (rank, document, {name}::VARCHAR)) "
        f"FILTER ({name} IS NOT NULL) AS {name}"
        for name in FIRST_KNOWN
    )
},
    coalesce(arg_min(language, (rank, document)) FILTER (len(language) > 0), [])
        AS language,
    list_sort(list_distinct(flatten(list(names)))) AS names,
    arg_min(absent, (rank, document)) AS absent,
    arg_min(document, (rank, document)) AS document,
    list_sort(list_distinct(list(source))) AS sources,
    min(coalesce(first_seen, seen)) AS first_seen, max(seen) AS last_seen
FROM ranked GROUP BY node ORDER BY node"""
