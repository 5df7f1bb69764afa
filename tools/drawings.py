"""The drawings of the docs: places by hand, words and colours from the code.

``python tools/generate_docs.py`` writes them to docs/img; they are on a light card, so
that they look the same on every page, light or dark.
"""

from __future__ import annotations

from collections.abc import Callable

from drawing import CARD, INK, LINE, SELF, SOFT, Drawing

from headwater.graph.schema import EVENTS, RELATIONS, SOURCES, VERDICTS
from headwater.queries.colours import RELATION_LOOKS, VERDICT_LOOKS


def _fill(verdict: str) -> str:
    return "url(#hatch)" if verdict == "unknown" else VERDICT_LOOKS[verdict].light


def relations() -> Drawing:
    """Draw kinds of nodes and the relations between them."""
    drawing = Drawing(
        "Kinds of nodes and the relations between them",
        "An edge points from the child to what it stands on. " + "; ".join(
            f"{item.name}: {item.meaning}" for item in RELATIONS
        ), 470,
    )  # fmt: skip
    say = drawing.text
    say(20, 30, "An edge points from the child to what it stands on.", fill=SOFT)
    drawing.node(20, 60, "application", width=110)
    drawing.node(226, 60, "model", width=110, fill=SELF, ink="#ffffff")
    drawing.arrow(130, 77, 226, 77, relation="uses")
    for row, item in enumerate(
        i for i in RELATIONS if i.flow in ("weights", "same_bytes")
    ):
        y = 60 + row * 30
        look = RELATION_LOOKS[item.name]
        drawing.parts.append(
            f'<path d="M336 77C380 77 380 {y + 17} 420 {y + 17}" fill="none" '
            f'stroke="{look.light}" stroke-width="2.2" marker-end="url(#tip)"/>'
        )
        say(428, y + 22, item.name, mono=True, size=14)
    say(20, 120, "Weights, or the same bytes, flow", size=13, fill=SOFT)
    say(20, 137, "along these six: a licence, and", size=13, fill=SOFT)
    say(20, 154, "what stands behind the weights,", size=13, fill=SOFT)
    say(20, 171, "come down with them.", size=13, fill=SOFT)
    _outputs_and_data(drawing)
    _ownership(drawing)
    return drawing


def _outputs_and_data(drawing: Drawing) -> None:
    say = drawing.text
    drawing.node(226, 262, "model", width=110, fill=SELF, ink="#ffffff")
    drawing.node(428, 262, "dataset", width=110)
    drawing.arrow(336, 272, 428, 272, relation="trained_on")
    drawing.arrow(428, 289, 336, 289, relation="generated_by", words="")
    say(382, 309, "generated_by", size=13, fill=SOFT, anchor="middle")
    drawing.parts.append(
        f'<path d="M500 296C500 338 466 338 466 298" fill="none" '
        f'stroke="{RELATION_LOOKS["derived_from"].light}" stroke-width="2.2" '
        'marker-end="url(#tip)"/>'
    )
    say(483, 346, "derived_from", size=13, fill=SOFT, anchor="middle")
    drawing.node(20, 262, "model", width=110)
    drawing.arrow(226, 272, 130, 272, relation="distilled_from")
    drawing.arrow(226, 289, 130, 289, relation="method", words="", dashed=True)
    say(178, 309, "method,", size=13, fill=SOFT, anchor="middle")
    say(178, 325, "successor_of", size=13, fill=SOFT, anchor="middle")
    say(20, 352, "Dashed: shown, and never counted as breakage.", size=13, fill=SOFT)


def _ownership(drawing: Drawing) -> None:
    say = drawing.text
    drawing.parts.append(f'<path d="M20 374H540" stroke="{LINE}"/>')
    drawing.node(20, 396, "artefact", width=110)
    drawing.node(216, 396, "@namespace", width=116)
    drawing.node(422, 396, "developer:…", width=118)
    drawing.arrow(130, 413, 216, 413, words="")
    say(173, 448, "published_by", size=13, fill=SOFT, anchor="middle")
    drawing.arrow(332, 413, 422, 413, words="owned_by")
    say(
        540,
        448,
        "owned_by is curated; both are no lineage",
        size=13,
        fill=SOFT,
        anchor="end",
    )


_TILES: tuple[tuple[str, str, str], ...] = (
    ("breaks", "adapter", "loads only together with what is gone"),
    ("may_break", "unspecified", "how it was used is not said"),
    ("unrebuildable", "finetune", "runs, cannot be made again"),
    ("recoverable", "mirror", "a mirror of what is lost exists"),
    ("exposed", "far", "its own inputs stand"),
    ("unaffected", "other", "all its weights end elsewhere"),
    ("unknown", "nobody", "nobody has said: never safe"),
)
_OTHER: tuple[tuple[str, str, str, str], ...] = (
    ("frozen", "stranded", "finetune", "works, its upgrade path ends"),
    ("relicensed", "encumbered", "finetune", "its weights carry the terms"),
    ("relicensed", "contested", "generated_by", "built with it otherwise"),
)


