"""Reading and writing at indices that are tensors: gather, scatter, index_select, masks."""

from __future__ import annotations

import numpy as np

from ..devices import is_array, module_of
from ..dtypes import number
from ..memory import copied, row_by_row, without_repeats
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .compare import plain
from .elementwise import raw, where
from .index import (
    along,
    increased,
    index_backward,
    index_op,
    index_put_op,
    replaced,
    slice_op,
)
from .select import select
from .shape import common_shape, expand, reshape
from .table import no_derivative, op

# fmt: off

gather_op = op("gather", lambda self, dim, index: self[mesh(dim, index)], rows=True,
    inert=("index",),
    self =lambda g, self_sizes, dim, index: index_backward(g, self_sizes, mesh(dim, index)))
scatter_op = op("scatter", lambda self, dim, index, src: written(self, dim, index, src),
    inert=("index",),
    self =lambda g, dim, index: scatter_number(g, dim, index, 0.0),
    src  =lambda g, dim, index: gather_op(g, dim, index))
scatter_number = op("scatter", lambda self, dim, index, value: written(self, dim, index, value), 1,
    inert=("index",),
    self =lambda g, dim, index: scatter_number(g, dim, index, 0.0))
scatter_reduced = no_derivative("scatter", lambda self, dim, index, src, reduce:
        combined(self, dim, index, src, reduce), inert=("index",))
scatter_add_op = op("scatter_add", lambda self, dim, index, src:
        increased(row_by_row(self), mesh(dim, index), _part(src, index)),
    inert=("index",),
    self =lambda g: g,
    src  =lambda g, dim, index: gather_op(g, dim, index))

index_select_op = op("index_select",
    lambda self, dim, index: without_repeats(self)[along(dim, flat(index))],
    inert=("index",),
    self =lambda g, self_sizes, dim, index:
        index_backward(g, self_sizes, along(dim, flat(index))))
index_add_op = op("index_add",
    lambda self, dim, index, source, alpha:
        increased(self, along(dim, flat(index)), source * alpha),
    inert=("index",),
    self  =lambda g: g,
    source=lambda g, source_sizes, dim, index, alpha:
        index_select_op(g, dim, index).reshape(source_sizes) * alpha)
index_copy_op = op("index_copy",
    lambda self, dim, index, source: replaced(self, along(dim, flat(index)), source),
    inert=("index",),
    self  =lambda g, dim, index: index_fill_number(g, dim, index, 0.0),
    source=lambda g, source_sizes, dim, index:
        index_select_op(g, dim, index).reshape(source_sizes))
index_fill_number = op("index_fill",
    lambda self, dim, index, value: replaced(self, along(dim, flat(index)), value),
    inert=("index",),
    self  =lambda g, dim, index: index_fill_number(g, dim, index, 0.0))
index_fill_tensor = op("index_fill",
    lambda self, dim, index, value: replaced(self, along(dim, flat(index)), value), 1,
    inert=("index",),
    self  =lambda g, dim, index: index_fill_number(g, dim, index, 0.0),
    value =lambda g, dim, index: index_select_op(g, dim, np.unique(raw(index))).sum())

masked_fill_number = op("masked_fill", lambda self, mask, value: filled(self, mask, value),
    inert=("mask",), rows=True,
    self =lambda g, mask: where(mask, 0.0, g))
masked_fill_tensor = op("masked_fill", lambda self, mask, value: filled(self, mask, value), 1,
    inert=("mask",), rows=True,
    self =lambda g, mask: where(mask, 0.0, g),
    value=lambda g, mask: where(mask, g, 0.0))
masked_select_op = op("masked_select",
    lambda self, mask: np.broadcast_to(self, mask.shape)[mask], inert=("mask",),
    self =lambda g, mask: index_backward(g, mask.shape, (raw(mask),)))
masked_scatter_op = op("masked_scatter", lambda self, mask, source: poured(self, mask, source),
    inert=("mask",),
    self  =lambda g, mask: where(mask, 0.0, g),
    source=lambda g, source_sizes, mask: drained(g, source_sizes, mask))
take_op = op("take", lambda self, index: self.reshape(-1)[index],
    inert=("index",),
    self =lambda g, self_sizes, index:
        index_backward(g, (int(np.prod(self_sizes)),), (raw(index),)).reshape(self_sizes))

# fmt: on


_REDUCE = {"add": np.add, "multiply": np.multiply}


def mesh(dim, index) -> tuple:
    """The NumPy indices that read, at each place, the element that `index` names along `dim`."""
    index = raw(index)
    places = np.ogrid[tuple(slice(n) for n in index.shape)]
    return (*places[:dim], index, *places[dim + 1 :]) if index.ndim else ()


def flat(index):
    """An index along one dimension: a number counts as a list of one."""
    return raw(index).reshape(-1)


def _part(src, index):
    """What belongs to the index: `src` may be larger."""
    return src[tuple(slice(n) for n in index.shape)] if np.ndim(src) else src


def _as_type_of(array, value):
    """A value, which may be a number, in the type of an array."""
    return value.astype(array.dtype) if is_array(value) else number(value, array.dtype)


