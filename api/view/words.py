"""The words of the page: all foreign text passes through here, as plain text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from headwater.queries.colours import RELATION_LOOKS
from headwater.queries.picture import Group, Picture, PictureNode

LONGEST: Final = 200
"""Letters of a foreign text that are shown; no id is longer."""
_SHARED_PREFIX: Final = 6
"""Letters that a name must share with its neighbour's to be shortened by them."""
_JOINERS: Final = "\u200c\u200d"
_SPACES: Final = "\t\n\r\x0b\x0c\x85\u2028\u2029"


def clean(text: str, longest: int = LONGEST) -> str:
    r"""Return text that cannot reorder, hide or flood what stands around it.

    Control and format characters (bidirectional marks too) become U+FFFD, so that it
    shows that something was there; only the joiners that scripts need are kept.

    Examples
    --------
    >>> clean("a\u202eb\tc")
    'a�b c'
    """
    kept = "".join(" " if item in _SPACES else item for item in text[: longest + 1])
    kept = "".join(
        "\ufffd"
        if unicodedata.category(item) in ("Cc", "Cf", "Co", "Cs")
        and item not in _JOINERS
        else item
        for item in kept
    )
    return kept if len(text) <= longest else kept[: longest - 1] + "…"


def count(number: int, noun: str) -> str:
    """Return a number with separators and its noun.

    Examples
    --------
    >>> count(1, "artefact"), count(12381, "artefact")
    ('1 artefact', '12,381 artefacts')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def headline(picture: Picture) -> str:
    """Return the answer in one sentence."""
    n = picture.n_descendants
    return (
        f"{clean(picture.focus.name, 80)}: {count(n, 'artefact')} "
        f"{'stands' if n == 1 else 'stand'} on it, it stands on {picture.n_ancestors:,}"
    )


_ROOT_WORDS: Final = {
    "established": "An established root: its record says that it was trained from scratch.",
    "presumed": "A presumed root: others build on it, nobody names a parent.",
    "undeclared": "Nobody has said what it stands on.",
}


def standing(picture: Picture) -> str:
    """Return what having no ancestors means here, or nothing."""
    if picture.n_ancestors:
        return ""
    return _ROOT_WORDS.get(picture.root_status, _ROOT_WORDS["undeclared"])


def drawn(picture: Picture) -> str:
    """Return how much of everything is in the picture."""
    total = picture.n_ancestors + picture.n_descendants
    shown = len(picture.ancestors) + len(picture.descendants)
    if shown == total:
        return "" if not total else f"All {count(total, 'relative')} drawn."
    return f"{shown:,} of {count(total, 'relative')} drawn, {total - shown:,} folded."


def facts(node: PictureNode) -> list[str]:
    """Return kind, state and the like of the artefact itself."""
    state = "named as a parent, never seen" if node.phantom else node.state
    if state == "unknown":
        state = "state unknown"
    return [node.kind, state, licence(node), downloads(node)]


def licence(node: PictureNode) -> str:
    """Return the declared licence in words."""
    return (
        "licence unknown" if node.licence is None else f"licence {clean(node.licence)}"
    )


def downloads(node: PictureNode) -> str:
    """Return the downloads in words; unknown is no zero."""
    if node.downloads is None:
        return "downloads unknown"
    return f"{count(node.downloads, 'download')} in 30 days"


def evidence(node: PictureNode) -> str:
    """Return how sure the edge of a node is."""
    words = ["disputed"] if node.disputed else []
    words += ["inferred"] if node.inferred else []
    return ", ".join(words) or "declared"


def edge_sentence(node: PictureNode, towards: PictureNode) -> str:
    """Return the edge that gave a node its place, child first."""
    relation = RELATION_LOOKS[node.relation or "unspecified"].word
    ends = (node, towards) if node.side == "down" else (towards, node)
    child, parent = (clean(item.id) for item in ends)
    return f"{child} \u2013 {relation} \u2192 {parent}"


def tooltip(picture: Picture, node: PictureNode, n_edges: int) -> str:
    """Return what hovering tells: plain text, one fact a line.

    Parameters
    ----------
    n_edges : int
        Parents of the node that are in the picture.
    """
    lines = [clean(node.id)]
    if node.name != node.id:
        lines.append(clean(node.name))
    about = facts(node)
    lines += [" · ".join(about[:-1]), about[-1]]
    if node.towards is not None:
        towards = next(item for item in picture.nodes if item.key == node.towards)
        lines.append(edge_sentence(node, towards))
        lines.append(
            f"{evidence(node)}: {', '.join(node.sources) or 'no source named'}"
        )
    stands = "stands" if node.n_descendants == 1 else "stand"
    lines.append(f"{count(node.n_descendants, 'artefact')} {stands} on it")
    if node.n_parents > n_edges:
        lines.append(f"{count(node.n_parents - n_edges, 'further parent')} not drawn")
    if node.cyclic:
        lines.append("on a cycle with the focus: drawn on both sides")
    return "\n".join(lines)


def by_relation(relations: tuple[tuple[str, int], ...]) -> str:
    """Return counts by relation in words, most first."""
    return ", ".join(f"{n:,} {RELATION_LOOKS[name].word}" for name, n in relations)


def group_label(group: Group) -> str:
    """Return the text of a group; what it holds by relation follows in brackets."""
    return f"…and {group.n:,} more"


def group_tooltip(group: Group) -> str:
    """Return what hovering over a group tells."""
    lines = [f"{group_label(group)}, not drawn", by_relation(group.relations)]
    if group.n_direct < group.n:
        lines.append(f"{group.n_direct:,} of them directly, the rest further on")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Label:
    """The text in a box: owner, then the telling part of the name."""

    owner: str
    name: str


def label(node: PictureNode, towards: PictureNode | None) -> Label:
    """Return a node's label; it does not repeat what its neighbour's name says."""
    owner, name = _split(node)
    if towards is not None and node.side == "down":
        other = _split(towards)[1]
        same = owner and name == other
        name = "same name" if same else _without_shared(name, other)
    return Label(clean(owner), clean(name))


def _split(node: PictureNode) -> tuple[str, str]:
    if node.name != node.id:
        return "", node.name
    owner, _, name = node.id.rpartition("/")
    return owner, name


def _without_shared(name: str, other: str) -> str:
    same = 0
    while same < min(len(name), len(other)) and name[same] == other[same]:
        same += 1
    # Cut where a word begins, and keep the separator: "…-GGUF".
    while same and same < len(name) and name[same] not in "-_.":
        same -= 1
    if same < _SHARED_PREFIX or same >= len(name):
        return name
    return "…" + name[same:]


def day(created: str, as_of: date | None) -> str:
    """Return the date of the snapshot, and the day that was asked about."""
    text = clean(created)[:10]
    return text if as_of is None else f"{text}, as of {as_of.isoformat()}"
