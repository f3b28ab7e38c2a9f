"""Products of vectors and matrices. (Norms and inverses: linalg.)"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .. import dtypes, errors
from ..memory import row_by_row
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals, shape
from .elementwise import mul
from .reduce import sum_dim
from .table import op

# fmt: off

dot_op = op("dot", lambda self, tensor: np.dot(self, tensor),
    self  =lambda g, tensor: g * tensor,
    tensor=lambda g, self: g * self)
vdot_op = op("vdot", lambda self, other: np.dot(self, other),
    self  =lambda g, other: g * other,
    other =lambda g, self: g * self)
mv_op  = op("mv",  lambda self, vec: self @ vec,
    self=lambda g, vec: columns(g) * rows(vec),
    vec =lambda g, self: self.mT @ g)
mm_op  = op("mm",  lambda self, mat2: product(self, mat2),
    self=lambda g, mat2: product(g, mat2.mT),
    mat2=lambda g, self: product(self.mT, g))
bmm_op = op("bmm", lambda self, mat2: product(self, mat2),
    self=lambda g, mat2: product(g, mat2.mT),
    mat2=lambda g, self: product(self.mT, g))

# --- a product added to something -----------------------------------------------------------------

addmm_op = op("addmm",
    lambda self, mat1, mat2, beta, alpha: plus(beta, self, alpha, any_order(mat1, mat2)),
    self=lambda g, beta: times(g, beta),
    mat1=lambda g, mat2, alpha: times(g @ mat2.mT, alpha),
    mat2=lambda g, mat1, alpha: times((g.mT @ mat1).mT, alpha))  # in memory as a layer's weights
addmv_op = op("addmv", lambda self, mat, vec, beta, alpha: plus(beta, self, alpha, mat @ vec),
    self=lambda g, beta: times(g, beta),
    mat =lambda g, vec, alpha: times(columns(g) * rows(vec), alpha),
    vec =lambda g, mat, alpha: times(mat.mT @ g, alpha))
addr_op = op("addr",
    lambda self, vec1, vec2, beta, alpha: plus(beta, self, alpha, columns(vec1) * rows(vec2)),
    self=lambda g, beta: times(g, beta),
    vec1=lambda g, vec2, alpha: times(g @ vec2, alpha),
    vec2=lambda g, vec1, alpha: times(g.mT @ vec1, alpha))
baddbmm_op = op("baddbmm",
    lambda self, batch1, batch2, beta, alpha: plus(beta, self, alpha, batch1 @ batch2),
    self  =lambda g, beta: times(g, beta),
    batch1=lambda g, batch2, alpha: times(g @ batch2.mT, alpha),
    batch2=lambda g, batch1, alpha: times(batch1.mT @ g, alpha))

# fmt: on


def product(a, b):
    """The product of matrices. A single term is not added to 0: 0 * -1 stays -0, as in torch."""
    single = a.shape[-1] == 1 and a.shape[-2] > 1 and b.shape[-1] > 1
    if single and not isinstance(a, Tensor):
        return a * b
    return a @ b


def any_order(a, b):
    """The product of two matrices, its numbers in memory row by row or column by column.

    BLAS takes up to 1.8 times as long for a result that is wide as for its transpose, which is
    high. With a batch of inputs and a layer's weights it is wide where the batch is small.
    """
    if a.shape[0] < b.shape[1] and isinstance(a, np.ndarray):
        return (b.T @ a.T).T
    return a @ b


def plus(beta, x, alpha, product):
    """beta * x + alpha * product, row by row; with beta = 0 what x holds does not matter."""
    if alpha != 1:
        product = product.dtype.type(alpha) * product
    if beta == 0:
        return row_by_row(product)
    if beta != 1:
        x = product.dtype.type(beta) * x
    return x + product if product.flags.c_contiguous else np.add(x, product, order="C")


def times(product, number):
    """A product times a number, which mostly is 1."""
    return product if number == 1 else product * number


def columns(vector):
    """A vector as a column."""
    return vector.reshape(-1, 1)


def rows(vector):
    """A vector as a row."""
    return vector.reshape(1, -1)


# --- products -------------------------------------------------------------------------------------


def matmul(self: Tensor, other: Tensor) -> Tensor:
    """The matrix product, with torch's rules for vectors and batches.

    >>> import minigrad
    >>> minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]) @ minigrad.tensor([1.0, 10.0])
    tensor([21., 43.])
    """
    a, b = self._data, other._data
    if not a.ndim or not b.ndim:
        raise refusals.matmul_scalar(a.ndim, b.ndim)
    if a.dtype != b.dtype:
        if max(a.ndim, b.ndim) > 2 and not _can_fold(self, other):
            raise errors.bmm_types(dtypes.class_name(a), dtypes.class_name(b))
        raise errors.matmul_types(self, other)
    match a.ndim, b.ndim:
        case 1, 1:
            if a.shape != b.shape:
                raise errors.dot_shapes(a.shape, b.shape)
            return dot_op(self, other)
        case 2, 1:
            if a.shape[1] != b.shape[0]:
                raise errors.mat_vec_shapes(a.shape[0], a.shape, b.shape)
            return mv_op(self, other)
        case 1, 2:
            if a.shape[0] != b.shape[0]:
                raise errors.mat_shapes((1, *a.shape), b.shape)
            product = shape.unsafe_squeeze(mm_op(shape.unsqueeze(self, 0), other), 0)
            product._count_change()  # torch squeezes in place
            return product
        case 2, 2:
            if a.shape[1] != b.shape[0]:
                raise errors.mat_shapes(a.shape, b.shape)
            return mm_op(self, other)
    return _folded(self, other) if _can_fold(self, other) else _batched(self, other)


def _can_fold(self, other) -> bool:
    """Whether a stack of matrices times one matrix is computed as one tall matrix times it."""
    stack, single = (self, other) if self.ndim >= other.ndim else (other, self)
    if single.ndim > 2:
        return False
    if single.requires_grad:
        return True
    return self.ndim != 2 and (not stack._data.size or stack._data.flags.c_contiguous)


def _folded(self, other):
    """A stack of matrices times one matrix or vector: the rows of all of them in one product."""
    turned = self.ndim < other.ndim
    if turned:  # A @ B = (B^T @ A^T)^T
        self, other = shape.mT(other), (shape.t(self) if self.ndim == 2 else self)
    *batch, k = self._data.shape
    if k != other._data.shape[0]:
        raise errors.mat_shapes((int(np.prod(batch)), k), (*other._data.shape, 1))
    tall = shape.reshape(self, (int(np.prod(batch)), k))
    if other.ndim == 1:
        return shape.unsafe_view(mv_op(tall, other), tuple(batch))
    product = shape.unsafe_view(mm_op(tall, other), (*batch, other._data.shape[1]))
    return shape.contiguous(shape.mT(product)) if turned else product


def _batched(self, other):
    """Products of stacks of matrices: both as (stack, rows, columns), multiply, fold back."""
    left = self if self.ndim > 1 else shape.unsqueeze(self, 0)
    right = other if other.ndim > 1 else shape.unsqueeze(other, 1)
    *batch_a, n, k = left._data.shape
    *batch_b, k2, m = right._data.shape
    try:
        batch = np.broadcast_shapes(tuple(batch_a), tuple(batch_b))
    except ValueError:
        raise errors.broadcast(tuple(batch_a), tuple(batch_b)) from None
    stack = int(np.prod(batch))
    if k != k2:
        raise errors.batch_shapes((stack, n, k), (stack, k2, m))
    left = shape.reshape(shape.expand(left, *batch, n, k), (stack, n, k))
    right = shape.reshape(shape.expand(right, *batch, k, m), (stack, k, m))
    product = bmm_op(left, right)
    if other.ndim == 1:
        return shape.unsafe_view(shape.squeeze(product, -1), (*batch, n))
    return shape.unsafe_view(product, (*batch, n, m) if self.ndim > 1 else (*batch, m))


def outer(self, vec2) -> Tensor:
    """Every product of an element of one vector with one of the other."""
    for name, vector in (("self", self), ("vec2", vec2)):
        if vector.ndim != 1:
            raise refusals.needs_vector(name, vector.ndim)
    return mul(shape.reshape(self, (self._data.size, 1)), vec2)


ger = outer


def inner(self, other) -> Tensor:
    """The sums of products along the last dimensions of two tensors."""
    if not self.ndim or not other.ndim:
        return mul(self, other)
    if self._data.shape[-1] != other._data.shape[-1]:
        raise refusals.inner_shapes(self._data.shape, other._data.shape)
    if self.ndim == other.ndim == 1:
        return dot(self, other)
    return tensordot(self, other, dims=([-1], [-1]))


def vdot(self, other) -> Tensor:
    """The dot product of two vectors."""
    _two_vectors(self, other)
    return vdot_op(self, other)


def dot(self, tensor) -> Tensor:
    """The dot product of two vectors."""
    _two_vectors(self, tensor)
    return dot_op(self, tensor)


def _two_vectors(a, b):
    if a.ndim != 1 or b.ndim != 1:
        raise refusals.needs_vectors(a.ndim, b.ndim)
    if a._data.dtype != b._data.dtype:
        raise errors.matmul_types(a, b)
    if a._data.shape != b._data.shape:
        raise errors.dot_shapes(a._data.shape, b._data.shape)


def mv(self, vec) -> Tensor:
    """A matrix times a vector."""
    if self.ndim != 2 or vec.ndim != 1:
        raise refusals.matrix_and_vector(self.ndim, vec.ndim)
    return matmul(self, vec)


def mm(self, mat2) -> Tensor:
    """A matrix times a matrix."""
    for name, tensor in (("self", self), ("mat2", mat2)):
        if tensor.ndim != 2:
            raise refusals.factor_dims(name, "a matrix")
    return matmul(self, mat2)


def bmm(self, mat2) -> Tensor:
    """A stack of matrices times a stack of matrices, one by one."""
    _three_dims(self, mat2)
    _check_stacks(self._data, mat2._data)
    return bmm_op(self, mat2)


def _three_dims(batch1, batch2) -> None:
    for name, tensor in (("batch1", batch1), ("batch2", batch2)):
        if tensor.ndim != 3:
            raise refusals.factor_dims(name, "a 3D tensor")


def _check_stacks(a, b) -> None:
    """torch's errors where two stacks of matrices cannot be multiplied one by one."""
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise errors.batch_shapes(a.shape, b.shape)
    if a.dtype != b.dtype:
        raise errors.bmm_types(dtypes.class_name(a), dtypes.class_name(b))


