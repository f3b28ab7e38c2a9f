"""Making tensors: from numbers, of zeros and ones, of ranges, at random."""

from __future__ import annotations

import functools
import math
import operator
import warnings

import numpy as np

from . import devices, dtypes, errors, random
from .memory import made_like
from .ops import refusals
from .ops.compare import plain
from .ops.shape import alias
from .tensor import Tensor


def _finish(array, requires_grad, device=None, shared=False, maker="tensor") -> Tensor:
    if device is not None and devices.device(device).type != "cpu":
        array = devices.array_module(device).asarray(array)
    # NumPy computes with a scalar eight times as fast as with an array of no dimensions.
    tensor = plain(array if shared or array.ndim else array[()])
    if requires_grad:
        if not isinstance(requires_grad, bool):
            raise errors.flag_of_new(maker, errors.type_name(requires_grad))
        if array.dtype.kind != "f":
            raise errors.creation_needs_float()
        tensor._requires_grad = True
    return tensor


def tensor(
    data, *, dtype: dtypes.dtype | None = None, device=None, requires_grad: bool = False
) -> Tensor:
    """A tensor that holds a copy of numbers: a number, nested lists, a NumPy array.

    Python floats become the default type (float32), ints int64; arrays keep their type.

    >>> import minigrad
    >>> minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    if isinstance(data, Tensor):
        warnings.warn(errors.COPY_CONSTRUCT.format("minigrad.tensor"), UserWarning, stacklevel=2)
    return _finish(_array(data, dtype, copy=True), requires_grad, device)


def as_tensor(data, *, dtype: dtypes.dtype | None = None, device=None) -> Tensor:
    """A tensor of `data`, sharing its memory where it is a NumPy array of the right type."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    return _finish(_array(data, dtype, copy=False), False, device, shared=True)


def old_tensor(*data) -> Tensor:
    """What `Tensor(...)` makes: a tensor of floats, or of a size and whatever was in memory."""
    first = data[0] if len(data) == 1 else None
    if isinstance(first, Tensor):
        return alias(first)
    if len(data) != 1 or isinstance(first, dtypes.Size) or _is_whole(first):
        return _shaped("new", np.empty, data or (0,), None, None, None, False)
    if not isinstance(first, list | tuple | np.ndarray | range | str):
        raise errors.no_sequence(errors.type_name(first))
    return tensor(first, dtype=dtypes.get_default_dtype())


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares memory with a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise errors.no_array(errors.type_name(array))
    dtypes.of(array)
    return plain(array)


def _array(data, dtype, copy: bool) -> np.ndarray:
    """Numbers as an array of a type that torch has."""
    wanted = None if dtype is None else _numpy(dtype)
    if isinstance(data, Tensor):
        data = data._array()
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data, dtype=wanted) if copy else np.asarray(data, dtype=wanted)
        dtypes.of(array)
        return array
    if shape := _nesting(data):
        _check_nesting(data, shape)
    types: set[type | np.dtype] = set()
    array = np.array(_plain_numbers(data, types))
    if array.dtype.kind not in ("bif" if wanted is None else "biuf"):
        raise _no_number(data)
    if wanted is None:
        wanted = array.dtype
        if wanted.kind == "f" or array.size == 0:
            wanted = dtypes.get_default_dtype().numpy
        if not types <= _PYTHON:
            wanted = functools.reduce(dtypes.wider, map(_of_number, types))
    if array.dtype is not wanted:
        _check_range(array, wanted)
    return array.astype(wanted, copy=False)


_PYTHON = {float, int, bool}


def _of_number(kind: type | np.dtype) -> np.dtype:
    """The NumPy type for one of Python's numbers, or itself."""
    return dtypes.get_default_dtype().numpy if kind is float else np.dtype(kind)


def _plain_numbers(data, types: set):
    """Nested lists of Python's numbers; `types` gets theirs, and those that NumPy's bring along."""
    if isinstance(data, (list, tuple)):
        kinds = set(map(type, data))
        if kinds <= _PYTHON:
            types |= kinds
            return data
        return [_plain_numbers(item, types) for item in data]
    if isinstance(data, Tensor):
        if data._data.size != 1:
            raise errors.not_one_number()
        if data.requires_grad:
            warnings.warn(errors.TO_SCALAR, UserWarning, stacklevel=4)
        types.add(data._data.dtype)
        return data.item()
    if isinstance(data, np.ndarray):
        warnings.warn(errors.LIST_OF_ARRAYS, UserWarning, stacklevel=4)
    if isinstance(data, (np.ndarray, np.generic)):
        types.add(data.dtype)
    elif type(data) in _PYTHON:
        types.add(type(data))
    return data


