"""Whether operations are recorded: no_grad, enable_grad, set_grad_enabled, inference_mode.

Each is a context manager and a decorator, and each thread has its own mode.
"""

from __future__ import annotations

import functools
from _thread import _local  # is threading.local, without the 0.5 ms that threading takes


class _Modes(_local):
    grad = True  # operations on tensors that require grad are recorded
    inference = False  # results are inference tensors
    pack = None  # a pair (pack, unpack) inside saved_tensors_hooks


modes = _Modes()


def is_grad_enabled() -> bool:
    """True where operations are recorded."""
    return modes.grad


def is_inference_mode_enabled() -> bool:
    """True inside `inference_mode`."""
    return modes.inference


class _Mode:
    """A region with `grad` and `inference` set; the modes from before come back at its end."""

    def __init__(self, grad: bool, inference: bool | None = None):
        self._new = (grad, inference)
        self._old: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._old.append((modes.grad, modes.inference))
        grad, inference = self._new
        modes.grad = grad
        if inference is not None:
            modes.inference = inference

    def __exit__(self, *exception) -> None:
        modes.grad, modes.inference = self._old.pop()

    def __call__(self, function):
        @functools.wraps(function)
        def inside(*args, **kwargs):
            with self.__class__._again(self):
                return function(*args, **kwargs)

        return inside

    def _again(self) -> _Mode:
        return _Mode(*self._new)


class no_grad(_Mode):
    """A region, or a function, in which nothing is recorded.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> with minigrad.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    def __new__(cls, function=None):
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # the decorator without parentheses: @no_grad
        return mode(function)

    def __init__(self):
        super().__init__(False)


class enable_grad(_Mode):
    """A region, or a function, in which operations are recorded, also inside `no_grad`."""

    def __new__(cls, function=None):
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()
        return mode(function)

    def __init__(self):
        super().__init__(True)


class set_grad_enabled(_Mode):
    """Switch recording on or off: at once as a call, and until its end as a region.

    >>> import minigrad
    >>> with minigrad.set_grad_enabled(False):
    ...     minigrad.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool):
        super().__init__(bool(mode))
        super().__enter__()

    def __enter__(self) -> None:
        modes.grad = self._new[0]

    def __call__(self, function):
        modes.grad, modes.inference = self._old.pop()  # a decorator changes nothing outside
        return super().__call__(function)


class inference_mode(_Mode):
    """A region in which nothing is recorded and whose results can never enter a graph.

    >>> import minigrad
    >>> with minigrad.inference_mode():
    ...     y = minigrad.ones(2) * 2
    >>> y.is_inference()
    True
    """

    def __new__(cls, mode=True):
        region = super().__new__(cls)
        if not callable(mode):
            return region
        region.__init__()
        return region(mode)

    def __init__(self, mode: bool = True):
        super().__init__(not mode and modes.grad, bool(mode))
