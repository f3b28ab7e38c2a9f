"""Tensor: an array that remembers how it was computed.

A tensor holds its numbers (`_data`) and one edge into the backward graph (`_edge`: the node that
made it and the number of that node's output). Everything else about it is the exception and lives
in class defaults until used. Operators and most methods come from the rule table; `minigrad.ops`
puts them here.
"""

from __future__ import annotations

import warnings
import weakref

import numpy as np

from . import dtypes, errors
from .autograd import graph
from .autograd.modes import modes
from .values import Values


class Tensor(Values):
    """An n-dimensional array of one number type, with its place in the backward graph.

    Make one with `minigrad.tensor`. Four attributes tell its autograd state: `requires_grad`,
    `grad_fn`, `is_leaf` and `grad`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    # A number without dimensions is kept as a NumPy scalar, which computes several times
    # faster than a 0-d array. It becomes an array when somebody wants to share its memory
    # (`_storage`).
    __slots__ = ("__dict__", "__weakref__", "_data", "_edge")

    _requires_grad = False  # of a leaf; a result requires grad because it has an edge
    _grad = None
    _accumulator = None  # weak reference to the AccumulateGrad node of a leaf
    _hooks = None  # a leaf's hooks
    _post_accumulate_hooks = None
    _retains_grad = False
    _version_cell = (
        None  # [number of in-place changes], shared by all tensors on the same memory; None is [0]
    )
    _base = None  # the tensor that owns the memory, where this one is a view
    _steps = ()  # from `_base` to this view: (function, arguments)
    _view_version = 0  # the version for which a view's edge holds
    _inference = False
    _origin = None  # of a view that must not be changed in place: "no_grad", "inference", "several"
    # (one of several results) or "function" (on memory that a custom Function did not make)

    __module__ = "minigrad"  # as torch's class tells its place
    __array_priority__ = 1000  # an array leaves `array * tensor` to the tensor, which refuses it

    def __new__(cls, *data):
        """torch's older way, without a choice of type; `minigrad.tensor` is the better one."""
        from .creation import old_tensor

        return old_tensor(*data)

    @staticmethod
    def _make(data, edge=None) -> Tensor:
        tensor = _new(Tensor)
        tensor._data = data
        tensor._edge = edge
        return tensor

    # --- state ------------------------------------------------------------------------------------

    @property
    def data(self) -> Tensor:
        """The same numbers without history; changes through it are not counted in `_version`."""
        return Tensor._make(self._storage())

    @data.setter
    def data(self, other: Tensor) -> None:
        if not isinstance(other, Tensor):
            raise errors.data_type(errors.type_name(other))
        if self.requires_grad and other._data.dtype.kind != "f":
            raise errors.data_needs_float()
        self._data = other._storage()

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are wanted: a flag of leaves that results inherit."""
        if self._edge is not None or self._requires_grad:
            return True
        return self._base is not None and self._base.requires_grad

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        if not isinstance(flag, bool):
            raise errors.flag_no_bool()
        if self._edge is not None:
            if not flag:
                raise errors.flag_of_non_leaf()
        else:
            if flag and self._data.dtype.kind != "f":
                raise errors.flag_needs_float()
            if flag and self._inference and not modes.inference:
                raise errors.inference_flag()
            self._requires_grad = flag

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set the flag of a leaf in place and return the tensor."""
        if not isinstance(requires_grad, bool):
            raise errors.flag_type(type(requires_grad).__name__)
        self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self) -> graph.Node | None:
        """The node of the backward graph that made this tensor; None for a leaf."""
        if self._base is not None:
            self._refresh_view()
        return self._edge and self._edge[0]

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` this is."""
        return self._edge[1] if self._edge else 0

    @property
    def is_leaf(self) -> bool:
        """True for a tensor that no recorded operation made; the graph ends here."""
        return self.grad_fn is None

    @property
    def grad(self) -> Tensor | None:
        """The gradients added up so far; None until a backward pass reaches this leaf."""
        if self._grad is None and self._edge is not None and not self._retains_grad:
            warnings.warn(errors.NON_LEAF_GRAD, UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise errors.grad_type(type(value).__name__)
            if value is self:
                raise errors.own_grad()
            if value._data.shape != self._data.shape:
                raise errors.grad_size(value._data.shape, self._data.shape)
            if value._data.dtype != self._data.dtype:
                raise errors.grad_dtype(
                    dtypes.class_name(value._data), dtypes.class_name(self._data)
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def retains_grad(self) -> bool:
        """True for a result whose gradient is kept because `retain_grad()` asked for it."""
        return self._retains_grad

    @property
    def _version(self) -> int:
        return self._version_cell[0] if self._version_cell is not None else 0

    def is_inference(self) -> bool:
        """True for a tensor made inside `inference_mode`."""
        return self._inference

    def _mark_inference(self) -> Tensor:
        # With a version cell the tensor is no plain one, and whoever saves tensors looks at it.
        self._inference = True
        self._version_cell = [0]
        return self

    def _is_view(self) -> bool:
        return self._base is not None or self._origin is not None

    # --- the graph --------------------------------------------------------------------------------

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None) -> None:
        """Compute the gradients of this tensor and add them to `.grad` of the leaves.

        `gradient` is the vector v of the product v^T J that is sent back, of this tensor's shape;
        it may be left out for a tensor of one element, where it is 1. `retain_graph` keeps the
        saved values for a second pass, `create_graph` records the pass itself, `inputs` limits it
        to some leaves.

        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 3).backward(minigrad.tensor([1.0, 10.0]))
        >>> x.grad
        tensor([ 3., 30.])
        """
        from .autograd.engine import backward

        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def retain_grad(self) -> None:
        """Keep the gradient of this result in `.grad`, as for a leaf."""
        if not self.requires_grad:
            raise errors.retain_without_grad()
        node = self.grad_fn
        if node is None or self._retains_grad:
            return
        self._retains_grad = True
        self._hang(self._edge)

    def register_hook(self, hook):
        """Call `hook(grad)` when the gradient is known; a tensor that it returns replaces it."""
        if not self.requires_grad:
            raise errors.hook_without_grad()
        node = self.grad_fn
        if node is None:
            from .autograd.accumulate import accumulator

            accumulator(self).watched = True  # the node of today; one made later sees the hooks
            return graph.add_hook(self, "_hooks", hook)
        if node.tensor_hooks is None:
            node.tensor_hooks = {}
        hooks = node.tensor_hooks.setdefault(self.output_nr, {})
        node.watched = True
        return graph.RemovableHandle(hooks, hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook(leaf)` each time after a gradient was added to the leaf's `.grad`."""
        if not self.requires_grad:
            raise errors.hook_without_grad()
        if not self.is_leaf:
            raise errors.hook_of_non_leaf()
        return graph.add_hook(self, "_post_accumulate_hooks", hook)

    def detach(self) -> Tensor:
        """The same numbers without history: shares memory and version counter with this tensor."""
        tensor = Tensor._make(self._storage())
        tensor._version_cell = self._cell()
        tensor._inference = self._inference
        return tensor

    def detach_(self) -> Tensor:
        """Cut this tensor off its history, in place."""
        if self._base is not None:
            raise errors.detach_view()
        self._edge = None
        self._requires_grad = False
        return self

    # --- memory: versions and views ---------------------------------------------------------------

    def _storage(self) -> np.ndarray:
        """The numbers as an array whose memory can be shared."""
        if isinstance(self._data, np.generic):
            self._data = np.asarray(self._data)
        return self._data

    def _cell(self) -> list:
        if self._version_cell is None:
            self._version_cell = [0]
        return self._version_cell

    def _count_change(self) -> None:
        """Note that the numbers were changed in place."""
        self._cell()[0] += 1
        graph.last_change = graph.next_sequence()

    def _alias(self, edge=None) -> Tensor:
        """This tensor as a saved value: the same numbers and versions, but without its node."""
        tensor = Tensor._make(self._data, edge)
        tensor._version_cell = self._cell()
        tensor._inference = self._inference
        return tensor

    def _write(self, values) -> None:
        """Replace the numbers in place and count the change."""
        if self._inference and not modes.inference:
            raise errors.inference_in_place()
        data = self._data
        if isinstance(data, np.generic):  # nothing shares a scalar
            self._data = data.dtype.type(values)
        else:
            data[...] = values
        self._count_change()

    def _hang(self, edge) -> None:
        """Hang this tensor at another place of the graph; a gradient that it retains follows."""
        if self._retains_grad:
            (old, old_nr), (node, nr) = self._edge, edge
            if old.retained:
                old.retained.pop(old_nr, None)
            node.retained = {**(node.retained or {}), nr: weakref.ref(self)}
            node.watched = True
        self._edge = edge
        self._requires_grad = False

    def _refresh_view(self) -> None:
        """Make a view's edge anew after its base, or another view of it, was changed in place."""
        version = self._version_cell[0]
        tracked = self._edge is not None or self._base.requires_grad
        if self._view_version != version and tracked:
            if self._origin is not None:
                raise errors.view_in_place(self._origin, *(self._edge or (None, 0)), indirect=True)
            self._view_version = version
            self._hang(self._remake_edge())

    # --- as a Python object ----------------------------------------------------------------------

    def __hash__(self) -> int:
        return id(self)

    def __deepcopy__(self, memo):
        if not self.is_leaf:
            raise errors.copy_of_result()
        tensor = Tensor._make(self._data.copy())
        tensor._requires_grad = self._requires_grad
        tensor._grad = None if self._grad is None else self._grad.detach().clone()
        memo[id(self)] = tensor
        return tensor

    def __reduce__(self):
        return _again, (type(self), self._data, self.requires_grad)

    def __repr__(self) -> str:
        from .printing import tensor_text

        return tensor_text(self)


def _again(kind, data, requires_grad) -> Tensor:
    """A tensor made of what pickle kept."""
    tensor = _new(kind)
    tensor._data = data
    tensor._edge = None
    tensor._requires_grad = requires_grad
    return tensor


_new = object.__new__