def _nesting(data) -> list[int]:
    """The shape of nested lists, by the first item of each."""
    shape = []
    while isinstance(data, (list, tuple)):
        shape.append(len(data))
        data = data[0] if data else None
    return shape


def _check_nesting(data, shape, dim=0) -> None:
    """torch's error where nested lists do not have this shape everywhere."""
    if not isinstance(data, (list, tuple)):
        raise errors.not_a_sequence()
    if len(data) != shape[dim]:
        raise errors.ragged(shape[dim], dim, len(data))
    if dim + 1 < len(shape):
        for item in data:
            _check_nesting(item, shape, dim + 1)
    else:
        for item in data:
            if isinstance(item, (list, tuple)):
                raise errors.list_as_number(type(item).__name__)


def _no_number(data) -> Exception:
    """torch's error for data that is not made of numbers that fit."""
    first = data
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if isinstance(first, str) and first is not data:
        return errors.text_in_list("str")
    while isinstance(data, (list, tuple)) and data:
        data = next((x for x in data if not isinstance(x, (int, float))), 0)
    name = type(data).__name__
    if isinstance(data, (str, bytes)):
        return errors.text_as_data(name)
    return errors.overflow() if isinstance(data, int) else errors.no_number(name)


def _check_range(array, dtype) -> None:
    """Refuse Python numbers that an integer type cannot hold; negative ones wrap, as in torch."""
    if dtype.kind in "iu" and array.dtype.kind in "if" and array.size:
        most = np.iinfo(dtype).max
        if not (np.abs(array) <= most + (array < 0)).all():
            raise errors.does_not_fit(dtype.name)


# --- of one value ---------------------------------------------------------------------------------


def _size(maker: str, sizes, size=None, position=1) -> tuple[int, ...]:
    """Sizes given one by one, as one sequence, or under the name `size`."""
    if size is None:
        if not sizes:
            raise errors.no_size(maker)
        size = sizes if len(sizes) > 1 or _is_whole(sizes[0]) else sizes[0]
    if not isinstance(size, list | tuple):
        raise errors.argument_type(maker, "size", position, "tuple of ints", errors.type_name(size))
    for i, n in enumerate(size):
        if not _is_whole(n):
            if i == 0:
                raise errors.size_element(maker, position, errors.type_name(n))
            raise errors.later_size_element(maker, i + 1, errors.type_name(n))
    size = tuple(map(operator.index, size))
    for n in size:
        if n < 0:
            zeros = maker == "zeros"
            raise errors.negative_size_of_zeros() if zeros else errors.negative_size(n, size)
    return size


def _filled(fill, size, *arguments) -> np.ndarray:
    """An array from one of NumPy's makers; torch's error where there is not enough memory."""
    try:
        return fill(size, *arguments)
    except (MemoryError, ValueError):
        itemsize = np.dtype(arguments[-1]).itemsize
        raise errors.no_memory(math.prod(size) * itemsize) from None


def _is_whole(n) -> bool:
    """Whether a number can be a length: Python's, NumPy's, or in a tensor."""
    if isinstance(n, Tensor):
        n = n._data[()]
    return isinstance(n, int | np.integer) and not isinstance(n, bool)


def _numpy(dtype) -> np.dtype:
    """The NumPy type for a dtype; Python's float, int and bool will do, too."""
    return (dtypes.chosen(dtype) or dtypes.get_default_dtype()).numpy


def _shaped(maker, fill, sizes, size, dtype, device, requires_grad) -> Tensor:
    array = _filled(fill, _size(maker, sizes, size), _numpy(dtype))
    return _finish(array, requires_grad, device, maker=maker)


