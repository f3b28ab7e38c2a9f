"""What a player of the film needs, as plain JSON: pictures, moments, details of the boxes.

The widget plays it in a notebook; a page without a kernel can play it, too. Of a folded graph each
`scene` shows the group that is open and what is around it.
"""

from bisect import bisect_right
from dataclasses import replace
from functools import partial
from html import escape
from math import isfinite
from typing import Any

import numpy as np

from .details import details, entry, table
from .fold import Tree, View
from .frames import Frame, lines_of, text_of
from .made import Recent
from .reel import Reel
from .svg import LETTER, NONE_YET, Line, Stage, brief, call, to_svg

# How much is kept: a reader steps to and fro between two groups, and the boxes around a group are
# seen again beside the next one.
VIEWS, BOXES, TEXTS = 2, 256, 1024
GAP = 64  # between rows: room for what goes along an edge
WORDS = {"grad": "gradient", "kept": ".grad", "left": "sends"}
ASKED = 6  # numbers that a reader is asked for at once
LIVE_ONLY = "The piles open in a live notebook."
NEAR = 0.02  # how far an answer may be off, as a share of the number
QUESTION = (
    '<label>{asks} <input type="text" name="guess" required autocomplete="off"></label> '
    '<button>Check</button> <button type="reset">Show it</button> <output name="verdict"></output>'
    '<details><summary>Hint</summary><p>{why}</p><div class="math">{rule}</div></details>'
)


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
        self.view = Recent(self._view, VIEWS, int)
        self._box = Recent(self._measured, BOXES, int)
        self._table = Recent(table, TEXTS, id)
        self._written = Recent(text_of, TEXTS, id)
        self._details = Recent(partial(details, tree, table=self._table), BOXES, int)

    def scene_at(self, moment: int) -> int:
        """The number of the scene in which a moment is."""
        return bisect_right(self.reel.cuts, moment, key=lambda cut: cut[0]) - 1

    def scene(self, number: int) -> dict[str, Any]:
        """A scene as JSON: its picture as it is before the scene, its moments, its boxes."""
        cuts, moments = self.reel.cuts, self.reel.moments
        first, group = cuts[number]
        end = cuts[number + 1][0] if number + 1 < len(cuts) else len(moments)
        view, stage = self.view(group)
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
        view, stage = self.view(self.tree.root)
        return self._draw(view, stage, len(self.reel.moments))

    # --- pictures ---------------------------------------------------------------------------------

    def _view(self, group: int) -> tuple[View, Stage]:
        """What is seen where a group is open, with the texts of the beginning."""
        view = View(self.tree, group)
        lines, room, sent = zip(*[self._box(box) for box in view.boxes], strict=True)
        path = [*self.tree.around(group)][::-1]
        stage = Stage(
            self.prefix,
            view.boxes,
            range(len(view.trace.edges)),
            lines,
            room,
            width=(max(sent) + 6) * LETTER,
            gap=GAP,
            path=[(one, self.tree.title(one) or "all") for one in path] if path[1:] else (),
        )
        return view, stage

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
            return self._written(change.shown)
        kind, _, box = name.partition("-")
        grad = self.tree.node(int(box)).grad
        return NONE_YET if kind != "kept" or grad is None else brief(grad)

    def _measured(self, box: int) -> tuple[tuple[Line, ...], int, int]:
        """The lines of a box, and the most letters in one of them and in a gradient of it."""
        lines = tuple(lines_of(self.tree.node(box)))
        most = {"": 0}
        for kind in WORDS:
            name = f"{kind}-{box}"
            texts = [self._written(change.shown) for change in self.reel.changes(name)]
            most[kind] = max(map(len, texts), default=0)
        room = max([len(before) + max(len(text), most[kind]) for before, text, kind in lines])
        return lines, room, max(most["grad"], most["left"])

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
            label = NONE_YET if frame.value is None else brief(frame.value)
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
        opens = "A click on a pile opens it, or Enter." if live else LIVE_ONLY
        return f"{count} {opens}"

    # --- details ----------------------------------------------------------------------------------

    def _about(self, box: int, first: int, end: int) -> dict[str, Any]:
        """The details of a box: what never changes, and its gradients by moment."""
        grads = []
        for kind, word in WORDS.items():
            name = f"{kind}-{box}"
            before = self.reel.before(name, first)
            for change in [before] * (before is not None) + self.reel.changes(name, first, end):
                grads.append([change.moment, kind, entry(word, self._table(change.value))])
        about: dict[str, Any] = {"html": self._details(box), "grads": grads}
        whole = [moment for moment, kind, _ in grads if kind == "grad"]
        if whole:  # a click goes to where all has arrived
            about["jump"] = whole[-1]
        if box in self.tree.parts and box in self.tree.ran:
            about["opens"] = self.tree.names[box]
        return about


def _question(frame: Frame) -> dict[str, Any] | None:
    """What a reader is asked before a value is shown; of a large array its first number.

    Nobody is asked for what is no number: nothing, nan, inf.
    """
    numbers = frame.value.flat[: ASKED + 1].astype(float).tolist()
    if not numbers or not all(map(isfinite, numbers)):
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
