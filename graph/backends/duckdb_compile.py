"""The joins of the compile step, in DuckDB: names to nodes, claims to edges.

Input are the claim tables, output are Arrow tables of nodes and edges in the order of
their keys. Numbering, roots and adjacency are the business of numpy afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from headwater.graph.claim_tables import ClaimTables
from headwater.graph.schema import RELATIONS, SOURCES

_KIND_SQL: Final = """CASE
    WHEN starts_with(key, 'datasets/') THEN 'dataset'
    WHEN starts_with(key, 'spaces/') THEN 'application'
    WHEN starts_with(key, '@') THEN 'namespace'
    WHEN starts_with(key, 'developer:') THEN 'developer'
    WHEN starts_with(key, 'off-hub/') THEN NULL
    ELSE 'model' END"""

# Which source a field follows: the Hub's newest record, then curated, then the rest.
_RECORD_RANK: Final = """CASE WHEN starts_with(source, 'hub') THEN 0
    WHEN source = 'catalog' THEN 1 ELSE 2 END"""

_FIRST_KNOWN: Final = (
    "hub_id", "name", "state", "created", "released", "modified", "downloads",
    "downloads_all_time", "likes", "parameters", "task", "library", "licence",
    "scratch", "family", "developer", "access", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compiled:
    """Nodes, edges and claims after all joins; ``node`` numbers follow the keys."""

    nodes: pa.Table
    edges: pa.Table
    claims: pa.Table
    aliases: pa.Table
    ownership: pa.Table


def compile_claims(tables: ClaimTables, aliases: pa.Table) -> Compiled:
    """Join claim tables into nodes and edges.

    Parameters
    ----------
    tables : ClaimTables
        What the sources said.
    aliases : pyarrow.Table
        Resolved aliases: ``alias_key`` -> ``key``, chains already followed.

    Notes
    -----
    Every statement orders its result by unique keys, so equal input gives equal output.
    """
    with duckdb.connect(config={"preserve_insertion_order": True}) as connection:
        for name in ("records", "claims", "ownership"):
            connection.register(f"in_{name}", getattr(tables, name))
        connection.register("in_all_aliases", tables.aliases)
        connection.register("in_aliases", aliases)
        for statement in (*_vocabulary(), _RESOLVE, _RECORDS, _NODES, _EDGES):
            connection.execute(statement)
        return Compiled(
            nodes=_fetch(connection, "SELECT * EXCLUDE (key) FROM nodes ORDER BY node"),
            edges=_fetch(connection, _EDGES_OUT),
            claims=_fetch(connection, _CLAIMS_OUT),
            aliases=_fetch(connection, _ALIASES_OUT),
            ownership=_fetch(connection, _OWNERSHIP_OUT),
        )


def alias_candidates(tables: ClaimTables) -> list[tuple[str, str]]:
    """Return (alias key, target key) pairs that name one artefact, newest first.

    Besides the aliases that sources report, two ids with one Hub ``_id`` are a rename:
    the one seen last is the name. An alias is left out when the Hub lists another
    repository under that very name (it was registered again).
    """
    with duckdb.connect() as connection:
        connection.register("in_records", tables.records)
        connection.register("in_aliases", tables.aliases)
        rows: list[tuple[str, str]] = connection.execute(_ALIAS_CANDIDATES).fetchall()
    return rows


_ALIAS_CANDIDATES: Final = """
WITH hub AS (SELECT lower(id) AS key, hub_id, max(seen) AS seen FROM in_records
        WHERE hub_id IS NOT NULL GROUP BY 1, 2),
    newest AS (SELECT hub_id, arg_max(key, (seen, key)) AS key FROM hub
        GROUP BY hub_id HAVING count(DISTINCT key) > 1)
