"""Tensors of minigrad and of torch as arrays of one's own."""

from functools import cache
from typing import Any

import numpy as np


def is_tensor(thing: Any) -> bool:
    """Say whether `thing` is a tensor of minigrad or of torch, by its type: nothing is computed."""
    return _is_tensor_type(type(thing))


@cache
def _is_tensor_type(kind: type) -> bool:
    return all(hasattr(kind, name) for name in ("grad_fn", "requires_grad", "is_leaf"))


def stored_grad(tensor: Any) -> Any:
    """Return the gradient that a tensor keeps; one that keeps none is not asked, it would warn."""
    return tensor.grad if keeps_grad(tensor) else None


def keeps_grad(tensor: Any) -> bool:
    """Say whether a backward pass stores a gradient in a tensor."""
    return tensor is not None and (tensor.is_leaf or getattr(tensor, "retains_grad", False))


def version_of(tensor: Any) -> int | None:
    """How often a tensor was changed in place; one made in inference mode does not count."""
    try:
        return getattr(tensor, "_version", None)
    except RuntimeError:
        return None


def array_of(thing: Any) -> np.ndarray | None:
    """Copy a tensor, array or number into an array of its own; None stays None."""
    if thing is None:
        return None
    if is_tensor(thing):
        try:
            thing = thing.numpy(force=True)
        except NotImplementedError:
            return None  # on the device "meta" there are no numbers
        except TypeError:
            thing = _strange(thing)
    return np.array(thing)


def _strange(tensor: Any) -> np.ndarray:
    """The numbers of a tensor of a kind that NumPy does not know: sparse, bfloat16."""
    tensor = tensor.detach().cpu()
    if getattr(tensor, "is_sparse", False):
        tensor = tensor.to_dense()
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()


class Copies:
    """Copies of tensors, all of one moment; a view of what was copied is a view of the copy."""

    def __init__(self) -> None:
        # What is kept here keeps its `id` and its memory.
        self._made: dict[int, tuple[Any, np.ndarray | None]] = {}
        self._first: dict[int, tuple[Any, np.ndarray | None]] = {}  # by its place in memory

    def __call__(self, tensor: Any) -> np.ndarray | None:
        found = self._made.get(id(tensor))
        if found is None:
            start = start_of(tensor)
            first = self._first.get(start)
            copy = None if first is None else view_of(tensor, *first)
            found = self._made[id(tensor)] = tensor, array_of(tensor) if copy is None else copy
            if start is not None and first is None:
                self._first[start] = found
        return found[1]


def start_of(tensor: Any) -> int | None:
    """The place in memory of a tensor of torch that lies there number by number, or None."""
    if not _has_place(type(tensor)):
        return None
    try:
        return None if tensor.is_neg() else tensor.data_ptr()
    except RuntimeError:  # sparse
        return None


@cache
def _has_place(kind: type) -> bool:
    return hasattr(kind, "is_neg")


def view_of(tensor: Any, other: Any, copy: np.ndarray | None) -> np.ndarray | None:
    """A tensor as a view of the copy of another one that begins at the same place in memory.

    None where it is more or something else than the same numbers in another shape or order.
    """
    if tensor is other:
        return copy
    alike = (
        copy is not None
        and tensor.numel() == other.numel()
        and tensor.dtype == other.dtype
        and other.is_contiguous()
        and copy.dtype.kind != "c"
    )
    if not alike or tensor.is_contiguous():
        return copy.reshape(tensor.shape) if alike else None
    strides = [copy.itemsize * step for step in tensor.stride()]
    try:
        return np.ndarray(tensor.shape, copy.dtype, copy, 0, strides)
    except ValueError:  # it reaches further
        return None
