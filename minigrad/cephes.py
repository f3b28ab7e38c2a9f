"""log, sin and cos in float32, to the last bit as torch's vector code computes them for `randn`.

They are the single precision functions of Stephen Moshier's Cephes library: the argument is brought
near zero, where a short polynomial is enough. torch runs them with fused multiply-adds, which round
once where a multiplication and an addition round twice; `fma` does the same with float64 as its
scratch paper.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# The highest coefficient stands first.
_LOG = np.float32(
    (
        *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
        *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
    )
)
_SIN = np.float32((-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1))
_COS = np.float32((2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2))

# log(2) and pi / 4 as sums whose first parts have so few digits that their products are exact.
_LOG_2 = np.float32((0.693359375, -2.12194440e-4))
_QUARTER_PI = np.float32((0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8))


def fma(a: Any, b: Any, c: Any) -> np.ndarray:
    """a * b + c in float32, rounded once at the end as a processor's fused multiply-add does."""
    return (np.multiply(a, b, dtype=np.float64) + c).astype(np.float32)


def _polynomial(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = fma(value, x, coefficient)
    return value


def log(x: np.ndarray) -> np.ndarray:
    """log of 0 < x <= 1."""
    x, exponent = np.frexp(x)
    small = x < np.float32(math.sqrt(0.5))
    exponent = (exponent - small).astype(np.float32)
    x = np.where(small, x + x, x) - np.float32(1)
    square = x * x
    tail = fma(_polynomial(_LOG, x) * x, square, exponent * _LOG_2[1])
    return fma(exponent, _LOG_2[0], x + fma(square, -0.5, tail))


def sincos(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sin and cos of 0 <= angle < 2 pi."""
    octant = (angle * np.float32(4 / math.pi)).astype(np.int32) + 1 & ~1
    for part in _QUARTER_PI:  # subtracted in three parts, so that no digit is lost
        angle = fma(octant.astype(np.float32), -part, angle)
    square = angle * angle
    cosine = fma(_polynomial(_COS, square) * square, square, square * np.float32(-0.5))
    cosine = cosine + np.float32(1)
    sine = fma(_polynomial(_SIN, square) * square, angle, angle)
    swap = octant & 2 != 0
    sine, cosine = np.where(swap, cosine, sine), np.where(swap, sine, cosine)
    return np.where(octant & 4, -sine, sine), np.where(octant + 2 & 4, -cosine, cosine)
