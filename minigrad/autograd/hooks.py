"""Hooks: functions that see a gradient on its way, and may replace it.

The engine works on arrays; a hook gets tensors. Nothing here runs unless a hook was registered.
"""

from __future__ import annotations

from .. import errors
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
            gradient = _checked(result, gradient, hook, recorded)
    return gradient


def run_post_accumulate(variable):
    """The hooks that see a leaf after its `.grad` has grown."""
    for hook in list(variable._post_accumulate_hooks.values()):
        result = hook(variable)
        if result is not None and not isinstance(result, Tensor):
            raise errors.hook_type(type(result).__name__)


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
        result = hook(tuple(map(as_tensor, gradients)))
        gradients = _replaced(result, gradients, hook, recorded)
    return gradients if several else gradients[0]


def after(node, received, sent, observer):
    """The post-hooks of a node see what it sends and what it received; then the observer does."""
    if node.post_hooks:
        arrived = received if node.outputs > 1 else [received]
        recorded = any(isinstance(g, Tensor) for g in arrived)
        for hook in list(node.post_hooks.values()):
            result = hook(tuple(map(as_tensor, sent)), tuple(map(as_tensor, arrived)))
            sent = _replaced(result, sent, hook, recorded)
        sent = list(sent)
    if observer is not None:
        observer(node, received, tuple(sent))
    return sent


def _replaced(results, gradients, hook, recorded):
    """What a hook of a node returned, in place of the gradients that it saw."""
    if results is None:
        return gradients
    if not isinstance(results, tuple):
        raise errors.hook_tuple(type(results).__name__)
    if len(results) != len(gradients):
        raise errors.hook_count(_name(hook), len(results), len(gradients))
    pairs = zip(results, gradients, strict=True)
    return [None if new is None else _checked(new, old, hook, recorded) for new, old in pairs]


def _checked(new, old, hook, recorded):
    """A gradient that a hook made, as the pass carries it; torch's error where it does not fit."""
    if old is None:
        raise errors.hook_replaced_none()
    if not isinstance(new, Tensor):
        raise errors.hook_type(type(new).__name__)
    old = as_tensor(old)
    if new.dtype != old.dtype or new.device != old.device:
        raise errors.hook_changed_type(_name(hook), old, new)
    if new.shape != old.shape:
        raise errors.hook_changed_size(_name(hook))
    return new if recorded else new._data


def _name(hook) -> str:
    return getattr(hook, "__name__", "<unknown>")
