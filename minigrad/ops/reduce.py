"""Reductions: many numbers become one, over all elements or along some dimensions."""

from __future__ import annotations

import warnings

import numpy as np

from .. import dtypes, errors
from ..devices import module_of
from ..memory import row_by_row
from ..tensor import Tensor
from ..values import normal_dim
from . import refusals
from .compare import plain
from .elementwise import beside, exp, nothing, raw, sign, where
from .shape import expand_back, expand_to, unsqueeze_all, unsqueeze_op
from .table import op

# fmt: off

# --- sums and means -------------------------------------------------------------------------------

sum_all = op("sum", lambda self: np.add.reduce(self, axis=None, dtype=sum_type(self)),
    self=lambda g, self_sizes: expand_to(g, self_sizes))
sum_dim = op("sum", lambda self, dim, keepdim: summed(self, dim, keepdim), 1, rows=True,
    self=lambda g, self_sizes, dim, keepdim: expand_back(g, self_sizes, dim, keepdim))
mean_all = op("mean", lambda self: np.add.reduce(self, axis=None) / self.size,
    self=lambda g, self_sizes: expand_to(g / count(self_sizes), self_sizes))
mean_dim = op("mean",
    lambda self, dim, keepdim: summed(self, dim, keepdim) / count(self.shape, dim), 1, rows=True,
    self=lambda g, self_sizes, dim, keepdim:
        expand_back(g / count(self_sizes, dim), self_sizes, dim, keepdim))
nansum_op = op("nansum", lambda self, dim, keepdim: np.nansum(self, dim, keepdims=keepdim),
    rows=True,
    self=lambda g, self, dim, keepdim: kept(g, self, dim, keepdim) * (self == self))

# --- spread ---------------------------------------------------------------------------------------

var_op = op("var", lambda self, dim, correction, keepdim: spread(self, dim, correction, keepdim),
    rows=True,
    self=lambda g, self, dim, correction, keepdim: var_slope(g, self, dim, correction, keepdim))
std_op = op("std",
    lambda self, dim, correction, keepdim: spread(self, dim, correction, keepdim, np.sqrt),
    rows=True,
    self=lambda g, self, dim, correction, keepdim, result:
        std_slope(g, self, dim, correction, keepdim, result))
var_mean_op = op("var_mean", lambda self, dim, correction, keepdim:
        [spread(self, dim, correction, keepdim), mean_dim(self, dim, keepdim)],
    self=lambda g, self, dim, correction, keepdim: together(
        g, lambda g: var_slope(g, self, dim, correction, keepdim),
        lambda g: mean_slope(g, self, dim, keepdim)))
std_mean_op = op("std_mean", lambda self, dim, correction, keepdim:
        [spread(self, dim, correction, keepdim, np.sqrt), mean_dim(self, dim, keepdim)],
    self=lambda g, self, dim, correction, keepdim: together(
        g, lambda g: std_slope(
            g, self, dim, correction, keepdim, std_op(self, dim, correction, keepdim)),
        lambda g: mean_slope(g, self, dim, keepdim)))

# --- extremes: equal ones share the gradient ------------------------------------------------------

max_all = op("max", lambda self: np.max(self), 1,
    self=lambda g, self, result: shared(g, self == result, everywhere(self)))
min_all = op("min", lambda self: np.min(self), 1,
    self=lambda g, self, result: shared(g, self == result, everywhere(self)))
amax_op = op("amax", lambda self, dim, keepdim: np.max(self, dim, keepdims=keepdim),
    rows=True,
    self=lambda g, self, dim, keepdim, result: extreme_slope(g, self, result, dim, keepdim))
amin_op = op("amin", lambda self, dim, keepdim: np.min(self, dim, keepdims=keepdim),
    rows=True,
    self=lambda g, self, dim, keepdim, result: extreme_slope(g, self, result, dim, keepdim))
