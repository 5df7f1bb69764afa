"""Pictures of one model: claims, licences, openness, what it cannot do without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from headwater.queries.chokepoints_model import ModelChokepoints
from headwater.queries.colours import VERDICT_LOOKS
from headwater.queries.licences import STANDINGS, ModelLicence
from headwater.queries.openness import ModelOpenness
from headwater.queries.plots_base import Theme, bars, height_of, plain, rows, short
from headwater.queries.plots_counts import LICENCE_COLOURS, OPENNESS_COLOURS, needed
from headwater.queries.why import Why

_LEAST_OPEN: Final = ("open", "partial", "closed")


def draw_why(answer: Why, theme: Theme) -> Axes:
    """Draw the claims about an edge by their confidence."""
    (ax,) = theme.panels(height_of(len(answer.claims)) + 0.4)
    colours = {
        "asserts": theme.of(VERDICT_LOOKS["unaffected"]),
        "denies": theme.of(VERDICT_LOOKS["breaks"]),
    }
    bars(
        theme, ax,
        [f"{item.source} ({item.declared_by})" for item in answer.claims],
        [item.confidence for item in answer.claims],
        [f"{item.stance} {item.relation}" for item in answer.claims],
        [colours.get(item.stance, theme.surface("control")) for item in answer.claims],
    )  # fmt: skip
    theme.title(ax, f"{short(answer.child, 38)} –{answer.relation}→ {short(answer.parent, 38)}",
                f"claims by confidence; {answer.standing}"
                f"{', disputed' if answer.disputed else ''}")  # fmt: skip
    return ax


def draw_model_licence(answer: ModelLicence, theme: Theme, *, limit: int = 16) -> Axes:
    """Draw which obligation comes from which ancestor, and what became of it.

    Parameters
    ----------
    limit : int
        So many ancestors, the nearest of each obligation first.
    """
    needed(answer.inherited, answer)
    obligations = list(dict.fromkeys(item.obligation for item in answer.inherited))
    sources = list(dict.fromkeys(item.source for item in answer.inherited))[:limit]
    cells = {(item.source, item.obligation): item.standing for item in answer.inherited}
    licences = {item.source: item.licence for item in answer.inherited}
    names = [f"{source} ({licences[source]})" for source in sources]
    ax = _grid(theme, names, obligations,
               [[cells.get((s, o)) for o in obligations] for s in sources],
               {word: LICENCE_COLOURS[word] for word in STANDINGS})  # fmt: skip
    declared = answer.declared or f"no licence ({answer.licence_status})"
    theme.title(ax, f"{short(answer.name, 30)} declares {short(declared, 22)}",
                "obligations that its ancestors' licences pass on; information, not "
                "legal advice")  # fmt: skip
    return ax


def draw_model_openness(
    answer: ModelOpenness, theme: Theme, *, limit: int = 16
) -> Axes:
    """Draw how each root is judged by each criterion.

    Parameters
    ----------
    limit : int
        So many roots.
    """
    roots = [item for item in answer.roots if item.criteria][:limit]
    needed(roots, answer)
    criteria = list(
        dict.fromkeys(item.criterion for root in roots for item in root.criteria)
    )
    judged = []
    for root in roots:
        worst: dict[str, str] = {}
        for item in root.criteria:  # of several systems the least open counts
            before = worst.get(item.criterion, "open")
            worst[item.criterion] = max(before, item.openness, key=_LEAST_OPEN.index)
        judged.append([worst.get(name) for name in criteria])
    ax = _grid(theme, [root.name for root in roots],
               [name.replace("_", " ") for name in criteria], judged,
               {word: OPENNESS_COLOURS[word] for word in _LEAST_OPEN})  # fmt: skip
    theme.title(ax, f"How open is what {answer.name} stands on: {answer.openness}",
                answer.citation)  # fmt: skip
    return ax


def _grid(
    theme: Theme,
    names: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[str | None]],
    looks: Mapping[str, str],
) -> Axes:
    """Draw coloured fields; what nothing is said of stays empty."""
    (ax,) = theme.panels(1.75 + 0.3 * len(names))
    used = set()
    for y, line in enumerate(cells):
        for x, word in enumerate(line):
            if word is None:
                continue
            used.add(word)
            ax.add_patch(
                Rectangle((x - 0.46, y - 0.42), 0.92, 0.84, linewidth=0,
                          facecolor=theme.of(VERDICT_LOOKS[looks[word]]))
            )  # fmt: skip
    rows(theme, ax, names, 64)
    ax.set_xlim(-0.6, max(len(columns) - 0.4, 8))
    ax.set_xticks(range(len(columns)), [plain(name.replace("_", " ")) for name in columns],
                  rotation=32, ha="right")  # fmt: skip
    ax.spines["bottom"].set_visible(False)
    handles = [
        Patch(color=theme.of(VERDICT_LOOKS[look]), label=word)
        for word, look in looks.items()
        if word in used
    ]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False,
              fontsize=8, labelcolor=theme.surface("ink-2"), handlelength=1.1)  # fmt: skip
    return ax


def draw_model_chokepoints(answer: ModelChokepoints, theme: Theme) -> Axes:
    """Draw what the model cannot do without, by how far away it is."""
    every = [(part.by, item) for part in answer.by for item in part.singles]
    needed(every, answer)
    (ax,) = theme.panels(height_of(len(every)))
    colours = {"artefact": "breaks", "namespace": "unrebuildable",
               "developer": "encumbered"}  # fmt: skip
    bars(
        theme, ax, [item.name for _, item in every],
        [max(item.distance, 0.15) for _, item in every],
        [f"{by}, {item.distance} edge{'s' * (item.distance != 1)} away, {item.state}"
         for by, item in every],
        [theme.of(VERDICT_LOOKS[colours[by]]) for by, _ in every],
        room=0.6,
    )  # fmt: skip
    theme.title(ax, f"What {answer.name} cannot do without",
                f"every path of its weights passes through it; lineage "
                f"{answer.lineage}")  # fmt: skip
    return ax
