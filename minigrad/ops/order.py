"""Choosing by size: max and min along a dimension, sort, topk, median; and counting.

Each finds the indices first; then one operation reads the elements there, and its gradient goes
back to the places that were read.
"""

from __future__ import annotations

import functools
from operator import itemgetter

import numpy as np

from .. import dtypes
from ..devices import module_of
from ..memory import made_like, row_by_row, zeros
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .compare import plain
from .elementwise import maximum, minimum
from .gather import mesh
from .index import index_backward
from .reduce import aminmax_op, max_all, min_all, normal_dims
from .scan import running
from .shape import unsqueeze_all
from .table import no_derivative, op


def chooser(name, digit=0):
    """Declare an operation that reads the elements at `indices` along `dim`."""
    return op(
        name,
        lambda self, dim, keepdim, indices: read(self, dim, keepdim, indices),
        digit,
        inert=("indices",),
        self=lambda g, self_sizes, dim, keepdim, indices: index_backward(
            lined_up(g, dim, keepdim), self_sizes, mesh(dim, lined_up(indices, dim, keepdim))
        ),
    )


max_dim, min_dim, median_dim = chooser("max"), chooser("min"), chooser("median", 1)
kthvalue_op, mode_op, topk_op = chooser("kthvalue"), chooser("mode"), chooser("topk")
sort_op, stable_sort_op = chooser("sort"), chooser("sort", 1)
cummax_op, cummin_op = chooser("cummax"), chooser("cummin")
median_all = op(
    "median",
    lambda self, indices: self[indices],
    self=lambda g, self_sizes, indices: index_backward(g, self_sizes, indices),
)


def read(array, dim, keepdim, indices):
    """The elements at `indices` along `dim`."""
    indices = lined_up(indices, dim, keepdim)
    part = array[mesh(dim, indices)]
    return part if keepdim else part.squeeze(dim)


def lined_up(x, dim, keepdim):
    """With the dimension put back that was left out where not `keepdim`."""
    return x if keepdim else unsqueeze_all(x, (dim,), x.ndim + 1)


@functools.cache
def result_type(name: str) -> type:
    """A tuple with names for its parts, that prints as torch's return types do."""
    fields = ("min", "max") if name == "aminmax" else ("values", "indices")

    def text(self):
        parts = (f"{field}={value!r}" for field, value in zip(fields, self, strict=True))
        return f"minigrad.return_types.{name}(\n" + ",\n".join(parts) + ")"

    parts = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    return type(name, (tuple,), {"__slots__": (), "__repr__": text, **parts})


def _chosen(row, self, dim, keepdim, indices):
    """(values, indices) as a named tuple; `indices` is an array that still has `dim`."""
    keepdim = keepdim or self._data.ndim == 0
    indices = plain(indices if keepdim else indices.squeeze(dim))
    return result_type(row.__name__)((row(self, dim, keepdim, indices), indices))


def _normal(self, dim, name):
    """The dimension counted from 0, and the numbers with at least one dimension to search along."""
    dim = normal_dim(dim, self._data.ndim)
    array = np.atleast_1d(self._data)
    if array.shape[dim] == 0:
        raise refusals.no_largest_along(name, dim)
    return dim, array


def _shaped(indices, self):
    return indices.reshape(()) if self._data.ndim == 0 else indices


def _extreme(self, dim, keepdim, whole, pair, row, argument):
    if dim is None:
        if self._data.size == 0:
            raise refusals.no_largest(row.__name__)
        return whole(self)
    if isinstance(dim, Tensor):
        return pair(self, dim)
    dim, array = _normal(self, dim, row.__name__)
    return _chosen(row, self, dim, keepdim, _shaped(argument(array, dim, keepdims=True), self))


