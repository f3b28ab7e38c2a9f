"""What a tensor tells of its numbers: shape, type, device, and the numbers themselves."""

from __future__ import annotations

import operator
import warnings

import numpy as np

from . import devices, dtypes, errors


class Values:
    """The side of a tensor that has nothing to do with gradients. `_data` holds the numbers."""

    __slots__ = ()

    @property
    def shape(self) -> dtypes.Size:
        """The lengths of the dimensions."""
        return dtypes.Size(self._data.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The number type, for example `minigrad.float32`."""
        return dtypes.of(self._data)

    @property
    def device(self) -> devices.device:
        """Where the numbers are: `device(type='cpu')` or a GPU."""
        return devices.of(self._data)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    @property
    def is_cuda(self) -> bool:
        """True for a tensor on a GPU."""
        return self.device.type == "cuda"

    def dim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    ndimension = dim

    def size(self, dim: int | None = None):
        """The shape, or the length of one dimension."""
        return self.shape if dim is None else self._data.shape[normal_dim(dim, self._data.ndim)]

    def numel(self) -> int:
        """The number of elements."""
        return int(self._data.size)

    nelement = numel

    def element_size(self) -> int:
        """The bytes of one element."""
        return self._data.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self._data.nbytes

    def is_floating_point(self) -> bool:
        """True for float16, float32 and float64."""
        return self._data.dtype.kind == "f"

    def is_contiguous(self) -> bool:
        """True where the elements lie in memory in the order of their indices."""
        return isinstance(self._data, np.generic) or bool(self._data.flags.c_contiguous)

    def stride(self, dim: int | None = None):
        """The steps in memory, in elements, from one index to the next: of all or one dimension."""
        data = self._data
        steps = tuple(step // data.itemsize for step in data.strides)
        return steps if dim is None else steps[normal_dim(dim, data.ndim)]

    def storage_offset(self) -> int:
        """How many elements come before the first one, in the memory that it shares."""
        owner = array = self._storage()
        while owner.base is not None:
            owner = owner.base
        return (array.ctypes.data - owner.ctypes.data) // array.itemsize

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._storage().ctypes.data

    def type(self, dtype=None):
        """torch's old class name, or with an argument the tensor converted to that dtype."""
        if dtype is None:
            return (
                f"minigrad.{'cuda.' if self.is_cuda else ''}{dtypes.class_name(self._data)}Tensor"
            )
        return self.to(dtype)

    def item(self):
        """The one element as a Python number."""
        if self._data.size != 1:
            raise errors.not_one_element(self._data.size)
        return self._data.item()

    def tolist(self):
        """The elements as Python numbers in nested lists."""
        return self._data.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array, sharing memory; a tensor that requires grad must be detached first."""
        if force:
            return np.asarray(devices.to_numpy(self._storage()))
        if self.requires_grad:
            raise errors.numpy_needs_detach()
        if self.is_cuda:
            raise errors.numpy_of_gpu(self.device)
        return self._storage()

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        array = self.numpy()
        return np.array(array, dtype=dtype, copy=copy) if dtype or copy else array

    def __array_wrap__(self, array, context=None, return_scalar: bool = False):
        """What NumPy's functions make of a tensor is a tensor again; True and False as 1 and 0."""
        from .creation import from_numpy

        return from_numpy(array.astype(np.uint8) if array.dtype.kind == "b" else array)

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise errors.ambiguous_truth(self._data.size)
        return bool(self._data.item())

    def _number(self, kind):
        if self._data.size != 1:
            raise errors.not_one_number()
        if self.requires_grad:
            warnings.warn(errors.TO_SCALAR, UserWarning, stacklevel=3)
        return kind(self._data.item())

    def __float__(self) -> float:
        return self._number(float)

    def __int__(self) -> int:
        return self._number(int)

    def __index__(self) -> int:
        if self._data.size != 1 or self._data.dtype.kind == "f":
            raise errors.not_an_index()
        return int(self._data.item())

    def __len__(self) -> int:
        if self._data.ndim == 0:
            raise errors.no_dimension("len() of")
        return self._data.shape[0]

    def __iter__(self):
        if self._data.ndim == 0:
            raise errors.no_dimension("iteration over")
        return iter(self.unbind(0))

    def __delitem__(self, key):
        raise errors.no_deleting()

    def __reversed__(self):
        return self.flip(0) if self._data.ndim else self

    def __contains__(self, value) -> bool:
        if not isinstance(value, Values | int | float):
            raise errors.contains_type(type(value))
        return bool((self == value).any())

    def __format__(self, spec: str) -> str:
        if self._data.ndim == 0:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def _array(self) -> np.ndarray:
        """The numbers as a NumPy array, to look at."""
        return np.asarray(devices.to_numpy(self._data))


def normal_dim(dim: int, ndim: int) -> int:
    """A dimension counted from 0; IndexError in torch's words where it does not exist."""
    if dim.__class__ is bool:
        raise errors.bool_as_dim()
    dim, span = operator.index(dim), max(ndim, 1)
    if not -span <= dim < span:
        raise errors.dim_range(dim, ndim)
    return dim % span
