"""Reductions: sum, mean and the like, over all elements or along some dimensions."""

from __future__ import annotations

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor, normal_dim
from .elementwise import nothing, sqrt, where
from .shape import expand_to, expand_back, unsqueeze_all
from .table import op

# fmt: off

sum_all = op("sum", lambda self: np.add.reduce(self, axis=None, dtype=sum_type(self)),
    self=lambda g, self_sizes: expand_to(g, self_sizes))
sum_dim = op("sum", lambda self, dim, keepdim: np.add.reduce(self, axis=dim, keepdims=keepdim, dtype=sum_type(self)), 1,
    self=lambda g, self_sizes, dim, keepdim: expand_back(g, self_sizes, dim, keepdim))
mean_all = op("mean", lambda self: np.add.reduce(self, axis=None) / self.size,
    self=lambda g, self_sizes: expand_to(g / count(self_sizes), self_sizes))
mean_dim = op("mean", lambda self, dim, keepdim: np.add.reduce(self, axis=dim, keepdims=keepdim) / count(self.shape, dim), 1,
    self=lambda g, self_sizes, dim, keepdim: expand_back(g / count(self_sizes, dim), self_sizes, dim, keepdim))

# fmt: on


def sum_type(array):
    """The type that a sum is taken in: integers add up as int64."""
    return None if array.dtype.kind == "f" else np.int64


def count(sizes, dim=None) -> int:
    """How many numbers are reduced to one."""
    n = 1
    for i in range(len(sizes)) if dim is None else dim:
        n *= sizes[i]
    return n


def normal_dims(self, dim) -> tuple[int, ...]:
    """One dimension or several, each counted from 0; none means all."""
    ndim = self._data.ndim
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if not dims:
        return tuple(range(ndim))
    if ndim == 0:
        for d in dims:
            normal_dim(d, 0)
        return ()
    return tuple(normal_dim(d, ndim) for d in dims)


def _converted(self, dtype):
    return self if dtype is None else self.to(dtype)


def sum(self, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The sum of all elements, or along `dim` (one dimension or several).

    >>> import minigrad
    >>> minigrad.ones(2, 3).sum(dim=1)
    tensor([3., 3.])
    """
    self = _converted(self, dtype)
    if dim is None and not keepdim:
        return sum_all(self)
    return sum_dim(self, normal_dims(self, () if dim is None else dim), keepdim)


def mean(self, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The mean of all elements, or along `dim`; of floating point tensors only.

    >>> import minigrad
    >>> minigrad.tensor([1.0, 4.0]).mean()
    tensor(2.5000)
    """
    self = _converted(self, dtype)
    if self._data.dtype.kind != "f":
        raise errors.mean_of_integers(dtypes.class_name(self._data))
    if dim is None and not keepdim:
        return mean_all(self)
    return mean_dim(self, normal_dims(self, () if dim is None else dim), keepdim)
