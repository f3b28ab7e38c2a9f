"""Operations that lay numbers out anew: flip, roll, repeat, triangles, diagonals, padding."""

from __future__ import annotations

import numpy as np

from ..devices import module_of
from ..memory import copied, zeros
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .elementwise import clone, raw, where
from .gather import index_select
from .reduce import normal_dims, sum_dim
from .shape import (
    _sizes,
    as_strided_backward,
    contiguous,
    diagonal_op,
    expand,
    flatten,
    reshape,
    slant,
    unsqueeze,
)
from .table import op

# fmt: off

flip_op = op("flip", lambda self, dims: copied(np.flip(self, dims)),
    self=lambda g, dims: flip_op(g, dims))
roll_op = op("roll", lambda self, shifts, dims: np.roll(self, shifts, dims or None), rows=True,
    self=lambda g, shifts, dims: roll_op(g, tuple(-n for n in shifts), dims))
rot90_op = op("rot90", lambda self, k, dims: np.rot90(copied(self), k, dims).copy("K"),
    self=lambda g, k, dims: rot90_op(g, -k, dims))
repeat_op = op("repeat", lambda self, repeats: np.tile(self, repeats),
    self=lambda g, self_sizes, repeats: piled_up(g, self_sizes, repeats))
tril_op = op("tril", lambda self, diagonal: np.tril(self, diagonal), rows=True,
    self=lambda g, diagonal: tril_op(g, diagonal))
triu_op = op("triu", lambda self, diagonal: np.triu(self, diagonal), rows=True,
    self=lambda g, diagonal: triu_op(g, diagonal))
trace_op = op("trace", lambda self: np.trace(self),
    self=lambda g, self_sizes: where(module_of(raw(g)).eye(*self_sizes, dtype=bool), g, 0.0))
diag_op = op("diagonal", lambda self, offset: np.diagonal(self, offset).copy(), "0_copy",
    self=lambda g, self_sizes, offset:
        as_strided_backward(g, self_sizes, ((diagonal_op, (offset, 0, 1)),)))
diag_embed_op = op("diag_embed", lambda self, offset, dim1, dim2: slanted(self, offset, dim1, dim2),
    self=lambda g, offset, dim1, dim2: diagonal_op(g, offset, dim1, dim2))
pad_op = op("constant_pad_nd", lambda self, pad, value: padded(self, pad, value), rows=True,
    self=lambda g, pad: pad_op(g, tuple((-before, -after) for before, after in pad), 0.0))

# fmt: on


def piled_up(g, sizes, repeats):
    """The sum over the copies of a tile."""
    sizes = (1,) * (len(repeats) - len(sizes)) + tuple(sizes)
    apart = tuple(n for pair in zip(repeats, sizes, strict=True) for n in pair)
    return sum_dim(g.reshape(apart), tuple(range(0, len(apart), 2)), False)


def slanted(x, offset, dim1, dim2):
    """Zeros with the last dimension of an array on a diagonal of two new dimensions."""
    sizes = list(x.shape[:-1])
    for dim in sorted((dim1, dim2)):
        sizes.insert(dim, x.shape[-1] + abs(offset))
    whole = zeros(sizes, x)
    slant(whole, offset, dim1, dim2)[...] = x
    return whole


def padded(x, pad, value):
    """An array with (before, after) more elements in each dimension, or fewer."""
    cut = tuple(
        slice(max(0, -before), n - max(0, -after))
        for n, (before, after) in zip(x.shape, pad, strict=True)
    )
    more = [(max(0, before), max(0, after)) for before, after in pad]
    return np.pad(x[cut], more, constant_values=value) if more else x.copy()


def flip(self, dims, *more) -> Tensor:
    """The elements in reverse order along some dimensions."""
    dims = _sizes((dims, *more))
    return flip_op(self, normal_dims(self, dims) if dims else ())


def fliplr(self) -> Tensor:
    """The columns in reverse order."""
    if self._data.ndim < 2:
        raise refusals.few_dims("Input must be >= 2-d.")
    return flip(self, 1)


def flipud(self) -> Tensor:
    """The rows in reverse order."""
    if self._data.ndim < 1:
        raise refusals.few_dims("Input must be >= 1-d.")
    return flip(self, 0)


