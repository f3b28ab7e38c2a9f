"""Further operations that work number by number: those that a lesson seldom meets."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes
from ..dtypes import promote
from .elementwise import rsqrt, sigmoid, where
from .table import op

# fmt: off

# --- sums and differences of several things -------------------------------------------------------

add_scaled = op("add", lambda self, other, alpha: np.add(*promote(self, other * alpha)),
    self =lambda g: g,
    other=lambda g, alpha: g * alpha)
sub_scaled = op("sub", lambda self, other, alpha: np.subtract(*promote(self, other * alpha)),
    self =lambda g: g,
    other=lambda g, alpha: -g * alpha)
rsub = op("rsub", lambda self, other: other - self, 1,
    self =lambda g: -g)
rsub_tensor = op("rsub", lambda self, other, alpha: np.subtract(*promote(other, self * alpha)),
    self =lambda g, alpha: -g * alpha,
    other=lambda g: g)
addcmul = op("addcmul",
    lambda self, tensor1, tensor2, value: increased(np.multiply, self, tensor1, tensor2, value),
    self   =lambda g: g,
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value))
addcdiv = op("addcdiv",
    lambda self, tensor1, tensor2, value: increased(np.divide, self, tensor1, tensor2, value),
    self   =lambda g: g,
    tensor1=lambda g, tensor2, value: g * (value / tensor2),
    tensor2=lambda g, tensor1, tensor2, value: -g * (value * tensor1 / (tensor2 * tensor2)))
lerp_number = op("lerp", lambda self, end, weight: self + weight * (end - self),
    self  =lambda g, weight: g * (1 - weight),
    end   =lambda g, weight: g * weight)
lerp_tensor = op("lerp", lambda self, end, weight: self + weight * (end - self), 1,
    self  =lambda g, weight: g * (1 - weight),
    end   =lambda g, weight: g * weight,
    weight=lambda g, self, end: g * (end - self))
hypot = op("hypot", lambda self, other: np.hypot(self, other),
    self =lambda g, self, result: g * (self / result),
    other=lambda g, other, result: g * (other / result))

# --- exponentials and logarithms ------------------------------------------------------------------

exp2  = op("exp2",  lambda self: np.exp2(self),  floating=True,
    self=lambda g, result: g * (result * math.log(2)))
log10 = op("log10", lambda self: np.log10(self), floating=True,
    self=lambda g, self: g / (self * math.log(10)))
logaddexp  = op("logaddexp",  lambda self, other: np.logaddexp(self, other),
    self =lambda g, self, other: g * sigmoid(self - other),
    other=lambda g, self, other: g * sigmoid(other - self))
logaddexp2 = op("logaddexp2", lambda self, other: np.logaddexp2(self, other),
    self =lambda g, self, other: g / (1 + exp2(other - self)),
    other=lambda g, self, other: g / (1 + exp2(self - other)))

# --- angles and areas -----------------------------------------------------------------------------

asin = op("asin", lambda self: np.arcsin(self), floating=True,
    self=lambda g, self: g * rsqrt(1 - self * self))
acos = op("acos", lambda self: np.arccos(self), floating=True,
    self=lambda g, self: -g * rsqrt(1 - self * self))
atan = op("atan", lambda self: np.arctan(self), floating=True,
    self=lambda g, self: g / (1 + self * self))
asinh = op("asinh", lambda self: np.arcsinh(self), floating=True,
    self=lambda g, self: g * rsqrt(self * self + 1))
acosh = op("acosh", lambda self: np.arccosh(self), floating=True,
    self=lambda g, self: g * rsqrt(self * self - 1))
atanh = op("atanh", lambda self: np.arctanh(self), floating=True,
    self=lambda g, self: g / (1 - self * self))
atan2 = op("atan2", lambda self, other: np.arctan2(self, other), floating=True,
    self =lambda g, self, other: g * other / (self * self + other * other),
    other=lambda g, self, other: -g * self / (self * self + other * other))
deg2rad = op("deg2rad", lambda self: self * (math.pi / 180), floating=True,
    self=lambda g: g * (math.pi / 180))
rad2deg = op("rad2deg", lambda self: self * (180 / math.pi), floating=True,
    self=lambda g: g * (180 / math.pi))

# --- the larger and the smaller -------------------------------------------------------------------

fmax = op("fmax", lambda self, other: np.fmax(self, other),  # a nan counts as missing
    self =lambda g, self, other: where((self >= other) | (other != other), g, 0.0),
    other=lambda g, self, other: where((self >= other) | (other != other), 0.0, g))
fmin = op("fmin", lambda self, other: np.fmin(self, other),
    self =lambda g, self, other: where((self <= other) | (other != other), g, 0.0),
    other=lambda g, self, other: where((self <= other) | (other != other), 0.0, g))
clamp_tensors = op("clamp", lambda self, min, max: limit(self, min, max), 0,
    self =lambda g, self, min, max: where(within(self, min, max), g, 0.0),
    min  =lambda g, self, min, max: where(self < min if max is None else
                                          (self < min) & (min < max), g, 0.0),
    max  =lambda g, self, min, max: where(self > max if min is None else
                                          (self > max) | (max < min), g, 0.0))
clamp_numbers = op("clamp", lambda self, min, max: limit(self, min, max), 1,
    self =lambda g, self, min, max: where(within(self, min, max), g, 0.0))
clamp_min = op("clamp_min", lambda self, min: limit(self, min, None),
    self =lambda g, self, min: where(self >= min, g, 0.0))
clamp_min_tensor = op("clamp_min", lambda self, min: limit(self, min, None), 1,
    self =lambda g, self, min: where(self >= min, g, 0.0),
    min  =lambda g, self, min: where(self < min, g, 0.0))
clamp_max = op("clamp_max", lambda self, max: limit(self, None, max),
    self =lambda g, self, max: where(self <= max, g, 0.0))
clamp_max_tensor = op("clamp_max", lambda self, max: limit(self, None, max), 1,
    self =lambda g, self, max: where(self <= max, g, 0.0),
    max  =lambda g, self, max: where(self > max, g, 0.0))

# fmt: on


def increased(function, x, a, b, value):
    """x + value * function(a, b), all in one type."""
    x, a = promote(x, a)
    x, b = promote(x, b)
    return x + value * function(dtypes.cast(a, x.dtype), b)


def limit(x, low, high):
    """An array moved between two bounds, of which one may be None; the upper one wins."""
    if low is not None:
        x = np.maximum(*promote(x, low))
    return x if high is None else np.minimum(*promote(x, high))


def within(x, low, high):
    """Where clamp lets the number through."""
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)
