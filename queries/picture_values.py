"""What a picture consists of: nodes, groups, edges; plain values, no layout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from headwater.queries.results import Result

FOCUS: Final = "focus"


@dataclass(frozen=True, slots=True)
class PictureNode:
    """One artefact that is drawn.

    Attributes
    ----------
    key : str
        Name of the place in the picture. An artefact on a cycle with the focus has a
        place on both sides, everything else one.
    id, name, kind, state : str
        The artefact.
    phantom : bool
        Named as a parent, never seen itself.
    side : {"focus", "up", "down"}
        What the focus stands on is up, what stands on it is down.
    depth : int
        Edges on a shortest lineage path to the focus.
    towards : str or None
        Key of the neighbour towards the focus; None at the focus.
    relation : str or None
        Relation of the edge to that neighbour.
    disputed, inferred : bool
        Whether sources disagree about that edge; whether it is only guessed.
    sources : tuple of str
        Who asserts that edge, most authoritative first.
    n_descendants : int
        Artefacts that stand on it, in the picture or not.
    n_parents : int
        Artefacts that it stands on directly, in the picture or not.
    downloads : int or None
        Downloads of the last 30 days; None is unknown.
    licence : str or None
        As declared, unchecked.
    cyclic : bool
        Whether it is on a cycle with the focus.
    in_target : bool
        Whether it is part of what the event happens to.
    verdict : str or None
        What the event does to it; None for what is not known to stand on the targets,
        and when no event was asked for.
    """

    key: str
    id: str
    name: str
    kind: str
    state: str
    phantom: bool
    side: str
    depth: int
    towards: str | None
    relation: str | None
    disputed: bool
    inferred: bool
    sources: tuple[str, ...]
    n_descendants: int
    n_parents: int
    downloads: int | None
    licence: str | None
    cyclic: bool
    in_target: bool
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """The relatives behind one node that are not drawn.

    Attributes
    ----------
    key : str
        Name of the place in the picture.
    behind : str
        Key of the node they are behind.
    side : {"up", "down"}
        The side of that node; at the focus, the side of the group.
    depth : int
        Generation of the nearest of them.
    n : int
        How many there are, in all generations.
    n_direct : int
        How many of them are next to that node.
    relations : tuple of (str, int)
        Relation to the neighbour towards the focus and how many have it, most first;
        sums to `n`.
    has_row : bool
        Whether some of the node's neighbours are drawn, so that the rest has a row of
        its own; otherwise the node itself says how many there are.
    verdicts : tuple of (str, int)
        What the event does to those of them that stand on its targets, worst first;
        empty without an event.
    """

    key: str
    behind: str
    side: str
    depth: int
    n: int
    n_direct: int
    relations: tuple[tuple[str, int], ...]
    has_row: bool
    verdicts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class PictureEdge:
    """One lineage edge between two places.

    Attributes
    ----------
    child, parent : str
        Keys of the ends.
    relation : str
        Relation of the edge.
    disputed, inferred : bool
        Whether sources disagree about it; whether it is only guessed.
    sources : tuple of str
        Who asserts it, most authoritative first.
    extra : bool
        True for an edge besides the one that gave a node its place.
    """

    child: str
    parent: str
    relation: str
    disputed: bool
    inferred: bool
    sources: tuple[str, ...]
    extra: bool


@dataclass(frozen=True, slots=True)
class Picture(Result):
    """An hourglass around an artefact.

    Attributes
    ----------
    snapshot, created : str
        Which snapshot was asked, and when it was compiled (ISO 8601, UTC).
    as_of : datetime.date or None
        Only what existed on that day.
    event : str or None
        The event that the verdicts are of.
    targets : tuple of str
        Ids of what it happens to; empty without an event.
    focus : PictureNode
        The artefact asked about.
    root_status : str
        Whether the focus is a root, and how sure that is.
    ancestors, descendants : tuple of PictureNode
        What is drawn, each node before what stands behind it.
    groups : tuple of Group
        What is not drawn.
    edges : tuple of PictureEdge
        All lineage edges between the places.
    n_ancestors, n_descendants : int
        How many there are: for each side, the nodes drawn plus `n` of its groups.
    relations_up, relations_down : tuple of (str, int)
        The same by relation to the neighbour towards the focus, most first.
    """

    snapshot: str
    created: str
    as_of: date | None
    event: str | None
    targets: tuple[str, ...]
    focus: PictureNode
    root_status: str
    ancestors: tuple[PictureNode, ...]
    descendants: tuple[PictureNode, ...]
    groups: tuple[Group, ...]
    edges: tuple[PictureEdge, ...]
    n_ancestors: int
    n_descendants: int
    relations_up: tuple[tuple[str, int], ...]
    relations_down: tuple[tuple[str, int], ...]

    @property
    def nodes(self) -> tuple[PictureNode, ...]:
        """Everything drawn: ancestors, focus, descendants."""
        return (*self.ancestors, self.focus, *self.descendants)
