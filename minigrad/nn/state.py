"""What a module saves and how it is loaded: the two halves of `state_dict`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from .. import dtypes, errors
from ..autograd.modes import no_grad
from ..foreign import as_array
from ..tensor import Tensor
from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module


def state_of(module: Module, prefix: str, keep_vars: bool) -> OrderedDict:
    """All parameters and buffers below a module by their dotted names."""
    state = OrderedDict()
    for path, part in module.named_modules(remove_duplicate=False):
        for name, tensor in _saved_members(part):
            state[prefix + join(path, name)] = tensor if keep_vars else tensor.detach()
    return state


def load_state(module: Module, state_dict, strict: bool, assign: bool) -> IncompatibleKeys:
    """Copy values into parameters and buffers; all that is wrong goes into one RuntimeError."""
    if not isinstance(state_dict, Mapping):
        raise errors.state_type(type(state_dict))
    missing, problems, known = [], [], set()
    for path, part in module.named_modules(remove_duplicate=False):
        for name, tensor in _saved_members(part):
            key = join(path, name)
            known.add(key)
            if key not in state_dict:
                missing.append(key)
                continue
            problem = _load(part, name, tensor, key, state_dict[key], assign)
            problems += [problem] if problem else []
    unexpected = [key for key in state_dict if key not in known]
    if strict:
        for kind, keys in (("Unexpected", unexpected), ("Missing", missing)):
            if keys:
                names = ", ".join(f'"{key}"' for key in keys)
                problems.insert(0, f"{kind} key(s) in state_dict: {names}. ")
    if problems:
        raise errors.state_misfit(type(module).__name__, "\n\t".join(problems))
    return IncompatibleKeys(missing, unexpected)


def _saved_members(module) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if tensor is not None and name not in module._not_saved:
            yield name, tensor


class IncompatibleKeys(NamedTuple):
    """What load_state_dict did not find, and what it had no use for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def _load(module, name, tensor, key, value, assign):
    """Copy one value of a state_dict; returns what is wrong with it."""
    array = as_array(value)
    if array is None:
        return (
            f'While copying the parameter named "{key}", expected minigrad.Tensor or Tensor-like '
            f"object from checkpoint but received {type(value)}"
        )
    if tensor._data.ndim == 0 and array.shape == (1,):
        array = array[0]
    if array.shape != tensor._data.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {dtypes.Size(array.shape)} from "
            f"checkpoint, the shape in current model is {tensor.shape}."
        )
    loaded = Tensor._make(array)
    if assign:
        is_parameter = isinstance(tensor, Parameter)
        setattr(module, name, Parameter(loaded, tensor.requires_grad) if is_parameter else loaded)
    else:
        with no_grad():
            tensor.copy_(loaded.to(device=tensor.device))
    return None


def join(path: str, name: str) -> str:
    """The dotted name of a member."""
    return f"{path}.{name}" if path else name
