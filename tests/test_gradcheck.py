"""gradcheck and gradgradcheck: right rules pass, planted faults are caught in torch's words."""

import re

import pytest
import torch
from test_function import double, make, square
from test_texts import outcome

import minigrad
from minigrad.autograd import GradcheckError, gradcheck, gradgradcheck

F64 = {torch: torch.float64, minigrad: minigrad.float64}


def numbers(t, *values, grad=True):
    return t.tensor(values or (0.5, 1.5), dtype=F64[t], requires_grad=grad)


def check(t, function, *inputs, **options):
    return t.autograd.gradcheck(function, inputs or numbers(t), **options)


def check_second(t, function, *inputs, **options):
    t.manual_seed(0)  # for the gradients that enter
    return t.autograd.gradgradcheck(function, inputs or numbers(t), **options)


RIGHT = {
    "cube": lambda t: (lambda x: x * x * x, numbers(t)),
    "two inputs": lambda t: (lambda x, y: x * y.exp(), numbers(t), numbers(t, 2.0)),
    "one input without grad": lambda t: (lambda x, y: x * y, numbers(t), numbers(t, grad=False)),
    "a number beside": lambda t: (lambda x, k: x**k, numbers(t), 3),
    "two outputs": lambda t: (lambda x: (x.sin(), x.sum()), numbers(t)),
    "an output without grad": lambda t: (lambda x: (x * x, x.detach()), numbers(t)),
    "an integer output": lambda t: (lambda x: (x * x, x.long()), numbers(t)),
    "no dimensions": lambda t: (lambda x: x.log(), numbers(t)[1].detach().requires_grad_()),
    "matrix": lambda t: (lambda x: (x @ x.T).tanh(), numbers(t, [0.1, 0.2], [0.3, 0.4])),
    "transposed input": lambda t: (
        lambda x: x.exp(), numbers(t, [0.1, 0.2], [0.3, 0.4]).detach().T.requires_grad_()
    ),
    "unused input": lambda t: (lambda x, y: x * x, numbers(t), numbers(t)),
    "custom": lambda t: (square(t).apply, numbers(t)),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("checker", [check, check_second])
def test_right(checker, name):
    assert checker(torch, *RIGHT[name](torch)) is True
    assert checker(minigrad, *RIGHT[name](minigrad)) is True


def test_inputs_come_back_as_they_were():
    x = numbers(minigrad)
    gradcheck(lambda x: x.exp(), x)
    assert x.tolist() == [0.5, 1.5] and x.grad is None and x._version == 0


# --- what must be caught --------------------------------------------------------------------------


def wrong_factor(t):
    return double(t, lambda ctx, g: g * 3).apply


def wrong_for_the_second_input(t):
    return make(t, lambda ctx, a, b: a * b, lambda ctx, g: (g * 1.5, g)).apply


def forgets_the_gradient(t):
    return double(t, lambda ctx, g: g * 0 + 2).apply


def changes_each_time(t):
    calls = []
    return double(t, lambda ctx, g: calls.append(0) or g * (2 + 1e-7 * len(calls))).apply


def fails_without_gradient(t):
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2

    def backward(ctx, g):
        if g is None:
            raise RuntimeError("no gradient")
        return g * 2

    return make(t, forward, backward).apply


def makes_a_gradient_of_nothing(t):
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2

    return make(t, forward, lambda ctx, g: t.ones(2, dtype=F64[t]) if g is None else g * 2).apply


def wrong_second_derivative(t):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    return make(t, forward, lambda ctx, g: 3 * ctx.saved_tensors[0].detach() ** 2 * g).apply


WRONG = {
    "factor": lambda t: check(t, wrong_factor(t)),
    "second input": lambda t: check(
        t, lambda a, b: wrong_for_the_second_input(t)(a, b), numbers(t, 1.5, 1.5), numbers(t)
    ),
    "second output": lambda t: check(t, lambda x: (x * x, wrong_factor(t)(x))),
    "gradient forgotten": lambda t: check(t, forgets_the_gradient(t), numbers(t, 0.5)),
    "not the same twice": lambda t: check(t, changes_each_time(t)),
    "not even without a gradient": lambda t: check(t, fails_without_gradient(t)),
    "a gradient of nothing": lambda t: check(t, makes_a_gradient_of_nothing(t)),
    "second derivative": lambda t: check_second(t, wrong_second_derivative(t)),
    "detached": lambda t: check(t, lambda x: x.detach() * 2 + x * 0),
    "no differentiable output": lambda t: check(t, lambda x: x.detach() * 2),
}


def head(found):
    """The outcome up to torch's long note on operations that are not deterministic."""
    (kind, text), warned = found
    return kind, re.split(r"(ENGINE\.|\\n\\n|\n\n)NOTE|\n\n", text)[0], warned


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name):
    expected = head(outcome(WRONG[name], torch))
    assert expected[0] == "GradcheckError"
    assert head(outcome(WRONG[name], minigrad)) == expected


def test_wrong_without_exception():
    x = numbers(minigrad)
    assert gradcheck(wrong_factor(minigrad), x, raise_exception=False) is False
    assert gradgradcheck(wrong_second_derivative(minigrad), x, raise_exception=False) is False


def test_a_wrong_second_derivative_has_a_right_first_one():
    assert gradcheck(wrong_second_derivative(minigrad), numbers(minigrad))


def test_tolerances_and_switches():
    x = numbers(minigrad)
    assert gradcheck(wrong_factor(minigrad), x, atol=10)
    assert gradcheck(changes_each_time(minigrad), x, nondet_tol=1e-3)
    assert gradcheck(fails_without_gradient(minigrad), x, check_undefined_grad=False)


def test_a_planted_rule_is_caught():
    """The rule of sin, wrong while the test lasts."""
    row = minigrad.sin.op
    right = row.vjps["self"]
    try:
        row.plans.clear()
        row.vjps["self"] = lambda g, self: g * self
        with pytest.raises(GradcheckError, match="Jacobian mismatch for output 0 with respect to"):
            gradcheck(lambda x: x.sin(), numbers(minigrad))
    finally:
        row.vjps["self"] = right
        row.plans.clear()
    assert gradcheck(lambda x: x.sin(), numbers(minigrad))


# --- wrong use ------------------------------------------------------------------------------------

REFUSALS = {
    "no input with grad": lambda t: check(t, lambda x: x, numbers(t, grad=False)),
    "float32": lambda t: check(t, lambda x: x * 2, t.tensor([0.5], requires_grad=True), atol=1),
    "stretched input": lambda t: check(
        t, lambda x: x * 2, numbers(t, 1.0).detach().expand(3).requires_grad_()
    ),
    "output changes its shape": lambda t: check(t, lambda x: x[x > 0.5 + 1e-9].sum() + x[x > 0.5]),
    "nothing to check": lambda t: check(t, lambda x: x, check_backward_ad=False),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name):
    assert outcome(REFUSALS[name], minigrad) == outcome(REFUSALS[name], torch)


def test_forward_mode_is_refused():
    with pytest.raises(NotImplementedError, match="no forward mode"):
        gradcheck(lambda x: x, numbers(minigrad), check_forward_ad=True)
