"""A picture as one HTML file that asks nobody for anything and runs no foreign word.

What keeps it so: Jinja escapes by default; data reaches the script as JSON in a block
that is no script; the script writes text only (canvas and ``innerText``); and the
Content-Security-Policy allows nothing but the two scripts and the style of this page,
by their hashes.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, Final

from headwater.api.view import words
from headwater.api.view.layout import GAP, Layout, arrange
from headwater.api.view.table import rows
from headwater.errors import ConfigError, MissingDependencyError
from headwater.queries.colours import RELATION_LOOKS, SURFACES
from headwater.queries.picture import FOCUS, Group, Picture, PictureNode

_WIDTHS: Final = (112.0, 250.0)
"""Narrowest and widest box; longer names lose their middle on the canvas."""
_DESKTOP: Final = 1490.0
"""What a window of 1,440 px shows where text is smallest: boxes shrink to fit in."""
_FOCUS_WIDTH: Final = 190.0
_MORE_WIDTH: Final = 60.0
_VIS: Final = "templates/lib/vis-9.1.2/vis-network.min.js"
_OPTIONS: Final[dict[str, Any]] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {
        "dragNodes": False,
        "hover": True,
        "selectable": False,
        "tooltipDelay": 120,
        # The wheel scrolls the page, down to the table; with Ctrl it zooms.
        "zoomView": False,
    },
}


def render_page(picture: Picture) -> str:
    """Return a picture as the text of an HTML file.

    Raises
    ------
    MissingDependencyError
        When pyvis, an optional dependency, is not installed.
    """
    network = _network(picture)
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = _style(picture)
    scripts = (_vis_script(), _own("page.js"))
    return environment.from_string(_own("page.html")).render(
        policy=_policy(scripts, style),
        style=style,
        scripts=scripts,
        data=network,
        words=words,
        picture=picture,
        legend=_legend(picture),
        rows=rows(picture),
        has=_marks(picture),
    )


def write_page(picture: Picture, path: Path) -> None:
    """Write a picture as an HTML file: all of it or nothing, UTF-8 in every locale.

    Raises
    ------
    MissingDependencyError
        When pyvis, an optional dependency, is not installed.
    ConfigError
        When the file cannot be written.
    """
    data = render_page(picture).encode("utf-8", "replace")
    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a pipe or a terminal; a folder refuses by itself
            return
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"cannot write {path}: {problem}; choose another file"
        ) from error


def _network(picture: Picture) -> dict[str, Any]:
    """Return what the script draws; pyvis checks and collects nodes and edges."""
    try:
        from pyvis.network import Network
    except ImportError as error:
        raise MissingDependencyError("pyvis", "view") from error
    network = Network(directed=True)
    by_key = {node.key: node for node in picture.nodes}
    labels = {
        key: words.label(node, by_key.get(node.towards or ""))
        for key, node in by_key.items()
    }
    groups = [group for group in picture.groups if group.has_row]
    layout = arrange(picture, _widths(picture, labels, groups))
    n_edges = Counter(edge.child for edge in picture.edges)
    shut = {group.behind: group.n for group in picture.groups if not group.has_row}
    for key, node in by_key.items():
        title = words.tooltip(picture, node, n_edges[key])
        own = {**_box(layout, key), **_look(node), "behind": shut.get(key, 0)}
        text = {"owner": labels[key].owner, "name": labels[key].name}
        network.add_node(key, label=labels[key].name or key, title=title, **own, **text)
    for group in groups:
        network.add_node(group.key, words.group_label(group), **_group(layout, group))
    for edge in picture.edges:
        network.add_edge(
            edge.parent, edge.child, relation=edge.relation, extra=edge.extra,
            dashed=edge.disputed or edge.inferred, disputed=edge.disputed,
        )  # fmt: skip
    return {
        "nodes": network.nodes,
        "edges": network.edges,
        "options": _OPTIONS,
        "bounds": _bounds(picture, layout),
        "columns": _columns(picture, layout),
        "looks": {
            name: {
                "light": look.light,
                "dark": look.dark,
                "glyph": look.glyph,
                "word": look.word,
            }
            for name, look in RELATION_LOOKS.items()
        },
        "surfaces": SURFACES,
        "most": max(node.n_descendants for node in picture.nodes),
    }


def _widths(
    picture: Picture, labels: dict[str, words.Label], groups: list[Group]
) -> dict[str, float]:
    """Return the width that each text asks for, from its number of letters."""
    low, high = _WIDTHS
    ends = [
        max((node.depth for node in side), default=0)
        for side in (picture.ancestors, picture.descendants)
    ]
    n_columns = 1 + sum(ends)
    room = _DESKTOP - GAP * (n_columns - 1) - _more_width(picture)
    high = max(low, min(high, room / n_columns))
    found = {}
    for node in picture.nodes:
        text = labels[node.key]
        letters = (
            min(len(text.owner), 14) + len(text.name) + len(f"{node.n_descendants:,}")
        )
        letters += len(node.state) if node.state in ("gone", "gated", "disabled") else 0
        found[node.key] = min(max(low, 56 + 7.2 * letters), high)
    found[FOCUS] = max(found[FOCUS], _FOCUS_WIDTH)
    for group in groups:
        found[group.key] = min(150 + 6.9 * len(f"{group.n:,}"), high)
    return found


def _bounds(picture: Picture, layout: Layout) -> tuple[float, float, float, float]:
    left, top, right, bottom = layout.bounds
    return left - _more_width(picture), top, right, bottom


def _more_width(picture: Picture) -> float:
    """Return the room that "n more" takes to the left of the ancestors."""
    folded = any(group.side == "up" and not group.has_row for group in picture.groups)
    return _MORE_WIDTH if folded else 0.0


def _box(layout: Layout, key: str) -> dict[str, Any]:
    box = layout.boxes[key]
    return {
        "x": round(box.x, 1), "y": round(box.y, 1), "width": round(box.width, 1),
        "height": box.height, "shape": "box",
    }  # fmt: skip


def _look(node: PictureNode) -> dict[str, Any]:
    return {
        "side": node.side,
        "kind": node.kind,
        "relation": node.relation,
        "towards": node.towards,
        "phantom": node.phantom,
        "state": node.state,
        "n": node.n_descendants,
    }


def _group(layout: Layout, group: Group) -> dict[str, Any]:
    return {
        **_box(layout, group.key),
        "title": words.group_tooltip(group),
        "side": group.side,
        "towards": group.behind,
        "relations": group.relations,
    }


def _columns(picture: Picture, layout: Layout) -> list[dict[str, Any]]:
    """Return the heading of each column and where it starts."""
    found = []
    for generation, (left, _) in sorted(layout.columns.items()):
        if generation == 0:
            text = "Focus"
        elif generation == -1:
            text = f"It stands on {picture.n_ancestors:,}"
        elif generation == 1:
            text = f"{picture.n_descendants:,} stand{'s' * (picture.n_descendants == 1)} on it"
        else:
            text = f"{abs(generation)} generations {'up' if generation < 0 else 'down'}"
        found.append({"x": round(left, 1), "text": text})
    return found


def _legend(picture: Picture) -> list[tuple[str, str, str, int]]:
    """Return glyph class, glyph, word and number below for each relation drawn."""
    below = dict(picture.relations_down)
    present = below.keys() | dict(picture.relations_up).keys()
    present |= {edge.relation for edge in picture.edges}
    ranked = sorted(present, key=lambda name: (-below.get(name, 0), name))
    return [
        (
            name,
            RELATION_LOOKS[name].glyph,
            RELATION_LOOKS[name].word,
            below.get(name, 0),
        )
        for name in ranked
    ]


def _marks(picture: Picture) -> dict[str, bool]:
    """Return which other signs the picture uses, so that the key names only those."""
    return {
        "dash": any(edge.disputed or edge.inferred for edge in picture.edges),
        "extra": any(edge.extra for edge in picture.edges),
        "phantom": any(node.phantom for node in picture.nodes),
        "group": any(group.has_row for group in picture.groups),
    }


def _style(picture: Picture) -> str:
    """Return the style sheet; colours come from the one table there is."""
    tokens = "".join(
        f"--{name}:light-dark({light},{dark});"
        for name, (light, dark) in SURFACES.items()
    )
    relations = "".join(
        f".rel-{name}{{color:light-dark({look.light},{look.dark})}}"
        for name, look in RELATION_LOOKS.items()
    )
    return f":root{{{tokens}}}\n{_own('page.css')}{relations}"


def _policy(scripts: Iterable[str], style: str) -> str:
    allowed = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _own(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _vis_script() -> str:
    """Return vis-network as pyvis ships it, fit to stand in a page.

    Raises
    ------
    MissingDependencyError
        When this pyvis ships another version, with which nothing was tested.
    """
    try:
        text = (resources.files("pyvis") / _VIS).read_text(encoding="utf-8")
    except OSError as error:
        raise MissingDependencyError("pyvis 0.3.2", "view") from error
    # Browsers hash lines ended by LF; the source map would be fetched by tools.
    text = text.replace("\r\n", "\n").partition("\n//# sourceMappingURL")[0]
    return text.replace("</script", "<\\/script")
