"""A large graph folded into a few boxes, each of which can be opened.

The boxes are a `Tree`. `Level` is the graph with all boxes of a level closed, as a `Trace`: whoever
can tell or draw a trace can tell and draw a folded one. `View` is one group opened, with its
neighbours closed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .boxes import Boxes
from .reasons import base
from .svg import numbered
from .trace import Edge, Node, Step, Trace

MOST = 30  # boxes in a view


@dataclass(frozen=True)
class Group(Node):
    """Nodes in one closed box; `value` is that of its last result.

    Attributes:
        ops: how often each operation is in it.
        form: the shape of its last result, also where its value is not known.
        leaves: how many leaves are in it.
        kept: how many of them hold a gradient before the pass.
        filled: how many of them were given one by the pass.
    """

    ops: Counter[str] = field(default_factory=Counter)
    form: tuple[int, ...] | None = None
    leaves: int = 0
    kept: int = 0
    filled: int = 0

    @property
    def shape(self) -> tuple[int, ...] | None:
        return self.form

    @property
    def count(self) -> str:
        """How much is in it: "52 operations"."""
        number, words = self.ops.total(), ("operation", "operations")
        if not self.ops:
            number, words = self.leaves, ("leaf", "leaves")
        return f"{number} {words[number != 1]}"

    @property
    def about(self) -> str:
        """How much is in it, and the shape of what it gives."""
        count = self.count.replace("operation", "op")
        return f"{count} \u2192 {self.form}".replace(",)", ")") if self.form else count


class Tree:
    """The boxes of a trace, from the whole down to its nodes.

    Attributes:
        trace: what is folded.
        root, parts, names: as in `Boxes`.
        parent, depth, rank: of each box: the group around it, how many are around it, its place.
        depths: how deep groups are nested; the root alone is 1.
        ran: the boxes in which the pass did something.
    """

    def __init__(self, trace: Trace) -> None:
        trace = numbered(trace)
        boxes = Boxes(trace)
        self.trace, self.root = trace, boxes.root
        self.parts, self.names = boxes.parts, boxes.names
        self.parent: dict[int, int] = {}
        self.depth = {self.root: 0}
        self.rank: dict[int, int] = {}
        stack = [self.root]
        while stack:
            box = stack.pop()
            self.rank[box] = len(self.rank)
            for part in self.parts.get(box, ()):
                self.parent[part], self.depth[part] = box, self.depth[box] + 1
            stack += reversed(self.parts.get(box, ()))
        self.depths = max(self.depth.values())
        self.called = {name: group for group, name in self.names.items()}
        acted = [step.node for step in trace.steps]
        acted += [] if trace.stopped_at is None else [trace.stopped_at]
        self.ran = {box for node in acted for box in self.around(node)}
        self._levels: dict[int, Level] = {}
        self._into: dict[int, list[Edge]] = {}

    def around(self, box: int) -> Iterator[int]:
        """A box and the groups around it, from the inside out."""
        while box != self.root:
            yield box
            box = self.parent[box]
        yield box

    def at(self, box: int, level: int) -> int:
        """What is seen of a box where groups below a level are closed."""
        return next(one for one in self.around(box) if self.depth[one] <= level)

    def title(self, group: int) -> str:
        """A name short enough for a box: "layers.3" for "model.layers.3"."""
        name = self.names[group].partition(" of ")[0]
        names = name.split(".")
        return ".".join(names[-2:] if names[-1][:1].isdigit() else names[-1:])

    def level(self, number: int) -> "Level":
        """What is seen where the groups of a level are closed."""
        if number not in self._levels:
            self._levels[number] = Level(self, number)
        return self._levels[number]

    def into(self, node: int) -> list[Edge]:
        """The edges that end at a node of the trace."""
        if not self._into:
            for edge in self.trace.edges:
                self._into.setdefault(edge.target, []).append(edge)
        return self._into.get(node, [])

    def node(self, box: int) -> Node:
        """A box as a node; a group as a closed one."""
        if box not in self.parts:
            return self.trace.nodes[box]
        level = self.level(self.depth[box])
        return level.trace.nodes[level.place[box]]


# --- what is seen of it ---------------------------------------------------------------------------


class Level:
    """The graph with the groups of one level closed, and what the pass did in it.

    Attributes:
        boxes: what is seen, inputs first.
        place: where a box is in `boxes`.
        trace: the same as a graph. Edges that carry the same tensor into the same group are one.
        touching: the numbers of the edges that begin or end at a box.
    """

    def __init__(self, tree: Tree, number: int) -> None:
        self.tree = tree
        seen_as = [tree.at(node.id, number) for node in tree.trace.nodes]
        self.boxes = sorted(set(seen_as), key=tree.rank.__getitem__)
        self.place = {box: i for i, box in enumerate(self.boxes)}
        same = self.boxes == [*range(tree.root)]
        self.trace = tree.trace if same else self._folded(seen_as)
        touching: dict[int, list[int]] = {box: [] for box in self.boxes}
        for i, edge in enumerate(self.trace.edges):
            for end in (edge.source, edge.target):
                touching[self.boxes[end]].append(i)
        self.touching = {box: tuple(edges) for box, edges in touching.items()}

    def _folded(self, seen_as: list[int]) -> Trace:
        trace, tree = self.tree.trace, self.tree
        steps = {step.node: step for step in trace.steps}
        results = self._results(seen_as)
        edges: dict[tuple, Edge] = {}
        slots: dict[int, dict[tuple, int]] = {}  # of each group, what it takes
        sent: dict[int, list[np.ndarray | None]] = {}  # and what it sends back for that
        within: set[tuple[int, int]] = set()  # results that are used in their own group, too
        came: dict[tuple[int, int], np.ndarray | None] = {}  # what came to a result from outside
        for edge in trace.edges:
            source, target = seen_as[edge.source], seen_as[edge.target]
            result, step = (edge.source, edge.output), steps.get(edge.target)
            if source == target:
                within.add(result)
                continue
            slot, output, part = edge.slot, edge.output, step and step.sent[edge.slot]
            if source in tree.parts:
                output = results[source].index(result)
                came[result] = _sum(came.get(result), part)
            if target in tree.parts:
                taken = slots.setdefault(target, {})
                slot = taken.setdefault(result, len(taken))
                back = sent.setdefault(target, [])
                back += [None] * (slot == len(back))
                back[slot] = _sum(back[slot], part)
            ends = self.place[source], self.place[target]
            edges.setdefault((target, slot), Edge(*ends, slot, output))
        members: dict[int, list[Node]] = {}
        for node in trace.nodes:
            members.setdefault(seen_as[node.id], []).append(node)
        nodes = [
            _closed(tree, box, i, members[box], results[box], steps)
            if box in tree.parts
            else replace(trace.nodes[box], id=i)
            for i, box in enumerate(self.boxes)
        ]
        told: dict[int, Step] = {}
        for step in trace.steps:
            box = seen_as[step.node]
            if box not in tree.parts:
                told[box] = Step(self.place[box], step.arrived, step.sent, step.before, step.after)
            elif trace.nodes[step.node].kind != "leaf" and box not in told:
                arrived = [
                    came.get(one) if one in within else _arrived(steps, one) for one in results[box]
                ]
                told[box] = Step(self.place[box], tuple(arrived), tuple(sent.get(box, ())))
        stopped = trace.stopped_at if trace.stopped_at is None else seen_as[trace.stopped_at]
        return Trace(
            tuple(nodes),
            tuple(edges.values()),
            tuple(told.values()),
            trace.error,
            None if stopped is None else self.place[stopped],
        )

    def _results(self, seen_as: list[int]) -> dict[int, list[tuple[int, int]]]:
        """The (node, output) of each group that others use, the last made first."""
        tree = self.tree
        found: dict[int, set[tuple[int, int]]] = {b: set() for b in self.boxes if b in tree.parts}
        for edge in tree.trace.edges:
            box = seen_as[edge.source]
            if box in found and box != seen_as[edge.target]:
                found[box].add((edge.source, edge.output))
        end = tree.trace.nodes[-1].id
        if seen_as[end] in found:
            found[seen_as[end]].add((end, 0))
        return {
            box: sorted(used, key=lambda one: (-tree.rank[one[0]], one[1]))
            for box, used in found.items()
        }


def _arrived(steps: Mapping[int, Step], result: tuple[int, int]) -> np.ndarray | None:
    node, output = result
    return steps[node].arrived[output] if node in steps else None


def _sum(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
    return b if a is None else a if b is None else a + b


def _closed(
    tree: Tree,
    box: int,
    number: int,
    members: list[Node],
    results: list[tuple[int, int]],
    steps: Mapping[int, Step],
) -> Group:
    ops = Counter(base(node.op) for node in members if node.op)
    value = tree.trace.nodes[results[0][0]].value if ops and results else None
    known = _arrived(steps, results[0]) if value is None and ops and results else value
    leaves = [node for node in members if node.kind == "leaf"]
    return Group(
        number,
        "group",
        names=(tree.title(box),),
        value=value,
        ops=ops,
        form=None if known is None else known.shape,
        leaves=len(leaves),
        kept=sum(leaf.grad is not None for leaf in leaves),
        filled=sum(leaf.id in steps and steps[leaf.id].after is not None for leaf in leaves),
    )


class View:
    """One group opened, and those around it: its parts, and the closed boxes that they are
    connected with, the nearest first, as far as there is room.

    Attributes:
        group: which one is opened.
        boxes: what is seen, inputs first.
        trace: the same as a graph. All edges between two boxes are one where one of them is closed.
    """

    def __init__(self, tree: Tree, group: int) -> None:
        self.tree, self.group = tree, group
        self._path = set(tree.around(group))
        parts = tree.parts[group]
        level = tree.level(tree.depth[group] + 1)
        near = [level.trace.edges[i] for i in sorted({i for p in parts for i in level.touching[p]})]
        ends = [(self.seen(level.boxes[e.source]), self.seen(level.boxes[e.target])) for e in near]
        others = {end for pair in ends for end in pair} - set(parts)
        ranks = tree.rank[parts[0]], tree.rank[parts[-1]]
        nearest = sorted(others, key=lambda box: min(abs(tree.rank[box] - r) for r in ranks))
        shown = {*parts, *nearest[: MOST - len(parts)]}
        self.boxes = sorted(shown, key=tree.rank.__getitem__)
        place = {box: i for i, box in enumerate(self.boxes)}
        self._number: dict[tuple[int, int, int], int] = {}
        edges = []
        for edge, (source, target) in zip(near, ends, strict=True):
            if source in shown and target in shown:
                key = self._key(source, target, edge.slot)
                if key not in self._number:
                    self._number[key] = len(edges)
                    edges.append(Edge(place[source], place[target], edge.slot, edge.output))
        nodes = (replace(tree.node(box), id=i) for i, box in enumerate(self.boxes))
        self.trace = Trace(tuple(nodes), tuple(edges))

    def seen(self, box: int) -> int:
        """What stands for a box here."""
        for one in self.tree.around(box):
            if one in self._path or self.tree.parent[one] in self._path:
                return one
        return box

    def edge(self, source: int, target: int, slot: int) -> int | None:
        """The number of the edge that is drawn for one between two boxes, None where none is."""
        return self._number.get(self._key(self.seen(source), self.seen(target), slot))

    def _key(self, source: int, target: int, slot: int) -> tuple[int, int, int]:
        closed = source in self.tree.parts or target in self.tree.parts
        return source, target, -1 if closed else slot
