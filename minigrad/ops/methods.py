"""Operations under the names that torch gives them: operators, methods and functions."""

from __future__ import annotations

import numpy as np

from .. import errors
from ..tensor import Tensor
from . import (
    activations,
    compare,
    convert,
    draw,
    elementwise,
    further,
    gather,
    index,
    inplace,
    join,
    linalg,
    order,
    products,
    rearrange,
    reduce,
    refusals,
    rounding,
    scan,
    shape,
    special,
)
from .table import as_operand

# --- operations with more than one row in the table -----------------------------------------------


def pow(self, exponent):
    """`self` to the power `exponent`; one of the two may be a number.

    >>> import minigrad
    >>> minigrad.pow(2, minigrad.tensor([1.0, 3.0]))
    tensor([2., 8.])
    """
    if not isinstance(exponent, Tensor):
        if self._data.dtype.kind == "b":  # True and False count as 1 and 0
            result = elementwise.pow_number(self.long(), exponent)
            return result.bool() if isinstance(exponent, bool) else result
        return elementwise.pow_number(self, exponent)
    row = elementwise.pow_tensor if isinstance(self, Tensor) else elementwise.pow_base
    return row(self, exponent)


def square(self) -> Tensor:
    """Each element times itself."""
    return pow(self, 2)


def float_power(self, exponent):
    """`pow`, computed in float64."""
    self, exponent = (x.double() if isinstance(x, Tensor) else x for x in (self, exponent))
    return pow(self, exponent)


