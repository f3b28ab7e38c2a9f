"""What happens in a backward pass, step by step, as plain data.

    trace = record(loss)
    trace.steps[0].sent

The pass is watched from outside, and it is the library's own: in minigrad the engine reports each
node to its observer, in torch every node gets a hook. Both tell the same three things (the node,
what arrived, what was sent), so everything after this file treats them alike.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..autograd import engine
from ..tensor import Tensor
from .arrays import array_of, is_tensor, keeps_grad, start_of, version_of, view_of
from .made import Late, no_collector
from .source import Source
from .trace import Reader, Step, Trace


def record(out: Any, gradient: Any = None, retain_graph: bool | None = None, **names: Any) -> Trace:
    """Run the backward pass from `out` once and write down what happened.

    This is `out.backward(gradient, retain_graph=retain_graph)`: gradients are added to `.grad` and
    saved values are freed. An error that stops the pass is not raised; the trace holds the steps
    before it and its text in `trace.error`.

    Args:
        out: a tensor of minigrad or of torch.
        gradient: what is sent back, a tensor of the shape of `out`; None stands for 1.
        retain_graph: True keeps the saved values for another pass.
        names: tensors to label, by the label, and modules whose parts are to be told apart. Without
            any, the variables of the caller are used.

    Returns:
        The graph as it was before the pass (values, saved values, stored gradients), and in
        `steps` what the pass did. All arrays are copies, made when what they show was there; no
        tensor is kept alive.

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
    return run(reader_of(out, names), gradient, retain_graph)


def reader_of(out: Any, names: dict[str, Any], depth: int = 3) -> Reader:
    """A reader with the given names, or with the variables and the text of a function's caller."""
    if not is_tensor(out):
        asked = sys._getframe(1).f_code.co_name
        raise TypeError(
            f"{asked}() needs a tensor, but got {type(out).__name__}: "
            "give it a result of your computation"
        )
    if names:
        return Reader(out, names)
    frame = sys._getframe(depth - 1)
    code, cells = frame.f_code, frame.f_globals.get("In")
    cells = {"In": list(cells)} if isinstance(cells, list) else {}
    text = partial(Source, code.co_filename, frame.f_lineno, cells, code.co_name)
    return Reader(out, callers_variables(depth), text)


def callers_variables(depth: int = 2) -> dict[str, Any]:
    """The variables of a public function's caller, without those that begin with an underscore."""
    frame = sys._getframe(depth)
    variables = {**frame.f_globals, **frame.f_locals}
    return {name: thing for name, thing in variables.items() if not name.startswith("_")}


def run(reader: Reader, gradient: Any, retain_graph: bool | None) -> Trace:
    """Run the pass from the output of a reader, and add the steps to its trace."""
    watch = _watch_minigrad if isinstance(reader.out, Tensor) else _watch_torch
    error = ""
    with no_collector():
        trace = reader.trace()
        notes = _Notes(reader)
        with watch(notes):
            try:
                reader.out.backward(gradient, retain_graph=retain_graph)
            except Exception as problem:
                error = f"{type(problem).__name__}: {problem}"
    rows = notes.rows
    stopped_at = _next_node(reader, {node for node, *_ in rows}) if error else None

    def steps() -> Iterator[Step]:
        for node, arrived, sent, after in rows:
            yield Step(node, tuple(arrived), tuple(sent), trace.nodes[node].grad, after)

    return replace(trace, steps=Late(steps), error=error, stopped_at=stopped_at)


class _Notes:
    """Writes down what happens at each node, when it happens.

    Every gradient is copied at once, because whoever gets it next may change it. One that arrives
    as it was sent, or is handed on as it arrived, is not copied a second time.

    Attributes:
        place: the id of each node.
        keepers: for some nodes the tensor that keeps the gradient of their output, and whether it
            will keep what arrives as it is.
        rows: (id, what arrived, what was sent, the stored gradient after it) of each that ran.
    """

    def __init__(self, reader: Reader) -> None:
        self.place = reader.place
        self.keepers = {fn: (t, _is_empty(t)) for fn, t in reader.tensors.items() if keeps_grad(t)}
        self.rows: list[tuple] = []
        # By `id`, which nothing else gets as long as the gradient itself is kept here, too.
        self._on_the_way: dict[int, tuple[Any, int | None, np.ndarray]] = {}

    def of_arrays(self, node: Any, arrived: Any, sent: tuple) -> None:
        """A node of minigrad ran."""
        if node not in self.place:  # a hook may run a pass of its own
            return
        came = []
        for gradient in arrived if isinstance(arrived, list) else (arrived,):
            found = self._on_the_way.pop(id(gradient), None)
            # Hooks may have changed it.
            came.append(array_of(gradient) if found is None or node.watched else found[2])
        went = []
        for gradient in sent:
            copy = came[0] if gradient is arrived else array_of(gradient)
            self._on_the_way[id(gradient)] = gradient, None, copy
            went.append(copy)
        keeper = self.keepers.get(node)
        after = None if keeper is None else array_of(keeper[0].grad)
        self.rows.append((self.place[node], came, went, after))

    def of_tensors(
        self, place: int, keeper: tuple[Any, bool] | None, sent: tuple, arrived: tuple
    ) -> None:
        """A node of torch ran. Its changes in place are counted by torch."""
        way, came, went = self._on_the_way, [], []
        for gradient in arrived:
            found = way.pop(id(gradient), None)
            unchanged = found is not None and found[1] == version_of(gradient)
            came.append(found[2] if unchanged else array_of(gradient))
        if sent:
            first = arrived[0]
            start = start_of(first)
            for gradient in sent:
                if gradient is None:
                    went.append(None)
                    continue
                copy = None
                if gradient is first:
                    copy = came[0]
                elif start is not None and start_of(gradient) == start:
                    copy = view_of(gradient, first, came[0])
                if copy is None:
                    copy = array_of(gradient)
                way[id(gradient)] = gradient, version_of(gradient), copy
                went.append(copy)
        after = None
        if keeper is not None:
            tensor, empty = keeper
            after = came[0] if empty else array_of(tensor.grad)
        self.rows.append((place, came, went, after))


def _is_empty(keeper: Any) -> bool:
    """Whether a leaf will keep the first gradient that arrives as it is."""
    hooks = getattr(keeper, "_post_accumulate_grad_hooks", None)
    return keeper.is_leaf and keeper.grad is None and not hooks


@contextmanager
def _watch_minigrad(notes: _Notes) -> Iterator[None]:
    before = engine.observer

    def observer(node: Any, arrived: Any, sent: tuple) -> None:
        if before is not None:
            before(node, arrived, sent)
        notes.of_arrays(node, arrived, sent)

    engine.observer = observer
    try:
        yield
    finally:
        engine.observer = before


@contextmanager
def _watch_torch(notes: _Notes) -> Iterator[None]:
    handles = [
        fn.register_hook(partial(notes.of_tensors, place, notes.keepers.get(fn)))
        for fn, place in notes.place.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _next_node(reader: Reader, ran: set[int]) -> int:
    """The node that the engine would have run next: of those that are ready the one made last."""
    waiting = [fn for fn in reader.links if reader.place[fn] not in ran]
    needed = {source for fn in waiting for source, _ in reader.links[fn]}
    ready = [fn for fn in waiting if fn not in needed]
    last = max(ready, key=lambda fn: fn._sequence_nr(), default=reader.root)
    return reader.place.get(last, 0)
