"""What a player of the film needs, as plain JSON: pictures, moments, details of the boxes.

The widget plays it in a notebook; a page without a kernel can play it, too. Of a large graph each
`scene` shows a window of a few boxes around what happens, and the windows follow the film.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from math import isfinite
from typing import Any

import numpy as np

from . import formula
from .forward import filled
from .frames import Frame, film, lines_of
from .svg import LETTER, NONE_YET, STROKE, Line, Stage, call, short, to_svg
from .trace import Edge, Node, Trace

WHOLE = 40  # up to so many boxes are shown at once
MOST = 30  # else so many
GAP = 64  # between rows: room for what goes along an edge
CELLS = 8  # rows and columns of an array that the details show
DEEPEST = 0x66  # how opaque the colour of a cell is at most
WORDS = {"grad": "gradient", "kept": ".grad"}
ASKED = 6  # numbers that a reader is asked for at once
NEAR = 0.02  # how far an answer may be off, as a share of the number
QUESTION = (
    '<label>{asks} <input type="text" name="guess" required autocomplete="off"></label> '
    '<button>Check</button> <button type="reset">Show it</button> <output name="verdict"></output>'
    '<details><summary>Hint</summary><p>{why}</p><div class="math">{rule}</div></details>'
)


class Player:
    """The film of a recorded pass, cut into scenes.

    Attributes:
        trace: the recorded pass.
        frames: its moments, from `film`.
        cuts: for each scene the number of its first moment and the ids of its boxes.
    """

    def __init__(self, trace: Trace, prefix: str = "g-") -> None:
        self.trace = trace = filled(trace)
        self.prefix = prefix
        self.frames = film(trace)
        self.cuts = list(self._cut())

    def scene_at(self, moment: int) -> int:
        """The number of the scene in which a moment is."""
        return bisect_right(self.cuts, moment, key=lambda cut: cut[0]) - 1

    def scene(self, number: int) -> dict[str, Any]:
        """A scene as JSON: its picture as it is before the scene, its moments, its boxes."""
        first, boxes = self.cuts[number]
        end = self.cuts[number + 1][0] if number + 1 < len(self.cuts) else len(self.frames)
        texts, done = self._state(first)
        picture = self._draw(boxes, texts, done)
        moments = []
        for frame in self.frames[first:end]:
            moments.append(self._moment(frame, texts))
            texts.update(frame.texts)
        note = ""
        if len(self.cuts) > 1:
            note = f"{len(boxes)} of {len(self.trace.nodes)} boxes; the window follows the pass."
        ahead = self.frames[end : end + 1]
        return {
            "number": number,
            "prefix": self.prefix,
            "first": first,
            "svg": picture,
            "moments": moments,
            "boxes": {str(box): self._about(self.trace.nodes[box], first, end) for box in boxes},
            "note": note,
            "ahead": self._moment(ahead[0], texts) if ahead else None,
        }

    def scenes(self) -> list[dict[str, Any]]:
        """All of it: what a page without a kernel plays."""
        return [self.scene(number) for number in range(len(self.cuts))]

    def last_picture(self) -> str:
        """The picture after the pass, as one SVG."""
        texts, _ = self._state(len(self.frames))
        return self._draw(self.cuts[-1][1], texts)

    # --- windows ----------------------------------------------------------------------------------

    def _cut(self) -> Iterator[tuple[int, list[int]]]:
        if len(self.trace.nodes) <= WHOLE:
            yield 0, list(range(len(self.trace.nodes)))
            return
        first, boxes = 0, self._around(len(self.trace.nodes) - 1)
        for i, frame in enumerate(self.frames):
            needed = self._needed(frame)
            if len(boxes | needed) > MOST and i > first:
                yield first, sorted(boxes)
                first, boxes = i, set(needed)
            boxes |= needed
        yield first, sorted(boxes)

    def _needed(self, frame: Frame) -> set[int]:
        needed = set() if frame.node is None else self._around(frame.node)
        if frame.edge is not None:
            edge = self.trace.edges[frame.edge]
            needed |= {edge.source, edge.target}
        return needed

    def _around(self, node: int) -> set[int]:
        """A box and what feeds it, as far as a window can hold it."""
        return {node, *[edge.source for edge in self._into(node)][: MOST - 2]}

    def _into(self, node: int) -> list[Edge]:
        return self._edges_into.get(node, [])

    @cached_property
    def _edges_into(self) -> dict[int, list[Edge]]:
        found: dict[int, list[Edge]] = {}
        for edge in self.trace.edges:
            found.setdefault(edge.target, []).append(edge)
        return found

    # --- pictures ---------------------------------------------------------------------------------

    def _state(self, moment: int) -> tuple[dict[str, str], frozenset[str]]:
        """What the texts say and what is done before a moment."""
        texts: dict[str, str] = {}
        done: set[str] = set()
        for frame in self.frames[:moment]:
            texts.update(frame.texts)
            done.update(frame.done)
        return texts, frozenset(done)

    def _draw(
        self, boxes: Sequence[int], texts: Mapping[str, str], done: frozenset[str] = frozenset()
    ) -> str:
        place = {box: i for i, box in enumerate(boxes)}
        kept = [
            (i, edge)
            for i, edge in enumerate(self.trace.edges)
            if edge.source in place and edge.target in place
        ]
        part = Trace(
            tuple(
                replace(node, id=i) for i, node in enumerate(self.trace.nodes[box] for box in boxes)
            ),
            tuple(Edge(place[e.source], place[e.target], e.slot, e.output) for _, e in kept),
        )
        longest = self._longest
        lines: list[list[Line]] = []
        room = []
        for box in boxes:
            own = lines_of(self.trace.nodes[box])
            room.append(
                max(len(a) + max(len(t), longest.get(f"{name}-{box}", 0)) for a, t, name in own)
            )
            lines.append([(a, texts.get(f"{name}-{box}", t), name) for a, t, name in own])
        numbers, width = [i for i, _ in kept], self._label_width * LETTER
        stage = Stage(self.prefix, boxes, numbers, lines, room, done, width, GAP)
        return to_svg(part, "Backward pass", stage)

    @cached_property
    def _longest(self) -> dict[str, int]:
        """The most letters that each text ever has."""
        longest: dict[str, int] = {}
        for frame in self.frames:
            for name, text in frame.texts.items():
                longest[name] = max(longest.get(name, 0), len(text))
        return longest

    @cached_property
    def _label_width(self) -> int:
        sent = [f.value for f in self.frames if f.edge is not None and f.value is not None]
        return max([len(short(value)) for value in sent], default=0) + 6

    # --- moments ----------------------------------------------------------------------------------

    def _moment(self, frame: Frame, before: Mapping[str, str]) -> dict[str, Any]:
        told: dict[str, Any] = {"words": frame.words, "why": frame.why, "box": frame.node}
        told["set"] = [
            [name, before.get(name, self._empty(name)), text] for name, text in frame.texts.items()
        ]
        told["done"] = list(frame.done)
        told["on"] = [f"node-{frame.node}"] if frame.node is not None else []
        if frame.edge is not None:
            told["on"] += [f"edge-{frame.edge}", f"node-{self.trace.edges[frame.edge].source}"]
            label = NONE_YET if frame.value is None else short(frame.value)
            told["label"] = [f"edge-{frame.edge}", label]
        told["math"] = list(frame.formula)
        if frame.formula and frame.node is not None:
            name = escape(call(self.trace.nodes[frame.node]))
            told["math"].append(f"<small>g is what arrived at {name}.</small>")
        if frame.asks and frame.value is not None and np.isrealobj(frame.value):
            told["ask"] = _question(frame)
        return told

    def _empty(self, name: str) -> str:
        kind, _, number = name.partition("-")
        grad = self.trace.nodes[int(number)].grad
        return NONE_YET if kind == "grad" or grad is None else short(grad)

    @cached_property
    def _gradients(self) -> dict[int, list[tuple[int, str, np.ndarray]]]:
        """For each box the moments at which it shows a new gradient."""
        found: dict[int, list[tuple[int, str, np.ndarray]]] = {}
        for moment, frame in enumerate(self.frames):
            for name in frame.texts:
                kind, _, number = name.partition("-")
                if frame.value is not None:
                    found.setdefault(int(number), []).append((moment, kind, frame.value))
        return found

    def _seen(self, node: int, first: int, end: int) -> list[tuple[int, str, np.ndarray]]:
        """The gradients that a box shows in a scene, with those that it has from before."""
        before: dict[str, tuple[int, str, np.ndarray]] = {}
        within = []
        for found in self._gradients.get(node, ()):
            if found[0] < first:
                before[found[1]] = found
            elif found[0] < end:
                within.append(found)
        return [*before.values(), *within]

    # --- details ----------------------------------------------------------------------------------

    def _about(self, node: Node, first: int, end: int) -> dict[str, Any]:
        """The details of a box: what never changes, and its gradients by moment."""
        names = f"<b>{escape(', '.join(node.names))}</b> " if node.names else ""
        parts = [f"<p>{names}{escape(node.op or node.kind)}</p>"]
        if node.value is not None:
            about = f"{node.dtype} {node.value.shape}"
            if node.again:
                about += ", computed again"
            elif node.version is not None:
                about += f", version {node.version}"
            parts.append(_entry("value", table(node.value), about))
        else:
            parts.append(_entry("value", f"<i>{NONE_YET}</i>", "nobody kept it"))
        for name, saved in node.saved.items():
            shown = table(saved) if isinstance(saved, np.ndarray) else escape(repr(saved))
            parts.append(_entry(f"saved as {name}", shown))
        twice = Counter(edge.source for edge in self._into(node.id))
        for edge in self._into(node.id):
            rule = formula.rule(node.op, edge.slot)
            source = self.trace.nodes[edge.source]
            if rule is not None and source.kind != "constant":
                which = f"input {edge.slot + 1}" if twice[edge.source] > 1 else ""
                parts.append(_entry(f"sends to {call(source)}", formula.mathml(rule), which))
        grads = [
            [moment, kind, _entry(WORDS[kind], table(value))]
            for moment, kind, value in self._seen(node.id, first, end)
        ]
        return {"html": "".join(parts), "grads": grads}


def _entry(name: str, shown: str, about: str = "") -> str:
    small = f" <small>{escape(about)}</small>" if about else ""
    return f"<div><span>{escape(name)}{small}</span>{shown}</div>"


def table(array: np.ndarray) -> str:
    """An array as numbers on a heat map: orange above 0, blue below, the stronger the larger.

    Example:
        >>> table(np.array([1.0, -2.0]))[:60]
        '<table><tr><td style="background:#D55E0033">1</td><td style="'
    """
    array = np.asarray(array)
    rows = array.reshape(-1, array.shape[-1] if array.ndim else 1)
    numbers = rows[:CELLS, :CELLS]
    real = numbers.dtype.kind in "fiu"
    size = float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0)) if real else 0
    more = "<td>\u2026</td>" if rows.shape[1] > CELLS else ""
    out = [f"<tr>{''.join([_cell(n, size) for n in row])}{more}</tr>" for row in numbers.tolist()]
    if len(rows) > CELLS:
        out.append("<tr><td>\u2026</td></tr>")
    return f"<table>{''.join(out)}</table>"


def _cell(number: Any, size: float) -> str:
    share = round(DEEPEST * abs(number) / size) if size and isfinite(number) else 0
    tint = ""
    if share:
        full = STROKE["output" if number > 0 else "op"]
        tint = f' style="background:{full}{share:02x}"'
    return (
        f"<td{tint}>{number:.4g}</td>" if isinstance(number, float) else f"<td{tint}>{number}</td>"
    )


def _question(frame: Frame) -> dict[str, Any] | None:
    """What a reader is asked before a value is shown; of a large array its first number.

    Nobody is asked for what is no number: nothing, nan, inf.
    """
    numbers = np.ravel(frame.value)[: ASKED + 1].astype(float).tolist()
    if not numbers or not np.isfinite(numbers).all():
        return None
    what, shape = frame.asks, frame.value.shape
    if len(numbers) > ASKED:
        what += f" Its shape is {shape}: give its first number."
        numbers = numbers[:1]
    elif len(numbers) > 1:
        what += f" Give {len(numbers)} numbers."
    least = max(map(abs, numbers)) / 1000
    near = [max(NEAR * abs(number), least) for number in numbers]
    return {
        "html": QUESTION.format(asks=escape(what), why=frame.why, rule="".join(frame.formula[:1])),
        "answer": [[number - d, number + d] for number, d in zip(numbers, near, strict=True)],
    }
