"""Pictures of graphs: a lineage in generations, an impact tree as an icicle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Rectangle
from matplotlib.path import Path

from headwater.queries.colours import RELATION_LOOKS, VERDICT_LOOKS
from headwater.queries.impact_tree import Block, ImpactTree
from headwater.queries.lineage import Lineage, Relative
from headwater.queries.picture_values import Picture
from headwater.queries.plots_base import Theme, plain, short

_WIDTH: Final = 1.95
_STEP: Final = 2.75
_HEIGHT: Final = 0.27
_ROW: Final = 0.36
_LETTERS: Final = 27
_NARROWEST: Final = 6.5


@dataclass(frozen=True, slots=True)
class _Box:
    """One artefact: its key, what is written, its column, and how it looks."""

    key: str
    text: str
    column: int
    kind: str
    is_there: bool


_Edge = tuple[str, str, str]


def draw_lineage(
    answer: Lineage, theme: Theme, *, depth: int = 3, limit: int = 12
) -> Axes:
    """Draw ancestors to the left and descendants to the right, generation by generation.

    Parameters
    ----------
    depth : int
        So many generations each way.
    limit : int
        So many artefacts a generation, the most popular first; the rest is counted.
    """
    neighbours: dict[str, set[str]] = {}
    for step in answer.edges:
        neighbours.setdefault(step.child, set()).add(step.parent)
        neighbours.setdefault(step.parent, set()).add(step.child)
    boxes = [_Box(answer.id, answer.name, 0, "focus", is_there=True)]
    more: dict[int, int] = {}
    for sign, relatives, n in (
        (-1, answer.ancestors, answer.n_ancestors),
        (1, answer.descendants, answer.n_descendants),
    ):
        columns = _chosen(answer.id, relatives, neighbours, (depth, limit))
        for away, found in columns.items():
            boxes += [
                _Box(item.id, item.name, sign * away, item.kind,
                     is_there=item.state in ("present", "gated"))
                for item in found
            ]  # fmt: skip
        _count_more(more, sign, columns, relatives, n)
    edges = [(step.child, step.parent, step.relation) for step in answer.edges]
    ax = _draw(theme, _unlike(boxes), edges, more)
    theme.title(ax, f"{answer.name}: what it stands on, and what stands on it",
                f"{answer.n_ancestors:,} ancestors to the left, {answer.n_descendants:,} "
                f"descendants to the right; snapshot {answer.snapshot}")  # fmt: skip
    return ax


def _chosen(
    focus: str,
    relatives: Sequence[Relative],
    neighbours: Mapping[str, set[str]],
    most: tuple[int, int],
) -> dict[int, list[Relative]]:
    """Return what is drawn of each generation: only what hangs on something drawn."""
    depth, limit = most
    found: dict[int, list[Relative]] = {}
    drawn = {focus}
    for item in relatives:  # nearest first
        column = found.setdefault(item.depth, []) if item.depth <= depth else None
        if column is None or len(column) >= limit:
            continue
        if not drawn.isdisjoint(neighbours.get(item.id, ())):
            column.append(item)
            drawn.add(item.id)
    return found


def _count_more(
    more: dict[int, int],
    sign: int,
    columns: Mapping[int, Sequence[Relative]],
    relatives: Sequence[Relative],
    n: int,
) -> None:
    """Count what is not drawn, each generation at its column, the rest at the last."""
    rest = n
    for away, found in columns.items():
        number = sum(item.depth == away for item in relatives)
        rest -= number
        if number > len(found):
            more[sign * away] = number - len(found)
    if rest:
        last = sign * max(columns, default=1)
        more[last] = more.get(last, 0) + rest


def draw_picture(
    answer: Picture, theme: Theme, *, depth: int = 3, limit: int = 12
) -> Axes:
    """Draw an hourglass as :func:`draw_lineage` does, its groups counted."""
    sides = {"up": -1, "down": 1, "focus": 0}
    boxes, drawn, more = [], dict[int, int](), dict[int, int]()
    for node in (answer.focus, *answer.ancestors, *answer.descendants):
        column = sides[node.side] * node.depth
        drawn[column] = drawn.get(column, 0) + 1
        if node.depth > depth or drawn[column] > limit:
            last = max(-depth, min(depth, column))
            more[last] = more.get(last, 0) + 1
            continue
        kind = "focus" if node.side == "focus" else node.kind
        boxes.append(
            _Box(node.key, node.name, column, kind,
                 is_there=node.state in ("present", "gated"))
        )  # fmt: skip
    columns = [box.column for box in boxes]
    for group in answer.groups:
        column = sides[group.side] * group.depth
        last = max(min(columns), min(max(columns), column))
        more[last] = more.get(last, 0) + group.n
    edges = [(edge.child, edge.parent, edge.relation) for edge in answer.edges]
    ax = _draw(theme, boxes, edges, more)
    theme.title(ax, f"{answer.focus.name}: what it stands on, and what stands on it",
                f"{answer.n_ancestors:,} ancestors to the left, {answer.n_descendants:,} "
                "descendants to the right")  # fmt: skip
    return ax


def _unlike(boxes: Sequence[_Box]) -> list[_Box]:
    """Return each artefact once: one on a cycle is above and below the focus."""
    return list({box.key: box for box in reversed(boxes)}.values())[::-1]


def _draw(
    theme: Theme, boxes: Sequence[_Box], edges: Sequence[_Edge], more: Mapping[int, int]
) -> Axes:
    columns = sorted({box.column for box in boxes} | set(more))
    ordered = _order(boxes, edges, columns)
    tallest = max(len(ordered[column]) + bool(more.get(column)) for column in columns)
    width = _STEP * (len(columns) - 1) + _WIDTH
    height = _ROW * tallest
    wide = max(width, _NARROWEST)
    ax = theme.sized(wide, height)
    places: dict[str, tuple[float, float]] = {}
    for x, column in enumerate(columns):
        listed = ordered[column]
        top = (height + _ROW * (len(listed) + bool(more.get(column)))) / 2 - _ROW / 2
        for y, box in enumerate(listed):
            places[box.key] = (x * _STEP, top - y * _ROW)
            _box(theme, ax, box, places[box.key])
        if more.get(column):
            ax.text(x * _STEP + _WIDTH / 2, top - len(listed) * _ROW,
                    f"+ {more[column]:,} more", ha="center", va="center", fontsize=7.5,
                    style="italic", color=theme.surface("ink-3"))  # fmt: skip
    used = {}
    for child, parent, relation in edges:
        if child in places and parent in places:
            used[relation] = _curve(theme, ax, places[parent], places[child], relation)
    ax.set_xlim(-0.02, wide + 0.02)
    ax.set_ylim(-0.02, height + 0.02)
    ax.axis("off")
    handles = [
        Line2D([], [], color=theme.of(RELATION_LOOKS[name]), linewidth=2,
               label=RELATION_LOOKS[name].word)
        for name in RELATION_LOOKS
        if name in used
    ]  # fmt: skip
    theme.legend(ax, handles, 7, tight=True)
    return ax


def _order(
    boxes: Sequence[_Box], edges: Sequence[_Edge], columns: Sequence[int]
) -> dict[int, list[_Box]]:
    """Return the boxes of each column, near those that they hang together with."""
    neighbours: dict[str, list[str]] = {}
    for child, parent, _ in edges:
        neighbours.setdefault(child, []).append(parent)
        neighbours.setdefault(parent, []).append(child)
    found: dict[int, list[_Box]] = {column: [] for column in columns}
    for box in boxes:
        found[box.column].append(box)
    place: dict[str, float] = {}
    # From the focus outwards: what is nearer has its place already.
    for column in sorted(columns, key=lambda item: (abs(item), item)):
        listed = found[column]
        start = {box.key: at for at, box in enumerate(listed)}

        def wanted(box: _Box, start: Mapping[str, int] = start) -> tuple[float, int]:
            near = [place[key] for key in neighbours.get(box.key, ()) if key in place]
            mean = sum(near) / len(near) if near else float("inf")
            return mean, start[box.key]

        listed.sort(key=wanted)
        for at, box in enumerate(listed):
            place[box.key] = (at + 0.5) / len(listed)
    return found


def _box(theme: Theme, ax: Axes, box: _Box, at: tuple[float, float]) -> None:
    is_focus = box.kind == "focus"
    edge = {
        "dataset": theme.of(RELATION_LOOKS["trained_on"]),
        "application": theme.of(RELATION_LOOKS["uses"]),
    }.get(box.kind, theme.surface("control"))
    ax.add_patch(
        FancyBboxPatch(
            (at[0], at[1] - _HEIGHT / 2), _WIDTH, _HEIGHT,
            boxstyle=f"round,pad=0,rounding_size={0.13 if box.kind == 'dataset' else 0.05}",
            facecolor=theme.surface("accent" if is_focus else "paper"),
            edgecolor=theme.surface("accent") if is_focus else edge, linewidth=1.1,
            linestyle="-" if box.is_there else (0, (3, 2)), zorder=3,
        )
    )  # fmt: skip
    ax.text(
        at[0] + _WIDTH / 2, at[1], plain(box.text, _LETTERS), ha="center", va="center",
        fontsize=8, zorder=4, fontweight="bold" if is_focus else "normal",
        color=theme.surface("on-accent" if is_focus else "ink"),
    )  # fmt: skip


def _curve(
    theme: Theme,
    ax: Axes,
    parent: tuple[float, float],
    child: tuple[float, float],
    relation: str,
) -> str:
    start = (parent[0] + _WIDTH, parent[1])
    end = child
    if parent[0] >= child[0]:  # within a column, or against the order
        start, end = (parent[0] + _WIDTH, parent[1]), (child[0] + _WIDTH, child[1])
        bend = (_STEP - _WIDTH) * 0.7
        controls = [(start[0] + bend, start[1]), (end[0] + bend, end[1])]
    else:
        half = (start[0] + end[0]) / 2
        controls = [(half, start[1]), (half, end[1])]
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    ax.add_patch(
        PathPatch(
            Path([start, *controls, end], codes), facecolor="none", linewidth=1.3,
            edgecolor=theme.of(RELATION_LOOKS[relation]), zorder=2, alpha=0.9,
            linestyle=(0, (4, 2)) if relation == "method" else "-",
        )
    )  # fmt: skip
    return relation


def draw_impact_tree(answer: ImpactTree, theme: Theme) -> Axes:
    """Draw the tree as an icicle: a block is as high as what stands on it."""
    (ax,) = theme.panels(4.6)
    depth = _depth(answer.root)
    used: set[str] = set()
    _blocks(theme, ax, answer.root, 0, 0.0, 1.0, used)
    ax.set_xlim(0, depth)
    ax.set_ylim(1, 0)
    ax.axis("off")
    theme.title(ax, f"What stands on {short(answer.root.name or answer.root.id, 60)}",
                f"{answer.artefacts:,} artefacts by generation, if it is {answer.event}; "
                "small branches are folded")  # fmt: skip
    handles = [
        Patch(color=theme.of(look), label=look.word)
        for name, look in VERDICT_LOOKS.items()
        if name in used
    ]
    theme.legend(ax, handles, 5)
    return ax


def _depth(block: Block) -> int:
    return 1 + max(map(_depth, block.children), default=0)


def _size(block: Block) -> int:
    return max(block.artefacts, sum(map(_size, block.children)), 1)


def _blocks(
    theme: Theme,
    ax: Axes,
    block: Block,
    x: int,
    top: float,
    high: float,
    used: set[str],
) -> None:
    look = VERDICT_LOOKS[block.verdict] if block.verdict else None
    if block.verdict:
        used.add(block.verdict)
    ax.add_patch(
        Rectangle(
            (x, top), 0.985, high, linewidth=0.5, edgecolor=theme.surface("card"),
            facecolor=theme.of(look) if look else theme.surface("accent"),
        )
    )  # fmt: skip
    if high > 0.035:
        words = block.name or f"{block.folded:,} more"
        ink = theme.surface("on-accent")
        if look:
            ink = look.on_dark if theme.dark else look.on_light
        ax.text(x + 0.02, top + high / 2, plain(words, 22), va="center", fontsize=7.5,
                color=ink, clip_on=True)  # fmt: skip
    total = sum(map(_size, block.children))
    for child in block.children:
        part = high * _size(child) / max(total, _size(block))
        _blocks(theme, ax, child, x + 1, top, part, used)
        top += part
