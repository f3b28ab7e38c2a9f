"""Several tensors into one, one into several."""

from __future__ import annotations

import functools
import itertools
from itertools import pairwise

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .elementwise import nothing
from .index import along, slice_op
from .shape import atleast_1d, atleast_2d, atleast_3d, expand_to, reshape, view
from .table import op

# fmt: off

cat_op = op("cat", lambda tensors, dim: np.concatenate(same_type(tensors), axis=dim), rows=True,
    tensors=lambda g, tensors_sizes, dim:
        split_sizes_op(g, [sizes[dim] for sizes in tensors_sizes], dim))
stack_op = op("stack", lambda tensors, dim: np.stack(same_type(tensors), axis=dim), rows=True,
    tensors=lambda g, tensors_sizes, dim: unbind_op(g, dim))
split_op = view("split", lambda self, split_size, dim: parts(self, split_size, dim),
    self=lambda g, self_sizes, split_size, dim:
        cat_op(filled(g, part_sizes(self_sizes, split_size, dim)), dim))
split_sizes_op = view("split_with_sizes",
    lambda self, split_sizes, dim: parts(self, split_sizes, dim),
    self=lambda g, self_sizes, split_sizes, dim:
        cat_op(filled(g, part_sizes(self_sizes, split_sizes, dim)), dim))
unbind_op = view("unbind", lambda self, dim: [self[along(dim, i)] for i in range(self.shape[dim])],
    self=lambda g, self_sizes, dim:
        stack_op(filled(g, [self_sizes[:dim] + self_sizes[dim + 1:]] * self_sizes[dim]), dim))

# fmt: on


def same_type(arrays):
    """Arrays in the one type that torch would compute with."""
    first, *rest = {array.dtype: array for array in arrays}.values()
    kind = first.dtype
    for array in rest:
        kind = dtypes.result_dtype(np.empty(1, kind), np.empty(1, array.dtype))
    return [array.astype(kind, copy=False) for array in arrays] if rest else arrays


def lengths_of(sizes, split, dim):
    """The lengths of the parts: as listed, or all of one length and the last one shorter."""
    if not isinstance(split, int):
        return split
    n = sizes[dim]
    return [min(split, n - start) for start in range(0, n, split)] if n else [0]


def part_sizes(sizes, split, dim):
    """The shapes of the parts."""
    return [(*sizes[:dim], n, *sizes[dim + 1 :]) for n in lengths_of(sizes, split, dim)]


def parts(array, split, dim):
    """Consecutive parts of an array along a dimension."""
    lengths = lengths_of(array.shape, split, dim)
    return np.split(array, list(itertools.accumulate(lengths))[:-1], axis=dim)


def filled(gradients, shapes):
    """The gradients of several outputs, with zeros for outputs that none reached."""
    if not isinstance(gradients, list):  # there is one output only
        return [gradients]
    zero = nothing(next(g for g in gradients if g is not None)).sum()
    return [
        expand_to(zero, shape) if g is None else g
        for g, shape in zip(gradients, shapes, strict=True)
    ]


def cat(tensors, dim=0) -> Tensor:
    """The tensors one after the other along a dimension that they have.

    >>> import minigrad
    >>> minigrad.cat([minigrad.zeros(2), minigrad.ones(1)])
    tensor([0., 0., 1.])
    """
    tensors = _some(tensors, "cat")
    full = [t for t in tensors if t._data.shape != (0,)] or tensors[:1]
    dim = normal_dim(dim, full[0]._data.ndim)
    first = full[0]._data.shape
    if not first:
        raise refusals.cat_scalar()
    for i, tensor in enumerate(full):
        shape = tensor._data.shape
        if len(shape) != len(first):
            raise refusals.cat_dims(len(first), len(shape))
        for d, (m, n) in enumerate(zip(first, shape, strict=True)):
            if m != n and d != dim:
                raise refusals.cat_shapes(dim, m, n, i)
    return cat_op(full, dim)


concat = concatenate = cat


