"""What all pictures share: paper and ink, panels, bars, strangers' text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from headwater.errors import InvalidArgumentError
from headwater.queries.colours import SURFACES, Look

_FAMILY: Final = (
    "DejaVu Sans"  # comes with matplotlib, so pictures are alike everywhere
)
_LONGEST: Final = 38
_DPI: Final = 110


class Drawn(Figure):
    """A figure that a notebook shows whether or not pyplot was imported."""

    def _repr_png_(self) -> bytes:
        kept = io.BytesIO()
        self.savefig(kept, format="png", dpi=_DPI)
        return kept.getvalue()


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one picture, and where it is drawn.

    Attributes
    ----------
    ax : Axes or None
        Given by the caller.
    dark : bool
        Whether the page is dark.
    """

    ax: Axes | None
    dark: bool

    def surface(self, token: str) -> str:
        """Return a colour of :data:`headwater.queries.colours.SURFACES`."""
        return SURFACES[token][self.dark]

    def of(self, look: Look) -> str:
        """Return the colour of a relation or verdict."""
        return look.dark if self.dark else look.light

    def panels(
        self, height: float, widths: Sequence[float] = (1.0,), *, width: float = 8.6
    ) -> list[Axes]:
        """Return axes side by side, in a figure of their own unless one was given.

        Raises
        ------
        InvalidArgumentError
            When axes were given and the picture needs several.
        """
        if self.ax is not None:
            if len(widths) > 1:
                raise InvalidArgumentError(
                    f"this picture has {len(widths)} panels; leave out ax"
                )
            axes = [self.ax]
        else:
            figure = Drawn(
                figsize=(width, height), layout="constrained",
                facecolor=self.surface("card"),
            )  # fmt: skip
            FigureCanvasAgg(figure)
            made = figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)
            axes = list(made[0])
        for item in axes:
            self._dress(item)
        return axes

    def sized(self, width: float, height: float) -> Axes:
        """Return axes of a size in inches, with room for a title and a legend."""
        if self.ax is not None:
            self._dress(self.ax)
            return self.ax
        side, above, below = 0.15, 0.62, 0.55
        whole = (width + 2 * side, height + above + below)
        figure = Drawn(figsize=whole, facecolor=self.surface("card"))
        FigureCanvasAgg(figure)
        box = (side / whole[0], below / whole[1], width / whole[0], height / whole[1])
        ax = figure.add_axes(box)
        self._dress(ax)
        return ax

    def _dress(self, ax: Axes) -> None:
        ax.set_facecolor(self.surface("card"))
        ax.tick_params(colors=self.surface("ink-2"), labelsize=8.5, length=0)
        for side, spine in ax.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(self.surface("line-2"))

    def title(self, ax: Axes, text: str, note: str = "") -> None:
        """Write what the picture is, and below it how it is to be read."""
        ax.set_title(
            plain(text, 90), loc="left", fontsize=10.5, fontweight="bold",
            color=self.surface("ink"), family=_FAMILY, pad=22 if note else 8,
        )  # fmt: skip
        if note:
            ax.annotate(
                plain(note, 130), (0, 1), (0, 8), xycoords="axes fraction",
                textcoords="offset points", fontsize=8, color=self.surface("ink-3"),
                family=_FAMILY, annotation_clip=False,
            )  # fmt: skip

    def legend(
        self,
        ax: Axes,
        handles: Sequence[Any],
        columns: int = 6,
        *,
        tight: bool = False,
    ) -> None:
        """Write what the colours mean, below the axes; close to them if `tight`."""
        if handles:
            ax.legend(
                handles=list(handles), loc="upper left", bbox_to_anchor=(0, 0 if tight else -0.08),
                ncols=columns, frameon=False, fontsize=8, handlelength=1.1,
                labelcolor=self.surface("ink-2"), columnspacing=1.3,
            )  # fmt: skip


def plain(text: object, longest: int = _LONGEST) -> str:
    r"""Return text that is drawn as it is: no formulas, no letters without a shape.

    Examples
    --------
    >>> print(plain("$x^2$"), plain("a" * 50, 8), plain(None))
    \$x^2\$ aaaaaaa… unknown
    """
    words = short(text, longest)
    shown = "".join(letter if _has_shape(letter) else "□" for letter in words)
    return shown.replace("$", r"\$")


def short(text: object, longest: int) -> str:
    """Return text in one line of so many letters."""
    words = "unknown" if text is None else " ".join(str(text).split())
    return words if len(words) <= longest else words[: longest - 1] + "…"


@cache
def _has_shape(letter: str) -> bool:
    return bool(_font().get_char_index(ord(letter)))


@cache
def _font() -> Any:
    return font_manager.get_font(font_manager.findfont(_FAMILY))


def bars(
    theme: Theme,
    ax: Axes,
    names: Sequence[object],
    values: Sequence[float],
    said: Sequence[str],
    colours: Sequence[str] | str | None = None,
    *,
    room: float = 0.22,
) -> None:
    """Draw bars from left to right, the first on top, each with its value in words.

    Parameters
    ----------
    room : float
        Space for the words to the right of the longest bar, as a part of it.
    """
    places = list(range(len(names)))
    colour = colours or theme.surface("accent")
    ax.barh(places, list(values), color=colour, height=0.68)
    top = max(values, default=0) or 1
    for place, value, words in zip(places, values, said, strict=True):
        ax.annotate(
            plain(words, 60), (value, place), (4, 0), textcoords="offset points",
            va="center", fontsize=8, color=theme.surface("ink-2"), family=_FAMILY,
        )  # fmt: skip
    rows(theme, ax, names)
    ax.set_xlim(0, top * (1 + room))
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)


def rows(
    theme: Theme, ax: Axes, names: Sequence[object], longest: int = _LONGEST
) -> None:
    """Name the rows of a picture, the first on top."""
    ax.set_yticks(
        range(len(names)), [plain(name, longest) for name in names], family=_FAMILY,
        color=theme.surface("ink"),
    )  # fmt: skip
    ax.set_ylim(len(names) - 0.4, -0.6)


def stacks(
    theme: Theme,
    ax: Axes,
    names: Sequence[object],
    series: Sequence[tuple[str, Sequence[float], str, str]],
) -> list[Any]:
    """Draw stacked bars; a series is its word, its values, colour and hatch.

    Returns
    -------
    list
        Handles for a legend, those of series that have a value.
    """
    left = [0.0] * len(names)
    handles = []
    for word, values, colour, hatch in series:
        drawn = ax.barh(
            range(len(names)), list(values), left=left, color=colour, height=0.68,
            label=plain(word), hatch=hatch, linewidth=0.6,
            edgecolor=theme.surface("card"),
        )  # fmt: skip
        left = [a + b for a, b in zip(left, values, strict=True)]
        if any(values):
            handles.append(drawn)
    rows(theme, ax, names)
    return handles


def height_of(n: int, least: float = 1.6) -> float:
    """Return the height in inches that n rows need."""
    return max(least, 0.95 + 0.29 * n)
