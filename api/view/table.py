"""The same picture as a table: for readers of text, of paper and of screen readers."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.api.view import words
from headwater.queries.colours import RELATION_LOOKS
from headwater.queries.picture import Group, Picture, PictureNode


@dataclass(frozen=True, slots=True)
class Row:
    """One artefact, or one group of artefacts that are not drawn.

    Attributes
    ----------
    where : str
        Side and generation.
    id, name : str
        Artefact, or the text of the group; the name is empty where it is the id.
    relation, neighbour : str
        The edge that gave it its place: relation code, id of the other end.
    relation_word : str
        The relation, or the relations of a group, in words.
    evidence : str
        Declared, inferred or disputed, and by which sources.
    n_descendants, downloads : str
        With separators; a question mark is unknown.
    state, licence : str
        In words.
    """

    where: str
    id: str
    name: str
    relation: str
    relation_word: str
    neighbour: str
    evidence: str
    n_descendants: str
    downloads: str
    state: str
    licence: str
    is_group: bool = False
    is_focus: bool = False


def rows(picture: Picture) -> list[Row]:
    """Return the rows of a picture: ancestors far to near, focus, descendants."""
    by_key = {node.key: node for node in picture.nodes}
    ancestors = sorted(picture.ancestors, key=lambda node: -node.depth)
    groups = {(group.behind, group.side): group for group in picture.groups}
    found: list[Row] = []
    for node in (*ancestors, picture.focus, *picture.descendants):
        above, below = groups.get((node.key, "up")), groups.get((node.key, "down"))
        if above is not None:
            found.append(_of_group(above, node))
        found.append(_of_node(node, by_key.get(node.towards or "")))
        if below is not None:
            found.append(_of_group(below, node))
    return found


def _where(side: str, depth: int) -> str:
    if side == "focus":
        return "focus"
    return f"{depth} {side}"


def _of_node(node: PictureNode, towards: PictureNode | None) -> Row:
    relation = node.relation or ""
    sources = ", ".join(node.sources)
    return Row(
        where=_where(node.side, node.depth),
        id=words.clean(node.id),
        name="" if node.name == node.id else words.clean(node.name),
        relation=relation,
        relation_word=RELATION_LOOKS[relation].word if relation else "",
        neighbour=words.clean(towards.id) if towards is not None else "",
        evidence=f"{words.evidence(node)}: {sources}" if towards is not None else "",
        n_descendants=f"{node.n_descendants:,}",
        downloads="?" if node.downloads is None else f"{node.downloads:,}",
        state="never seen" if node.phantom else node.state,
        licence="?" if node.licence is None else words.clean(node.licence),
        is_focus=towards is None,
    )


def _of_group(group: Group, node: PictureNode) -> Row:
    return Row(
        where=_where(group.side, group.depth),
        id=words.group_label(group),
        name="",
        relation="",
        relation_word=words.by_relation(group.relations),
        neighbour=words.clean(node.id),
        evidence="", n_descendants="", downloads="", state="", licence="",
        is_group=True,
    )  # fmt: skip
