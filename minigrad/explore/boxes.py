"""Into which boxes a large graph is folded: modules, or runs of operations where none is known.

A module is a box (`Node.group`); one that is called again between others is another box. Where no
module is known, or one has too many parts, neighbours are bundled, cut where few tensors pass. No
box has more than `ROOM` parts, so every box can be shown opened beside its neighbours.

Every box is a run of operations that a backward pass does without a pause. So boxes can never feed
each other in a circle, and a pass goes through them one by one.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import ceil, sqrt

import numpy as np

from .trace import Trace

WHOLE = 40  # up to so many nodes are shown as they are
ROOM = 28  # the most parts of a box
INSIDE = 26  # of these operations and groups; more are bundled
DASH = "\u2013"


class Boxes:
    """The boxes of a trace. The numbers of its nodes are boxes; groups come after them.

    Attributes:
        root: the group that holds everything.
        parts: what is directly in each group, inputs first.
        names: of each group; each name once.

    Example:
        >>> import minigrad
        >>> from minigrad.explore.trace import read
        >>> h = minigrad.ones(2, requires_grad=True)
        >>> for _ in range(50):
        ...     h = h.tanh()
        >>> [name for name in Boxes(read(h, {})).names.values() if name][:2]
        ['ops 1\u20136', 'ops 7\u201312']
    """

    def __init__(self, trace: Trace) -> None:
        self.trace, self.root = trace, len(trace.nodes)
        self.parts: dict[int, list[int]] = {self.root: list(range(self.root))}
        self.names = {self.root: ""}
        if self.root > WHOLE:
            self._grow()

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
