"""The backward pass: walk the graph from the outputs and add up what reaches each node.

The walk takes the ready node that was made last (the highest sequence number), which is torch's order. A node is
ready when everything computed from its output has run. Nothing here is recursive: a chain of a million steps is
walked like one of three.
"""

from __future__ import annotations

import sys
import warnings
from heapq import heappop, heappush

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor
from .graph import AccumulateGrad, Node, edge_of
from .modes import modes

# Called as observer(node, gradients that arrived, gradients sent) for each node that ran; None when nobody watches.
observer = None


def backward(
    tensors, grad_tensors=None, retain_graph=None, create_graph=False, inputs=None
) -> None:
    """Add the gradients of `tensors` to `.grad` of the leaves they were computed from.

    `grad_tensors` holds, for each output, the vector that is sent back; None stands for 1 and needs an output of one
    element. With `inputs`, only those tensors receive gradients.
    """
    outputs = _sequence(tensors)
    if inputs is not None:
        inputs = _sequence(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    if create_graph:  # before the pass, at the line that calls backward
        warnings.warn(errors.CREATE_GRAPH_CYCLE, UserWarning, stacklevel=3)
    seeds = _seeds(outputs, _sequence(grad_tensors), create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    run(outputs, seeds, keep, create_graph, inputs, accumulate=True)


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
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    outputs, inputs = _sequence(outputs), _sequence(inputs)
    if not all(tensor.requires_grad for tensor in inputs):
        raise errors.input_without_grad()
    seeds = _seeds(outputs, _sequence(grad_outputs), create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    found = run(outputs, seeds, keep, create_graph, inputs, accumulate=False)
    if materialize_grads:
        found = [
            Tensor._make(np.zeros_like(x._storage())) if g is None else g
            for g, x in zip(found, inputs, strict=True)
        ]
    elif not allow_unused:
        for i, gradient in enumerate(found):
            if gradient is None:
                raise errors.unused(i)
    return tuple(found)


def run(outputs, seeds, keep, create_graph, inputs, accumulate):
    """One pass. With `inputs`, only what leads to them runs, and their gradients are caught and returned."""
    roots = [_edge(output) for output in outputs]
    captured = None if inputs is None else {_edge(tensor): None for tensor in inputs}
    mode, modes.grad = modes.grad, create_graph
    try:
        _walk(roots, seeds, keep, create_graph, captured)
        if inputs is None:
            return None
        if accumulate:
            for tensor in inputs:
                _accumulate(tensor, captured[_edge(tensor)], create_graph)
        return [_tensor(captured[_edge(tensor)]) for tensor in inputs]
    finally:
        modes.grad = mode


def _walk(roots, seeds, keep, create_graph, captured):
    """Run the nodes below `roots`, the ready one that was made last first."""
    start = list(dict.fromkeys(node for node, _ in roots))
    users = _count_users(start)
    needed = None if captured is None else _leading_to(captured, {*users, *start})
    pending = {}  # node -> the sum of the gradients that arrived so far (a list where it has several outputs)
    ready = []  # heap of (-sequence number, node)
    leaves = []  # AccumulateGrad nodes that are ready; they go first
    for (node, nr), seed in zip(roots, seeds, strict=True):
        _deliver(pending, node, nr, seed)
    for node in start:
        if node not in users:
            if node.__class__ is AccumulateGrad:
                leaves.append(node)
            else:
                heappush(ready, (-node.sequence, node))

    while ready or leaves:
        if leaves:
            for leaf in leaves:
                if captured is None:
                    _accumulate(leaf.variable, pending.pop(leaf, None), create_graph)
                elif (leaf, 0) in captured:
                    captured[leaf, 0] = _run_hooks(leaf.variable._hooks, pending.pop(leaf, None))
            leaves.clear()
            continue
        node = heappop(ready)[1]
        gradient = pending.pop(node, None)
        if node.watched:
            gradient = _before(node, gradient)
        if captured is not None:
            _capture(captured, node, gradient)
        edges = node.edges
        if gradient is None or (needed is not None and node not in needed):
            gradients = [None] * len(edges)
        else:
            gradients = node.apply(gradient, create_graph)
            if node.post_hooks:
                gradients = _after(node, gradient, gradients)
            if observer is not None:
                observer(node, gradient, gradients)
            if not keep:
                node.release()
        gradient = None
        for i, edge in enumerate(edges):
            if edge is None:
                continue
            target, nr = edge
            sent = gradients[i]
            if sent is not None:
                gradients[i] = (
                    None  # let go of it, so that a leaf can tell that nobody else holds it
                )
                if create_graph or target.outputs > 1:
                    _deliver(pending, target, nr, sent)
                else:
                    if sent.shape != target.shape:
                        sent = unbroadcast(sent, target.shape)
                    if sent.dtype is not target.dtype:
                        sent = sent.astype(target.dtype)
                    if target in pending:
                        sent = pending[target] + sent
                    pending[target] = sent
                sent = None
            users[target] -= 1
            if not users[target]:
                if target.__class__ is AccumulateGrad:
                    leaves.append(target)
                else:
                    heappush(ready, (-target.sequence, target))


def _count_users(start) -> dict[Node, int]:
    """For each node below `start`: how many edges lead to it."""
    users = {}
    seen = set(start)
    stack = list(start)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None:
                node = edge[0]
                if node in users:
                    users[node] += 1
                else:
                    users[node] = 1
                    if node not in seen:
                        stack.append(node)
    return users


def _leading_to(goals, nodes) -> set[Node]:
    """The nodes with a path to one of the edges in `goals`."""
    leading = set()
    for node in sorted(nodes, key=_age):  # a node is younger than all that its edges lead to
        if any(edge is not None and (edge in goals or edge[0] in leading) for edge in node.edges):
            leading.add(node)
    return leading


def _age(node):
    return -1 if node.__class__ is AccumulateGrad else node.sequence


def _deliver(pending, node, nr, gradient):
    """Add a gradient (an array, or a tensor where the pass is recorded) to what waits at an output of a node."""
    several = node.outputs > 1
    shape, dtype = (node.shape[nr], node.dtype[nr]) if several else (node.shape, node.dtype)
    if gradient is None:
        return
    if gradient.shape != shape:
        gradient = unbroadcast(gradient, shape)
    if isinstance(gradient, Tensor):
        if gradient._data.dtype != dtype:
            gradient = gradient.to(dtypes.BY_NUMPY[dtype])
    elif gradient.dtype != dtype:
        gradient = gradient.astype(dtype)
    if several:
        waiting = pending.setdefault(node, [None] * node.outputs)
        waiting[nr] = gradient if waiting[nr] is None else waiting[nr] + gradient
    else:
        pending[node] = pending[node] + gradient if node in pending else gradient


def unbroadcast(gradient, shape):
    """Sum a gradient over the axes along which an input of `shape` was stretched.

    The derivative of copying a number is adding up what comes back for the copies.
    """
    extra = gradient.ndim - len(shape)
    stretched = tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and gradient.shape[i + extra] != 1
    )
    axes = (*range(extra), *stretched)
    if axes:
        if isinstance(gradient, Tensor):
            gradient = gradient.sum(axes, keepdim=True)
        else:
            gradient = np.add.reduce(gradient, axis=axes, keepdims=True)
    return gradient.reshape(shape)


def _accumulate(variable, gradient, create_graph):
    """Add a gradient to `variable.grad`, in place unless the pass itself is recorded."""
    if variable._hooks and variable._edge is None:
        gradient = _run_hooks(variable._hooks, gradient)
    if gradient is None:
        return
    old = variable._grad
    if create_graph:
        # a recorded copy, so that the sum in .grad is a tensor of its own
        variable._grad = (
            old + gradient
            if old is not None
            else Tensor._make(np.empty_like(gradient._data)).copy_(gradient)
        )
    elif old is None:
        if isinstance(gradient, np.ndarray) and not (
            sys.getrefcount(gradient) <= _ALONE
            and gradient.base is None
            and gradient.flags.writeable
        ):
            gradient = gradient.copy()  # somebody else holds this memory
        variable._grad = Tensor._make(gradient)
    else:
        old._write(old._data + gradient)
    if variable._post_accumulate_hooks:
        for hook in list(variable._post_accumulate_hooks.values()):
            hook(variable)


_ALONE = (lambda argument: sys.getrefcount(argument))(object())


def _before(node, gradient):
    """Tensor hooks, retain_grad and pre-hooks of a node, in torch's order."""
    several = node.outputs > 1
    gradients = list(gradient or [None] * node.outputs) if several else [gradient]
    for nr, hooks in (node.tensor_hooks or {}).items():
        gradients[nr] = _run_hooks(hooks, gradients[nr])
    for nr, reference in (node.retained or {}).items():
        tensor = reference()
        if tensor is not None and gradients[nr] is not None:
            kept = _tensor(gradients[nr])
            tensor._grad = kept if kept is gradients[nr] else Tensor._make(kept._data.copy())
    if node.pre_hooks:
        as_tensors = any(isinstance(g, Tensor) for g in gradients)
        for hook in list(node.pre_hooks.values()):
            result = hook(tuple(_tensor(g) for g in gradients))
            if result is not None:
                result = result if isinstance(result, tuple) else (result,)
                gradients = [_like(g, as_tensors) for g in result]
    return gradients if several else gradients[0]


def _after(node, received, sent):
    """The post-hooks of a node: they see what it sends and what it received, and may replace what it sends."""
    received = received if node.outputs > 1 else [received]
    as_tensors = any(isinstance(g, Tensor) for g in received)
    for hook in list(node.post_hooks.values()):
        result = hook(tuple(map(_tensor, sent)), tuple(map(_tensor, received)))
        if result is not None:
            result = result if isinstance(result, tuple) else (result,)
            sent = [_like(g, as_tensors) for g in result]
    return list(sent)


def _run_hooks(hooks, gradient):
    """A tensor's hooks, one after the other; each sees the gradient that the one before made."""
    if not hooks or gradient is None:
        return gradient
    as_tensors = isinstance(gradient, Tensor)
    for hook in list(hooks.values()):
        result = hook(_tensor(gradient))
        if result is not None:
            gradient = _like(result, as_tensors)
    return gradient


def _capture(captured, node, gradient):
    for nr in range(node.outputs):
        if (node, nr) in captured:
            captured[node, nr] = gradient[nr] if node.outputs > 1 and gradient else gradient


def _tensor(gradient):
    return gradient if gradient is None or isinstance(gradient, Tensor) else Tensor._make(gradient)


def _like(gradient, as_tensors):
    return gradient if gradient is None or as_tensors else gradient._data


def _edge(tensor):
    """The edge that a pass starts from or ends at: hashable, one for each output of a node."""
    node, nr = edge_of(tensor)
    return node, nr


def _sequence(tensors):
    if tensors is None:
        return None
    return (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)


def _seeds(outputs, gradients, create_graph):
    """The gradient that enters at each output: what was given, or 1 for an output of one element."""
    if gradients is None:
        gradients = (None,) * len(outputs)
    if len(gradients) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
    seeds = []
    for i, (output, gradient) in enumerate(zip(outputs, gradients, strict=True)):
        if not output.requires_grad:
            raise errors.no_grad_anywhere(i)
        if gradient is None:
            if output._data.size != 1:
                raise errors.not_scalar()
            gradient = Tensor._make(np.ones_like(output._data)[()])
        elif not isinstance(gradient, Tensor):
            raise TypeError(
                f"gradients can be either Tensors or None, but got {type(gradient).__name__}"
            )
        elif gradient._data.shape != output._data.shape:
            raise errors.gradient_shape(i, gradient.shape, output.shape)
        seeds.append(gradient if create_graph else gradient._data)
    return seeds