def written(array, dim, index, src):
    """A copy with `src` at the indices."""
    array = copied(array)
    array[mesh(dim, index)] = _part(src, index)
    return array


def combined(array, dim, index, src, reduce):
    """A copy with `src` added to, or multiplied with, what is at the indices."""
    array = copied(array)
    values = _part(_as_type_of(array, src), index)
    getattr(module_of(array), _REDUCE[reduce].__name__).at(array, mesh(dim, index), values)
    return array


def filled(array, mask, value):
    """A copy, stretched to the mask, with one value where the mask is true."""
    return select(mask, _as_type_of(array, value), array)


def poured(array, mask, source):
    """A copy that takes the elements of `source`, in order, where the mask is true."""
    array, mask = (a.copy() for a in np.broadcast_arrays(array, mask))
    array[mask] = source.reshape(-1)[: mask.sum()]
    return array


def drained(g, sizes, mask):
    """The gradient of `source` in masked_scatter: zero for the elements that were not used."""
    mask = raw(mask)
    used = index_op(g, (np.broadcast_to(mask, g.shape),))
    n = used.shape[0]
    return index_backward(used, (int(np.prod(sizes)),), (slice(n),)).reshape(sizes)


def _index(self, index, dim, name):
    """`dim` counted from 0, after a check of the indices along it."""
    dim = normal_dim(dim, self._data.ndim)
    if index._data.dtype.kind not in "iu":
        raise refusals.index_type(name, " or " if name == "index_select" else "/")
    n = self._data.shape[dim] if self._data.ndim else 1
    wrong = _outside(index._data, 0, n)
    if wrong is None:
        return dim
    if name == "index_select":
        raise refusals.row_bounds()
    refusal = refusals.copy_bounds if name == "index_copy" else refusals.gather_bounds
    raise refusal(wrong, dim, n)


def _outside(index, low, high):
    """The first number that is not between two bounds, or None."""
    if not index.size or (index.min() >= low and index.max() < high):
        return None
    return int(index[(index < low) | (index >= high)].flat[0])


def _same_ndim(name, index, **others):
    for role, other in others.items():
        if max(1, index._data.ndim) != max(1, other._data.ndim) and index._data.size:
            raise refusals.index_dims(role, name)


