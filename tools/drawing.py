"""What the drawings of the docs are drawn with."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from headwater.queries.colours import RELATION_LOOKS

WIDTH = 560
INK, SOFT, LINE, SELF, CARD, PAPER = (
    "#14202b", "#5c6873", "#c3bfb2", "#43505b", "#ffffff", "#f7f6f2",
)  # fmt: skip
FONT = (
    "Inter,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
)
HATCH = (
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(135)"><rect width="6" height="6" fill="#d9d7d0"/>'
    '<rect width="3" height="6" fill="#a5a39c"/></pattern>'
)


@dataclass
class Drawing:
    """A picture in the making."""

    title: str
    says: str
    height: int
    parts: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, words: str, *, size: int = 15, fill: str = INK,
        weight: int = 400, anchor: str = "start", mono: bool = False,
    ) -> None:  # fmt: skip
        """Write one line."""
        family = ' font-family="ui-monospace,Menlo,Consolas,monospace"' if mono else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}" '
            f'font-weight="{weight}" text-anchor="{anchor}"{family}>{escape(words)}</text>'
        )

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str = CARD,
        stroke: str = LINE, dashed: bool = False, radius: int = 6,
    ) -> None:  # fmt: skip
        """Draw a box."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
            f'rx="{radius}" fill="{fill}" stroke="{stroke}" stroke-width="1.4"{dash}/>'
        )

    def node(
        self, x: float, y: float, words: str, *, fill: str = CARD, ink: str = INK,
        width: float = 92, dashed: bool = False,
    ) -> None:  # fmt: skip
        """Draw a box of 34 with a word in its middle; x, y is its left upper corner."""
        stroke = LINE if fill in (CARD, PAPER) else "#8d8870"
        self.box(x, y, width, 34, fill=fill, stroke=stroke, dashed=dashed)
        self.text(x + width / 2, y + 22, words, fill=ink, weight=600, anchor="middle")

    def arrow(
        self, x1: float, y1: float, x2: float, y2: float, *, relation: str | None = None,
        words: str | None = None, dashed: bool = False,
    ) -> None:  # fmt: skip
        """Draw an edge from the child to the parent, in the colour of its relation."""
        colour = RELATION_LOOKS[relation].light if relation else SOFT
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{colour}" fill="none" '
            f'stroke-width="2.2"{dash} marker-end="url(#tip)"/>'
        )
        said = words if words is not None else (relation or "")
        if said:
            self.text(
                (x1 + x2) / 2,
                (y1 + y2) / 2 - 7,
                said,
                size=13,
                fill=SOFT,
                anchor="middle",
            )

    def svg(self) -> str:
        """Return the picture."""
        tip = (
            '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" '
            'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
            '<path d="M0 0L10 5L0 10z" fill="context-stroke"/></marker>'
        )
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{WIDTH}" height="{self.height}" role="img" '
            f'aria-labelledby="title says" font-family="{FONT}">\n'
            f'<title id="title">{escape(self.title)}</title>\n'
            f'<desc id="says">{escape(self.says)}</desc>\n'
            f"<defs>{tip}{HATCH}</defs>\n"
            f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{self.height - 1}" rx="10" '
            f'fill="{PAPER}" stroke="{LINE}"/>\n{body}\n</svg>\n'
        )
