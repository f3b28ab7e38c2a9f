"""Norms, inverses and powers of matrices. (Products: products.)"""

from __future__ import annotations

import numpy as np

from .. import errors
from ..devices import module_of
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .elementwise import beside, clone, mul, raw
from .index import index_op
from .inplace import copy_
from .products import matmul
from .reduce import amax, amin, sum_dim, vector_norm
from .table import op

# fmt: off

inv_op = op("linalg_inv_ex", lambda self: inverse(self),
    self=lambda g, result: -(result.mT @ g @ result.mT))
det_op = op("linalg_det", lambda self: np.linalg.det(self).astype(self.dtype),
    self=lambda g, self, result: cofactors(g, self, result))

solve_op = op("linalg_solve_ex", lambda A, B, left: solution(A, B, left),
    A=lambda g, A, B, left, result:
        -product(solve_op(A.mT, g, left), result, left, is_vector(A, B)),
    B=lambda g, A, left: solve_op(A.mT, g, left))

# fmt: on


def tall(x):
    """With two new dimensions of length 1 at the end."""
    return x.reshape((*x.shape, 1, 1))


def inverse(array):
    """np.linalg.inv with torch's error."""
    try:
        return np.linalg.inv(array)
    except np.linalg.LinAlgError:
        raise refusals.singular(array) from None


def cofactors(g, matrix, det):
    """g times the derivative of a determinant: det times the inverse, turned over.

    A singular matrix has no inverse, but it has cofactors: for each element, the determinant of
    what is left without its row and its column.
    """
    if raw(det).all():
        return tall(g * det) * inv_op(matrix).mT
    n = matrix.shape[-1]
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], int).reshape(n, n - 1)
    minors = index_op(matrix, (..., others[:, None, :, None], others[None, :, None, :]))
    signs = (-1.0) ** np.add.outer(range(n), range(n)).astype(raw(matrix).dtype)
    return tall(g) * (det_op(minors) * beside(minors, signs))


def is_vector(A, B) -> bool:
    """Whether B holds vectors, not matrices: torch's rule."""
    return len(B.shape) == 1 or tuple(B.shape) == tuple(A.shape[:-1])


def solution(A, B, left):
    """The X with A @ X = B, or X @ A = B, of arrays."""
    vector = is_vector(A, B)
    B = B[..., None] if vector else B
    try:
        X = np.linalg.solve(A, B) if left else np.linalg.solve(A.mT, B.mT).mT
    except np.linalg.LinAlgError:
        raise refusals.unsolvable(A) from None
    return X[..., 0] if vector else X


def product(g, X, left, vector):
    """g times X turned over: what solve sends to A; of vectors all products of two elements."""
    if vector:
        g, X = (x.reshape((*x.shape, 1)) for x in (g, X))
    return g @ X.mT if left else X.mT @ g


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
    array = self._data
    return Tensor._make(module_of(array).eye(array.shape[-1], dtype=array.dtype))


def _square(A, name):
    _matrices(A, name)
    if A._data.shape[-1] != A._data.shape[-2]:
        raise refusals.needs_square(name, A._data.shape[-2:])
    if A._data.dtype.kind != "f":
        raise refusals.matrix_type(name, A.dtype._torch_class)


def _matrices(A, name, argument="A", position=1):
    if not isinstance(A, Tensor):
        function = name.replace(".", "_")
        raise refusals.must_be_tensor(function, argument, position, errors.type_name(A))
    if A._data.ndim < 2:
        raise refusals.needs_matrices(name, argument)


def inv(A) -> Tensor:
    """The inverse of a square matrix, or of each in a stack.

    >>> import minigrad
    >>> minigrad.linalg.inv(minigrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    _square(A, "linalg.inv")
    return inv_op(A)


def det(A) -> Tensor:
    """The determinant of a square matrix, or of each in a stack."""
    _square(A, "linalg.det")
    return det_op(A)


def solve(A, B, *, left=True) -> Tensor:
    """The X with A @ X = B (or X @ A = B); B holds matrices or, one dimension less, vectors."""
    name = "linalg.solve"
    _square(A, name)
    if not (isinstance(B, Tensor) and is_vector(A._data, B._data)):
        _matrices(B, name, "B", 2)
    if A._data.dtype != B._data.dtype:
        raise refusals.solve_types(A.dtype._torch_class, B.dtype._torch_class)
    rows = (*B._data.shape, 1)[-2:] if is_vector(A._data, B._data) else B._data.shape[-2:]
    n = A._data.shape[-1]
    if n != (rows[0] if left else rows[1]):
        raise refusals.solve_shapes("AX" if left else "XA", f"{n}x{n}", f"{rows[0]}x{rows[1]}")
    return solve_op(A, B, left)


def vecdot(x, y, *, dim=-1) -> Tensor:
    """The dot products of the vectors that lie along `dim`."""
    product = mul(x, y)
    return sum_dim(product, (normal_dim(dim, product.ndim),), False)


def matrix_norm(self, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None) -> Tensor:
    """The norm of matrices: "fro", or 1 and inf: the largest sum of a column's (row's) sizes."""
    _matrices(self, "linalg.matrix_norm")
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
