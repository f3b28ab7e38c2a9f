"""einsum: sums of products, written with one letter for each dimension.

It is put together from permute, unsqueeze, sum, mul and bmm as torch does it, so its graph is
torch's and needs no rule of its own.
"""

from __future__ import annotations

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor
from . import refusals, shape
from .elementwise import mul
from .products import bmm_op
from .reduce import sum_dim


def einsum(equation: str, *operands) -> Tensor:
    """The sum of products that an equation such as "ij,jk->ik" describes.

    >>> import minigrad
    >>> minigrad.einsum("i,i->", minigrad.tensor([1.0, 2.0]), minigrad.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if len(operands) == 1 and not isinstance(operands[0], Tensor):
        operands = operands[0] if isinstance(operands[0], list | tuple) else operands
    for i, tensor in enumerate(operands):
        if not isinstance(tensor, Tensor):
            raise refusals.list_element(i, 1, errors.type_name(tensor))
    inputs, output = _parse(equation, operands)
    letters = output + sorted({c for term in inputs for c in term} - set(output), key=str)
    _check_sizes(inputs, operands)
    lined_up = [
        _line_up(tensor, term, letters) for tensor, term in zip(operands, inputs, strict=True)
    ]
    result, *rest = lined_up
    for i, other in enumerate(rest):
        later = rest[i + 1 :]
        done = [
            d for d in range(len(output), len(letters)) if all(t._data.shape[d] == 1 for t in later)
        ]
        result = _multiply(result, other, done)
    left = tuple(d for d in range(len(output), len(letters)) if result._data.shape[d] != 1)
    if len(letters) > len(output):
        if left or not rest:
            result = sum_dim(result, tuple(range(len(output), len(letters))), False)
        else:
            result = shape.view_method(result, result._data.shape[: len(output)])
    return result


def _parse(equation, operands):
    """The letters of each operand and of the output; dots stand for numbered dimensions."""
    _check_letters(equation)
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise refusals.einsum(
            f"{'more' if len(operands) > len(terms) else 'fewer'} operands were provided than "
            "specified in the equation"
        )
    dots = 0
    for term, tensor in zip(terms, operands, strict=True):
        if "." in term:
            dots = max(dots, tensor.ndim - len(term.replace("...", "")))
    inputs = [
        _spell(term, dots, i, tensor.ndim)
        for i, (term, tensor) in enumerate(zip(terms, operands, strict=True))
    ]
    every = [c for term in inputs for c in term]
    if arrow:
        output = _spell(right, dots)
    else:
        once = sorted(c for c in set(every) if isinstance(c, str) and every.count(c) == 1)
        output = [*range(dots), *once]
    for c in output:
        if c not in every and isinstance(c, str):
            raise refusals.einsum(
                f"output subscript {c} does not appear in the equation for any input operand"
            )
        if output.count(c) > 1:
            raise refusals.einsum(f"output subscript {c} appears more than once in the output")
    return inputs, output


def _check_letters(equation):
    """torch's error for what is no letter, no dot, no comma and no arrow."""
    if not isinstance(equation, str):
        raise refusals.einsum_equation(errors.type_name(equation))
    arrow = equation.find("->")
    for i, c in enumerate(equation):
        known = (c.isascii() and c.isalpha()) or c in " .,"
        if not known and not (arrow >= 0 and arrow <= i < arrow + 2):
            raise refusals.einsum(
                f"invalid subscript given at index {i} in the equation string, subscripts must be "
                "in [a-zA-Z]"
            )


def _spell(term, dots, operand=None, ndim=None):
    """A term as a list: a letter for a dimension, a number for one that the dots stand for."""
    before, ellipsis, after = term.partition("...")
    where = "the output" if operand is None else f"operand {operand}"
    if "." in before + after:
        raise refusals.einsum(f"found '.' for {where} that is not part of any ellipsis")
    named = len(before + after)
    if ndim is not None and (ndim < named or (ndim > named and not ellipsis)):
        raise refusals.einsum(
            f"the number of subscripts in the equation ({named}) "
            + ("is more than" if ellipsis else "does not match")
            + f" the number of dimensions ({ndim}) for {where}"
            + ("" if ellipsis else " and no ellipsis was given")
        )
    hidden = dots if ndim is None else ndim - named
    middle = range(dots - hidden, dots) if ellipsis else ()
    return [*before, *middle, *after]


def _check_sizes(inputs, operands):
    """torch's error where a letter stands for two lengths."""
    sizes = {}
    for i, (tensor, term) in enumerate(zip(operands, inputs, strict=True)):
        own = {}
        for c, n in zip(term, tensor._data.shape, strict=True):
            if own.setdefault(c, n) != n:
                raise refusals.einsum(
                    f"subscript {c} is repeated for operand {i} but the sizes don't match, "
                    f"{n} != {own[c]}"
                )
            known = sizes.get(c, 1)
            if n != 1 and known not in (1, n):
                raise refusals.einsum(
                    f"subscript {c} has size {n} for operand {i} which does not broadcast with "
                    f"previously seen size {known}"
                )
            sizes[c] = known if n == 1 else n


def _line_up(tensor, term, letters):
    """An operand with one dimension for each letter, of length 1 where it lacks the letter."""
    term = list(term)
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            first = term.index(c)
            second = term.index(c, first + 1)
            tensor = shape.diagonal(tensor, 0, first, second)
            del term[second], term[first]
            term.append(c)
    missing = [c for c in letters if c not in term]
    order = [(term + missing).index(c) for c in letters]
    for _ in missing:
        tensor = shape.unsqueeze(tensor, -1)
    return shape.permute(tensor, order)


def _multiply(a, b, done):
    """The product of two operands, summed over the dimensions in `done`; they stay, as 1."""
    shape_a, shape_b = a._data.shape, b._data.shape
    both, only_a, only_b, summed = [], [], [], []
    for d, (m, n) in enumerate(zip(shape_a, shape_b, strict=True)):
        if d in done:
            if m != 1 and n != 1:
                summed.append(d)
            elif m != 1:
                a = sum_dim(a, (d,), True)
            elif n != 1:
                b = sum_dim(b, (d,), True)
        elif m != 1 and n != 1:
            both.append(d)
        elif m != 1:
            only_a.append(d)
        else:
            only_b.append(d)
    if not summed:
        return mul(a, b)
    if a.dtype is not b.dtype:
        raise errors.bmm_types(*map(dtypes.class_name, (a._data, b._data)))
    rest = [d for d in done if d not in summed]
    count = lambda dims, sizes: int(np.prod([sizes[d] for d in dims]))  # noqa: E731
    left = shape.permute(a, (*both, *only_a, *summed, *only_b, *rest))
    right = shape.permute(b, (*both, *summed, *only_b, *only_a, *rest))
    n, k = count(both, shape_a), count(summed, shape_a)
    left = shape.reshape(left, (n, count(only_a, shape_a), k))
    right = shape.reshape(right, (n, k, count(only_b, shape_b)))
    order = [*both, *only_a, *summed, *only_b, *rest]
    size = (
        *(shape_a[d] for d in both),
        *(shape_a[d] for d in only_a),
        *(1 for _ in summed),
        *(shape_b[d] for d in only_b),
        *(1 for _ in rest),
    )
    product = shape.view_method(bmm_op(left, right), size)
    return shape.permute(product, shape.inverse(order))
