"""What is known of one node, field by field: known, absent, unknown, not applicable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, Csr
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS, ROOT_STATUSES
from headwater.queries.as_of import there_by
from headwater.queries.results import Result
from headwater.queries.targets import resolve_node

_ARTEFACT_ONLY: Final = (
    "access", "released", "created", "modified", "downloads", "downloads_all_time",
    "likes", "parameters", "task", "library", "licence", "language", "hub_id",
)  # fmt: skip
_HUB_ONLY: Final = (
    "created",
    "modified",
    "downloads",
    "downloads_all_time",
    "likes",
    "hub_id",
)
_MODEL_ONLY: Final = ("parameters", "library")


@dataclass(frozen=True, slots=True)
class Field:
    """A value and how it is to be read.

    Attributes
    ----------
    name : str
        Column of the ``nodes`` table.
    value : str, int, tuple or None
        None unless the status is ``known``.
    status : {"known", "absent", "unknown", "not_applicable"}
        Absent: the document was read and has none. Unknown: nobody has told.
    """

    name: str
    value: str | int | tuple[str, ...] | None
    status: str


@dataclass(frozen=True, slots=True)
class Shown(Result):
    """One node.

    Attributes
    ----------
    snapshot, id, name, kind, state : str
        The node.
    phantom : bool
        Named as a parent, never seen.
    namespace, developer, family : str or None
        Who publishes it, who is behind it, which family it belongs to.
    root_status : str
        Whether it is a root.
    n_parents, n_children : int
        Direct lineage edges.
    fields : tuple of Field
        Everything else, in the order of the table.
    aliases : tuple of str
        Other names.
    sources : tuple of str
        Who has a record of it.
    document, note : str or None
        Leading document; curator's remark.
    as_of : date or None
        Day as of which the edges were counted. The fields are those of today.
    """

    snapshot: str
    id: str
    name: str
    kind: str
    state: str
    phantom: bool
    namespace: str | None
    developer: str | None
    family: str | None
    root_status: str
    n_parents: int
    n_children: int
    fields: tuple[Field, ...]
    aliases: tuple[str, ...]
    sources: tuple[str, ...]
    document: str | None
    note: str | None
    as_of: date | None


def show(graph: LineageGraph, text: str, as_of: date | None = None) -> Shown:
    """Return what the snapshot knows of a node.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When the text names no single node.
    InvalidArgumentError
        When it was not there on the day `as_of`.
    """
    node = resolve_node(graph, text)
    there_by(graph, np.array([node], np.int32), as_of)
    alive = graph.alive(as_of)
    # A layer changes what follows from edges; the row is that of the record.
    values = graph.node_row(node) | {
        "name": graph.names[node],
        "root_status": ROOT_STATUSES[graph.columns.root_status[node]],
    }
    aliases = graph.rows("aliases", id=values["id"])
    return shown_of(
        graph.manifest.id,
        values,
        [row["alias"] for row in aliases],
        _n_edges(graph.parents, node, alive),
        _n_edges(graph.children, node, alive),
        as_of,
    )


def shown_of(
    snapshot: str,
    values: Mapping[str, Any],
    aliases: Sequence[str],
    n_parents: int,
    n_children: int,
    as_of: date | None,
) -> Shown:
    """Return a node, given its row of the table, its aliases and its edges."""
    others = dict.fromkeys([*values["names"], *aliases])
    return Shown(
        snapshot=snapshot,
        id=values["id"],
        name=values["name"] or values["id"],
        kind=values["kind"],
        state=values["state"],
        phantom=values["phantom"],
        namespace=values["namespace"],
        developer=values["developer"],
        family=values["family"],
        root_status=values["root_status"],
        n_parents=n_parents,
        n_children=n_children,
        fields=tuple(_field(values, name) for name in _ARTEFACT_ONLY),
        aliases=tuple(others),
        sources=tuple(values["sources"]),
        document=values["document"],
        note=values["note"],
        as_of=as_of,
    )


def _n_edges(rows: Csr, node: int, alive: BoolArray | None) -> int:
    at = rows.slice(node)
    counted = LINEAGE_RELATIONS[rows.relations[at]]
    return int((counted if alive is None else counted & alive[rows.targets[at]]).sum())


def _field(values: Mapping[str, Any], name: str) -> Field:
    value = values[name]
    if isinstance(value, list):
        value = tuple(value) or None
    if value is not None:
        return Field(name, value, "known")
    off_hub = values["id"].startswith("off-hub/")
    if (
        values["kind"] not in ARTEFACT_KINDS
        or (off_hub and name in _HUB_ONLY)
        or (values["kind"] != "model" and name in _MODEL_ONLY)
    ):
        return Field(name, None, "not_applicable")
    return Field(name, None, "absent" if name in values["absent"] else "unknown")
