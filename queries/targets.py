"""What people type -> nodes of the graph: ids, names, families, filters.

Nothing is guessed: a name that fits several things is an error that lists them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.errors import (
    AmbiguousTargetError,
    InvalidArgumentError,
    NodeNotFoundError,
)
from headwater.graph.kernels.csr import IntArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.search import near_matches

FILTERS: Final = ("licence", "task", "library")
"""``licence:llama2`` and the like: all artefacts with that value."""


def check_question(targets: Sequence[str], events: Sequence[str]) -> None:
    """Refuse what cannot be asked: no target, or an event that there is not.

    Raises
    ------
    InvalidArgumentError
        In both cases.
    """
    known = ", ".join(EVENT_NAMES)
    unknown = next((name for name in events if name not in EVENT_NAMES), None)
    if unknown is not None:
        raise InvalidArgumentError(f"there is no event {unknown[:60]!r}; give {known}")
    if not targets:
        raise InvalidArgumentError(f"give a target, and events among {known}")


@dataclass(frozen=True, slots=True)
class Target:
    """A resolved target.

    Attributes
    ----------
    text : str
        As typed.
    id : str
        Node id, ``family:SLUG`` or ``FILTER:VALUE``.
    name : str
        Friendly name.
    kind : str
        Node kind, ``family`` or ``filter``.
    n_members : int
        Artefacts that it stands for.
    """

    text: str
    id: str
    name: str
    kind: str
    n_members: int


def resolve_node(graph: LineageGraph, text: str) -> int:
    """Return the one node that an id or friendly name means.

    Raises
    ------
    NodeNotFoundError
        Nothing has this name; the error holds near matches.
    AmbiguousTargetError
        Several things have it; the error lists them.
    """
    node = graph.find(text.strip())
    if node >= 0:
        return node
    found = [item for item in labelled(graph, text) if not item.startswith("family:")]
    if len(found) > 1:
        raise AmbiguousTargetError(text, found)
    if not found:
        raise NodeNotFoundError(text, near_matches(graph, text))
    return graph.find(found[0])


def resolve_target(graph: LineageGraph, text: str) -> tuple[Target, IntArray]:
    """Return what a target means and the artefacts it stands for, ascending.

    A namespace stands for all that it published, a developer for all that it and its
    namespaces published, a family for its members, a filter for all that match. A name
    that a family shares with its own members means the family.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        As for :func:`resolve_node`.
    InvalidArgumentError
        When the target stands for no artefact at all.
    """
    text = text.strip()
    head, _, rest = text.partition(":")
    if head in FILTERS and rest:
        return _filter(graph, text, head, rest)
    if head == "family":
        return _family(graph, text, rest)
    node = graph.find(text)
    if node < 0:
        choice = _choose(graph, text)
        if choice.startswith("family:"):
            return _family(graph, text, choice.removeprefix("family:"))
        node = graph.find(choice)
    members = _members(graph, node)
    if not len(members):
        raise InvalidArgumentError(
            f"{graph.ids[node]} is in the graph, but no artefact of it is; "
            "name an artefact, or crawl it: headwater crawl --author NAME"
        )
    found = Target(
        text, graph.ids[node], graph.name(node), graph.kind(node), len(members)
    )
    return found, members


def resolve_targets(
    graph: LineageGraph, texts: Sequence[str]
) -> tuple[tuple[Target, ...], IntArray]:
    """Return what several targets mean, and the set they are together, ascending.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError, InvalidArgumentError
        As for :func:`resolve_target`.
    """
    resolved = [resolve_target(graph, text) for text in texts]
    members = resolved[0][1]
    if len(resolved) > 1:
        members = np.unique(np.concatenate([found for _, found in resolved]))
    return tuple(target for target, _ in resolved), members


def labelled(graph: LineageGraph, text: str) -> list[str]:
    """Return what bears a friendly name, ids and families, in order of id."""
    labels: list[list[str]] = graph.vocabulary["labels"]
    found: dict[str, None] = {}
    for label in label_forms(text):
        at = bisect_left(labels, [label])
        while at < len(labels) and labels[at][0] == label:
            found[labels[at][1]] = None
            at += 1
    return sorted(found)


def label_forms(text: str) -> tuple[str, ...]:
    """Return the friendly names that somebody may mean who types a text."""
    wanted = " ".join(text.casefold().split())
    return wanted, wanted.removeprefix("the "), f"the {wanted}"


def _choose(graph: LineageGraph, text: str) -> str:
    found = labelled(graph, text)
    if not found:
        raise NodeNotFoundError(text, near_matches(graph, text))
    families = [item for item in found if item.startswith("family:")]
    if len(families) == 1:
        members = set(graph.vocabulary["families"][families[0][7:]]["members"])
        if all(item in families or graph.find(item) in members for item in found):
            return families[0]
    if len(found) > 1:
        raise AmbiguousTargetError(text, found)
    return found[0]


def _family(graph: LineageGraph, text: str, slug: str) -> tuple[Target, IntArray]:
    families = graph.vocabulary["families"]
    family = families.get(slug.lower())
    if family is None:
        raise NodeNotFoundError(
            text, [f"family:{name}" for name in families if slug in name]
        )
    members = np.array(family["members"], np.int32)
    if not len(members):
        raise InvalidArgumentError(
            f"the family {slug} has no artefact in this snapshot"
        )
    found = Target(
        text, f"family:{slug.lower()}", family["name"], "family", len(members)
    )
    return found, members


def _filter(
    graph: LineageGraph, text: str, column: str, value: str
) -> tuple[Target, IntArray]:
    words: list[str] = graph.vocabulary[column]
    folded = [word.casefold() for word in words]
    if value.casefold() not in folded:
        raise NodeNotFoundError(
            text,
            [
                f"{column}:{word}"
                for word in words
                if value.casefold() in word.casefold()
            ][:5],
        )
    codes = [code for code, word in enumerate(folded) if word == value.casefold()]
    fits = np.isin(getattr(graph.columns, column)[: graph.n_artefacts], codes)
    members: IntArray = np.flatnonzero(fits).astype(np.int32)
    identity = f"{column}:{words[codes[0]]}"
    return Target(text, identity, identity, "filter", len(members)), members


def _members(graph: LineageGraph, node: int) -> IntArray:
    """Return the artefacts that a node stands for."""
    kind, columns = graph.kind(node), graph.columns
    if kind == "namespace":
        return np.flatnonzero(columns.namespace[: graph.n_artefacts] == node).astype(
            np.int32
        )
    if kind == "developer":
        return np.flatnonzero(columns.developer[: graph.n_artefacts] == node).astype(
            np.int32
        )
    return np.array([node], np.int32)