def roll(self, shifts, dims=None) -> Tensor:
    """The elements moved along a dimension; what leaves at the end comes in at the start.

    >>> import minigrad
    >>> minigrad.arange(4).roll(1)
    tensor([3, 0, 1, 2])
    """
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if not shifts:
        raise refusals.no_shifts()
    if dims and not self._data.ndim:
        raise refusals.unbind_scalar()
    if len(dims) != len(shifts) and (dims or len(shifts) != 1):
        raise refusals.roll(len(shifts), len(dims))
    if self._data.ndim == 0:
        return clone(self)
    return roll_op(self, shifts, tuple(normal_dim(d, self._data.ndim) for d in dims))


def rot90(self, k=1, dims=(0, 1)) -> Tensor:
    """Turned by `k` quarters in the plane of two dimensions."""
    if len(dims) != 2:
        raise refusals.few_dims(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if self._data.ndim < 2:
        raise refusals.few_dims(f"expected total dims >= 2, but got total dims = {self._data.ndim}")
    first, second = (normal_dim(d, self._data.ndim) for d in dims)
    if first == second:
        raise refusals.same_dims("rot90", *dims)
    return rot90_op(self, k, (first, second))


def repeat(self, repeats, *more) -> Tensor:
    """Copies of the tensor side by side, so many along each dimension.

    >>> import minigrad
    >>> minigrad.tensor([1, 2]).repeat(2)
    tensor([1, 2, 1, 2])
    """
    repeats = _sizes((repeats, *more))
    if any(n < 0 for n in repeats):
        raise refusals.negative_repeats(repeats)
    if len(repeats) < self._data.ndim:
        raise refusals.few_repeats()
    return repeat_op(self, repeats)


def tile(self, dims, *more) -> Tensor:
    """`repeat` that needs no number for the first dimensions."""
    dims = _sizes((dims, *more))
    return repeat(self, (1,) * (self._data.ndim - len(dims)) + dims)


def repeat_interleave(self, repeats, dim=None, *, output_size=None) -> Tensor:
    """Each element so many times in a row. (torch's `output_size` only saves time.)"""
    if dim is None:
        self, dim = flatten(self), 0
    dim = normal_dim(dim, self._data.ndim)
    shape = self._data.shape or (1,)
    if isinstance(repeats, Tensor) and repeats._data.size == 1:
        repeats = repeats.item()
    if isinstance(repeats, Tensor):
        if repeats._data.shape != (shape[dim],):
            raise refusals.repeat_lengths("repeats must have the same size as input along dim")
        return index_select(self, dim, Tensor._make(np.arange(shape[dim]).repeat(repeats._data)))
    if repeats < 0:
        raise refusals.repeat_lengths("repeats has to be positive")
    rows = expand(unsqueeze(self, dim + 1), *shape[: dim + 1], repeats, *shape[dim + 1 :])
    return reshape(contiguous(rows), (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]))


def tril(self, diagonal=0) -> Tensor:
    """The lower triangle; above `diagonal` stand zeros."""
    return _triangle(tril_op, self, diagonal)


def triu(self, diagonal=0) -> Tensor:
    """The upper triangle; below `diagonal` stand zeros."""
    return _triangle(triu_op, self, diagonal)


def _triangle(row, self, diagonal):
    if self._data.ndim < 2:
        raise refusals.needs_two_dims(row.__name__)
    return row(self, diagonal)


def trace(self) -> Tensor:
    """The sum of the diagonal of a matrix."""
    if self._data.ndim != 2:
        raise refusals.needs_matrix(self._data.ndim)
    return trace_op(self)


def diag(self, diagonal=0) -> Tensor:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> import minigrad
    >>> minigrad.diag(minigrad.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    match self._data.ndim:
        case 1:
            return diag_embed(self, diagonal)
        case 2:
            return diag_op(self, diagonal)
    raise refusals.diag(self._data.ndim)


def diag_embed(self, offset=0, dim1=-2, dim2=-1) -> Tensor:
    """Matrices with the last dimension of the tensor on a diagonal."""
    ndim = self._data.ndim + 1
    first, second = normal_dim(dim1, ndim), normal_dim(dim2, ndim)
    if first == second:
        raise refusals.same_dims("diag_embed", dim1, dim2)
    return diag_embed_op(self, offset, first, second)


def diagflat(self, offset=0) -> Tensor:
    """The matrix with all elements of a tensor on its diagonal."""
    return diag_embed(reshape(self, -1), offset)