SELECT alias_key, key FROM (
    SELECT hub.key AS alias_key, newest.key, hub.seen, 0 AS origin
        FROM hub JOIN newest USING (hub_id) WHERE hub.key <> newest.key
    UNION ALL
    SELECT lower(a.alias), lower(a.id), a.seen, 1 FROM in_aliases a
        WHERE a.kind <> 'replacement' AND NOT EXISTS (
            SELECT 1 FROM hub WHERE hub.key = lower(a.alias)))
ORDER BY origin, seen DESC, alias_key, key"""


def _fetch(connection: duckdb.DuckDBPyConnection, statement: str) -> pa.Table:
    table: pa.Table = connection.sql(statement).to_arrow_table()
    return table


def _vocabulary() -> tuple[str, str]:
    relations = ", ".join(
        f"('{item.name}', {code}, {str(item.flow == 'weights').lower()})"
        for code, item in enumerate(RELATIONS)
    )
    sources = ", ".join(f"('{item.name}', {item.rank})" for item in SOURCES)
    return (
        "CREATE TABLE relation_codes AS SELECT * FROM "
        f"(VALUES {relations}) AS t(relation, code, weights)",
        f"CREATE TABLE source_ranks AS SELECT * FROM (VALUES {sources}) AS t(source, rank)",
    )


# 1. Every spelling of every id -> its key, aliases followed.
_RESOLVE: Final = f"""
CREATE TABLE spellings AS
    SELECT id, any_value(kind) AS kind, min(rank) AS rank FROM (
        SELECT id, kind, {_RECORD_RANK} AS rank FROM in_records
        UNION ALL SELECT child, child_kind, 5 FROM in_claims
        UNION ALL SELECT parent, parent_kind, 6 FROM in_claims
        UNION ALL SELECT id, NULL, 7 FROM in_all_aliases
        UNION ALL SELECT namespace, 'namespace', 3 FROM in_ownership
        UNION ALL SELECT developer, 'developer', 3 FROM in_ownership
        UNION ALL SELECT developer, 'developer', 8 FROM in_records
            WHERE developer IS NOT NULL
    ) GROUP BY id;
CREATE TABLE resolved AS
    SELECT s.id, s.kind, s.rank, lower(s.id) AS own_key,
           coalesce(a.key, lower(s.id)) AS key
    FROM spellings s LEFT JOIN in_aliases a ON a.alias_key = lower(s.id);
"""

# 2. One record a node: each field from the best source that knows it.
_RECORDS: Final = f"""
CREATE TABLE ranked_records AS
    SELECT n.key, r.*, {_RECORD_RANK} * 100000000
        - CAST(strftime(CAST(seen AS DATE), '%Y%m%d') AS BIGINT) AS rank,
        (n.own_key <> n.key) AS by_alias
    FROM in_records r JOIN resolved n USING (id);
CREATE TABLE merged_records AS
    SELECT key,
        arg_min(id, (by_alias, rank, id)) AS id,
        arg_min(kind, (rank, kind)) AS kind,
        {
    ", ".join(
        f"arg_min({name}, (rank, document, {name}::VARCHAR)) "
        f"FILTER ({name} IS NOT NULL) AS {name}"
        for name in _FIRST_KNOWN
    )
},
        coalesce(arg_min(language, (rank, document)) FILTER (len(language) > 0), [])
            AS language,
        list_sort(list_distinct(flatten(list(names)))) AS names,
        arg_min(absent, (rank, document)) AS absent,
        arg_min(document, (rank, document)) AS document,
        list_sort(list_distinct(list(source))) AS sources,
        min(coalesce(first_seen, seen)) AS first_seen, max(seen) AS last_seen
    FROM ranked_records GROUP BY key;
"""

# 3. Nodes: recorded ones, those only named (phantoms), and their namespaces.
_NODES: Final = f"""
CREATE TABLE named AS
    SELECT key, coalesce({_KIND_SQL}, arg_min(kind, (rank, kind))
            FILTER (kind IS NOT NULL AND kind <> '')) AS kind,
        coalesce(arg_min(id, (rank, id)) FILTER (own_key = key), key) AS id
    FROM resolved GROUP BY key;
