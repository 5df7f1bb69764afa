"""Where everything stands: one column a generation, one row a leaf, no overlaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from headwater.queries.picture import FOCUS, Picture

ROW: Final = 23.5
"""Distance of two rows in px at zoom 1."""
BOX_HEIGHT: Final = 20.0
FOCUS_HEIGHT: Final = 44.0
GAP: Final = 44.0
"""Between two columns, for the edges."""
FAMILY_GAP: Final = 4.0
"""Between the rows of two families, so that siblings are seen to belong together."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle around its centre, in px at zoom 1; the focus is at the origin."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """All rectangles.

    Attributes
    ----------
    boxes : dict of str to Box
        Key of a node or a group with a row -> where it stands.
    columns : dict of int to (float, float)
        Generation, negative towards the ancestors -> left edge and width.
    bounds : (float, float, float, float)
        Left, top, right and bottom of everything.
    """

    boxes: dict[str, Box]
    columns: dict[int, tuple[float, float]]
    bounds: tuple[float, float, float, float]


def arrange(picture: Picture, widths: Mapping[str, float]) -> Layout:
    """Return where to draw a picture.

    Parameters
    ----------
    widths : mapping of str to float
        Key -> width that its text asks for; a column is as wide as its widest box.
    """
    generation = _generations(picture)
    columns = _columns(generation, widths)
    boxes: dict[str, Box] = {}
    for side in ("up", "down"):
        for key, y in _rows(_tree(picture, side)).items():
            left, width = columns[generation[key]]
            height = FOCUS_HEIGHT if key == FOCUS else BOX_HEIGHT
            boxes[key] = Box(left + width / 2, y, width, height)
    bounds = (
        min(box.x - box.width / 2 for box in boxes.values()),
        min(box.y - box.height / 2 for box in boxes.values()),
        max(box.x + box.width / 2 for box in boxes.values()),
        max(box.y + box.height / 2 for box in boxes.values()),
    )
    return Layout(boxes, columns, bounds)


def _generations(picture: Picture) -> dict[str, int]:
    found = {node.key: node.depth for node in (picture.focus, *picture.descendants)}
    found |= {node.key: -node.depth for node in picture.ancestors}
    for group in picture.groups:
        if group.has_row:
            found[group.key] = group.depth if group.side == "down" else -group.depth
    return found


def _columns(
    generation: Mapping[str, int], widths: Mapping[str, float]
) -> dict[int, tuple[float, float]]:
    width: dict[int, float] = defaultdict(float)
    for key, column in generation.items():
        width[column] = max(width[column], widths[key])
    columns = {0: (-width[0] / 2, width[0])}
    for column in range(1, max(width) + 1):
        before, size = columns[column - 1]
        columns[column] = (before + size + GAP, width[column])
    for column in range(-1, min(width) - 1, -1):
        columns[column] = (columns[column + 1][0] - GAP - width[column], width[column])
    return columns


def _tree(picture: Picture, side: str) -> dict[str, list[str]]:
    """Return the keys right behind each key of one side, the rest of them last."""
    behind: dict[str, list[str]] = {FOCUS: []}
    for node in picture.ancestors if side == "up" else picture.descendants:
        behind[node.key] = []
        behind[node.towards or FOCUS].append(node.key)
    for group in picture.groups:
        if group.has_row and group.side == side:
            behind[group.key] = []
            behind[group.behind].append(group.key)
    return behind


def _rows(behind: dict[str, list[str]]) -> dict[str, float]:
    """Return the height of each key, the focus at zero.

    Leaves take one row after the other; what has something behind it stands in the
    middle of that. Rows of two branches never mix, so nothing can overlap.
    """
    y: dict[str, float] = {}
    cursor = 0.0
    stack = [(FOCUS, False)]
    while stack:
        key, done = stack.pop()
        below = behind[key]
        if not below:
            y[key] = cursor
            cursor += ROW
        elif done:
            y[key] = (y[below[0]] + y[below[-1]]) / 2
            cursor += FAMILY_GAP
        else:
            stack.append((key, True))
            stack.extend((item, False) for item in reversed(below))
    zero = y[FOCUS]
    return {key: value - zero for key, value in y.items()}
