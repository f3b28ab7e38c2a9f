"""saved_tensors_hooks: a say in how the graph keeps the tensors that it saves."""

from __future__ import annotations

from collections.abc import Callable

from .. import errors
from .modes import modes


class saved_tensors_hooks:
    """A region in which tensors are saved for the backward pass in a form of your own.

    `pack_hook(tensor)` is called when an operation saves a tensor, and may return anything: a
    shorter type, the name of a file. `unpack_hook(that)` is called when the backward pass needs the
    tensor, and returns it. Of regions inside one another the innermost counts. With hooks nobody
    checks whether a saved tensor was changed in place.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> with saved_tensors_hooks(lambda t: t.tolist(), lambda numbers: minigrad.tensor(numbers)):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable, unpack_hook: Callable):
        for hook in (pack_hook, unpack_hook):
            if not callable(hook):
                raise errors.no_pair_of_hooks(type(hook).__name__)
        self._hooks = (pack_hook, unpack_hook)
        self._before: list = []

    def __enter__(self) -> None:
        self._before.append(modes.pack)
        modes.pack = self._hooks

    def __exit__(self, *exception) -> None:
        modes.pack = self._before.pop()