aminmax_op = op("aminmax", lambda self, dim, keepdim:
        [np.min(self, dim, keepdims=keepdim), np.max(self, dim, keepdims=keepdim)],
    self=lambda g, self, dim, keepdim: together(
        g, lambda g: extreme_slope(
            g, self, beside(self, np.min(raw(self), dim, keepdims=keepdim)), dim, keepdim),
        lambda g: extreme_slope(
            g, self, beside(self, np.max(raw(self), dim, keepdims=keepdim)), dim, keepdim)))

# --- products, logarithms of sums, norms ----------------------------------------------------------

prod_all = op("prod", lambda self: np.prod(self, dtype=sum_type(self)),
    self=lambda g, self, result: g * others_product(self, result, everywhere(self)))
prod_dim = op("prod", lambda self, dim, keepdim:
        np.prod(self, dim, keepdims=keepdim, dtype=sum_type(self)), 1, rows=True,
    self=lambda g, self, dim, keepdim, result: kept(g, self, (dim,), keepdim)
        * others_product(self, kept(result, self, (dim,), keepdim), (dim,)))
logsumexp_op = op("logsumexp", lambda self, dim, keepdim: log_of_sum(self, dim, keepdim),
    floating=True, rows=True,
    self=lambda g, self, dim, keepdim, result:
        kept(g, self, dim, keepdim) * exp(self - kept(finite(result), self, dim, keepdim)))
norm_op = op("linalg_vector_norm", lambda self, ord, dim, keepdim: length(self, ord, dim, keepdim),
    rows=True,
    self=lambda g, self, ord, dim, keepdim, result: norm_slope(
        kept(g, self, dim, keepdim), self, kept(result, self, dim, keepdim), ord, dim))
dist_op = op("dist",
    lambda self, other, p: length(np.subtract(*dtypes.promote(self, other)), p, None, False),
    self =lambda g, self, other, p, result: norm_slope(g, self - other, result, p),
    other=lambda g, self, other, p, result: norm_slope(-g, self - other, result, p))

# fmt: on


def sum_type(array):
    """The type that a sum is taken in: integers add up as int64."""
    return None if array.dtype.kind == "f" else np.int64


def summed(array, dim, keepdim):
    """The sum of an array along some dimensions."""
    return np.add.reduce(array, axis=dim, keepdims=keepdim, dtype=sum_type(array))


def count(sizes, dim=None) -> int:
    """How many numbers are reduced to one."""
    n = 1
    for i in range(len(sizes)) if dim is None else dim:
        n *= sizes[i]
    return n


def everywhere(array) -> tuple[int, ...]:
    """All dimensions."""
    return tuple(range(array.ndim))


def kept(value, whole, dim, keepdim):
    """The result of a reduction, or its gradient, with the reduced dimensions put back."""
    return value if keepdim else unsqueeze_all(value, dim, whole.ndim)


def deviation(x, dim):
    """How far each element is from the mean."""
    return x - mean_dim(x, dim, True)


def freedom(x, dim, correction):
    """The divisor of a variance: the elements, less those that the mean has used up."""
    return np.maximum(0.0, count(x.shape, dim) - correction).astype(raw(x).dtype)[()]


def spread(x, dim, correction, keepdim, root=None):
    """The variance of an array or, with `root`, its root: in float64, rounded once, as in torch."""
    mean = np.add.reduce(x, axis=dim, keepdims=True, dtype=np.float64) / count(x.shape, dim)
    apart = np.subtract(x, mean, dtype=np.float64)
    apart *= apart
    variance = np.add.reduce(apart, axis=dim, keepdims=keepdim) / freedom(x, dim, correction)
    return (variance if root is None else root(variance)).astype(x.dtype)


def var_slope(g, x, dim, correction, keepdim):
    """g times the derivative of a variance."""
    return kept(g, x, dim, keepdim) * deviation(x, dim) * (2 / freedom(x, dim, correction))