def stack(tensors, dim=0) -> Tensor:
    """The tensors side by side along a new dimension.

    >>> import minigrad
    >>> minigrad.stack([minigrad.zeros(2), minigrad.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    tensors = _some(tensors, "stack")
    shapes = [list(t._data.shape) for t in tensors]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise refusals.stack_shapes(shapes[0], shape, i)
    return stack_op(tensors, normal_dim(dim, len(shapes[0]) + 1))


def _some(tensors, name):
    if not isinstance(tensors, list | tuple):
        raise refusals.no_list(name, errors.type_name(tensors))
    if not tensors:
        raise refusals.nothing_to_cat() if name == "cat" else refusals.no_tensors(name)
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise refusals.list_element(i, 0, errors.type_name(tensor))
    return tensors


def hstack(tensors) -> Tensor:
    """The tensors next to each other: along the columns, vectors along their one dimension."""
    tensors = [atleast_1d(t) for t in _some(tensors, "hstack")]
    return cat(tensors, 0 if tensors[0]._data.ndim == 1 else 1)


def vstack(tensors) -> Tensor:
    """The tensors on top of each other: along the rows; a vector is one row."""
    return cat([atleast_2d(t) for t in _some(tensors, "vstack")], 0)


def dstack(tensors) -> Tensor:
    """The tensors behind each other: along the third dimension."""
    return cat([atleast_3d(t) for t in _some(tensors, "dstack")], 2)


def column_stack(tensors) -> Tensor:
    """The tensors next to each other; a vector is one column."""
    tensors = _some(tensors, "column_stack")
    return hstack([t if t.ndim > 1 else reshape(t, (t._data.size, 1)) for t in tensors])


def split(self, split_size, dim=0) -> tuple[Tensor, ...]:
    """Consecutive parts along `dim`: of one length, or of listed lengths. Views.

    >>> import minigrad
    >>> minigrad.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if self._data.ndim == 0:
        raise refusals.split_scalar("split")
    dim, sizes = normal_dim(dim, self._data.ndim), split_size
    n = self._data.shape[dim]
    if isinstance(sizes, int):
        if sizes < 0:
            raise refusals.negative_split(sizes)
        if sizes == 0 and n:
            raise refusals.empty_split(n)
        return tuple(split_op(self, sizes, dim))
    sizes = list(sizes)
    if functools.reduce(lambda a, b: a + b, sizes, 0) != n or any(size < 0 for size in sizes):
        raise refusals.split_sizes(n, dim, sizes)
    return tuple(split_sizes_op(self, sizes, dim))


split_with_sizes = split


def chunk(self, chunks, dim=0) -> tuple[Tensor, ...]:
    """At most `chunks` parts of equal length along `dim`; the last one may be shorter. Views."""
    if self._data.ndim == 0:
        raise refusals.split_scalar("chunk")
    if chunks <= 0:
        raise refusals.no_chunks("chunk expects `chunks` to be greater than 0", chunks)
    n = self._data.shape[normal_dim(dim, self._data.ndim)]
    return split(self, -(-n // chunks), dim) if n else split(self, [0] * chunks, dim)


def tensor_split(self, indices_or_sections, dim=0) -> tuple[Tensor, ...]:
    """Parts along `dim`: so many of nearly equal length, or cut at these indices. Views."""
    cuts = indices_or_sections
    if isinstance(cuts, Tensor):
        cuts = cuts.tolist()
    if self._data.ndim == 0:
        raise refusals.split_scalar("tensor_split")
    dim = normal_dim(dim, self._data.ndim)
    n = self._data.shape[dim]
    if isinstance(cuts, int):
        if cuts <= 0:
            raise refusals.no_chunks("number of sections must be larger than 0", cuts)
        small, more = divmod(n, cuts)
        cuts = [i * small + min(i, more) for i in range(1, cuts)]
    ends = [slice(None, c).indices(n)[1] for c in cuts]
    return tuple(
        slice_op(self, dim, start, max(start, end), 1) for start, end in pairwise([0, *ends, n])
    )


def unbind(self, dim=0) -> tuple[Tensor, ...]:
    """The parts at each index of a dimension, which is gone in them. Views."""
    if self._data.ndim == 0:
        raise refusals.unbind_scalar()
    return tuple(unbind_op(self, normal_dim(dim, self._data.ndim)))
