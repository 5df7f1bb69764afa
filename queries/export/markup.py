"""Rows of nodes and edges as elements of XML, part by part: for GraphML and GEXF."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa

from headwater.graph.columns import one_chunk
from headwater.graph.node_text import as_text
from headwater.graph.progress import Progress
from headwater.queries.export.fields import (
    EDGE_FIELDS,
    NODE_FIELDS,
    OWNED_BY,
    OWNER_FIELDS,
    PUBLISHED_BY,
    Field,
    names,
)
from headwater.queries.export.selection import ROWS_PER_PART, Selection
from headwater.queries.export.text import joined, or_nothing, xml_text, xml_values

_TYPES: Final = {"bool": "boolean", "int64": "long", "double": "double"}

Attribute = tuple[str, Any]
"""Name of a field, and its values as text; null where there is none."""
NodeElements = Callable[[Any, Any, list[Attribute]], Any]
"""Ids, names and attributes -> one element a row."""
EdgeElements = Callable[[Any, Any, Any, list[Attribute]], Any]
"""Ids of edges, ids of both ends and attributes -> one element a row."""


def xml_type(field: Field) -> str:
    """Return the type of a field in GraphML and GEXF; a list is told as JSON text."""
    return _TYPES.get(field.type, "string")


def edge_fields(selection: Selection) -> tuple[Field, ...]:
    """Return the fields that the edges of a selection may have."""
    return (*EDGE_FIELDS, *OWNER_FIELDS[1:]) if selection.owners else EDGE_FIELDS


def write_nodes(
    out: BinaryIO, selection: Selection, element: NodeElements, progress: Progress
) -> None:
    """Write the element of each node."""
    progress.start("nodes", len(selection.nodes), unit="nodes")
    for part in selection.node_parts(["id", *names(NODE_FIELDS)]):
        values = _attributes(part, NODE_FIELDS)
        ids = xml_values(part["id"])
        write_texts(out, element(ids, dict(values)["name"], values))
        progress.advance(part.num_rows)
    progress.finish()


def write_edges(
    out: BinaryIO, selection: Selection, element: EdgeElements, progress: Progress
) -> None:
    """Write the element of each edge; those of ownership after those of lineage."""
    progress.start("edges", len(selection.edges), unit="edges")
    for part in selection.edge_parts(["edge", "child", "parent", *names(EDGE_FIELDS)]):
        number = joined("e", one_chunk(part["edge"]).cast(pa.string()))
        ends = xml_values(part["child"]), xml_values(part["parent"])
        write_texts(out, element(number, *ends, _attributes(part, EDGE_FIELDS)))
        progress.advance(part.num_rows)
    if selection.owners:
        for number, child, parent, values in owner_parts(selection):
            attributes = [(name, xml_values(column)) for name, column in values.items()]
            write_texts(
                out, element(number, xml_text(child), xml_text(parent), attributes)
            )
    progress.finish()


def _attributes(part: pa.Table, fields: tuple[Field, ...]) -> list[Attribute]:
    return [(item.name, xml_values(part[item.name])) for item in fields]


def owner_parts(
    selection: Selection,
) -> Iterator[tuple[Any, Any, Any, Mapping[str, Any]]]:
    """Yield the edges of ownership: their ids, both ends, and what is told of them."""
    ids = selection.graph.ids
    artefacts, spaces = selection.published()
    for at in range(0, len(artefacts), ROWS_PER_PART):
        child, parent = (
            pa.array([ids[node] for node in ends[at : at + ROWS_PER_PART].tolist()])
            for ends in (artefacts, spaces)
        )
        words = pa.array([PUBLISHED_BY] * len(child))
        yield _numbered("p", at, len(child)), child, parent, {"relation": words}
    table = selection.owned()
    if table.num_rows:
        told = {
            "relation": pa.array([OWNED_BY] * table.num_rows),
            "sources": _lists(table["source"]),
            "document": table["document"].combine_chunks(),
            "seen": table["seen"].combine_chunks(),
        }
        ends = [table[name].combine_chunks() for name in ("child", "parent")]
        yield _numbered("o", 0, table.num_rows), ends[0], ends[1], told


def _numbered(letter: str, first: int, count: int) -> Any:
    numbers = pa.array(np.arange(first, first + count)).cast(pa.string())
    return joined(letter, numbers)


def _lists(column: Any) -> Any:
    """Return the one source of each row as the list of sources that an edge has."""
    ends = np.arange(len(column) + 1, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), column.combine_chunks())


def wrapped(before: str, values: Any, after: str) -> Any:
    """Return values between two texts; nothing where there is no value."""
    return or_nothing(joined(before, values, after))


def write_texts(out: BinaryIO, texts: Any) -> None:
    """Write texts one after another."""
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        out.write(as_text(chunk).data.tobytes())
