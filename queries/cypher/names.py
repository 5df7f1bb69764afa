"""What people type -> nodes, looked up on the server; :mod:`headwater.queries.targets`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headwater.errors import (
    AmbiguousTargetError,
    InvalidArgumentError,
    NodeNotFoundError,
)
from headwater.graph.kernels.csr import IntArray
from headwater.queries.cypher.asking import Asking, clean
from headwater.queries.cypher.nodes import find, node_of
from headwater.queries.cypher.search import near_matches
from headwater.queries.targets import FILTERS, Target, label_forms

_LABELLED = "UNWIND $forms AS form MATCH (l:Label {label: form}) RETURN DISTINCT l.id"
_FAMILY = "MATCH (f:Family {family: $slug}) RETURN f.name"
_FAMILIES = (
    "MATCH (f:Family) WHERE f.family CONTAINS $slug RETURN f.family ORDER BY f.row"
)
_FAMILY_MEMBERS = (
    "MATCH (f:Family {family: $slug})<-[:MEMBER_OF]-(n) RETURN n.node ORDER BY n.node"
)
_OWNED = {
    "namespace": (
        "MATCH (n:Artefact {namespace_node: $node}) RETURN n.node ORDER BY n.node"
    ),
    "developer": (
        "MATCH (n:Artefact {developer_node: $node}) RETURN n.node ORDER BY n.node"
    ),
}
_WORDS = (
    "MATCH (w:Word {column: $column, folded: $folded}) RETURN w.word ORDER BY w.code"
)
_LIKE_WORDS = (
    "MATCH (w:Word {column: $column}) WHERE w.folded CONTAINS $folded "
    "RETURN w.word ORDER BY w.code LIMIT 5"
)


def resolve_node(ask: Asking, text: str) -> int:
    """Return the one node that an id or a friendly name means.

    See :func:`headwater.queries.targets.resolve_node`.
    """
    (node,) = find(ask, [text.strip()])
    if node >= 0:
        return node
    found = [item for item in labelled(ask, text) if not item.startswith("family:")]
    if len(found) > 1:
        raise AmbiguousTargetError(text, found)
    if not found:
        raise NodeNotFoundError(text, near_matches(ask, text))
    return find(ask, found)[0]


def labelled(ask: Asking, text: str) -> list[str]:
    """Return what bears a friendly name, ids and families, in order of id."""
    forms = [clean(form) for form in label_forms(text)]
    return sorted(item for (item,) in ask.rows(_LABELLED, forms=forms))


def resolve_targets(
    ask: Asking, texts: Sequence[str]
) -> tuple[tuple[Target, ...], IntArray]:
    """Return what targets mean and the set they are together, ascending."""
    resolved = [_resolve(ask, text.strip()) for text in texts]
    members = resolved[0][1]
    if len(resolved) > 1:
        members = np.unique(np.concatenate([found for _, found in resolved]))
    return tuple(target for target, _ in resolved), members


def _resolve(ask: Asking, text: str) -> tuple[Target, IntArray]:
    head, _, rest = text.partition(":")
    if head in FILTERS and rest:
        return _filter(ask, text, head, rest)
    if head == "family":
        return _family(ask, text, rest)
    (node,) = find(ask, [text])
    if node < 0:
        choice = _choose(ask, text)
        if choice.startswith("family:"):
            return _family(ask, text, choice.removeprefix("family:"))
        (node,) = find(ask, [choice])
    identity, name, kind = node_of(ask, node)
    members = np.array([node], np.int32)
    if kind in _OWNED:
        members = _numbers(ask, _OWNED[kind], node=node)
    if not len(members):
        raise InvalidArgumentError(
            f"{identity} is in the graph, but no artefact of it is; "
            "name an artefact, or crawl it: headwater crawl --author NAME"
        )
    return Target(text, identity, name, kind, len(members)), members


def _choose(ask: Asking, text: str) -> str:
    found = labelled(ask, text)
    if not found:
        raise NodeNotFoundError(text, near_matches(ask, text))
    families = [item for item in found if item.startswith("family:")]
    if len(families) == 1:
        members = set(_numbers(ask, _FAMILY_MEMBERS, slug=families[0][7:]).tolist())
        if all(
            item in families or node in members
            for item, node in zip(found, find(ask, found), strict=True)
        ):
            return families[0]
    if len(found) > 1:
        raise AmbiguousTargetError(text, found)
    return found[0]


def _family(ask: Asking, text: str, slug: str) -> tuple[Target, IntArray]:
    names = list(ask.rows(_FAMILY, slug=clean(slug.lower())))
    if not names:
        near = ask.rows(_FAMILIES, slug=clean(slug))
        raise NodeNotFoundError(text, [f"family:{name}" for (name,) in near])
    members = _numbers(ask, _FAMILY_MEMBERS, slug=slug.lower())
    if not len(members):
        raise InvalidArgumentError(
            f"the family {slug} has no artefact in this snapshot"
        )
    found = Target(text, f"family:{slug.lower()}", names[0][0], "family", len(members))
    return found, members


def _filter(ask: Asking, text: str, column: str, value: str) -> tuple[Target, IntArray]:
    folded = clean(value.casefold())
    words = [word for (word,) in ask.rows(_WORDS, column=column, folded=folded)]
    if not words:
        near = ask.rows(_LIKE_WORDS, column=column, folded=folded)
        raise NodeNotFoundError(text, [f"{column}:{word}" for (word,) in near])
    # The column is one of three that are named here, never what somebody typed.
    members = _numbers(
        ask,
        f"MATCH (n:Artefact) WHERE n.{column} IN $words RETURN n.node ORDER BY n.node",
        words=words,
    )
    identity = f"{column}:{words[0]}"
    return Target(text, identity, identity, "filter", len(members)), members


def _numbers(ask: Asking, text: str, /, **parameters: object) -> IntArray:
    return np.array([node for (node,) in ask.rows(text, **parameters)], np.int32)
