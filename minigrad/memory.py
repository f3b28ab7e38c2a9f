"""The order in which numbers lie in memory: as in torch, because `view` and `reshape` go by it.

A copy lies as its original does. Only along an axis on which numbers are repeated, as `expand`
makes them, there is no order to keep; then it lies row by row, the last index running fastest.
"""

from __future__ import annotations

import numpy as np


def order(array) -> str:
    """The order, as NumPy names it, for a copy that is to lie as `array` does."""
    return "C" if 0 in array.strides else "K"


def copied(array):
    """A copy that lies as `array` does and can be written to."""
    scalar = isinstance(array, np.generic)
    return np.array(array) if scalar else array.copy(order=order(array))


def row_by_row(array):
    """The array itself, or a copy that lies row by row."""
    return array if array.flags.c_contiguous else array.copy()


def without_repeats(array):
    """The array itself, or a copy where it holds numbers that are only repeated."""
    return array.copy() if 0 in array.strides else array


def writable(array) -> bool:
    """Whether the numbers can be written over; CuPy's arrays know no others."""
    return getattr(array.flags, "writeable", True)


def writable_as(view, array):
    """A view of an array, made so that it can be written where the array can."""
    if isinstance(view, np.ndarray):
        view.flags.writeable = array.flags.writeable
    return view


def zeros(shape, like, dtype=None):
    """Zeros of a shape, on the device of an array and of its type where no other is given."""
    made = np.empty_like(like, dtype=dtype, shape=shape, order="C")
    made.fill(0)  # a quarter of the time of np.zeros_like
    return made


def made_like(array, make):
    """What `make(shape)` makes, with the shape of `array` and lying as it does."""
    axes = list(range(array.ndim))
    if 0 not in array.strides:
        axes.sort(key=lambda axis: -array.strides[axis])
    made = make(tuple(array.shape[axis] for axis in axes))
    return made.transpose(np.argsort(axes)) if axes != sorted(axes) else made
