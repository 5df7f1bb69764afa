"""The rows of a snapshot as they are pushed: streamed, hashed, never all in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.graph.arrays import NO_DAY, Text
from headwater.graph.backends.neo4j_schema import (
    LABELS,
    PLACE_HASH,
    REFUTED,
    RELATION_TYPES,
    ROW_HASH,
    SELF,
    Part,
)
from headwater.graph.columns import rows_or_null
from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.near_pairs import near_lists

BATCH: Final = 10_000
"""Rows of one transaction."""
VARIANT: Final = "variant"
"""Column: label or type of each row."""
_IDENTITY: Final = {
    "published_by": ("child", "parent"),
    "member_of": ("child", "family"),
    "alias_of": ("alias", "id", "kind", "source", "document", "seen", "target"),
}
"""What says which row it is where the properties do not."""


class SnapshotRows:
    """The rows of each part of a snapshot.

    Parameters
    ----------
    graph : LineageGraph
        A compiled snapshot.
    """

    def __init__(self, graph: LineageGraph) -> None:
        self._graph = graph
        self._hashes = duckdb.connect()
        self._hashes.execute("SET threads = 1")
        self._near: Any = None
        self._entry: IntArray | None = None

    def close(self) -> None:
        """Give the memory back."""
        self._hashes.close()

    def count(self, part: Part) -> int:
        """Return the number of rows of a part."""
        graph = self._graph
        if part.name in ("nodes", "edges", "aliases", "openness", "claims"):
            return int(graph.manifest.tables[part.name]["rows"])
        if part.name == "published_by":
            return int((graph.columns.namespace[: graph.n_artefacts] >= 0).sum())
        if part.name == "names":
            return len(graph.aliases)
        return sum(table.num_rows for table in self.plain(part))

    def batches(self, part: Part) -> Iterator[pa.Table]:
        """Yield the rows of a part, a transaction's worth at a time, with hashes.

        The same snapshot gives the same batches each time.
        """
        for table in self.plain(part):
            yield self.hashed(part, table)

    def plain(self, part: Part) -> Iterator[pa.Table]:
        """Yield the same without hashes."""
        make: Callable[[], Iterator[pa.Table]] = getattr(self, f"_{part.name}")
        return make()

    def hashed(self, part: Part, table: pa.Table) -> pa.Table:
        """Return rows with their two hashes."""
        said = _hash_of(table, (VARIANT, *part.columns, *_IDENTITY.get(part.name, ())))
        place = _hash_of(table, part.places)
        sql = f"SELECT {said} AS {ROW_HASH}, {place} AS {PLACE_HASH} FROM rows"
        self._hashes.register("rows", table)
        found = self._hashes.sql(sql).to_arrow_table()
        self._hashes.unregister("rows")
        for name in (ROW_HASH, PLACE_HASH):
            table = table.append_column(name, found[name])
        return table

    def _file(self, name: str) -> Iterator[tuple[int, pa.Table]]:
        """Yield the row number at which each piece of a table begins, and the piece."""
        path = self._graph.directory / "tables" / f"{name}.parquet"
        start = 0
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH):
                yield start, pa.Table.from_batches([batch])
                start += batch.num_rows

    def _nodes(self) -> Iterator[pa.Table]:
        columns = self._graph.columns
        entries = self._entries()
        n_children = np.diff(self._graph.children.offsets)
        words = pa.array([":".join(LABELS[kind]) for kind in LABELS], pa.string())
        text = _strings(self._graph.search_text)
        for start, table in self._file("nodes"):
            own = slice(start, start + table.num_rows)
            day = np.asarray(columns.day[own])
            search = text.take(rows_or_null(entries[own]))
            added = {
                VARIANT: words.take(pa.array(columns.kind[own])),
                "key": pc.ascii_lower(table["id"]),
                "day": pa.array(day, mask=day == NO_DAY),
                "search": pc.utf8_rtrim(search, "\n"),
                "known_origin": pa.array(columns.known_origin[own]),
                "representative": pa.array(columns.representative[own]),
                "namespace_node": rows_or_null(np.asarray(columns.namespace[own])),
                "developer_node": rows_or_null(np.asarray(columns.developer[own])),
                "n_children": pa.array(n_children[own]),
                "near": self._near_of(entries[own]),
            }
            yield _with(table, added)

    def _entries(self) -> IntArray:
        """Return where each node stands in the search text, -1 for nowhere."""
        if self._entry is None:
            nodes = self._graph.search_nodes
            self._entry = np.full(self._graph.n_nodes, -1, np.int32)
            self._entry[nodes] = np.arange(len(nodes), dtype=np.int32)
        return self._entry

    def _near_of(self, entries: IntArray) -> Any:
        if self._near is None:
            lists = [pairs for _, pairs in near_lists(self._graph)]
            self._near = pa.array(lists, pa.list_(pa.int16()))
        known = np.where(entries < len(self._near), entries, -1)
        return self._near.take(rows_or_null(known))

    def _edges(self) -> Iterator[pa.Table]:
        for _, table in self._file("edges"):
            accepted = _words(table["relation"], RELATION_TYPES)
            other = _words(table["standing"], {"refuted": REFUTED, "self": SELF})
            yield _with(table, {VARIANT: pc.coalesce(other, accepted)})

    def _claims(self) -> Iterator[pa.Table]:
        return self._numbered("claims", "Claim")

    def _aliases(self) -> Iterator[pa.Table]:
        return self._numbered("aliases", "Alias")

    def _openness(self) -> Iterator[pa.Table]:
        return self._numbered("openness", "Openness")

    def _numbered(self, name: str, variant: str) -> Iterator[pa.Table]:
        for start, table in self._file(name):
            yield _with(table, {VARIANT: variant, "row": _numbers(start, table)})

    def _families(self) -> Iterator[pa.Table]:
        known = self._graph.vocabulary["families"]
        for start, table in self._file("families"):
            names = [known[slug]["names"] for slug in table["family"].to_pylist()]
            added = {
                VARIANT: "Family",
                "row": _numbers(start, table),
                "names": pa.array(names, pa.list_(pa.string())),
            }
            yield _with(table, added)

    def _names(self) -> Iterator[pa.Table]:
        graph = self._graph
        keys = _strings(graph.aliases)
        for own in _slices(len(graph.aliases)):
            nodes = np.asarray(graph.alias_nodes[own])
            table = pa.table({"key": keys[own], "node": pa.array(nodes)})
            yield _with(table, {VARIANT: "Name"})

    def _labels(self) -> Iterator[pa.Table]:
        rows = [tuple(pair) for pair in self._graph.vocabulary["labels"]]
        return _small("Label", ("row", "label", "id"), _counted(rows))

    def _words(self) -> Iterator[pa.Table]:
        rows = [
            (column, word, word.casefold(), code)
            for column in ("library", "licence", "task")
            for code, word in enumerate(self._graph.vocabulary[column])
        ]
        return _small("Word", ("column", "word", "folded", "code"), rows)

    def _published_by(self) -> Iterator[pa.Table]:
        ids = _strings(self._graph.ids)
        namespace = np.asarray(self._graph.columns.namespace[: self._graph.n_artefacts])
        children = np.flatnonzero(namespace >= 0).astype(np.int32)
        for own in _slices(len(children)):
            child = children[own]
            parent = namespace[child]
            table = pa.table(
                {"child_node": child, "parent_node": parent,
                 "child": ids.take(pa.array(child)),
                 "parent": ids.take(pa.array(parent))}
            )  # fmt: skip
            yield _with(table, {VARIANT: "PUBLISHED_BY"})

    def _owned_by(self) -> Iterator[pa.Table]:
        find = self._graph.find
        for start, table in self._file("ownership"):
            ends = {
                f"{end}_node": [find(item) for item in table[end].to_pylist()]
                for end in ("child", "parent")
            }
            numbers = {name: pa.array(item, pa.int32()) for name, item in ends.items()}
            added = {VARIANT: "OWNED_BY", "row": _numbers(start, table), **numbers}
            yield _with(table, added)

    def _member_of(self) -> Iterator[pa.Table]:
        rows = [
            (node, self._graph.ids[node], slug)
            for slug, family in self._graph.vocabulary["families"].items()
            for node in family["members"]
        ]
        return _small("MEMBER_OF", ("child_node", "child", "family"), rows)

    def _alias_of(self) -> Iterator[pa.Table]:
        graph = self._graph
        for start, table in self._file("aliases"):
            found = [graph.find(item) for item in table["id"].to_pylist()]
            nodes = np.array(found, np.int32).reshape(-1)
            added = {
                VARIANT: "ALIAS_OF",
                "row": _numbers(start, table),
                "parent_node": pa.array(nodes),
                "target": _strings(graph.ids).take(rows_or_null(nodes)),
            }
            yield _with(table, added).filter(pa.array(nodes >= 0))


def rows_by_variant(
    part: Part, table: pa.Table
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield each label or type that occurs, with its rows as statements take them."""
    variants = table[VARIANT]
    for variant in sorted(pc.unique(variants).to_pylist()):
        own = table.filter(pc.equal(variants, variant))
        columns = [_values(own[name]) for name in part.given]
        yield variant, list(zip(*columns, strict=True))


