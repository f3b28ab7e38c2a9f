"""The film of one level of a folded graph, and which group is open at each of its moments.

The picture follows the pass: what runs is inside the open group. Each group is opened once, by a
moment of its own, before anything in it runs; it is closed again when the pass has left it.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .fold import Tree
from .frames import Frame, Shown, Told, film
from .made import Made
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
            that they tell; and what they say from here on.
    """

    frame: Frame
    group: int
    box: int | None = None
    edge: tuple[int, int, int] | None = None
    news: tuple[tuple[str, np.ndarray, Shown], ...] = ()

    @property
    def actor(self) -> int | None:
        """The box that sends, or else the one that is looked at."""
        return _actor(self.box, self.edge)


def _actor(box: int | None, edge: tuple[int, int, int] | None) -> int | None:
    return edge[1] if edge else box


class Change(NamedTuple):
    """A text of a box changes at a moment: the gradient that it tells, and what it says."""

    moment: int
    value: np.ndarray
    shown: Shown


class Reel:
    """The film of a level.

    Attributes:
        moments: all of it.
        cuts: where another group is open: the number of the first moment, and the group.
    """

    def __init__(self, tree: Tree, level: int) -> None:
        self.tree = tree
        self._level = tree.level(level)
        self._film = film(self._level.trace)
        self._left: dict[tuple[int, int, int], np.ndarray] = {}  # what left groups, by its tensor
        self.moments = Made([*self._follow()], self._moment)
        self.cuts: list[tuple[int, int]] = []
        self._first: dict[int, int] = {}  # of each box when the pass comes to it
        self._last: dict[int, int] = {}  # of each box when it has sent all
        changes: dict[str, list[tuple]] = {}
        for i, (kind, _, group, box, edge, news) in enumerate(self.moments.rows):
            if not self.cuts or self.cuts[-1][1] != group:
                self.cuts.append((i, group))
            for name, *how in news:
                changes.setdefault(name, []).append((i, *how))
            actor = _actor(box, edge)
            if actor is not None and kind != "add":
                for around in tree.around(actor):
                    self._first.setdefault(around, i)
                    if edge:
                        self._last[around] = i
        self._changes = {name: tuple(rows) for name, rows in changes.items()}

    def comes_to(self, box: int) -> int | None:
        """The moment at which the pass comes to a box; None where it does not."""
        return self._first.get(box)

    def has_sent(self, box: int, moment: int) -> bool:
        """Whether a box has sent all its gradients before a moment."""
        return self._last.get(box, moment) < moment

    def changes(self, name: str, first: int = 0, end: int | None = None) -> list[Change]:
        """How a text changes from one moment until another."""
        found = self._changes.get(name, ())
        a = bisect_left(found, (first,))
        b = len(found) if end is None else bisect_left(found, (end,))
        return [Change(*row) for row in found[a:b]]

    def before(self, name: str, moment: int) -> Change | None:
        """The last change of a text before a moment."""
        found = self._changes.get(name, ())
        place = bisect_left(found, (moment,))
        return Change(*found[place - 1]) if place else None

    # --- how it is made ---------------------------------------------------------------------------

    def _follow(self) -> Iterator[tuple]:
        """Of each moment the kind and the number of its frame, and the rest of a `Moment`."""
        tree, boxes, edges = self.tree, self._level.boxes, self._level.trace.edges
        group, sender, opened = tree.root, tree.root, {tree.root}
        for i, (kind, _, _, node, number, *text) in enumerate(self._film.rows):
            box = None if node is None else boxes[node]
            edge = None if number is None else edges[number]
            if edge:
                sender = boxes[edge.target]
            elif kind != "add":  # that is a part of what was sent just before
                sender = tree.root
            if kind in ("start", "end"):
                group = tree.root
            elif kind != "add":
                group = tree.parent[sender if edge else box]
            if group not in opened:
                for around in reversed([*tree.around(group)]):
                    if around not in opened:
                        opened.add(around)
                        yield "open", None, around, around, None, ()
            ends = (boxes[edge.source], sender, edge.slot) if edge else None
            yield kind, i, group, box, ends, tuple(self._news(*text, box, edge, sender))

    def _moment(self, kind: str, number: int | None, group: int, *about: Any) -> Moment:
        opens = kind == "open"
        frame = Frame(kind, partial(self._tell, group)) if opens else self._film[number]
        return Moment(frame, group, *about)

    def _tell(self, group: int) -> Told:
        words = f"{self.tree.names[group]} opens. It holds {self.tree.node(group).count}."
        return Told(words, "It closes again when the pass has left it.")

    def _news(
        self,
        value: np.ndarray | None,
        name: str,
        shown: Shown,
        box: int | None,
        edge: Edge | None,
        sender: int,
    ) -> Iterator[tuple[str, np.ndarray, Shown]]:
        """What changes: the text of a box, and those of the groups around it that are entered or
        left."""
        to = self._level.boxes[edge.source] if edge else box
        if name:
            what, _, _ = name.partition("-")
            yield f"{what}-{to}", value, shown
            if what == "grad":
                for group in self._between(self.tree.parent[to], sender):
                    yield f"grad-{group}", value, ((0, value),)
        if edge and value is not None:
            for group in self._between(sender, to):
                key = group, to, edge.output  # the parts of it may use the same tensor
                known = self._left.get(key)
                left = self._left[key] = value if known is None else known + value
                yield f"left-{group}", left, ((0, left),)

    def _between(self, box: int, other: int) -> Iterator[int]:
        """A box, if it is a group, and the groups around it that do not hold the other."""
        outside = {*self.tree.around(other)}
        for around in self.tree.around(box):
            if around in outside:
                break
            if around in self.tree.parts:
                yield around
