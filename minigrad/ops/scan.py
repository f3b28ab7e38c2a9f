"""Running sums and products along a dimension."""

from __future__ import annotations

import numpy as np

from ..devices import module_of
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .elementwise import exp, raw, where
from .index import slice_op
from .join import cat
from .rearrange import flip_op
from .reduce import sum_dim, sum_type
from .shape import unsqueeze_op
from .table import op

# fmt: off

cumsum_op = op("cumsum", lambda self, dim: running(np.add, self, dim), rows=True,
    self=lambda g, dim: backwards(g, dim))
cumprod_op = op("cumprod", lambda self, dim: running(np.multiply, self, dim), rows=True,
    self=lambda g, self, dim, result: cumprod_slope(g, self, dim, result))
logcumsumexp_op = op("logcumsumexp", lambda self, dim: running(np.logaddexp, self, dim),
    floating=True, rows=True,
    self=lambda g, self, dim, result: logcumsumexp_slope(g, self, dim, result))

# fmt: on


def running(function, array, dim):
    """A sum, a product ... over the elements up to each place."""
    kind = np.dtype(sum_type(array) or array.dtype)
    if not array.ndim:
        return array.astype(kind)
    if function in (np.add, np.multiply):  # floats in float64, rounded at each place, as in torch
        wide = np.float64 if kind.kind == "f" else kind
        return function.accumulate(array, dim, dtype=wide).astype(kind, copy=False)
    if isinstance(array, np.ndarray):
        return function.accumulate(array, dim, dtype=kind)
    result = array.astype(kind)  # CuPy has no others
    line = np.moveaxis(result, dim, 0)
    for i in range(1, len(line)):
        line[i] = function(line[i - 1], line[i])
    return result


def backwards(g, dim):
    """The running sum from the other end: an element is part of every sum from its place on."""
    return flip_op(cumsum_op(flip_op(g, (dim,)), dim), (dim,)) if g.ndim else g


def cumprod_slope(g, x, dim, result):
    """g times the derivative of the running product."""
    array = raw(x)
    if array.ndim == 0:
        return g
    if array.all():
        return backwards(g * result, dim) / x
    # Division would meet a zero: for each element run the product with that element left out.
    n = array.shape[dim]
    end = (1,) * (array.ndim - dim - 1)
    own = module_of(array).eye(n, dtype=bool).reshape((n, n, *end))
    later = module_of(array).tri(n, dtype=bool).T.reshape((n, n, *end))
    others = cumprod_op(where(own, 1.0, unsqueeze_op(x, dim)), dim + 1)
    return sum_dim(where(later, others * unsqueeze_op(g, dim), 0.0), (dim + 1,), False)


def logcumsumexp_slope(g, x, dim, result):
    """g times the derivative: each element's share of every sum that it is part of."""
    if not x.ndim:
        return g
    n = x.shape[dim]
    later = module_of(raw(x)).tri(n, dtype=bool).T.reshape((n, n) + (1,) * (x.ndim - dim - 1))
    share = unsqueeze_op(x, dim + 1) - unsqueeze_op(result, dim)
    share = exp(where(later, share, -np.inf))
    return sum_dim(share * unsqueeze_op(g, dim), (dim + 1,), False)


def _scan(row, self, dim, dtype):
    """The running result, computed and returned in a type where one is asked for."""
    dim = normal_dim(dim, self._data.ndim)
    return row(self, dim) if dtype is None else row(self.to(dtype), dim).to(dtype)


def cumsum(self, dim, *, dtype=None) -> Tensor:
    """The sum of the elements up to each place along `dim`.

    >>> import minigrad
    >>> minigrad.tensor([1.0, 2.0, 3.0]).cumsum(0)
    tensor([1., 3., 6.])
    """
    return _scan(cumsum_op, self, dim, dtype)


def cumprod(self, dim, *, dtype=None) -> Tensor:
    """The product of the elements up to each place along `dim`."""
    return _scan(cumprod_op, self, dim, dtype)


def logcumsumexp(self, dim) -> Tensor:
    """log(cumsum(exp(self))) along `dim`, without overflow."""
    return logcumsumexp_op(self, normal_dim(dim, self._data.ndim))


def diff(self, n=1, dim=-1, prepend=None, append=None) -> Tensor:
    """The difference of each element and the one before it, `n` times over."""
    if n < 0:
        raise refusals.negative_order(n)
    if n == 0:
        return self
    around = [t for t in (prepend, self, append) if t is not None]
    result = cat(around, dim) if len(around) > 1 else self
    dim = normal_dim(dim, result._data.ndim)
    for _ in range(n):
        length = result._data.shape[dim]
        later = slice_op(result, dim, min(1, length), length, 1)
        before = slice_op(result, dim, 0, max(0, length - 1), 1)
        result = later ^ before if result._data.dtype.kind == "b" else later - before
    return result