def std_slope(g, x, dim, correction, keepdim, std):
    """g times the derivative of a standard deviation; zero where it is."""
    g = kept(where(std == 0, 0.0, g / std), x, dim, keepdim)
    return g * deviation(x, dim) * (1 / freedom(x, dim, correction))


def mean_slope(g, x, dim, keepdim):
    """g times the derivative of a mean."""
    return expand_back(g / count(x.shape, dim), x.shape, dim, keepdim)


def extreme_slope(g, x, extreme, dim, keepdim):
    """g times the derivative of the largest or smallest element."""
    return shared(kept(g, x, dim, keepdim), x == kept(extreme, x, dim, keepdim), dim)


def together(gradients, *slopes):
    """The sum of what the outputs of one operation send back; None where nothing arrived."""
    first, *rest = [f(g) for f, g in zip(slopes, gradients, strict=True) if g is not None]
    return first + rest[0] if rest else first


def shared(g, mask, dim):
    """g in equal parts where the mask is true."""
    return g * mask / sum_dim(mask, dim, True)


def others_product(x, product, dim):
    """For each element the product of all the others along `dim`."""
    array = raw(x)
    if array.all():
        return product / x
    # Division would meet a zero: multiply the others in fact, one row for each that is left out.
    shape, n = array.shape, count(array.shape, dim)
    if len(dim) != 1:
        return others_product(x.reshape(-1), product, (0,)).reshape(shape)
    rows = unsqueeze_op(x, dim[0])
    own = module_of(array).eye(n, dtype=bool)
    own = own.reshape((n, n) + (1,) * (array.ndim - dim[0] - 1))
    return prod_dim(where(own, 1.0, rows), dim[0] + 1, False)


def log_of_sum(x, dim, keepdim):
    """log(sum(exp(x))) of an array; the largest element is taken out first, against overflow."""
    if not count(x.shape, dim):
        return np.log(np.add.reduce(x, dim, keepdims=keepdim))
    top = finite(np.max(x, dim, keepdims=True))
    inner = np.log(np.add.reduce(np.exp(x - top), dim, keepdims=keepdim))
    return inner + (top if keepdim else top.reshape(inner.shape))


def finite(x):
    """Zero where x is infinite."""
    return where(abs(x) == np.inf, 0.0, x)


def length(x, ord, dim, keepdim):
    """The vector norm of an array: (sum |x|^p)^(1/p) for p = `ord`."""
    if x.size == 0 and np.isinf(ord):
        return np.max(np.abs(x), dim, keepdims=keepdim) if ord > 0 else np.min(np.abs(x), dim)
    if ord == 2:
        return np.sqrt(np.add.reduce(x * x, dim, keepdims=keepdim))
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, dim, keepdims=keepdim)
    if ord == -np.inf:
        return np.min(size, dim, keepdims=keepdim)
    if ord == 0:
        return np.add.reduce(x != 0, dim, keepdims=keepdim, dtype=x.dtype)
    total = np.add.reduce(size if ord == 1 else size**ord, dim, keepdims=keepdim)
    return total if ord == 1 else total ** (1 / ord)


def norm_slope(g, x, norm, ord, dim=None):
    """g times the derivative of a vector norm; zero where the norm is."""
    if ord == 0:
        return nothing(x)
    if ord == 1:
        return g * sign(x)
    if ord in (np.inf, -np.inf):
        return sign(x) * shared(g, abs(x) == norm, dim or everywhere(x))
    if ord == 2:
        return g * where(norm == 0, 0.0, x / norm)
    if ord < 1:
        return where(x == 0, 0.0, sign(x) * abs(x) ** (ord - 1)) * g * norm ** (1 - ord)
    steep = sign(x) * abs(x) ** (ord - 1) if ord < 2 else x * abs(x) ** (ord - 2)
    return steep * where(norm == 0, 0.0, g / norm ** (ord - 1))


# --- the public functions -------------------------------------------------------------------------


