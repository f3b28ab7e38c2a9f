"""Operations that show the same numbers in another shape: reshape, transpose, expand and the like.

Their results share memory with the input wherever they can: such a result is a view.
"""

from __future__ import annotations

import functools
import math
import operator
import warnings

import numpy as np

from .. import dtypes, errors
from ..autograd.modes import enable_grad, modes
from ..devices import module_of
from ..memory import row_by_row, writable_as, zeros
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .elementwise import clone
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
        if output.__class__ is list:
            for i, part in enumerate(output):
                _share(self, part, (item, (call, arguments, i)))
                part._origin = part._origin or "several"
        elif np.may_share_memory(output._data, array):
            _share(self, output, (call, arguments))
        return output

    call.op = function.op
    return call


def _share(self, output, step):
    """Tie a view to the memory that it shows: one version counter, and the way from the base."""
    output._version_cell = self._cell()
    output._view_version = output._version_cell[0]
    output._base = self if self._base is None else self._base
    output._steps = (*self._steps, step)
    if modes.grad:
        output._origin = self._origin
    else:
        output._origin = "inference" if modes.inference else "no_grad"


def item(whole, function, arguments, i):
    """One of the views that an operation with several results makes."""
    return function(whole, *arguments)[i]


# fmt: off

view_op = view("view", lambda self, size: self.reshape(size),
    self=lambda g, self_sizes: reshape(g, self_sizes))
reshape_alias = view("reshape_alias", lambda self, size: self.reshape(size),
    self=lambda g, self_sizes: reshape(g, self_sizes))
unsafe_view = op("unsafe_view", lambda self, size: self.reshape(size),
    self=lambda g, self_sizes: reshape(g, self_sizes))
expand_op = view("expand", lambda self, size: stretched(self, size),
    self=lambda g: g)  # the engine sums over the copies
permute_op = view("permute", lambda self, dims: self.transpose(dims),
    self=lambda g, dims: permute_op(g, inverse(dims)))
transpose_op = view("transpose", lambda self, dim0, dim1: np.swapaxes(self, dim0, dim1),
    self=lambda g, dim0, dim1: transpose_op(g, dim0, dim1))
t_op = view("t", lambda self: self.T,
    self=lambda g: t_op(g))
squeeze_all  = view("squeeze", lambda self: self.squeeze(),
    self=lambda g, self_sizes: reshape(g, self_sizes))
squeeze_dim  = view("squeeze", lambda self, dim: without(self, (dim,)), 1,
    self=lambda g, self_sizes: reshape(g, self_sizes))
squeeze_dims = view("squeeze", lambda self, dim: without(self, dim), 2,
    self=lambda g, self_sizes: reshape(g, self_sizes))
unsafe_squeeze = op("squeeze", lambda self, dim: without(self, (dim,)), 4,
    self=lambda g, self_sizes: reshape(g, self_sizes))
unsqueeze_op = view("unsqueeze", lambda self, dim: np.expand_dims(self, dim),
    self=lambda g, self_sizes: reshape(g, self_sizes))
diagonal_op = view("diagonal", lambda self, offset, dim1, dim2: slant(self, offset, dim1, dim2),
    self=lambda g, self_sizes, offset, dim1, dim2:
        as_strided_backward(g, self_sizes, ((diagonal_op, (offset, dim1, dim2)),)))
unfold_op = view("unfold", lambda self, dimension, size, step: windows(self, dimension, size, step),
    self=lambda g, self_sizes, dimension, size, step:
        as_strided_backward(g, self_sizes, ((unfold_op, (dimension, size, step)),)))
alias = view("alias", lambda self: self[...],
    self=lambda g: g)
as_strided = op("as_strided", lambda self, steps: follow(self, steps),
    self=lambda g, self_sizes, steps: as_strided_backward(g, self_sizes, steps))
as_strided_backward = op("as_strided_scatter",
    lambda self, sizes, steps: spread(self, sizes, steps),
    self=lambda g, steps: as_strided(g, steps))

