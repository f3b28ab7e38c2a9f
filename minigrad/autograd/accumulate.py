"""Where gradients come together: at a node that several edges lead to, and at a leaf."""

from __future__ import annotations

import sys
import weakref

import numpy as np

from .. import dtypes
from ..memory import writable
from ..tensor import Tensor
from . import hooks
from .graph import Node, form


class AccumulateGrad(Node):
    """The end of a path: adds the gradient that arrives to `variable.grad`."""

    __slots__ = ("variable",)

    def __init__(self, variable):
        self.variable = variable
        self.edges = self.saved = ()
        self.form = form(variable._data)
        self.sequence = 2**64 - 1  # ready means next, as in torch
        if variable._hooks:
            self.watched = True

    def __lt__(self, other):
        return False  # of leaves that are ready together none comes before another

    @property
    def tensor_hooks(self):
        """Those of the leaf: they outlive this node."""
        hooks = self.variable._hooks
        return {0: hooks} if hooks else None

    def apply(self, gradient, as_tensors):
        variable = self.variable
        if gradient is None:
            return []
        old = variable._grad
        if as_tensors:
            # A sum or a copy that is recorded itself.
            new = Tensor._make(np.empty_like(gradient._data))
            variable._grad = new.copy_(gradient) if old is None else old + gradient
        elif old is not None:
            old._write(old._data + gradient)
        elif sys.getrefcount(gradient) <= _HANDED_OVER and _owns_memory(gradient):
            variable._grad = Tensor._make(gradient)  # only the walk holds it: no copy is needed
        else:
            variable._grad = Tensor._make(gradient.copy())
        if variable._post_accumulate_hooks:
            hooks.run_post_accumulate(variable)
        return []


def _handed_over() -> int:
    """What sys.getrefcount says of an argument that nobody but the caller's variable holds."""
    gradient = object()
    return (lambda argument: sys.getrefcount(argument))(gradient)


_HANDED_OVER = _handed_over()


def _owns_memory(array) -> bool:
    """Whether nothing else shares the memory: it is the array's own, or that of a base whose only
    view it is, as where a layer's weights were transposed."""
    if isinstance(array, np.generic):
        return True
    base = array.base
    if base is not None:
        alone = sys.getrefcount(base) <= _HANDED_OVER and type(base) is np.ndarray
        if not (alone and base.base is None and base.size == array.size):
            return False
    return writable(array) and array.flags.c_contiguous


def accumulator(leaf) -> AccumulateGrad:
    """The leaf's AccumulateGrad node. The graph keeps it alive, the leaf only remembers it."""
    node = leaf._accumulator and leaf._accumulator()
    if node is None:
        node = AccumulateGrad(leaf)
        leaf._accumulator = weakref.ref(node)
    return node


def edge_of(tensor):
    """The edge that leads on from a tensor, or None where no gradient is wanted."""
    if tensor._base is not None:
        tensor._refresh_view()
    return tensor._edge or ((accumulator(tensor), 0) if tensor._requires_grad else None)


def deliver(pending, node, nr, gradient):
    """Add a gradient (an array, or a tensor where the pass is recorded) to what waits at a node."""
    gradient = fit(gradient, node, nr)
    if node.outputs == 1:
        pending[node] = pending[node] + gradient if node in pending else gradient
        return
    waiting = pending.setdefault(node, [None] * node.outputs)
    waiting[nr] = gradient if waiting[nr] is None else waiting[nr] + gradient


def fit(gradient, node, nr):
    """A gradient in the shape and the number type of the output that it belongs to."""
    shape, dtype = node.shape_and_dtype(nr)
    if gradient.shape != shape:
        gradient = unbroadcast(gradient, shape)
    if isinstance(gradient, Tensor):
        return gradient.to(dtypes.BY_NUMPY[dtype])
    return gradient if gradient.dtype == dtype else gradient.astype(dtype)


def fitted(gradients, edges):
    """What a node sends, as it arrives at the other ends of its edges."""
    return [
        gradient if gradient is None or edge is None else fit(gradient, *edge)
        for gradient, edge in zip(gradients, edges, strict=True)
    ]


def unbroadcast(gradient, shape):
    """Sum a gradient over the axes along which an input of `shape` was stretched.

    The derivative of copying a number is adding up what comes back for the copies.
    """
    extra = gradient.ndim - len(shape)
    if gradient.shape[extra:] == shape and not isinstance(gradient, Tensor):
        return np.add.reduce(gradient, axis=tuple(range(extra)))
    stretched = [
        i + extra for i, n in enumerate(shape) if n == 1 and gradient.shape[i + extra] != 1
    ]
    axes = (*range(extra), *stretched)
    if isinstance(gradient, Tensor):  # by torch's steps: they show as nodes
        if not shape:
            return gradient.sum()
        gradient = gradient.sum(axes, keepdim=True)
        return gradient.reshape(shape) if extra else gradient
    return np.add.reduce(gradient, axis=axes, keepdims=True).reshape(shape)
