"""GraphML, which networkx, igraph, Gephi, yEd and Cytoscape read.

References
----------
U. Brandes et al., "GraphML Progress Report", Graph Drawing 2001;
http://graphml.graphdrawing.org/
"""

from __future__ import annotations

from typing import Any, BinaryIO, Final

import pyarrow as pa

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
from headwater.queries.export.text import joined, xml_text

_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns
    http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_ABOUT: Final = ("snapshot", "created", "content_sha256", "around")


def write_graphml(selection: Selection, out: BinaryIO, progress: Progress) -> None:
    """Write a selection as one GraphML document.

    A node is told by its id. An attribute that is not known is left out; a list stands
    as JSON text.
    """
    keys = [_key("graph", name, "string", "") for name in _ABOUT]
    keys += [_field_key("node", item) for item in NODE_FIELDS]
    keys += [_field_key("edge", item) for item in edge_fields(selection)]
    out.write(_HEAD.encode())
    out.write("".join(keys).encode())
    out.write(b'<graph edgedefault="directed">\n')
    out.write(f"<desc>{DIRECTION}</desc>\n".encode())
    out.write(_about(selection).encode())
    write_nodes(out, selection, _node, progress)
    write_edges(out, selection, _edge, progress)
    out.write(b"</graph>\n</graphml>\n")


def _about(selection: Selection) -> str:
    manifest = selection.graph.manifest
    values = (manifest.id, manifest.created, manifest.content_sha256, selection.around)
    texts = xml_text(pa.array(values, pa.string())).to_pylist()
    return "".join(
        f'<data key="graph_{name}">{text}</data>\n'
        for name, text in zip(_ABOUT, texts, strict=True)
        if text is not None
    )


def _field_key(owner: str, field: Field) -> str:
    return _key(owner, field.name, xml_type(field), field.meaning)


def _key(owner: str, name: str, kind: str, meaning: str) -> str:
    said = f"<desc>{xml_text(pa.array([meaning]))[0]}</desc>" if meaning else ""
    return (
        f'<key id="{owner}_{name}" for="{owner}" attr.name="{name}" '
        f'attr.type="{kind}">{said}</key>\n'
    )


def _node(ids: Any, names: Any, values: list[Attribute]) -> Any:
    return joined('<node id="', ids, '">', *_data("node", values), "</node>\n")


def _edge(number: Any, child: Any, parent: Any, values: list[Attribute]) -> Any:
    return joined(
        '<edge id="', number, '" source="', child, '" target="', parent, '">',
        *_data("edge", values), "</edge>\n",
    )  # fmt: skip


def _data(owner: str, values: list[Attribute]) -> list[Any]:
    return [
        wrapped(f'<data key="{owner}_{name}">', column, "</data>")
        for name, column in values
    ]
