"""Questions with a yes or no for each element. Their results have no gradient."""

from __future__ import annotations

import numpy as np

from .. import dtypes, errors
from ..autograd.modes import modes
from ..devices import is_array
from ..tensor import Tensor
from . import refusals

_OPERANDS = (Tensor, int, float, np.generic)


def _question(function):
    """A comparison of a tensor with a tensor or a number, with torch's rules for the types."""

    def ask(self, other):
        x = self._data
        y = other._data if isinstance(other, Tensor) else other
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        try:
            return plain(function(*dtypes.promote(x, y)))
        except ValueError:
            raise errors.broadcast(x.shape, y.shape) from None

    ask.__name__ = ask.__qualname__ = function.__name__
    ask.__doc__ = f"Where `self` and `other` answer yes to numpy.{function.__name__}, one by one."
    return ask


def plain(array) -> Tensor:
    """A tensor without history from an array."""
    tensor = Tensor._make(array)
    if modes.inference:
        tensor._mark_inference()
    return tensor


eq, ne, lt, le, gt, ge = map(
    _question, (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)
)
logical_and, logical_or, logical_xor = map(
    _question, (np.logical_and, np.logical_or, np.logical_xor)
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


def isposinf(self) -> Tensor:
    """Where the elements are infinity."""
    return plain(self._data == np.inf)


def isneginf(self) -> Tensor:
    """Where the elements are minus infinity."""
    return plain(self._data == -np.inf)


def isreal(self) -> Tensor:
    """True everywhere: minigrad has no complex numbers."""
    return plain(np.ones_like(self._data, bool))


def signbit(self) -> Tensor:
    """Where the sign is minus, also that of -0."""
    return plain(np.signbit(self._data) if self._data.dtype.kind == "f" else self._data < 0)


def logical_not(self) -> Tensor:
    """Where the elements are false."""
    return plain(np.logical_not(self._data))


def _bitwise(function):
    """An operation on the bits of bool or integer tensors."""

    def call(self, other):
        x = self._data if isinstance(self, Tensor) else self
        y = other._data if isinstance(other, Tensor) else other
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        if x is self and y is other:
            raise refusals.must_be_tensor(function.__name__, "input", 1, errors.type_name(x))
        x, y = dtypes.promote(x, y)
        for z in (x, y):
            if is_array(z) and z.dtype.kind == "f":
                kernel = function.__name__.replace("left_", "l").replace("right_", "r")
                raise refusals.no_bits(kernel, dtypes.of(z))
        try:
            return plain(function(x, y))
        except (ValueError, TypeError) as problem:
            raise errors.operands((x, y), problem) from None

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = f"{function.__name__.replace('_', ' ')} of bool or integer tensors."
    return call


bitwise_and, bitwise_or, bitwise_xor, bitwise_left_shift, bitwise_right_shift = map(
    _bitwise, (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift)
)


def bitwise_not(self) -> Tensor:
    """The opposite of every bit; of bool tensors where they are false."""
    if self._data.dtype.kind == "f":
        raise refusals.no_bits_to_invert()
    return plain(np.invert(self._data))


def equal(self: Tensor, other: Tensor) -> bool:
    """True where shape and all elements are the same."""
    return self is other or bool(np.array_equal(self._data, other._data))


def allclose(self, other, rtol=1e-5, atol=1e-8, equal_nan=False) -> bool:
    """True where all elements are closer than `atol + rtol * |other|`."""
    return bool(isclose(self, other, rtol, atol, equal_nan)._data.all())


def isclose(self, other, rtol=1e-5, atol=1e-8, equal_nan=False) -> Tensor:
    """Where the elements are closer than `atol + rtol * |other|`."""
    x, y = self._data, other._data
    if x.dtype != y.dtype:
        raise refusals.close_types(dtypes.class_name(x), dtypes.class_name(y))
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise refusals.negative_tolerance(name, value)
    try:
        return plain(np.isclose(x, y, rtol, atol, equal_nan))
    except ValueError:
        raise errors.broadcast(x.shape, y.shape) from None