def clamp(self, min=None, max=None) -> Tensor:
    """Each element moved into the range from `min` to `max`: numbers, tensors or None.

    >>> import minigrad
    >>> minigrad.tensor([-1.0, 0.5, 3.0]).clamp(0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise refusals.no_bounds()
    for position, (name, bound) in enumerate((("min", min), ("max", max)), 1):
        if not isinstance(bound, Tensor | int | float | None):
            raise refusals.must_be_tensor("clamp", name, position, errors.type_name(bound))
    tensors = isinstance(min, Tensor) or isinstance(max, Tensor)
    return (further.clamp_tensors if tensors else further.clamp_numbers)(self, min, max)


def clamp_min(self, min) -> Tensor:
    """Each element, or `min` where it is smaller."""
    return (further.clamp_min_tensor if isinstance(min, Tensor) else further.clamp_min)(self, min)


def clamp_max(self, max) -> Tensor:
    """Each element, or `max` where it is larger."""
    return (further.clamp_max_tensor if isinstance(max, Tensor) else further.clamp_max)(self, max)


def add(self, other, *, alpha=1) -> Tensor:
    """`self + alpha * other`."""
    if alpha != 1 and isinstance(other, Tensor):
        return further.add_scaled(self, other, _fitting(alpha, self, other))
    return elementwise.add(self, other if alpha == 1 else other * alpha)


def sub(self, other, *, alpha=1) -> Tensor:
    """`self - alpha * other`."""
    if alpha != 1 and isinstance(other, Tensor):
        return further.sub_scaled(self, other, _fitting(alpha, self, other))
    return elementwise.sub(self, other if alpha == 1 else other * alpha)


def _fitting(alpha, *operands):
    """A factor for integers must be an integer."""
    tensors = [x for x in operands if isinstance(x, Tensor)]
    if isinstance(alpha, float) and not any(x.is_floating_point() for x in tensors):
        raise refusals.alpha_type()
    return alpha


def rsub(self, other, *, alpha=1) -> Tensor:
    """`other - alpha * self`."""
    if isinstance(other, Tensor):
        return further.rsub_tensor(self, other, _fitting(alpha, self, other))
    return further.rsub(self if alpha == 1 else elementwise.mul(self, alpha), other)


def addcmul(self, tensor1, tensor2, *, value=1) -> Tensor:
    """`self + value * tensor1 * tensor2`."""
    return further.addcmul(self, tensor1, tensor2, value)


def addcdiv(self, tensor1, tensor2, *, value=1) -> Tensor:
    """`self + value * tensor1 / tensor2`."""
    return further.addcdiv(self, tensor1, tensor2, value)


def lerp(self, end, weight) -> Tensor:
    """The point between `self` and `end` that `weight` names: 0 is `self`, 1 is `end`."""
    tensor = isinstance(weight, Tensor)
    return (further.lerp_tensor if tensor else further.lerp_number)(self, end, weight)


def logit(self, eps=None) -> Tensor:
    """log(x / (1 - x)): the inverse of sigmoid; with `eps`, x is kept that far from 0 and 1."""
    return special.logit(self, eps)


def nan_to_num(self, nan=0.0, posinf=None, neginf=None) -> Tensor:
    """Numbers in place of nan and the infinities; None stands for the largest and smallest."""
    return rounding.nan_to_num(self, nan, posinf, neginf)


def where(condition, input=None, other=None):
    """`input` where `condition` is true, `other` elsewhere; alone, the indices where it is true.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, -2.0])
    >>> minigrad.where(x > 0, x, 0.0)
    tensor([1., 0.])
    """
    if not isinstance(condition, Tensor):
        raise refusals.must_be_tensor("where", "condition", 1, errors.type_name(condition))
    if input is None and other is None:
        return gather.nonzero(condition, as_tuple=True)
    if condition._data.dtype.kind not in "bu":
        raise refusals.where_condition(condition.dtype._torch_class)
    for position, (name, side) in enumerate((("input", input), ("other", other)), 2):
        if not isinstance(side, Tensor | int | float):
            raise refusals.must_be_tensor("where", name, position, errors.type_name(side))
    return elementwise.where(condition, input, other)


def softmax(self, dim, *, dtype=None) -> Tensor:
    """Positive numbers that add up to 1 along `dim`, in the proportions of exp(x).

    >>> import minigrad
    >>> minigrad.softmax(minigrad.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return _along(activations.softmax, self, dim, dtype)


def log_softmax(self, dim, *, dtype=None) -> Tensor:
    """The logarithm of softmax, computed without overflow."""
    return _along(activations.log_softmax, self, dim, dtype)


def _along(row, self, dim, dtype):
    self = self if dtype is None else self.to(dtype)
    data = self._data
    dim = shape.normal_dim(dim, data.ndim)
    if data.dtype.kind != "f":
        last = "_lastdim" if dim == max(data.ndim, 1) - 1 else ""
        raise refusals.no_kernel(f"{row.__name__}{last}_kernel_impl", self.dtype._torch_class)
    return row(self, dim)


# --- operators ------------------------------------------------------------------------------------


def _operator(function):
    """A binary operator of Tensor: NotImplemented for what cannot be computed with."""

    def method(self, other):
        if other.__class__ is not Tensor:
            other = as_operand(other)
            if other is None:
                return NotImplemented
        return function(self, other)

    return method


def _turned(function):
    """The operator for a tensor on the right side."""
    return _operator(lambda self, other: function(other, self))


def _reflected_sub(self, other):
    if self._data.dtype.kind == "b":
        raise refusals.bool_minus()
    return rsub(self, other)


def _reflected_div(self, other):
    return elementwise.mul(elementwise.reciprocal(self), other)


def _positive(self):
    if self._data.dtype.kind == "b":
        raise refusals.bool_plus()
    return self


def _matmul(self, other):
    tensors = isinstance(self, Tensor) and isinstance(other, Tensor)
    return products.matmul(self, other) if tensors else NotImplemented


def _equal(self, other):
    return compare.eq(self, compare.plain(other) if isinstance(other, np.ndarray) else other)


OPERATORS = {
    "__add__": elementwise.add,  # asks as_operand itself, like all rules for two operands
    "__radd__": elementwise.add,
    "__sub__": elementwise.sub,
    "__rsub__": _operator(_reflected_sub),
    "__mul__": elementwise.mul,
    "__rmul__": elementwise.mul,
    "__truediv__": elementwise.div,
    "__rtruediv__": _operator(_reflected_div),
    "__floordiv__": _operator(rounding.floor_divide),
    "__rfloordiv__": _turned(rounding.floor_divide),
    "__mod__": _operator(rounding.remainder),
    "__rmod__": _turned(rounding.remainder),
    "__pow__": _operator(pow),
    "__rpow__": _turned(pow),
    "__matmul__": _matmul,
    "__rmatmul__": _turned(_matmul),
    "__neg__": elementwise.neg,
    "__pos__": _positive,
    "__abs__": elementwise.abs,
    "__eq__": _equal,  # the one operator that takes an array, in torch, too
    "__ne__": compare.ne,
    "__lt__": compare.lt,
    "__le__": compare.le,
    "__gt__": compare.gt,
    "__ge__": compare.ge,
    "__and__": compare.bitwise_and,
    "__rand__": compare.bitwise_and,
    "__or__": compare.bitwise_or,
    "__ror__": compare.bitwise_or,
    "__xor__": compare.bitwise_xor,
    "__rxor__": compare.bitwise_xor,
    "__lshift__": compare.bitwise_left_shift,
    "__rshift__": compare.bitwise_right_shift,
    "__invert__": compare.bitwise_not,
    "__getitem__": index.getitem,
    "__setitem__": inplace.setitem,
    "__iadd__": _operator(inplace.inplace(elementwise.add)),
    "__isub__": _operator(inplace.inplace(elementwise.sub)),
    "__imul__": _operator(inplace.inplace(elementwise.mul)),
    "__itruediv__": _operator(inplace.inplace(elementwise.div)),
    "__ifloordiv__": _operator(inplace.inplace(rounding.in_place_floor_divide)),
    "__imod__": _operator(inplace.inplace(rounding.remainder)),
    "__ipow__": _operator(inplace.inplace(pow)),
}

# --- methods that are functions of minigrad, too --------------------------------------------------

MEANINGS = {
    "mul": "Each element of `self` times that of `other`.",
    "neg": "Each element with the opposite sign.",
    "reciprocal": "1 divided by each element.",
    "sqrt": "The square root.",
    "rsqrt": "1 divided by the square root.",
    "hypot": "The length of the hypotenuse: the root of the sum of two squares.",
    "exp": "e to the power of each element.",
    "exp2": "2 to the power of each element.",
    "expm1": "exp(x) - 1, exact for small x.",
    "log": "The natural logarithm.",
    "log1p": "log(1 + x), exact for small x.",
    "log2": "The logarithm to the base 2.",
    "log10": "The logarithm to the base 10.",
    "logaddexp": "log(exp(self) + exp(other)), without overflow.",
    "logaddexp2": "log2(2**self + 2**other), without overflow.",
    "sin": "The sine of an angle in radians.",
    "cos": "The cosine of an angle in radians.",
    "tan": "The tangent of an angle in radians.",
    "sinh": "The hyperbolic sine.",
    "cosh": "The hyperbolic cosine.",
    "tanh": "The hyperbolic tangent.",
    "asin": "The angle in radians with this sine.",
    "acos": "The angle in radians with this cosine.",
    "atan": "The angle in radians with this tangent.",
    "asinh": "The inverse of sinh.",
    "acosh": "The inverse of cosh.",
    "atanh": "The inverse of tanh.",
    "atan2": "The angle of the point (other, self), in radians.",
    "deg2rad": "Degrees as radians.",
    "rad2deg": "Radians as degrees.",
    "abs": "The size of each element, without its sign.",
    "sign": "-1, 0 or 1.",
    "relu": "Each element, or 0 where it is negative.",
    "sigmoid": "1 / (1 + exp(-x)): a number between 0 and 1.",
    "maximum": "The larger of two elements; equal ones share the gradient.",
    "minimum": "The smaller of two elements; equal ones share the gradient.",
    "fmax": "The larger of two elements; a nan counts as missing.",
    "fmin": "The smaller of two elements; a nan counts as missing.",
    "clone": "A copy that passes gradients on.",
    "floor": "The next whole number below.",
    "ceil": "The next whole number above.",
    "trunc": "The whole number towards zero.",
    "frac": "What `trunc` takes away.",
    "erf": "The error function: the share of a bell curve within x.",
    "erfc": "1 - erf(x), exact for large x.",
    "sinc": "sin(pi x) / (pi x), and 1 at 0.",
}


def _rows(family, names: str) -> dict:
    """Rows of the table as public functions, with their meaning."""
    functions = {name: getattr(family, name) for name in names.split()}
    for name, function in functions.items():
        function.__doc__ = MEANINGS[name]
    return {
        name: strict(function) if len(function.op.arguments) == 2 else function
        for name, function in functions.items()
    }


def like(function, call):
    """`call` under the name and with the meaning of `function`; functools.wraps, but quick."""
    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = function.__doc__
    call.__dict__.update(function.__dict__, __wrapped__=function)
    return call


def strict(function, before=0):
    """An operation of two operands: it refuses what an operator leaves to the other side.

    In a message its arguments are counted from the one after the tensor; `before` come before that.
    """

    def call(*operands, **named):
        result = function(*operands, **named)
        if result is NotImplemented:
            _, other, *_ = *operands, *named.values()
            raise refusals.operand_type(function.__name__, before + 1, errors.type_name(other))
        return result

    call.checks = strict
    return like(function, call)


def named(family, names: str) -> dict:
    return {name: getattr(family, name) for name in names.split()}


def _refusing(family, names: str) -> dict:
    return {name: strict(function) for name, function in named(family, names).items()}


BOTH = {
    **_rows(elementwise, "mul neg reciprocal sqrt rsqrt exp expm1 log log1p log2 sin cos tan sinh"),
    **_rows(elementwise, "cosh tanh abs sign relu sigmoid maximum minimum clone"),
    **_rows(further, "hypot exp2 log10 logaddexp logaddexp2 asin acos atan asinh acosh atanh"),
    **_rows(further, "atan2 deg2rad rad2deg fmax fmin"),
    **_rows(rounding, "floor ceil trunc frac"),
    **_rows(special, "erf erfc sinc"),
    **named(rounding, "round"),
    **_refusing(rounding, "div"),
    **_refusing(rounding, "copysign fmod remainder floor_divide"),
    **_refusing(special, "xlogy"),
    **named(reduce, "sum mean nansum nanmean var std var_mean std_mean prod amax amin argmax"),
    **named(reduce, "argmin logsumexp norm dist any all count_nonzero"),
    **named(order, "max min aminmax argsort sort msort topk kthvalue median mode cummax cummin"),
    **named(order, "unique bincount"),
    **named(scan, "cumsum cumprod logcumsumexp diff"),
    **named(shape, "reshape flatten squeeze unsqueeze permute transpose t movedim broadcast_to"),
    **named(shape, "unflatten ravel diagonal"),
    **named(join, "split split_with_sizes chunk tensor_split unbind"),
    **named(rearrange, "flip fliplr flipud roll rot90 tile repeat_interleave tril triu trace"),
    **named(rearrange, "diag diag_embed diagflat"),
    **named(index, "select narrow select_scatter slice_scatter"),
    **named(gather, "gather scatter scatter_add index_select index_add index_copy index_fill"),
    **named(gather, "masked_fill masked_select masked_scatter take take_along_dim nonzero"),
    **named(gather, "argwhere index_put"),
    **named(products, "matmul dot vdot mv mm bmm outer ger inner addmm addmv addr baddbmm kron"),
    **named(linalg, "matrix_power det"),
    **named(draw, "bernoulli multinomial"),
    **_refusing(compare, "eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor"),
    **_refusing(compare, "bitwise_left_shift bitwise_right_shift"),
    **named(compare, "isnan isinf isfinite isposinf isneginf isreal signbit bitwise_not"),
    **named(compare, "logical_and logical_or logical_xor logical_not"),
    **named(compare, "equal allclose isclose"),
    "add": strict(add),
    "sub": strict(sub),
    "pow": strict(pow),
    "square": square,
    "float_power": strict(float_power),
    "clamp": clamp,
    "clamp_min": clamp_min,
    "clamp_max": clamp_max,
    "addcmul": addcmul,
    "addcdiv": addcdiv,
    "lerp": lerp,
    "logit": logit,
    "nan_to_num": nan_to_num,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "inverse": linalg.inv,
}
BOTH |= {
    alias: BOTH[name]
    for alias, name in {
        "absolute": "abs",
        "arccos": "acos",
        "arccosh": "acosh",
        "arcsin": "asin",
        "arcsinh": "asinh",
        "arctan": "atan",
        "arctan2": "atan2",
        "arctanh": "atanh",
        "clip": "clamp",
        "divide": "div",
        "fix": "trunc",
        "greater": "gt",
        "greater_equal": "ge",
        "less": "lt",
        "less_equal": "le",
        "moveaxis": "movedim",
        "multiply": "mul",
        "negative": "neg",
        "not_equal": "ne",
        "subtract": "sub",
        "swapaxes": "transpose",
        "swapdims": "transpose",
        "true_divide": "div",
    }.items()
}

# Methods with arguments that must be tensors, too: their names in order; - is one that need not be.
_OTHER = """
allclose atan2 arctan2 dist equal expand_as fmax fmin hypot inner isclose kron logaddexp logaddexp2
logical_and logical_or logical_xor matmul maximum minimum reshape_as type_as vdot view_as
"""
TENSOR_ARGUMENTS = {
    **dict.fromkeys(_OTHER.split(), "other"),
    "addcdiv": "tensor1 tensor2",
    "addcmul": "tensor1 tensor2",
    "addmm": "mat1 mat2",
    "addmv": "mat vec",
    "addr": "vec1 vec2",
    "baddbmm": "batch1 batch2",
    "bmm": "mat2",
    "dot": "tensor",
    "gather": "- index",
    "ger": "vec2",
    "index_add": "- index source",
    "index_copy": "- index source",
    "index_fill": "- index",
    "index_select": "- index",
    "lerp": "end",
    "masked_fill": "mask",
    "masked_scatter": "mask source",
    "masked_select": "mask",
    "mm": "mat2",
    "mv": "vec",
    "outer": "vec2",
    "scatter": "- index",
    "scatter_add": "- index src",
    "take": "index",
    "take_along_dim": "indices",
}


_MISSING = object()


def with_tensors(name: str, method, before: int):
    """A method that refuses what is no tensor; `before` arguments come before those of a method."""
    words = TENSOR_ARGUMENTS[name.removesuffix("_")].split()
    places = [(argument, place) for place, argument in enumerate(words, 1) if argument != "-"]

    def call(*arguments, **options):
        for argument, place in places:
            if argument in options:
                value = options[argument]
            else:
                value = arguments[place] if place < len(arguments) else _MISSING
            if not isinstance(value, Tensor) and value is not _MISSING:
                kind = errors.type_name(value)
                raise refusals.must_be_tensor(name, argument, place + before, kind)
        return method(*arguments, **options)

    return like(method, call)


WORDS = {"axis": "dim", "keepdims": "keepdim"}


def along_dim(method, before=0):
    """A method along a dimension: NumPy's `axis` and `keepdims` will do, and types are looked at.

    `before` counts as in `strict`.
    """
    code = method.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if "dim" not in names:
        return method
    dim, keepdim = (names.index(n) if n in names else 99 for n in ("dim", "keepdim"))

    def refuse(argument, place, kind, value):
        type = errors.type_name(value)
        raise errors.argument_type(method.__name__, argument, place + before, kind, type) from None

    def call(*arguments, **options):
        if options:
            options = {WORDS.get(name, name): value for name, value in options.items()}
            if not isinstance(flag := options.get("keepdim", False), bool):
                raise errors.keyword_type(
                    method.__name__, "keepdim", "bool", errors.type_name(flag)
                )
        if len(arguments) > keepdim and not isinstance(arguments[keepdim], bool):
            refuse("keepdim", keepdim, "bool", arguments[keepdim])
        try:
            return method(*arguments, **options)
        except TypeError:
            if len(arguments) > dim and type(arguments[dim]) not in (int, tuple, list):
                refuse("dim", dim, "int", arguments[dim])
            raise

    call.checks = along_dim
    return like(method, call)


BOTH = {name: along_dim(method) for name, method in BOTH.items()}

# --- functions only: functions.py makes them when the first is used -------------------------------

FUNCTIONS_ONLY = {
    join: "cat concat concatenate stack hstack vstack dstack column_stack",
    shape: "broadcast_tensors meshgrid atleast_1d atleast_2d atleast_3d",
    products: "tensordot chain_matmul",
}
FUNCTIONS = [*BOTH, *" ".join(FUNCTIONS_ONLY.values()).split(), "einsum", "rsub", "where"]
FUNCTIONS += ["is_tensor", "numel", "is_floating_point"]

# --- in place, methods only -----------------------------------------------------------------------

IN_PLACE = """
abs acos acosh add addcdiv addcmul addmm addmv addr arctan asin asinh atan atan2 atanh baddbmm ceil
clamp clamp_max clamp_min clip copysign cos cosh cumprod cumsum deg2rad div divide erf erfc exp exp2
expm1 float_power floor fmod frac hypot index_add index_copy index_fill index_put lerp log log10
log1p log2 logit masked_fill masked_scatter mul multiply nan_to_num neg negative pow rad2deg
reciprocal relu remainder round rsqrt scatter scatter_add sigmoid sign sin sinc sinh sqrt square sub
subtract tan tanh tril triu true_divide trunc xlogy
"""
INPLACE = {
    "copy_": inplace.copy_from,
    **named(inplace, "fill_ zero_"),
    **named(draw, "bernoulli_ normal_ random_ uniform_"),
    **{f"{name}_": inplace.inplace(BOTH[name]) for name in IN_PLACE.split()},
    "floor_divide_": inplace.inplace(strict(rounding.in_place_floor_divide)),
}

METHODS = {
    **BOTH,
    **INPLACE,
    **convert.CONVERSIONS,
    **named(convert, "to type_as cpu cuda"),
    **named(shape, "expand expand_as contiguous view_as reshape_as unfold"),
    **named(rearrange, "repeat"),
    "where": lambda self, condition, other: where(condition, self, other),
    "view": shape.view_method,
    "T": property(shape.T),
    "mT": property(shape.mT),
}
METHODS |= {
    name: with_tensors(name, method, 0)
    for name, method in METHODS.items()
    if name.removesuffix("_") in TENSOR_ARGUMENTS
}

for _name, _method in {**METHODS, **OPERATORS}.items():
    setattr(Tensor, _name, _method)
