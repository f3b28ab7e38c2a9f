"""A stand-in for CuPy where there is no GPU: NumPy's numbers behind CuPy's narrower doors.

It computes with NumPy, and refuses what CuPy refuses: to become a NumPy array unasked, to be mixed
with one, keywords of ufuncs and reductions of ufuncs that CuPy lacks (cupy/_core/core.pyx and
_kernel.pyx of CuPy 14). A result without dimensions stays an array, as on a GPU. What it cannot
show is CuPy's own numbers, its speed, and functions whose arguments differ from NumPy's.
"""

import sys
from contextlib import contextmanager, suppress
from types import ModuleType, SimpleNamespace

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from minigrad import devices

REDUCES = {"add", "multiply"}  # ufunc.reduce and ufunc.accumulate
AT = {"add", "maximum", "minimum"}  # ufunc.at
KEYWORDS = {
    "__call__": {"out", "dtype", "casting"},
    "reduce": {"axis", "dtype", "out", "keepdims"},
    "accumulate": {"axis", "dtype", "out"},
    "at": set(),
    "outer": {"dtype"},
}
# fmt: off
METHODS = frozenset((
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "copy", "cumprod", "cumsum",
    "diagonal", "dot", "fill", "flatten", "max", "mean", "min", "nonzero", "prod", "ptp", "ravel",
    "repeat", "reshape", "round", "searchsorted", "sort", "squeeze", "std", "sum", "swapaxes",
    "take", "trace", "transpose", "var", "view",
))
# fmt: on
ATTRIBUTES = frozenset(("shape", "dtype", "ndim", "size", "strides", "nbytes", "itemsize"))
ARRAYS = frozenset(("T", "mT", "real", "imag", "base"))


class ndarray(NDArrayOperatorsMixin):
    """What `cupy.ndarray` is to its users."""

    __array_priority__ = 100
    __cuda_array_interface__ = {}  # noqa: RUF012
    device = SimpleNamespace(id=0)

    def __init__(self, numbers):
        self._numbers = np.asarray(numbers)
        with suppress(ValueError):  # broadcast_to and diagonal give views to be read only
            self._numbers.flags.writeable = True

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Use `.get()`.")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        name = ufunc.__name__
        known = {"reduce": REDUCES, "accumulate": REDUCES, "at": AT}.get(method, {name})
        if name not in known:
            raise NotImplementedError(f"`cupy_{name}.{method}` is not supported yet")
        if unknown := set(options) - KEYWORDS[method]:
            raise TypeError(f"Wrong arguments {sorted(unknown)}")
        return wrapped(getattr(ufunc, method)(*unwrapped(inputs), **unwrapped(options)))

    def __array_function__(self, function, types, arguments, options):
        return wrapped(function(*unwrapped(arguments), **unwrapped(options)))

    def __getattr__(self, name):
        if name in ATTRIBUTES | ARRAYS:
            return wrapped(getattr(self._numbers, name))
        if name in METHODS:
            method = getattr(self._numbers, name)
            return lambda *a, **k: wrapped(method(*unwrapped(a), **unwrapped(k)))
        raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")

    @property
    def flags(self):
        """Without `writeable`: all arrays are."""
        own = self._numbers.flags
        return SimpleNamespace(
            c_contiguous=own.c_contiguous, f_contiguous=own.f_contiguous, owndata=own.owndata
        )

    def __getitem__(self, key):
        return wrapped(self._numbers[unwrapped(key, hosts=True)])

    def __setitem__(self, key, value):
        self._numbers[unwrapped(key, hosts=True)] = unwrapped(value)

    def __len__(self):
        return len(self._numbers)

    def __iter__(self):
        return map(wrapped, self._numbers)

    def __bool__(self):
        return bool(self._numbers)

    def __int__(self):
        return int(self._numbers)

    def __float__(self):
        return float(self._numbers)

    def __index__(self):
        return self._numbers.__index__()

    def tolist(self):
        return self._numbers.tolist()

    def item(self, *place):
        return self._numbers.item(*place)

    def get(self):
        return self._numbers.copy()


def wrapped(result):
    if isinstance(result, np.ndarray | np.generic):
        return ndarray(result)
    if isinstance(result, list | tuple) and any(isinstance(part, np.ndarray) for part in result):
        return type(result)(map(wrapped, result))
    return result


def unwrapped(argument, hosts=False):
    """The numbers in the arguments of a call; a NumPy array among them is refused."""
    if isinstance(argument, ndarray):
        return argument._numbers
    if isinstance(argument, np.ndarray) and not hosts:
        raise TypeError(f"Unsupported type {type(argument)}")
    if isinstance(argument, list | tuple):
        return type(argument)(unwrapped(part, hosts) for part in argument)
    if isinstance(argument, dict):
        return {name: unwrapped(value, hosts) for name, value in argument.items()}
    return argument


def function_of_cupy(name):
    """A function of the module `cupy`; those that are ufuncs have `at`."""
    function = getattr(np, name)

    def call(*arguments, **options):
        return wrapped(function(*unwrapped(arguments), **unwrapped(options)))

    def at(array, indices, values):
        if name not in AT:
            raise NotImplementedError(f"`cupy_{name}.at` is not supported yet")
        function.at(array._numbers, unwrapped(indices, hosts=True), unwrapped(values))

    call.__name__ = name
    call.at = at
    return call


@contextmanager
def installed():
    """`import cupy` finds the stand-in, and minigrad a device "cuda"."""
    module = ModuleType("cupy")
    module.ndarray = ndarray
    module.cuda = SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=lambda: 1))
    module.asarray = lambda x, dtype=None: ndarray(np.asarray(unwrapped(x, hosts=True), dtype))
    module.__getattr__ = function_of_cupy
    before = sys.modules.get("cupy")
    sys.modules["cupy"] = module
    devices.cuda_problem.cache_clear()
    try:
        yield module
    finally:
        del sys.modules["cupy"]
        if before is not None:
            sys.modules["cupy"] = before
        devices.cuda_problem.cache_clear()
