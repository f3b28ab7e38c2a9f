"""autograd.functional: values, forms, graphs, checks and strict errors are torch's."""

import numpy as np
import pytest
import torch
from test_texts import outcome

import minigrad

ENGINES = (torch, minigrad)
F64 = {torch: torch.float64, minigrad: minigrad.float64}


def ramp(t, *shape, start=0.5, grad=False):
    numbers = np.linspace(start, start + 1, int(np.prod(shape))).reshape(shape)
    return t.tensor(numbers.tolist(), dtype=F64[t], requires_grad=grad)


def plain(value):
    """Tensors as (numbers, dtype, name of grad_fn), in the tuples that they came in."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    name = type(value.grad_fn).__name__ if value.grad_fn is not None else None
    return value.detach().numpy(), value.requires_grad, name


def assert_same(ours, theirs):
    assert isinstance(ours, tuple) == isinstance(theirs, tuple)
    if isinstance(ours, tuple) and not isinstance(ours[0], np.ndarray):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b)
        return
    assert ours[0].dtype == theirs[0].dtype and ours[0].shape == theirs[0].shape
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12, atol=1e-12)
    assert ours[1:] == theirs[1:]


# name -> (function of the engine's tensors, shapes of inputs, whether inputs are a tuple)
FUNCTIONS = {
    "square": (lambda x: x * x, [(3,)], False),
    "mixing": (lambda x: x * x.sum() + x.exp(), [(2, 2)], False),
    "to a number": (lambda x: (x**3).sum(), [(2, 2)], False),
    "number to number": (lambda x: x.sin() * x, [()], False),
    "two inputs": (lambda x, y: x * y.sum() + y[0], [(2,), (3,)], True),
    "tuple of one": (lambda x: (x * 2,), [(2,)], True),
    "two outputs": (lambda x: (x * x, x.sum()), [(2,)], False),
    "two of both": (lambda x, y: (x * y, (x - y).exp().sum()), [(2,), (2,)], True),
    "input unused": (lambda x, y: x * 2, [(2,), (3,)], True),
    "linear": (lambda x: 3 * x, [(2,)], False),
}
SCALAR = {
    "cubic": (lambda x: (x**3).sum(), [(3,)], False),
    "mixing": (lambda x: (x.sum() * x.exp()).sum(), [(2, 2)], False),
    "number": (lambda x: x.sin() * x, [()], False),
    "of shape (1,)": (lambda x: (x * x * x).sum().reshape(1), [(2,)], False),
    "two inputs": (lambda x, y: (x * y * y).sum() * x[0], [(2,), (2,)], True),
    "no mixing": (lambda x, y: (x * x).sum() + (y * y * y).sum(), [(2,), (2,)], True),
    "linear": (lambda x: x.sum(), [(2,)], False),
}


def inputs_of(t, shapes, several, grad=False):
    inputs = tuple(ramp(t, *shape, start=0.5 + i, grad=grad) for i, shape in enumerate(shapes))
    return inputs if several else inputs[0]


def vectors_like(t, value):
    values = value if isinstance(value, tuple) else (value,)
    vectors = tuple(ramp(t, *x.shape, start=-0.3 + i) for i, x in enumerate(values))
    return vectors if isinstance(value, tuple) else vectors[0]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("product", ["vjp", "jvp", "jacobian"])
def test_first_derivatives(product, name, create_graph):
    function, shapes, several = FUNCTIONS[name]
    found = []
    for t in ENGINES:
        inputs = inputs_of(t, shapes, several, grad=create_graph)
        call = getattr(t.autograd.functional, product)
        if product == "jacobian":
            result = call(function, inputs, create_graph=create_graph)
        else:
            outputs = function(*inputs) if several else function(inputs)
            v = vectors_like(t, outputs if product == "vjp" else inputs)
            result = call(function, inputs, v, create_graph=create_graph)
        found.append(plain(result))
    assert_same(found[1], found[0])


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", SCALAR)
@pytest.mark.parametrize("product", ["vhp", "hvp", "hessian"])
def test_second_derivatives(product, name, create_graph):
    function, shapes, several = SCALAR[name]
    found = []
    for t in ENGINES:
        inputs = inputs_of(t, shapes, several, grad=create_graph)
        call = getattr(t.autograd.functional, product)
        v = () if product == "hessian" else (vectors_like(t, inputs),)
        found.append(plain(call(function, inputs, *v, create_graph=create_graph)))
    assert_same(found[1], found[0])


@pytest.mark.parametrize("product", ["vjp", "jvp", "vhp", "hvp"])
def test_v_may_be_left_out_for_one_element(product):
    found = []
    for t in ENGINES:
        call = getattr(t.autograd.functional, product)
        found.append(plain(call(lambda x: x.exp() * x, ramp(t))))
    assert_same(found[1], found[0])


def test_a_result_can_be_differentiated_again():
    found = []
    for t in ENGINES:
        x = ramp(t, 2, grad=True)
        rows = t.autograd.functional.jacobian(lambda x: x**3, x, create_graph=True)
        _, product = t.autograd.functional.hvp(lambda x: (x**4).sum(), x, x * 2, create_graph=True)
        found.append(plain(t.autograd.grad(rows.sum() + product.sum(), x)))
    assert_same(found[1], found[0])


@pytest.mark.parametrize("create_graph", [False, True])
def test_inputs_are_told_from_tensors_of_the_function(create_graph):
    found = []
    for t in ENGINES:
        x = ramp(t, 2, grad=True)
        rows = t.autograd.functional.jacobian(lambda y, x=x: x * y, x, create_graph=create_graph)
        found.append(plain(rows))
    assert_same(found[1], found[0])


# --- refusals -------------------------------------------------------------------------------------


def call(name, function, *shapes, **options):
    """A row for test_refusal: shapes of several inputs make a tuple."""

    def run(t):
        inputs = inputs_of(t, shapes, len(shapes) > 1, grad=options.get("create_graph", False))
        given = {key: value(t) if callable(value) else value for key, value in options.items()}
        return getattr(t.autograd.functional, name)(function, inputs, **given)

    return run


def constant(x):
    return x.detach() * 2


def ignores_second(x, y):
    return (x * x).sum()


REFUSALS = {
    "inputs no tensor": lambda t: t.autograd.functional.vjp(lambda x: x, [1.0]),
    "second input no tensor": lambda t: t.autograd.functional.jvp(abs, (t.ones(1), 2)),
    "output no tensor": call("jacobian", lambda x: 3, (2,)),
    "second output no tensor": call("vjp", lambda x: (x, 3), (2,)),
    "v missing, vjp": call("vjp", lambda x: x, (2,)),
    "v missing, jvp": call("jvp", lambda x: x, (2,)),
    "v missing, vhp": call("vhp", lambda x: x.sum(), (2,)),
    "v missing, hvp": call("hvp", lambda x: x.sum(), (2,)),
    "v too long": call("vjp", lambda x: x, (2,), v=lambda t: (t.ones(2), t.ones(2))),
    "v too short": call("jvp", lambda x, y: x, (2,), (2,), v=lambda t: t.ones(2)),
    "v wrong shape": call("vjp", lambda x: x, (2,), v=lambda t: t.ones(3)),
    "v wrong shape in a tuple": call(
        "jvp", lambda x, y: x, (2,), (2,), v=lambda t: (t.ones(2), t.ones(3))
    ),
    "hessian of a vector": call("hessian", lambda x: x, (2,)),
    "hessian of a tuple": call("hessian", lambda x: (x.sum(), x.sum()), (2,)),
    "vhp of a vector": call("vhp", lambda x: x, (2,), v=lambda t: t.ones(2)),
    "hvp of a tuple": call("hvp", lambda x: (x.sum(), x.sum()), (2,), v=lambda t: t.ones(2)),
    "strategy": call("jacobian", lambda x: x, (2,), strategy="sideways"),
    "strict and vectorize": call("jacobian", lambda x: x, (2,), strict=True, vectorize=True),
    "strict jacobian, constant": call("jacobian", constant, (2,), strict=True),
    "strict jacobian, unused": call("jacobian", lambda x, y: x * 2, (2,), (2,), strict=True),
    "strict jacobian, linear": call(
        "jacobian", lambda x: x * 2, (2,), strict=True, create_graph=True
    ),
    "strict vjp, unused": call("vjp", ignores_second, (2,), (2,), strict=True),
    "strict vjp, linear": call(
        "vjp", lambda x: x * 2, (2,), strict=True, create_graph=True, v=lambda t: t.ones(2)
    ),
    "strict jvp, unused": call(
        "jvp", ignores_second, (2,), (2,), strict=True, v=lambda t: (t.ones(2), t.ones(2))
    ),
    "strict hessian, linear": call("hessian", lambda x: x.sum(), (2,), strict=True),
    "strict hessian, unused": call("hessian", ignores_second, (2,), (2,), strict=True),
    "strict hessian, square": call(
        "hessian", lambda x: (x * x).sum(), (2,), strict=True, create_graph=True
    ),
    "strict vhp, unused": call(
        "vhp", ignores_second, (2,), (2,), strict=True, v=lambda t: (t.ones(2), t.ones(2))
    ),
    "strict vhp, linear": call(
        "vhp", lambda x: x.sum(), (2,), strict=True, v=lambda t: t.ones(2)
    ),
    "strict hvp, linear": call(
        "hvp", lambda x: x.sum(), (2,), strict=True, v=lambda t: t.ones(2)
    ),
    "strict hvp, square": call(
        "hvp", lambda x: (x * x).sum(), (2,), strict=True, create_graph=True, v=lambda t: t.ones(2)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name):
    ours, theirs = outcome(REFUSALS[name], minigrad), outcome(REFUSALS[name], torch)
    assert ours == theirs
    assert theirs[0][0] != "text", "torch does not refuse"


def test_no_forward_mode():
    with pytest.raises(NotImplementedError, match="no forward mode"):
        minigrad.autograd.functional.jacobian(
            lambda x: x, minigrad.ones(2), strategy="forward-mode", vectorize=True
        )
