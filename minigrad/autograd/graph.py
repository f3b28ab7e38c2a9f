"""The backward graph: what an operation leaves behind so that its gradient can be computed later.

A `Node` is made by each recorded operation. Its `edges` lead to the nodes that made the operation's
inputs; an edge is a pair (node, number of that node's output). At a leaf that requires grad the
edge leads to `AccumulateGrad`, which adds what arrives to the leaf's `.grad`.
"""

from __future__ import annotations

import itertools

import numpy as np

from .saved import saved_tensors_hooks as saved_tensors_hooks  # torch's place for it

next_sequence = itertools.count().__next__
last_change = -1  # when a tensor was last changed in place, counted as the nodes are

WRITTEN_BY_HAND = {"AccumulateGrad", "CopySlices", "CopyBackwards", "NotImplemented"}


def form(array):
    """What a gradient must be like to fit an array: the shape and the number type.

    Of a NumPy scalar its class tells both, and is compared three times as fast.
    """
    return array.__class__ if isinstance(array, np.generic) else (array.shape, array.dtype)


class Node:
    """One step of the backward pass. Subclasses say what it sends to its edges."""

    # `form` is that of the node's output, or a list with one for each where it has several.
    __slots__ = ("__dict__", "__weakref__", "edges", "form", "saved", "sequence")

    outputs = 1
    needs_gradient = True  # where no gradient arrives, the node sends none and need not run
    watched = False  # something below must be looked at before the node runs
    tensor_hooks = (
        None  # {output number: {id: hook}}: see the gradient of that output, may replace it
    )
    retained = None  # {output number: weak reference to the tensor whose .grad is kept}
    pre_hooks = None
    post_hooks = None

    def __init__(self, edges=(), saved=None, outputs=()):
        self.edges = edges
        self.saved = saved
        self.sequence = next_sequence()
        if outputs:
            self.describe(outputs)

    def describe(self, outputs):
        """Note the form of each output, given as an array; None for one that takes no gradient."""
        self.outputs = len(outputs)
        forms = [None if array is None else form(array) for array in outputs]
        self.form = forms[0] if len(forms) == 1 else forms

    def shape_and_dtype(self, nr):
        """Those of an output, as NumPy has them; (None, None) where it takes no gradient."""
        form = self.form if self.outputs == 1 else self.form[nr]
        if form is None:
            return None, None
        return form if form.__class__ is tuple else ((), np.dtype(form))

    def apply(self, gradient, as_tensors: bool):
        """The gradients for `edges`, given that of the output (a list where it has several)."""
        raise NotImplementedError

    def release(self) -> None:
        """Forget the saved tensors; a later pass through this node fails with torch's words."""

    def name(self) -> str:
        """The name as PyTorch's C++ side has it: with the namespace for nodes written by hand."""
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in WRITTEN_BY_HAND else name

    @property
    def next_functions(self) -> tuple:
        """One (node, output number) for each input, (None, 0) where nothing leads on."""
        return tuple((None, 0) if edge is None else edge for edge in self.edges)

    def _sequence_nr(self) -> int:
        return self.sequence

    def register_hook(self, hook):
        """Call `hook(grad_inputs, grad_outputs)` after the node ran.

        A tuple that the hook returns replaces grad_inputs.
        """
        self.watched = True
        return add_hook(self, "post_hooks", hook)

    def register_prehook(self, hook):
        """Call `hook(grad_outputs)` before the node runs.

        A tuple that the hook returns replaces grad_outputs.
        """
        self.watched = True
        return add_hook(self, "pre_hooks", hook)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


def add_hook(owner, kind: str, hook) -> RemovableHandle:
    """Add a hook to one of the owner's dictionaries, which is made when it is first used."""
    hooks = getattr(owner, kind)
    if hooks is None:
        hooks = {}
        setattr(owner, kind, hooks)
    return RemovableHandle(hooks, hook)


class RemovableHandle:
    """What registering a hook returns; `remove()` takes the hook out again."""

    _ids = itertools.count()

    def __init__(self, hooks: dict, hook):
        self.id = next(self._ids)
        self._hooks = hooks
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook out; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()
