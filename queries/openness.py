"""How open is what a model stands on, and what do all models stand on?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.kernels.csr import BoolArray
from headwater.graph.kernels.dag import condense
from headwater.graph.kernels.mass import push_mass
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.openness import CLASSES
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import ROOT_STATUSES
from headwater.queries.licence_flow import is_model
from headwater.queries.licence_paths import upstream
from headwater.queries.openness_index import (
    UNKNOWN,
    Judged,
    OpennessIndex,
    overall,
    read_index,
)
from headwater.queries.results import Result
from headwater.queries.targets import resolve_node

CITATION: Final = (
    "European Open Source AI Index, https://osai-index.eu/, CC-BY 4.0; A. Liesenfeld "
    "and M. Dingemanse, FAccT 2024"
)
_UNDECLARED: Final = ROOT_STATUSES.index("undeclared")


@dataclass(frozen=True, slots=True)
class RootOpenness:
    """A root and how open it is.

    Attributes
    ----------
    id, name : str
        The root.
    root_status : str
        ``established`` or ``presumed``.
    is_listed : bool
        Whether the index judges it.
    openness : str
        ``open``, ``partial``, ``closed`` or ``unknown``, by
        :func:`headwater.queries.openness_index.overall`.
    criteria : tuple of Judged
        In the order of the index; a criterion comes once a system that is judged by it.
    """

    id: str
    name: str
    root_status: str
    is_listed: bool
    openness: str
    criteria: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class ModelOpenness(Result):
    """How open a model is, and what it stands on.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    id, name, root_status : str
        The model.
    openness : str
        That of its least open root; ``unknown`` when one that is not known may be less
        open, or when nobody has said what the model stands on.
    own : tuple of Judged
        What the index says of the model itself as the end model of a system.
    roots : tuple of RootOpenness
        By id.
    has_undeclared : bool
        Whether something above it, or the model itself, has undeclared lineage.
    citation : str
        Whom to cite.
    """

    snapshot: str
    id: str
    name: str
    root_status: str
    openness: str
    own: tuple[Judged, ...]
    roots: tuple[RootOpenness, ...]
    has_undeclared: bool
    citation: str = CITATION


@dataclass(frozen=True, slots=True)
class ClassShare:
    """Models whose weights end in roots of one class.

    Attributes
    ----------
    openness : str
        ``open``, ``partial``, ``closed``; ``unjudged``: listed, but not in what the rule
        asks for; ``unlisted``: not in the index; ``undeclared``: no root is known.
    models : float
        Models, each of weight 1 split equally among parents, recursively.
    share : float
        Share in 0..1 of all models.
    n_roots : int
        Roots of this class that are reached.
    largest : tuple of (str, float)
        Up to ten roots with their models, largest first.
    """

    openness: str
    models: float
    share: float
    n_roots: int
    largest: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class OpennessShares(Result):
    """What the models stand on, by openness.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    n_models : int
        Models; those that are only named as a parent are left out.
    n_systems : int
        Systems in the index.
    known : float or None
        Share of models whose root has a class; None without models.
    classes : tuple of ClassShare
        Most open first, then what is not known.
    citation : str
        Whom to cite.
    """

    snapshot: str
    n_models: int
    n_systems: int
    known: float | None
    classes: tuple[ClassShare, ...]
    citation: str = CITATION


def model_openness(graph: LineageGraph, text: str) -> ModelOpenness:
    """Return the openness of what a model stands on.

    Parameters
    ----------
    text : str
        Node id or friendly name of a model.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When the text names no single node.
    InvalidArgumentError
        When it names something else than a model.
    QueryError
        When the snapshot holds no index; the message says how to import one.

    Notes
    -----
    O(edges above the model) and O(index). A root that the index does not list is
    unknown, never closed.
    """
    index = read_index(graph)
    node = resolve_node(graph, text)
    if graph.kind(node) != "model":
        raise InvalidArgumentError(
            f"{graph.ids[node]} is a {graph.kind(node)}; openness is asked of a model"
        )
    columns = graph.columns
    met = {int(columns.representative[item]) for item in upstream(graph, node).reached}
    met.add(int(columns.representative[node]))
    by_status: dict[str, list[int]] = {}
    for item in met:
        status = ROOT_STATUSES[columns.root_status[item]]
        by_status.setdefault(status, []).append(item)
    found = [*by_status.get("established", ()), *by_status.get("presumed", ())]
    roots = sorted(
        (_root(graph, index, item) for item in found), key=lambda root: root.id
    )
    has_undeclared = "undeclared" in by_status
    return ModelOpenness(
        snapshot=graph.manifest.id,
        id=graph.ids[node],
        name=graph.name(node),
        root_status=ROOT_STATUSES[columns.root_status[node]],
        openness=_least_open([root.openness for root in roots], has_undeclared),
        own=index.of_end_model(node),
        roots=tuple(roots),
        has_undeclared=has_undeclared,
    )


def _root(graph: LineageGraph, index: OpennessIndex, node: int) -> RootOpenness:
    criteria = index.of_root(node)
    return RootOpenness(
        id=graph.ids[node],
        name=graph.name(node),
        root_status=ROOT_STATUSES[graph.columns.root_status[node]],
        is_listed=bool(criteria),
        openness=overall(criteria),
        criteria=criteria,
    )


def _least_open(found: list[str], has_undeclared: bool) -> str:
    if CLASSES[-1] in found:
        return CLASSES[-1]  # nothing is less open, whatever else there may be
    if not found or has_undeclared or UNKNOWN in found:
        return UNKNOWN
    return max(found, key=CLASSES.index)


def openness_shares(
    graph: LineageGraph, selected: BoolArray | None = None
) -> OpennessShares:
    """Return how many models stand on roots of each class of openness.

    Each model has weight 1, split equally among the parents of its weights, recursively,
    until it arrives at roots; a mirror counts as its original. Shares sum to 1.

    Parameters
    ----------
    selected : bool array, shape (V,), optional
        Models that count; all by default.

    Raises
    ------
    InvalidArgumentError
        When no model is selected.
    QueryError
        When the snapshot holds no index; the message says how to import one.

    Notes
    -----
    O(V + E) after the condensation.

    See Also
    --------
    headwater.queries.openness_index.overall : the rule behind the classes.
    """
    index = read_index(graph)
    chosen = is_model(graph) if selected is None else selected
    if not chosen.any():
        raise InvalidArgumentError("no model is selected")
    dag = condense(graph.parents, BODY_RELATIONS, graph.columns.representative)
    arrived = push_mass(dag, chosen.astype(np.float64))
    roots = np.flatnonzero(arrived > 0)
    words = _classes_of(graph, index, roots)
    classes = tuple(
        _share(graph, word, roots[words == code], arrived)
        for code, word in enumerate(_SHARES)
    )
    return OpennessShares(
        snapshot=graph.manifest.id,
        n_models=int(chosen.sum()),
        n_systems=index.n_systems,
        known=sum(item.share for item in classes[: len(CLASSES)]),
        classes=classes,
    )


_SHARES: Final = (*CLASSES, "unjudged", "unlisted", "undeclared")
_LARGEST: Final = 10


def _classes_of(
    graph: LineageGraph, index: OpennessIndex, roots: NDArray[np.intp]
) -> NDArray[np.int8]:
    """Return the place of each root's class in :data:`_SHARES`."""
    found = np.full(len(roots), _SHARES.index("unlisted"), np.int8)
    for node in index.root_nodes():
        place = int(np.searchsorted(roots, node))
        if place < len(roots) and roots[place] == node:
            word = overall(index.of_root(node))
            found[place] = _SHARES.index("unjudged" if word == UNKNOWN else word)
    undeclared = graph.columns.root_status[roots] == _UNDECLARED
    found[undeclared] = _SHARES.index("undeclared")
    return found


def _share(
    graph: LineageGraph,
    word: str,
    roots: NDArray[np.intp],
    arrived: NDArray[np.float64],
) -> ClassShare:
    masses = arrived[roots]
    order = np.lexsort((roots, -masses))[:_LARGEST]
    total = float(masses.sum())
    return ClassShare(
        openness=word,
        models=total,
        share=total / float(arrived.sum()),
        n_roots=len(roots),
        largest=tuple(
            (graph.ids[node], mass)
            for node, mass in zip(
                roots[order].tolist(), masses[order].tolist(), strict=True
            )
        ),
    )
