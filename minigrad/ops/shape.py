"""Operations that move numbers and change none: reshape, transpose, expand and the like.

Those that can share memory with their input do; such a result is a view.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from .. import dtypes, errors
from ..autograd.modes import modes
from ..autograd.modes import enable_grad
from ..tensor import Tensor, normal_dim
from .elementwise import clone, nothing
from .table import op


def view(name, forward, digit=0, **vjps):
    """Declare an operation whose result shares memory and version counter with its first input."""
    function = op(name, forward, digit, **vjps)

    @functools.wraps(function)
    def call(self, *arguments):
        if not isinstance(self, Tensor):
            return function(self, *arguments)
        array = self._storage()
        output = function(self, *arguments)
        if np.may_share_memory(output._data, array):
            output._version_cell = self._cell()
            output._view_version = output._version_cell[0]
            output._base = self if self._base is None else self._base
            output._steps = (*self._steps, (call, arguments))
        return output

    call.op = function.op
    return call


# fmt: off

view_op = view("view", lambda self, size: self.reshape(size),
    self=lambda g, self_sizes: reshape(g, self_sizes))
unsafe_view = op("unsafe_view", lambda self, size: self.reshape(size),
    self=lambda g, self_sizes: reshape(g, self_sizes))
expand_op = view("expand", lambda self, size: np.broadcast_to(self, size),
    self=lambda g: g)  # the engine sums over the copies
permute_op = view("permute", lambda self, dims: self.transpose(dims),
    self=lambda g, dims: permute_op(g, inverse(dims)))
transpose_op = view("transpose", lambda self, dim0, dim1: np.swapaxes(self, dim0, dim1),
    self=lambda g, dim0, dim1: transpose_op(g, dim0, dim1))
t_op = view("t", lambda self: self.T,
    self=lambda g: t_op(g))
squeeze_all = view("squeeze", lambda self: self.reshape([n for n in self.shape if n != 1]),
    self=lambda g, self_sizes: reshape(g, self_sizes))
squeeze_dim = view("squeeze", lambda self, dim: self.reshape(self.shape[:dim] + self.shape[dim + 1:]), 1,
    self=lambda g, self_sizes: reshape(g, self_sizes))
unsqueeze_op = view("unsqueeze", lambda self, dim: self.reshape((*self.shape[:dim], 1, *self.shape[dim:])),
    self=lambda g, self_sizes: reshape(g, self_sizes))
as_strided = op("as_strided", lambda self, steps: follow(self, steps),
    self=lambda g, self_sizes, steps: as_strided_backward(g, self_sizes, steps))
as_strided_backward = op("as_strided_scatter", lambda self, sizes, steps: spread(self, sizes, steps),
    self=lambda g, steps: as_strided(g, steps))

# fmt: on


def follow(whole, steps):
    """The part of an array that the steps of a view lead to."""
    for function, arguments in steps:
        whole = function(whole, *arguments)
    return whole


def spread(part, sizes, steps):
    """Zeros of a shape, with `part` added where the steps of a view lead."""
    whole = np.zeros(math.prod(sizes), part.dtype)
    positions = follow(np.arange(whole.size).reshape(sizes), steps)
    np.add.at(whole, positions, part)
    return whole.reshape(sizes)


def _remake_edge(self):
    """The edge from a view to its base as it is now."""
    with enable_grad():
        return as_strided(self._base, self._steps)._edge


Tensor._remake_edge = _remake_edge


def inverse(dims) -> tuple[int, ...]:
    """The permutation that undoes `dims`."""
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


def expand_to(g, sizes):
    """A gradient without dimensions, spread over a shape."""
    if isinstance(g, Tensor):
        return expand_op(g, sizes)
    if isinstance(g, np.generic):  # the same as np.broadcast_to, in a tenth of its time
        return np.ndarray(sizes, g.dtype, g, 0, (0,) * len(sizes))
    return np.broadcast_to(g, sizes)


def expand_back(g, sizes, dim, keepdim):
    """The gradient of a reduction along `dim`, spread back over the shape that was reduced."""
    if not keepdim:
        g = unsqueeze_all(g, dim, len(sizes))
    return expand_op(g, sizes)


def unsqueeze_all(g, dim, ndim):
    """Put back the dimensions that a reduction took away, with length 1."""
    shape = list(g.shape)
    for d in sorted(dim):
        shape.insert(d, 1)
    return g.reshape(tuple(shape))


def _sizes(size) -> tuple[int, ...]:
    """Sizes given one by one, or as one sequence."""
    if len(size) == 1 and not isinstance(size[0], int):
        (size,) = size
    return tuple(int(n) for n in size)


def _fitting(self, size):
    """The size with -1 filled in; torch's error where it does not hold the elements."""
    elements = self._data.size
    if size.count(-1) == 1:
        rest = math.prod(n for n in size if n != -1)
        if rest and elements % rest == 0:
            return tuple(elements // rest if n == -1 else n for n in size)
    elif -1 not in size and math.prod(size) == elements:
        return size
    raise errors.view_size(size, elements)


def reshape(self, *size):
    """The same elements in another shape; -1 stands for the length that fits.

    >>> import minigrad
    >>> minigrad.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    if not isinstance(self, Tensor):
        return self.reshape(*size)
    size = _fitting(self, _sizes(size))
    array = self._storage()
    if np.may_share_memory(array.reshape(size), array):
        return view_op(self, size)
    return unsafe_view(clone(self), size)


def view_method(self, *size):
    """`reshape` that never copies: an error where the memory does not allow it."""
    if isinstance(size[0], dtypes.dtype):
        raise NotImplementedError(
            "minigrad's view changes the shape only; use .to(dtype) for the type."
        )
    size = _fitting(self, _sizes(size))
    array = self._storage()
    if array.size and not np.may_share_memory(array.reshape(size), array):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across "
            "two contiguous subspaces). Use .reshape(...) instead."
        )
    return view_op(self, size)


def flatten(self, start_dim=0, end_dim=-1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one."""
    shape = self._data.shape
    if not shape:
        return reshape(self, 1)
    start, end = normal_dim(start_dim, len(shape)), normal_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return self
    return reshape(self, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def squeeze(self, dim=None) -> Tensor:
    """Without the dimensions of length 1, or without `dim` where it has length 1."""
    if dim is None:
        return squeeze_all(self)
    dim = normal_dim(dim, self._data.ndim)
    if self._data.ndim == 0 or self._data.shape[dim] != 1:
        return view_op(self, self._data.shape)
    return squeeze_dim(self, dim)


def unsqueeze(self, dim) -> Tensor:
    """With a new dimension of length 1 at `dim`."""
    return unsqueeze_op(self, normal_dim(dim, self._data.ndim + 1))


def permute(self, *dims) -> Tensor:
    """The dimensions in another order."""
    dims = tuple(normal_dim(d, self._data.ndim) for d in _sizes(dims))
    if sorted(dims) != list(range(self._data.ndim)):
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {self._data.ndim} is not equal to len(dims) = {len(dims)}"
            if len(dims) != self._data.ndim
            else "permute(): duplicate dims are not allowed."
        )
    return permute_op(self, dims)


def transpose(self, dim0, dim1) -> Tensor:
    """With two dimensions exchanged."""
    ndim = self._data.ndim
    return transpose_op(self, normal_dim(dim0, ndim), normal_dim(dim1, ndim))


def t(self) -> Tensor:
    """The transpose of a matrix."""
    if self._data.ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {self._data.ndim}D"
        )
    return t_op(self)


