"""Comparisons and other questions with a yes or no for each element. Their results have no gradient."""

from __future__ import annotations

import numpy as np

from .. import dtypes, errors
from ..autograd.modes import modes
from ..tensor import Tensor


def _question(function):
    """A comparison of a tensor with a tensor or a number, with torch's rules for the types."""

    def ask(self, other):
        x = self._data
        y = other._data if isinstance(other, Tensor) else other
        if not isinstance(y, (np.ndarray, np.generic, int, float, bool)):
            return NotImplemented
        try:
            return plain(function(*dtypes.promote(x, y)))
        except ValueError:
            raise errors.broadcast(x.shape, y.shape) from None

    ask.__name__ = ask.__qualname__ = function.__name__
    return ask


def plain(array) -> Tensor:
    """A tensor without history from an array."""
    tensor = Tensor._make(array)
    if modes.inference:
        tensor._inference = True
    return tensor


eq, ne, lt, le, gt, ge = map(
    _question, (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)
)


def isnan(self) -> Tensor:
    """Where the elements are nan."""
    return plain(np.isnan(self._data))


def isinf(self) -> Tensor:
    """Where the elements are plus or minus infinity."""
    return plain(np.isinf(self._data))


def isfinite(self) -> Tensor:
    """Where the elements are neither nan nor infinite."""
    return plain(np.isfinite(self._data))


def logical_and(self, other) -> Tensor:
    """Where both are true."""
    return plain(np.logical_and(self._data, other._data))


def logical_or(self, other) -> Tensor:
    """Where at least one is true."""
    return plain(np.logical_or(self._data, other._data))


def logical_not(self) -> Tensor:
    """Where the elements are false."""
    return plain(np.logical_not(self._data))


def bitwise_and(self, other):
    """`&` of bool or integer tensors."""
    y = other._data if isinstance(other, Tensor) else other
    return plain(np.bitwise_and(self._data, y))


def bitwise_or(self, other):
    """`|` of bool or integer tensors."""
    y = other._data if isinstance(other, Tensor) else other
    return plain(np.bitwise_or(self._data, y))


def invert(self):
    """`~` of bool or integer tensors."""
    return plain(np.invert(self._data))


def equal(self: Tensor, other: Tensor) -> bool:
    """True where shape and all elements are the same."""
    return bool(np.array_equal(self._data, other._data))


def allclose(self, other, rtol=1e-5, atol=1e-8, equal_nan=False) -> bool:
    """True where all elements are closer than `atol + rtol * |other|`."""
    return bool(np.allclose(self._data, other._data, rtol, atol, equal_nan))


def isclose(self, other, rtol=1e-5, atol=1e-8, equal_nan=False) -> Tensor:
    """Where the elements are closer than `atol + rtol * |other|`."""
    return plain(np.isclose(self._data, other._data, rtol, atol, equal_nan))


def any(self) -> Tensor:
    """Whether one element is true."""
    return plain(np.any(self._data))


def all(self) -> Tensor:
    """Whether every element is true."""
    return plain(np.all(self._data))
