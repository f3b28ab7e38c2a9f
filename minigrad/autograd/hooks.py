"""Hooks: functions that see a gradient on its way, and may replace it.

The engine works on arrays; a hook gets tensors. Nothing here runs unless a hook was registered.
"""

from __future__ import annotations

from ..tensor import Tensor
from .modes import modes


def as_tensor(gradient):
    """A gradient as a hook sees it."""
    return gradient if gradient is None or isinstance(gradient, Tensor) else Tensor._make(gradient)


def run_hooks(hooks, gradient):
    """A tensor's hooks, one after the other; each sees the gradient that the one before made.

    Where the pass reached the tensor's node but not the tensor, they get None, as in torch.
    """
    recorded = modes.grad
    for hook in list(hooks.values()):
        result = hook(as_tensor(gradient))
        if result is not None:
            gradient = _as_before(result, recorded)
    return gradient


def of_tensors(node, gradient):
    """The hooks of the tensors that a node made, and retain_grad after them."""
    if not node.tensor_hooks and not node.retained:
        return gradient
    several = node.outputs > 1
    gradients = list(gradient or [None] * node.outputs) if several else [gradient]
    for nr, hooks in (node.tensor_hooks or {}).items():
        gradients[nr] = run_hooks(hooks, gradients[nr])
    for nr, reference in (node.retained or {}).items():
        _retain(reference(), gradients[nr])
    return gradients if several else gradients[0]


def _retain(tensor, gradient):
    """Add a copy of a result's gradient to its `.grad`; the pass goes on with the original."""
    if tensor is None or gradient is None:
        return
    old = tensor._grad
    if isinstance(gradient, Tensor):
        tensor._grad = gradient.clone() if old is None else old + gradient
    else:
        tensor._grad = Tensor._make(gradient.copy() if old is None else old._data + gradient)


def before(node, gradient):
    """All that sees or changes a gradient before its node runs, in torch's order."""
    gradient = of_tensors(node, gradient)
    if not node.pre_hooks:
        return gradient
    several = node.outputs > 1
    gradients = list(gradient or [None] * node.outputs) if several else [gradient]
    recorded = any(isinstance(g, Tensor) for g in gradients)
    for hook in list(node.pre_hooks.values()):
        gradients = _replaced(hook(tuple(map(as_tensor, gradients))), gradients, recorded)
    return gradients if several else gradients[0]


def after(node, received, sent, observer):
    """The post-hooks of a node see what it sends and what it received; then the observer does."""
    if node.post_hooks:
        arrived = received if node.outputs > 1 else [received]
        recorded = any(isinstance(g, Tensor) for g in arrived)
        for hook in list(node.post_hooks.values()):
            result = hook(tuple(map(as_tensor, sent)), tuple(map(as_tensor, arrived)))
            sent = _replaced(result, sent, recorded)
        sent = list(sent)
    if observer is not None:
        observer(node, received, tuple(sent))
    return sent


def _replaced(result, gradients, recorded):
    if result is None:
        return gradients
    result = result if isinstance(result, tuple) else (result,)
    return [_as_before(g, recorded) for g in result]


def _as_before(gradient, recorded):
    return gradient if gradient is None or recorded else gradient._data
