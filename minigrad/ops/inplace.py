"""Changing a tensor in place: `x += y`, `x[0] = y`, `x.zero_()`.

The operation runs as usual on the tensor as it was; then its result is written over the numbers,
the version counter goes up, and the tensor takes the place of the result in the graph. A change of
a view is a change of its base, too: the base gets a `CopySlices` node, and its views make their
edges anew when they are next used.
"""

from __future__ import annotations

import weakref

import numpy as np

from .. import dtypes, errors
from ..autograd.accumulate import edge_of
from ..autograd.graph import Node
from ..autograd.modes import modes
from ..memory import copied
from ..tensor import Tensor
from . import refusals
from .elementwise import nothing, raw
from .index import index_put_op, slice_op, split_key
from .shape import expand, follow, view_method
from .table import op


def inplace(function, repeats: bool = False):
    """The in-place twin of an operation: `add_` of `add`.

    With `repeats` it may write where one place in memory is several elements.
    """

    def call(self, *others, **options):
        _refuse(self, others)
        if not repeats:
            _check_memory(self, others)
        before = Tensor._make(self._data, edge_of(self) if modes.grad else None)
        output = function(before, *others, **options)
        _check_fit(self, output)
        node = output._edge[0] if output._edge is not None else None
        if node is not None:
            _keep_saved(node, before)
        self._write(output._data)
        if node is not None:
            node.describe([self._data])  # a wider type was cut back
            _move_result(node, output, self)
            rebase(self, node)
        return self

    call.__name__ = call.__qualname__ = f"{function.__name__}_"
    call.__doc__ = (
        f"`{function.__name__}` in place: writes over the numbers of the tensor and returns it."
    )
    call.__wrapped__ = function
    return call


def _refuse(self, others):
    """Refuse to change leaves, and views of some origins, while that is recorded."""
    wanted = self.requires_grad or any(isinstance(o, Tensor) and o.requires_grad for o in others)
    if modes.grad and wanted:
        if self._origin is not None:
            raise errors.view_in_place(self._origin, *(self._edge or (None, 0)))
        if self._base is not None and self.requires_grad and self._base.is_leaf:
            raise errors.leaf_in_place("view of a ")
        if self.requires_grad and self.is_leaf:
            raise errors.leaf_in_place("")


def _check_memory(self, others):
    """Elements that share memory would be read after they were written, or be written twice."""
    own = self._data
    if isinstance(own, np.generic):
        return
    if own.size and any(s == 0 and n > 1 for s, n in zip(own.strides, own.shape, strict=True)):
        raise errors.shared_elements(partly=False)
    for other in others:
        if isinstance(other, Tensor) and np.may_share_memory(own, other._data):
            same = own.strides == other._data.strides and _bounds(own) == _bounds(other._data)
            if not same and _dense(own) and _dense(other._data):
                raise errors.shared_elements(partly=True)


def _bounds(array) -> tuple[int, int]:
    """The addresses of the first byte and of the one after the last."""
    return np.lib.array_utils.byte_bounds(array)


def _dense(array) -> bool:
    """Whether the elements fill the memory between the first and the last."""
    start, end = _bounds(array)
    return end - start == array.nbytes


def _check_fit(self, output):
    own, new = self._data, output._data
    if dtypes.KIND[new.dtype.kind] > dtypes.KIND[own.dtype.kind]:
        raise errors.cast_in_place(dtypes.class_name(new), dtypes.class_name(own))
    if new.shape != own.shape:
        raise errors.output_shape(own.shape, new.shape)


def _keep_saved(node, before):
    """If the derivative needs the old numbers, keep a copy of them."""
    if any(value is before for value in node.saved or ()):
        before._data = before._data.copy()


def _move_result(node, output, self):
    """If the derivative needs the result, that is now this tensor: notice later changes of it."""
    cell = output._version_cell
    if cell is None:
        return
    for value in node.saved:
        if isinstance(value, Tensor) and value._version_cell is cell:
            value._data = self._data
            value._version_cell = self._cell()
    node.versions = tuple(v._version if isinstance(v, Tensor) else 0 for v in node.saved)


def rebase(self, node):
    """Make `node` the one that made this tensor; a view passes it on to its base."""
    if self._base is None:
        self._hang((node, 0))
    else:
        base = self._base
        base._hang((CopySlices(base, self._steps, node), 0))
        self._refresh_view()
        node.view_maker = weakref.ref(self._edge[0])