def addmm(self, mat1, mat2, *, beta=1, alpha=1) -> Tensor:
    """`beta * self` plus `alpha` times the product of two matrices."""
    x, a, b = self._data, mat1._data, mat2._data
    for name, mat in (("mat1", a), ("mat2", b)):
        if mat.ndim != 2:
            raise refusals.no_matrix(name, mat.ndim)
    if x.dtype != b.dtype:
        raise refusals.sum_types(dtypes.class_name(x), dtypes.class_name(b))
    if a.dtype != b.dtype:
        raise refusals.factor_types(dtypes.class_name(a), dtypes.class_name(b))
    if a.shape[1] != b.shape[0]:
        raise errors.mat_shapes(a.shape, b.shape)
    if x.shape != b.shape[1:]:
        shape.stretched_size(self, (a.shape[0], b.shape[1]))
    return addmm_op(self, mat1, mat2, beta, alpha)


def addmv(self, mat, vec, *, beta=1, alpha=1) -> Tensor:
    """`beta * self` plus `alpha` times the product of a matrix and a vector."""
    x, a, v = self._data, mat._data, vec._data
    if a.ndim != 2 or v.ndim != 1 or x.ndim > 1:
        raise refusals.no_matrix_and_vector(x.ndim, a.ndim, v.ndim)
    if a.shape[1] != v.shape[0] or x.shape not in ((), (1,), a.shape[:1]):
        raise errors.mat_vec_shapes(x.size, a.shape, v.shape)
    if not x.dtype == a.dtype == v.dtype:
        raise refusals.addmv_types(*map(dtypes.class_name, (x, a, v)))
    return addmv_op(self, mat, vec, beta, alpha)