def mT(self) -> Tensor:
    """The matrices with rows and columns exchanged."""
    if self._data.ndim < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {self._data.ndim}-D tensor."
        )
    return transpose_op(self, self._data.ndim - 2, self._data.ndim - 1)


def T(self) -> Tensor:
    """The dimensions in reverse order; for matrices the transpose."""
    return permute_op(self, tuple(range(self._data.ndim))[::-1])


def expand(self, *size) -> Tensor:
    """Stretched to a shape without copying; -1 keeps a length."""
    size = _sizes(size)
    shape = self._data.shape
    extra = len(size) - len(shape)
    full = []
    for i, n in enumerate(size):
        own = shape[i - extra] if i >= extra else 1
        if n == -1 and i >= extra:
            n = own
        elif own not in (1, n) or n < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({own}) at non-singleton "
                f"dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}"
            )
        full.append(n)
    return expand_op(self, tuple(full))


def contiguous(self) -> Tensor:
    """This tensor, or a copy whose elements lie in order where they did not."""
    return self if self.is_contiguous() else clone(self)


# --- several tensors into one, one into several ------------------------------------------------------------

# fmt: off

cat_op = op("cat", lambda tensors, dim: np.concatenate(tensors, axis=dim),
    tensors=lambda g, tensors_sizes, dim: split_op(g, [sizes[dim] for sizes in tensors_sizes], dim))
stack_op = op("stack", lambda tensors, dim: np.stack(tensors, axis=dim),
    tensors=lambda g, tensors_sizes, dim: unbind_op(g, dim))
split_op = op("split", lambda self, lengths, dim: np.split(self, np.cumsum(lengths)[:-1], axis=dim),
    self=lambda g, self_sizes, lengths, dim: cat_op(filled(g, self_sizes, lengths, dim), dim))
unbind_op = op("unbind", lambda self, dim: list(np.moveaxis(self, dim, 0)),
    self=lambda g, self_sizes, dim: stack_op(filled(g, self_sizes[:dim] + self_sizes[dim + 1:], (), dim), dim))

# fmt: on


def filled(gradients, sizes, lengths, dim):
    """The gradients of several outputs, with zeros for outputs that none reached."""
    known = next(g for g in gradients if g is not None)
    shapes = [(*sizes[:dim], n, *sizes[dim + 1 :]) for n in lengths] or [sizes] * len(gradients)
    zeros = nothing(known).sum()
    return [
        expand_to(zeros, shape) if g is None else g
        for g, shape in zip(gradients, shapes, strict=True)
    ]
