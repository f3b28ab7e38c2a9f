"""A recorded pass as a film: one gradient on one edge at a time.

Each `Frame` says in words what happens and which texts of the picture change. The picture, the
widget and an exported page only carry this out; nobody after this file computes anything.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from . import formula
from .reasons import STRETCHED, reason, stretches
from .svg import NONE_YET, Line, box_lines, call, short
from .trace import Edge, Node, Step, Trace

Kind = Literal["start", "seed", "send", "add", "keep", "stop", "end"]

START = "Press the right arrow key, or Next. A click on a box shows its details."
# Under which names the first and the second input of an operation are saved.
OPERANDS = ("self", "mat1", "input"), ("other", "mat2", "vec", "exponent", "tensor", "weight")


@dataclass(frozen=True)
class Frame:
    """One moment of the film.

    Attributes:
        kind: "start"; "seed": a gradient enters at the output; "send": one goes along an edge;
            "add": it is added to what has come before; "keep": a tensor stores it in `.grad`;
            "stop": an error; "end".
        words: what happens, in one or two sentences.
        why: the reason, "" where there is none to give.
        node: the box that is looked at, or None.
        edge: the edge that is looked at, or None.
        texts: what the picture shows from here on, by the name of the text: "grad-3", "kept-0".
        done: the names of the edges that are done from here on.
        value: the gradient that this moment shows for the first time.
        asks: the question that has `value` as its answer, "" where there is none.
        formula: the rule as MathML, with the caller's names and with this moment's numbers.
    """

    kind: Kind
    words: str
    why: str = ""
    node: int | None = None
    edge: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    value: np.ndarray | None = None
    asks: str = ""
    formula: tuple[str, ...] = ()


def film(trace: Trace) -> list[Frame]:
    """Tell a recorded pass moment by moment.

    Example:
        >>> import minigrad
        >>> from minigrad.explore.record import record
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> for frame in film(record((x * 3).sum(), x=x)):
        ...     print(frame.words)
        Before the pass. No gradient has gone anywhere yet.
        The pass starts at SumBackward0 with the gradient 1.
        SumBackward0 sends [1, 1] to MulBackward0.
        MulBackward0 sends [3, 3] to x.
        x has no .grad yet. It keeps [3, 3].
        The pass is over. x.grad is [3, 3].
    """
    return _Film(trace).frames


def lines_of(node: Node) -> list[Line]:
    """The lines of a box in the film: (what stands before, the text, the name of the text)."""
    first, *rest = box_lines(node)
    if node.kind == "constant":
        return [("", line, "") for line in (first, *rest)]
    kept = NONE_YET if node.grad is None else short(node.grad)
    lines = [("", first, ""), ("", rest[0], ""), ("grad  ", NONE_YET, "grad")]
    if node.kind == "leaf" or node.grad is not None:
        lines.append((".grad ", kept, "kept"))
    return lines


class _Film:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.into: dict[int, list[tuple[int, Edge]]] = {}
        for i, edge in enumerate(trace.edges):
            self.into.setdefault(edge.target, []).append((i, edge))
        # What each node has got so far, by the number of its output.
        self.sums: dict[int, dict[int, np.ndarray]] = {}
        self.frames = [Frame("start", self._before(), START)]
        for step in trace.steps:
            self._arrive(step)
            self._keep(step)
            self._send(step)
        self._finish()

    def _before(self) -> str:
        kept = [node for node in self.trace.nodes if node.grad is not None]
        if not kept:
            return "Before the pass. No gradient has gone anywhere yet."
        told = _and([f"{call(node)}.grad is {short(node.grad)}" for node in kept])
        return f"Before the pass. An earlier pass has left something: {told}."

    def _arrive(self, step: Step) -> None:
        """The seed enters; a gradient that hooks have changed is told."""
        node = self.trace.nodes[step.node]
        for output, arrived in enumerate(step.arrived):
            known = self.sums.get(node.id, {}).get(output)
            if arrived is None or (known is not None and np.array_equal(known, arrived, True)):
                continue
            if known is None:
                words = f"The pass starts at {call(node)} with the gradient {short(arrived)}."
                why = "A change of the result changes the result by just as much."
                if arrived.size > 1 or arrived.item() != 1:
                    why = "This is the gradient that was given to the pass."
                self._show("seed", words, why, node, output, arrived)
            else:
                words = f"A hook has changed the gradient of {call(node)} to {short(arrived)}."
                self._show("seed", words, "", node, output, arrived)

    def _show(self, kind, words, why, node, output, value, **more) -> None:
        texts = {f"grad-{node.id}": self._sum_text(node.id, output, value)}
        self.frames.append(Frame(kind, words, why, node.id, texts=texts, value=value, **more))

    def _sum_text(self, node: int, output: int, value: np.ndarray) -> str:
        """What a box shows as its gradient; one of several outputs is named by its number."""
        parts = self.sums.setdefault(node, {})
        parts[output] = value
        if set(parts) == {0}:
            return short(value)
        return ", ".join(f"{nr}: {short(array)}" for nr, array in sorted(parts.items()))

    def _keep(self, step: Step) -> None:
        node = self.trace.nodes[step.node]
        if step.after is None:
            return
        name, after = call(node), short(step.after)
        if step.before is None:
            words = f"{name} has no .grad yet. It keeps {after}."
            why, asks = "The end of a path: what arrives is stored in .grad.", ""
        else:
            words = f"{name}.grad was {short(step.before)}. What arrives is added: {after}."
            why = "A backward pass adds to .grad and never overwrites it, until it is cleared."
            asks = f"What does {name}.grad hold now?"
        texts = {f"kept-{node.id}": after}
        frame = Frame("keep", words, why, node.id, None, texts, (), step.after, asks)
        self.frames.append(frame)

    def _send(self, step: Step) -> None:
        node = self.trace.nodes[step.node]
        for i, edge in self.into.get(node.id, ()):
            target, sent = self.trace.nodes[edge.source], step.sent[edge.slot]
            if target.kind == "constant":
                continue
            if sent is None:
                words = f"{call(node)} sends nothing to {call(target)}."
                self.frames.append(Frame("send", words, "", node.id, i, done=(f"edge-{i}",)))
            else:
                self._send_along(i, edge, node, target, sent, step)

    def _send_along(self, i, edge, node, target, sent, step) -> None:
        words = f"{call(node)} sends {short(sent)} to {call(target)}."
        asks = f"What does {call(node)} send to {call(target)}?"
        why = reason(node.op, edge.slot)
        slots = [e for _, e in self.into[node.id] if e.source == edge.source]
        if len(slots) > 1:
            which = f" (as input {edge.slot + 1})"
            words, asks = f"{words[:-1]}{which}.", f"{asks[:-1]}{which}?"
        arrived = next((array for array in step.arrived if array is not None), None)
        stretched = stretches(node.op) and arrived is not None and arrived.shape != sent.shape
        if stretched:
            why = f"{why} {STRETCHED}" if why != STRETCHED else why
        known = self.sums.get(target.id, {}).get(edge.output)
        texts = {}
        if known is None:
            texts[f"grad-{target.id}"] = self._sum_text(target.id, edge.output, sent)
        rule = self._rule(node, edge.slot, arrived, sent, stretched)
        done = (f"edge-{i}",)
        frame = Frame("send", words, why, node.id, i, texts, done, sent, asks, rule)
        self.frames.append(frame)
        if known is not None:
            total = known + sent
            words = f"{call(target)} had {short(known)}. {short(sent)} is added: {short(total)}."
            why = "It was used more than once, so a change of it counts on every way."
            asks = f"What has arrived at {call(target)} in all?"
            self._show("add", words, why, target, edge.output, total, asks=asks)

    def _rule(self, node, slot, arrived, sent, stretched) -> tuple[str, ...]:
        """The rule with the caller's names, then with this moment's numbers."""
        expression = formula.rule(node.op, slot)
        if expression is None or arrived is None:
            return ()
        needs = formula.names_in(expression)
        names = {}
        numbers = {"g": short(arrived), "self_sizes": str(sent.shape), "n": str(sent.size)}
        values = self._values(node)
        for name in needs - set(numbers):
            if name in values:
                tensor, value = values[name]
                names[name] = tensor or name
                numbers[name] = value
        if stretched:
            expression = ast.Call(ast.Name("sum"), [expression], [])
        rule = [formula.mathml(expression, {k: v for k, v in names.items() if v != k})]
        if needs <= set(numbers):
            rule.append(formula.equation(expression, numbers, short(sent)))
        return tuple(rule)

    def _values(self, node: Node) -> dict[str, tuple[str, str]]:
        """For each name in a node's rule the caller's name for it, if any, and its value."""
        inputs = [self.trace.nodes[edge.source] for _, edge in self.into.get(node.id, ())]
        found = {name: ("", _text(value)) for name, value in node.saved.items()}
        if node.value is not None:
            found["result"] = (call(node) if node.names else "", short(node.value))
        for slot, names in enumerate(OPERANDS):
            if slot < len(inputs):
                source = inputs[slot]
                tensor = source.names[0] if source.names else ""
                for name in names:
                    if source.value is not None:
                        found[name] = (tensor, short(source.value))
                    elif name in found:
                        found[name] = (tensor, found[name][1])
        return found

    def _finish(self) -> None:
        trace = self.trace
        if trace.error:
            node = trace.nodes[trace.stopped_at or 0]
            words = f"Here the pass stopped, at {call(node)}."
            self.frames.append(Frame("stop", words, trace.error, node.id))
            return
        kept = [(trace.nodes[s.node], s.after) for s in trace.steps if s.after is not None]
        told = _and([f"{call(node)}.grad is {short(after)}" for node, after in kept[:4]])
        more = f" {len(kept) - 4} more are filled." if len(kept) > 4 else ""
        self.frames.append(Frame("end", f"The pass is over. {told}.{more}" if kept else "Over."))


def _text(value: object) -> str:
    if isinstance(value, np.ndarray):
        return short(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
