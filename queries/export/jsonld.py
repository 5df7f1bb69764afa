"""JSON-LD with the terms of W3C PROV-O: provenance that triple stores and SPARQL read."""

from __future__ import annotations

from typing import Any, BinaryIO, Final
from urllib.parse import quote

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from headwater.graph.columns import one_chunk
from headwater.graph.progress import Progress
from headwater.graph.schema import KINDS, RELATIONS
from headwater.queries.export.fields import (
    CLAIM_FIELDS,
    EDGE_FIELDS,
    NODE_FIELDS,
    OWNED_BY,
    OWNER_FIELDS,
    PUBLISHED_BY,
    Field,
    names,
)
from headwater.queries.export.markup import write_texts
from headwater.queries.export.prov import context, statement, type_name
from headwater.queries.export.selection import Selection
from headwater.queries.export.text import (
    changed_where,
    joined,
    json_text,
    json_values,
    or_nothing,
)

_AGENTS: Final = ("namespace", "developer")
# What an address may hold to stand as the name of a thing; anything else is plain text.
_ADDRESS: Final = r'^https?://[^\x00-\x20<>"{}|\\^`\x7f]+$'
_STATEMENTS: Final = {item.name: statement(item) for item in RELATIONS}


def write_jsonld(selection: Selection, out: BinaryIO, progress: Progress) -> None:
    """Write a selection as one JSON-LD document, an object of its graph a line.

    Claims come with the edges that they speak of, and owners with what they published.
    """
    manifest = selection.graph.manifest
    about: dict[str, Any] = {
        "@id": f"snapshot:{manifest.id}",
        "@type": ["Entity", "Bundle", "Snapshot"],
        "generatedAtTime": manifest.created,
        "content_sha256": manifest.content_sha256,
    }
    head = orjson.dumps(context(manifest.id), option=orjson.OPT_INDENT_2)
    out.write(b'{"@context":' + head + b',\n"@graph":[\n' + orjson.dumps(about))
    _write_nodes(selection, out, progress)
    _write_edges(selection, out, progress)
    _write_owners(selection, out)
    _write_claims(selection, out, progress)
    out.write(b"\n]}\n")


def _write_nodes(selection: Selection, out: BinaryIO, progress: Progress) -> None:
    progress.start("nodes", len(selection.nodes), unit="nodes")
    types = {
        kind: f'["{"Agent" if kind in _AGENTS else "Entity"}","{type_name(kind)}"]'
        for kind in KINDS
    }
    for part in selection.node_parts(["id", *names(NODE_FIELDS)]):
        ids = one_chunk(part["id"])
        owners = [_iri(one_chunk(part[name])) for name in _AGENTS]
        is_agent = pc.is_in(one_chunk(part["kind"]), value_set=pa.array(_AGENTS))
        owners = [_unless(is_agent, owner) for owner in owners]
        lines = joined(
            ',\n{"@id":', _iri(ids), ',"@type":', _looked_up(part["kind"], types),
            ',"identifier":', json_values(ids), *_members(part, NODE_FIELDS),
            _links("wasAttributedTo", *owners),
            or_nothing(joined(f',"{PUBLISHED_BY}":', owners[0])), "}",
        )  # fmt: skip
        write_texts(out, lines)
        progress.advance(part.num_rows)
    progress.finish()


def _write_edges(selection: Selection, out: BinaryIO, progress: Progress) -> None:
    progress.start("edges", len(selection.edges), unit="edges")
    for part in selection.edge_parts(["edge", "child", "parent", *names(EDGE_FIELDS)]):
        child, parent = (_iri(one_chunk(part[name])) for name in ("child", "parent"))
        relation = one_chunk(part["relation"])
        number = one_chunk(part["edge"]).cast(pa.string())
        edge = joined('"edge:', number, '"')
        ends = joined(',"child":', child, ',"parent":', parent)
        told = joined(ends, *_members(part, EDGE_FIELDS), "}")
        plain, qualified, types = (
            _looked_up(relation, {name: _part(name, at) for name in _STATEMENTS})
            for at in range(3)
        )
        stated = joined(
            ',\n{"@id":', child, plain, parent, ',"', relation, '":', parent, qualified,
            '{"@id":', edge, types, parent, told, "}",
        )  # fmt: skip
        apart = joined(',\n{"@id":', edge, ',"@type":"Edge"', told)
        accepted = pc.equal(one_chunk(part["standing"]), "accepted")
        write_texts(out, pc.if_else(accepted, stated, apart))
        progress.advance(part.num_rows)
    progress.finish()


def _part(relation: str, at: int) -> str:
    said = _STATEMENTS[relation]
    return (
        f',"{said.plain}":',
        f',"{said.qualified}":',
        f',"@type":["{said.type}","Edge"],"{said.other}":',
    )[at]


def _write_owners(selection: Selection, out: BinaryIO) -> None:
    table = selection.owned()
    if not table.num_rows:
        return
    child, parent = (_iri(one_chunk(table[name])) for name in ("child", "parent"))
    lines = joined(
        ',\n{"@id":', child, ',"actedOnBehalfOf":', parent, f',"{OWNED_BY}":', parent,
        *_members(table, OWNER_FIELDS), "}",
    )  # fmt: skip
    write_texts(out, lines)


def _write_claims(selection: Selection, out: BinaryIO, progress: Progress) -> None:
    rows = selection.claim_rows()
    progress.start("claims", len(rows), unit="claims")
    at = 0
    for part in selection.claim_parts(rows, ["edge", *names(CLAIM_FIELDS)]):
        numbers = pa.array(rows[at : at + part.num_rows].astype(np.int64))
        at += part.num_rows
        address = _address(one_chunk(part["document"]))
        is_primary = one_chunk(part["primary"])
        link = pc.if_else(is_primary, ',"hadPrimarySource":', ',"wasDerivedFrom":')
        lines = joined(
            ',\n{"@id":"claim:', numbers.cast(pa.string()),
            '","@type":["Entity","Claim"],"about":"edge:',
            one_chunk(part["edge"]).cast(pa.string()), '"', *_members(part, CLAIM_FIELDS),
            or_nothing(joined(link, address)), "}",
        )  # fmt: skip
        write_texts(out, lines)
        progress.advance(part.num_rows)
    progress.finish()


def _members(part: pa.Table, fields: tuple[Field, ...]) -> list[Any]:
    return [
        or_nothing(joined(f',"{item.name}":', json_values(part[item.name])))
        for item in fields
    ]


def _iri(ids: Any) -> Any:
    """Return the names of nodes in JSON; null stays null."""
    safe = changed_where(ids, "[^A-Za-z0-9._~/@:+-]", _quoted)
    return joined('"id:', safe, '"')


def _quoted(text: str) -> str:
    return quote(text, safe="/@:+~")


def _address(texts: Any) -> Any:
    """Return addresses in JSON; null for what is none."""
    is_address = pc.match_substring_regex(texts, _ADDRESS)
    return pc.if_else(is_address, json_text(texts), pa.scalar(None, pa.string()))


def _unless(condition: Any, texts: Any) -> Any:
    return pc.if_else(condition, pa.scalar(None, pa.string()), texts)


def _links(name: str, first: Any, second: Any) -> Any:
    """Return a member with those of the two targets that are there; nothing for none."""
    found = pc.coalesce(joined(first, ",", second), first, second)
    return or_nothing(joined(f',"{name}":[', found, "]"))


def _looked_up(words: Any, table: dict[str, str]) -> Any:
    words = one_chunk(words)
    place = pc.index_in(words, value_set=pa.array(list(table)))
    return pa.array(list(table.values())).take(place)
