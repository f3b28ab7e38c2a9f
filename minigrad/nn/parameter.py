"""Parameter: a tensor that a module owns and an optimiser changes."""

from __future__ import annotations

from .. import errors
from ..creation import empty
from ..tensor import Tensor


class Parameter(Tensor):
    """A leaf that requires grad and registers itself when it is assigned to a module.

    It shares the memory of `data`. What is computed from it is an ordinary tensor.

    >>> import minigrad
    >>> Parameter(minigrad.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        data = empty(0) if data is None else data
        if not isinstance(data, Tensor):
            raise errors.no_parameter(type(data).__name__)
        if requires_grad and not data.is_floating_point():
            raise errors.creation_needs_float()
        parameter = object.__new__(cls)
        parameter._data = data._storage()
        parameter._edge = None
        parameter._requires_grad = requires_grad
        return parameter

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True):
        """All is done in `__new__`."""

    def __deepcopy__(self, memo):
        copy = Parameter(self.detach().clone(), self.requires_grad)
        copy._grad = None if self._grad is None else self._grad.detach().clone()
        memo[id(self)] = copy
        return copy

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