def verdicts() -> Drawing:
    """Draw the rule of each verdict."""
    top, step = 66, 62
    height = top + step * len(_TILES) + 44 + step * len(_OTHER) + 4
    drawing = Drawing(
        "The rule of each verdict, as a small picture",
        "The target is at the left, the artefact that is judged at the right. "
        + " ".join(f"{name}: {means}." for name, means in VERDICTS.items()),
        height,
    )
    drawing.text(20, 30, "If the target is deleted or gated, worst first:", fill=SOFT)
    drawing.text(20, 52, "target", size=13, fill=SOFT)
    drawing.text(252, 52, "the artefact", size=13, fill=SOFT)
    for row, (verdict, how, note) in enumerate(_TILES):
        y = top + row * step
        _victim(drawing, y, verdict, note)
        _reason(drawing, y, how)
    y = top + step * len(_TILES) + 20
    drawing.parts.append(f'<path d="M20 {y - 14}H540" stroke="{LINE}"/>')
    drawing.text(20, y + 8, "If it is frozen or relicensed:", fill=SOFT)
    for row, (event, verdict, relation, note) in enumerate(_OTHER):
        at = y + 24 + row * step
        _victim(drawing, at, verdict, note)
        drawing.node(20, at, event, fill=SELF, ink="#ffffff", width=106)
        drawing.arrow(252, at + 17, 126, at + 17, relation=relation)
    named = {verdict for verdict, *_ in _TILES} | {item[1] for item in _OTHER}
    assert named == set(VERDICTS), "every verdict has its picture"
    assert {"frozen", "relicensed"} <= {event.name for event in EVENTS}
    return drawing


def _victim(drawing: Drawing, y: float, verdict: str, note: str) -> None:
    look = VERDICT_LOOKS[verdict]
    ink = INK if verdict == "unknown" else look.on_light
    drawing.node(252, y, verdict, fill=_fill(verdict), ink=ink, width=126)
    words, lines = note.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 21:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    start = y + 22 - (len(lines) - 1) * 8
    for number, line in enumerate(lines):
        drawing.text(390, start + number * 16, line, size=13, fill=SOFT)


def _reason(drawing: Drawing, y: float, how: str) -> None:
    """Draw what leads from the victim to the target."""
    gone = {"fill": "#fcebe8", "ink": "#9b1c13", "dashed": True, "width": 70.0}
    middle = y + 17
    if how == "mirror":
        drawing.node(20, y, "gone", **gone)  # type: ignore[arg-type]
        drawing.arrow(252, y + 28, 90, y + 28, words="")
        drawing.node(118, y - 16, "mirror", width=74)
        drawing.text(104, y + 10, "=", size=18, anchor="middle")
    elif how == "far":
        drawing.node(20, y, "gone", **gone)  # type: ignore[arg-type]
        drawing.node(132, y, "stands", width=74)
        drawing.arrow(132, middle, 90, middle)
        drawing.arrow(252, middle, 206, middle)
    elif how == "other":
        drawing.node(20, y, "gone", **gone)  # type: ignore[arg-type]
        drawing.node(132, y, "root", width=74)
        drawing.arrow(252, middle, 206, middle)
    elif how == "nobody":
        drawing.node(20, y, "gone", **gone)  # type: ignore[arg-type]
        drawing.node(132, y, "?", width=74, fill="url(#hatch)")
        drawing.arrow(252, middle, 206, middle, dashed=True)
    else:
        drawing.node(20, y, "gone", **gone)  # type: ignore[arg-type]
        drawing.arrow(252, middle, 90, middle, relation=how)


def shares() -> Drawing:
    """Draw how the weight of models goes up to roots, and what is unknown."""
    drawing = Drawing(
        "Roots, shares, and the interval that undeclared lineage makes",
        "Four declared models: three stand on pretrainer A alone or in half, two on B in "
        "part. A model of undeclared lineage makes the share of A an interval.",
        404,
    )
    say = drawing.text
    blue, orange = RELATION_LOOKS["finetune"].light, RELATION_LOOKS["adapter"].light
    say(
        20,
        30,
        "Each model counts 1 and hands it up, split among its parents.",
        fill=SOFT,
    )
    drawing.node(70, 52, "root of A", fill=blue, ink="#ffffff", width=110)
    drawing.node(300, 52, "root of B", fill=orange, width=110)
    drawing.node(20, 136, "model", width=80)
    drawing.node(150, 136, "model", width=80)
    drawing.node(262, 136, "merge", width=80)
    drawing.node(450, 136, "?", width=80, fill="url(#hatch)")
    drawing.arrow(62, 136, 105, 88)
    drawing.arrow(186, 136, 146, 88)
    drawing.arrow(290, 136, 180, 84)
    drawing.arrow(306, 136, 346, 88)
    say(72, 110, "1", size=13, fill=SOFT, anchor="end")
    say(178, 120, "1", size=13, fill=SOFT)
    say(240, 106, "½", size=13, fill=SOFT)
    say(338, 122, "½", size=13, fill=SOFT)
    say(490, 104, "undeclared", size=13, fill=SOFT, anchor="middle")
    say(490, 121, "lineage", size=13, fill=SOFT, anchor="middle")
    drawing.parts.append(f'<path d="M20 192H540" stroke="{LINE}"/>')
    say(
        20,
        216,
        "The roots count themselves: A has 1 + 1 + 1 + ½, B has 1 + ½.",
        fill=SOFT,
    )
    _intervals(drawing, blue, orange)
    return drawing


