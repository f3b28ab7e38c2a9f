"""What a player of the film needs, as plain JSON: pictures, moments, details of the boxes.

The widget plays it in a notebook; a page without a kernel can play it, too. Of a folded graph each
`scene` shows the group that is open and what is around it.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from functools import cached_property
from html import escape
from itertools import chain
from typing import Any

import numpy as np

from . import formula
from .fold import Group, Tree, View
from .frames import Frame, lines_of
from .reel import Reel
from .svg import LETTER, NONE_YET, STROKE, Stage, call, short, to_svg
from .trace import Edge

GAP = 64  # between rows: room for what goes along an edge
CELLS = 8  # rows and columns of an array that the details show
DEEPEST = 0x66  # how opaque the colour of a cell is at most
WORDS = {"grad": "gradient", "kept": ".grad", "left": "sends"}
MOST_HELD = 4  # kinds of operations that a group tells
ASKED = 6  # numbers that a reader is asked for at once
NEAR = 0.02  # how far an answer may be off, as a share of the number
QUESTION = (
    '<label>{asks} <input type="text" name="guess" required autocomplete="off"></label> '
    '<button>Check</button> <button type="reset">Show it</button> <output name="verdict"></output>'
    '<details><summary>Hint</summary><p>{why}</p><div class="math">{rule}</div></details>'
)
# The colour of a cell by its share of the deepest one; negative shares count from the end.
TINTS = [
    "",
    *(f' style="background:{STROKE["output"]}{share:02x}"' for share in range(1, DEEPEST + 1)),
    *(f' style="background:{STROKE["op"]}{share:02x}"' for share in range(DEEPEST, 0, -1)),
]


class Player:
    """The film of a recorded pass on one level of its tree, cut into scenes.

    Attributes:
        tree: the recorded pass, folded.
        level: so deep the groups are closed; 1 shows the whole, a larger number more of it.
        reel: its moments.
    """

    def __init__(self, tree: Tree, level: int = 1, prefix: str = "g-") -> None:
        self.tree, self.level, self.prefix = tree, level, prefix
        self.reel = Reel(tree, level)
        self._views: dict[int, tuple[View, Stage]] = {}

    def scene_at(self, moment: int) -> int:
        """The number of the scene in which a moment is."""
        return bisect_right(self.reel.cuts, moment, key=lambda cut: cut[0]) - 1

    def scene(self, number: int) -> dict[str, Any]:
        """A scene as JSON: its picture as it is before the scene, its moments, its boxes."""
        cuts, moments = self.reel.cuts, self.reel.moments
        first, group = cuts[number]
        end = cuts[number + 1][0] if number + 1 < len(cuts) else len(moments)
        view, stage = self._view(group)
        boxes = {str(box): self._about(box, first, end) for box in view.boxes}
        for box, _ in stage.path:
            boxes[str(box)] = self._about(box, first, end)
        return {
            "number": number,
            "prefix": self.prefix,
            "first": first,
            "svg": self._draw(view, stage, first),
            "moments": [self._moment(moment, view) for moment in range(first, end)],
            "boxes": boxes,
            "note": self._note(group),
            "up": self.tree.names[self.tree.parent.get(group, group)],
            "ahead": self._moment(end, view) if end < len(moments) else None,
        }

    def scenes(self) -> list[dict[str, Any]]:
        """All of it: what a page without a kernel plays. No group is opened there."""
        scenes = [self.scene(number) for number in range(len(self.reel.cuts))]
        for scene in scenes:
            scene["note"] = self._note(self.tree.root, live=False)
            for about in scene["boxes"].values():
                about.pop("opens", None)
        return scenes

    def last_picture(self) -> str:
        """The picture after the pass, as one SVG."""
        view, stage = self._view(self.tree.root)
        return self._draw(view, stage, len(self.reel.moments))

    # --- pictures ---------------------------------------------------------------------------------

    def _view(self, group: int) -> tuple[View, Stage]:
        """What is seen where a group is open, with the texts of the beginning."""
        if group not in self._views:
            view = View(self.tree, group)
            lines = [lines_of(self.tree.node(box)) for box in view.boxes]
            room = [
                max(len(a) + max(len(t), self._longest(f"{name}-{box}")) for a, t, name in own)
                for box, own in zip(view.boxes, lines, strict=True)
            ]
            sent = [
                self._longest(f"{kind}-{box}") for box in view.boxes for kind in ("grad", "left")
            ]
            path = [*self.tree.around(group)][::-1]
            stage = Stage(
                self.prefix,
                view.boxes,
                range(len(view.trace.edges)),
                lines,
                room,
                width=(max(sent, default=0) + 6) * LETTER,
                gap=GAP,
                path=[(one, self.tree.title(one) or "all") for one in path] if path[1:] else (),
            )
            self._views[group] = view, stage
        return self._views[group]

    def _draw(self, view: View, stage: Stage, moment: int) -> str:
        """The picture before a moment."""
        lines = [
            [(a, self._text(f"{name}-{box}", moment) if name else t, name) for a, t, name in own]
            for box, own in zip(view.boxes, stage.lines, strict=True)
        ]
        done = {
            f"edge-{i}"
            for i, edge in enumerate(view.trace.edges)
            if view.trace.nodes[edge.source].kind != "constant"
            and self.reel.has_sent(view.boxes[edge.target], moment)
        }
        stage = replace(stage, lines=lines, done=frozenset(done))
        return to_svg(view.trace, "Backward pass", stage)

    def _text(self, name: str, moment: int) -> str:
        """What a text says before a moment."""
        change = self.reel.before(name, moment)
        if change is not None:
            return change.text
        kind, _, box = name.partition("-")
        grad = self.tree.node(int(box)).grad
        return NONE_YET if kind != "kept" or grad is None else short(grad)

    def _longest(self, name: str) -> int:
        """The most letters that a text ever has."""
        return max([len(change.text) for change in self.reel.changes(name)], default=0)

    # --- moments ----------------------------------------------------------------------------------

    def _moment(self, number: int, view: View) -> dict[str, Any]:
        moment = self.reel.moments[number]
        frame, box, said = moment.frame, moment.box, moment.frame.told
        told: dict[str, Any] = {"words": said.words, "why": said.why, "box": box}
        told["set"] = [
            [name, self._text(name, number), self._text(name, number + 1)]
            for name, *_ in moment.news
        ]
        looked_at = self.reel.moments[number + 1].actor if frame.kind == "open" else box
        told["on"] = [] if looked_at is None else [f"node-{view.seen(looked_at)}"]
        told["done"] = []
        if moment.edge is not None:
            edge = view.edge(*moment.edge)
            told["done"] = [f"edge-{edge}"]
            told["on"] += [f"edge-{edge}", f"node-{view.seen(moment.edge[0])}"]
            label = NONE_YET if frame.value is None else short(frame.value)
            told["label"] = [f"edge-{edge}", label]
        told["math"] = list(said.formula)
        if said.formula and box is not None:
            name = escape(call(self.tree.node(box)))
            told["math"].append(f"<small>g is what arrived at {name}.</small>")
        if said.asks and frame.value is not None and np.isrealobj(frame.value):
            told["ask"] = _question(frame)
        return told

    def _note(self, group: int, live: bool = True) -> str:
        if len(self.tree.parts) == 1:
            return ""
        whole = f"{len(self.tree.trace.nodes)} nodes"
        if group != self.tree.root:
            return f"{self.tree.names[group]} is open, a part of {whole}. Escape closes it."
        count = f"{len(self.tree.parts[group])} boxes stand for {whole}."
        return f"{count} A click on a pile opens it, or Enter." if live else count

    # --- details ----------------------------------------------------------------------------------

    def _about(self, box: int, first: int, end: int) -> dict[str, Any]:
        """The details of a box: what never changes, and its gradients by moment."""
        grads = []
        for kind, word in WORDS.items():
            name = f"{kind}-{box}"
            before = self.reel.before(name, first)
            for change in [before] * (before is not None) + self.reel.changes(name, first, end):
                grads.append([change.moment, kind, _entry(word, table(change.value))])
        about: dict[str, Any] = {"html": self._details(box), "grads": grads}
        whole = [moment for moment, kind, _ in grads if kind == "grad"]
        if whole:  # a click goes to where all has arrived
            about["jump"] = whole[-1]
        if box in self.tree.parts:
            about["opens"] = self.tree.names[box]
        return about

    def _details(self, box: int) -> str:
        if box == self.tree.root:
            return ""
        node = self.tree.node(box)
        title = self.tree.names.get(box) or ", ".join(node.names)
        names = f"<b>{escape(title)}</b> " if title else ""
        if isinstance(node, Group):
            parts = [f"<p>{names}{node.about}</p>"]
            if node.ops:
                held = [f"{number} {op}" for op, number in node.ops.most_common(MOST_HELD)]
                held += ["\u2026"] * (len(node.ops) > MOST_HELD)
                parts.append(_entry("holds", ", ".join(held)))
        else:
            parts = [f"<p>{names}{escape(node.op or node.kind)}</p>"]
        if node.value is not None:
            about = f"{node.dtype} {node.value.shape}"
            if node.again:
                about += ", computed again"
            elif node.version is not None:
                about += f", version {node.version}"
            parts.append(_entry("value", table(node.value), about))
        elif not isinstance(node, Group):
            parts.append(_entry("value", f"<i>{NONE_YET}</i>", "nobody kept it"))
        for name, saved in node.saved.items():
            shown = table(saved) if isinstance(saved, np.ndarray) else escape(repr(saved))
            parts.append(_entry(f"saved as {name}", shown))
        into = [] if isinstance(node, Group) else self._into.get(box, [])
        twice = Counter(edge.source for edge in into)
        for edge in into:
            rule = formula.rule(node.op, edge.slot)
            source = self.tree.trace.nodes[edge.source]
            if rule is not None and source.kind != "constant":
                which = f"input {edge.slot + 1}" if twice[edge.source] > 1 else ""
                parts.append(_entry(f"sends to {call(source)}", formula.mathml(rule), which))
        return "".join(parts)

    @cached_property
    def _into(self) -> dict[int, list[Edge]]:
        found: dict[int, list[Edge]] = {}
        for edge in self.tree.trace.edges:
            found.setdefault(edge.target, []).append(edge)
        return found


def _entry(name: str, shown: str, about: str = "") -> str:
    small = f" <small>{escape(about)}</small>" if about else ""
    return f"<div><span>{escape(name)}{small}</span>{shown}</div>"


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


def _question(frame: Frame) -> dict[str, Any] | None:
    """What a reader is asked before a value is shown; of a large array its first number.

    Nobody is asked for what is no number: nothing, nan, inf.
    """
    numbers = np.ravel(frame.value)[: ASKED + 1].astype(float).tolist()
    if not numbers or not np.isfinite(numbers).all():
        return None
    what, shape = frame.told.asks, frame.value.shape
    if len(numbers) > ASKED:
        what += f" Its shape is {shape}: give its first number."
        numbers = numbers[:1]
    elif len(numbers) > 1:
        what += f" Give {len(numbers)} numbers."
    least = max(map(abs, numbers)) / 1000
    near = [max(NEAR * abs(number), least) for number in numbers]
    return {
        "html": QUESTION.format(
            asks=escape(what), why=frame.told.why, rule="".join(frame.told.formula[:1])
        ),
        "answer": [[number - d, number + d] for number, d in zip(numbers, near, strict=True)],
    }