# fmt: on


def follow(whole, steps):
    """The part of an array that the steps of a view lead to."""
    for function, arguments in steps:
        whole = function(whole, *arguments)
    return whole


def spread(part, sizes, steps):
    """Zeros of a shape, with `part` added where the steps of a view lead."""
    whole = zeros(math.prod(sizes), part)
    positions = follow(np.arange(whole.size).reshape(sizes), steps)
    module_of(whole).add.at(whole, positions, part)
    return whole.reshape(sizes)


def _remake_edge(self):
    """The edge from a view to its base as it is now."""
    with enable_grad():
        return as_strided(self._base, self._steps)._edge


Tensor._remake_edge = _remake_edge


def without(array, dims):
    """An array without those of `dims` that have length 1."""
    return array.reshape([n for i, n in enumerate(array.shape) if n != 1 or i not in dims])


def stretched(array, size):
    """np.broadcast_to that can be written where the array can."""
    return writable_as(np.broadcast_to(array, size), array)


def slant(array, offset, dim1, dim2):
    """A diagonal of an array, as a view that can be written."""
    return writable_as(np.diagonal(array, offset, dim1, dim2), array)


def windows(array, dim, size, step):
    """All windows of a length along a dimension; their elements lie along a new last one."""
    if not array.ndim:
        return array.reshape(1)[:size]
    every = np.lib.stride_tricks.sliding_window_view(array, size, dim, writeable=True)
    return every[(slice(None),) * dim + (slice(None, None, step),)]


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
    return tuple(map(operator.index, size))


