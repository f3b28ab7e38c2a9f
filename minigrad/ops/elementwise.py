"""Operations that work number by number, and their derivatives.

Each VJP is one line of calculus: what arrives is `g`, what is sent is g times the derivative.
"""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes
from ..devices import is_array
from ..dtypes import promote
from ..memory import copied
from ..tensor import Tensor
from . import refusals
from .select import select
from .table import op

# fmt: off

# --- arithmetic: a python number on one side stays a python number --------------------------------

add = op("add", lambda self, other: self + other,
    self =lambda g: g,
    other=lambda g: g)
sub = op("sub", lambda self, other: self - other,
    self =lambda g: g,
    other=lambda g: -g)
mul = op("mul", lambda self, other: self * other,
    self =lambda g, other: g * other,
    other=lambda g, self: g * self)
div = op("div", lambda self, other: self / other, floating=True,
    self =lambda g, other: g / other,
    other=lambda g, self, other: -g * self / (other * other))
neg = op("neg", lambda self: -self,
    self =lambda g: -g)
reciprocal = op("reciprocal", lambda self: 1 / self, floating=True,
    self =lambda g, result: -g * (result * result))

# --- powers: the digit tells which of base and exponent is a tensor -------------------------------

pow_number = op("pow",  # as torch computes a cube; NumPy's power takes several times as long
    lambda self, exponent: self * self * self if exponent == 3 else self ** exponent, 0,
    self    =lambda g, self, exponent:
        g * (exponent * self ** (exponent - 1)) if exponent else nothing(g))
pow_tensor = op("pow", lambda self, exponent: power(self, exponent), 1,
    self    =lambda g, self, exponent, result:  # torch keeps the result for this one, too
        where(exponent == 0, 0.0, g * (exponent * self ** (exponent - 1))),
    exponent=lambda g, self, exponent, result:
        where((self == 0) & (exponent >= 0), 0.0, g * (result * log(self))))
pow_base = op("pow", lambda self, exponent: power(self, exponent), 2,
    exponent=lambda g, self, exponent, result:
        g * (result * natural_log(self)) if self else
        where(exponent >= 0, 0.0, g * (result * -math.inf)))
sqrt  = op("sqrt",  lambda self: np.sqrt(self), floating=True,
    self=lambda g, result: g / (2 * result))
rsqrt = op("rsqrt", lambda self: 1 / np.sqrt(self), floating=True,
    self=lambda g, result: -0.5 * g * result ** 3)

# --- exponentials and logarithms ------------------------------------------------------------------

exp   = op("exp",   lambda self: np.exp(self),   floating=True,
    self=lambda g, result: g * result)
expm1 = op("expm1", lambda self: np.expm1(self), floating=True,
    self=lambda g, result: g * (result + 1))
log   = op("log",   lambda self: np.log(self),   floating=True,
    self=lambda g, self: g / self)
log1p = op("log1p", lambda self: np.log1p(self), floating=True,
    self=lambda g, self: g / (self + 1))
log2  = op("log2",  lambda self: np.log2(self),  floating=True,
    self=lambda g, self: g / (self * math.log(2)))

# --- circles and hyperbolas -----------------------------------------------------------------------

sin  = op("sin",  lambda self: np.sin(self),  floating=True, self=lambda g, self: g * cos(self))
cos  = op("cos",  lambda self: np.cos(self),  floating=True, self=lambda g, self: -g * sin(self))
tan  = op("tan",  lambda self: np.tan(self),  floating=True,
    self=lambda g, result: g * (1 + result * result))
sinh = op("sinh", lambda self: np.sinh(self), floating=True, self=lambda g, self: g * cosh(self))
cosh = op("cosh", lambda self: np.cosh(self), floating=True, self=lambda g, self: g * sinh(self))
tanh = op("tanh", lambda self: np.tanh(self), floating=True,
    self=lambda g, result: g * (1 - result * result))

# --- bends: at a kink the derivative is torch's choice --------------------------------------------

abs  = op("abs",  lambda self: size(self),  self=lambda g, self: g * sign(self))
sign = op("sign", lambda self: sign_of(self),
    self=lambda g: nothing(g))
relu = op("relu", lambda self: rectified(self),
    self =lambda g, result: threshold_backward(g, result))
threshold_backward = op("threshold_backward", lambda self, other: select(other <= 0, 0, self),
    self =lambda g, other: threshold_backward(g, other),
    other=lambda g: nothing(g))
sigmoid = op("sigmoid", lambda self: logistic(self), floating=True,
    self =lambda g, result: g * (result * (1 - result)))
maximum = op("maximum", lambda self, other: np.maximum(self, other),
    self =lambda g, self, other: where(self == other, g / 2, where(self < other, 0.0, g)),
    other=lambda g, self, other: where(self == other, g / 2, where(self > other, 0.0, g)))
minimum = op("minimum", lambda self, other: np.minimum(self, other),
    self =lambda g, self, other: where(self == other, g / 2, where(self > other, 0.0, g)),
    other=lambda g, self, other: where(self == other, g / 2, where(self < other, 0.0, g)))
where = op("where", lambda condition, self, other: choose(condition, self, other),
    inert=("condition",),
    self =lambda g, condition: where(condition, g, 0.0),
    other=lambda g, condition: where(condition, 0.0, g))

# --- copies: the value passes through, and so does the gradient -----------------------------------

clone = op("clone", lambda self: copied(self), self=lambda g: g)
cast  = op("to_copy", lambda self, dtype: dtypes.cast(self, dtype),
    self=lambda g: g)  # the engine casts back

# fmt: on


def size(x):
    """np.abs, but not of bools."""
    if x.dtype.kind == "b":
        raise refusals.no_kernel("abs_cpu", "Bool")
    return np.abs(x)


def rectified(x):
    """max(x, 0), but not of bools."""
    if x.dtype.kind == "b":
        raise refusals.relu_of_bools()
    return np.maximum(x, 0)


def logistic(x):
    """1 / (1 + exp(-x)) on an array, without overflow for large |x|."""
    small = np.exp(-np.abs(x))
    return select(x >= 0, 1, small) / (1 + small)


def power(x, exponent):
    """x ** exponent for an array of exponents; among integers 1 / x^n is cut off to 0, 1 or -1."""
    if exponent.dtype.kind == "f":
        return x**exponent
    size = x ** np.abs(exponent)
    return np.where((exponent < 0) & (np.abs(x) != 1), 0 * size, size)[()]


def sign_of(x):
    """-1, 0 or 1; of nan 0, as torch has it."""
    if x.dtype.kind == "f":
        return ((x > 0).astype(x.dtype) - (x < 0)).astype(x.dtype)
    return np.sign(x) if x.dtype.kind != "b" else x.copy()


def choose(condition, x, y):
    """np.where with torch's result type."""
    if is_array(x) or is_array(y):
        x, y = promote(x, y)
    elif isinstance(x, float) or isinstance(y, float):
        x = dtypes.get_default_dtype().numpy.type(x)
    return select(condition, x, y)


def natural_log(number):
    """The logarithm of a Python number; nan below 0, as torch has it."""
    return math.log(number) if number > 0 else math.nan


def nothing(g):
    """Zeros of the shape of g: what a flat function sends back."""
    if isinstance(g, Tensor):
        return Tensor._make(np.zeros_like(g._data))
    return np.zeros_like(g)


def beside(g, array):
    """An array as a tensor where g is one: a tensor computes with tensors and numbers only."""
    return Tensor._make(array) if isinstance(g, Tensor) else array


def raw(x):
    """The array of a tensor; an array itself."""
    return x._data if isinstance(x, Tensor) else x
