"""Operations as functions: `minigrad.sin(x)`, `minigrad.cat([x, y])`; made when first used."""

from __future__ import annotations

from .. import errors
from ..tensor import Tensor
from . import refusals
from .einsum import einsum
from .methods import (
    BOTH,
    FUNCTIONS_ONLY,
    TENSOR_ARGUMENTS,
    along_dim,
    like,
    named,
    rsub,
    where,
    with_tensors,
)

NUMBER_FIRST = [
    "add",
    "sub",
    "mul",
    "div",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "floor_divide",
    "pow",
    "float_power",
    "xlogy",
    "remainder",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_left_shift",
    "bitwise_right_shift",
]


def _as_function(name: str, method):
    """A method as a function: its first argument is named `input` and must be a tensor."""
    if hasattr(method, "checks"):
        method = method.checks(method.__wrapped__, before=1)
    if name in TENSOR_ARGUMENTS:
        method = with_tensors(name, method, 1)

    def call(input, *arguments, **options):
        if not isinstance(input, Tensor):
            number = name in NUMBER_FIRST and isinstance(input, int | float)
            if not (number and arguments and isinstance(arguments[0], Tensor)):
                raise refusals.must_be_tensor(name, "input", 1, errors.type_name(input))
        return method(input, *arguments, **options)

    return like(method, call)


def split(tensor, split_size_or_sections, dim=0):
    return _as_function("split", BOTH["split"])(tensor, split_size_or_sections, dim)


split.__doc__ = BOTH["split"].__doc__


def is_tensor(obj) -> bool:
    """Whether something is a tensor."""
    return isinstance(obj, Tensor)


FUNCTIONS = {
    **{name: _as_function(name, method) for name, method in {**BOTH, "rsub": rsub}.items()},
    **{
        name: along_dim(function)
        for family, names in FUNCTIONS_ONLY.items()
        for name, function in named(family, names).items()
    },
    "einsum": einsum,
    "split": split,
    "is_tensor": is_tensor,
    "numel": _as_function("numel", Tensor.numel),
    "is_floating_point": _as_function("is_floating_point", Tensor.is_floating_point),
    "where": where,
}
globals().update(FUNCTIONS)