def gather(self, dim, index) -> Tensor:
    """The elements that `index` names along `dim`, one for each element of `index`.

    >>> import minigrad
    >>> x = minigrad.tensor([[1, 2], [3, 4]])
    >>> x.gather(1, minigrad.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    _same_ndim("gather", index, input=self)
    if not self._data.ndim and index._data.ndim:
        self = reshape(self, 1)
    dim = _index(self, index, dim, "gather")
    if not index._data.size:
        return reshape(slice_op(reshape(self, -1), 0, 0, 0, 1), index._data.shape)
    return gather_op(self, dim, index)


def scatter(self, dim, index, src=None, *, value=None, reduce=None) -> Tensor:
    """A copy with `src` (a tensor or a number) written where `index` points along `dim`."""
    src = value if src is None else src
    dim = _index(self, index, dim, "scatter")
    if isinstance(src, Tensor):
        _scatter_fits("scatter", self, dim, index, src)
    else:
        _same_ndim("scatter", index, self=self)
    if reduce is not None:
        if reduce not in _REDUCE:
            raise refusals.scatter_reduce()
        return scatter_reduced(self, dim, index, src, reduce)
    return (scatter_op if isinstance(src, Tensor) else scatter_number)(self, dim, index, src)


def scatter_add(self, dim, index, src) -> Tensor:
    """A copy with `src` added where `index` points along `dim`."""
    dim = _index(self, index, dim, "scatter_add")
    _scatter_fits("scatter_add", self, dim, index, src)
    return scatter_add_op(self, dim, index, src)


def _scatter_fits(name, self, dim, index, src):
    _same_ndim(name, index, self=self, src=src)
    if self._data.dtype != src._data.dtype:
        raise refusals.same_dtype(f"{name}(): Expected self.dtype to be equal to src.dtype")
    for d, n in enumerate(index._data.shape):
        fits = n <= src._data.shape[d] and (d == dim or n <= self._data.shape[d])
        if self._data.ndim and not fits:
            raise refusals.scatter_shape(index.shape, self.shape, dim, src.shape)


def index_select(self, dim, index) -> Tensor:
    """The slices along `dim` that a vector of indices names."""
    if index._data.ndim > 1:
        raise refusals.vector_index("index_select")
    dim = _index(self, index, dim, "index_select")
    return _along(index_select_op, self, dim, index)


def index_add(self, dim, index, source, *, alpha=1) -> Tensor:
    """A copy with the slices of `source` added at the indices along `dim`."""
    dim = _fitting(self, dim, index, source, "index_add")
    return _along(index_add_op, self, dim, index, source, alpha)


def index_copy(self, dim, index, source) -> Tensor:
    """A copy with the slices of `source` written at the indices along `dim`."""
    dim = _fitting(self, dim, index, source, "index_copy")
    return _along(index_copy_op, self, dim, index, source)


def _along(row, self, dim, index, *others):
    """Apply a row along a dimension; a number is for this a vector of one."""
    if self._data.ndim:
        return row(self, dim, index, *others)
    first, *rest = others or (None,)
    if isinstance(first, Tensor) and row is not index_fill_tensor:
        first = reshape(first, 1)
    return reshape(row(reshape(self, 1), 0, index, *([first, *rest] if others else [])), ())


def _fitting(self, dim, index, source, name):
    if index._data.ndim > 1:
        raise refusals.vector_index(name)
    if self._data.dtype != source._data.dtype:
        raise refusals.same_dtype(f"{name}: self and source expected to have the same dtype")
    dim = _index(self, index, dim, name)
    n = index._data.size
    if self._data.ndim != source._data.ndim and self._data.ndim and source._data.ndim:
        raise refusals.source_shape(self.shape, source.shape)
    slices = source._data.shape[dim] if source._data.ndim else 1
    if slices != n:
        raise refusals.index_count(name, n, slices, dim)
    return dim


def index_put(self, indices, values, accumulate=False) -> Tensor:
    """A copy with `values` written, or added, where a tuple of index tensors points."""
    return index_put_op(self, tuple(index._data for index in indices), values, accumulate)


def index_fill(self, dim, index, value) -> Tensor:
    """A copy with one value in the slices that a vector of indices names."""
    if index._data.ndim > 1:
        raise refusals.vector_index("index_fill")
    dim = normal_dim(dim, self._data.ndim)
    n = self._data.shape[dim] if self._data.ndim else 1
    if (wrong := _outside(index._data, -n, n)) is not None:
        raise refusals.index_bounds(wrong, dim, n)
    row = index_fill_number
    if isinstance(value, Tensor):
        if value._data.ndim:
            raise refusals.scalar_value("index_fill_", value._data.ndim)
        row = index_fill_tensor
    return _along(row, self, dim, index, value)


def masked_fill(self, mask, value) -> Tensor:
    """A copy with one value where `mask` is true.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, -2.0])
    >>> x.masked_fill(x < 0, 0)
    tensor([1., 0.])
    """
    _bool_mask(mask, "masked_fill")
    if isinstance(value, Tensor):
        if value._data.ndim:
            raise refusals.scalar_value("masked_fill_", value._data.ndim)
        return masked_fill_tensor(self, mask, value)
    return masked_fill_number(self, mask, value)


def masked_select(self, mask) -> Tensor:
    """The elements where `mask` is true, as a vector."""
    if mask._data.dtype.kind != "b":
        raise refusals.select_mask()
    size = common_shape((self, mask))
    return masked_select_op(self, plain(np.broadcast_to(mask._data, size)))


def masked_scatter(self, mask, source) -> Tensor:
    """A copy that takes the elements of `source`, in order, where `mask` is true."""
    _bool_mask(mask, "masked_scatter")
    if self._data.dtype != source._data.dtype:
        raise refusals.same_dtype("masked_scatter: expected self and source to have same dtypes")
    if np.broadcast_to(mask._data, common_shape((self, mask))).sum() > source._data.size:
        raise refusals.too_few("masked_scatter")
    return masked_scatter_op(self, mask, source)


def _bool_mask(mask, name):
    if mask._data.dtype != np.bool_:
        raise refusals.mask_type(name)


def take(self, index) -> Tensor:
    """The elements at these places of the flattened tensor."""
    if index._data.dtype.kind not in "iu":
        raise refusals.index_type("take", "/")
    n = self._data.size
    if (wrong := _outside(index._data, -n, n)) is not None:
        raise refusals.take_bounds(wrong, n)
    return take_op(self, index)


def take_along_dim(self, indices, dim=None) -> Tensor:
    """`gather` whose shapes are stretched to fit; without `dim` on the flattened tensor."""
    if indices._data.dtype != np.int64:
        raise refusals.index_type("take_along_dim", "/")
    if dim is None:
        return gather(reshape(self, -1), 0, reshape(indices, -1))
    if self._data.ndim != indices._data.ndim:
        raise refusals.index_dims("input", "take_along_dim")
    dim = normal_dim(dim, self._data.ndim)
    n = self._data.shape[dim]
    indices = plain(np.where(indices._data < 0, indices._data + n, indices._data))
    shape, places = list(self._data.shape), list(indices._data.shape)
    shape[dim] = places[dim] = 1
    size = list(np.broadcast_shapes(tuple(shape), tuple(places)))
    self_size, index_size = size.copy(), size.copy()
    self_size[dim], index_size[dim] = self._data.shape[dim], indices._data.shape[dim]
    return gather(expand(self, self_size), dim, expand(indices, index_size))


def nonzero(self, *, as_tuple=False):
    """The indices of the elements that are not zero: one row each, or one vector a dimension."""
    if as_tuple:
        return tuple(plain(places) for places in np.nonzero(np.atleast_1d(self._data)))
    return plain(np.argwhere(self._data))


def argwhere(self) -> Tensor:
    """The indices of the elements that are not zero, one row each."""
    return nonzero(self)
