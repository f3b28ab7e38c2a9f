"""The film of one level of a folded graph, and which group is open at each of its moments.

The picture follows the pass: what runs is inside the open group. Each group is opened once, by a
moment of its own, before anything in it runs; it is closed again when the pass has left it.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from .fold import Tree
from .frames import Frame, Told, film
from .svg import brief
from .trace import Edge


@dataclass(frozen=True)
class Moment:
    """A frame of the film, told of the boxes of the tree.

    Attributes:
        frame: what happens.
        group: the group that is open.
        box: the box that is looked at, or None.
        edge: the edge that is looked at, as (source, target, slot), or None.
        news: the texts that change, "grad-3", "kept-0", of a group also "left-9"; the gradients
            that they tell; and whether it is the frame that says how.
    """

    frame: Frame
    group: int
    box: int | None = None
    edge: tuple[int, int, int] | None = None
    news: tuple[tuple[str, np.ndarray, bool], ...] = ()

    @property
    def actor(self) -> int | None:
        """The box that sends, or else the one that is looked at."""
        return self.edge[1] if self.edge else self.box


class Change(NamedTuple):
    """A text of a box changes at a moment, with the gradient that it tells."""

    moment: int
    value: np.ndarray
    frame: Frame | None  # whose own text it is; None for the text of a group

    @property
    def text(self) -> str:
        return brief(self.value) if self.frame is None else self.frame.text


class Reel:
    """The film of a level.

    Attributes:
        moments: all of it.
        cuts: where another group is open: the number of the first moment, and the group.
    """

    def __init__(self, tree: Tree, level: int) -> None:
        self.tree = tree
        self._level = tree.level(level)
        self._left: dict[tuple[int, int, int], np.ndarray] = {}  # what left groups, by its tensor
        self.moments = list(self._follow(film(self._level.trace)))
        self.cuts: list[tuple[int, int]] = []
        self._changes: dict[str, list[Change]] = {}
        self._first: dict[int, int] = {}  # of each box when the pass comes to it
        self._last: dict[int, int] = {}  # of each box when it has sent all
        for i, moment in enumerate(self.moments):
            if not self.cuts or self.cuts[-1][1] != moment.group:
                self.cuts.append((i, moment.group))
            for name, value, own in moment.news:
                change = Change(i, value, moment.frame if own else None)
                self._changes.setdefault(name, []).append(change)
            if moment.actor is not None and moment.frame.kind != "add":
                for box in tree.around(moment.actor):
                    self._first.setdefault(box, i)
                    if moment.edge:
                        self._last[box] = i

    def comes_to(self, box: int) -> int | None:
        """The moment at which the pass comes to a box; None where it does not."""
        return self._first.get(box)

    def has_sent(self, box: int, moment: int) -> bool:
        """Whether a box has sent all its gradients before a moment."""
        return self._last.get(box, moment) < moment

    def changes(self, name: str, first: int = 0, end: int | None = None) -> list[Change]:
        """How a text changes from one moment until another."""
        found = self._changes.get(name, [])
        a = bisect_left(found, first, key=_moment)
        return found[a:] if end is None else found[a : bisect_left(found, end, key=_moment)]

    def before(self, name: str, moment: int) -> Change | None:
        """The last change of a text before a moment."""
        found = self._changes.get(name, [])
        place = bisect_left(found, moment, key=_moment)
        return found[place - 1] if place else None

    # --- how it is made ---------------------------------------------------------------------------

    def _follow(self, frames: list[Frame]) -> Iterator[Moment]:
        tree, boxes, edges = self.tree, self._level.boxes, self._level.trace.edges
        group, sender, opened = tree.root, tree.root, {tree.root}
        for frame in frames:
            box = None if frame.node is None else boxes[frame.node]
            edge = None if frame.edge is None else edges[frame.edge]
            if edge:
                sender = boxes[edge.target]
            elif frame.kind != "add":  # that is a part of what was sent just before
                sender = tree.root
            if frame.kind in ("start", "end"):
                group = tree.root
            elif frame.kind != "add":
                group = tree.parent[sender if edge else box]
            for around in reversed([*tree.around(group)]):
                if around not in opened:
                    opened.add(around)
                    yield Moment(Frame("open", partial(self._tell, around)), around, around)
            ends = (boxes[edge.source], boxes[edge.target], edge.slot) if edge else None
            yield Moment(frame, group, box, ends, tuple(self._news(frame, box, edge, sender)))

    def _tell(self, group: int) -> Told:
        words = f"{self.tree.names[group]} opens. It holds {self.tree.node(group).count}."
        return Told(words, "It closes again when the pass has left it.")

    def _news(self, frame: Frame, box: int | None, edge: Edge | None, sender: int) -> Iterator:
        """What changes: the text of a box, and those of the groups around it that are entered or
        left."""
        to = self._level.boxes[edge.source] if edge else box
        if frame.name:
            yield f"{frame.name.partition('-')[0]}-{to}", frame.value, True
            if frame.kind != "keep":
                for group in self._between(self.tree.parent[to], sender):
                    yield f"grad-{group}", frame.value, False
        if edge and frame.value is not None:
            for group in self._between(sender, to):
                key = group, to, edge.output  # the parts of it may use the same tensor
                known = self._left.get(key)
                self._left[key] = frame.value if known is None else known + frame.value
                yield f"left-{group}", self._left[key], False

    def _between(self, box: int, other: int) -> Iterator[int]:
        """A box, if it is a group, and the groups around it that do not hold the other."""
        outside = {*self.tree.around(other)}
        for around in self.tree.around(box):
            if around in outside:
                break
            if around in self.tree.parts:
                yield around


def _moment(change: Change) -> int:
    return change.moment