def _intervals(drawing: Drawing, blue: str, orange: str) -> None:
    say = drawing.text
    rows = (
        ("point", (3.5, 1.5, 0.0), "declared lineage alone: A 70 %"),
        ("low", (3.5, 1.5, 1.0), "“?” is its own root: A 58 %"),
        ("high", (4.5, 1.5, 0.0), "“?” stands on A: A 75 %"),
    )
    for row, (name, (a, b, rest), note) in enumerate(rows):
        y = 236 + row * 48
        say(20, y + 22, name, weight=600)
        unit = 200 / (a + b + rest)
        drawing.box(80, y, a * unit, 32, fill=blue, radius=3)
        drawing.box(80 + a * unit, y, b * unit, 32, fill=orange, radius=3)
        if rest:
            drawing.box(
                80 + (a + b) * unit, y, rest * unit, 32, fill="url(#hatch)", radius=3
            )
        say(296, y + 21, note, size=14, fill=SOFT)
    say(
        20,
        390,
        "So every figure is an interval, and says its coverage.",
        size=13,
        fill=SOFT,
    )


def pipeline() -> Drawing:
    """Draw the way from a page of the Hub to an answer."""
    steps = (
        ("fetch", "lists of the Hub, dumps, your disk", "ingest"),
        ("raw pages", "on disk with their cursor, synced", "ingest"),
        ("parse", "a document becomes claims", "ingest"),
        ("merge", f"{len(SOURCES)} kinds of sources; all claims kept", "ingest"),
        ("compile", "nodes, edges, roots; checksums", "graph"),
        ("snapshot", "immutable, dated, all or nothing", "graph"),
        ("ask", "command line, API, Python, notebooks", "queries"),
    )
    step = 66
    drawing = Drawing(
        "From a page of the Hub to an answer",
        "; ".join(f"{name}: {note}" for name, note, _ in steps),
        30 + step * len(steps) + 6,
    )
    for row, (name, note, folder) in enumerate(steps):
        y = 26 + row * step
        disk = name in ("raw pages", "snapshot")
        drawing.node(
            20, y, name, width=110, fill=SELF if disk else CARD,
            ink="#ffffff" if disk else INK,
        )  # fmt: skip
        drawing.text(146, y + 22, note, fill=INK if disk else SOFT, size=14)
        drawing.text(
            540, y + 22, folder + "/", size=13, fill=SOFT, anchor="end", mono=True
        )
        if row:
            drawing.arrow(75, y - step + 34, 75, y)
    return drawing


def layers() -> Drawing:
    """Draw which folder may import which."""
    drawing = Drawing(
        "The layers of the code",
        "cli, api and notebooks import queries and ingest, which do not know each other; "
        "both import graph; only graph's backends import a database driver.",
        356,
    )

    def layer(x: float, y: float, width: float, name: str, *notes: str) -> None:
        drawing.box(x, y, width, 30 + 18 * len(notes))
        drawing.text(x + 14, y + 22, name, weight=600, mono=True)
        for number, note in enumerate(notes):
            drawing.text(x + 14, y + 41 + number * 18, note, size=13, fill=SOFT)

    layer(20, 20, 166, "cli", "words, tables, exit", "codes")
    layer(197, 20, 166, "api", "HTTP, the explorer", "pages")
    layer(374, 20, 166, "notebooks", "headwater.load()", "in worked examples")
    layer(
        20,
        126,
        254,
        "queries",
        "one module a question;",
        "frozen results, unknown apart",
    )
    layer(286, 126, 254, "ingest", "fetch, parse, merge, load;", "the only sockets")
    layer(20, 232, 520, "graph", "ids, schema, snapshots, kernels; graph/backends alone",
          "imports a database driver")  # fmt: skip
    for x in (103, 240):
        drawing.arrow(x, 86, x, 126)
    for x in (330, 457):
        drawing.arrow(x, 86, x, 126)
    drawing.arrow(147, 192, 147, 232)
    drawing.arrow(413, 192, 413, 232)
    drawing.text(20, 326, "Imports run down only; a test fails when one does not.", size=13,
                 fill=SOFT)  # fmt: skip
    return drawing


DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "relations": relations,
    "verdicts": verdicts,
    "shares": shares,
    "pipeline": pipeline,
    "layers": layers,
}
