"""What happens in a backward pass, step by step, as plain data.

    trace = record(loss)
    trace.steps[0].sent

The pass is watched from outside, and it is the library's own: in minigrad the engine reports each
node to its observer, in torch every node gets a hook. Both tell the same three things (the node,
what arrived, what was sent), so everything after this file treats them alike.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..autograd import engine
from ..tensor import Tensor
from .trace import Reader, Step, Trace, array_of, stored_grad

Note = Callable[[Any, Any, tuple], None]  # node, what arrived at each output, what was sent


def record(out: Any, gradient: Any = None, retain_graph: bool | None = None, **names: Any) -> Trace:
    """Run the backward pass from `out` once and write down what happened.

    This is `out.backward(gradient, retain_graph=retain_graph)`: gradients are added to `.grad` and
    saved values are freed. An error that stops the pass is not raised; the trace holds the steps
    before it and its text in `trace.error`.

    Args:
        out: a tensor of minigrad or of torch.
        gradient: what is sent back, a tensor of the shape of `out`; None stands for 1.
        retain_graph: True keeps the saved values for another pass.
        names: tensors to label, by the label. Without any, the variables of the caller are used.

    Returns:
        The graph as it was before the pass (values, saved values, stored gradients), and in
        `steps` what the pass did. All arrays are copies; no tensor is kept alive.

    Raises:
        TypeError: if `out` is no tensor.

    Example:
        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> trace = record((x * x).sum())
        >>> for step in trace.steps:
        ...     print(trace.nodes[step.node].op or "x", *map(str, step.arrived))
        SumBackward0 1.0
        MulBackward0 [1. 1.]
        x [2. 4.]
    """
    return run(Reader(out, names or callers_variables()), gradient, retain_graph)


def callers_variables(depth: int = 2) -> dict[str, Any]:
    """The variables of a public function's caller, without those that begin with an underscore."""
    frame = sys._getframe(depth)
    variables = {**frame.f_globals, **frame.f_locals}
    return {name: thing for name, thing in variables.items() if not name.startswith("_")}


def run(reader: Reader, gradient: Any, retain_graph: bool | None) -> Trace:
    """Run the pass from the output of a reader, and add the steps to its trace."""
    trace = reader.trace()
    seen: list[tuple] = []

    def note(fn: Any, arrived: Any, sent: tuple) -> None:
        node = reader.place.get(id(fn))
        if node is not None:  # a hook may run a pass of its own
            kept = array_of(stored_grad(reader.tensors.get(id(fn))))
            seen.append((node, arrived, sent, kept))

    watch = _watch_minigrad if isinstance(reader.out, Tensor) else _watch_torch
    error = ""
    with watch(reader.order, note):
        try:
            reader.out.backward(gradient, retain_graph=retain_graph)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
    steps = tuple(
        Step(node, _arrays(arrived), _arrays(sent), trace.nodes[node].grad, kept)
        for node, arrived, sent, kept in seen
    )
    stopped_at = _next_node(reader, {step.node for step in steps}) if error else None
    return replace(trace, steps=steps, error=error, stopped_at=stopped_at)


@contextmanager
def _watch_minigrad(nodes: list[Any], note: Note) -> Iterator[None]:
    before = engine.observer

    def observer(node: Any, arrived: Any, sent: tuple) -> None:
        if before is not None:
            before(node, arrived, sent)
        note(node, arrived if isinstance(arrived, list) else (arrived,), sent)

    engine.observer = observer
    try:
        yield
    finally:
        engine.observer = before


@contextmanager
def _watch_torch(nodes: list[Any], note: Note) -> Iterator[None]:
    def hook_of(fn: Any) -> Callable:
        return lambda sent, arrived: note(fn, arrived, sent)

    handles = [fn.register_hook(hook_of(fn)) for fn in nodes]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _arrays(gradients: Any) -> tuple:
    return tuple(map(array_of, gradients))


def _next_node(reader: Reader, ran: set[int]) -> int:
    """The node that the engine would have run next: of those that are ready the one made last."""
    waits = Counter(
        id(source) for fn in reader.order for source in _sources(fn) if not _ran(reader, fn, ran)
    )
    ready = [fn for fn in reader.order if not waits[id(fn)] and not _ran(reader, fn, ran)]
    last = max(ready, key=lambda fn: fn._sequence_nr(), default=reader.root)
    return reader.place.get(id(last), 0)


def _sources(fn: Any) -> list[Any]:
    return [source for source, _ in fn.next_functions if source is not None]


def _ran(reader: Reader, fn: Any, ran: set[int]) -> bool:
    return reader.place[id(fn)] in ran
