"""Operations as functions: `minigrad.sin(x)`, `minigrad.cat([x, y])`; made when first used."""

from __future__ import annotations

from ..tensor import Tensor
from . import refusals
from .einsum import einsum
from .methods import BOTH, FUNCTIONS_ONLY, like, named, numpy_words, rsub, where

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

    def call(input, *arguments, **options):
        if not isinstance(input, Tensor):
            number = name in NUMBER_FIRST and isinstance(input, int | float)
            if not (number and arguments and isinstance(arguments[0], Tensor)):
                raise refusals.must_be_tensor(name, "input", 1, type(input).__name__)
        return method(input, *arguments, **options)

    return like(method, call)


FUNCTIONS = {
    **{name: _as_function(name, method) for name, method in {**BOTH, "rsub": rsub}.items()},
    **{
        name: numpy_words(function)
        for family, names in FUNCTIONS_ONLY.items()
        for name, function in named(family, names).items()
    },
    "einsum": einsum,
    "where": where,
}
globals().update(FUNCTIONS)
