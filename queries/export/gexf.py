"""GEXF 1.2, the format of Gephi; networkx reads it too.

References
----------
https://gexf.net/
"""

from __future__ import annotations

from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

import headwater
from headwater.graph.progress import Progress
from headwater.queries.export.fields import DIRECTION, NODE_FIELDS, Field
from headwater.queries.export.markup import (
    Attribute,
    edge_fields,
    wrapped,
    write_edges,
    write_nodes,
    xml_type,
)
from headwater.queries.export.selection import Selection
from headwater.queries.export.text import joined, or_nothing, xml_text

_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">
"""


def write_gexf(selection: Selection, out: BinaryIO, progress: Progress) -> None:
    """Write a selection as one GEXF document.

    The label of a node is its friendly name, or its id; that of an edge is its relation.
    An attribute that is not known is left out; a list stands as JSON text.
    """
    out.write(_HEAD.encode())
    out.write(_about(selection).encode())
    out.write(b'<graph defaultedgetype="directed" mode="static">\n')
    fields = edge_fields(selection)
    out.write((_declared("node", NODE_FIELDS) + _declared("edge", fields)).encode())
    out.write(b"<nodes>\n")
    write_nodes(out, selection, _node, progress)
    out.write(b"</nodes>\n<edges>\n")
    write_edges(out, selection, _edge, progress)
    out.write(b"</edges>\n</graph>\n</gexf>\n")


def _about(selection: Selection) -> str:
    manifest = selection.graph.manifest
    what = "" if selection.around is None else f", lineage of {selection.around}"
    text = f"AI-model lineage, snapshot {manifest.id}{what}. {DIRECTION}"
    return (
        f'<meta lastmodifieddate="{manifest.created[:10]}">\n'
        f"<creator>headwater {headwater.__version__}</creator>\n"
        f"<description>{xml_text(pa.array([text]))[0]}</description>\n</meta>\n"
    )


def _declared(owner: str, fields: tuple[Field, ...]) -> str:
    lines = [
        f'<attribute id="{item.name}" title="{item.name}" type="{xml_type(item)}"/>\n'
        for item in fields
    ]
    return f'<attributes class="{owner}">\n{"".join(lines)}</attributes>\n'


def _node(ids: Any, names: Any, values: list[Attribute]) -> Any:
    label = or_nothing(names)
    label = pc.if_else(pc.equal(label, ""), ids, label)
    return joined(
        '<node id="', ids, '" label="', label, '"><attvalues>', *_values(values),
        "</attvalues></node>\n",
    )  # fmt: skip


def _edge(number: Any, child: Any, parent: Any, values: list[Attribute]) -> Any:
    relation = dict(values)["relation"]
    return joined(
        '<edge id="', number, '" source="', child, '" target="', parent, '" label="',
        relation, '"><attvalues>', *_values(values), "</attvalues></edge>\n",
    )  # fmt: skip


def _values(values: list[Attribute]) -> list[Any]:
    return [
        wrapped(f'<attvalue for="{name}" value="', column, '"/>')
        for name, column in values
    ]
