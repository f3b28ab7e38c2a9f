"""Reading parts of a tensor: one index, a slice, a list of indices, a mask."""

from __future__ import annotations

import operator
import warnings

import numpy as np

from .. import errors
from ..devices import is_array, module_of
from ..memory import copied, without_repeats, zeros
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .shape import alias, unsqueeze_op, view
from .table import op

# fmt: off

select_op = view("select", lambda self, dim, index: self[along(dim, index)],
    self=lambda g, self_sizes, dim, index: select_backward(g, self_sizes, dim, index))
select_backward = op("select_backward",
    lambda self, sizes, dim, index: placed(self, sizes, along(dim, index)),
    self=lambda g, dim, index: select_op(g, dim, index))
slice_op = view("slice",
    lambda self, dim, start, end, step: self[along(dim, slice(start, end, step))],
    self=lambda g, self_sizes, dim, start, end, step:
        slice_backward(g, self_sizes, dim, start, end, step))
slice_backward = op("slice_backward", lambda self, sizes, dim, start, end, step:
        placed(self, sizes, along(dim, slice(start, end, step))),
    self=lambda g, dim, start, end, step: slice_op(g, dim, start, end, step))
index_op = op("index", lambda self, indices: without_repeats(self)[indices], inert=("indices",),
    self=lambda g, self_sizes, indices: index_backward(g, self_sizes, indices))
index_backward = op("index_put",
    lambda self, sizes, indices: gathered(self, sizes, indices), inert=("indices",),
    self=lambda g, indices: index_op(g, indices))

# --- a copy with another part ---------------------------------------------------------------------

select_scatter_op = op("select_scatter",
    lambda self, src, dim, index: replaced(self, along(dim, index), src),
    self=lambda g, dim, index: select_scatter_op(g, 0.0, dim, index),
    src =lambda g, dim, index: select_op(g, dim, index))
slice_scatter_op = op("slice_scatter", lambda self, src, dim, start, end, step:
        replaced(self, along(dim, slice(start, end, step)), src),
    self=lambda g, dim, start, end, step: slice_scatter_op(g, 0.0, dim, start, end, step),
    src =lambda g, dim, start, end, step: slice_op(g, dim, start, end, step))
index_put_op = op("index_put", lambda self, indices, values, accumulate:
        (increased if accumulate else replaced)(self, indices, values), inert=("indices",),
    self  =lambda g, indices, accumulate:
        g if accumulate else index_put_op(g, indices, 0.0, False),
    values=lambda g, indices: index_op(g, indices))

# fmt: on


def along(dim, key) -> tuple:
    """The NumPy index that applies `key` to one dimension."""
    return (*(slice(None),) * dim, key, ...)  # with the dots a single element comes as a 0-d view


def placed(part, sizes, key):
    """Zeros of a shape, with `part` where `key` points."""
    whole = zeros(sizes, part)
    whole[key] = part
    return whole


def gathered(part, sizes, indices):
    """Zeros of a shape, with `part` added where `indices` point; what was read twice gets both."""
    whole = zeros(sizes, part)
    module_of(whole).add.at(whole, indices, part)
    return whole


def replaced(array, key, values):
    """A copy with `values` where a NumPy index points."""
    array = copied(array)
    array[key] = values
    return array


def increased(array, key, values):
    """A copy with `values` added where a NumPy index points: all of them where places repeat."""
    array = copied(array)
    module_of(array).add.at(array, key, values)
    return array


def _raw_index(key):
    if isinstance(key, Tensor):
        key = key._data
    elif isinstance(key, bool):
        key = np.bool_(key)
    elif isinstance(key, (list, tuple, range, np.ndarray)):
        key = np.asarray(key)
        if key.dtype.kind == "f":  # torch cuts off what stands behind the point
            key = key.astype(np.int64)
    return key


def _is_integer(key) -> bool:
    if isinstance(key, Tensor):
        return key._data.ndim == 0 and key._data.dtype.kind in "iu"
    return isinstance(key, (int, np.integer)) and not isinstance(key, bool)


def _is_tuple(keys: list) -> bool:
    """Whether torch takes a list for several indices: some of it are indices of many elements."""
    several = (list, tuple, str, slice, Tensor, np.ndarray, type(None), type(...))
    return len(keys) < 32 and any(isinstance(k, several) for k in keys)