def max(self, dim=None, keepdim=False, *, other=None):
    """The largest element; along `dim` the pair (values, indices); of two tensors `maximum`.

    >>> import minigrad
    >>> minigrad.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
    minigrad.return_types.max(
    values=tensor([5., 7.]),
    indices=tensor([1, 0]))
    """
    dim = dim if other is None else other
    return _extreme(self, dim, keepdim, max_all, maximum, max_dim, np.argmax)


def min(self, dim=None, keepdim=False, *, other=None):
    """The smallest element; along `dim` the pair (values, indices); of two tensors `minimum`."""
    dim = dim if other is None else other
    return _extreme(self, dim, keepdim, min_all, minimum, min_dim, np.argmin)


def aminmax(self, *, dim=None, keepdim=False):
    """The smallest and the largest element, of all or along `dim`."""
    if dim is not None:
        dim, _ = _normal(self, dim, "aminmax")
    elif not self._data.size:
        raise refusals.no_extremes()
    dims = () if dim is None else (dim,)
    return result_type("aminmax")(aminmax_op(self, normal_dims(self, dims), keepdim))


def argsort(self, dim=-1, descending=False, stable=False) -> Tensor:
    """The indices that sort the elements along `dim`."""
    return plain(_shaped(_order(*_sortable(self, dim), descending), self))


def _sortable(self, dim):
    return np.atleast_1d(self._data), normal_dim(dim, self._data.ndim)


def _order(array, dim, descending):
    """The indices that sort an array; equal elements keep their order, nan counts as largest."""
    if not descending:
        indices = np.argsort(array, axis=dim, kind="stable")
    else:
        backwards = np.argsort(np.flip(array, dim), axis=dim, kind="stable")
        indices = array.shape[dim] - 1 - np.flip(backwards, dim)
    result = made_like(array, lambda shape: zeros(shape, array, np.int64))
    result[...] = indices
    return result


def sort(self, dim=-1, descending=False, stable=None):
    """The elements in order along `dim`, and their indices in `self`.

    >>> import minigrad
    >>> minigrad.tensor([3.0, 1.0, 2.0]).sort().indices
    tensor([1, 2, 0])
    """
    dim = normal_dim(dim, self._data.ndim)
    row = sort_op if stable is None else stable_sort_op
    return _chosen(row, self, dim, True, argsort(self, dim, descending)._data)


def msort(self) -> Tensor:
    """The rows in order: sorted along the first dimension."""
    return sort(self, 0).values


def topk(self, k, dim=-1, largest=True, sorted=True):
    """The `k` largest elements along `dim`, the largest first, and their indices."""
    dim = normal_dim(dim, self._data.ndim)
    if self._data.dtype.kind == "b":
        raise refusals.topk_of_bools()
    if not 0 <= k <= (self._data.shape[dim] if self._data.ndim else 1):
        raise refusals.topk_range()
    order = argsort(self, dim, largest)._data
    if self._data.ndim:
        order = np.take(order, range(k), axis=dim)
    return _chosen(topk_op, self, dim, True, order)


def kthvalue(self, k, dim=-1, keepdim=False):
    """The k-th smallest element along `dim` and its index; k counts from 1."""
    dim, array = _normal(self, dim, "kthvalue")
    if array.dtype.kind == "b":
        raise refusals.no_kernel("kthvalue_cpu", "Bool")
    if not 1 <= k <= array.shape[dim]:
        raise refusals.kth_range(dim)
    indices = np.take(_order(array, dim, False), [k - 1], axis=dim)
    return _chosen(kthvalue_op, self, dim, keepdim, _shaped(indices, self))


def median(self, dim=None, keepdim=False):
    """The middle element, the lower one of two; along `dim` the pair (values, indices)."""
    if dim is None:
        flat = self._data.reshape(-1)
        if not flat.size:
            return plain(flat.dtype.type(np.nan))
        place = _middle(flat, 0)
        return median_all(self, np.unravel_index(int(place.item()), self._data.shape))
    dim, array = _normal(self, dim, "median")
    return _chosen(median_dim, self, dim, keepdim, _shaped(_middle(array, dim), self))


