"""What the European Open Source AI Index says of the models of a snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import QueryError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.openness import CLASSES, CRITERIA
from headwater.graph.roots import BODY_RELATIONS
from headwater.graph.schema import RELATION_CODE
from headwater.queries.licence_flow import owner_of

UNKNOWN: Final = "unknown"
DECISIVE: Final = ("weights", "datasources", "trainingcode", "licenses")
"""What the overall class asks for: what it takes to use a model and to make it again."""
_PARTS: Final = ("_basemodel", "_endmodel")
_MIRROR: Final = RELATION_CODE["mirror_of"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement of the index, as it bears on a model.

    Attributes
    ----------
    criterion, openness : str
        What is judged, and how.
    system : str
        The system in whose entry it stands.
    links : tuple of str
        Grounds that the index gives.
    note : str or None
        Its remark.
    document, seen : str
        Where it says so; day of reading.
    """

    criterion: str
    openness: str
    system: str
    links: tuple[str, ...]
    note: str | None
    document: str
    seen: str


def overall(criteria: Iterable[Judged]) -> str:
    """Return the overall class of a model by the index's own criteria.

    ``closed`` when its weights are closed; ``open`` when weights, data sources, training
    code and licences are all open; ``partial`` when one of them is judged less than
    open; ``unknown`` when nothing but openness is judged, and not all four. Of several
    judgements by one criterion the least open counts.

    Notes
    -----
    The index itself publishes criteria, and orders systems by all of them together; this
    rule takes the four without which a model cannot be used and made again. The rest
    (code, documentation, papers, package, API) is shown, not counted.

    Examples
    --------
    >>> def judged(**classes):
    ...     return [Judged(k, v, "S", (), None, "", "") for k, v in classes.items()]
    >>> overall(judged(weights_basemodel="open", datasources_basemodel="closed"))
    'partial'
    >>> overall(judged(weights_basemodel="open", licenses="open"))
    'unknown'
    """
    least: dict[str, int] = {}
    for item in criteria:
        name = _without_part(item.criterion)
        if name in DECISIVE:
            least[name] = max(least.get(name, 0), CLASSES.index(item.openness))
    if least.get("weights") == len(CLASSES) - 1:
        return CLASSES[-1]
    if any(least.values()):
        return CLASSES[1]
    return CLASSES[0] if len(least) == len(DECISIVE) else UNKNOWN


def _without_part(criterion: str) -> str:
    for part in _PARTS:
        criterion = criterion.removesuffix(part)
    return criterion


@dataclass(frozen=True, slots=True)
class _System:
    """One system: the node of its end model and of the one it was made from, or -1."""

    end: int
    base: int
    judged: tuple[Judged, ...]


class OpennessIndex:
    """The judgements of the index, by model.

    Attributes
    ----------
    n_systems : int
        Systems that it judges.
    """

    def __init__(self, graph: LineageGraph, rows: list[dict[str, Any]]) -> None:
        self._graph = graph
        by_document: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows:
            place = row["system"], row["document"]
            by_document.setdefault(place, []).append(row)
        systems = [
            _System(
                self._node(own[0]["end_model"]),
                self._node(own[0]["base_model"]),
                tuple(_judged(row) for row in own if row["openness"] in CLASSES),
            )
            for own in by_document.values()
        ]
        self.n_systems = len(systems)
        self._by_end: dict[int, list[_System]] = {}
        self._by_base: dict[int, list[_System]] = {}
        for system in systems:
            if system.end >= 0:
                self._by_end.setdefault(system.end, []).append(system)
            if system.base >= 0:
                self._by_base.setdefault(system.base, []).append(system)

    def root_nodes(self) -> list[int]:
        """Return the nodes that stand for listed models, ascending."""
        return sorted({*self._by_end, *self._by_base})

    def of_end_model(self, node: int) -> tuple[Judged, ...]:
        """Return what the index says of a model that is the end model of a system."""
        systems = self._by_end.get(self._canonical(node), ())
        return _in_order(item for system in systems for item in system.judged)

    def of_root(self, node: int) -> tuple[Judged, ...]:
        """Return what the index says of a root.

        A system made from the root tells of the root's weights and data sources; the
        rest of its entry tells of the root only where its own developer made the system,
        or where the root is the system.
        """
        node = self._canonical(node)
        found: list[Judged] = []
        for system in self._by_base.get(node, ()):
            own = system.end in (-1, node) or self._same_owner(system.end, node)
            found += [
                item
                for item in system.judged
                if item.criterion.endswith("_basemodel")
                or (own and not item.criterion.endswith("_endmodel"))
            ]
        for system in self._by_end.get(node, ()):
            # Where it has no base of its own, the end model is what was trained.
            if system.base == -1:
                found += [
                    item
                    for item in system.judged
                    if not item.criterion.endswith("_basemodel")
                ]
        return _in_order(found)

    def _node(self, given: str | None) -> int:
        node = -1 if given is None else self._graph.find(given)
        return node if node < 0 else self._canonical(node)

    def _canonical(self, node: int) -> int:
        """Return the node that stands for a model: the original of a mirror."""
        rows, seen = self._graph.parents, {node}
        while True:
            at = range(int(rows.offsets[node]), int(rows.offsets[node + 1]))
            body = [
                (int(rows.relations[place]), int(rows.targets[place]))
                for place in at
                if BODY_RELATIONS[rows.relations[place]]
            ]
            if len(body) != 1 or body[0][0] != _MIRROR or body[0][1] in seen:
                return int(self._graph.columns.representative[node])
            node = body[0][1]
            seen.add(node)

    def _same_owner(self, one: int, other: int) -> bool:
        owner = owner_of(self._graph, one)
        return owner >= 0 and owner == owner_of(self._graph, other)


def read_index(graph: LineageGraph) -> OpennessIndex:
    """Return the index as the snapshot holds it.

    Raises
    ------
    QueryError
        When it holds none.
    """
    rows = graph.rows("openness") if "openness" in graph.manifest.tables else []
    if not rows:
        raise QueryError(
            "the snapshot holds no openness index: it is not packaged. Get the YAML "
            "files of the European Open Source AI Index (https://osai-index.eu/, CC-BY "
            "4.0) and run: headwater import osai-index FOLDER"
        )
    return OpennessIndex(graph, rows)


def _judged(row: dict[str, Any]) -> Judged:
    return Judged(
        row["criterion"], row["openness"], row["system"], tuple(row["links"] or ()),
        row["note"], row["document"], row["seen"],
    )  # fmt: skip


def _in_order(found: Iterable[Judged]) -> tuple[Judged, ...]:
    place = {name: number for number, name in enumerate(CRITERIA)}
    return tuple(
        sorted(
            set(found),
            key=lambda item: (
                place.get(item.criterion, len(place)), item.criterion, item.system,
                item.document,
            ),
        )
    )  # fmt: skip
