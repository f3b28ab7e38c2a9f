"""Rounding and remainders. A step is flat: its derivative is zero."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..tensor import Tensor
from . import elementwise, refusals
from .elementwise import nothing, where
from .table import no_derivative, op

# fmt: off

floor = op("floor", lambda self: whole(np.floor, self), self=lambda g: nothing(g))
ceil  = op("ceil",  lambda self: whole(np.ceil, self),  self=lambda g: nothing(g))
trunc = op("trunc", lambda self: whole(np.trunc, self), self=lambda g: nothing(g))
round_whole    = op("round", lambda self: whole(np.rint, self), self=lambda g: nothing(g))
round_decimals = op("round", lambda self, decimals: np.round(real(self, "round"), decimals), 1,
    self=lambda g: nothing(g))
frac = op("frac", lambda self: real(self, "frac") - np.trunc(self),
    self=lambda g: g)

fmod_number = op("fmod", lambda self, other: np.fmod(self, divisor(self, other, "fmod")),
    self =lambda g: g)
fmod_tensor = op("fmod", lambda self, other: np.fmod(self, divisor(self, other, "fmod")), 1,
    self =lambda g: g,
    other=lambda g, self, other: -g * div_rounded(self, other, "trunc"))
remainder_number = op("remainder", lambda self, other: left_over(self, other),
    self =lambda g: g)
remainder_tensor = op("remainder", lambda self, other: left_over(self, other), 1,
    self =lambda g: g,
    other=lambda g, self, other: -g * div_rounded(self, other, "floor"))
div_rounded = op("div", lambda self, other, rounding_mode: QUOTIENTS[rounding_mode](self, other), 2,
    self =lambda g: nothing(g),
    other=lambda g: nothing(g))
remainder_of_number = no_derivative("remainder", lambda self, other: left_over(self, other))
floor_divide_op = no_derivative("floor_divide", lambda self, other: rounded_down(self, other))
floor_divide_in_place = no_derivative("floor_divide_",
    lambda self, other: rounded_down(self, other))
nan_to_num = op("nan_to_num", lambda self, nan, posinf, neginf: finite(self, nan, posinf, neginf),
    self =lambda g, self: g * (abs(self) < np.inf))
copysign_tensor = op("copysign", lambda self, other: np.copysign(self, other), floating=True,
    self =lambda g, self, result: g * where(self == 0, 0.0, result / self),
    other=lambda g: nothing(g))
copysign_number = op("copysign", lambda self, other: np.copysign(self, other), 1, floating=True,
    self =lambda g, self, result: g * where(self == 0, 0.0, result / self))

# fmt: on


KERNELS = {np.floor: "floor", np.ceil: "ceil", np.trunc: "trunc", np.rint: "round"}


def whole(function, array):
    """A rounding function; integers are whole already."""
    if array.dtype.kind == "b":
        raise refusals.no_kernel(f"{KERNELS[function]}_vml_cpu", "Bool")
    return function(array) if array.dtype.kind == "f" else array.copy()


def real(array, kernel):
    """An array, which is of a floating point type."""
    if array.dtype.kind != "f":
        raise refusals.no_kernel(f"{kernel}_cpu", dtypes.class_name(array))
    return array


def divisor(x, y, kernel):
    """y, which is not zero where integers are divided; bools are not divided."""
    match np.result_type(x, y).kind:
        case "b":
            raise refusals.no_kernel(f"{kernel}_cpu", "Bool")
        case "i" | "u" if not np.all(y):
            raise refusals.zero_division()
    return y


def left_over(x, y):
    """What is left of x / y with the quotient rounded down."""
    rest = np.remainder(x, divisor(x, y, "remainder"))
    if rest.dtype.kind != "f":
        return rest
    return np.where(rest == 0, np.copysign(rest, x), rest)[()]  # a zero has the sign of x


def quotient(x, y):
    """x / y without its fraction; integers stay integers."""
    x, y = dtypes.promote(x, divisor(x, y, "div_trunc"))
    if np.result_type(x, y).kind == "f":
        return np.trunc(x / y)
    down = np.floor_divide(x, y)
    return down + ((np.remainder(x, y) != 0) & (down < 0))


def rounded_down(x, y):
    """x / y, rounded down."""
    return np.floor_divide(*dtypes.promote(x, divisor(x, y, "div_floor")))


QUOTIENTS = {"floor": rounded_down, "trunc": quotient}


def finite(x, nan, posinf, neginf):
    """np.nan_to_num; None stands for 0, the largest and the smallest number."""
    if x.dtype.kind != "f":
        return x.copy()
    return np.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


def round(self, *, decimals=None):
    """Each element to the nearest whole number, halves to the even one; or to some decimals."""
    return round_whole(self) if decimals is None else round_decimals(self, decimals)


def copysign(self, other):
    """The size of `self` with the sign of `other`."""
    return (copysign_tensor if isinstance(other, Tensor) else copysign_number)(self, other)


def fmod(self, other):
    """What is left of `self / other` with the quotient cut off: it has the sign of `self`."""
    return (fmod_tensor if isinstance(other, Tensor) else fmod_number)(self, other)


def remainder(self, other):
    """What is left of `self / other` with the quotient rounded down: Python's `%`.

    >>> import minigrad
    >>> minigrad.tensor([-3.0, 3.0]) % 2
    tensor([1., 1.])
    """
    if not isinstance(self, Tensor):
        return remainder_of_number(self, other)
    return (remainder_tensor if isinstance(other, Tensor) else remainder_number)(self, other)


def floor_divide(self, other):
    """`self / other` rounded down; torch, too, has no derivative for it."""
    return floor_divide_op(self, other)


def in_place_floor_divide(self, other):
    """floor_divide for its in-place twin, whose derivative torch refuses under another name."""
    return floor_divide_in_place(self, other)


in_place_floor_divide.__name__ = "floor_divide"


def div(self, other, *, rounding_mode=None):
    """`self / other`; with `rounding_mode` "floor" or "trunc" rounded down or towards zero."""
    match rounding_mode:
        case None:
            return elementwise.div(self, other)
        case "floor" | "trunc":
            return div_rounded(self, other, rounding_mode)
    raise refusals.rounding_mode(rounding_mode)
