"""Operations under the names that torch gives them: operators, methods and functions."""

from __future__ import annotations

from ..tensor import Tensor
from . import compare, convert, elementwise, index, inplace, linalg, reduce, shape

# --- operations with more than one row in the table -------------------------------------------------------------


def pow(self, exponent):
    """`self` to the power `exponent`; one of the two may be a number.

    >>> import minigrad
    >>> minigrad.pow(2, minigrad.tensor([1.0, 3.0]))
    tensor([2., 8.])
    """
    if not isinstance(exponent, Tensor):
        return elementwise.pow_number(self, exponent)
    row = elementwise.pow_tensor if isinstance(self, Tensor) else elementwise.pow_base
    return row(self, exponent)


def clamp(self, min=None, max=None) -> Tensor:
    """Each element moved into the range from `min` to `max`."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    return elementwise.clamp_numbers(self, min, max)


def add(self, other, *, alpha=1) -> Tensor:
    """`self + alpha * other`."""
    return elementwise.add(self, other if alpha == 1 else elementwise.mul(other, alpha))


def sub(self, other, *, alpha=1) -> Tensor:
    """`self - alpha * other`."""
    return elementwise.sub(self, other if alpha == 1 else elementwise.mul(other, alpha))


# --- operators --------------------------------------------------------------------------------------------------


def _operator(function):
    """A binary operator of Tensor: NotImplemented for what cannot be computed with."""

    def method(self, other):
        if other.__class__ is not Tensor:
            other = convert.as_operand(other)
            if other is None:
                return NotImplemented
        return function(self, other)

    return method


def _reflected_sub(self, other):
    return (
        elementwise.sub(other, self) if isinstance(other, Tensor) else elementwise.rsub(self, other)
    )


def _reflected_div(self, other):
    return elementwise.mul(elementwise.reciprocal(self), other)


def _matmul(self, other):
    return linalg.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


OPERATORS = {
    "__add__": _operator(elementwise.add),
    "__radd__": _operator(elementwise.add),
    "__sub__": _operator(elementwise.sub),
    "__rsub__": _operator(_reflected_sub),
    "__mul__": _operator(elementwise.mul),
    "__rmul__": _operator(elementwise.mul),
    "__truediv__": _operator(elementwise.div),
    "__rtruediv__": _operator(_reflected_div),
    "__pow__": _operator(pow),
    "__rpow__": _operator(lambda self, other: pow(other, self)),
    "__matmul__": _matmul,
    "__neg__": elementwise.neg,
    "__pos__": lambda self: self,
    "__abs__": elementwise.abs,
    "__eq__": compare.eq,
    "__ne__": compare.ne,
    "__lt__": compare.lt,
    "__le__": compare.le,
    "__gt__": compare.gt,
    "__ge__": compare.ge,
    "__and__": compare.bitwise_and,
    "__or__": compare.bitwise_or,
    "__invert__": compare.invert,
    "__getitem__": index.getitem,
    "__setitem__": inplace.setitem,
    "__iadd__": _operator(inplace.inplace(elementwise.add)),
    "__isub__": _operator(inplace.inplace(elementwise.sub)),
    "__imul__": _operator(inplace.inplace(elementwise.mul)),
    "__itruediv__": _operator(inplace.inplace(elementwise.div)),
    "__ipow__": _operator(inplace.inplace(pow)),
}

# --- functions of minigrad that are methods, too ----------------------------------------------------------------


def _named(family, names: str) -> dict:
    return {name: getattr(family, name) for name in names.split()}


FUNCTIONS = {
    **_named(
        elementwise,
        "mul div neg reciprocal sqrt rsqrt exp expm1 log log1p log2 log10 sin cos tan sinh cosh",
    ),
    **_named(
        elementwise, "tanh abs sign relu sigmoid maximum minimum where floor ceil round clone"
    ),
    **_named(reduce, "sum mean"),
    **_named(shape, "reshape flatten squeeze unsqueeze permute transpose t"),
    **_named(linalg, "matmul dot mv mm bmm"),
    **_named(compare, "eq ne lt le gt ge isnan isinf isfinite logical_and logical_or logical_not"),
    **_named(compare, "equal allclose isclose any all"),
    "add": add,
    "sub": sub,
    "pow": pow,
    "clamp": clamp,
    "clip": clamp,
    "square": lambda self: pow(self, 2),
}

INPLACE = {
    **_named(inplace, "copy_ fill_ zero_"),
    **{
        f"{name}_": inplace.inplace(FUNCTIONS[name])
        for name in "add sub mul div neg pow exp log sqrt sin cos tanh abs relu sigmoid clamp floor ceil round".split()
    },
}

METHODS = {
    **FUNCTIONS,
    **INPLACE,
    **convert.CONVERSIONS,
    **_named(convert, "to type_as cpu cuda"),
    **_named(shape, "expand contiguous"),
    "view": shape.view_method,
    "T": property(shape.T),
    "mT": property(shape.mT),
}

for _name, _function in {**METHODS, **OPERATORS}.items():
    setattr(Tensor, _name, _function)
