"""Special functions. NumPy has none; erf is that of Stephen Moshier's Cephes library (ndtr.c)."""

from __future__ import annotations

import math

import numpy as np

from ..memory import without_repeats
from ..tensor import Tensor
from .elementwise import cos, exp, log, sin, where
from .select import select
from .table import op

# fmt: off

erf  = op("erf",  lambda self: error_function(self),     floating=True,
    self=lambda g, self: g * (2 / math.sqrt(math.pi) * exp(-self * self)))
erfc = op("erfc", lambda self: error_function(self, complement=True), floating=True,
    self=lambda g, self: g * (-2 / math.sqrt(math.pi) * exp(-self * self)))
logit = op("logit", lambda self, eps: log_odds(self, eps), floating=True,
    self=lambda g, self, eps: where(outside(self, eps), 0.0, g / (self * (1 - self))))
xlogy_tensor = op("xlogy", lambda self, other: self_log(self, other), 0, floating=True,
    self =lambda g, self, other: g * where((self == 0) & (other <= 0), 0.0, log(other)),
    other=lambda g, self, other: g * self / other)
xlogy_base   = op("xlogy", lambda self, other: self_log(self, other), 1, floating=True,
    other=lambda g, self, other: g * self / other)
xlogy_number = op("xlogy", lambda self, other: self_log(self, other), 2, floating=True,
    self =lambda g, other: g * log_of(other))
sinc = op("sinc", lambda self: np.sinc(self), floating=True,
    self=lambda g, self: g * sinc_slope(self))

# fmt: on

# The highest coefficient stands first. Below 1, erf is x T(x^2) / U(x^2); above, erfc is exp(-x^2)
# times P(x) / Q(x), and from 8 on times R(x) / S(x).
_P = (
    2.461969814735305e-10,
    0.5641895648310689,
    7.463210564422699,
    48.63719709856814,
    196.5208329560771,
    526.4451949954773,
    934.5285271719576,
    1027.5518868951572,
    557.5353353693994,
)
_Q = (
    1,
    13.228195115474499,
    86.70721408859897,
    354.9377788878199,
    975.7085017432055,
    1823.9091668790973,
    2246.3376081871097,
    1656.6630919416134,
    557.5353408177277,
)
_R = (
    0.5641895835477551,
    1.275366707599781,
    5.019050422511805,
    6.160210979930536,
    7.4097426995044895,
    2.9788666537210022,
)
_S = (
    1,
    2.2605286322011726,
    9.396035249380015,
    12.048953980809666,
    17.08144507475659,
    9.608968090632859,
    3.369076451000815,
)
_T = (
    9.604973739870516,
    90.02601972038427,
    2232.005345946843,
    7003.325141128051,
    55592.30130103949,
)
_U = (
    1,
    33.56171416475031,
    521.3579497801527,
    4594.323829709801,
    22629.000061389095,
    49267.39426086359,
)


_PIECE = 8192  # numbers


def _polynomial(coefficients, x):
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= x
        value += coefficient
    return value


def error_function(x, complement=False):
    """erf of an array, or 1 - erf: the share of a bell curve within (beyond) x.

    It is computed piece by piece, so that what comes up on the way stays in the processor's cache.
    """
    x = without_repeats(x)
    result = np.empty_like(x)
    numbers, results = x.ravel(order="K"), result.ravel(order="K")
    for start in range(0, x.size, _PIECE):
        piece = slice(start, start + _PIECE)
        results[piece] = _error_function(numbers[piece].astype(np.float64), complement)
    return result[()]


def _error_function(x, complement):
    size, square = np.abs(x), np.minimum(x * x, 1)
    inner = x * _polynomial(_T, square) / _polynomial(_U, square)
    far = np.clip(size, 1, 30)
    share = _polynomial(_P, far) / _polynomial(_Q, far)
    if np.any(far >= 8):
        share = select(far < 8, share, _polynomial(_R, far) / _polynomial(_S, far))
    tail = np.exp(-far * far) * share
    if complement:
        value = select(size < 1, 1 - inner, select(x > 0, tail, 2 - tail))
    else:
        value = select(size < 1, inner, np.copysign(1 - tail, x))
    return select(np.isnan(x), x, value)


def log_odds(x, eps):
    """log(x / (1 - x)), with x kept `eps` away from 0 and 1."""
    if eps is not None:
        x = np.clip(x, eps, 1 - eps)
    return np.log(x / (1 - x))


def outside(x, eps):
    """Where logit is flat (with eps) or not defined."""
    return (x < (eps or 0)) | (x > 1 - (eps or 0))


def self_log(x, y):
    """x log(y), and 0 where x is 0."""
    return np.where((x == 0) & (y == y), 0, x * log_of(y))


def log_of(y):
    """The logarithm of an array, or of a Python number as one."""
    return np.log(y) if hasattr(y, "dtype") else float(np.log(y))


def sinc_slope(x):
    """The derivative of sin(pi x) / (pi x)."""
    p = x * math.pi
    return where(x == 0, 0.0, (p * cos(p) - sin(p)) / (p * x))


def xlogy(self, other):
    """`self * log(other)`, and 0 where `self` is 0."""
    if not isinstance(other, Tensor):
        return xlogy_number(self, other)
    return (xlogy_tensor if isinstance(self, Tensor) else xlogy_base)(self, other)