def _fitting(self, size):
    """The size with -1 filled in; torch's error where it does not hold the elements."""
    elements = self._data.size
    if size.count(-1) > 1:
        raise refusals.only_one_inferred()
    if size.count(-1) == 1:
        rest = math.prod(n for n in size if n != -1)
        if rest and elements % rest == 0:
            return tuple(elements // rest if n == -1 else n for n in size)
    elif -1 not in size and math.prod(size) == elements:
        return size
    raise errors.view_size(size, elements)


def reshape(self, *size, shape=None):
    """The same elements in another shape; -1 stands for the length that fits.

    >>> import minigrad
    >>> minigrad.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    if not isinstance(self, Tensor):
        return self.reshape(*size)
    size = _fitting(self, _sizes(size if shape is None else (shape,)))
    array = self._storage()
    if array.flags.c_contiguous:
        return view_op(self, size)
    if np.may_share_memory(array.reshape(size), array):
        return reshape_alias(self, size)
    return unsafe_view(clone(self), size)


def view_method(self, *sizes, size=None):
    """`reshape` that never copies: an error where the memory does not allow it."""
    size = sizes if size is None else (size,)
    if isinstance(size[0], dtypes.dtype):
        raise NotImplementedError(
            "minigrad's view changes the shape only; use .to(dtype) for the type."
        )
    size = _fitting(self, _sizes(size))
    array = self._storage()
    if array.size and not np.may_share_memory(array.reshape(size), array):
        raise refusals.view_needs_copy()
    return view_op(self, size)


def flatten(self, start_dim=0, end_dim=-1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one."""
    shape = self._data.shape
    if not shape:
        return reshape(self, 1)
    start, end = normal_dim(start_dim, len(shape)), normal_dim(end_dim, len(shape))
    if start > end:
        raise refusals.flatten_order()
    if start == end:
        return self
    return reshape(self, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def squeeze(self, dim=None, *more) -> Tensor:
    """Without the dimensions of length 1, or without `dim` where it has length 1."""
    dim = (dim, *more) if more else dim
    if dim is None:
        return squeeze_all(self)
    if not isinstance(dim, int):
        return squeeze_dims(self, tuple(normal_dim(d, self._data.ndim) for d in dim))
    dim = normal_dim(dim, self._data.ndim)
    return squeeze_dim(self, dim)


def unsqueeze(self, dim) -> Tensor:
    """With a new dimension of length 1 at `dim`."""
    return unsqueeze_op(self, normal_dim(dim, self._data.ndim + 1))


def permute(self, *order, dims=None) -> Tensor:
    """The dimensions in another order."""
    ndim = self._data.ndim
    dims = tuple(normal_dim(d, ndim) for d in _sizes(order if dims is None else (dims,)))
    if len(dims) != ndim:
        raise refusals.permutation(ndim, len(dims))
    if len(set(dims)) != ndim:
        raise refusals.permuted_twice()
    return permute_op(self, dims)


def transpose(self, dim0, dim1) -> Tensor:
    """With two dimensions exchanged."""
    ndim = self._data.ndim
    dim0, dim1 = normal_dim(dim0, ndim), normal_dim(dim1, ndim)
    return transpose_op(self, dim0, dim1) if ndim else alias(self)


def t(self) -> Tensor:
    """The transpose of a matrix."""
    if self._data.ndim > 2:
        raise refusals.t_of_stack(self._data.ndim)
    return t_op(self)


def mT(self) -> Tensor:
    """The matrices with rows and columns exchanged."""
    if self._data.ndim < 2:
        raise refusals.mt_of_vector(self._data.ndim)
    return transpose_op(self, self._data.ndim - 2, self._data.ndim - 1)


def T(self) -> Tensor:
    """The dimensions in reverse order; for matrices the transpose."""
    if self._data.ndim != 2:
        text = errors.T_OF_NO_MATRIX if self._data.ndim else errors.T_OF_NUMBER
        warnings.warn(text, UserWarning, stacklevel=2)
    return permute_op(self, tuple(range(self._data.ndim))[::-1])


def expand(self, *sizes, size=None) -> Tensor:
    """Stretched to a shape without copying; -1 keeps a length."""
    return expand_op(self, stretched_size(self, _sizes(sizes if size is None else (size,))))


def stretched_size(self, size) -> tuple[int, ...]:
    """The shape that `expand(size)` gives; torch's error where it cannot be."""
    shape = self._data.shape
    extra = len(size) - len(shape)
    if extra < 0:
        raise refusals.expand_dims(self, size)
    full = []
    for i, n in enumerate(size):
        own = shape[i - extra] if i >= extra else 1
        if n == -1 and i >= extra:
            n = own
        elif own not in (1, n) or n < 0:
            raise refusals.stretch(n, own, i, size, shape)
        full.append(n)
    return tuple(full)


def contiguous(self) -> Tensor:
    """This tensor, or a copy whose elements lie in order where they did not."""
    if self.is_contiguous():
        return self
    copy = clone(self)  # which keeps the order in memory
    copy._data = row_by_row(copy._data)
    return copy


def expand_as(self, other) -> Tensor:
    """Stretched to the shape of another tensor."""
    return expand(self, other._data.shape)


def broadcast_to(self, size) -> Tensor:
    """Stretched to a shape without copying."""
    return expand(self, size)


def broadcast_tensors(*tensors) -> tuple[Tensor, ...]:
    """The tensors stretched to one common shape."""
    size = common_shape(tensors)
    return tuple(t if t._data.shape == size else expand(t, size) for t in tensors)


def common_shape(tensors) -> tuple[int, ...]:
    """The shape that all tensors stretch to; torch's error where there is none."""
    shape = ()
    for tensor in tensors:
        try:
            shape = np.broadcast_shapes(shape, tensor._data.shape)
        except ValueError:
            raise errors.broadcast(shape, tensor._data.shape) from None
    return shape


def movedim(self, source, destination) -> Tensor:
    """With dimensions moved to other places; the rest keep their order.

    >>> import minigrad
    >>> minigrad.zeros(2, 3, 4).movedim(0, -1).shape
    minigrad.Size([3, 4, 2])
    """
    ndim = self._data.ndim
    pairs = [(d,) if isinstance(d, int) else tuple(d) for d in (source, destination)]
    source, destination = [tuple(normal_dim(d, ndim) for d in dims) for dims in pairs]
    if len(source) != len(destination) or any(len(set(d)) < len(d) for d in (source, destination)):
        raise refusals.movedim(source, destination)
    order = [d for d in range(ndim) if d not in source]
    for target, dim in sorted(zip(destination, source, strict=True)):
        order.insert(target, dim)
    return permute_op(self, tuple(order)) if ndim else alias(self)


def view_as(self, other) -> Tensor:
    """A view with the shape of another tensor."""
    return view_method(self, other._data.shape)


def reshape_as(self, other) -> Tensor:
    """The same elements in the shape of another tensor."""
    return reshape(self, other._data.shape)


def unflatten(self, dim, sizes) -> Tensor:
    """One dimension split into several; -1 stands for the length that fits."""
    dim, shape, sizes = normal_dim(dim, self._data.ndim), self._data.shape, tuple(sizes)
    if sizes.count(-1) == 1 and (rest := -math.prod(sizes)):
        sizes = tuple(shape[dim] // rest if n == -1 else n for n in sizes)
    if not sizes or math.prod(sizes) != shape[dim]:
        raise refusals.unflatten(sizes, dim, shape[dim])
    return view_method(self, (*shape[:dim], *sizes, *shape[dim + 1 :]))


def ravel(self) -> Tensor:
    """All elements along one dimension, without copying where possible."""
    return view_op(contiguous(self), (self._data.size,))


def diagonal(self, offset=0, dim1=0, dim2=1) -> Tensor:
    """A diagonal of two dimensions, as a new last dimension; a view."""
    ndim = self._data.ndim
    first, second = normal_dim(dim1, ndim), normal_dim(dim2, ndim)
    if first == second:
        raise refusals.same_dims("diagonal", dim1, dim2)
    return diagonal_op(self, offset, first, second)


def unfold(self, dimension, size, step) -> Tensor:
    """Windows of a length along a dimension; their elements lie along a new last one. A view."""
    dim = normal_dim(dimension, self._data.ndim)
    longest = self._data.shape[dim] if self._data.ndim else 1
    if step <= 0:
        raise refusals.unfold_step(step)
    if not 0 <= size <= longest:
        raise refusals.unfold(dim, longest, size)
    return unfold_op(self, dim, size, step)


def atleast_1d(*tensors):
    """A tensor, or several, with at least 1 dimension."""
    return _each(tensors, lambda t: t if t.ndim else reshape(t, 1))


def atleast_2d(*tensors):
    """A tensor, or several, with at least 2 dimensions; new ones come first."""
    return _each(tensors, lambda t: t if t.ndim > 1 else unsqueeze(atleast_1d(t), 0))


def atleast_3d(*tensors):
    """A tensor, or several, with at least 3 dimensions."""
    return _each(tensors, lambda t: t if t.ndim > 2 else unsqueeze(atleast_2d(t), -1))


def _each(tensors, change):
    if len(tensors) == 1 and not isinstance(tensors[0], Tensor):
        (tensors,) = tensors
    results = tuple(change(t) for t in tensors)
    return results[0] if len(results) == 1 else results


def meshgrid(*tensors, indexing=None) -> tuple[Tensor, ...]:
    """Vectors stretched over the grid that they span, one dimension for each.

    With `indexing="xy"` the first two dimensions change places, as in pictures; else say "ij".
    """
    if indexing is None:
        warnings.warn(errors.MESHGRID_INDEXING, UserWarning, stacklevel=2)
    if len(tensors) == 1 and not isinstance(tensors[0], Tensor):
        (tensors,) = tensors
    if indexing == "xy" and len(tensors) > 1:
        second, first, *rest = meshgrid(tensors[1], tensors[0], *tensors[2:], indexing="ij")
        return first, second, *rest
    size = tuple(t._data.size for t in tensors)
    return tuple(
        expand(view_method(t, (1,) * i + (n,) + (1,) * (len(size) - i - 1)), size)
        for i, (t, n) in enumerate(zip(tensors, size, strict=True))
    )
