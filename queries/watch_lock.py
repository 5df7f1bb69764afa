"""What some artefacts stand on, written down so that it can be compared later."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec
import numpy as np

from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LINEAGE_RELATIONS, LineageGraph
from headwater.graph.schema import ARTEFACT_KINDS, RELATION_CODE, RELATIONS, STATES
from headwater.queries.lineage import ancestors_of
from headwater.queries.results import Result
from headwater.queries.targets import resolve_node

FORMAT: Final = "headwater-lock"
VERSION: Final = 1
_INVISIBLE: Final = ("Cc", "Cf", "Cs", "Co")
_IS_LINEAGE: Final = tuple(LINEAGE_RELATIONS.tolist())


@dataclass(frozen=True, slots=True)
class ParentEdge:
    """An accepted lineage edge to a parent; `relation` as in the schema."""

    parent: str
    relation: str


@dataclass(frozen=True, slots=True)
class LockedArtefact:
    """What is compared of one artefact.

    Attributes
    ----------
    kind, state : str
        As in the schema.
    phantom : bool
        Named as a parent, never seen.
    hub_id : str or None
        The Hub's ``_id``; None: unknown.
    access, licence : str or None
        Curated access, declared licence; None: see `licence_status`, or nobody said.
    licence_status : str
        ``declared``, ``absent``, ``unknown`` or ``not_applicable``.
    parents : tuple of ParentEdge
        Direct lineage edges, by parent and relation.
    """

    kind: str
    state: str
    phantom: bool
    hub_id: str | None
    access: str | None
    licence: str | None
    licence_status: str
    parents: tuple[ParentEdge, ...]


@dataclass(frozen=True, slots=True)
class Lock(Result):
    """Watched artefacts and all that they stand on, as one snapshot has it.

    Attributes
    ----------
    format, version : str, int
        Which file this is; checked when it is read.
    snapshot, created : str
        The snapshot and the moment of its compilation.
    watched : tuple of str
        Ids, in the order given.
    artefacts : dict of str to LockedArtefact
        The watched ones and everything upstream of them, by id.
    """

    format: str
    version: int
    snapshot: str
    created: str
    watched: tuple[str, ...]
    artefacts: dict[str, LockedArtefact]


def make_lock(graph: LineageGraph, names: Sequence[str]) -> Lock:
    """Return what the named artefacts stand on.

    Parameters
    ----------
    names : sequence of str
        Ids or friendly names of artefacts.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When a name means nothing, or several things; all unknown ones are named.
    InvalidArgumentError
        When there is no name, or one means a namespace or a developer.

    Notes
    -----
    O(edges met), and one look into the table of nodes.
    """
    nodes = list(dict.fromkeys(_resolved(graph, names)))
    return lock_nodes(graph, np.array(nodes, np.int32))


def lock_nodes(graph: LineageGraph, nodes: IntArray) -> Lock:
    """Return what artefacts, given by their nodes, stand on."""
    above = ancestors_of(graph, nodes)
    every = np.union1d(nodes, above.nodes).astype(np.int32)
    return Lock(
        FORMAT, VERSION, graph.manifest.id, graph.manifest.created,
        tuple(graph.ids[node] for node in nodes.tolist()),
        describe_nodes(graph, every),
    )  # fmt: skip


def describe_nodes(graph: LineageGraph, nodes: IntArray) -> dict[str, LockedArtefact]:
    """Return what is compared of artefacts, by id in order."""
    rows = graph.rows("nodes", node=nodes.tolist())
    return dict(sorted((row["id"], _locked(graph, row)) for row in rows))


def _resolved(graph: LineageGraph, names: Sequence[str]) -> list[int]:
    if not names:
        raise InvalidArgumentError("there is no artefact to watch; name at least one")
    found: list[int] = []
    unknown: list[NodeNotFoundError] = []
    for name in names:
        try:
            node = resolve_node(graph, name)
        except NodeNotFoundError as error:
            unknown.append(error)
            continue
        if graph.kind(node) not in ARTEFACT_KINDS:
            raise InvalidArgumentError(
                f"{graph.ids[node]} is a {graph.kind(node)}; watch artefacts "
                "(headwater search lists those of it)"
            )
        found.append(node)
    if len(unknown) == 1:
        raise unknown[0]
    if unknown:
        raise NodeNotFoundError(", ".join(error.text for error in unknown))
    return found


def _locked(graph: LineageGraph, row: dict[str, Any]) -> LockedArtefact:
    rows = graph.parents
    at = rows.slice(int(row["node"]))
    edges = sorted(
        (graph.ids[parent], RELATIONS[code].name)
        for parent, code in zip(
            rows.targets[at].tolist(), rows.relations[at].tolist(), strict=True
        )
        if _IS_LINEAGE[code]
    )
    return LockedArtefact(
        row["kind"], row["state"], row["phantom"], row["hub_id"], row["access"],
        row["licence"], row["licence_status"],
        tuple(ParentEdge(parent, relation) for parent, relation in edges),
    )  # fmt: skip


def lock_bytes(lock: Lock) -> bytes:
    """Return the lock as the JSON of its file; equal locks give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(asdict(lock)), indent=1) + b"\n"


def parse_lock(data: bytes, name: str) -> Lock:
    """Return the lock that a file holds; `name` is what errors call it.

    Raises
    ------
    InvalidArgumentError
        When it is no lock, of another version, or names what it does not hold.

    Examples
    --------
    >>> parse_lock(b'{"format": "else"}', "x.lock")
    Traceback (most recent call last):
    headwater.errors.InvalidArgumentError: x.lock is no lock file of headwater
    """
    try:
        head = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidArgumentError(f"{name} is no JSON: {error}") from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise InvalidArgumentError(f"{name} is no lock file of headwater")
    if head.get("version") != VERSION:
        raise InvalidArgumentError(
            f"{name} has lock version {str(head.get('version'))[:20]}, this headwater "
            f"reads {VERSION}; write it again: headwater watch --write {name} NAME..."
        )
    try:
        lock = msgspec.convert(head, Lock)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"{name} is damaged: {error}") from None
    problem = _problem(lock)
    if problem is not None:
        raise InvalidArgumentError(f"{name} is damaged: it {problem}")
    return lock


def _problem(lock: Lock) -> str | None:
    edges = [edge for item in lock.artefacts.values() for edge in item.parents]
    named = {*lock.watched, *(edge.parent for edge in edges)}
    for missing in sorted(named - lock.artefacts.keys()):
        return f"holds nothing of {missing[:200]!r}"
    for words, known, what in (
        ({edge.relation for edge in edges}, RELATION_CODE, "relation"),
        ({item.state for item in lock.artefacts.values()}, STATES, "state"),
        ({item.kind for item in lock.artefacts.values()}, ARTEFACT_KINDS, "kind"),
    ):
        for wrong in sorted(words - set(known)):
            return f"has an unknown {what} {wrong[:40]!r}"
    for text in _texts(lock):
        # A lock may come from strangers, and its words are printed.
        if any(unicodedata.category(letter) in _INVISIBLE for letter in text):
            return f"has invisible letters in {text[:80]!r}"
    return None if lock.watched else "watches nothing"


def _texts(lock: Lock) -> Iterator[str]:
    yield from (lock.snapshot, lock.created, *lock.artefacts)
    for item in lock.artefacts.values():
        yield from (item.access or "", item.licence or "", item.hub_id or "")
