"""A recorded pass as a film: one gradient on one edge at a time.

Each `Frame` says in words what happens and which texts of the picture change. The picture, the
widget and an exported page only carry this out; nobody after this file computes anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, NamedTuple

import numpy as np

from . import formula
from .fold import Group
from .made import Made
from .reasons import STRETCHED, reason, stretches
from .svg import NONE_YET, Line, box_lines, brief, call, numbered, short
from .trace import Edge, Node, Step, Trace

Kind = Literal["start", "open", "seed", "send", "add", "keep", "stop", "end"]
Shown = tuple[tuple[int, np.ndarray], ...]  # gradients, each after the number of its output

MOST_TOLD = 4  # gradients that one sentence tells
START = "Press the right arrow key, or Next. A click on a box shows its details."


class Told(NamedTuple):
    """What is said of a moment."""

    words: str
    why: str = ""
    asks: str = ""
    formula: tuple[str, ...] = ()


def text_of(shown: Shown) -> str:
    """Gradients as the text of a box; with the numbers of the outputs where there are several."""
    if all(nr == 0 for nr, _ in shown):
        return "".join([brief(array) for _, array in shown])
    return ", ".join([f"{nr}: {brief(array)}" for nr, array in sorted(shown, key=_first)])


def _first(pair: tuple[int, np.ndarray]) -> int:
    return pair[0]


@dataclass(frozen=True)
class Frame:
    """One moment of the film.

    Attributes:
        kind: "start"; "open": a group is opened; "seed": a gradient enters at the output; "send":
            one goes along an edge; "add": it is added to what has come before; "keep": a tensor
            stores it in `.grad`; "stop": an error; "end".
        tell: says what happens: `words`, one or two sentences; `why`, the reason, "" where there is
            none to give; `asks`, the question that has `value` as its answer, "" where there is
            none; `formula`, the rule as MathML, with the caller's names and with this moment's
            numbers.
        node: the box that is looked at, or None.
        edge: the edge that is looked at, or None.
        value: the gradient that this moment shows for the first time.
        name: the text of the picture that changes: "grad-3", "kept-0"; "" where none does.
        shown: what it says from here on: see `text_of`.
    """

    kind: Kind
    tell: Callable[[], Told]
    node: int | None = None
    edge: int | None = None
    value: np.ndarray | None = None
    name: str = ""
    shown: Shown = ()

    @cached_property
    def told(self) -> Told:
        return self.tell()

    @property
    def text(self) -> str:
        """What the text that changes says from here on."""
        return text_of(self.shown)


def film(trace: Trace) -> Made[Frame]:
    """Tell a recorded pass moment by moment.

    A frame is made and told each time it is asked for: of a long film most never are.

    Example:
        >>> import minigrad
        >>> from minigrad.explore.record import record
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> for frame in film(record((x * 3).sum(), x=x)):
        ...     print(frame.told.words)
        Before the pass. No gradient has gone anywhere yet.
        The pass starts at SumBackward0 with the gradient 1.
        SumBackward0 sends [1, 1] to MulBackward0.
        MulBackward0 sends [3, 3] to x.
        x has no .grad yet. It keeps [3, 3].
        The pass is over. x.grad is [3, 3].
    """
    made = _Film(numbered(trace))
    return Made(made.rows, made.frame)


def lines_of(node: Node) -> list[Line]:
    """The lines of a box in the film: (what stands before, the text, the name of the text)."""
    first, *rest = box_lines(node)
    if isinstance(node, Group):
        lines = [("", line, "") for line in (first, *rest)] + [("grad  ", NONE_YET, "grad")]
        return [*lines, ("sends ", NONE_YET, "left")] if node.ops else lines
    if node.kind == "constant":
        return [("", line, "") for line in (first, *rest)]
    kept = NONE_YET if node.grad is None else brief(node.grad)
    lines = [("", first, ""), ("", rest[0], ""), ("grad  ", NONE_YET, "grad")]
    if node.kind == "leaf" or node.grad is not None:
        lines.append((".grad ", kept, "kept"))
    return lines


class _Film:
    """
    Attributes:
        rows: of each frame its kind, what is told and of which things, and the rest of a `Frame`.
            What is told is a name: "seed" is told by `_tell_seed`.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._groups = [node for node in trace.nodes if isinstance(node, Group)]
        into: dict[int, list[int]] = {}
        for i, edge in enumerate(trace.edges):
            into.setdefault(edge.target, []).append(i)
        self._into = {node: tuple(edges) for node, edges in into.items()}
        # What each node has got so far, by the number of its output.
        self._sums: dict[int, dict[int, np.ndarray]] = {}
        self.rows: list[tuple] = []
        self._add("start", "before")
        for number, step in enumerate(trace.steps):
            self._arrive(step)
            if step.after is not None:
                kept = f"kept-{step.node}", ((0, step.after),)
                self._add("keep", "keep", (number,), step.node, None, step.after, kept)
            self._send(number, step)
        if trace.error:
            self._add("stop", "stop", (), trace.stopped_at or 0)
        else:
            self._add("end", "end")

    def frame(self, kind: Kind, what: str, things: tuple, *about: Any) -> Frame:
        return Frame(kind, partial(getattr(self, f"_tell_{what}"), *things), *about)

    def _add(
        self,
        kind: Kind,
        what: str,
        things: tuple = (),
        node: int | None = None,
        edge: int | None = None,
        value: np.ndarray | None = None,
        text: tuple[str, Shown] = ("", ()),
    ) -> None:
        self.rows.append((kind, what, things, node, edge, value, *text))

    def _grown(self, node: int, output: int, value: np.ndarray) -> tuple[str, Shown]:
        """The text of a box changes: one of its outputs has got a new value."""
        sums = self._sums.setdefault(node, {})
        sums[output] = value
        whole = isinstance(self.trace.nodes[node], Group)  # it shows what came last
        return f"grad-{node}", ((0, value),) if whole else tuple(sums.items())

    def _arrive(self, step: Step) -> None:
        """The seed enters; a gradient that hooks have changed is told."""
        for output, arrived in enumerate(step.arrived):
            known = self._sums.get(step.node, {}).get(output)
            if arrived is None or (known is not None and _equal(known, arrived, not self._groups)):
                continue
            what, things = "seed" if known is None else "hook", (step.node, arrived)
            text = self._grown(step.node, output, arrived)
            self._add("seed", what, things, step.node, None, arrived, text)

    def _send(self, number: int, step: Step) -> None:
        for i in self._into.get(step.node, ()):
            edge = self.trace.edges[i]
            sent, to = step.sent[edge.slot], edge.source
            stopped = sent is None and step.node == self.trace.stopped_at  # inside a group
            if self.trace.nodes[to].kind == "constant" or stopped:
                continue
            if sent is None:
                self._add("send", "nothing", (i,), step.node, i)
                continue
            known = self._sums.get(to, {}).get(edge.output)
            text = self._grown(to, edge.output, sent) if known is None else ("", ())
            self._add("send", "send", (i, number), step.node, i, sent, text)
            if known is not None:
                total = known + sent
                text = self._grown(to, edge.output, total)
                self._add("add", "add", (i, known, sent, total), to, None, total, text)

    # --- what is said of it -----------------------------------------------------------------------

    def _call(self, node: int) -> str:
        return call(self.trace.nodes[node])

    def _edges_into(self, node: int) -> list[Edge]:
        return [self.trace.edges[i] for i in self._into.get(node, ())]

    def _tell_before(self) -> Told:
        kept = [(node, node.grad) for node in self.trace.nodes if node.grad is not None]
        told = _stored(kept, sum(group.kept for group in self._groups))
        if not told:
            return Told("Before the pass. No gradient has gone anywhere yet.", START)
        return Told(f"Before the pass. An earlier pass has left something: {told}", START)

    def _tell_seed(self, node: int, arrived: np.ndarray) -> Told:
        why = "A change of the result changes the result by just as much."
        if arrived.size > 1 or arrived.item() != 1:
            why = "This is the gradient that was given to the pass."
        return Told(
            f"The pass starts at {self._call(node)} with the gradient {short(arrived)}.", why
        )

    def _tell_hook(self, node: int, arrived: np.ndarray) -> Told:
        return Told(f"A hook has changed the gradient of {self._call(node)} to {short(arrived)}.")

    def _tell_keep(self, number: int) -> Told:
        step = self.trace.steps[number]
        name, after = self._call(step.node), short(step.after)
        if step.before is None:
            words = f"{name} has no .grad yet. It keeps {after}."
            return Told(words, "The end of a path: what arrives is stored in .grad.")
        words = f"{name}.grad was {short(step.before)}. What arrives is added: {after}."
        why = "A backward pass adds to .grad and never overwrites it, until it is cleared."
        return Told(words, why, f"What does {name}.grad hold now?")

    def _tell_nothing(self, i: int) -> Told:
        edge = self.trace.edges[i]
        return Told(f"{self._call(edge.target)} sends nothing to {self._call(edge.source)}.")

    def _tell_send(self, i: int, number: int) -> Told:
        edge, step = self.trace.edges[i], self.trace.steps[number]
        sent = step.sent[edge.slot]
        node = self.trace.nodes[edge.target]
        name, target = call(node), self._call(edge.source)
        several = sum(one.source == edge.source for one in self._edges_into(edge.target)) > 1
        which = f" (as input {edge.slot + 1})" if several else ""
        words = f"{name} sends {short(sent)} to {target}{which}."
        if isinstance(node, Group):
            return Told(words, f"The chain rule through its {node.count}, one by one.")
        why = reason(node.op, edge.slot)
        arrived = next(array for array in step.arrived if array is not None)
        stretched = stretches(node.op, edge.slot) and arrived.shape != sent.shape
        if stretched:
            why = f"{why} {STRETCHED}"
        rule = formula.told(node.op, edge.slot, self._values(node), arrived, sent, stretched)
        return Told(words, why, f"What does {name} send to {target}{which}?", rule)

    def _tell_add(self, i: int, known: np.ndarray, sent: np.ndarray, total: np.ndarray) -> Told:
        edge = self.trace.edges[i]
        target = self._call(edge.source)
        words = f"{target} had {short(known)}. {short(sent)} is added: {short(total)}."
        why = "It was used more than once, so a change of it counts on every way."
        grouped = isinstance(self.trace.nodes[edge.target], Group)
        return Told(words, why, "" if grouped else f"What has arrived at {target} in all?")

    def _tell_stop(self) -> Told:
        at = self._call(self.trace.stopped_at or 0)
        return Told(f"Here the pass stopped, at {at}.", self.trace.error)

    def _tell_end(self) -> Told:
        kept = [
            (self.trace.nodes[s.node], s.after) for s in self.trace.steps if s.after is not None
        ]
        told = _stored(kept, sum(group.filled for group in self._groups))
        return Told(f"The pass is over. {told}".strip())

    def _values(self, node: Node) -> dict[str, tuple[str, Any]]:
        """For each name in a node's rules how it is called here, or "", and its value."""
        edges = self._edges_into(node.id)
        found = {name: ("", value) for name, value in node.saved.items()}
        if node.value is not None:
            found["result"] = (call(node) if node.names else "", node.value)
        for edge in edges:
            source = self.trace.nodes[edge.source]
            for name in formula.inputs(node.op)[edge.slot : edge.slot + 1]:
                value = found.get(name, ("", None))[1] if source.value is None else source.value
                if source.names:
                    said = source.names[0]
                elif source.kind == "constant" and value is not None and np.ndim(value) == 0:
                    said, value = "", np.asarray(value).item()  # a number in the code
                else:
                    said = f"input {edge.slot + 1}" if len(edges) > 1 else "input"
                found[name] = said, value
        return found


def _stored(kept: Sequence[tuple[Node, np.ndarray]], hidden: int) -> str:
    """Tell which leaves hold which gradient; the first few by name."""
    told = _and([f"{call(node)}.grad is {short(grad)}" for node, grad in kept[:MOST_TOLD]])
    more = hidden + max(len(kept) - MOST_TOLD, 0)
    count = f"{more} {'more ' if kept else ''}{'leaf has' if more == 1 else 'leaves have'} a .grad."
    return " ".join([told + "." * bool(told), count * bool(more)]).strip()


def _equal(a: np.ndarray, b: np.ndarray, exact: bool) -> bool:
    """Whether two gradients are the same; if not `exact`, up to the order of additions."""
    if a is b:
        return True
    if a.shape != b.shape:
        return False
    if (a == b).all() or exact or a.dtype.kind != "f":
        return (a == b).all() or np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    near = 64 * np.finfo(a.dtype).eps * np.abs(b[np.isfinite(b)]).max(initial=0)
    return np.allclose(a, b, 0, near, equal_nan=True)


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
