"""A light sheet to draw small pictures on: texts, boxes, heat maps, with one look for all.

The sheet grows with what is put on it, so nobody has to know its size beforehand.
"""

from collections.abc import Sequence
from html import escape

import numpy as np

from .svg import FONT, GROUND, INK, LINE, PAPER, STROKE

GREY, PALE, RULE = "#595959", "#B0B0B0", "#D9D9D9"  # notes, frames, lines between rows

TEXT, SMALL = 20, 19  # sizes of letters that can be read from the last row
LETTER = 0.602  # the width of a letter, in sizes: all are equal in these fonts
MARGIN = 24
LOW, HIGH = STROKE["op"], STROKE["output"]  # negative is blue, positive is orange
DEEPEST = 0.5  # how much of the colour a cell takes at most: numbers stay readable


class Sheet:
    """A drawing in the making.

    Args:
        title: what the picture is; a screen reader says it first.
        paper: whether all lies on one ground; else the page shows between the parts.

    Example:
        >>> sheet = Sheet("Two numbers")
        >>> width, height = sheet.grid(0, 0, np.array([[1.0, -2.0]]))
        >>> sheet.svg("1 and -2").startswith("<svg ")
        True
    """

    def __init__(self, title: str, paper: bool = True) -> None:
        self.title, self.paper = title, paper
        self.parts: list[str] = []
        self.width = self.height = 0.0

    def text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str = INK,
        size: float = TEXT,
        anchor: str = "start",
        bold: bool = False,
    ) -> float:
        """Write words with their baseline at y; returns their width."""
        width = text_width(words, size)
        weight = ' font-weight="bold"' if bold else ""
        align = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._grow(x + width * {"start": 1, "middle": 0.5, "end": 0}[anchor], y + 0.3 * size)
        self.parts.append(
            f'<text x="{n(x)}" y="{n(y)}" font-size="{n(size)}" '
            f'fill="{colour}"{align}{weight} '
            f'xml:space="preserve">{escape(words)}</text>'
        )
        return width

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        stroke: str = LINE,
        line: float = 1.5,
        radius: float = 0,
        dashed: bool = False,
        more: str = "",
        opacity: float = 1,
    ) -> None:
        """Draw a box; `more` holds attributes for the front end, `opacity` is that of the fill."""
        more += f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
        dashes = ' stroke-dasharray="7 5"' if dashed else ""
        self._grow(x + width, y + height)
        self.parts.append(
            f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" rx="{n(radius)}" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{n(line)}"{dashes}{more}/>'
        )

    def kind(self, kind: str, x: float, y: float, width: float, height: float) -> None:
        """Draw a box in the shape and colour of "leaf", "op", "output" or "constant"."""
        radius = {"leaf": height / 2, "op": 8}.get(kind, 0)
        self.box(x, y, width, height, GROUND[kind], STROKE[kind], 2.5, radius, kind == "constant")

    def path(self, d: str, colour: str = LINE, line: float = 2, arrow: bool = False) -> None:
        """Draw a line; with an arrow at its end, if wanted. It does not let the sheet grow."""
        end = f' marker-end="url(#{arrow_id(colour)})"' if arrow else ""
        if arrow and not any(arrow_id(colour) in part for part in self.parts):
            self.parts.append(
                f'<defs><marker id="{arrow_id(colour)}" viewBox="0 0 10 10" refX="8" refY="5" '
                'markerWidth="13" markerHeight="13" markerUnits="userSpaceOnUse" orient="auto">'
                f'<path d="M0 0 L10 5 L0 10 z" fill="{colour}"/></marker></defs>'
            )
        self.parts.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{n(line)}"{end}/>'
        )

    def grid(
        self,
        x: float,
        y: float,
        values: np.ndarray,
        texts: Sequence[Sequence[str]] | None = None,
        stroke: str = LINE,
        cell: tuple[float, float] | None = None,
        scale: float | None = None,
        size: float = TEXT,
        more: Sequence[Sequence[str]] | None = None,
    ) -> tuple[float, float]:
        """Draw a matrix as a heat map with its numbers; returns its width and height.

        Args:
            x, y: its upper left corner.
            values: a matrix; its numbers give the colours.
            texts: what stands in the cells; without it the numbers, `[]` for none.
            stroke: the colour of the lines.
            cell: the size of a cell; without it, as the texts need.
            scale: the number that has the deepest colour; without it, the largest.
            size: the size of the texts.
            more: attributes of each cell, for the front end.
        """
        if texts is None:
            texts = [[number(value) for value in row] for row in values]
        width, height = cell or cell_size(texts, size)
        scale = scale or largest(values)
        line = stroke if texts else PAPER
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                left, top = x + j * width, y + i * height
                own = more[i][j] if more else ""
                fill, opacity = heat(value, scale)
                self.box(
                    *(left, top, width, height, fill, line, 1.5 if texts else 0.7),
                    more=own,
                    opacity=opacity,
                )
                if texts:
                    middle = top + height / 2 + 0.35 * size
                    self.text(left + width / 2, middle, texts[i][j], size=size, anchor="middle")
        whole = width * values.shape[1], height * values.shape[0]
        if not texts:
            self.box(x, y, *whole, stroke=stroke)
        return whole

    def svg(self, words: str) -> str:
        """The finished picture; `words` say what is to be seen."""
        margin = MARGIN if self.paper else 1
        width, height = self.width + 2 * margin, self.height + 2 * margin
        paper = (
            f'<rect x="1" y="1" width="{n(width - 2)}" height="{n(height - 2)}" rx="14" '
            f'fill="{PAPER}" stroke="{RULE}"/>'
        )
        return "".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n(width)} {n(height)}" '
                f'width="{n(width)}" height="{n(height)}" role="img" font-family="{FONT}" '
                f'aria-label="{escape(self.title)}" style="max-width: 100%; height: auto">',
                f"<title>{escape(self.title)}</title><desc>{escape(words)}</desc>",
                paper * self.paper,
                f'<g transform="translate({margin} {margin})" pointer-events="none">',
                *self.parts,
                "</g></svg>",
            ]
        )

    def _grow(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)


