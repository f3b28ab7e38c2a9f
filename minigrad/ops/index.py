"""Reading parts of a tensor: one index, a slice, a list of indices, a mask."""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .shape import unsqueeze_op, view
from .table import op

# fmt: off

select = view("select", lambda self, dim, index: self[along(dim, index)],
    self=lambda g, self_sizes, dim, index: select_backward(g, self_sizes, dim, index))
select_backward = op("select_backward", lambda self, sizes, dim, index: placed(self, sizes, along(dim, index)),
    self=lambda g, dim, index: select(g, dim, index))
slice_op = view("slice", lambda self, dim, start, end, step: self[along(dim, slice(start, end, step))],
    self=lambda g, self_sizes, dim, start, end, step: slice_backward(g, self_sizes, dim, start, end, step))
slice_backward = op("slice_backward", lambda self, sizes, dim, start, end, step: placed(self, sizes, along(dim, slice(start, end, step))),
    self=lambda g, dim, start, end, step: slice_op(g, dim, start, end, step))
index_op = op("index", lambda self, indices: self[indices],
    self=lambda g, self_sizes, indices: index_backward(g, self_sizes, indices))
index_backward = op("index_put", lambda self, sizes, indices: gathered(self, sizes, indices),
    self=lambda g, indices: index_op(g, indices))
alias = view("alias", lambda self: self[...],
    self=lambda g: g)

# fmt: on


def along(dim, key) -> tuple:
    """The NumPy index that applies `key` to one dimension."""
    return (*(slice(None),) * dim, key, ...)  # with the dots a single element comes as a 0-d view


def placed(part, sizes, key):
    """Zeros of a shape, with `part` where `key` points."""
    whole = np.zeros(sizes, part.dtype)
    whole[key] = part
    return whole


def gathered(part, sizes, indices):
    """Zeros of a shape, with `part` added where `indices` point: an element that is read twice gets both."""
    whole = np.zeros(sizes, part.dtype)
    np.add.at(whole, indices, part)
    return whole


def _raw_index(key):
    if isinstance(key, Tensor):
        key = key._data
    elif isinstance(key, (list, np.ndarray)):
        key = np.asarray(key)
    return key


def _is_integer(key) -> bool:
    if isinstance(key, Tensor):
        return key._data.ndim == 0 and key._data.dtype.kind in "iu"
    return isinstance(key, (int, np.integer)) and not isinstance(key, bool)


def split_key(key, shape):
    """An index as steps on views and one list of indices for the rest: (steps, indices or None)."""
    keys = list(key) if isinstance(key, tuple) else [key]
    used = sum(_consumed(k) for k in keys)
    if used > len(shape):
        if not shape:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert "
                "a 0-dim tensor to a number"
            )
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    steps, indices, dim, axis = [], [], 0, 0
    for k in keys:
        if _is_integer(k):
            k, n = int(k), shape[axis]
            if not -n <= k < n:
                raise IndexError(f"index {k} is out of bounds for dimension {axis} with size {n}")
            steps.append((select, (dim, k % n)))
            axis += 1
        elif isinstance(k, slice):
            start, stop, step = k.indices(shape[axis])
            if step <= 0:
                raise ValueError("step must be greater than zero")
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
            raw = _raw_index(k)
            indices.append((dim, raw))
            consumed = _consumed(k)
            dim, axis = dim + consumed, axis + consumed
    if not indices:
        return steps, None
    combined, dim = [], 0
    for place, raw in indices:
        combined += [slice(None)] * (place - dim) + [raw]
        dim = place + _consumed(raw)
    return steps, tuple(combined)


def _consumed(key) -> int:
    """How many dimensions an index reads."""
    if key is None or key is Ellipsis:
        return 0
    raw = _raw_index(key)
    if isinstance(raw, (np.ndarray, np.generic)) and raw.dtype.kind == "b":
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