CREATE TABLE node_rows AS
    SELECT n.key, coalesce(m.id, n.id) AS id, coalesce(m.kind, n.kind, 'model') AS kind,
        m.* EXCLUDE (key, id, kind), m.key IS NULL AS phantom
    FROM named n LEFT JOIN merged_records m USING (key);
CREATE TABLE namespaces AS
    SELECT lower('@' || owner) AS key, min('@' || owner) AS id FROM (
        SELECT CASE kind WHEN 'model' THEN split_part(id, '/', 1)
            ELSE split_part(id, '/', 2) END AS owner
        FROM node_rows
        WHERE NOT starts_with(id, 'off-hub/') AND (
            (kind = 'model' AND contains(id, '/'))
            OR (kind IN ('dataset', 'application') AND id LIKE '%/%/%'))
    ) GROUP BY lower('@' || owner);
INSERT INTO node_rows BY NAME
    SELECT key, id, 'namespace' AS kind, true AS phantom FROM namespaces
    WHERE key NOT IN (SELECT key FROM node_rows);
CREATE TABLE owners AS
    SELECT lower(namespace) AS namespace_key,
        arg_min(developer, (document, developer)) AS developer
    FROM in_ownership GROUP BY lower(namespace);
CREATE TABLE nodes AS
    SELECT CAST(row_number() OVER (ORDER BY (n.kind IN ('namespace', 'developer')), n.key) - 1
            AS INTEGER) AS node,
        n.key, n.id, n.kind, n.name, coalesce(n.names, []) AS names,
        CASE WHEN n.kind IN ('namespace', 'developer') THEN 'present'
            ELSE coalesce(n.state, CASE WHEN n.phantom THEN 'unknown' ELSE 'present' END)
            END AS state,
        n.phantom AND n.kind NOT IN ('namespace', 'developer') AS phantom,
        n.hub_id, s.id AS namespace,
        CASE WHEN n.kind = 'developer' THEN n.id
            ELSE coalesce(n.developer, o.developer) END AS developer,
        n.family, n.access, n.released, n.created, n.modified, n.downloads,
        n.downloads_all_time, n.likes, n.parameters, n.task, n.library, n.licence,
        CASE WHEN n.kind IN ('namespace', 'developer') THEN 'not_applicable'
            WHEN n.licence IS NOT NULL THEN 'declared'
            WHEN list_contains(n.absent, 'licence') THEN 'absent'
            ELSE 'unknown' END AS licence_status,
        coalesce(n.language, []) AS language, n.scratch,
        coalesce(n.absent, []) AS absent, coalesce(n.sources, []) AS sources,
        n.document, n.note, n.first_seen, n.last_seen
    FROM node_rows n
    LEFT JOIN namespaces s ON s.key = CASE
        WHEN starts_with(n.id, 'off-hub/') THEN NULL
        WHEN n.kind = 'namespace' THEN n.key
        WHEN n.kind = 'model' AND contains(n.id, '/')
            THEN lower('@' || split_part(n.id, '/', 1))
        WHEN n.kind IN ('dataset', 'application') AND n.id LIKE '%/%/%'
            THEN lower('@' || split_part(n.id, '/', 2)) END
    LEFT JOIN owners o ON o.namespace_key = coalesce(s.key, n.key);
"""

# 4. Edges: one a pair (a succession stands beside lineage), relation by precedence.
_EDGES: Final = """
CREATE TABLE node_keys AS SELECT key, node, id FROM nodes;
CREATE TABLE placed_claims AS
    SELECT c.* REPLACE (ck.id AS child, pk.id AS parent),
        c.child AS child_as_given, c.parent AS parent_as_given,
        ck.node AS child_node, pk.node AS parent_node,
        CAST(c.relation = 'successor_of' AS INTEGER) AS slot,
        CASE WHEN c."primary" AND c.source = 'catalog' THEN 0 ELSE s.rank END AS rank,
        k.code, k.weights
    FROM in_claims c
    JOIN resolved cr ON cr.id = c.child JOIN node_keys ck ON ck.key = cr.key
    JOIN resolved pr ON pr.id = c.parent JOIN node_keys pk ON pk.key = pr.key
    JOIN source_ranks s ON s.source = c.source
    JOIN relation_codes k ON k.relation = c.relation;