def zeros(*sizes, size=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor of zeros; the size as numbers or as one sequence.

    >>> import minigrad
    >>> minigrad.zeros(2, 3).shape
    minigrad.Size([2, 3])
    """
    return _shaped("zeros", np.zeros, sizes, size, dtype, device, requires_grad)


def ones(*sizes, size=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor of ones."""
    return _shaped("ones", np.ones, sizes, size, dtype, device, requires_grad)


def empty(*sizes, size=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor of whatever was in memory."""
    return _shaped("empty", np.empty, sizes, size, dtype, device, requires_grad)


def full(size, fill_value, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor that holds `fill_value` everywhere."""
    return _full("full", size, fill_value, dtype, device, requires_grad)


def _full(maker, size, fill_value, dtype, device, requires_grad) -> Tensor:
    size, fill_value = _size(maker, (), size), _number(maker, 2, "fill_value", fill_value)
    kind = type(fill_value) if dtype is None and not isinstance(fill_value, float) else None
    dtype = _numpy(kind or dtype)
    array = _filled(np.full, size, dtypes.number(fill_value, dtype), dtype)
    return _finish(array, requires_grad, device, maker=maker)


def eye(n, m=None, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """The identity matrix."""
    for position, (name, side) in enumerate((("n", n), ("m", n if m is None else m)), 1):
        if not _is_whole(side):
            raise errors.argument_type("eye", name, position, "int", errors.type_name(side))
        if side < 0:
            raise errors.negative_side(name, side)
    return _finish(np.eye(n, m, dtype=_numpy(dtype)), requires_grad, device, maker="eye")


def _like(make, input, dtype, device, requires_grad, name=None, **options) -> Tensor:
    """What `make` makes, with shape, type and device of `input`; in memory it lies as `input`."""
    name = name or f"{make.__name__}_like"
    if not isinstance(input, Tensor):
        raise refusals.must_be_tensor(name, "input", 1, errors.type_name(input))
    options |= {"dtype": dtype or input.dtype, "device": device or input.device}
    array = made_like(input._data, lambda size: make(size=size, **options)._data)
    return _finish(array, requires_grad, maker=name)


def zeros_like(input, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Zeros with shape, type and device of `input`."""
    return _like(zeros, input, dtype, device, requires_grad)


def ones_like(input, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Ones with shape, type and device of `input`."""
    return _like(ones, input, dtype, device, requires_grad)


def empty_like(input, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Whatever was in memory, with shape, type and device of `input`."""
    return _like(empty, input, dtype, device, requires_grad)


def full_like(input, fill_value, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """`fill_value` everywhere, with shape, type and device of `input`."""
    return _like(full, input, dtype, device, requires_grad, fill_value=fill_value)


# --- methods: with the type and on the device of a tensor -----------------------------------------


def _new(fill):
    name = f"new_{fill.__name__}"

    def method(self, *sizes, size=None, dtype=None, device=None, requires_grad=False) -> Tensor:
        dtype, device = dtype or self.dtype, device or self.device
        return _shaped(name, fill, sizes, size, dtype, device, requires_grad)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{fill.__name__}` with the type and on the device of this tensor."
    return method


def new_full(self, size, fill_value, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """`full` with the type and on the device of this tensor."""
    dtype, device = dtype or self.dtype, device or self.device
    return _full("new_full", size, fill_value, dtype, device, requires_grad)


def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """`tensor` with the type and on the device of this tensor."""
    if isinstance(data, Tensor):
        text = errors.COPY_CONSTRUCT.format("tensor.new_tensor")
        warnings.warn(text, UserWarning, stacklevel=2)
        data = data._data
    array = _array(data, dtype or self.dtype, copy=True)
    return _finish(array, requires_grad, device or self.device, maker="new_tensor")


for _method in (_new(np.zeros), _new(np.ones), _new(np.empty), new_full, new_tensor):
    setattr(Tensor, _method.__name__, _method)

# --- ranges ---------------------------------------------------------------------------------------


def arange(start=None, end=None, step=1, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Numbers from `start` up to and without `end`, in steps.

    >>> import minigrad
    >>> minigrad.arange(3)
    tensor([0, 1, 2])
    """
    alone = start is None or end is None
    if alone:
        start, end = 0, start if end is None else end
    if end is None:
        raise errors.no_end()
    start, step = _number("arange", 1, "start", start), _number("arange", 3, "step", step)
    end = _number("arange", 1 if alone else 2, "end", end)
    dtype = dtypes.chosen(dtype)
    if dtype is None:
        floats = any(isinstance(x, float) for x in (start, end, step))
        dtype = dtypes.get_default_dtype() if floats else dtypes.int64
    if dtype is dtypes.bool:
        raise errors.not_of_bools("arange")
    if not (np.isfinite(start) and np.isfinite(end)):
        raise errors.infinite_range(start, end)
    if dtype is dtypes.int64:  # torch cuts off before it counts
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise errors.no_step()
    if (end - start) / step < 0:
        raise errors.step_sign()
    n = int(np.ceil((end - start) / step))
    if not dtype.is_floating_point:
        start, step = int(start), int(step)
    array = start + step * np.arange(n)
    return _finish(array.astype(dtype.numpy), requires_grad, device, maker="arange")


def _number(function: str, position: int, name: str, value):
    """A number, of Python's or in a tensor; torch's error for anything else."""
    if isinstance(value, Tensor | np.generic) and value.ndim == 0:
        return value.item()
    if not isinstance(value, int | float):
        raise errors.argument_type(function, name, position, "Number", errors.type_name(value))
    return value


def linspace(start, end, steps, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, at equal distances."""
    start, end = _number("linspace", 1, "start", start), _number("linspace", 2, "end", end)
    if steps < 0:
        raise errors.negative_steps()
    dtype = dtypes.chosen(dtype)
    if dtype is dtypes.bool:
        raise errors.not_of_bools("linspace")
    if dtype and not dtype.is_floating_point:
        start, end = int(start), int(end)
    return _finish(
        np.linspace(start, end, steps).astype(_numpy(dtype)),
        requires_grad,
        device,
        maker="linspace",
    )


# --- at random: torch's own number streams --------------------------------------------------------


def rand(*sizes, size=None, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Random numbers, uniform between 0 and 1; torch's own stream on a CPU.

    >>> import minigrad
    >>> _ = minigrad.manual_seed(0)
    >>> minigrad.rand(2)
    tensor([0.4963, 0.7682])
    """
    array = random.rand(_size("rand", sizes, size), _numpy(dtype), generator)
    return _finish(array, requires_grad, device, maker="rand")


def randn(
    *sizes, size=None, generator=None, dtype=None, device=None, requires_grad=False
) -> Tensor:
    """Random numbers, normally distributed with mean 0 and variance 1; torch's own stream."""
    array = random.randn(_size("randn", sizes, size), _numpy(dtype), generator)
    return _finish(array, requires_grad, device, maker="randn")


def normal(
    mean=0.0, std=1.0, size=None, *, generator=None, dtype=None, device=None, requires_grad=False
) -> Tensor:
    """Normal random numbers: `normal(0.0, 1.0, (2, 3))`, or one for each mean or std in a tensor.

    >>> import minigrad
    >>> _ = minigrad.manual_seed(0)
    >>> minigrad.normal(0.0, 1.0, (2,))
    tensor([ 1.5410, -0.2934])
    """
    tensors = [x._data for x in (mean, std) if isinstance(x, Tensor)]
    if not tensors:
        array = random.normal(_size("normal", (), size, 3), mean, std, _numpy(dtype), generator)
        return _finish(array, requires_grad, device, maker="normal")
    mean, std = (x._data if isinstance(x, Tensor) else x for x in (mean, std))
    if np.min(std) < 0:
        raise errors.negative_std(np.min(std))
    kind = np.result_type(*tensors)
    array = random.randn(np.broadcast_shapes(*(x.shape for x in tensors)), kind, generator)
    return _finish((array * std + mean).astype(kind), requires_grad, device)


def randint(
    low=0, high=None, size=None, *, generator=None, dtype=None, device=None, requires_grad=False
) -> Tensor:
    """Random integers below `high`: `randint(high, size)` or `randint(low, high, size)`.

    >>> import minigrad
    >>> _ = minigrad.manual_seed(0)
    >>> minigrad.randint(10, (3,))
    tensor([4, 9, 3])
    """
    if size is None:
        high, size = None, high
    size = _size("randint", (), size, 2 if high is None else 3)
    if high is None:
        low, high = 0, low
    array = random.randint(low, high, size, _numpy(dtype or dtypes.int64), generator)
    return _finish(array, requires_grad, device, maker="randint")


def randint_like(
    input, low=0, high=None, *, generator=None, dtype=None, device=None, requires_grad=False
) -> Tensor:
    """Random integers with shape and type of `input`, below `high` as in `randint`."""
    options = {"low": low, "high": high, "generator": generator}
    return _like(randint, input, dtype, device, requires_grad, **options)


def randperm(n, *, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """The numbers from 0 to n - 1 in random order."""
    array = random.randperm(n, _numpy(dtype or dtypes.int64), generator)
    return _finish(array, requires_grad, device, maker="randperm")


def rand_like(input, *, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Uniform random numbers with the shape of `input`."""
    return _like(rand, input, dtype, device, requires_grad, generator=generator)


def randn_like(input, *, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Normal random numbers with the shape of `input`."""
    tensor = _like(empty, input, dtype, device, False, "randn_like").normal_(generator=generator)
    return _finish(tensor._data, requires_grad, maker="randn_like")
