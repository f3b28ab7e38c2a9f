"""Products with Jacobians and Hessians, and the matrices themselves, of a function of tensors.

Each takes `func`, a function of tensors that returns a tensor or a tuple of them, and `inputs`, a
tensor or a tuple of them; results come in the same form. With `create_graph` the result can be
differentiated again. With `strict`, an input that the output does not depend on is an error; else
its part of the result is zeros.
"""

from __future__ import annotations

from ..creation import zeros_like
from ..errors import advised
from ..lazy import when_used
from ..ops.join import stack_op
from ..tensor import Tensor
from .engine import grad
from .modes import enable_grad, is_grad_enabled, set_grad_enabled

# --- with vectors ---------------------------------------------------------------------------------


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """The output and the product v^T J of a vector with the Jacobian; what a backward pass gives.

    `v` has the form and shape of the output; it may be left out where that is one element.

    >>> import minigrad
    >>> vjp(lambda x: x * x, minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        several_in, inputs = _as_tuple(inputs, "inputs", "vjp")
        inputs = _fresh(inputs, create_graph, need_graph=True)
        several_out, outputs = _outputs(func, inputs, "vjp", strict)
        if v is not None:
            v = _vector(v, outputs, several_out, "vjp", create_graph)
        elif len(outputs) != 1 or outputs[0].numel() != 1:
            raise advised(
                RuntimeError,
                "The vector v can only be None if the user-provided function returns a single "
                "Tensor with a single element.",
                "Pass v, of the shape of the output.",
            )
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(outputs, inputs, v, create_graph=create_graph)
        found = _filled(found, inputs, strict, create_graph, "back")
    return _result(outputs, several_out, create_graph), _result(found, several_in, create_graph)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """The output and the product J v of the Jacobian with a vector: the change along v.

    `v` has the form and shape of the inputs; it may be left out where that is one element. The
    backward pass u -> u^T J is linear in u, so its own derivative along v is J v: two backward
    passes make one forward derivative.

    >>> import minigrad
    >>> jvp(lambda x: x.sum() * x, minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 0.0]))
    (tensor([3., 6.]), tensor([4., 2.]))
    """
    with enable_grad():
        several_in, inputs = _as_tuple(inputs, "inputs", "jvp")
        inputs = _fresh(inputs, create_graph, need_graph=True)
        v = _vector_for_inputs(v, inputs, several_in, "jvp", create_graph)
        several_out, outputs = _outputs(func, inputs, "jvp", strict)
        u = tuple(zeros_like(output, requires_grad=True) for output in outputs)
        back = _grad(outputs, inputs, u, create_graph=True)
        _check_dependence(back, "grad_inputs", strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(back, u, v, create_graph=create_graph)
        found = _filled(found, outputs, strict, create_graph, "back_trick")
    return _result(outputs, several_out, create_graph), _result(found, several_out, create_graph)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """The output, one element, and the product v^T H of a vector with the Hessian.

    `v` has the form and shape of the inputs; it may be left out where that is one element.

    >>> import minigrad
    >>> vhp(lambda x: (x**3).sum(), minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    with enable_grad():
        several_in, inputs, v, outputs, slope = _slope(func, inputs, v, "vhp", create_graph, strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(slope, inputs, v, create_graph=create_graph)
        found = _filled(found, inputs, strict, create_graph, "double_back")
    return _result(outputs, False, create_graph), _result(found, several_in, create_graph)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """The output, one element, and the product H v of the Hessian with a vector.

    The same numbers as `vhp` where the Hessian is symmetric, at the price of one more pass.

    >>> import minigrad
    >>> hvp(lambda x: (x**3).sum(), minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    with enable_grad():
        several_in, inputs, v, outputs, slope = _slope(func, inputs, v, "hvp", create_graph, strict)
        u = tuple(zeros_like(x, requires_grad=True) for x in inputs)
        back = _grad(slope, inputs, u, create_graph=True)
        _check_dependence(slope, "hessian", strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(back, u, v, create_graph=create_graph)
        found = _filled(found, inputs, strict, create_graph, "double_back_trick")
    return _result(outputs, False, create_graph), _result(found, several_in, create_graph)


def _slope(func, inputs, v, name, create_graph, strict):
    """The start of vhp and hvp: the first derivative, recorded."""
    several_in, inputs = _as_tuple(inputs, "inputs", name)
    inputs = _fresh(inputs, create_graph, need_graph=True)
    v = _vector_for_inputs(v, inputs, several_in, name, create_graph)
    several_out, outputs = _outputs(func, inputs, name, strict)
    _check_scalar(several_out, outputs, name)
    slope = _grad(outputs, inputs, create_graph=True)
    _check_dependence(slope, "jacobian", strict)
    return several_in, inputs, v, outputs, slope


# --- whole matrices -------------------------------------------------------------------------------


def jacobian(
    func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"
):
    """The Jacobian: a tensor of shape (*output shape, *input shape), computed row by row.

    For a tuple of outputs or of inputs it is a tuple, for both a tuple of tuples, outputs first.
    `vectorize` is accepted and changes nothing: minigrad has no vmap.

    >>> import minigrad
    >>> jacobian(lambda x: x * x.sum(), minigrad.tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])
    """
    _check_strategy(strategy, vectorize, strict)
    with enable_grad():
        several_in, inputs = _as_tuple(inputs, "inputs", "jacobian")
        inputs = _fresh(inputs, create_graph, need_graph=True)
        several_out, outputs = _outputs(func, inputs, "jacobian", strict)
        rows = tuple(
            _rows(i, outputs[i], inputs, create_graph, strict) for i in range(len(outputs))
        )
    rows = tuple(_result(row, several_in, create_graph) for row in rows)
    return rows if several_out else rows[0]


def hessian(
    func,
    inputs,
    create_graph=False,
    strict=False,
    vectorize=False,
    outer_jacobian_strategy="reverse-mode",
):
    """The Hessian of a function with one element as output: the Jacobian of its Jacobian.

    A tensor of shape (*input shape, *input shape), or for a tuple of inputs a tuple of tuples.

    >>> import minigrad
    >>> hessian(lambda x: (x**3).sum(), minigrad.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    several_in, inputs = _as_tuple(inputs, "inputs", "hessian")

    def scalar(*inputs):
        output = func(*inputs)
        several_out, outputs = _as_tuple(output, _OF_FUNCTION, "hessian")
        _check_dependence(outputs, "outputs", strict)
        _check_scalar(several_out, outputs, "hessian")
        return output.squeeze()

    def slope(*inputs):
        rows = jacobian(scalar, inputs, create_graph=True)
        _check_dependence(rows, "jacobian", strict)
        return rows

    rows = jacobian(slope, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows if several_in else rows[0][0]


def _check_strategy(strategy, vectorize, strict):
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your '
            'function has more outputs than inputs, "forward-mode" tends to be more performant. '
            'Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        raise NotImplementedError("minigrad has no forward mode: leave strategy at 'reverse-mode'.")
    if vectorize and strict:
        raise advised(
            RuntimeError,
            "minigrad.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not "
            "supported together. Please either set `strict=False` or `vectorize=False`.",
            "vectorize changes nothing here and can be left out.",
        )


def _rows(i, output, inputs, create_graph, strict):
    """The Jacobian of output number i for each input: one backward pass for each element."""
    rows = [[] for _ in inputs]
    for j in range(output.numel()):
        row = _grad((output.reshape(-1)[j],), inputs, create_graph=create_graph, retain_graph=True)
        for k, (found, x) in enumerate(zip(row, inputs, strict=True)):
            if found is None and strict:
                raise _strict(
                    f"Output {i} of the user-provided function is independent of input {k}."
                )
            if found is not None and strict and create_graph and not found.requires_grad:
                raise _strict(
                    f"The jacobian of the user-provided function is independent of input {i}.",
                    " when create_graph=True",
                )
            rows[k].append(zeros_like(x) if found is None else found)
    return tuple(
        stack_op(row, 0).view(output.shape + x.shape) for row, x in zip(rows, inputs, strict=True)
    )


# --- what they share ------------------------------------------------------------------------------

_OF_FUNCTION = "outputs of the user-provided function"


def _as_tuple(value, what, name):
    """Whether it is a tuple, and the value as one; TypeError where something is no tensor."""
    several = isinstance(value, tuple)
    values = value if several else (value,)
    for i, tensor in enumerate(values):
        if not isinstance(tensor, Tensor):
            which = f"value at index {i}" if several else f"given {what}"
            raise advised(
                TypeError,
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the "
                f"{which} has type {type(tensor)}.",
                "Numbers become a tensor with minigrad.tensor, a list of tensors a tuple.",
            )
    return several, values


def _fresh(tensors, create_graph, need_graph):
    """New tensor objects, so that the inputs differ from the same tensors used inside func."""
    return tuple(
        x.view(x.shape)
        if create_graph and x.requires_grad
        else x.detach().requires_grad_(need_graph)
        for x in tensors
    )


def _outputs(func, inputs, name, strict):
    several, outputs = _as_tuple(func(*inputs), _OF_FUNCTION, name)
    _check_dependence(outputs, "outputs", strict)
    return several, outputs


def _vector(v, others, several, name, create_graph):
    """The given vector, of the form and shape of `others`."""
    _, v = _as_tuple(v, "v", name)
    v = _fresh(v, create_graph, need_graph=False)
    if len(v) != len(others):
        text = f"v is a tuple of invalid length: should be {len(others)} but got {len(v)}."
        text = text if several else "The given v should contain a single Tensor."
        raise advised(RuntimeError, text, "v has one tensor for each that it is multiplied with.")
    for i, (x, other) in enumerate(zip(v, others, strict=True)):
        if x.shape != other.shape:
            where = f"Entry {i} in " if several else ""
            raise advised(
                RuntimeError,
                f"{where}v has invalid size: should be {other.shape} but got {x.shape}.",
                "v has the shape of what it is multiplied with.",
            )
    return v


def _vector_for_inputs(v, inputs, several, name, create_graph):
    if v is not None:
        return _vector(v, inputs, several, name, create_graph)
    if len(inputs) != 1 or inputs[0].numel() != 1:
        raise advised(
            RuntimeError,
            "The vector v can only be None if the input to the user-provided function is a single "
            "Tensor with a single element.",
            "Pass v, of the shape of the inputs.",
        )
    return None


def _grad(outputs, inputs, grad_outputs=None, create_graph=False, retain_graph=None):
    """autograd.grad of those outputs that require grad; None where nothing arrives."""
    grad_outputs = grad_outputs or (None,) * len(outputs)
    pairs = zip(outputs, grad_outputs, strict=True)
    pairs = [(x, g) for x, g in pairs if x is not None and x.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    outputs, grad_outputs = zip(*pairs, strict=True)
    return grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused=True)


def _result(tensors, several, create_graph):
    tensors = tensors if create_graph else tuple(tensor.detach() for tensor in tensors)
    return tensors if several else tensors[0]


def _check_scalar(several, outputs, name):
    if several:
        problem = f"The function given to {name} should return a single Tensor"
    elif outputs[0].numel() != 1:
        problem = (
            f"The Tensor returned by the function given to {name} should contain a single element"
        )
    else:
        return
    raise advised(RuntimeError, problem, "A Hessian belongs to a function with one number.")


# --- strict mode ----------------------------------------------------------------------------------


def _strict(text, when=""):
    return advised(
        RuntimeError,
        f"{text} This is not allowed in strict mode{when}.",
        "Without strict the missing part is zeros.",
    )


def _check_dependence(tensors, kind, strict):
    """In strict mode: what a pass gave must depend on the inputs."""
    for i, tensor in enumerate(tensors if strict else ()):
        if tensor is None:
            raise _strict(f"The output of the user-provided function is independent of input {i}.")
        if not tensor.requires_grad:
            error = _INDEPENDENT[kind].format(i=i)
            raise advised(RuntimeError, error, "Without strict the missing part is zeros.")


_INDEPENDENT = {
    "outputs": "Output {i} of the user-provided function does not require gradients. The outputs "
    "must be computed in a differentiable manner from the input when running in strict mode.",
    "grad_inputs": "The gradient with respect to input {i} is independent of the inputs of the "
    "user-provided function. This is not allowed in strict mode.",
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided "
    "function with respect to input {i} is independent of the input. This is not allowed in strict "
    "mode. You should ensure that your function is twice differentiable and that the jacobian "
    "depends on the inputs (this would be violated by a linear function for example).",
    "hessian": "The hessian of the user-provided function with respect to input {i} is independent "
    "of the input. This is not allowed in strict mode. You should ensure that your function is "
    "thrice differentiable and that the hessian depends on the inputs.",
}


def _filled(found, like, strict, create_graph, stage):
    """Gradients with zeros in place of None; in strict mode an error where one is missing."""
    what = "hessian" if "double" in stage else "jacobian"
    for i, gradient in enumerate(found if strict else ()):
        if gradient is None:
            raise _strict(_MISSING[stage].format(i=i), _MISSING_WHEN.get(stage, ""))
        if create_graph and not gradient.requires_grad:
            raise _strict(
                f"The {what} of the user-provided function is independent of input {i}.",
                " when create_graph=True",
            )
    pairs = zip(found, like, strict=True)
    return tuple(zeros_like(x) if gradient is None else gradient for gradient, x in pairs)


_MISSING = {
    "back": "The output of the user-provided function is independent of input {i}.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} in the "
    "grad_outputs when using the double backward trick to compute forward mode gradients.",
    "double_back": "The jacobian of the user-provided function is independent of input {i}.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {i} in "
    "the grad_jacobian.",
}
_MISSING_WHEN = {
    "double_back_trick": " as it prevents from using the double backward trick to replace forward "
    "mode AD"
}


__getattr__, __dir__ = when_used(__name__)