-- Hub sources that name any base model of a child; one that does not name a base that
-- another names disagrees about it.
CREATE TABLE speaking AS
    SELECT child_node, list_distinct(list(source)) AS sources FROM placed_claims
    WHERE weights AND source IN ('hub:baseModels', 'hub:cardData', 'hub:tag')
    GROUP BY child_node HAVING count(DISTINCT source) > 1;
CREATE TABLE edge_rows AS
    SELECT child_node, parent_node, slot,
        any_value(child) AS child, any_value(parent) AS parent,
        coalesce(
            arg_min(relation, (rank, -confidence, code)) FILTER (stance = 'asserts'
                AND relation <> 'unspecified'),
            arg_min(relation, (rank, -confidence, code)) FILTER (stance = 'asserts'),
            arg_min(relation, (rank, code))) AS relation,
        CASE WHEN child_node = parent_node THEN 'self'
            WHEN min(rank) FILTER (stance = 'asserts') IS NULL THEN 'refuted'
            WHEN min(rank) FILTER (stance = 'denies')
                < min(rank) FILTER (stance = 'asserts') THEN 'refuted'
            ELSE 'accepted' END AS standing,
        count(DISTINCT relation) FILTER (stance = 'asserts'
            AND relation <> 'unspecified') > 1
            OR (bool_or(stance = 'denies') AND bool_or(stance = 'asserts'))
            AS disputed_here,
        bool_or(weights) AS weights,
        coalesce(list_sort(list_distinct(list(source) FILTER (stance = 'asserts'))), [])
            AS sources,
        list_distinct(list(source)) AS all_sources,
        max(confidence) FILTER (stance = 'asserts') AS confidence,
        count(*) AS n_claims,
        min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM placed_claims GROUP BY child_node, parent_node, slot;
CREATE TABLE edges AS
    SELECT e.* EXCLUDE (disputed_here, weights, all_sources),
        e.disputed_here OR (e.weights AND s.sources IS NOT NULL
            AND NOT list_has_all(e.all_sources, s.sources)) AS disputed
    FROM edge_rows e LEFT JOIN speaking s USING (child_node);
"""

_EDGES_OUT: Final = """
SELECT child, parent, relation, standing, disputed, sources, confidence, n_claims,
    first_seen, last_seen, child_node, parent_node, slot
FROM edges ORDER BY child_node, parent_node, slot"""

_CLAIMS_OUT: Final = """
SELECT child, parent, relation, stance, source, document, revision, declared_by,
    "primary", confidence, first_seen, last_seen, raw, note, child_as_given,
    parent_as_given, child_node, parent_node, slot, rank
FROM placed_claims
ORDER BY child_node, parent_node, slot, rank, source, document, relation, stance,
    raw, note, first_seen"""

_ALIASES_OUT: Final = """
SELECT a.alias, coalesce(k.id, a.id) AS id, a.kind, a.source, a.document, a.seen
FROM in_all_aliases a
LEFT JOIN resolved r ON r.id = a.id LEFT JOIN node_keys k ON k.key = r.key
ORDER BY lower(a.alias), a.alias, a.kind, id, a.source, a.document, a.seen"""

_OWNERSHIP_OUT: Final = """
SELECT coalesce(k.id, o.namespace) AS child, o.developer AS parent,
    'owned_by' AS relation, o.source, o.document, o.seen
FROM in_ownership o LEFT JOIN node_keys k ON k.key = lower(o.namespace)
ORDER BY lower(o.namespace), o.developer, o.source, o.document, o.seen"""
