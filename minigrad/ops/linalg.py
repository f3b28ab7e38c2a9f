"""Norms, inverses and powers of matrices. (Products: products.)"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor, normal_dim
from . import refusals, shape
from .elementwise import clone, mul
from .inplace import copy_
from .products import matmul
from .reduce import amax, amin, sum_dim, vector_norm
from .table import op

# fmt: off

inv_op = op("linalg_inv_ex", lambda self: np.linalg.inv(self),
    self=lambda g, result: -(result.mT @ g @ result.mT))
det_op = op("linalg_det", lambda self: np.linalg.det(self).astype(self.dtype),
    self=lambda g, self, result: tall(g * result) * inv_op(self).mT)

solve_op = op("linalg_solve_ex", lambda A, B: np.linalg.solve(A, B),
    A=lambda g, A, result: -(solve_op(A.mT, g) @ result.mT),
    B=lambda g, A: solve_op(A.mT, g))

# fmt: on


def tall(x):
    """With two new dimensions of length 1 at the end."""
    return x.reshape((*x.shape, 1, 1))


def matrix_power(self, n: int) -> Tensor:
    """The n-th power of a square matrix, by repeated squaring; a negative n inverts it first."""
    _square(self, "linalg.matrix_power")
    if n < 0:
        return matrix_power(inv(self), -n)
    if n == 0:
        return copy_(clone(self), _identity(self))  # torch, too, leaves a node in the graph
    power, result = self, None
    while n:
        if n & 1:
            result = power if result is None else matmul(result, power)
        n >>= 1
        power = matmul(power, power) if n else power
    return clone(result) if result is self else result


def _identity(self):
    return Tensor._make(np.eye(self._data.shape[-1], dtype=self._data.dtype))


def _square(self, name):
    if self.ndim < 2:
        raise refusals.needs_matrices(name, self.ndim)
    if self._data.shape[-1] != self._data.shape[-2]:
        raise refusals.needs_square(name, self._data.shape[-2:])
    if self._data.dtype.kind != "f":
        raise refusals.needs_floats(f"{name}: Expected a", self.dtype)


def inv(self) -> Tensor:
    """The inverse of a square matrix, or of each in a stack.

    >>> import minigrad
    >>> minigrad.linalg.inv(minigrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    _square(self, "linalg.inv")
    try:
        return inv_op(self)
    except np.linalg.LinAlgError:
        raise refusals.singular("linalg.inv") from None


def det(self) -> Tensor:
    """The determinant of a square matrix, or of each in a stack."""
    _square(self, "linalg.det")
    return det_op(self)


def solve(A, B, *, left=True) -> Tensor:
    """The X with A @ X = B (or X @ A = B); B holds matrices or, one dimension less, vectors."""
    _square(A, "linalg.solve")
    try:
        if B.ndim == 1 or (B.ndim == A.ndim - 1 and B._data.shape == A._data.shape[:-1]):
            return shape.squeeze(solve_op(A, shape.unsqueeze(B, -1)), -1)
        return solve_op(A, B) if left else shape.mT(solve_op(shape.mT(A), shape.mT(B)))
    except np.linalg.LinAlgError:
        raise refusals.singular("linalg.solve") from None


def vecdot(x, y, *, dim=-1) -> Tensor:
    """The dot products of the vectors that lie along `dim`."""
    product = mul(x, y)
    return sum_dim(product, (normal_dim(dim, product.ndim),), False)


def matrix_norm(self, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None) -> Tensor:
    """The norm of matrices: "fro", or 1 and inf: the largest sum of a column's (row's) sizes."""
    if self.ndim < 2:
        raise refusals.needs_matrices("linalg.matrix_norm", self.ndim)
    row, column = (normal_dim(d, self.ndim) for d in dim)
    if row == column:
        raise refusals.same_dims("linalg.matrix_norm", *dim)
    if ord == "fro":
        return vector_norm(self, 2, (row, column), keepdim, dtype=dtype)
    if ord not in (1, -1, np.inf, -np.inf):
        raise refusals.matrix_norm(ord)
    along, rest = (row, column) if abs(ord) == 1 else (column, row)
    if not keepdim and along < rest:
        rest -= 1
    sums = vector_norm(self, 1, along, keepdim, dtype=dtype)
    if not sums._data.shape[rest]:  # torch calls the largest of no sums 0
        return sum_dim(sums, (rest,), keepdim)
    return (amax if ord > 0 else amin)(sums, rest, keepdim)


def norm(self, ord=None, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """A vector norm or a matrix norm: matrices where `dim` names two dimensions.

    >>> import minigrad
    >>> minigrad.linalg.norm(minigrad.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if ord is not None and (dim is None or not isinstance(dim, int)):
        dims = tuple(range(self.ndim)) if dim is None else tuple(dim)
        if dim is None and len(dims) not in (1, 2):
            raise refusals.norm_dims(len(dims))
        if len(dims) == 2:
            return matrix_norm(self, ord, dims, keepdim, dtype=dtype)
        dim = dims
    return vector_norm(self, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
