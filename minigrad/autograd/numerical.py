"""gradcheck: compare the derivatives of the backward pass with difference quotients."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from .. import dtypes, errors, random
from ..creation import zeros_like
from ..tensor import Tensor
from .accumulate import edge_of
from .engine import grad
from .graph import Node


class GradcheckError(RuntimeError):
    """A derivative is wrong, or backward does something that it must not do."""


def gradcheck(
    func: Callable,
    inputs,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """True if the derivatives of `func` for those `inputs` that require grad are right.

    Each number of each input is moved by `eps` up and down; the change of the outputs must be what
    the backward pass says, up to `atol + rtol * |change|`. That takes float64 inputs. Also checked:
    that a second pass gives the same within `nondet_tol`, that no gradient makes no gradient, and
    with `check_undefined_grad` that backward bears a missing gradient.

    Raises GradcheckError with the two Jacobians, one row for each number of the input, or returns
    False without `raise_exception`. The whole Jacobian is always compared, and gradients always
    have the dtype of their inputs: `fast_mode`, `masked` and `check_grad_dtypes` change nothing.
    The checks of forward mode and of batches are not there.

    >>> import minigrad
    >>> x = minigrad.tensor([0.5, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> gradcheck(lambda x: x.log() * x, x)
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    if check_batched_grad or check_batched_forward_grad or check_forward_ad:
        raise NotImplementedError("minigrad has no forward mode and no batches of gradients.")
    try:
        inputs = _as_tuple(inputs)
        _check_inputs(inputs)
        outputs = _as_tuple(func(*inputs))
        _check_jacobians(func, inputs, outputs, eps, atol, rtol, nondet_tol)
        outputs = _differentiable(outputs)
        _check_zeros(outputs, inputs)
        if check_undefined_grad:
            _check_undefined(func, inputs, len(outputs))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable,
    inputs,
    grad_outputs=None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """True if the second derivatives of `func` are right: gradcheck of its backward pass.

    `grad_outputs` are the gradients that enter at the outputs; left out, they are drawn at random.

    >>> import minigrad
    >>> x = minigrad.tensor([0.5, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x**3, x)
    True
    """
    inputs = _as_tuple(inputs)
    if grad_outputs is None:
        outputs = _differentiable(_as_tuple(func(*inputs)))
        grad_outputs = tuple(_random_like(x, gen_non_contig_grad_outputs) for x in outputs)
    grad_outputs = _as_tuple(grad_outputs)
    wanted = [_wants_grad(x) for x in inputs]

    def backward(*arguments):
        inputs = arguments[: len(wanted)]
        outputs = _differentiable(_as_tuple(func(*inputs)))
        active = [x for x, want in zip(inputs, wanted, strict=True) if want]
        seeds = arguments[len(wanted) :]
        found = grad(outputs, active, seeds, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        backward,
        inputs + grad_outputs,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


def _as_tuple(value) -> tuple:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _wants_grad(value) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _differentiable(outputs) -> tuple:
    return tuple(x for x in outputs if x.requires_grad)


def _random_like(output, noncontiguous):
    shape, dtype = output.shape, output._data.dtype
    if noncontiguous and shape:
        twice = random.uniform((*shape[:-1], 2 * shape[-1]), -1.0, 1.0, dtype)
        return Tensor._make(twice[..., ::2]).requires_grad_()
    return Tensor._make(random.uniform(shape, -1.0, 1.0, dtype)).requires_grad_()


def _check_inputs(inputs):
    active = [(i, x) for i, x in enumerate(inputs) if _wants_grad(x)]
    if not active:
        raise errors.nothing_to_check()
    for i, x in active:
        if x._data.dtype != np.float64:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. ",
                stacklevel=3,
            )
        if any(step == 0 and n > 1 for step, n in zip(x.stride(), x.shape, strict=True)):
            raise errors.overlapping_input(i)


# --- the comparison -------------------------------------------------------------------------------


def _check_jacobians(func, inputs, outputs, eps, atol, rtol, nondet_tol):
    active = [x for x in inputs if _wants_grad(x)]
    numerical = [_numerical(func, inputs, x, outputs, eps) for x in active]
    if not _differentiable(outputs):
        if any(jacobian.any() for jacobians in numerical for jacobian in jacobians):
            raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    places = [place for place, output in enumerate(outputs) if output.requires_grad]
    for i, place in enumerate(places):
        analytical = _analytical(outputs[place], active)
        again = _analytical(outputs[place], active)
        for first, second in zip(analytical, again, strict=True):
            if first.size and np.abs(first - second).max() > nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and "
                    "grad_output multiple times gives different values, although analytical "
                    "gradient matches numerical gradient.The tolerance for nondeterminism was "
                    f"{nondet_tol}."
                )
        for j, by_backward in enumerate(analytical):
            by_difference = numerical[j][place]
            if not np.allclose(by_backward, by_difference, rtol, atol):
                raise GradcheckError(
                    f"Jacobian mismatch for output {i} with respect to input {j},\n"
                    f"numerical:{Tensor._make(by_difference)}\n"
                    f"analytical:{Tensor._make(by_backward)}\n"
                )


def _numerical(func, inputs, x, outputs, eps):
    """For each output the Jacobian for the input x, by differences: (numbers in x, in output)."""
    jacobians = [np.zeros((x.numel(), output.numel()), output._data.dtype) for output in outputs]
    numbers = x._storage()
    for row, place in enumerate(np.ndindex(numbers.shape)):
        original = numbers[place].copy()
        numbers[place] = original - eps
        below = _values(func, inputs)
        numbers[place] = original + eps
        above = _values(func, inputs)
        numbers[place] = original
        for jacobian, a, b in zip(jacobians, below, above, strict=True):
            _check_alike(a, b, place, eps)
            if jacobian.dtype.kind == "f":
                jacobian[row] = ((b - a) / (2 * eps)).reshape(-1)
    return jacobians


def _values(func, inputs):
    return [np.array(output._data) for output in _as_tuple(func(*inputs))]


def _check_alike(a, b, place, eps):
    for what, show in (("shape", lambda x: dtypes.Size(x.shape)), ("dtype", dtypes.of)):
        if show(a) != show(b):
            raise AssertionError(
                f"Expected `func` to return outputs with the same {what} when inputs are perturbed "
                f"on index {place} by {eps}, but got: {what}s {show(a)} and {show(b)}."
            )


def _analytical(output, active):
    """For each input the Jacobian of one output, by backward passes: (numbers in x, in output)."""
    jacobians = [np.zeros((x.numel(), output.numel()), x._data.dtype) for x in active]
    for column in range(output.numel()):
        seed = np.zeros(output.numel(), output._data.dtype)
        seed[column] = 1
        seed = Tensor._make(seed.reshape(output.shape))
        found = grad(output, active, seed, retain_graph=True, allow_unused=True)
        for jacobian, gradient in zip(jacobians, found, strict=True):
            if gradient is not None:
                jacobian[:, column] = gradient._data.reshape(-1)
    return jacobians


# --- no gradient in, no gradient out --------------------------------------------------------------


def _zero_seeds(outputs):
    return [zeros_like(output) for output in outputs]


def _check_zeros(outputs, inputs):
    active = [x for x in inputs if _wants_grad(x)]
    if not outputs:
        return
    for gradient in grad(outputs, active, _zero_seeds(outputs), allow_unused=True):
        if gradient is not None and gradient._data.any():
            raise GradcheckError("backward not multiplied by grad_output")


class UndefinedGrad(Node):
    """Sends no gradient on: what lies below must get along without."""

    def apply(self, gradient, as_tensors):
        return [None]


def _undefined(output):
    node = UndefinedGrad((edge_of(output),), outputs=[output._data])
    return Tensor._make(output._data, (node, 0))


def _check_undefined(func, inputs, count):
    """Leave out the gradients of all outputs, and of each one alone."""
    active = [x for x in inputs if _wants_grad(x)]
    choices = [range(count), *([i] for i in range(count if count > 1 else 0))]
    for left_out in choices:
        outputs = _differentiable(_as_tuple(func(*inputs)))
        outputs = [_undefined(x) if i in left_out else x for i, x in enumerate(outputs)]
        if not outputs:
            return
        try:
            found = grad(outputs, active, _zero_seeds(outputs), allow_unused=True)
        except RuntimeError as error:
            _say_how_to_switch_it_off()
            raise GradcheckError(
                "Expected backward function to handle undefined output grads. Please look at "
                '"Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
            ) from error
        if any(gradient is not None and gradient._data.any() for gradient in found):
            _say_how_to_switch_it_off()
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are "
                'undefined or zero. Please look at "Notes about undefined output gradients" in '
                '"tools/autograd/derivatives.yaml"'
            )


def _say_how_to_switch_it_off():
    warnings.warn(
        "Backwards compatibility: New undefined gradient support checking feature is enabled by "
        "default, but it may break existing callers of this function. If this is true for you, you "
        'can call this function with "check_undefined_grad=False" to disable the feature',
        stacklevel=4,
    )