def split_key(key, shape):
    """An index as steps on views and one list of indices for the rest: (steps, indices or None)."""
    if isinstance(key, list) and _is_tuple(key):
        warnings.warn(errors.NO_TUPLE, UserWarning, stacklevel=3)
        key = tuple(key)
    keys = list(key) if isinstance(key, tuple) else [key]
    used = sum(_consumed(k) for k in keys)
    if used > len(shape):
        if not shape:
            raise refusals.index_of_number()
        raise refusals.too_many_indices(len(shape))
    steps, indices, dim, axis = [], [], 0, 0
    for k in keys:
        if _is_integer(k):
            k, n = int(k), shape[axis]
            if not -n <= k < n:
                raise refusals.index_bounds(k, axis, n)
            steps.append((select_op, (dim, k % n)))
            axis += 1
        elif isinstance(k, slice):
            start, stop, step = k.indices(shape[axis])
            if step <= 0:
                raise refusals.backwards()
            if (start, stop, step) != (0, shape[axis], 1) or len(keys) == 1:
                steps.append((slice_op, (dim, start, max(start, stop), step)))
            dim, axis = dim + 1, axis + 1
        elif k is None:
            steps.append((unsqueeze_op, (dim,)))
            dim += 1
        elif k is Ellipsis:
            skipped = len(shape) - used
            dim, axis = dim + skipped, axis + skipped
        else:
            raw, consumed = _checked(k, shape, axis), _consumed(k)
            if not consumed:  # a single True or False: all or nothing, along a new dimension
                steps.append((unsqueeze_op, (dim,)))
                raw = raw.reshape(1)
            indices.append((dim, raw))
            dim, axis = dim + max(consumed, 1), axis + consumed
    if not indices:
        return steps, None
    _check_together(indices)
    combined, dim = [], 0
    for place, raw in indices:
        combined += [slice(None)] * (place - dim) + [raw]
        dim = place + _consumed(raw)
    return steps, tuple(combined)


def _checked(key, shape, axis):
    """A mask or a list of indices as an array; torch's error where it cannot be read there."""
    array = _raw_index(key)
    if not is_array(array) or array.dtype.kind in "OUS":
        raise refusals.not_an_index(key)
    if array.dtype.kind == "b":
        for d, size in enumerate(array.shape):
            if size != shape[axis + d]:
                raise refusals.mask_shape(array.shape, d, shape, axis + d)
    elif array.dtype.kind not in "iu":
        raise refusals.index_kind()
    else:
        size = shape[axis]
        outside = (array < -size) | (array >= size)
        if outside.any():  # torch moves the indexed dimension to the front and names it so
            raise refusals.index_bounds(int(array[outside].flat[0]), 0, size)
    return array


def _check_together(indices) -> None:
    shapes = [
        (int(array.sum()),) if array.dtype.kind == "b" else array.shape for _, array in indices
    ]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise refusals.index_shapes(shapes) from None


def _consumed(key) -> int:
    """How many dimensions an index reads."""
    if key is None or key is Ellipsis:
        return 0
    raw = _raw_index(key)
    if is_array(raw) and raw.dtype.kind == "b":
        return raw.ndim
    return 1


def getitem(self: Tensor, key) -> Tensor:
    """A part of a tensor. Numbers and slices give a view, lists and masks a copy."""
    steps, indices = split_key(key, self._data.shape)
    part = self
    for function, arguments in steps:
        part = function(part, *arguments)
    if indices is not None:
        return index_op(part, indices)
    return part if steps else alias(part)


def select(self, dim, index) -> Tensor:
    """The part at one index of a dimension, which is gone in it; a view."""
    if not self._data.ndim:
        raise refusals.select_of_number()
    dim = normal_dim(dim, self._data.ndim)
    if not _is_integer(index):
        raise errors.argument_type("select", "index", 2, "int", errors.type_name(index))
    n, index = self._data.shape[dim], int(index)
    if not -n <= index < n:
        raise refusals.select_bounds(index, self.shape, dim)
    return select_op(self, dim, index % n)


def narrow(self, dim, start, length) -> Tensor:
    """`length` slices along `dim` from `start` on; a view."""
    if not self._data.ndim:
        raise refusals.narrow_of_number()
    if isinstance(start, Tensor) and (start._data.ndim or start._data.dtype.kind not in "iu"):
        raise refusals.narrow_index()
    dim = normal_dim(dim, self._data.ndim)
    n, start = self._data.shape[dim], operator.index(start)
    if not -n <= start <= n:
        raise refusals.narrow_start(n, start)
    start = start + n if start < 0 else start
    if length < 0:
        raise refusals.negative_narrow()
    if start + length > n:
        raise refusals.narrow_length(start, length, n)
    return slice_op(self, dim, start, start + length, 1)


def select_scatter(self, src, dim, index) -> Tensor:
    """A copy with `src` at one index of a dimension."""
    part = select(self, dim, index)
    if part._data.shape != src._data.shape:
        raise refusals.part_shape(src.shape, part.shape)
    dim = normal_dim(dim, self._data.ndim)
    return select_scatter_op(self, src, dim, index % self._data.shape[dim])


def slice_scatter(self, src, dim=0, start=None, end=None, step=1) -> Tensor:
    """A copy with `src` in a slice of a dimension."""
    dim = normal_dim(dim, self._data.ndim)
    start, end, step = slice(start, end, step).indices(self._data.shape[dim])
    end = max(start, end)
    shape = list(self._data.shape)
    shape[dim] = len(range(start, end, step))
    if tuple(shape) != src._data.shape:
        raise refusals.part_shape(src.shape, shape)
    return slice_scatter_op(self, src, dim, start, end, step)