def arrow_id(colour: str) -> str:
    return f"arrow-{colour.strip('#')}"


def text_width(words: str, size: float = TEXT) -> float:
    return len(words) * LETTER * size


def cell_size(texts: Sequence[Sequence[str]], size: float = TEXT) -> tuple[float, float]:
    """The size that cells with these texts need."""
    if not texts:
        return 14, 14
    longest = max((len(text) for row in texts for text in row), default=1)
    return max(2.6 * size, (longest + 1.4) * LETTER * size), 2.1 * size


def heat(value: complex, scale: float) -> tuple[str, float]:
    """The colour of a number and its share: blue below zero, orange above, grey for no number.

    Example:
        >>> heat(0.0, 1.0), heat(1.0, 1.0), heat(-1.0, 2.0)
        (('#0072B2', 0.0), ('#D55E00', 0.5), ('#0072B2', 0.25))
    """
    value = abs(value) if isinstance(value, complex | np.complexfloating) else float(value)
    if np.isnan(value):
        return RULE, 1.0
    return HIGH if value > 0 else LOW, DEEPEST * min(abs(value) / scale, 1)


def largest(values: np.ndarray) -> float:
    """The largest finite size of a number here, 1 where there is none."""
    sizes = np.abs(np.asarray(values).astype(complex).ravel())
    sizes = sizes[np.isfinite(sizes)]
    return float(sizes.max()) or 1.0 if sizes.size else 1.0


def number(value: object) -> str:
    """A number in a few characters.

    Example:
        >>> number(2.0), number(-0.33333333), number(True), number(1e-9), number(-0.0)
        ('2', '\u22120.3333', 'True', '1e\u221209', '0')
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    text = f"{value:.4g}"
    return "0" if text == "-0" else text.replace("-", "\u2212")


def n(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")
