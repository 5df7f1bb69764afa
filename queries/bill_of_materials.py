"""What does my list of models consist of: the artefacts and all that they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS, ROOT_STATUSES, SOURCE_CODE, SOURCES
from headwater.queries.licence_table import UNLISTED, LicenceTable, licence_table
from headwater.queries.lineage import ancestors_of
from headwater.queries.results import Result
from headwater.queries.targets import resolve_targets

COMPLETENESS: Final = {
    "complete": "every path of its weights ends in a root that is known",
    "incomplete": "something further up is undeclared or was never seen",
    "unknown": "nobody has said what it stands on",
}
"""What is known of what a component stands on."""


@dataclass(frozen=True, slots=True)
class Component:
    """An artefact of the list, or something that one of these stands on.

    Attributes
    ----------
    id, name, kind, state : str
        The artefact; an id that nothing in the graph has is a model of state
        ``unknown``.
    is_listed : bool
        Whether it is of the list itself.
    depth : int
        Edges from the nearest artefact of the list; 0 for these.
    developer, supplier : str or None
        Who is behind it, else its namespace: id and name; None is unknown.
    licence : str or None
        As declared.
    licence_status : str
        ``declared``, ``absent``, ``unknown`` or ``not_applicable``.
    spdx : str or None
        SPDX id of the declared licence; None: SPDX has none for it.
    task : str or None
        What it is for, in the Hub's words.
    released : str or None
        Day of first release, YYYY-MM-DD.
    root_status : str
        Whether it is a root.
    completeness : str
        One of :data:`COMPLETENESS`.
    document : str or None
        Leading document.
    """

    id: str
    name: str
    kind: str
    state: str
    is_listed: bool
    depth: int
    developer: str | None
    supplier: str | None
    licence: str | None
    licence_status: str
    spdx: str | None
    task: str | None
    released: str | None
    root_status: str
    completeness: str
    document: str | None


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One lineage edge between two components, with its best evidence.

    Attributes
    ----------
    child, relation, parent : str
        The edge.
    disputed : bool
        Whether sources disagree about it.
    confidence : float
        Highest confidence among its claims, in (0, 1].
    sources : tuple of str
        Who asserts it, most authoritative first.
    documents : tuple of str
        Where they say so, each once.
    """

    child: str
    relation: str
    parent: str
    disputed: bool
    confidence: float
    sources: tuple[str, ...]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BillOfMaterials(Result):
    """A list of artefacts with everything that they stand on.

    :func:`headwater.queries.cyclonedx.cyclonedx_bytes` writes it as CycloneDX.

    Attributes
    ----------
    snapshot, created : str
        Which snapshot was asked, and when it was compiled.
    unresolved : tuple of str
        Ids of the list that nothing in the graph has; they are components too, and what
        they stand on is unknown.
    not_artefacts : tuple of str
        Ids of the list that are namespaces or developers; they are left out.
    components : tuple of Component
        Those of the list first, then the nearest, by id.
    ingredients : tuple of Ingredient
        By child and parent.
    """

    snapshot: str
    created: str
    unresolved: tuple[str, ...]
    not_artefacts: tuple[str, ...]
    components: tuple[Component, ...]
    ingredients: tuple[Ingredient, ...]


