"""The backward pass: walk the graph from the outputs and add up what reaches each node.

The walk takes the ready node that was made last (the highest sequence number), which is torch's
order. A node is ready when everything computed from its output has run. Nothing here is recursive:
a chain of a million steps is walked like one of three.
"""

from __future__ import annotations

import warnings
from heapq import heappop, heappush

import numpy as np

from .. import errors
from ..tensor import Tensor
from . import hooks
from .accumulate import AccumulateGrad, deliver, edge_of, fitted
from .modes import modes

# Called as observer(node, gradient that arrived, gradients sent) after each node; None when nobody
# watches. Leaves are reported, too.
observer = None


def backward(
    tensors, grad_tensors=None, retain_graph=None, create_graph=False, inputs=None
) -> None:
    """Add the gradients of `tensors` to `.grad` of the leaves they were computed from.

    `grad_tensors` holds, for each output, the vector that is sent back; None stands for 1 and needs
    an output of one element. With `inputs`, only those tensors receive gradients.
    """
    inputs = _sequence(inputs)
    if inputs is not None and not inputs:
        raise errors.no_inputs("backward")
    if create_graph:
        warnings.warn(errors.CREATE_GRAPH_CYCLE, UserWarning, stacklevel=3)
    if inputs is None:
        ends = None
    else:
        for tensor in inputs:
            tensor.retain_grad()  # of a result; for a leaf this does nothing
        ends = [edge_of(tensor) or (None, 0) for tensor in inputs]
    _run(_sequence(tensors), grad_tensors, retain_graph, create_graph, ends)


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `outputs` for `inputs`, returned and not stored.

    >>> import minigrad
    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> minigrad.autograd.grad(x * x * x, x)
    (tensor(27.),)
    """
    if is_grads_batched:
        raise NotImplementedError("minigrad has no is_grads_batched: call grad once for each row.")
    if materialize_grads and allow_unused is False:
        raise errors.unused_not_allowed()
    inputs = _sequence(inputs)
    if not inputs:
        raise errors.no_inputs("grad")
    if not all(tensor.requires_grad for tensor in inputs):
        raise errors.input_without_grad()
    ends = [edge_of(tensor) or (None, 0) for tensor in inputs]
    caught = dict.fromkeys(ends)
    _run(_sequence(outputs), grad_outputs, retain_graph, create_graph, ends, caught)
    found = [hooks.as_tensor(caught[end]) for end in ends]
    for i, gradient in enumerate(found):
        if gradient is None and materialize_grads:
            found[i] = Tensor._make(np.zeros_like(inputs[i]._data))
        elif gradient is None and not allow_unused:
            raise errors.unused(i)
    return tuple(found)


def _run(outputs, grad_outputs, retain_graph, create_graph, ends, caught=None):
    """One pass from `outputs`, to all leaves or to `ends` only."""
    seeds = _seeds(outputs, _sequence(grad_outputs), create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    mode, modes.grad = modes.grad, create_graph
    try:
        _walk([edge_of(output) for output in outputs], seeds, keep, create_graph, ends, caught)
    finally:
        modes.grad = mode


def _walk(roots, seeds, keep, create_graph, ends, caught):
    """Run the nodes below `roots`; of those that are ready always the one that was made last.

    With `ends` only the nodes that lead to these edges run. What arrives there is put into
    `caught`; without `caught`, the nodes at the ends run, too.
    """
    waiting = _survey(roots)
    goals = stops = ()
    if ends is not None:
        waiting, goals, stops = _limit(waiting, {node for node, _ in ends}, caught)
    pending = {}  # node -> the sum of what arrived so far, or a list where it has several outputs
    for (node, nr), seed in zip(roots, seeds, strict=True):
        deliver(pending, node, nr, seed)
    ready = []  # heap of (-sequence number, node)
    for node in dict.fromkeys(node for node, _ in roots):
        if waiting.get(node) == 0:
            heappush(ready, (-node.sequence, node))

    while ready:
        node = heappop(ready)[1]
        gradient = pending.pop(node, None)
        if node in goals:
            stop = node in stops
            _catch(caught, node, hooks.of_tensors(node, gradient) if stop else gradient)
            if stop:
                continue
        watched = node.watched or observer is not None
        if watched:
            gradient = hooks.before(node, gradient)
        edges = node.edges
        if gradient is None and node.needs_gradient:
            gradients = [None] * len(edges)
        else:
            gradients = node.apply(gradient, create_graph)
        if watched:
            gradients = hooks.after(node, gradient, fitted(gradients, edges), observer)
        if node.saved and not keep:
            node.release()
        gradient = None
        gradients.reverse()  # handed out from the end, so that nothing here holds on to them
        for edge in edges:
            sent = gradients.pop()
            if edge is None:
                continue
            node, nr = edge
            edges_left = waiting.get(node)
            if edges_left is None:
                continue
            if sent is not None:
                form = node.form
                if create_graph or not (sent.__class__ is form or (sent.shape, sent.dtype) == form):
                    deliver(pending, node, nr, sent)
                elif node in pending:
                    pending[node] = pending[node] + sent
                else:
                    pending[node] = sent
                sent = None
            if edges_left > 1:
                waiting[node] = edges_left - 1
            else:
                heappush(ready, (-node.sequence, node))


def _survey(roots):
    """For each node below `roots`, and these themselves, the number of edges that lead to it."""
    waiting = {node: 0 for node, _ in roots}
    stack = list(waiting)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None:
                node = edge[0]
                if node in waiting:
                    waiting[node] += 1
                else:
                    waiting[node] = 1
                    stack.append(node)
    return waiting


def _limit(waiting, ends, caught):
    """What of `waiting` a pass to `ends` needs; the nodes to catch at, and those to stop at."""
    leading = set()
    for node in sorted(waiting, key=_age):  # a node is younger than all that its edges lead to
        if any(edge and (edge[0] in ends or edge[0] in leading) for edge in node.edges):
            leading.add(node)
    needed = {node: count for node, count in waiting.items() if node in leading or node in ends}
    return (needed, (), ()) if caught is None else (needed, ends, ends - leading)


def _age(node):
    return -1 if node.__class__ is AccumulateGrad else node.sequence


def _catch(caught, node, gradient):
    """Note the gradient of an input of the pass when its node is reached."""
    for nr in range(node.outputs):
        if (node, nr) in caught:
            caught[node, nr] = gradient[nr] if node.outputs > 1 and gradient else gradient


def _sequence(tensors):
    if tensors is None:
        return None
    return (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)


def _seeds(outputs, gradients, create_graph):
    """The gradient that enters at each output: as given, or 1 for an output of one element."""
    if gradients is None:
        gradients = (None,) * len(outputs)
    for gradient in gradients:
        if gradient is not None and not isinstance(gradient, Tensor):
            raise errors.grad_output_type(type(gradient).__name__)
    if len(gradients) != len(outputs):
        raise errors.grad_count(len(outputs), len(gradients))
    seeds = []
    for i, (output, gradient) in enumerate(zip(outputs, gradients, strict=True)):
        if edge_of(output) is None:
            raise errors.no_grad_anywhere(i)
        if gradient is None:
            if output._data.size != 1:
                raise errors.not_scalar()
            data = output._data
            scalar = isinstance(data, np.generic)
            gradient = Tensor._make(data.dtype.type(1) if scalar else np.ones_like(data))
        elif gradient._data.shape != output._data.shape:
            raise errors.gradient_shape(i, gradient.shape, output.shape)
        seeds.append(gradient if create_graph else gradient._data)
    return seeds
