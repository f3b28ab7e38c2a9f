"""A large graph folded into a few boxes, each of which can be opened.

The boxes are a `Tree`: the whole, in it modules (`Node.group`), in them modules and operations. A
module that is called again between others is another box; where no module is known, or one has too
many parts, runs of neighbours are bundled, cut where few tensors pass. No box has more than
`ROOM` parts, so every box can be shown opened beside its neighbours.

Every box is a run of operations that a backward pass does without a pause. So boxes can never feed
each other in a circle, and a pass goes through them one by one.

`Level` is the graph with all boxes of a level closed, as a `Trace`: whoever can tell or draw a
trace can tell and draw a folded one. `View` is one group opened, with its neighbours closed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from math import ceil, sqrt

import numpy as np

from .reasons import base
from .trace import Edge, Node, Step, Trace

WHOLE = 40  # up to so many boxes are shown as they are
MOST = 30  # else so many
ROOM = 28  # the most parts of a box: an opened one has room for two neighbours
INSIDE = 26  # of these operations and groups; more are bundled
DASH = "\u2013"


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
    """The boxes of a trace. The numbers of its nodes are boxes; groups come after them.

    Attributes:
        trace: what is folded.
        root: the group that holds everything.
        parts: what is directly in each group, inputs first.
        names: of each group; each name once.
        parent, depth, rank: of each box: the group around it, how many are around it, its place.
        depths: how deep groups are nested; the root alone is 1.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.root = len(trace.nodes)
        self.parts: dict[int, list[int]] = {self.root: list(range(self.root))}
        self.names = {self.root: ""}
        if self.root > WHOLE:
            self._grow()
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
        self._levels: dict[int, Level] = {}

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

    def node(self, box: int) -> Node:
        """A box as a node; a group as a closed one."""
        if box not in self.parts:
            return self.trace.nodes[box]
        level = self.level(self.depth[box])
        return level.trace.nodes[level.place[box]]

    # --- how it grows -----------------------------------------------------------------------------

    def _grow(self) -> None:
        self._ops = _in_order(self.trace)
        self._place = {op: i for i, op in enumerate(self._ops)}
        self._first = dict(self._place)  # of each box the place of its first operation
        self._passing = self._tensors_passing()
        top = self._bundled(self._modules(self._ops, 0))
        for group in [group for group in self.parts if group != self.root]:
            self.parts[group] = self._bundled(self.parts[group])
        while any(part in self.parts for part in top):  # open all, as long as there is room
            opened = [one for part in top for one in self.parts.get(part, [part])]
            if len(opened) > INSIDE:
                break
            for part in top:
                if part in self.parts:
                    del self.parts[part], self.names[part]
            top = opened
        self.parts[self.root] = top
        self._add_sources()

    def _tensors_passing(self) -> list[int]:
        """How many results are still needed at each place of the order."""
        last = {
            self._place[e.source]: self._place[e.target]
            for e in sorted(self.trace.edges, key=lambda e: self._place[e.target])
            if e.source in self._place
        }
        change = [0] * (len(self._ops) + 2)
        for made, used in last.items():
            change[made + 1] += 1
            change[used + 1] -= 1
        return np.cumsum(change).tolist()

    def _modules(self, ops: Sequence[int], depth: int) -> list[int]:
        """The parts of a module whose path has `depth` names."""
        parts: list[int] = []
        for path, inside in self._runs(ops, depth):
            if path and len(inside) > 1:
                inside = self._modules(inside, depth + 1)
                if len(inside) > 1:  # else the name of its only part says more
                    inside = [self._group(path, inside)]
            parts += inside
        return parts

    def _runs(self, ops: Sequence[int], depth: int) -> list[tuple[str, list[int]]]:
        """Neighbours in the same module; "" for those that are in none.

        Between two numbered modules that follow each other, as blocks of a model do, nothing tells
        to which of them an operation belongs. If the same comes behind the last of them, it is the
        end of a block, else the beginning of one.
        """
        runs = [(p, list(run)) for p, run in groupby(ops, lambda op: self._path(op, depth))]
        numbers = [_number(path) for path, _ in runs]
        ends = {  # where the last one of a row of modules ends
            path.rpartition(".")[0]: self._place[run[-1]] + 1
            for (path, run), number in zip(runs, numbers, strict=True)
            if number is not None
        }
        found: list[tuple[str, list[int]]] = []
        for i, (path, run) in enumerate(runs):
            if not path and 0 < i < len(runs) - 1 and None not in (numbers[i - 1], numbers[i + 1]):
                around = runs[i - 1][0].rpartition(".")[0], runs[i + 1][0].rpartition(".")[0]
                if around[0] == around[1] and numbers[i - 1] + 1 == numbers[i + 1]:
                    behind = self._ops[ends[around[0]] :][: len(run)]
                    if self._calls(behind) == self._calls(run):
                        found[-1][1].extend(run)
                    else:
                        runs[i + 1][1][:0] = run
                    continue
            found.append((path, run))
        return found

    def _calls(self, ops: Sequence[int]) -> list[str]:
        return [self.trace.nodes[op].op for op in ops]

    def _path(self, op: int, depth: int) -> str:
        names = self.trace.nodes[op].group.split(".")
        return ".".join(names[: depth + 1]) if len(names) > depth and names[depth] else ""

    def _group(self, name: str, parts: list[int]) -> int:
        group = self.root + len(self._first) + 1  # any number that is free
        taken = sum(other.partition(" #")[0] == name for other in self.names.values())
        self.names[group] = f"{name} #{taken + 1}" if taken else name
        self.parts[group] = parts
        self._first[group] = self._first.get(parts[0], 0)
        return group

    def _bundled(self, parts: list[int]) -> list[int]:
        """The same in bundles, and bundles of bundles, where there are too many."""
        if len(parts) <= INSIDE:
            return parts
        number = min(INSIDE, ceil(sqrt(len(parts))))
        size = len(parts) / number
        cuts = [0, *[self._narrow(parts, i * size, size / 4) for i in range(1, number)], len(parts)]
        return [
            self._group(self._run_name(run), self._bundled(run)) if len(run) > 1 else run[0]
            for run in (parts[a:b] for a, b in pairwise(cuts))
        ]

    def _narrow(self, parts: list[int], wish: float, play: float) -> int:
        """Where fewest tensors pass, near a wish."""
        near = range(ceil(wish - play), int(wish + play) + 1)
        first = [self._first.get(part, 0) for part in parts]
        return min(near, key=lambda i: (self._passing[first[i]], abs(i - wish)))

    def _run_name(self, run: list[int]) -> str:
        modules = [self.names[part] for part in run if part in self.names]
        if run[0] not in self._first:
            return f"inputs {run[0] + 1}{DASH}{run[-1] + 1}"
        if not modules:
            return f"ops {self._first[run[0]] + 1}{DASH}{self._first[run[-1]] + 1}"
        first, last = modules[0], modules[-1]
        return f"{first} {DASH} {last.rpartition('.')[2]}" if first != last else f"{first} and more"

    def _add_sources(self) -> None:
        """A leaf or constant stands in the smallest group that holds all its users."""
        users: dict[int, list[int]] = {}
        for edge in self.trace.edges:
            users.setdefault(edge.source, []).append(edge.target)
        parent = {part: group for group, parts in self.parts.items() for part in parts}
        before: dict[int, list[int]] = {}
        aside: dict[int, list[int]] = {}
        for node in self.trace.nodes:
            if node.id in self._place:
                continue
            chains = [[user] for user in users[node.id]]
            for chain in chains:
                while chain[-1] != self.root:
                    chain.append(parent[chain[-1]])
            shared = set(chains[0][1:]).intersection(*chains[1:])
            first = min(chains, key=lambda chain: self._place[chain[0]])
            at = next(i for i, group in enumerate(first) if group in shared)
            before.setdefault(first[at - 1], []).append(node.id)
            aside.setdefault(first[at], []).append(node.id)
        for group, sources in list(aside.items()):
            parts = self.parts[group]
            if len(parts) + len(sources) > ROOM and len(sources) > 1:
                name = f"{len(sources)} inputs of {self.names[group] or 'all'}"
                self.parts[group] = [self._group(name, self._bundled(sources)), *parts]
            else:
                self.parts[group] = [one for p in parts for one in (*before.get(p, ()), p)]