def bill_of_materials(
    graph: LineageGraph,
    targets: Sequence[str] = (),
    *,
    inventory: Sequence[str] = (),
    table: LicenceTable | None = None,
    most: int | None = None,
) -> BillOfMaterials:
    """Return what artefacts consist of: themselves and all of their ancestors.

    Parameters
    ----------
    targets : sequence of str
        Ids, names, families or filters, as for
        :func:`headwater.queries.what_breaks.what_breaks`; an unknown one is an error.
    inventory : sequence of str
        Ids of one's own, as :func:`headwater.queries.scenario.scenario` takes them; an
        unknown one is listed as unknown.
    most : int, optional
        Components that there may be.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When a target means nothing, or several things.
    InvalidArgumentError
        When neither a target nor an inventory is given, or there are too many components.

    Notes
    -----
    O(edges above the list), and one look into the tables.
    """
    if not targets and not inventory:
        raise InvalidArgumentError("name an artefact, or give an inventory")
    own = resolve_targets(graph, targets)[1].tolist() if targets else []
    unresolved: dict[str, None] = {}
    others: dict[str, None] = {}
    for text in inventory:
        node = graph.find(text.strip())
        if node < 0:
            unresolved[text.strip()] = None
        elif graph.kind(node) not in ARTEFACT_KINDS:
            others[graph.ids[node]] = None
        else:
            own.append(node)
    listed = np.unique(np.array(own, np.int32)).astype(np.int32)
    above = ancestors_of(graph, listed)
    depth: dict[int, int] = dict.fromkeys(listed.tolist(), 0)
    for node, away in zip(above.nodes.tolist(), above.depth.tolist(), strict=True):
        depth[node] = min(away, depth.get(node, away))
    count = len(depth) + len(unresolved)
    if most is not None and count > most:
        raise InvalidArgumentError(
            f"the bill would have {count:,} components, {most:,} is the limit here; name "
            "fewer artefacts (headwater bom has no limit)"
        )
    components = [
        *_components(graph, depth, table or licence_table()),
        *(_unknown(text) for text in unresolved),
    ]
    return BillOfMaterials(
        snapshot=graph.manifest.id,
        created=graph.manifest.created,
        unresolved=tuple(unresolved),
        not_artefacts=tuple(others),
        components=tuple(sorted(components, key=lambda item: (item.depth, item.id))),
        ingredients=tuple(_ingredients(graph, np.unique(above.edges))),
    )


def _components(
    graph: LineageGraph, depth: dict[int, int], table: LicenceTable
) -> Iterator[Component]:
    known = graph.columns.known_origin
    for row in graph.rows("nodes", node=sorted(depth)) if depth else []:
        node = int(row["node"])
        status = ROOT_STATUSES[graph.columns.root_status[node]]
        owner = row["developer"] or row["namespace"]
        completeness = "incomplete"
        if known[node]:
            completeness = "complete"
        elif not _n_parents(graph, node):
            completeness = "unknown"
        yield Component(
            id=row["id"],
            name=graph.name(node),
            kind=row["kind"],
            state=row["state"],
            is_listed=depth[node] == 0,
            depth=depth[node],
            developer=owner,
            supplier=None if owner is None else graph.name(graph.find(owner)),
            licence=row["licence"],
            licence_status=row["licence_status"],
            spdx=_spdx(table, row["licence"]),
            task=row["task"],
            released=row["released"] or row["created"],
            root_status=status,
            completeness=completeness,
            document=row["document"],
        )


def _n_parents(graph: LineageGraph, node: int) -> int:
    at = graph.parents.slice(node)
    return len(graph.parents.targets[at])


def _unknown(text: str) -> Component:
    return Component(
        id=text, name=text, kind="model", state="unknown", is_listed=True, depth=0,
        developer=None, supplier=None, licence=None, licence_status="unknown", spdx=None,
        task=None, released=None, root_status="undeclared", completeness="unknown", document=None,
    )  # fmt: skip


def _spdx(table: LicenceTable, licence: str | None) -> str | None:
    place = UNLISTED if licence is None else table.find(licence)
    if place == UNLISTED:
        return None
    found = table.licences[place].spdx
    return None if found.startswith(("LicenseRef-", "NOASSERTION")) else found


def _ingredients(graph: LineageGraph, edges: IntArray) -> Iterator[Ingredient]:
    if not len(edges):
        return
    claims: dict[int, list[dict[str, Any]]] = {}
    for claim in graph.rows("claims", edge=edges.tolist()):
        if claim["stance"] == "asserts":
            claims.setdefault(claim["edge"], []).append(claim)
    rows = graph.rows("edges", edge=edges.tolist())
    for row in sorted(rows, key=lambda row: (row["child"], row["parent"])):
        own = sorted(claims.get(row["edge"], ()), key=_rank)
        yield Ingredient(
            child=row["child"],
            relation=row["relation"],
            parent=row["parent"],
            disputed=row["disputed"],
            confidence=row["confidence"],
            sources=tuple(dict.fromkeys(claim["source"] for claim in own)),
            documents=tuple(dict.fromkeys(claim["document"] for claim in own)),
        )


def _rank(claim: dict[str, Any]) -> tuple[int, str, str]:
    rank = SOURCES[SOURCE_CODE[claim["source"]]].rank
    return rank, claim["source"], claim["document"]
