"""The picture: one SVG string, made from a `Trace` and nothing else.

Shape and colour say the same thing twice: a pill is a leaf, a rounded box an operation, a square
box the output, a dashed box a constant. Values run down, gradients come back up. The picture brings
its own light ground, so it reads the same in a light and in a dark page, and it asks for no font,
script or file from anywhere.

Each box is a group `<g id="node-3" class="node leaf">` and each edge a path `<path id="edge-5"
class="edge">`, numbered as in the trace: what wants to animate the picture finds its parts by these
names. An edge tells in `data-at` where a text on it would stand.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Any

import numpy as np

from .layout import GAP_Y, Layout, lay_out
from .trace import Node, Trace

# Okabe-Ito colours, which colour-blind readers tell apart; grounds are tints of them, the
# gradient's is darkened for text.
INK, PAPER, LINE = "#1A1A1A", "#FFFFFF", "#767676"
STROKE = {"leaf": "#009E73", "op": "#0072B2", "output": "#D55E00", "constant": "#767676"}
GROUND = {"leaf": "#E3F4EE", "op": "#E3EFF7", "output": "#FCEBDF", "constant": "#FFFFFF"}
GRADIENT = "#8E1F76"

FONT = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
FONT_SIZE = 18
LETTER = 0.602 * FONT_SIZE  # the width of a letter: all are equal in these fonts
LEADING = 26
LEGEND_WIDTH = 380  # where the graph is narrower
PAD_X, PAD_Y = 16, 11
MARGIN = 26
PATH_HEIGHT = 44  # of the line that names the opened groups
CLOSE = 32  # between the rows of a picture that shall be short
PORT = 18  # between edges that enter the same box
NONE_YET = "\u2014"  # an em dash, never a zero
WIDEST = 24  # letters of a value in a box
NUMBERED = ("leaf", "op", "output")  # kinds of which two may be called alike
# What rides on an edge while a gradient goes along it.
FLOW = (
    '<filter id="{0}flow" x="-6%" y="-20%" width="112%" height="140%">'
    '<feFlood style="flood-color: var(--grad)"/><feComposite in="SourceGraphic"/></filter>'
    '<text class="flow" text-anchor="middle" y="6" filter="url(#{0}flow)"></text>'
)
LEGEND = (
    *(("leaf", "leaf"), ("op", "operation"), ("output", "output"), ("constant", "constant")),
    ("group", "group"),
)
STACK = 5  # a group looks like a pile of three cards: how far each stands out

Line = tuple[str, str, str]  # what stands before a text, the text, what the text is called


@dataclass(frozen=True)
class Stage:
    """What a picture that will be animated needs besides its trace.

    Attributes:
        prefix: stands before each id, since a page may hold several pictures.
        nodes, edges: the number of each node and edge of the trace in the ids.
        lines: the lines of each node; a text that has a name gets an id, `grad-3`, so that it can
            be replaced.
        room: how many letters the box of each node must have room for.
        done: the ids that are marked as done from the beginning.
        width: the least width of the drawing.
        gap: what is left between two rows of boxes.
        path: the groups that are opened, from the outside in: number and name of each.
    """

    prefix: str
    nodes: Sequence[int]
    edges: Sequence[int]
    lines: Sequence[Sequence[Line]]
    room: Sequence[int]
    done: frozenset[str] = frozenset()
    width: float = 0
    gap: float = GAP_Y
    path: Sequence[tuple[int, str]] = ()

    def id(self, name: str) -> str:
        """The attributes of an element that is to be found again."""
        return f'id="{self.prefix}{name}" class="{"done " if name in self.done else ""}'


def to_svg(trace: Trace, title: str = "Backward graph", stage: Stage | None = None) -> str:
    """Draw a trace; with a stage, so that it can be animated.

    Example:
        >>> import minigrad
        >>> from minigrad.explore.trace import read
        >>> to_svg(read(minigrad.ones(2, requires_grad=True).sum(), {})).startswith("<svg ")
        True
    """
    trace = numbered(trace)
    stage = stage or at_rest(trace)
    sizes = [
        box_size([before + text for before, text, _ in lines], room, node.kind)
        for node, lines, room in zip(trace.nodes, stage.lines, stage.room, strict=True)
    ]
    layout = _laid_out(tuple(sizes), tuple((e.source, e.target) for e in trace.edges), stage.gap)
    ports = _ports(trace, layout)
    drawn = [_edge(trace, layout, i, ports[i], sizes, stage) for i in range(len(trace.edges))]
    drawn += [_box(node, layout, sizes[node.id], stage) for node in trace.nodes]
    if stage.prefix:
        drawn.append(FLOW.format(stage.prefix))
    low = layout.height + 44
    legend, legend_width, legend_height = _legend(trace, low, layout.width)
    path, path_width = _path(stage)
    top = MARGIN + (PATH_HEIGHT if path else 0)
    inner = max(layout.width, legend_width, path_width, stage.width)
    shift = (inner - layout.width) / 2
    width, height = inner + 2 * MARGIN, low + legend_height + top + MARGIN
    if stage.prefix:  # a film has gradients along its edges, too
        paper, card = [_paper(1, 1, width - 2, height - 2)], []
    else:
        paper, card = (
            [],
            [_paper(-PAD_X, low - PAD_Y, legend_width + 2 * PAD_X, legend_height + 2 * PAD_Y)],
        )
    role = "group" if stage.prefix else "img"  # a group: its boxes can be chosen
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
            f'width="{_n(width)}" height="{_n(height)}" role="{role}" font-family="{FONT}" '
            f'font-size="{FONT_SIZE}" style="max-width: 100%; height: auto">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(in_words(trace))}</desc>",
            *paper,
            f'<defs><marker id="{stage.prefix}arrow" viewBox="0 0 10 10" refX="9" refY="5" '
            'markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto">'
            f'<path d="M0 0 L10 5 L0 10 z" fill="{LINE}"/></marker></defs>',
            *path,
            f'<g transform="translate({_n(MARGIN + shift)} {top})">',
            *drawn,
            "</g>",
            f'<g transform="translate({_n(MARGIN + (inner - legend_width) / 2)} {top})">',
            *card,
            *legend,
            "</g>",
            "</svg>",
        ]
    )


def _paper(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="paper" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
        f'rx="14" fill="{PAPER}" stroke="#D9D9D9"/>'
    )


@lru_cache(maxsize=64)
def _laid_out(sizes: tuple, edges: tuple, gap: float) -> Layout:
    """`lay_out`, once: a film comes back to the same boxes."""
    return lay_out(sizes, edges, gap)


def at_rest(trace: Trace, short: bool = False) -> Stage:
    """A picture that nobody animates; if it shall be short, without the lines that say nothing."""
    lines = [[("", line, "") for line in box_lines(node)] for node in trace.nodes]
    if short:
        lines = [[own[0], *[one for one in own[1:] if NONE_YET not in one[1]]] for own in lines]
    count, gap = len(lines), CLOSE if short else GAP_Y
    return Stage("", range(count), range(len(trace.edges)), lines, [0] * count, gap=gap)


# --- words ----------------------------------------------------------------------------------------


def box_lines(node: Node) -> list[str]:
    """Return the lines of a box: who it is, its value, its gradient (a constant has none)."""
    names = ", ".join(node.names)
    if node.kind == "constant":
        if node.value is None:
            return ["constant", f"value {NONE_YET}"]
        value = brief(node.value)
        return [f"{names} = {value}"] if names else [value]
    if node.kind == "group":
        return [names, node.about]
    op = (node.op or "leaf") + numeral(node)
    if "exponent" in node.saved:
        op += f" {node.saved['exponent']:g}"
    return [
        f"{names} {op}" if names else op,
        f"value {NONE_YET if node.value is None else brief(node.value)}",
        f"grad  {NONE_YET if node.grad is None else brief(node.grad)}",
    ]


def short(array: np.ndarray, most: int = 4) -> str:
    """Write an array in a few characters; one that is long shows its beginning and its shape.

    Example:
        >>> short(np.array([1.0, 2.5, -3.14159]))
        '[1, 2.5, -3.142]'
        >>> short(np.zeros((2, 8)))
        '[[0, 0, \u2026], \u2026] (2, 8)'
    """
    if array.size > most:
        return f"{_head(array, 2)} {array.shape}".replace(",)", ")")
    return _head(array, most)


def brief(array: np.ndarray) -> str:
    """Write an array in so few characters that a box stays small: a large matrix is its shape.

    Example:
        >>> brief(np.array([1.0, 2.5, -3.14159]))
        '[1, 2.5, -3.142]'
        >>> brief(np.zeros((2, 8)))
        '(2, 8)'
    """
    text = short(array)
    if (array.size > 4 and array.ndim > 1) or len(text) > WIDEST:
        head = "" if array.ndim > 1 else _head(array, 1)
        text = f"{head} {array.shape}".replace(",)", ")").strip()
    return text


def _head(array: np.ndarray, most: int) -> str:
    kept, more, size = [], [], array.size
    for length in array.shape:
        keep = 1 if len(kept) + 1 < array.ndim and size > most * most else most
        kept.append(slice(keep))
        more.append(length > keep)
        size //= length or 1
    return _written(array[tuple(kept)].tolist(), more)


def _written(parts: Any, more: Sequence[bool]) -> str:
    """Nested lists as text; `more` tells of each level whether something was left out."""
    if more:
        inside = [_written(part, more[1:]) for part in parts] + ["\u2026"] * more[0]
        return f"[{', '.join(inside)}]"
    return f"{parts:.4g}" if isinstance(parts, float) else str(parts)


def in_words(trace: Trace) -> str:
    """Tell the graph line by line, inputs first: for a screen reader or a terminal."""
    trace, told = numbered(trace), []
    into: dict[int, list[Node]] = {}
    for edge in sorted(trace.edges, key=lambda edge: edge.slot):
        into.setdefault(edge.target, []).append(trace.nodes[edge.source])
    for node in trace.nodes:
        inputs = [call(source) for source in into.get(node.id, ())]
        made = f" of {', '.join(inputs)}" if inputs else ""
        told.append(f"{call(node)}: " + ", ".join([f"{node.kind}{made}", *_told(node)]))
    return "\n".join(told)


def call(node: Node) -> str:
    if node.kind == "constant" and not node.names:
        return "a constant" if node.value is None else short(node.value)
    return node.names[0] if node.names else (node.op or "an unnamed leaf") + numeral(node)


def numeral(node: Node) -> str:
    """What tells a node apart from others of its operation: " (2)", or nothing."""
    return f" ({node.number})" if node.number else ""


def numbered(trace: Trace) -> Trace:
    """The same with a number for each node that would be called like another one.

    Example:
        >>> import minigrad
        >>> from minigrad.explore.trace import read
        >>> x = minigrad.ones(2, requires_grad=True)
        >>> [call(node) for node in numbered(read(x * x * x, {"x": x})).nodes]
        ['x', 'MulBackward0 (1)', 'MulBackward0 (2)']
    """
    own = {node.id: call(node) for node in trace.nodes if not node.names and node.kind in NUMBERED}
    count, seen = Counter(own.values()), Counter[str]()
    if len(count) == len(own):
        return trace
    nodes = list(trace.nodes)
    for at, name in own.items():
        if count[name] > 1:
            seen[name] += 1
            nodes[at] = replace(nodes[at], number=seen[name])
    return replace(trace, nodes=tuple(nodes))


def _told(node: Node) -> list[str]:
    own = [node.op] if node.names and node.op else []
    lines = box_lines(node)[1:]
    return own + [" ".join(line.replace(NONE_YET, "none").split()) for line in lines]


# --- shapes ---------------------------------------------------------------------------------------


def box_size(lines: Sequence[str], room: int = 0, kind: str = "") -> tuple[float, float]:
    """The width and height of a box around these lines, with room for as many letters."""
    width = max(room, *map(len, lines)) * LETTER + 2 * PAD_X
    more = 2 * STACK if kind == "group" else 0
    return width + more, len(lines) * LEADING - (LEADING - FONT_SIZE) + 2 * PAD_Y + more


def _box(node: Node, layout: Layout, size: tuple[float, float], stage: Stage) -> str:
    width, height = size
    left, top = layout.x[node.id] - width / 2, layout.y[node.id] - height / 2
    number = stage.nodes[node.id]
    names = ", ".join(node.names)
    drawn = []
    for i, (before, text, called) in enumerate(stage.lines[node.id]):
        baseline = top + PAD_Y + 0.82 * FONT_SIZE + i * LEADING
        inside = escape(before) + escape(text)
        if i == 0 and names:
            bold = f'<tspan font-weight="bold">{escape(names)}</tspan>'
            inside = bold + escape((before + text)[len(names) :])
        elif called:
            inside = (
                f'{escape(before)}<tspan {stage.id(f"{called}-{number}")}">{escape(text)}</tspan>'
            )
        part = ("name", "value", "grad")[min(i, 2)]
        drawn.append(
            f'<text class="{part}" x="{_n(left + PAD_X)}" y="{_n(baseline)}" '
            f'fill="{GRADIENT if part == "grad" else INK}" xml:space="preserve">{inside}</text>'
        )
    shape = _shape(node.kind, left, top, width, height)
    about = stage.id(f"node-{number}") + f'node {_look(node.kind)}"'
    if stage.prefix:
        label = escape("".join(stage.lines[node.id][0][:2]))
        if node.kind == "group":
            label += f", group of {escape(stage.lines[node.id][1][1])}"
        about += f' role="button" tabindex="0" aria-label="{label}"'
    return f"<g {about}>{shape}{''.join(drawn)}</g>"


def _look(kind: str) -> str:
    """The classes of a kind: a group is a pile of operations."""
    return "group op" if kind == "group" else kind


def _shape(
    kind: str, left: float, top: float, width: float, height: float, line: float = 2.5
) -> str:
    """A pill, a rounded box, a square box, a dashed box, or a pile of rounded boxes."""
    if kind == "group":
        step = STACK if height > 40 else 3
        width, height = width - 2 * step, height - 2 * step
        cards = [(left + i * step, top + i * step, width, height) for i in (2, 1, 0)]
        return "".join(_shape("op", *card, line) for card in cards)
    radius = {"leaf": min(height / 2, 34), "op": height / 10 if height > 40 else 4}.get(kind, 0)
    dashes = f' stroke-dasharray="{_n(line * 3)} {_n(line * 2)}"' if kind == "constant" else ""
    return (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" '
        f'rx="{_n(radius)}" fill="{GROUND[kind]}" stroke="{STROKE[kind]}" '
        f'stroke-width="{_n(line)}"{dashes}/>'
    )


def _edge(
    trace: Trace,
    layout: Layout,
    i: int,
    port: float,
    sizes: list[tuple[float, float]],
    stage: Stage,
) -> str:
    edge = trace.edges[i]
    x, y = layout.x[edge.source], layout.y[edge.source] + sizes[edge.source][1] / 2
    path = [f"M{_n(x)} {_n(y)}"]
    end_x = layout.x[edge.target] + port
    end_y = layout.y[edge.target] - sizes[edge.target][1] / 2 - 2
    at = ""
    for to_x, top, bottom in [*layout.bends[i], (end_x, end_y, end_y)]:
        middle = (y + top) / 2
        at = at or f"{_n((x + to_x) / 2)} {_n(middle)}"
        path.append(f"C{_n(x)} {_n(middle)} {_n(to_x)} {_n(middle)} {_n(to_x)} {_n(top)}")
        if bottom > top:
            path.append(f"V{_n(bottom)}")
        x, y = to_x, bottom
    return (
        f'<path {stage.id(f"edge-{stage.edges[i]}")}edge" data-at="{at}" d="{" ".join(path)}" '
        f'fill="none" stroke="{LINE}" stroke-width="2" marker-end="url(#{stage.prefix}arrow)"/>'
    )


def _ports(trace: Trace, layout: Layout) -> list[float]:
    """Where each edge enters its box, beside the middle; in the order in which they come."""
    entering: dict[int, list[tuple[float, int]]] = {}
    for i, edge in enumerate(trace.edges):
        comes = layout.bends[i][-1][0] if layout.bends[i] else layout.x[edge.source]
        entering.setdefault(edge.target, []).append((comes, i))
    ports = [0.0] * len(trace.edges)
    for edges in entering.values():
        for place, (_, i) in enumerate(sorted(edges)):
            ports[i] = (place - (len(edges) - 1) / 2) * PORT
    return ports


def _path(stage: Stage) -> tuple[list[str], float]:
    """The opened groups in a line above the picture; a click closes what is in one of them."""
    drawn, x = [], 0.0
    for i, (number, name) in enumerate(stage.path):
        if i:
            drawn.append(_note(x + 6, 21, "\u203a", INK, FONT_SIZE))
            x += 6 + LETTER + 6
        width = len(name) * LETTER + 20
        text = f'<text x="{_n(x + 10)}" y="21" fill="{INK}">{escape(name)}</text>'
        if i < len(stage.path) - 1:
            text = (
                f'<g {stage.id(f"node-{number}")}node crumb op" role="button" tabindex="0" '
                f'aria-label="Back to {escape(name)}"><rect x="{_n(x)}" width="{_n(width)}" '
                f'height="30" rx="15" fill="{GROUND["op"]}" stroke="{STROKE["op"]}"/>{text}</g>'
            )
        drawn.append(text)
        x += width
    if drawn:
        drawn = [f'<g transform="translate({MARGIN} {MARGIN - 8})">', *drawn, "</g>"]
    return drawn, x


def _legend(trace: Trace, y: float, most: float) -> tuple[list[str], float, float]:
    """Name the shapes that occur, then the two directions, in lines about as wide as the graph."""
    present = {node.kind for node in trace.nodes}
    named = [(kind, word, INK) for kind, word in LEGEND if kind in present]
    if trace.edges:
        named += [("", "\u2193 values", INK), ("", "\u2191 gradients", GRADIENT)]
    parts: list[str] = []
    x, width, first = 0.0, 0.0, y
    for kind, word, colour in named:
        shape = 34 if kind else 0
        room = shape + len(word) * LETTER
        if x and x + room > max(most, LEGEND_WIDTH):
            x, y = 0.0, y + LEADING
        if kind:
            parts.append(f'<g class="{_look(kind)}">{_shape(kind, x, y, 26, 16, line=2)}</g>')
        parts.append(_note(x + shape, y + 13, word, colour, FONT_SIZE))
        width, x = max(width, x + room), x + room + 22
    return parts, width, y - first + FONT_SIZE


def _note(x: float, y: float, words: str, colour: str, size: int) -> str:
    about = ' class="grad"' if colour == GRADIENT else ""
    place = f'x="{_n(x)}" y="{_n(y)}" font-size="{size}"'
    return f'<text{about} {place} fill="{colour}">{escape(words)}</text>'


def _n(value: float) -> str:
    """A coordinate with one decimal at most: the same digits on every machine, and fewer bytes."""
    return f"{value:.1f}".removesuffix(".0")