class CopySlices(Node):
    """A change of a part of a tensor.

    The gradient of the rest goes to the old base, that of the part through `function`.
    """

    __slots__ = ("function", "steps")

    def __init__(self, base, steps, function):
        edges = (edge_of(base), *function.edges[1:])
        super().__init__(edges, (function,), [base._data])
        self.steps = steps
        self.function = function

    def apply(self, gradient, as_tensors):
        if self.function is None:
            raise errors.freed()
        whole = gradient.clone() if as_tensors else copied(gradient)
        part = follow(whole, self.steps)
        inner, *others = self.function.apply(
            part.clone() if as_tensors else copied(part), as_tensors
        )
        if as_tensors:
            copy_(part, nothing(part) if inner is None else inner)
        else:
            part[...] = 0 if inner is None else inner
        return [whole if self.edges[0] else None, *others]

    def release(self):
        self.function = self.saved = None


# fmt: off

copy = op("copy", lambda self, src: np.broadcast_to(src, self.shape).astype(self.dtype), "s",
    self=lambda g: nothing(g),
    src =lambda g: g)
fill_number = op("fill",
    lambda self, value: np.full_like(self, dtypes.number(value, self.dtype)), 2,
    self =lambda g: nothing(g))
fill_tensor = op("fill", lambda self, value: np.full_like(self, value), 3,
    self =lambda g: nothing(g),
    value=lambda g: g)
zero = op("zero", lambda self: np.zeros_like(self),
    self=lambda g: nothing(g))

# fmt: on

copy_, index_put_, fill_tensor_ = map(inplace, (copy, index_put_op, fill_tensor))
fill_number_, zero_ = inplace(fill_number, repeats=True), inplace(zero, repeats=True)


def copy_from(self, other, non_blocking: bool = False) -> Tensor:
    """Write the numbers of another tensor over this one's. (`non_blocking` changes nothing.)"""
    if not isinstance(other, Tensor | int | float):
        raise refusals.must_be_tensor("copy_", "other", 1, errors.type_name(other))
    if isinstance(other, Tensor) and self._data.dtype.kind != "f":
        other = other.detach()
    return copy_(self, other)


def fill_(self, value) -> Tensor:
    """Write one number, or a tensor without dimensions, to all places."""
    if not isinstance(value, Tensor):
        if not isinstance(value, int | float):
            raise errors.argument_type("fill_", "value", 1, "Number", errors.type_name(value))
        return fill_number_(self, value)
    if value._data.ndim:
        raise errors.fill_value(value._data.ndim)
    return fill_tensor_(self, value)


def _broadcasts(size, place) -> bool:
    """Whether values of a shape can be stretched to the shape of the place they go to."""
    size = size[next((i for i, n in enumerate(size) if n != 1), len(size)) :]
    ends = place[len(place) - len(size) :]
    return len(size) <= len(place) and all(n in (1, m) for n, m in zip(size, ends, strict=True))


def setitem(self: Tensor, key, value) -> None:
    """`self[key] = value`."""
    if not isinstance(value, Tensor | int | float) or isinstance(value, np.generic):
        raise errors.assigned_type(value, self.type())
    if not isinstance(value, Tensor):
        value = dtypes.number(value, self._data.dtype)
    steps, indices = split_key(key, self._data.shape)
    part = self
    for function, arguments in steps:
        smaller = function(part, *arguments)
        if arguments[-1] != 1 or function is not slice_op or smaller.shape != part.shape:
            part = smaller  # a slice of everything is the tensor itself, not a view
    size = value._data.shape if isinstance(value, Tensor) else ()
    if indices is not None:
        _refuse(part, (value,))
        mask = len(indices) == 1 and raw(indices[0]).dtype.kind == "b"
        if isinstance(value, Tensor) and value.dtype != self.dtype and (size or not mask):
            raise errors.index_put_types(self, value)
        place = part._data[indices].shape if size else ()
        if not _broadcasts(size, place):
            raise refusals.put_shape(size, place)
        index_put_(part, indices, _without_first_ones(value) if size[:1] == (1,) else value, False)
    elif size == part._data.shape:
        copy_(part, value)
    elif size:
        value = _without_first_ones(value)
        fits = value._data.shape == part._data.shape
        copy_(part, value if fits else expand(value, part._data.shape))
    else:
        fill_tensor_(part, value)


def _without_first_ones(value):
    """A view of a tensor without the dimensions of length 1 that come before the others."""
    size = value._data.shape
    first = next((i for i, n in enumerate(size) if n != 1), len(size))
    return view_method(value, size[first:])
