"""Products of vectors and matrices."""

from __future__ import annotations

import numpy as np

from .. import errors
from ..tensor import Tensor
from . import shape
from .table import op

# fmt: off

dot = op("dot", lambda self, tensor: np.dot(self, tensor),
    self  =lambda g, tensor: g * tensor,
    tensor=lambda g, self: g * self)
mv  = op("mv",  lambda self, vec: self @ vec,
    self=lambda g, vec: outer(g, vec),
    vec =lambda g, self: turned(self) @ g)
mm  = op("mm",  lambda self, mat2: self @ mat2,
    self=lambda g, mat2: g @ turned(mat2),
    mat2=lambda g, self: turned(self) @ g)
bmm = op("bmm", lambda self, mat2: self @ mat2,
    self=lambda g, mat2: g @ turned(mat2),
    mat2=lambda g, self: turned(self) @ g)

# fmt: on


def turned(matrix):
    """Rows and columns exchanged, of an array or a tensor."""
    return matrix.mT


def outer(a, b):
    """Every product of an element of `a` with one of `b`, of arrays or tensors."""
    return a.reshape(-1, 1) * b.reshape(1, -1)


def matmul(self: Tensor, other: Tensor) -> Tensor:
    """The matrix product, with torch's rules for vectors and batches.

    >>> import minigrad
    >>> minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]) @ minigrad.tensor([1.0, 10.0])
    tensor([21., 43.])
    """
    a, b = self._data, other._data
    if not a.ndim or not b.ndim:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D"
        )
    if a.dtype != b.dtype:
        raise errors.matmul_types(self.dtype, other.dtype)
    match a.ndim, b.ndim:
        case 1, 1:
            if a.shape != b.shape:
                raise errors.dot_shapes(a.shape, b.shape)
            return dot(self, other)
        case 2, 1:
            if a.shape[1] != b.shape[0]:
                raise errors.mat_vec_shapes(a.shape, b.shape)
            return mv(self, other)
        case 1, 2:
            if a.shape[0] != b.shape[0]:
                raise errors.mat_shapes((1, *a.shape), b.shape)
            return shape.squeeze(mm(shape.unsqueeze(self, 0), other), 0)
        case 2, 2:
            if a.shape[1] != b.shape[0]:
                raise errors.mat_shapes(a.shape, b.shape)
            return mm(self, other)
    return _batched(self, other)


def _batched(self, other):
    """Products of stacks of matrices: lay both out as (stack, rows, columns), multiply, fold back."""
    if self._data.ndim == 1:
        return shape.squeeze(_batched(shape.unsqueeze(self, 0), other), -2)
    if other._data.ndim == 1:
        return shape.squeeze(_batched(self, shape.unsqueeze(other, 1)), -1)
    *batch_a, n, k = self._data.shape
    *batch_b, k2, m = other._data.shape
    try:
        batch = np.broadcast_shapes(tuple(batch_a), tuple(batch_b))
    except ValueError:
        raise errors.broadcast(tuple(batch_a), tuple(batch_b)) from None
    if k != k2:
        raise errors.batch_shapes(len(self._data.shape), self._data.shape, other._data.shape)
    left = shape.reshape(shape.expand(self, *batch, n, k), -1, n, k) if batch else self
    right = shape.reshape(shape.expand(other, *batch, k, m), -1, k, m) if batch else other
    return shape.unsafe_view(bmm(left, right), (*batch, n, m))
