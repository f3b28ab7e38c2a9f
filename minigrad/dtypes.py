"""Number types and shapes under the names that torch gives them."""

from __future__ import annotations

import builtins

import numpy as np

from . import errors
from .memory import order


class dtype:
    """A number type, for example `minigrad.float32`. There is one object for each type.

    >>> import minigrad
    >>> minigrad.tensor([1.0]).dtype
    minigrad.float32
    """

    __module__ = "minigrad"
    __slots__ = ("_torch_class", "is_floating_point", "itemsize", "name", "numpy")

    def __init__(self, name: str, torch_class: str, numpy_name: str | None = None):
        self.name = name
        self.numpy = np.dtype(numpy_name or name)
        self.itemsize = self.numpy.itemsize
        self.is_floating_point = self.numpy.kind == "f"
        self._torch_class = torch_class  # torch's old class name, which its error texts still use

    def __repr__(self) -> str:
        return f"minigrad.{self.name}"

    def __reduce__(self) -> str:
        return self.name


float16 = half = dtype("float16", "Half")
float32 = float = dtype("float32", "Float")
float64 = double = dtype("float64", "Double")
uint8 = dtype("uint8", "Byte")
int8 = dtype("int8", "Char")
int16 = short = dtype("int16", "Short")
int32 = int = dtype("int32", "Int")
int64 = long = dtype("int64", "Long")
bool = dtype("bool", "Bool")

BY_NUMPY = {d.numpy: d for d in (float16, float32, float64, uint8, int8, int16, int32, int64, bool)}

_default = float32


def get_default_dtype() -> dtype:
    """The type of a tensor made from Python floats; `float32` unless it was changed."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Make `d`, a floating point type, the type of tensors made from Python floats."""
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise errors.default_type()
    _default = d


PYTHON = {builtins.float: float64, builtins.int: int64, builtins.bool: bool}


def chosen(d) -> dtype | None:
    """The dtype that somebody asked for; Python's float, int and bool will do."""
    if d is None or isinstance(d, dtype):
        return d
    if not isinstance(d, type) or d not in PYTHON:
        raise errors.dtype_type(errors.type_name(d))
    return PYTHON[d]


def of(array) -> dtype:
    """The dtype object of a NumPy array or NumPy scalar; a type that torch lacks is refused."""
    try:
        return BY_NUMPY[array.dtype]
    except KeyError:
        names = ", ".join(d.name for d in BY_NUMPY.values())
        raise errors.numpy_type(array.dtype, names) from None


def class_name(array) -> str:
    """torch's old class name of an array's type: 'Float', 'Long', ..."""
    return of(array)._torch_class


class Size(tuple):
    """The shape of a tensor: a tuple that prints as torch's does.

    >>> import minigrad
    >>> minigrad.ones(2, 3).shape
    minigrad.Size([2, 3])
    """

    __module__ = "minigrad"
    __slots__ = ()

    def __repr__(self) -> str:
        return f"minigrad.Size({list(self)})"

    def numel(self):
        """The number of elements of a tensor of this shape."""
        n = 1
        for size in self:
            n *= size
        return n

    def __getitem__(self, index):
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item

    def __add__(self, other):
        return Size(tuple.__add__(self, other))

    def __mul__(self, times):
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__


# Arithmetic between types follows torch: a tensor with dimensions outranks one without, and both
# outrank a Python number, unless the other one is of a higher kind (bool < integer < floating
# point).
KIND = {"b": 0, "u": 1, "i": 1, "f": 2}


def promote(x, y):
    """Two operands (arrays or Python numbers) as the operands that torch would compute with.

    >>> promote(np.ones(2, np.float32), np.float64(2.0))[1].dtype
    dtype('float32')
    """
    if x.__class__ in _NUMBERS:
        y, x = promote(y, x)
        return x, y
    kind = KIND[x.dtype.kind]
    if y.__class__ in _NUMBERS:
        if y.__class__ is _FLOAT and kind < 2:
            return cast(x, _default.numpy), y
        return x, y
    if x.dtype == y.dtype:
        return x, y
    common = result_dtype(x, y)
    return cast(x, common), cast(y, common)


def wrapped(x, y):
    """A Python number beside integers whose type cannot hold it: it counts round, as in torch."""
    if x.__class__ in _NUMBERS:
        return np.int64(x).astype(y.dtype), y
    return x, np.int64(y).astype(x.dtype)


def cast(x, dtype):
    """x in another type."""
    return x.astype(dtype, order=order(x), copy=False)


def result_dtype(x, y) -> np.dtype:
    """The NumPy type that torch gives to the result of an operation on two arrays."""
    kind_x, kind_y = KIND[x.dtype.kind], KIND[y.dtype.kind]
    one_has_dims = (x.ndim == 0) != (y.ndim == 0)
    if one_has_dims and (kind_x == kind_y or (kind_x > kind_y) == (x.ndim > 0)):
        return x.dtype if x.ndim else y.dtype
    return wider(x.dtype, y.dtype)


def wider(x: np.dtype, y: np.dtype) -> np.dtype:
    """The type that holds both; an integer never widens a floating point type."""
    if KIND[x.kind] != KIND[y.kind]:
        return x if KIND[x.kind] > KIND[y.kind] else y
    return np.promote_types(x, y)


def number(value, dtype: np.dtype) -> np.generic:
    """A Python number in a type, cut off as C does it; torch's error where it does not fit."""
    try:
        if dtype.kind in "iu":
            most = np.iinfo(dtype).max
            if not -most - (dtype.kind == "i") <= builtins.int(value) <= most:
                raise OverflowError
            return np.int64(value).astype(dtype)  # an unsigned type counts down from its end
        if dtype == np.float32 and np.finfo(dtype).max < abs(value) < np.inf:
            raise OverflowError
    except (OverflowError, ValueError):  # int(inf), int(nan)
        names = {"int32": "int", "float32": "float"}
        raise errors.does_not_fit(names.get(dtype.name, f"{dtype.name}_t")) from None
    return dtype.type(value)


def floating(x):
    """An array as floating point: integers become the default type, floats stay as they are."""
    return x if x.dtype.kind == "f" else cast(x, _default.numpy)


_FLOAT = builtins.float
_NUMBERS = (builtins.int, builtins.float, builtins.bool)