def _in_order(trace: Trace) -> list[int]:
    """The operations as the forward pass did them: the backward pass turned round."""
    sources = {node.id for node in trace.nodes if node.kind in ("leaf", "constant")}
    ran = [step.node for step in reversed(trace.steps) if step.node not in sources]
    waiting = sorted({node.id for node in trace.nodes} - sources - set(ran))
    place = {op: i for i, op in enumerate([*waiting, *ran])}
    inner = [edge for edge in trace.edges if edge.source in place]
    if any(place[edge.source] > place[edge.target] for edge in inner):
        return sorted(place)  # no engine runs an operation before its users
    users: dict[int, set[int]] = {}
    for edge in inner:
        users.setdefault(edge.source, set()).add(edge.target)
    fed = {edge.target for edge in inner}
    for op in place.keys() - fed:  # a weight that is only turned stands beside its use
        if len(users.get(op, ())) == 1:
            place[op] = place[next(iter(users[op]))] - 0.5
    return sorted(place, key=place.__getitem__)


def _number(path: str) -> int | None:
    last = path.rpartition(".")[2]
    return int(last) if last.isdigit() else None


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
        self.touching: dict[int, list[int]] = {box: [] for box in self.boxes}
        for i, edge in enumerate(self.trace.edges):
            for end in (edge.source, edge.target):
                self.touching[self.boxes[end]].append(i)

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
                told[box] = replace(step, node=self.place[box])
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


def _arrived(steps: Mapping[int, Step], result: tuple[int, int]) -> np.ndarray | None:
    node, output = result
    return steps[node].arrived[output] if node in steps else None


def _sum(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
    return b if a is None else a if b is None else a + b


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