def normal_dims(self, dim) -> tuple[int, ...]:
    """One dimension or several, each counted from 0; none means all."""
    ndim = self._data.ndim
    if dim is None:
        return tuple(range(ndim))
    dims = tuple(dim) if isinstance(dim, tuple | list) else (dim,)
    if not dims:
        return tuple(range(ndim))
    dims = tuple(normal_dim(d, ndim) for d in dims)
    if len(set(dims)) < len(dims):
        raise refusals.repeated_dim(next(d for d in dims if dims.count(d) > 1))
    return dims if ndim else ()


def _converted(self, dtype):
    return self if dtype is None else self.to(dtype)


def need_floats(self, name) -> Tensor:
    """The tensor, which must be of a floating point type."""
    if self._data.dtype.kind != "f":
        raise refusals.needs_floats(name, dtypes.class_name(self._data))
    return self


def _not_empty(self, dim, name) -> None:
    """Refuse a reduction that has no answer for nothing."""
    if self._data.size == 0 and not count(self._data.shape, dim):
        if len(dim) == self.ndim > 1:
            raise refusals.no_largest(name)
        raise refusals.no_largest_along(name, next(d for d in dim if not self._data.shape[d]))


ALL = type("All", (), {"__repr__": lambda self: "all"})()  # no dimension was named


def sum(self, dim=ALL, keepdim=False, *, dtype=None) -> Tensor:
    """The sum of all elements, or along `dim` (one dimension or several).

    >>> import minigrad
    >>> minigrad.ones(2, 3).sum(dim=1)
    tensor([3., 3.])
    """
    self = _converted(self, dtype)
    if dim is ALL:
        if keepdim:
            raise refusals.keepdim_alone("sum")
        return sum_all(self)
    return sum_dim(self, normal_dims(self, dim), keepdim)


def mean(self, dim=ALL, keepdim=False, *, dtype=None) -> Tensor:
    """The mean of all elements, or along `dim`; of floating point tensors only.

    >>> import minigrad
    >>> minigrad.tensor([1.0, 4.0]).mean()
    tensor(2.5000)
    """
    self = _converted(self, dtype)
    if self._data.dtype.kind != "f":
        raise errors.mean_of_integers(dtypes.class_name(self._data))
    if dim is ALL:
        if keepdim:
            raise refusals.keepdim_alone("mean")
        return mean_all(self)
    return mean_dim(self, normal_dims(self, dim), keepdim)


