"""Activations: the bent functions between layers. (relu and sigmoid are in elementwise.)"""

from __future__ import annotations

import math

import numpy as np

from .elementwise import exp, logistic, sigmoid, tanh, where
from .index import along
from .join import cat_op
from .reduce import sum_dim, summed
from .select import select
from .special import erf
from .table import op

SIXTH = float(np.float32(1 / 6))  # torch, too, has it in single precision

# fmt: off

leaky_relu = op("leaky_relu",
    lambda self, negative_slope: select(self > 0, self, self * negative_slope),
    self=lambda g, self, negative_slope: where(self > 0, g, g * negative_slope))
prelu_kernel = op("prelu_kernel", lambda self, weight: select(self > 0, self, self * weight),
    self  =lambda g, self, weight: where(self > 0, g, g * weight),
    weight=lambda g, self: where(self > 0, 0.0, g * self))
elu = op("elu", lambda self, alpha, scale, input_scale: select(
        self > 0, self * scale, np.expm1(low(self) * input_scale) * (alpha * scale)),
    self=lambda g, self, alpha, scale, input_scale: where(
        self > 0, g * scale, g * (exp(low(self) * input_scale) * (input_scale * alpha * scale))))
celu = op("celu", lambda self, alpha: select(self > 0, self, np.expm1(low(self) / alpha) * alpha),
    self=lambda g, self, alpha: where(self > 0, g, g * exp(low(self) / alpha)))
gelu = op("gelu", lambda self, approximate: self * bell_share(self, approximate),
    self=lambda g, self, approximate:
        g * (bell_share(self, approximate) + self * bell(self, approximate)))
silu = op("silu", lambda self: self * logistic(self),
    self=lambda g, self: g * (sigmoid(self) * (1 + self * (1 - sigmoid(self)))))
mish = op("mish", lambda self: self * np.tanh(soft_plus(self, 1, 20)),
    self=lambda g, self: g * mish_slope(self))
softplus = op("softplus", lambda self, beta, threshold: soft_plus(self, beta, threshold),
    self=lambda g, self, beta, threshold:
        where(self * beta > threshold, g, g * sigmoid(self * beta)))
log_sigmoid = op("log_sigmoid",
    lambda self: np.minimum(self, 0) - np.log1p(np.exp(-np.abs(self))), rows=True,
    self=lambda g, self: g * sigmoid(-self))
glu = op("glu", lambda self, dim: halves(self, dim)[0] * logistic(halves(self, dim)[1]),
    self=lambda g, self, dim: glu_slope(g, *halves(self, dim), dim))

# --- made of straight lines: flat parts send nothing back -----------------------------------------

hardtanh = op("hardtanh", lambda self, min_val, max_val: np.clip(
        self, self.dtype.type(min_val), self.dtype.type(max_val)),
    self=lambda g, self, min_val, max_val: where((self <= min_val) | (self >= max_val), 0.0, g))
hardsigmoid = op("hardsigmoid", lambda self: np.clip(self + 3, 0, 6) / 6,
    self=lambda g, self: where((self > -3) & (self < 3), g * SIXTH, 0.0))
hardswish = op("hardswish", lambda self: self * np.clip(self + 3, 0, 6) / 6,
    self=lambda g, self: where(self <= -3, 0.0, where(self < 3, g * (self / 3 + 0.5), g)))
threshold = op("threshold", lambda self, threshold, value: select(
        self <= threshold, self.dtype.type(value), self),
    self=lambda g, self, threshold: where(self <= threshold, 0.0, g))
softshrink = op("softshrink", lambda self, lambd: self - np.clip(self, -lambd, lambd),
    self=lambda g, self, lambd: where((self >= -lambd) & (self <= lambd), 0.0, g))
hardshrink = op("hardshrink", lambda self, lambd: select(
        (self >= -lambd) & (self <= lambd), self.dtype.type(0), self),
    self=lambda g, self, lambd: where((self >= -lambd) & (self <= lambd), 0.0, g))

# --- shares that add up to 1 ----------------------------------------------------------------------

softmax = op("softmax", lambda self, dim: shares(self, dim), rows=True,
    self=lambda g, result, dim: softmax_slope(g * result, result, dim))
log_softmax = op("log_softmax", lambda self, dim: log_shares(self, dim), rows=True,
    self=lambda g, result, dim: g - exp(result) * total(g, dim))

# fmt: on


def low(x):
    """x where it is below 0, so that exp cannot overflow where its value is not used."""
    return where(x > 0, 0.0, x)


def bell_share(x, approximate):
    """The share of a bell curve below x; "tanh" approximates it."""
    if approximate == "tanh":
        return (tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)) + 1) * 0.5
    return (erf(x * math.sqrt(0.5)) + 1) * 0.5


def bell(x, approximate):
    """The height of the bell curve at x: the derivative of `bell_share`."""
    if approximate == "tanh":
        t = 2 * bell_share(x, approximate) - 1
        return (1 - t * t) * (x * x * (3 * 0.044715) + 1) * math.sqrt(0.5 / math.pi)
    return exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))


def soft_plus(x, beta, threshold):
    """log(1 + exp(beta x)) / beta on an array; a straight line where that is no different."""
    soft = np.log1p(np.exp(np.minimum(x * beta, threshold))) / beta
    return select(x * beta > threshold, x, soft)


def mish_slope(x):
    """The derivative of x tanh(softplus(x))."""
    t = tanh(softplus(x, 1, 20))
    return t + x * sigmoid(x) * (1 - t * t)


def halves(x, dim):
    """The first and the second half along a dimension."""
    middle = x.shape[dim] // 2
    return x[along(dim, slice(middle))], x[along(dim, slice(middle, None))]


def glu_slope(g, a, b, dim):
    """g times the derivative of a sigmoid(b), for a and b side by side."""
    gate = sigmoid(b)
    return cat_op([g * gate, g * (a * gate * (1 - gate))], dim)


def total(x, dim):
    """The sum along a dimension, which stays."""
    return sum_dim(x, (dim,), True) if x.ndim else x


def largest(x, dim):
    """The largest element along a dimension, which stays."""
    return x.max(dim, keepdims=True) if x.shape[dim] else summed(x, dim, True)


def shares(x, dim):
    """exp(x) divided by its sum; the largest element is taken out first, against overflow."""
    if not x.ndim:
        return np.ones_like(x)
    size = np.exp(x - largest(x, dim))
    return size / summed(size, dim, True)


def log_shares(x, dim):
    """log(shares(x))."""
    if not x.ndim:
        return np.zeros_like(x)
    x = x - largest(x, dim)
    return x - np.log(summed(np.exp(x), dim, True))


def softmax_slope(weighted, result, dim):
    """What softmax sends back: more for elements whose gradient is above the average."""
    return weighted - result * total(weighted, dim)