def _values(column: Any) -> list[Any]:
    """Return a column as values; an empty list is absent, as an import leaves it."""
    values: list[Any] = column.to_pylist()
    if pa.types.is_list(column.type):
        return [value or None for value in values]
    return values


def _hash_of(table: pa.Table, columns: tuple[str, ...]) -> str:
    """Return the SQL of a hash over columns: 63 bits of MD5, the same in all versions.

    Each value is preceded by its length, so that no two rows are spelt alike.
    """
    pieces = ["''"]
    for name in columns:
        quoted = '"' + name.replace('"', '""') + '"'
        is_list = pa.types.is_list(table.schema.field(name).type)
        text = f"to_json({quoted})::VARCHAR" if is_list else f"{quoted}::VARCHAR"
        pieces.append(f"coalesce(strlen({text}) || ':' || {text}, '-')")
    return f"(md5_number_lower(concat({', '.join(pieces)})) >> 1)::BIGINT"


def _with(table: pa.Table, columns: dict[str, Any]) -> pa.Table:
    for name, column in columns.items():
        values = [column] * table.num_rows if isinstance(column, str) else column
        if isinstance(column, str):
            values = pa.array(values, pa.string())
        table = table.append_column(name, values)
    return table


def _words(column: Any, words: dict[str, str]) -> Any:
    """Return the word that stands for each value; null for others."""
    places = pc.index_in(column, pa.array(list(words), pa.string()))
    return pc.take(pa.array(list(words.values()), pa.string()), places)


def _strings(text: Text) -> Any:
    """Return texts as an Arrow array that reads them where they lie."""
    offsets = np.ascontiguousarray(text.offsets)
    buffers = [
        None,
        pa.py_buffer(offsets),
        pa.py_buffer(np.ascontiguousarray(text.data)),
    ]
    return pa.Array.from_buffers(pa.large_string(), len(text), buffers)


def _numbers(start: int, table: pa.Table) -> Any:
    return pa.array(np.arange(start, start + table.num_rows, dtype=np.int32))


def _counted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(number, *row) for number, row in enumerate(rows)]


def _slices(n_rows: int) -> Iterator[slice]:
    for start in range(0, n_rows, BATCH):
        yield slice(start, min(start + BATCH, n_rows))


def _small(
    variant: str, names: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> Iterator[pa.Table]:
    for own in _slices(len(rows)):
        columns = zip(*rows[own], strict=True)
        table = pa.table(dict(zip(names, map(list, columns), strict=True)))
        yield _with(table, {VARIANT: variant})