def addr(self, vec1, vec2, *, beta=1, alpha=1) -> Tensor:
    """`beta * self` plus `alpha` times all products of an element of one vector and one of another.

    The first vector runs down the rows, the second along the columns.
    """
    for name, vec in (("vec1", vec1), ("vec2", vec2)):
        if vec.ndim != 1:
            raise refusals.no_vector(name, vec.ndim)
    shape.stretched_size(self, (vec1._data.size, vec2._data.size))
    return addr_op(self, vec1, vec2, beta, alpha)


def baddbmm(self, batch1, batch2, *, beta=1, alpha=1) -> Tensor:
    """`beta * self` plus `alpha` times the products of two stacks of matrices, one by one."""
    _three_dims(batch1, batch2)
    x, a, b = self._data, batch1._data, batch2._data
    shape.stretched_size(self, (*a.shape[:2], b.shape[2]))
    _check_stacks(a, b)
    if x.dtype != a.dtype:
        raise refusals.stack_types(*(dtypes.class_name(array).lower() for array in (x, a, b)))
    return baddbmm_op(self, batch1, batch2, beta, alpha)


def tensordot(self, other, dims=2) -> Tensor:
    """The sum of products over the last `dims` dimensions of one and the first of the other.

    `dims` may also be two lists: the dimensions of each.
    """
    if isinstance(dims, int):
        if not 0 <= dims <= min(self.ndim, other.ndim):
            raise refusals.tensordot_dims(dims)
        dims = list(range(self.ndim - dims, self.ndim)), list(range(dims))
    ours, theirs = (
        [normal_dim(d, t.ndim) for d in ([ds] if isinstance(ds, int) else ds)]
        for ds, t in zip(dims, (self, other), strict=True)
    )
    for i, j in zip(ours, theirs, strict=True):  # a single number counts for all that it meets
        if self._data.shape[i] == 1:
            other = sum_dim(other, (j,), True).to(other.dtype)
        elif other._data.shape[j] == 1:
            self = sum_dim(self, (i,), True).to(self.dtype)
    a, b = self._data.shape, other._data.shape
    if [a[d] for d in ours] != [b[d] for d in theirs]:
        raise refusals.contraction(a, b, ours, theirs)
    left = [d for d in range(len(a)) if d not in ours]
    right = [d for d in range(len(b)) if d not in theirs]
    k = int(np.prod([a[d] for d in ours]))
    size = (*(a[d] for d in left), *(b[d] for d in right))
    n = int(np.prod([a[d] for d in left]))
    m = int(np.prod([b[d] for d in right]))
    first = shape.reshape(shape.permute(self, (*left, *ours)), (n, k))
    second = shape.reshape(shape.permute(other, (*theirs, *right)), (k, m))
    return shape.reshape(mm_op(first, second), size)