def _middle(array, dim):
    """The index of the median along a dimension: of a nan where there is one."""
    if array.dtype.kind == "b":
        raise refusals.no_kernel("median_cpu", "Bool")
    middle = np.take(_order(array, dim, False), [(array.shape[dim] - 1) // 2], axis=dim)
    missing = np.isnan(array)
    return np.where(missing.any(dim, keepdims=True), missing.argmax(dim, keepdims=True), middle)


def mode(self, dim=-1, keepdim=False):
    """The most frequent element along `dim` (of several the smallest), and its last index."""
    dim, array = _normal(self, dim, "mode")
    same = np.expand_dims(array, dim) == np.expand_dims(array, dim + 1)
    counts = same.sum(dim)
    best = np.where(counts == counts.max(dim, keepdims=True), array, np.inf)
    values = best.min(dim, keepdims=True)
    last = np.flip(array == values, dim).argmax(dim, keepdims=True)
    indices = array.shape[dim] - 1 - last
    return _chosen(mode_op, self, dim, keepdim, _shaped(indices, self))


def cummax(self, dim):
    """The largest element so far along `dim`, and the index of its last occurrence."""
    return _so_far(cummax_op, self, dim, np.maximum, np.greater_equal)


def cummin(self, dim):
    """The smallest element so far along `dim`, and the index of its last occurrence."""
    return _so_far(cummin_op, self, dim, np.minimum, np.less_equal)


def _so_far(row, self, dim, extreme, reaches):
    dim = normal_dim(dim, self._data.ndim)
    array = np.atleast_1d(self._data)
    best = running(extreme, array, dim)
    places = module_of(array).arange(array.shape[dim])
    places = places.reshape((-1,) + (1,) * (array.ndim - dim - 1))
    new = reaches(array, best) | np.isnan(array)
    indices = running(np.maximum, row_by_row(np.where(new, places, 0)), dim)
    return _chosen(row, self, dim, True, _shaped(indices, self))


# --- counting: which values there are, and how often ----------------------------------------------

unique_op = no_derivative("_unique2", lambda self, values: values)


def unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different elements in order, or the different slices along `dim`.

    With `return_inverse` also the index at which each element is found, with `return_counts` how
    often each occurs. (They are in order, whatever `sorted` is, as on torch's CPU.)

    >>> import minigrad
    >>> minigrad.tensor([3, 1, 1]).unique(return_counts=True)
    (tensor([1, 3]), tensor([2, 1]))
    """
    dim = dim if dim is None else normal_dim(dim, self._data.ndim)
    values, inverse, counts = np.unique(
        self._data, return_inverse=True, return_counts=True, axis=dim, equal_nan=False
    )
    answers = [unique_op(self, values)]
    if return_inverse:
        answers.append(plain(inverse.reshape(self._data.shape if dim is None else -1)))
    if return_counts:
        answers.append(plain(counts))
    return tuple(answers) if len(answers) > 1 else answers[0]


def bincount(self, weights=None, minlength=0) -> Tensor:
    """How often 0, 1, 2 ... occur in a vector; with `weights`, the sum of theirs.

    >>> import minigrad
    >>> minigrad.tensor([0, 3, 3]).bincount()
    tensor([1, 0, 0, 2])
    """
    array = self._data
    if array.dtype.kind not in "iu":
        raise refusals.no_kernel("bincount_cpu", dtypes.class_name(array))
    if minlength < 0:
        raise refusals.negative_minlength()
    if array.ndim != 1 or (array < 0).any():
        raise refusals.no_counts()
    if weights is None:
        return plain(np.bincount(array, minlength=minlength))
    if weights._data.shape != array.shape:
        raise refusals.count_weights()
    kind = np.float32 if weights._data.dtype == np.float32 else np.float64
    return plain(np.bincount(array, weights._data, minlength).astype(kind))
