"""The same numbers as another type or on another device."""

from __future__ import annotations

from .. import devices, dtypes
from ..tensor import Tensor
from . import refusals
from .compare import plain
from .elementwise import cast
from .table import op

# fmt: off

move = op("to_copy", lambda self, device, source: moved(self, device),
    self=lambda g, device, source: move(g, source, device))

# fmt: on


def moved(array, device):
    """A copy of an array in the memory of a device."""
    if devices.device(device).type == "cpu":
        return devices.to_numpy(array)
    return devices.array_module(device).asarray(array)


def to(
    self: Tensor,
    *args,
    dtype=None,
    device=None,
    non_blocking=False,
    copy=False,
    memory_format=None,
) -> Tensor:
    """This tensor with another dtype or on another device; the tensor itself where nothing changes.

    >>> import minigrad
    >>> minigrad.tensor([1, 2]).to(minigrad.float32)
    tensor([1., 2.])
    """
    for value in args:
        if isinstance(value, dtypes.dtype | type | None):
            dtype = value or dtype
        elif isinstance(value, Tensor):
            dtype, device = value.dtype, value.device
        elif isinstance(value, (str, devices.device)):
            device = value
        elif isinstance(value, bool):  # non_blocking, then copy: only the latter matters here
            copy = args[-1] if isinstance(args[-2], bool) else copy
        else:
            raise refusals.conversion(type(value).__name__)
    result, dtype = self, dtypes.chosen(dtype)
    if device is not None and devices.device(device).type != self.device.type:
        result = move(result, devices.device(device), self.device)
    if dtype is not None and dtype.numpy != self._data.dtype:
        if dtype.is_floating_point:
            result = cast(result, dtype.numpy)
        else:
            result = plain(dtypes.cast(result._data, dtype.numpy))  # integers have no gradient
    return cast(result, result._data.dtype) if copy and result is self else result


def _as(dtype):
    def convert(self, memory_format=None):
        return to(self, dtype=dtype)

    convert.__name__ = convert.__qualname__ = dtype.name
    convert.__doc__ = f"This tensor as {dtype.name}."
    return convert


CONVERSIONS = {
    "half": _as(dtypes.float16),
    "float": _as(dtypes.float32),
    "double": _as(dtypes.float64),
    "byte": _as(dtypes.uint8),
    "char": _as(dtypes.int8),
    "short": _as(dtypes.int16),
    "int": _as(dtypes.int32),
    "long": _as(dtypes.int64),
    "bool": _as(dtypes.bool),
}


def type_as(self, other: Tensor) -> Tensor:
    """This tensor with the dtype of another."""
    return to(self, dtype=other.dtype)


def cpu(self) -> Tensor:
    """This tensor in main memory."""
    return to(self, device="cpu")


def cuda(self, device=None) -> Tensor:
    """This tensor on a GPU; RuntimeError with the reason where there is none."""
    return to(self, device="cuda" if device is None else devices.device("cuda", device))