def kron(self, other) -> Tensor:
    """The Kronecker product: a copy of `other` in place of each element, times that element."""
    ndim = max(self.ndim, other.ndim)
    a = (1,) * (ndim - self.ndim) + self._data.shape
    b = (1,) * (ndim - other.ndim) + other._data.shape
    apart = [tuple(n for pair in zip(a, (1,) * ndim, strict=True) for n in pair)]
    apart += [tuple(n for pair in zip((1,) * ndim, b, strict=True) for n in pair)]
    product = mul(shape.unsafe_view(self, apart[0]), shape.unsafe_view(other, apart[1]))
    return shape.unsafe_view(product, tuple(m * n for m, n in zip(a, b, strict=True)))


def multi_dot(tensors) -> Tensor:
    """The product of several matrices, in the order that needs the fewest multiplications."""
    if len(tensors) < 2:
        raise refusals.multi_dot(len(tensors))
    first, *_, last = tensors = list(tensors)
    tensors[0] = first if first.ndim > 1 else shape.unsqueeze(first, 0)
    tensors[-1] = last if last.ndim > 1 else shape.unsqueeze(last, 1)
    sizes = [t._data.shape[0] for t in tensors] + [tensors[-1]._data.shape[1]]
    for a, b in pairwise(tensors):
        if a.ndim != 2 or b.ndim != 2 or a._data.shape[1] != b._data.shape[0]:
            raise errors.mat_shapes(a._data.shape, b._data.shape)
    while len(tensors) > 1:  # the product that takes away the longest inner dimension comes first
        i = max(range(1, len(tensors)), key=sizes.__getitem__)
        tensors[i - 1 : i + 1] = [mm_op(tensors[i - 1], tensors[i])]
        del sizes[i]
    (product,) = tensors
    if last.ndim == 1:
        product = shape.squeeze(product, -1)
    return shape.squeeze(product, 0) if first.ndim == 1 else product


def chain_matmul(*matrices) -> Tensor:
    """`linalg.multi_dot` of the matrices given one by one."""
    return multi_dot(matrices)
