"""The node that says which snapshot a server holds, and whether it is whole.

Every read begins and ends with it; nothing that was loaded in part is taken for a
snapshot. A push changes it in each of its transactions, so it also tells where a push
that was cut has to go on, and lets only one push write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import HalfPushedError, NothingPushedError, OtherLayoutError
from headwater.graph.backends.neo4j_connection import Connection, Run
from headwater.graph.backends.neo4j_schema import LAYOUT
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.public_tables import writing
from headwater.graph.snapshot import Manifest

LOADING: Final = "loading"
COMPLETE: Final = "complete"
IMPORTED: Final = "imported"
"""All is there, but for the indexes: the push that follows an import makes them."""
LOAD: Final = "load"
CHANGE: Final = "change"

_SLOT: Final = "current"
_READ: Final = "MATCH (s:Snapshot {slot: $slot}) RETURN properties(s)"
_JSON: Final = ("counts", "sources", "files", "tables")


@dataclass(frozen=True, slots=True)
class Marker:
    """What a server says of the snapshot on it.

    Attributes
    ----------
    id, content_sha256 : str
        The snapshot, and the hash of its content.
    state : str
        ``complete``; ``loading`` while a push is under way or was cut; ``imported``.
    layout : int
        Of the graph, see :data:`headwater.graph.backends.neo4j_schema.LAYOUT`.
    how : str or None
        While loading: ``load`` into an empty database, or ``change`` of another snapshot.
    done : int
        While loading: transactions that are in.
    push : str or None
        While loading: which push writes.
    properties : dict
        All of them.
    """

    id: str
    content_sha256: str
    state: str
    layout: int
    how: str | None
    done: int
    push: str | None
    properties: dict[str, Any]


def find_marker(connection: Connection) -> Marker | None:
    """Return the marker, whatever it says; None when there is none."""
    return connection.read(read_marker)


def read_marker(run: Run) -> Marker | None:
    """Return the marker within a transaction."""
    for (found,) in run(_READ, slot=_SLOT):
        return Marker(
            id=str(found.get("id", "?")),
            content_sha256=str(found.get("content_sha256", "")),
            state=str(found.get("state", LOADING)),
            layout=int(found.get("layout", 0)),
            how=found.get("how"),
            done=int(found.get("done", 0)),
            push=found.get("push"),
            properties=dict(found),
        )
    return None


def whole_marker(address: str, marker: Marker | None) -> Marker:
    """Return a marker of a snapshot that is whole and of the layout that is read here.

    Raises
    ------
    NothingPushedError, HalfPushedError, OtherLayoutError
        When there is none, a push has not ended, another headwater wrote it.
    """
    if marker is None:
        raise NothingPushedError(address)
    if marker.state != COMPLETE:
        raise HalfPushedError(address, marker.id)
    if marker.layout != LAYOUT:
        raise OtherLayoutError(address, marker.layout, LAYOUT)
    return marker


def describe(graph: LineageGraph) -> dict[str, Any]:
    """Return the properties of the marker of a snapshot that is whole."""
    manifest = graph.manifest
    as_text = {name: _text(getattr(manifest, name)) for name in _JSON}
    return {
        "slot": _SLOT,
        "state": COMPLETE,
        "layout": LAYOUT,
        "id": manifest.id,
        "created": manifest.created,
        "format_version": manifest.format_version,
        "content_sha256": manifest.content_sha256,
        "n_nodes": graph.n_nodes,
        "n_artefacts": graph.n_artefacts,
        **as_text,
        "vocabulary": _text(graph.vocabulary),
        "writing": _text(writing(graph.directory)),
    }


def manifest_of(properties: dict[str, Any]) -> Manifest:
    """Return the manifest that a marker's properties spell."""
    texts = {name: json.loads(properties[name]) for name in _JSON}
    return Manifest(
        id=properties["id"],
        format_version=properties["format_version"],
        created=properties["created"],
        content_sha256=properties["content_sha256"],
        **texts,
    )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
