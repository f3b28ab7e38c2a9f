"""Where arrays live: NumPy on "cpu", CuPy on "cuda". The module is chosen here and nowhere else."""

from __future__ import annotations

import functools
import importlib

import numpy as np

from . import errors


class device:
    """A place for tensors: `device("cpu")`, `device("cuda")`, `device("cuda", 0)`.

    >>> device("cpu")
    device(type='cpu')
    """

    __module__ = "minigrad"
    __slots__ = ("index", "type")

    def __init__(self, type: str | device, index: int | None = None):
        if isinstance(type, device):
            type, index = type.type, type.index
        name, _, number = type.partition(":")
        if name not in ("cpu", "cuda"):
            raise errors.device_name(type)
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


CPU = device("cpu")


@functools.cache
def cuda_problem() -> str | None:
    """Why CUDA cannot be used here, in one sentence; None where it can."""
    try:
        cupy = importlib.import_module("cupy")
    except ImportError:
        return "CuPy is not installed: pip install 'minigrad-kit[cuda]' adds it."
    try:
        if cupy.cuda.runtime.getDeviceCount() > 0:
            return None
    except Exception as problem:
        return f"CuPy finds no usable GPU: {problem}"
    return "CuPy finds no GPU."


def array_module(where: str | device | None):
    """NumPy or CuPy, by device; RuntimeError with the reason where there is no GPU."""
    where = CPU if where is None else device(where)
    if where.type == "cpu":
        return np
    if problem := cuda_problem():
        raise errors.no_gpu(problem)
    return importlib.import_module("cupy")


def is_array(value) -> bool:
    """Whether a value is an array of NumPy or CuPy, or a NumPy scalar."""
    return isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__cuda_array_interface__")


def module_of(array):
    """The module whose arrays compute with this one: NumPy or CuPy."""
    return np if isinstance(array, (np.ndarray, np.generic)) else importlib.import_module("cupy")


def of(array) -> device:
    """The device of an array."""
    if isinstance(array, (np.ndarray, np.generic)):
        return CPU
    return device("cuda", array.device.id)


def to_numpy(array) -> np.ndarray:
    """The array in main memory: itself, or a copy of what is on a GPU."""
    return array if isinstance(array, (np.ndarray, np.generic)) else array.get()
