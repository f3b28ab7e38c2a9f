"""The details of a box as HTML: what it holds, and arrays as heat maps."""

from collections import Counter
from collections.abc import Callable
from html import escape
from itertools import chain

import numpy as np

from . import formula
from .fold import Group, Tree
from .svg import NONE_YET, STROKE, call, numeral

CELLS = 8  # rows and columns of an array that are shown
DEEPEST = 0x66  # how opaque the colour of a cell is at most
MOST_HELD = 4  # kinds of operations that a group tells
# The colour of a cell by its share of the deepest one; negative shares count from the end.
TINTS = [
    "",
    *(f' style="background:{STROKE["output"]}{share:02x}"' for share in range(1, DEEPEST + 1)),
    *(f' style="background:{STROKE["op"]}{share:02x}"' for share in range(DEEPEST, 0, -1)),
]


def table(array: np.ndarray) -> str:
    """An array as numbers on a heat map: orange above 0, blue below, the stronger the larger.

    Example:
        >>> table(np.array([1.0, -2.0]))[:60]
        '<table><tr><td style="background:#D55E0033">1</td><td style='
    """
    array = np.asarray(array)
    rows = array.reshape(-1, array.shape[-1] if array.ndim else 1)
    numbers = rows[:CELLS, :CELLS]
    real = numbers.dtype.kind in "fiu"
    finite = np.isfinite(numbers) if real else np.zeros(numbers.shape, bool)
    size = float(np.abs(numbers[finite]).max(initial=0))
    shares = np.where(finite, numbers, 0).astype(float) / (size or 1) * DEEPEST
    tints = (TINTS[share] for share in np.rint(shares).astype(int).ravel().tolist())
    # All cells are written by one call: a picture comes with some 3000 of them.
    cell = "<td%s>%.4g</td>" if numbers.dtype.kind == "f" else "<td%s>%s</td>"
    more = "<td>\u2026</td>" if rows.shape[1] > CELLS else ""
    row = f"<tr>{cell * numbers.shape[1]}{more}</tr>"
    cells = zip(tints, numbers.ravel().tolist(), strict=True)
    last = "<tr><td>\u2026</td></tr>" if len(rows) > CELLS else ""
    return f"<table>{row * len(numbers) % tuple(chain.from_iterable(cells))}{last}</table>"


def details(tree: Tree, box: int, table: Callable[[np.ndarray], str] = table) -> str:
    """What never changes of a box: its name, value, saved values, rules; as HTML."""
    if box == tree.root:
        return ""
    node = tree.node(box)
    title = tree.names.get(box) or ", ".join(node.names)
    names = f"<b>{escape(title)}</b> " if title else ""
    if isinstance(node, Group):
        parts = [f"<p>{names}{node.about}</p>"]
        if node.ops:
            held = [f"{number} {op}" for op, number in node.ops.most_common(MOST_HELD)]
            held += ["\u2026"] * (len(node.ops) > MOST_HELD)
            parts.append(entry("holds", ", ".join(held)))
    else:
        parts = [f"<p>{names}{escape((node.op or node.kind) + numeral(node))}</p>"]
        if node.line:
            line = escape(node.line).replace("(`", "<code>").replace("`)", "</code>")
            parts.append(f"<p><small>made in {line}</small></p>")
    if node.value is not None:
        about = f"{node.dtype} {node.value.shape}"
        if node.again:
            about += ", computed again"
        elif node.version is not None:
            about += f", version {node.version}"
        parts.append(entry("value", table(node.value), about))
    elif not isinstance(node, Group):
        parts.append(entry("value", f"<i>{NONE_YET}</i>", "nobody kept it"))
    for name, saved in node.saved.items():
        shown = table(saved) if isinstance(saved, np.ndarray) else escape(repr(saved))
        parts.append(entry(f"saved as {name}", shown))
    into = [] if isinstance(node, Group) else tree.into(box)
    twice = Counter(edge.source for edge in into)
    names = {
        name: tree.trace.nodes[edge.source].names[0]
        for edge in into
        for name in formula.inputs(node.op)[edge.slot : edge.slot + 1]
        if tree.trace.nodes[edge.source].names
    }
    for edge in into:
        rule = formula.rule(node.op, edge.slot, node.saved)
        source = tree.trace.nodes[edge.source]
        if rule is not None and source.kind != "constant":
            which = f"input {edge.slot + 1}" if twice[edge.source] > 1 else ""
            shown = formula.mathml(formula.simple(rule, node.saved), names)
            parts.append(entry(f"sends to {call(source)}", shown, which, "rule"))
    return "".join(parts)


def entry(name: str, shown: str, about: str = "", kind: str = "") -> str:
    """A named part of the details; of the kind "rule" it is hidden while it would be an answer."""
    small = f" <small>{escape(about)}</small>" if about else ""
    start = f'<div class="{kind}">' if kind else "<div>"
    return f"{start}<span>{escape(name)}{small}</span>{shown}</div>"