def nansum(self, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The sum of the elements that are not nan."""
    self = _converted(self, dtype)
    return nansum_op(self, normal_dims(self, dim), keepdim)


def nanmean(self, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The mean of the elements that are not nan."""
    self = need_floats(_converted(self, dtype), "nanmean(): expected input")
    there = plain(self._data == self._data)
    return nansum(self, dim, keepdim) / sum(there, dim, keepdim)


def var(self, dim=None, unbiased=None, keepdim=False, *, correction=None) -> Tensor:
    """The variance: the mean square distance from the mean, divided by n - `correction`.

    >>> import minigrad
    >>> minigrad.tensor([1.0, 3.0]).var()
    tensor(2.)
    """
    return var_op(*_spread_arguments(self, "var", dim, unbiased, correction), keepdim)


def std(self, dim=None, unbiased=None, keepdim=False, *, correction=None) -> Tensor:
    """The standard deviation: the root of the variance."""
    return std_op(*_spread_arguments(self, "std", dim, unbiased, correction), keepdim)


def var_mean(self, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Variance and mean."""
    arguments = _spread_arguments(self, "var_mean", dim, unbiased, correction)
    return tuple(var_mean_op(*arguments, keepdim))


def std_mean(self, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Standard deviation and mean."""
    arguments = _spread_arguments(self, "std_mean", dim, unbiased, correction)
    return tuple(std_mean_op(*arguments, keepdim))


def _spread_arguments(self, name, dim, unbiased, correction):
    if isinstance(dim, bool):  # var(False): torch's oldest signature
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    if self._data.dtype.kind != "f":
        raise refusals.spread_type("std and var" if name in ("std", "var") else name)
    dims = normal_dims(self, dim)
    if count(self._data.shape, dims) <= correction:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "reduction factor (input numel divided by output numel).",
            UserWarning,
            stacklevel=4,
        )
    return self, dims, correction


def prod(self, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The product of all elements, or along one dimension."""
    self = _converted(self, dtype)
    (dim,) = (None,) if dim is None else normal_dims(self, (dim,)) or (None,)
    return _converted(prod_all(self) if dim is None else prod_dim(self, dim, keepdim), dtype)


def amax(self, dim=(), keepdim=False) -> Tensor:
    """The largest element, or the largest along `dim`; equal ones share the gradient."""
    dims = normal_dims(self, dim)
    _not_empty(self, dims, "amax")
    return amax_op(self, dims, keepdim)


def amin(self, dim=(), keepdim=False) -> Tensor:
    """The smallest element, or the smallest along `dim`; equal ones share the gradient."""
    dims = normal_dims(self, dim)
    _not_empty(self, dims, "amin")
    return amin_op(self, dims, keepdim)


def argmax(self, dim=None, keepdim=False) -> Tensor:
    """The index of the largest element: the first one among equals."""
    return _argument(np.argmax, self, dim, keepdim)


def argmin(self, dim=None, keepdim=False) -> Tensor:
    """The index of the smallest element: the first one among equals."""
    return _argument(np.argmin, self, dim, keepdim)


def _argument(function, self, dim, keepdim):
    if self._data.dtype.kind == "b":
        raise refusals.argument_of_bools(function.__name__)
    dims = normal_dims(self, dim)
    _not_empty(self, dims, function.__name__)
    axis = dims[0] if dim is not None and dims else None
    return plain(function(self._data, axis=axis, keepdims=keepdim))


def logsumexp(self, dim, keepdim=False) -> Tensor:
    """log(sum(exp(self))) along `dim`, without overflow."""
    return logsumexp_op(self, normal_dims(self, dim), keepdim)


def vector_norm(self, ord=2, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The length of the numbers as a vector: (sum of |x|^ord)^(1 / ord).

    >>> import minigrad
    >>> minigrad.linalg.vector_norm(minigrad.tensor([3.0, 4.0]))
    tensor(5.)
    """
    self = _converted(self, dtype)
    if self._data.dtype.kind != "f":
        raise refusals.norm_type(dtypes.class_name(self._data))
    dims = normal_dims(self, dim)
    if np.isinf(ord) or ord < 0:
        _not_empty(self, dims, "linalg.vector_norm")
    return norm_op(self, ord, dims, keepdim)


def norm(self, p="fro", dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The vector norm over all elements or along `dim`; "fro" is the ordinary one, p = 2."""
    if p == "nuc":
        raise NotImplementedError(
            "minigrad has no nuclear norm: it needs a differentiable svd, which the kit leaves out."
        )
    if isinstance(p, str) and p != "fro":
        raise refusals.matrix_norm(p)
    return vector_norm(self, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


def dist(self, other, p=2) -> Tensor:
    """The norm of `self - other`."""
    return dist_op(self, other, p)


def any(self, dim=None, keepdim=False) -> Tensor:
    """Whether one element is true, of all or along `dim`."""
    return plain(_bool_or_byte(self, np.any(self._data, normal_dims(self, dim), keepdims=keepdim)))


def all(self, dim=None, keepdim=False) -> Tensor:
    """Whether every element is true, of all or along `dim`."""
    return plain(_bool_or_byte(self, np.all(self._data, normal_dims(self, dim), keepdims=keepdim)))


def _bool_or_byte(self, answer):
    return row_by_row(answer.astype(np.uint8) if self._data.dtype == np.uint8 else answer)


def count_nonzero(self, dim=None) -> Tensor:
    """How many elements are not zero."""
    return plain(row_by_row(np.add.reduce(self._data != 0, normal_dims(self, dim), np.int64)))
